package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// getReady answers whether gifts can be taken: the database can be reached and
// written, with the schema this program needs, and the service is not stopping.
func (s *Server) getReady(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	c.Response().Header().Set("Cache-Control", "no-store")
	if s.draining.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	if err := s.Store.Ready(ctx); err != nil {
		s.Log.Warn("not ready", "error", err)
		return c.String(http.StatusServiceUnavailable, "the database is not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// getRobots lets search engines read the campaign and nothing of a person's.
func (s *Server) getRobots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /thanks/\nDisallow: /manage\nDisallow: /receipts/\nDisallow: /finance\nDisallow: /api/\n")
}

// getSecurity says where to report a weakness (RFC 9116).
func (s *Server) getSecurity(c echo.Context) error {
	until := s.Now().UTC().Truncate(24*time.Hour).AddDate(0, 6, 0)
	return c.String(http.StatusOK, "Contact: mailto:"+s.Campaign.Organisation.Help+
		"\nExpires: "+until.Format(time.RFC3339)+"\nPreferred-Languages: en\nCanonical: "+s.BaseURL.String()+"/.well-known/security.txt\n")
}
