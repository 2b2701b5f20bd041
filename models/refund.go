package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// RefundReason is why a gift is given back, as Stripe keeps it.
type RefundReason string

// The reasons there are (https://docs.stripe.com/api/refunds/create).
const (
	DuplicateGift    RefundReason = "duplicate"
	FraudulentGift   RefundReason = "fraudulent"
	RequestedByDonor RefundReason = "requested_by_customer"
)

// RefundReasons are all of them, in the order in which a form offers them.
func RefundReasons() []RefundReason {
	return []RefundReason{RequestedByDonor, DuplicateGift, FraudulentGift}
}

// ConfirmAbove is the amount above which a refund is asked for by typing it
// twice.
const ConfirmAbove money.Minor = 500_00

// NewRefund is what somebody asks to be given back.
type NewRefund struct {
	DonationID string
	Amount     money.Minor  // 0 for all that is left
	Confirmed  money.Minor  // the amount once more; 0 where nothing was typed
	Reason     RefundReason // "" for none
	Note       string       // staff only; it joins the gift's notes
	FormKey    string       // the form's own, so that a form sent twice refunds once; may be empty
	By         Actor
}

// RefundRequest is a refund that was asked for here. It moves nothing in the
// books: what Stripe then says of the refund does.
type RefundRequest struct {
	ID         string `gorm:"primaryKey"` // Stripe's idempotency key, and in the refund's metadata
	FormKey    string // its own id, where the form had none
	DonationID string
	Charge     string // ch_… or py_…
	Amount     money.Minor
	Whole      bool // all that was left was asked for
	Reason     RefundReason
	AskedBy    Actor
	AskedAt    time.Time // UTC
	// Attempt counts the answers of Stripe's that it would give again under the
	// same idempotency key, whatever becomes possible later.
	Attempt  int
	State    RefundState
	RefundID *string    // re_… or pyr_…, once it is taken
	EndedAt  *time.Time // when it was taken or refused (UTC)
	// Again: it was asked for before, so that Stripe may have taken it already.
	Again bool `gorm:"-"`
}

// RefundState is how far a request has come.
type RefundState string

// The states of a request.
const (
	RefundAsking     RefundState = "asked"      // Stripe is being asked
	RefundUnanswered RefundState = "unanswered" // and did not answer: it may have taken it or not
	RefundTaken      RefundState = "taken"      // Stripe has made the refund
	RefundRefused    RefundState = "refused"    // Stripe said no
)

// askingFor is how long a request can be on its way to Stripe. One that is older
// was broken off.
const askingFor = time.Minute

// open reports whether it is not known what Stripe did about a request.
func (r RefundRequest) open(now time.Time) bool {
	return r.State == RefundUnanswered || r.State == RefundAsking && now.Sub(r.AskedAt) > askingFor
}

// RefundTerms is what can be given back of a gift.
type RefundTerms struct {
	Donation Donation
	Offline  bool
	Charge   string      // the charge of which the most is left: a refund is always of one
	Left     money.Minor // of that charge, by the books, less what is Coming
	Method   string      // how it was paid, as Stripe names it
	Last4    string
	// Coming is what was asked for here and Stripe has made, or is about to,
	// without the books having heard of it.
	Coming money.Minor
	// Open are requests of which it is not known what Stripe did. They must be
	// asked again, by their own form keys, before there is another.
	Open []RefundRequest
}

// Refusal is why nothing of the gift can be given back: ErrOfflineGift,
// ErrDisputed, ErrNothingLeft, or nil.
func (t RefundTerms) Refusal() error {
	switch {
	case t.Offline:
		return ErrOfflineGift
	case t.Donation.Disputed > 0:
		return ErrDisputed
	case t.Left <= 0:
		return ErrNothingLeft
	default:
		return nil
	}
}

// allows returns the amount of a refund, or why there can't be one.
func (t RefundTerms) allows(n NewRefund) (money.Minor, error) {
	if err := t.Refusal(); err != nil {
		return 0, err
	}
	amount := n.Amount
	if amount == 0 {
		amount = t.Left
	}
	switch {
	case amount < 0 || amount > t.Left:
		return 0, ErrMoreThanLeft
	case n.Confirmed != 0 && n.Confirmed != amount, n.Confirmed == 0 && amount > ConfirmAbove:
		return 0, ErrUnconfirmed
	case len(t.Open) > 0:
		return 0, ErrUnanswered
	default:
		return amount, nil
	}
}

// says reports whether a form sent again asks for what this one asked for.
func (r RefundRequest) says(n NewRefund) bool {
	return r.DonationID == n.DonationID && (n.Amount == r.Amount || n.Amount == 0 && r.Whole)
}
