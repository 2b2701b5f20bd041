package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Period is a span of days in the campaign's zone, both inclusive, each as a UTC
// midnight. A zero end is open.
type Period struct{ From, To time.Time }

// Filter is what gifts of a period are looked at; an empty field lets all pass.
type Filter struct {
	Channel   string // one of Overview's Channels, by its Name
	Frequency string // likewise, or Recurring
	Method    string
	Article   string // one of Articles, by its Name
}

// Overview is what came in during a period, and what is under way today, all of
// one moment.
type Overview struct {
	DayFigures             // of the period and filter
	Median     money.Minor // of the period's gifts, the middle one; 0 under a filter, or without gifts

	Days        []Day // those on which something moved, in order
	Channels    []Part
	Frequencies []Part
	Methods     []Part

	Totals   Totals      // of the whole campaign
	LastWeek money.Minor // raised in the seven days before today
	// LastWeekFrom is the first of these, as a UTC midnight.
	LastWeekFrom time.Time
	Match        Match
	Waiting      Waiting
	Payouts      []Payout // the latest ten to arrive
}

// Day is what one day came to, by kind of gift.
type Day struct {
	On                       time.Time // as a UTC midnight
	Once, Recurring, Offline money.Minor
	DayFigures
}

// Part is what gifts of one kind came to. The parts of a panel come to the whole.
type Part struct {
	Name string // as the filter takes it
	DayFigures
}

// Match says how the books compared with Stripe's own account when they were
// last compared in full.
type Match struct {
	At          *time.Time // nil: never
	Differences int64      // findings that stand, but for those that are of no difference
	Resolved    int64      // those of them that a person resolved: they differ all the same
	Amount      money.Minor
}

// Waiting is what has yet to come to its end.
type Waiting struct {
	Debits   UnderWay // bank debits, in no other figure until they clear
	Disputes UnderWay // that can still be answered, by what is disputed
	Reviewed UnderWay // that were answered, and are the bank's to decide
	Refunds  UnderWay // made, and not known to have arrived
	Failing  UnderWay // monthly and yearly gifts whose last payment failed
	Unsent   int64    // mails that were given up or are held, for a person to decide
	// AnswerBy is the nearest deadline of a dispute, past or not; nil if none is
	// known.
	AnswerBy *time.Time
}

// addDispute counts one in, in the order in which OpenDisputes has them.
func (w *Waiting) addDispute(d OpenDispute) {
	into := &w.Reviewed
	if d.Unanswered() {
		into = &w.Disputes
		if w.AnswerBy == nil {
			w.AnswerBy = d.RespondBy
		}
	}
	into.Count++
	into.Amount += max(d.Amount, d.Held)
}

// UnderWay is how many of a kind are under way, and what they come to.
type UnderWay struct {
	Count  int64
	Amount money.Minor
}
