package finance

import (
	"net/http"
	"strconv"
	"time"

	"github.com/corruptionproject/appeal/models"
)

const statusPath = "/finance/status"

// statusView is how the service gets on, table by table.
type statusView struct {
	AsOf    string
	Worst   check // the sum of all
	Tables  []statusTable
	Failed  []eventRow
	More    string // of the events that need a person
	Mail    []count
	Advice  []advice // of what is not in order, and no more
	Program []count
}

// statusTable is one part of the service.
type statusTable struct {
	ID, Name string
	Checks   []check
}

// check is one thing, and whether it is in order.
type check struct {
	Name  string
	State string // a word
	Shape string
	Tone  string // of the shape
	Says  string
	When  string
	Do    string // the id of what to do about it; "" while it is in order
}

// count is one figure that is neither good nor bad.
type count struct{ Name, Value string }

// grade is how a thing stands, from good to bad.
type grade int

const (
	told  grade = iota // neither
	fine               // green
	watch              // amber
	wrong              // red
)

// shapes tell the grades apart without colour.
var (
	shapes = map[grade]string{told: "ring", fine: "disc", watch: "half", wrong: "triangle"}
	tones  = map[grade]string{told: "told", fine: "good", watch: "warned", wrong: "bad"}
)

// reader makes the tables of one reading, and gathers the advice on what is
// not in order.
type reader struct {
	r      *Rooms
	h      models.Health
	worst  grade
	advice []advice
}

func (r *Rooms) getStatus(v *visit) error {
	h, err := r.Store.Health(v.ctx())
	if err != nil {
		return err
	}
	return r.render(v, http.StatusOK, "finance-status", "Status", r.status(h))
}

// status puts a reading into words.
func (r *Rooms) status(h models.Health) statusView {
	s := &reader{r: r, h: h}
	view := statusView{AsOf: r.moment(h.At)}
	view.Tables = []statusTable{
		{"stripe", "What comes from Stripe", []check{s.arrived(), s.booked(), s.lag(), s.waiting(), s.failed()}},
		{"agreement", "Whether the books agree with Stripe", []check{s.synced(), s.differs(), s.payout()}},
		{"mail", "Mail and receipts", []check{s.receipts(), s.queued(), s.givenUp(), s.held()}},
		{"work", "Work in the background", []check{s.lookups(), s.sending(), s.cards(), s.folding(), s.forgetting()}},
		{"program", "Program and database", []check{s.schema(), s.backup()}},
	}
	for _, state := range []models.MailState{models.MailIsQueued, models.MailIsHeld, models.MailIsFailed, models.MailIsSent, models.MailIsDropped} {
		view.Mail = append(view.Mail, count{mailStates[state], thousands(h.Mail[state])})
	}
	for _, e := range h.First {
		view.Failed = append(view.Failed, eventRow{ID: e.ID, When: r.moment(e.ReceivedAt), Type: e.Type, Object: e.ObjectID, Problem: e.Problem})
	}
	if more := h.Failed - int64(len(h.First)); more > 0 {
		view.More = "And " + thousands(more) + " more"
	}
	view.Program = []count{
		{"Version", r.Version},
		{"Commit", r.Commit},
		{"Database", h.Database},
		{"Schema", strconv.FormatInt(h.Schema, 10)},
		{"Money", map[bool]string{true: "Test mode: no real money moves", false: "Live"}[r.TestMode]},
	}
	view.Advice = s.advice
	view.Worst = s.sum()
	return view
}

var mailStates = map[models.MailState]string{
	models.MailIsQueued: "Queued", models.MailIsHeld: "Held for a person", models.MailIsFailed: "Given up", models.MailIsSent: "Sent", models.MailIsDropped: "No longer needed",
}

// is makes a check of a grade, with what to do about it unless that is nil.
func (s *reader) is(g grade, c check, do *advice) check {
	c.Shape, c.Tone = shapes[g], tones[g]
	if do != nil {
		c.Do = do.ID
		known := false
		for _, a := range s.advice {
			known = known || a.ID == do.ID
		}
		if !known {
			s.advice = append(s.advice, *do)
		}
	}
	s.worst = max(s.worst, g)
	return c
}

// sum is the page in one line.
func (s *reader) sum() check {
	c := check{Shape: shapes[fine], Tone: tones[fine], State: "All is in order."}
	switch s.worst {
	case wrong:
		c.State, c.Says = "Something is wrong.", "What to do stands below."
	case watch:
		c.State, c.Says = "Something is to be watched.", "It may mend itself; what to do stands below."
	case told, fine:
		return c
	}
	c.Shape, c.Tone = shapes[s.worst], tones[s.worst]
	return c
}

// ago is how long before the reading something was, in words.
func (s *reader) ago(t time.Time) string { return spanOf(s.h.At.Sub(t)) + " ago" }

// spanOf is a span of time in its largest unit.
func spanOf(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return counted(int64(d/time.Second), "second", "seconds")
	case d < time.Hour:
		return counted(int64(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return counted(int64(d/time.Hour), "hour", "hours")
	default:
		return counted(int64(d/(24*time.Hour)), "day", "days")
	}
}
