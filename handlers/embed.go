package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/live"
	"github.com/corruptionproject/appeal/internal/snippet"
)

// getEmbed shows the appeal as a frame. It is the only page that others may
// frame, and it sets no cookie and asks nobody anything.
func (s *Server) getEmbed(c echo.Context) error {
	f := readFrame(c.QueryParams())
	s.letFrame(c)
	err := s.sendEmbed(c, f)
	if status, _ := statusOf(err); err == nil || status != http.StatusServiceUnavailable {
		return err
	}
	s.Log.Error("the appeal can't be framed", "error", err)
	body, err := s.views.embedDown(f)
	if err != nil {
		return err
	}
	private(c)
	return c.HTMLBlob(http.StatusServiceUnavailable, body)
}

// sendEmbed answers with what everybody gets; a frame that says where it
// stands is drawn when it is asked for, and kept by nobody.
func (s *Server) sendEmbed(c echo.Context, f snippet.Frame) error {
	render := func(snapshot live.Snapshot) ([]byte, error) {
		return s.views.embed(f, snapshot.Progress, s.Now(), snapshot.StaleSince)
	}
	if f.Src == "" {
		return s.sendShared(c, "embed/"+f.Variant+"/"+f.Theme, htmlPage, render)
	}
	return s.sendOnce(c, htmlPage, render)
}

// letFrame lets those frame an answer whom the newsroom allows to. Style and
// script stand in the page, named by what they are made of.
func (s *Server) letFrame(c echo.Context) {
	h := c.Response().Header()
	h.Del("X-Frame-Options")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+s.Web.Digest("embed.css")+
		"; script-src "+s.Web.Digest("frame.js")+"; font-src 'self'; img-src 'self'; base-uri 'none'; form-action "+
		s.BaseURL.Scheme+"://"+s.BaseURL.Host+"; frame-ancestors "+ancestors(s.Campaign.EmbedOrigins))
}

// ancestors writes the newsroom's list as a policy does.
func ancestors(origins []string) string {
	if len(origins) == 0 {
		return "'none'"
	}
	written := make([]string, 0, len(origins))
	for _, origin := range origins {
		if origin == "self" {
			origin = "'self'"
		}
		written = append(written, origin)
	}
	return strings.Join(written, " ")
}

// getEmbedScript is the script that articles load. Pages of any origin may,
// also those that isolate themselves; a newer one reaches them in minutes.
func (s *Server) getEmbedScript(c echo.Context) error {
	anyOrigin(c)
	s.Web.File("embed.js", "public, max-age=300, stale-while-revalidate=3600").ServeHTTP(c.Response(), c.Request())
	return nil
}
