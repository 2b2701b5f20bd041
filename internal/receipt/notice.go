package receipt

import (
	"fmt"
	"strings"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// notice says, before anything else, what a document is not: the last word, a
// contribution, or real.
func (w writer) notice() string {
	var said []string
	if w.superseded() {
		said = append(said, w.instead())
	}
	switch w.d.Receipt.Kind {
	case models.VoidReceipt:
		said = append(said, "Void: "+w.undone()+". It is not deductible.", w.replaces())
	case models.AmendedReceipt:
		said = append(said, "Amended on "+w.date(w.d.Receipt.IssuedAt)+": "+w.change()+w.stands(), w.replaces())
	case models.FirstReceipt:
	}
	if !w.d.Donation.Livemode {
		said = append(said, "Test mode: no real money was given.")
	}
	return strings.Join(said, " ")
}

// instead says which document stands in this one's place.
func (w writer) instead() string {
	newest := fmt.Sprintf("%s of %s takes its place.", numbered(w.d.Newest), w.date(w.d.Newest.IssuedAt))
	if w.d.Newest.Kind == models.VoidReceipt {
		return "This document is void: nothing of the contribution is left, and it is not deductible. " + newest
	}
	return "This document no longer stands. " + newest
}

// undone is what became of a contribution of which nothing is left. A refund
// has a day of its own.
func (w writer) undone() string {
	day := w.date(w.d.Receipt.IssuedAt)
	switch w.d.Receipt.Reason {
	case models.ReasonRefund:
		if at := w.d.Donation.RefundedAt; at != nil && !at.After(w.d.Receipt.IssuedAt) {
			day = w.date(*at)
		}
		return "this contribution was refunded on " + day
	case models.ReasonDisputeLost:
		return "the bank took this payment back for good on " + day
	default:
		return "this payment was taken back on " + day
	}
}

// change is what made the contribution another sum, in a sentence.
func (w writer) change() string {
	before := w.first().Amount
	if w.d.Replaced != nil {
		before = w.d.Replaced.Amount
	}
	less, more := before-w.d.Receipt.Amount, w.d.Receipt.Amount-before
	switch w.d.Receipt.Reason {
	case models.ReasonRefund:
		return w.sums(less) + " was refunded."
	case models.ReasonRefundUndone:
		return "a refund of " + w.sums(more) + " did not go through."
	case models.ReasonDisputeLost:
		return "the bank took back " + w.sums(less) + " for good."
	case models.ReasonDisputeWon:
		return "the bank gave back " + w.sums(more) + "."
	case models.ReasonPayment:
		return "another payment of " + w.sums(more) + " was received."
	default:
		return w.sums(less) + " was taken back."
	}
}

// stands is what is left, which of securities no amount can say.
func (w writer) stands() string {
	if w.method() == models.Stock {
		return ""
	}
	return " The contribution is now " + w.d.Receipt.Amount.String() + "."
}

func (w writer) sums(amount money.Minor) string {
	if w.method() == models.Stock {
		return "a part"
	}
	return amount.String()
}

// replaces refers to the documents before: the one in hand, and the first.
func (w writer) replaces() string {
	first, before := w.first(), w.first()
	if w.d.Replaced != nil {
		before = *w.d.Replaced
	}
	said := fmt.Sprintf("This takes the place of %s %s of %s", w.called(), numbered(before), w.date(before.IssuedAt))
	if first.ID != before.ID {
		said += fmt.Sprintf(", and of the first, %s of %s", numbered(first), w.date(first.IssuedAt))
	}
	return said + "."
}
