package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/live"
)

// pictureCaching lets a browser keep a picture for a minute. A cache in
// between asks as often as it does for pages, so that whoever comes new sees
// the newest.
const pictureCaching = "public, max-age=60, s-maxage=5, stale-while-revalidate=30"

var (
	svgPicture = medium{kind: []string{"image/svg+xml"}, caching: []string{pictureCaching}}
	pngPicture = medium{kind: []string{"image/png"}, caching: []string{pictureCaching}, dense: true}
)

// asked is which of the few pictures of the tracker an address asks for. What
// it does not offer is answered with the small, light one, so that a picture
// never breaks in somebody's article.
type asked struct {
	width, scale int
	dark         bool
}

func askedFor(c echo.Context) asked {
	a := asked{width: 320, scale: 1, dark: c.QueryParam("theme") == "dark"}
	if c.QueryParam("w") == "600" {
		a.width = 600
	}
	if c.QueryParam("scale") == "2" {
		a.scale = 2
	}
	return a
}

// getProgressSVG is the tracker as a picture that any page may show.
func (s *Server) getProgressSVG(c echo.Context) error {
	anyOrigin(c)
	a := askedFor(c)
	a.scale = 1
	return s.sendShared(c, fmt.Sprint("progress.svg", a), svgPicture, func(now live.Snapshot) ([]byte, error) {
		return s.views.tracker(now.Progress, s.Now(), now.StaleSince).SVG(a.width, s.views.theme(a.dark)), nil
	})
}

// getProgressPNG is the same for where no SVG is shown, as in mail.
func (s *Server) getProgressPNG(c echo.Context) error {
	anyOrigin(c)
	a := askedFor(c)
	return s.sendShared(c, fmt.Sprint("progress.png", a), pngPicture, func(now live.Snapshot) ([]byte, error) {
		return s.views.tracker(now.Progress, s.Now(), now.StaleSince).PNG(a.width, a.scale, s.views.theme(a.dark))
	})
}

// getShare is the image that networks show beside a link to the campaign.
func (s *Server) getShare(c echo.Context) error {
	anyOrigin(c)
	return s.sendShared(c, "share.png", pngPicture, func(now live.Snapshot) ([]byte, error) {
		return s.views.shareImage(now.Progress, s.Now(), now.StaleSince).PNG(s.views.theme(false))
	})
}
