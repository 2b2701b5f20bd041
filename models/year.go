package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// YearSummary is what a donor gave in one year of the campaign's zone, as it
// stands now: whatever went back later is subtracted from the gift's own year.
type YearSummary struct {
	Donor Donor
	Year  int
	Name  string     // as given with the newest gift that has one
	Gifts []YearGift // received in that year, oldest first, fully refunded ones too
	// Stands is the sum of what stands, which is what the journal has for them.
	Stands money.Minor
	// Summed is the part of it that was given by the donor, in money. The rest
	// stands apart: see OfflineMethod.Apart.
	Summed money.Minor
}

// YearGift is one gift of a year.
type YearGift struct {
	DonationID string
	Reference  string // "CP-…"
	ReceivedAt time.Time
	Frequency  Frequency
	Amount     money.Minor   // received, covered fees included
	Refunded   money.Minor   // succeeded or pending
	Disputed   money.Minor   // lost, or withdrawn while the dispute is open
	Method     OfflineMethod // "" for a gift through Stripe
	Receipt    int64         // the number of its newest document; 0 while there is none
}

// Stands is what is left of the gift. It is negative where more went back than
// was given: a refund of a charge that was also lost in a dispute.
func (g YearGift) Stands() money.Minor { return g.Amount - g.Refunded - g.Disputed }
