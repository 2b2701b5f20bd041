package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
)

// mailsShown is how many mails the demo's page of captured mail lists.
const mailsShown = 100

// capturedView is the demo's page of captured mail.
type capturedView struct{ Mails []capturedMail }

// capturedMail is one mail that nobody was sent.
type capturedMail struct {
	To, Subject, Text, Button, Link, At string
}

// getDemoMail shows what would have been mailed. It is served by appeal demo
// alone: whoever sees it can confirm for anybody.
func (s *Server) getDemoMail(c echo.Context) error {
	privateLink(c)
	queued, err := s.Store.QueuedMail(c.Request().Context(), models.MailConfirmNewsletter, mailsShown)
	if err != nil {
		return err
	}
	body, err := s.views.captured(queued, s.Now())
	if err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, body)
}

func (v *views) captured(queued []models.Mail, now time.Time) ([]byte, error) {
	var view capturedView
	for _, m := range queued {
		view.Mails = append(view.Mails, capturedMail{
			To: m.To, Subject: "Confirm the " + v.c.Newsletter.Name,
			Text:   "Somebody asked that we email this address the " + v.c.Newsletter.Name + ". If it was you, confirm it. If not, do nothing.",
			Button: "Confirm", Link: "/newsletter/confirm/" + m.About.Token,
			At: v.day(m.QueuedAt, now) + " at " + v.clock(m.QueuedAt),
		})
	}
	out := v.page("Captured mail", view)
	out.Private = true
	return v.site.Web.Render("captured", out)
}
