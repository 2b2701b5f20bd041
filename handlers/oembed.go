package handlers

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// frameSize is the room that a frame needs: as wide as it may be, and as high
// as is reserved for it, on phones and where it has its width. embed.js holds
// the same numbers.
type frameSize struct{ narrow, wide int }

const (
	frameWidth = 620
	frameBreak = 480 // from this width on a frame is laid out wide
)

var frameHeights = map[string]frameSize{
	letterFrame:   {1120, 820},
	standardFrame: {540, 470},
	tickerFrame:   {190, 170},
}

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
	width, height := f.fit(atMost(c, "maxwidth"), atMost(c, "maxheight"))
	anyOrigin(c)
	c.Response().Header()["Cache-Control"] = cachingHeader
	return c.JSON(http.StatusOK, oEmbed{
		Version: "1.0", Type: "rich", Title: s.views.support(),
		ProviderName: s.Campaign.Organisation.Name, ProviderURL: s.views.site.BaseURL + "/", CacheAge: 3600,
		HTML: s.views.frameTag(f, width, height), Width: width, Height: height,
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

// fit finds the room for a frame within what a CMS has: a smaller frame where
// the one asked for is too high, and the smallest cut where even that is.
func (f *frame) fit(mostWidth, mostHeight int) (width, height int) {
	width = min(frameWidth, mostWidth)
	for {
		height = frameHeights[f.variant].narrow
		if width >= frameBreak {
			height = frameHeights[f.variant].wide
		}
		switch {
		case height <= mostHeight:
			return width, height
		case f.variant == letterFrame:
			f.variant = standardFrame
		case f.variant == standardFrame:
			f.variant = tickerFrame
		default:
			return width, mostHeight
		}
	}
}

// frameTag is the frame as an article holds it.
func (v *views) frameTag(f frame, width, height int) string {
	query := url.Values{"v": {f.variant}, "theme": {f.theme}}
	if f.src != "" {
		query.Set("src", f.src)
	}
	return fmt.Sprintf(`<iframe src="%s" title="%s" width="%d" height="%d" style="border:0;width:100%%;max-width:%dpx" loading="lazy"></iframe>`,
		html.EscapeString(v.site.BaseURL+"/embed?"+query.Encode()), html.EscapeString(v.support()), width, height, width)
}
