package finance

import (
	"net/http"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// ending is when a session ends if its owner opens no other page.
type ending struct {
	At   string // the time of day
	Left int    // seconds
	Last bool   // no page puts it off any more
}

// ending is that of the visitor's session. A room that renews it shows nothing
// of the one before that matters.
func (r *Rooms) ending(v *visit) *ending {
	at, last := v.session.EndsAt()
	return &ending{At: r.clockTime(at), Left: int(at.Sub(r.Now()) / time.Second), Last: last}
}

// clockTime writes a time of day in the campaign's zone.
func (r *Rooms) clockTime(t time.Time) string {
	_, clock, _ := strings.Cut(r.moment(t), ", ")
	_, clock, _ = strings.Cut(clock, ", ")
	return clock
}

type sessionPage struct{ At, Latest string }

// getSession tells how long its visitor stays signed in, which asking for it
// prolongs. It is opened beside a form that somebody is filling in.
func (r *Rooms) getSession(v *visit) error {
	at, _ := v.session.EndsAt()
	latest := v.session.CreatedAt.Add(models.SignedInLife)
	return r.render(v, http.StatusOK, "finance-session", "You are signed in", sessionPage{At: r.clockTime(at), Latest: r.clockTime(latest)})
}
