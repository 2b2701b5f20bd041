package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// oEmbed is the answer of https://oembed.com for content of its type rich.
type oEmbed struct {
	Version      string `json:"version"`
	Type         string `json:"type"`
	Title        string `json:"title"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	CacheAge     int    `json:"cache_age"`
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

// getOEmbed tells a CMS how to show one of our addresses. The address is read
// and never fetched.
func (s *Server) getOEmbed(c echo.Context) error {
	if format := c.QueryParam("format"); format != "" && format != "json" {
		private(c)
		return refuse(c, http.StatusNotImplemented, "invalid", "Only format=json is spoken here.", nil)
	}
	asked, err := url.Parse(c.QueryParam("url"))
	if err != nil || !s.embeddable(asked) {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	f := readFrame(asked.Query())
	f, width, height := f.Fit(atMost(c, "maxwidth"), atMost(c, "maxheight"))
	anyOrigin(c)
	c.Response().Header()["Cache-Control"] = cachingHeader
	return c.JSON(http.StatusOK, oEmbed{
		Version: "1.0", Type: "rich", Title: s.views.snippets().Support(),
		ProviderName: s.Campaign.Organisation.Name, ProviderURL: s.views.site.BaseURL + "/", CacheAge: 3600,
		HTML: s.views.snippets().Frame(f, width, height), Width: width, Height: height,
	})
}

// embeddable reports whether an address is that of the campaign page or of its
// frame.
func (s *Server) embeddable(u *url.URL) bool {
	ours := (u.Scheme == "https" || u.Scheme == s.BaseURL.Scheme) && strings.EqualFold(u.Host, s.BaseURL.Host)
	return ours && (u.Path == "" || u.Path == "/" || u.Path == "/embed")
}

// atMost reads a bound; without one, or with nonsense, there is none.
func atMost(c echo.Context, name string) int {
	if n, err := strconv.Atoi(c.QueryParam(name)); err == nil && n > 0 {
		return n
	}
	return 1 << 20
}
