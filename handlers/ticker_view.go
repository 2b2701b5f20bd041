package handlers

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// The shapes of the tracker. Each shows other words; the script knows the same
// names, fetches a fresh page when the shape changes and only puts in new
// figures while it does not.
const (
	tickerUpcoming = "upcoming" // not open yet
	tickerNone     = "none"     // no gift counted: no bar, and no "$0"
	tickerEarly    = "early"    // below the percentage from which the newsroom shows the bar
	tickerOnTheWay = "way"
	tickerNear     = "near" // from 80 %: what is left, and no count of readers
	tickerReached  = "reached"
	tickerEnded    = "ended"
)

// tickerView is the tracker in words.
type tickerView struct {
	State string
	Live  bool // follows the stream of progress
	Stale string

	// For the script: what it needs to tell a change of shape.
	Days, BarFrom          int
	Gifts                  int64
	GoalCents, StretchMark int64
	Zone, ZoneName         string

	Raised, Goal, ToGo string
	Pending            string // bank payments under way: "$50", "" for none or where the amount is not told
	TellsPending       bool   // there may be some, so that a live page keeps room for them
	Readers            string // "4,106 readers", "1 reader"
	Reader, Several    string // the words for one and for several, for the script
	Have               string // "has", of one
	First              string // to the first who might give
	Bar                *barView
	OpensOn, EndsOn    string // dates
	Left               string // "12 days left", "Last day"
	Ends               string // "Ends June 30 at 11:59 p.m. PT"
	Until              string // "until June 30"
	LastGift           string // "2:14 p.m. PT"
	MetOn              string // the day on which the goal was met, where it is known
	OverGoal           string // what happens above the goal, once it is met
}

// barWidth is the bar's own measure, so that a drawing with plain attributes
// can show it: a style attribute is forbidden here. It is fine enough for one
// gift of $5 to move the bar of a large campaign.
const barWidth = 100_000

// barView is the bar in parts of barWidth.
type barView struct {
	Fill    int64
	Pending int64 // where bank payments under way would bring it; Fill for none
	Mark    int64 // where the goal stands once it is passed; 0 for none
	Label   string
}

// ticker says where the campaign stands. staleSince, where set, is when the
// figures were last read from a database that can't be read now.
func (v *views) ticker(p models.Progress, now, staleSince time.Time) tickerView {
	t := tickerView{
		State:       v.tickerState(p, now),
		Days:        v.c.DaysLeft(now),
		BarFrom:     v.c.BarFrom,
		Gifts:       p.Gifts,
		GoalCents:   int64(v.c.Goal),
		StretchMark: int64(v.c.Stretch.Goal),
		Zone:        v.c.Zone.String(),
		ZoneName:    zoneName(now.In(v.c.Zone)),
		Raised:      max(0, p.Raised).Whole(),
		Goal:        v.c.Goal.Short(),
		Readers:     v.readers(p.Donors),
		Reader:      v.c.Words.Reader,
		Several:     v.c.Words.Readers,
		Have:        "have",
		First:       "Be one of the first " + v.c.Words.Readers + " to give.",
		OpensOn:     v.day(v.c.Opens, now),
		EndsOn:      v.day(v.c.Deadline, now),
	}
	if p.Donors == 1 {
		t.Have = "has"
	}
	// Of two amounts cut to dollars the difference, so that what is raised and
	// what is to go add up to the goal as printed.
	t.ToGo = (v.c.Goal - p.Raised/100*100).Whole()
	t.Left, t.Ends = v.timeLeft(now)
	t.Until = "until " + t.EndsOn
	t.Bar = v.bar(t.State, p)
	// Below the newsroom's percentage no amount is told, and so none of these.
	if t.State != tickerUpcoming && t.State != tickerEarly {
		t.TellsPending = v.c.BankDebits || p.Pending >= 100
		if p.Pending >= 100 {
			t.Pending = p.Pending.Whole()
		}
	}
	if p.LastGiftAt != nil && t.State != tickerNone {
		t.LastGift = v.moment(*p.LastGiftAt, now)
	}
	if !staleSince.IsZero() {
		t.Stale = v.moment(staleSince, now)
	}
	if t.State == tickerReached {
		t.OverGoal = v.overGoal()
	}
	return t
}

func (v *views) tickerState(p models.Progress, now time.Time) string {
	permille := v.c.PermilleRaised(p.Raised)
	switch status := v.c.Status(now, p.Raised); {
	case status == models.Upcoming:
		return tickerUpcoming
	case status == models.Ended:
		return tickerEnded
	case status == models.Reached:
		return tickerReached
	case p.Gifts == 0 || p.Raised <= 0:
		return tickerNone
	case permille >= 800:
		return tickerNear
	case permille < int64(v.c.BarFrom)*10:
		return tickerEarly
	default:
		return tickerOnTheWay
	}
}

// timeLeft counts days in words. There is no clock to watch.
func (v *views) timeLeft(now time.Time) (left, ends string) {
	switch days := v.c.DaysLeft(now); {
	case now.After(v.c.Deadline):
		return "", "The campaign closed " + v.day(v.c.Deadline, now)
	case days == 1:
		when := "today"
		if v.c.Deadline.In(v.c.Zone).Hour() >= 17 {
			when = "tonight"
		}
		return "Last day", "Ends " + when + " at " + v.clock(v.c.Deadline)
	default:
		return money.Count(int64(days)) + " days left", "Ends " + v.deadline(now)
	}
}

// bar draws progress up to the goal; beyond it, up to the stretch goal or a
// little more than was raised, with a mark where the goal was.
// What bank payments under way would add is drawn apart, and never counted.
func (v *views) bar(state string, p models.Progress) *barView {
	switch state {
	case tickerUpcoming, tickerNone, tickerEarly:
		return nil
	}
	raised := p.Raised
	percent := v.c.PermilleRaised(raised) / 10
	b := &barView{Label: money.Count(percent) + "% of the goal"}
	scale := v.c.Goal
	if raised >= v.c.Goal {
		scale = max(v.c.Stretch.Goal, raised+raised*15/100)
		b.Mark = int64(v.c.Goal) * barWidth / int64(scale)
	}
	along := func(m money.Minor) int64 { return min(barWidth, max(0, int64(m)*barWidth/int64(scale))) }
	b.Fill = along(raised)
	b.Pending = max(b.Fill, along(raised+p.Pending))
	return b
}

func (v *views) overGoal() string {
	switch s := v.c.Stretch; {
	case s.Purpose != "" && s.Goal > 0:
		return "Gifts now go further: " + s.Purpose + ". Next mark: " + s.Goal.Short() + "."
	case s.Purpose != "":
		return "Gifts now go further: " + s.Purpose + "."
	case v.c.OverGoal != "":
		return v.c.OverGoal
	default:
		return "Gifts above the goal support the same project."
	}
}

func (v *views) readers(n int64) string {
	if n == 1 {
		return "1 " + v.c.Words.Reader
	}
	return money.Count(n) + " " + v.c.Words.Readers
}
