package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// GiftHistory is all that the books know of one gift, of one moment.
type GiftHistory struct {
	ListedGift
	Entered  *OfflineGift  // what a person entered; nil for a gift through Stripe
	Wish     *Signup       // the newsletter, if the donor's address is signed up for it
	Erased   *Erasure      // nil unless its donor was
	Facts    []GiftFact    // in no order that matters
	Events   []Event       // those that told of it, and those that speak of its objects, with their raw text
	Receipts []Receipt     // the oldest first
	Mails    []MailRecord  // likewise
	Acts     []AuditEntry  // what staff did with it, likewise
	Notes    []GiftNote    // likewise
	Disputes []OpenDispute // those that are not decided
	Payouts  []GiftPayout  // in the order of the movements
	Names    []string      // Stripe's ids of it: of its session, payment intents, charges and invoice
}

// GiftFact is a Fact as it was booked, without whose it is.
type GiftFact struct {
	Kind       FactKind
	Amount     money.Minor // what the kind moves; negative where that is undone under the same kind
	At         time.Time   // Stripe's time of it (UTC)
	Object     string
	Evidence   string // the event or object that said so first
	RecordedAt time.Time
	BookedAt   *time.Time // when the journal has it, if its day was closed when it came
}

// GiftPayout is a deposit with which a movement of a gift went out.
type GiftPayout struct {
	Payout   Payout   `gorm:"embedded"`
	Movement FactKind // Charged, RefundMade and so on
	Net      money.Minor
}

// GiftNote is what somebody of the staff wrote down about a gift. It is never
// changed.
type GiftNote struct {
	ID         string `gorm:"primaryKey"` // sorts by time
	DonationID string
	At         time.Time // UTC
	Who        Actor
	Text       string
}
