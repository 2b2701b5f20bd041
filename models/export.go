package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Span is from one moment on and before another (UTC). A zero end is no bound.
type Span struct{ From, Until time.Time }

// In is the span of a period's days in a zone.
func (p Period) In(zone *time.Location) Span {
	var s Span
	if !p.From.IsZero() {
		s.From = DayBegins(p.From, zone)
	}
	if !p.To.IsZero() {
		s.Until = DayEnds(p.To, zone)
	}
	return s
}

// DayBegins is the first moment (UTC) of a day of a zone: midnight, unless
// clocks are set forward just then and the day has none.
func DayBegins(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	begins := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if begins.Day() != d {
		_, begins = begins.ZoneBounds() // of the two moments that it can be, Date took the one before
	}
	return begins.UTC()
}

// DayEnds is the first moment (UTC) after a day of a zone. It is none later than
// any posting: SQLite compares moments as texts, and takes the year 10000 for less
// than this one.
func DayEnds(day time.Time, zone *time.Location) time.Time {
	if ends := DayBegins(day.AddDate(0, 0, 1), zone); ends.Before(endOfTime) {
		return ends
	}
	return endOfTime
}

// ends are those of a span, for a query that always has both.
func (s Span) ends() (from, until time.Time) {
	if until = s.Until.UTC(); s.Until.IsZero() {
		until = endOfTime
	}
	return s.From.UTC(), until
}

// ExportedGift is a gift with what else is exported of it.
type ExportedGift struct {
	Donation
	Email            string // the donor's; "" if none is known
	Method           string // as Stripe names it, or an OfflineMethod, of its first payment that stands
	Charge           string // of that payment: ch_… or py_…; "" for an offline gift
	Payout           string // that it went out with: po_…; "" while that is not known
	Receipt          int64  // the number of its newest document; 0 for none
	OfflineReference string // a check's number and the like
}

// Net is what is left of the gift: I8 of the ledger.
func (d Donation) Net() money.Minor { return d.Captured - d.Refunded - d.Disputed - d.FeeTaken }

// DonorGiving is what one donor gave in a span.
type DonorGiving struct {
	ID          string
	Email       string // "" if none is known
	Name        string // as given with the latest gift that has one
	Address     string // likewise, in lines: of gifts through Stripe where the campaign asks for it, and of others
	First, Last time.Time
	Gifts       int64       // those that count
	Total       money.Minor // received, less what went back
	Recurring   bool        // a monthly or yearly gift of theirs goes on now
}

// ExportCounts are how many rows each export of a period has.
type ExportCounts struct{ Donations, Lines, Payouts, Donors, Signups, Articles int64 }
