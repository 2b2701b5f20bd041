package models

import (
	"strconv"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Closing says until when the books are closed, from when on that was so, and
// what the closed days come to. The last one holds. None is ever changed: days
// are opened again by another.
type Closing struct {
	Number   int64     `gorm:"primaryKey;autoIncrement:false"` // counted up from 1
	Until    time.Time // the first moment that is open (UTC)
	Through  string    // the last day that is closed, YYYY-MM-DD in the books' zone
	Reopened bool      // fewer days are closed than before
	Reason   string
	ClosedAt time.Time // UTC
	ClosedBy Actor
	Postings int64 // how many the closed days hold

	Balances map[Account]money.Minor `gorm:"-"` // of the closed days' lines; a debit is positive
}

// TableName is that of closings.
func (Closing) TableName() string { return "closings" }

// closingBalance is what one account comes to in days that are closed.
type closingBalance struct {
	Closing int64   `gorm:"primaryKey;autoIncrement:false"`
	Account Account `gorm:"primaryKey"`
	Amount  money.Minor
}

// Late reports whether a posting is of a day that was closed when it came.
func (p Posting) Late() bool { return p.HappenedAt != nil }

// ClosingPlan is what a closing would close, all of one moment.
type ClosingPlan struct {
	Through  time.Time               // a day, as UTC midnight
	Months   []ClosingMonth          // those of which it would close a day, in order
	Sum      DayFigures              // of these
	Balances map[Account]money.Minor // at the end of the day, of all that was posted until then
	Transit  money.Minor             // of these, deposits that the bank got later
	Open     []OpenMatter
}

// ClosingMonth is what the days of one month come to that a closing would close.
type ClosingMonth struct {
	Month string // YYYY-MM
	First string // YYYY-MM-DD, the first of its days on which anything is posted
	DayFigures
}

// OpenMatter is something that is not settled yet in days that are to be
// closed. What comes of it later is posted in the days after them.
type OpenMatter struct {
	What   OpenKind
	Count  int64
	Amount money.Minor
}

// OpenKind is what kind of thing it is.
type OpenKind string

// The matters. Those of which the books can be wrong today keep days from being
// closed, unless that is wished for all the same.
const (
	StripeUnread     OpenKind = "stripe_unread"    // no sync was begun since the days ended, and so no fee of theirs is sure to be known
	EventsUnbooked   OpenKind = "events_unbooked"  // Stripe told of them in these days, and they wait or need a person
	BooksDiffer      OpenKind = "books_differ"     // findings that stand
	DebitsPending    OpenKind = "debits_pending"   // bank debits under way
	StripeUnproven   OpenKind = "stripe_unproven"  // postings of these days of which Stripe's balance shows nothing yet
	PayoutsUnmarked  OpenKind = "payouts_unmarked" // arrived in these days, and nobody held them against the bank's statement
	PayoutsInTransit OpenKind = "payouts_transit"  // sent in these days, and arrived later
)

// String says what is open in plain words.
func (o OpenMatter) String() string {
	count := func(one, many string) string {
		if o.Count == 1 {
			return "1 " + one
		}
		return strconv.FormatInt(o.Count, 10) + " " + many
	}
	switch o.What {
	case StripeUnread:
		return "no sync has read Stripe since these days ended"
	case EventsUnbooked:
		return count("event", "events") + " from Stripe not booked"
	case BooksDiffer:
		return count("difference", "differences") + " between the books and Stripe, of " + o.Amount.String()
	case DebitsPending:
		return count("bank debit", "bank debits") + " under way, of " + o.Amount.String()
	case StripeUnproven:
		return count("posting", "postings") + " that Stripe's balance does not show yet, of " + o.Amount.String()
	case PayoutsUnmarked:
		return count("payout", "payouts") + " not marked reconciled, of " + o.Amount.String()
	case PayoutsInTransit:
		return count("payout", "payouts") + " on the way to the bank, of " + o.Amount.String()
	default:
		return string(o.What)
	}
}

// Hinders reports whether days are not closed for it.
func (m OpenKind) Hinders() bool { return m == StripeUnread || m == EventsUnbooked || m == BooksDiffer }

// Hindered reports whether any of what is open keeps the days from being closed.
func (p ClosingPlan) Hindered() bool {
	for _, o := range p.Open {
		if o.What.Hinders() {
			return true
		}
	}
	return false
}

// LatePosting is a posting of a day that was closed when it came.
type LatePosting struct {
	Key        string
	Kind       FactKind
	DonationID string // "" where it is of no one gift
	Reference  string // that gift's
	At         time.Time
	HappenedAt time.Time
	PostedAt   time.Time
	Amount     money.Minor // by which it moves what the accounts hold for the newsroom
}
