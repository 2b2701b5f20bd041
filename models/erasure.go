package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Erasure is a donor who is forgotten: nothing of their person is kept, and
// nothing of it is taken in again, whoever tells it. Their gifts stay, with all
// of the money, as those of a donor without a name.
type Erasure struct {
	ID      string `gorm:"primaryKey"` // sorts by time
	DonorID string
	AskedAt time.Time // when the books' own rows were emptied (UTC)
	AskedBy Actor

	EventsAfter string     // the last raw event that was looked at
	EventsAt    *time.Time // when all of them were (UTC); nil while some are left
	StripeAt    *time.Time // when Stripe had forgotten too (UTC); nil while it has not

	State        ErasureState
	Claims       int // how often it was claimed; its number tells a claim from every other
	Attempts     int // since something turned up, the one that it was claimed for included
	NextTryAt    time.Time
	FailingSince *time.Time // nil while nothing fails
	Problem      string     // for staff; nothing of the person
}

// ErasureState is how far an erasure has come.
type ErasureState string

// The states of an erasure.
const (
	ErasureQueued ErasureState = "queued" // events, Stripe or captured mail still know the donor
	ErasureDone   ErasureState = "done"
)

// NeedsPerson reports whether an erasure has failed for so long that staff are
// to look at it.
func (e Erasure) NeedsPerson(now time.Time) bool {
	return e.State == ErasureQueued && e.FailingSince != nil && now.Sub(*e.FailingSince) >= erasurePatience
}

const (
	// erasurePatience is how long an erasure may fail before staff are told.
	erasurePatience = time.Hour
	// eraseAgain is the first pause after a try that failed; each further one is
	// twice as long, up to the longest.
	eraseAgain, longestErasePause = time.Minute, 2 * time.Hour
)

// ErasurePlan says what an erasure is about to do, or has done.
type ErasurePlan struct {
	DonorID string // "" for somebody who never gave and asked for the newsletter
	Email   string // "" where none is known
	Gifts   int64  // received, or only begun
	Given   money.Minor
	Running int64 // repeated gifts that go on, and end
	// Named are the years in which the donor gave as much as a tax-exempt
	// newsroom has to report by name.
	Named  []int
	Erased *Erasure // nil unless it is done already
}

// NamedFrom is the total of a year from which on the IRS wants a donor's name and
// address in Schedule B of Form 990 (https://www.irs.gov/instructions/i990).
const NamedFrom money.Minor = 5_000_00

// AtStripe is what Stripe knows a donor by.
type AtStripe struct {
	PaymentIntents, Charges, Customers, Subscriptions []string
}
