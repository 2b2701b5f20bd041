package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// BalanceTransaction is one movement of the Stripe balance as Stripe's own
// account has it: the second, independent record that the journal is held
// against. Amount − Fee = Net.
type BalanceTransaction struct {
	ID        string `gorm:"primaryKey"` // txn_…
	Category  string // Stripe's reporting category (https://docs.stripe.com/reports/reporting-categories)
	Source    string // the charge, refund, dispute or payout that moved it; "" for none
	Amount    money.Minor
	Fee       money.Minor
	Net       money.Minor
	Currency  money.Currency
	CreatedAt time.Time // UTC
	Movement  string    // the key under which the journal has it; "" if it is no gift's and no payout's
	Treatment Treatment
	// OwnsMovement: the posting under Movement is of this transaction. Not so
	// while it is missing, or if it belongs to another transaction already.
	OwnsMovement bool
	PayoutID     string    // the payout it went out with; "" while not known
	ReadAt       time.Time // when it was first read (UTC)
	// LookAt is when its source is next looked at, as long as it is not
	// explained; nil for at once.
	LookAt *time.Time

	// Foreign: its source was looked at, and is none of this campaign's gifts.
	Foreign bool `gorm:"-"`
}

// Treatment is where the journal has a balance transaction.
type Treatment string

// The treatments there are.
const (
	TreatedAsGift   Treatment = "gift"           // posted by a gift's fact, its fee beside it
	TreatedAsPayout Treatment = "payout"         // posted by a payout
	TreatedAsOther  Treatment = "other"          // no gift of this campaign
	InSuspense      Treatment = "suspense"       // not explained yet, wholly or in part
	InOtherCurrency Treatment = "other_currency" // a gift's, and in no balance that the books keep
)

// Moves is the one key under which the journal has what a balance
// transaction moved, whoever reported it; "" if it is no gift's and no
// payout's.
func (t BalanceTransaction) Moves() string {
	switch t.Category {
	case "charge":
		return t.Source + ":charge"
	case "charge_failure":
		return t.Source + ":failure"
	case "refund":
		return t.Source + ":refund"
	case "refund_failure":
		return t.Source + ":refund_failed"
	case "dispute", "dispute_reversal":
		return t.ID + ":dispute"
	case "payout":
		return t.Source + ":payout"
	case "payout_reversal":
		return t.Source + ":payout_failed"
	default:
		return ""
	}
}

// mostBetweenLooks bounds how long what is not explained is left alone.
const mostBetweenLooks = 7 * 24 * time.Hour

// LookDue reports whether its source is to be looked at.
func (t *BalanceTransaction) LookDue(now time.Time) bool {
	return t.LookAt == nil || !t.LookAt.After(now)
}

// Looked keeps that its source was looked at: the next time is after as long
// again as it has not been explained.
func (t *BalanceTransaction) Looked(now time.Time) {
	next := now.Add(min(now.Sub(t.ReadAt), mostBetweenLooks))
	t.LookAt = &next
}

// sameAs reports whether two descriptions of one balance transaction say the
// same: at Stripe none ever changes.
func (t BalanceTransaction) sameAs(o BalanceTransaction) bool {
	return t.Category == o.Category && t.Source == o.Source && t.Amount == o.Amount && t.Fee == o.Fee && t.Net == o.Net &&
		t.Currency == o.Currency && t.CreatedAt.Equal(o.CreatedAt)
}

// FindingKind names how the books and Stripe differ.
type FindingKind string

// The kinds of findings.
const (
	FoundMissing  FindingKind = "missing_in_books"  // Stripe moved it, the journal has not, and it can't be explained
	FoundAmount   FindingKind = "amount_differs"    // both have it, with other amounts
	FoundTwice    FindingKind = "twice_at_stripe"   // two balance transactions of one movement
	FoundPhantom  FindingKind = "missing_at_stripe" // the journal has it, Stripe does not
	FoundCurrency FindingKind = "other_currency"    // a gift's money in another currency
	FoundPayout   FindingKind = "payout_differs"    // a payout and its members do not add up
	FoundBalance  FindingKind = "balance_differs"   // the journal is not Stripe's balance, and nothing else that is found says why
	FoundEvidence FindingKind = "contradiction"     // an object contradicts what is booked

	FoundWarning   FindingKind = "fraud_warning" // a card's issuer suspects fraud: a refund now saves a dispute
	FoundLostTwice FindingKind = "lost_twice"    // refunded, and lost in a dispute too: the second can usually be won back
)

// Differs reports whether the books and Stripe differ. Otherwise they agree,
// and it is the gift that needs a person.
func (k FindingKind) Differs() bool { return k != FoundWarning && k != FoundLostTwice }

// Finding is a difference between the books and Stripe, or what else of the
// books needs a person, for staff.
type Finding struct {
	Kind     FindingKind `gorm:"primaryKey"`
	Object   string      `gorm:"primaryKey"` // what differs: a balance transaction, the key of a posting, or an object of Stripe's
	Amount   money.Minor // by how much Stripe has more than the books; of a gift that needs a person, how much is at stake
	Currency money.Currency
	Detail   string // in words, without personal data
	FoundAt  time.Time
	SeenAt   time.Time  // by the last sync that looked
	ClosedAt *time.Time // when a sync no longer found it
	// ResolvedAt is when a person closed it as it is; it stands all the same. Nil
	// again once it changes.
	ResolvedAt *time.Time
}
