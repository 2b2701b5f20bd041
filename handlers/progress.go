package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/live"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// progressJSON is the tracker as clients read it; its names never change.
type progressJSON struct {
	Campaign  string                `json:"campaign"`
	Currency  money.Currency        `json:"currency"`
	Goal      money.Minor           `json:"goal"`
	Raised    money.Minor           `json:"raised"`
	Percent   json.Number           `json:"percent"`
	Gifts     int64                 `json:"gifts"`
	Donors    int64                 `json:"donors"`
	Pending   money.Minor           `json:"pending"`
	Deadline  time.Time             `json:"deadline"`
	DaysLeft  int                   `json:"days_left"`
	Status    models.CampaignStatus `json:"status"`
	UpdatedAt time.Time             `json:"updated_at"`
}

func (s *Server) encodeProgress(p models.Progress, now time.Time) ([]byte, error) {
	permille := s.Campaign.PermilleRaised(p.Raised)
	return json.Marshal(progressJSON{
		Campaign: s.Campaign.Slug, Currency: s.Campaign.Currency, Goal: s.Campaign.Goal, Raised: p.Raised,
		Percent: json.Number(fmt.Sprintf("%d.%d", permille/10, permille%10)),
		Gifts:   p.Gifts, Donors: p.Donors, Pending: p.Pending,
		Deadline: s.Campaign.Deadline.UTC(), DaysLeft: s.Campaign.DaysLeft(now),
		Status: s.Campaign.Status(now, p.Raised), UpdatedAt: p.UpdatedAt.Truncate(time.Millisecond),
	})
}

// anyOrigin lets any page read the tracker: it is public, and no cookie is
// ever involved.
func anyOrigin(c echo.Context) {
	c.Response().Header().Set("Access-Control-Allow-Origin", "*")
	c.Response().Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// getProgress is the tracker as JSON.
func (s *Server) getProgress(c echo.Context) error {
	anyOrigin(c)
	snapshot, err := s.figures(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h["Cache-Control"] = cachingHeader
	h["Etag"] = []string{snapshot.ETag}
	if web.KnownAs(c.Request().Header.Get("If-None-Match"), snapshot.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.JSONBlob(http.StatusOK, snapshot.JSON)
}

const (
	betweenEvents = 500 * time.Millisecond // at most two a second
	heartbeat     = 15 * time.Second
	// mostStreams keeps connections over for donors and webhooks. A page that
	// gets no stream still has its figures.
	mostStreams = 20_000
	// patience is how long a viewer may take for one event. A slow one is
	// dropped, and comes back by itself for the newest.
	patience = 10 * time.Second
)

// streamProgress is the tracker as Server-Sent Events: the newest state at
// once, and again whenever it has changed.
func (s *Server) streamProgress(c echo.Context) error {
	anyOrigin(c)
	defer s.streams.Add(-1)
	if s.streams.Add(1) > mostStreams {
		c.Response().Header().Set("Retry-After", "60")
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	}
	if _, err := s.figures(c); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that waits to fill a buffer would hold events back
	c.Response().WriteHeader(http.StatusOK)
	if isHead(c) {
		return nil
	}
	leave := s.feed.Join()
	defer leave()
	v := viewer{out: c.Response(), control: http.NewResponseController(c.Response())}
	// The server's read timeout is for requests; this one is long read, and the
	// timeout would end the stream with it.
	if err := v.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := v.write("retry: 3000\n\n"); err != nil {
		return nil // the viewer has gone; nothing is owed
	}
	s.watch(c, v)
	return nil
}

// watch sends what changes until the viewer goes, is too slow, or the service
// stops.
func (s *Server) watch(c echo.Context, v viewer) {
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	sent := ""
	for {
		snapshot, changed := s.feed.Watch()
		if snapshot.ETag != sent {
			if v.send(snapshot) != nil {
				return
			}
			sent = snapshot.ETag
			beat.Reset(heartbeat)
			pause := time.NewTimer(betweenEvents)
			select {
			case <-pause.C:
			case <-c.Request().Context().Done():
			case <-s.stopping:
			}
			pause.Stop()
		}
		select {
		case <-changed:
		case <-beat.C:
			if v.write(": still here\n\n") != nil {
				return
			}
			beat.Reset(heartbeat)
		case <-c.Request().Context().Done():
			return
		case <-s.stopping:
			return
		}
	}
}

// viewer is one open stream.
type viewer struct {
	out     *echo.Response
	control *http.ResponseController
}

func (v viewer) send(snapshot live.Snapshot) error {
	return v.write("event: progress\nid: " + snapshot.ETag + "\ndata: " + string(snapshot.JSON) + "\n\n")
}

func (v viewer) write(text string) error {
	// A connection's deadline is held against the machine's own clock, so a
	// clock that was passed in would end every stream, or none.
	deadline := time.Now().Add(patience) //nolint:forbidigo // see above
	if err := v.control.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := v.out.Write([]byte(text)); err != nil {
		return err
	}
	return v.control.Flush()
}
