package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// routes is every address of the product.
func (s *Server) routes() {
	e := s.echo

	// Readers.
	e.GET("/", s.getCampaign)
	e.POST("/donate", s.postDonate)
	e.GET("/thanks/:token", s.getThanks)
	e.GET("/thanks/:token/status", s.getThanksStatus)
	e.GET("/receipts/:file", s.getReceipt)
	if s.Campaign.Newsletter.Offered() {
		e.POST("/newsletter", s.postNewsletter)
		e.GET("/newsletter/confirm/:token", s.getNewsletterConfirm)
		e.POST("/newsletter/confirm/:token", s.postNewsletterConfirm)
	}

	// Donors, known by a link from their own inbox.
	e.GET("/manage", s.getManage)
	e.POST("/manage", s.postManage)
	e.GET("/manage/:token", s.getManageLink)
	e.POST("/manage/:token", s.postManageLink)
	e.POST("/manage/sign-out", s.postSignOut)
	e.GET("/manage/year/:year", s.getYear)
	e.GET("/manage/gifts/:reference/cancel", s.ofDonor(s.getCancel))
	e.POST("/manage/gifts/:reference/cancel", s.ofDonor(s.postCancel))
	e.POST("/manage/gifts/:reference/reason", s.ofDonor(s.postReason))
	e.GET("/manage/gifts/:reference/amount", s.ofDonor(s.getAmount))
	e.POST("/manage/gifts/:reference/amount", s.ofDonor(s.postAmount))
	e.POST("/manage/gifts/:reference/payment", s.ofDonor(s.postPayment))

	// Programs.
	e.GET("/api/progress", s.getProgress)
	e.GET("/api/progress/stream", s.streamProgress)

	// Article pages.
	e.GET("/embed", s.getEmbed)
	e.GET("/embed.js", s.getEmbedScript)
	e.GET("/oembed", s.getOEmbed)

	// Pictures.
	e.GET("/progress.svg", s.getProgressSVG)
	e.GET("/progress.png", s.getProgressPNG)
	e.GET("/share.png", s.getShare)

	// Files.
	e.GET("/static/*", echo.WrapHandler(s.Web.Handler()))
	e.GET(folderPath+":name", s.getFolderPicture)
	e.GET("/favicon.ico", s.getFavicon)
	e.GET("/robots.txt", s.getRobots)
	e.GET("/.well-known/security.txt", s.getSecurity)

	// The finance team, behind a door of their own.
	if s.Finance != nil {
		s.Finance.Mount(e)
	}

	// Stripe.
	if s.Webhook != nil {
		e.POST(s.WebhookPath, s.Webhook)
	}

	// Whoever tries it.
	if s.Demo != nil {
		e.GET("/demo/mail", s.getDemoMail)
		e.GET("/demo/mail/:id", s.getDemoMessage)
		e.GET("/demo/mail/:id/html", s.getDemoMessageHTML)
		e.GET("/demo/article", echo.WrapHandler(s.Demo))
		e.GET("/demo/article/*", echo.WrapHandler(s.Demo))
	}

	// Whoever runs it.
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", s.getReady)
}
