package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Payout is a deposit by Stripe to the organisation's bank, or, where its
// amount is negative, a debit from it. It is of the whole Stripe account.
type Payout struct {
	ID             string `gorm:"primaryKey"` // po_…
	Amount         money.Minor
	Currency       money.Currency
	Status         string     // Stripe's word
	Automatic      bool       // Stripe chose what is in it, and can list that
	Reconciliation string     // "completed": its members can be listed
	ArrivalOn      time.Time  // a day, as UTC midnight
	CreatedAt      time.Time  // Stripe's (UTC)
	FailedAt       *time.Time // when the money came back to the Stripe balance; nil unless it did
	MembersRead    bool
	Difference     money.Minor // its amount less that of its members, once they are read
	FromBefore     money.Minor // of its amount, members from before the books start: they are in the opening balance
	MarkedAt       *time.Time  // when somebody held it against the bank's statement; nil while nobody has
	MarkedBy       Actor
}

// Undone reports whether the bank did not get the money after all. That can
// become known days after the payout was paid.
func (p Payout) Undone() bool { return p.Status == "failed" || p.Status == "canceled" }

// payoutOrder is the order in which a payout's states follow each other.
var payoutOrder = map[string]int{"pending": 1, "in_transit": 2, "paid": 3, "canceled": 4, "failed": 4}

// supersedes reports whether this description stands when both are known.
func (p Payout) supersedes(known Payout) bool {
	if mine, other := payoutOrder[p.Status], payoutOrder[known.Status]; mine != other {
		return mine > other
	}
	return p.Reconciliation == Reconciled && known.Reconciliation != Reconciled || p.FailedAt != nil && known.FailedAt == nil
}

// Reconciled is Stripe's word for a payout whose members can be listed.
const Reconciled = "completed"
