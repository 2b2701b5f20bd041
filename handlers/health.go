package handlers

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// getReady answers whether gifts can be taken: the database can be reached and
// written, with the schema this program needs, and the service is not stopping.
func (s *Server) getReady(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if s.draining.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	if !s.ready.now(s) {
		return c.String(http.StatusServiceUnavailable, "the database is not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// readiness is the last answer to whether the database is ready. It is kept
// for a second: asking writes, and whoever asks a thousand times must not cost
// a thousand writes.
type readiness struct {
	mu    sync.Mutex
	ok    bool
	asked time.Time
}

func (r *readiness) now(s *Server) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := s.Now().Sub(r.asked); age >= 0 && age < time.Second {
		return r.ok
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.Store.Ready(ctx)
	if err != nil {
		s.Log.Warn("not ready", "error", err)
	}
	r.ok, r.asked = err == nil, s.Now()
	return r.ok
}

// getRobots lets search engines read the campaign and nothing of a person's.
func (s *Server) getRobots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /thanks/\nDisallow: /manage\nDisallow: /newsletter/\nDisallow: /receipts/\nDisallow: /finance\nDisallow: /api/\n")
}

// getSecurity says where to report a weakness (RFC 9116).
func (s *Server) getSecurity(c echo.Context) error {
	until := s.Now().UTC().Truncate(24*time.Hour).AddDate(0, 6, 0)
	return c.String(http.StatusOK, "Contact: mailto:"+s.Campaign.Organisation.Help+
		"\nExpires: "+until.Format(time.RFC3339)+"\nPreferred-Languages: en\nCanonical: "+s.BaseURL.String()+"/.well-known/security.txt\n")
}
