package models

import (
	"cmp"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Dispute is what Stripe last said of a dispute or an inquiry beside the money
// that it moved, which is facts. Nothing here is money.
type Dispute struct {
	ID        string      `gorm:"primaryKey"` // dp_…
	Status    string      // Stripe's word; "" if it was never read
	Amount    money.Minor // what is disputed, whether it was taken or not
	RespondBy *time.Time  // until when evidence can be given (UTC); nil if Stripe names no day
	AsOf      time.Time   // when it was so at Stripe (UTC)
}

// The order in which a dispute's states follow each other within one second; the
// last is for ever (https://docs.stripe.com/api/disputes/object#dispute_object-status).
const (
	inquired = iota
	inquiryAnswered
	raised
	raisedAnswered
	decided
)

func (d Dispute) stage() int {
	switch d.Status {
	case "warning_needs_response":
		return inquired
	case "warning_under_review":
		return inquiryAnswered
	case "under_review":
		return raisedAnswered
	case "won", "lost", "warning_closed", "charge_refunded", "prevented":
		return decided
	default:
		return raised
	}
}

// Decided reports whether it has come to its end.
func (d Dispute) Decided() bool { return d.stage() == decided }

// Unanswered reports whether it waits for evidence from here.
func (d Dispute) Unanswered() bool { return d.stage() == inquired || d.stage() == raised }

// supersedes reports whether this description stands when both are known. It is
// a strict order, so that the last one standing is the same whichever came
// first: the end is for ever, else the later one; of one second, the one further
// on, and then whichever differs upwards.
func (d Dispute) supersedes(other Dispute) bool {
	if d.Decided() != other.Decided() {
		return d.Decided()
	}
	return cmp.Or(
		d.AsOf.Compare(other.AsOf), cmp.Compare(d.stage(), other.stage()), d.deadline().Compare(other.deadline()),
		cmp.Compare(d.Status, other.Status), cmp.Compare(d.Amount, other.Amount),
	) > 0
}

func (d Dispute) deadline() time.Time {
	if d.RespondBy == nil {
		return time.Time{}
	}
	return *d.RespondBy
}

// OpenDispute is one that a bank has not decided yet, or an inquiry before one.
type OpenDispute struct {
	Dispute
	DonationID string
	Reference  string
	OpenedAt   time.Time
	Held       money.Minor // what the bank has taken meanwhile; 0 of an inquiry
	Refunded   money.Minor // of the same payment: what went back twice can be shown to the bank
}
