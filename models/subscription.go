package models

import (
	"cmp"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Subscription is a monthly or yearly gift as Stripe last described it. Its
// payments are gifts of their own; nothing here is money received.
type Subscription struct {
	ID           string      `gorm:"primaryKey"` // sub_…
	Token        string      // of the gift that began it
	Customer     string      // cus_…
	Status       string      // Stripe's word
	Amount       money.Minor // of one payment, covered fees included
	FeesCovered  money.Minor // the part of it that covers card fees
	Currency     money.Currency
	Months       int64      // from one payment to the next
	CancelsAtEnd bool       // no payment after the period under way
	PeriodStart  *time.Time // when the payment of the period under way was due
	PeriodEnd    *time.Time
	AsOf         time.Time // when it was so at Stripe (UTC)

	PaymentMethod string     // pm_… that pays it, its own or the customer's; "" if that is not known
	Card          Card       `gorm:"embedded;embeddedPrefix:card_"` // zero if it is none, or not known
	CardSince     *time.Time // when this card took the place of another (UTC); nil for the first one known

	// Ran: the books saw it going on, with no end in sight.
	Ran bool

	// CancelledAt is when its end was asked for or came about (UTC), nil if it
	// goes on. It stays the same from the request to the end itself.
	CancelledAt *time.Time `gorm:"-"`
	// Before is what it came to until this change of it, nil if this is none of
	// its amount or does not say.
	Before *money.Minor `gorm:"-"`

	Erased   bool   `gorm:"-"` // its metadata say that its donor was erased
	Campaign string `gorm:"-"` // appeal_campaign in its metadata; another or none is not ours
}

// Card is a card as its owner knows it.
type Card struct {
	Brand    string // as Stripe names it
	Last4    string
	ExpMonth int // the last month in which it can be charged, 1 to 12
	ExpYear  int // 0 if the card is not known
}

// Ended reports whether no payment can come any more.
func (s Subscription) Ended() bool { return lifecycle(s.Status) == over }

// The order in which a subscription's states can follow each other within one
// second; over is for ever.
const (
	begun = iota
	running
	over
)

func lifecycle(status string) int {
	switch status {
	case "canceled", "incomplete_expired":
		return over
	case "incomplete":
		return begun
	default:
		return running
	}
}

// supersedes reports whether this description stands when both are known. It
// is a strict order, so that the last one standing is the same whichever came
// first: the end is for ever, else the later one; of one second, the one
// further on, and then whichever differs upwards.
func (s Subscription) supersedes(other Subscription) bool {
	mine, others := lifecycle(s.Status), lifecycle(other.Status)
	if (mine == over) != (others == over) {
		return mine == over
	}
	return cmp.Or(
		s.AsOf.Compare(other.AsOf), cmp.Compare(mine, others), boolOrder(s.CancelsAtEnd, other.CancelsAtEnd),
		cmp.Compare(s.Status, other.Status), cmp.Compare(s.Amount, other.Amount), cmp.Compare(s.Months, other.Months),
		cmp.Compare(s.FeesCovered, other.FeesCovered),
	) > 0
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}
