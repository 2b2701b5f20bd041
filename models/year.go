package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// YearSummary is what a donor gave in one year of the campaign's zone, as it
// stands now: whatever went back, and whenever, is subtracted from the gift's
// own year.
type YearSummary struct {
	Donor Donor
	Year  int
	Name  string     // as given with the newest gift that has one
	Gifts []YearGift // received in that year, oldest first; what went back in full is listed too
	// Stands is the sum of what stands of each: what the journal has for them.
	Stands money.Minor
	// Summed is the part of it that the donor gave, in money. The rest stands
	// apart: see Apart.
	Summed money.Minor
	// Benefits is what the donor was given in return for what is summed, by the
	// newsroom's estimate: only what Summed is above it can be deducted.
	Benefits money.Minor
}

// YearGift is one gift of a year. Each payment of a monthly gift is one.
type YearGift struct {
	DonationID string
	Reference  string    // "CP-…"
	ReceivedAt time.Time // UTC
	Frequency  Frequency
	Amount     money.Minor   // received, covered fees included
	Refunded   money.Minor   // succeeded or pending
	Disputed   money.Minor   // lost, or withdrawn while the dispute is open
	Method     OfflineMethod // "" for a gift through Stripe
	Entered    string        // the reference of an offline gift: of stock, what was given
	Receipt    int64         // the number of its newest document; 0 while there is none

	Postmark *time.Time // of a check, the day on which it was mailed, as a UTC midnight; nil where that is not known

	Benefit      string // what the donor was promised in return; "" for nothing
	BenefitValue money.Minor
}

// Stands is what is left of the gift: nothing where more went back than was
// given, as by a refund of a charge that was also lost in a dispute.
func (g YearGift) Stands() money.Minor { return max(0, g.Amount-g.Refunded-g.Disputed) }

// Apart reports whether a gift of the year is no part of the sum that its donor
// may deduct in it: see OfflineMethod.Apart; and a check counts for the year in
// which it was mailed (IRS Publication 526).
func (y YearSummary) Apart(g YearGift) bool {
	return g.Method.Apart() || g.Postmark != nil && g.Postmark.Year() != y.Year
}

// YearEnded reports whether a year is over in a zone.
func YearEnded(year int, zone *time.Location, now time.Time) bool {
	_, until := yearIn(year, zone)
	return !now.Before(until)
}

// IsYear reports whether a number is a year of four digits that has one after it.
func IsYear(year int) bool { return year >= 1000 && year <= 9998 }

// CivilYear is the days of a year.
func CivilYear(year int) Period {
	return Period{From: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)}
}

// yearIn is a year of a zone: from its first moment to the next year's (UTC).
func yearIn(year int, zone *time.Location) (from, until time.Time) {
	return time.Date(year, 1, 1, 0, 0, 0, 0, zone).UTC(), time.Date(year+1, 1, 1, 0, 0, 0, 0, zone).UTC()
}
