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
	if w.sample() {
		return sampleNotice
	}
	var said []string
	if w.superseded() {
		said = append(said, w.instead())
	}
	switch w.d.Receipt.Kind {
	case models.VoidReceipt:
		is := "It is not deductible."
		if w.unrecorded() {
			is = "This document is no receipt."
		}
		said = append(said, "Void: "+w.undone()+". "+is, w.replaces())
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
	switch reason := w.d.Receipt.Reason; {
	case w.unrecorded():
		return "we took back our record of this gift on " + day
	case len(w.moves()) > 1:
		return strings.Join(w.moves(), ", and ") + ", as of " + day
	case reason == models.ReasonRefund:
		if at := w.d.Donation.RefundedAt; at != nil && !at.After(w.d.Receipt.IssuedAt) {
			day = w.date(*at)
		}
		return "this contribution was refunded on " + day
	case reason == models.ReasonDisputeLost:
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
	if all := w.moves(); len(all) > 1 && w.method() != models.Stock {
		return strings.Join(all, ", and ") + "."
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

// unrecorded reports whether a person took back what a person had entered: it
// was entered wrongly, or its check bounced, and the books don't say which.
func (w writer) unrecorded() bool {
	return w.d.Offline != nil && w.d.Receipt.Reason == models.ReasonReversal
}

// moves are what came and went since the document before. There is more than
// one where that happened faster than documents are issued.
func (w writer) moves() []string {
	before, now := w.first(), w.d.Receipt
	if w.d.Replaced != nil {
		before = *w.d.Replaced
	}
	var all []string
	say := func(by money.Minor, less, more string) {
		switch {
		case by < 0:
			all = append(all, fmt.Sprintf(less, -by))
		case by > 0:
			all = append(all, fmt.Sprintf(more, by))
		}
	}
	say(now.Captured-before.Captured, "%s was taken back", "another payment of %s was received")
	say(now.Refunded-before.Refunded, "a refund of %s did not go through", "%s was refunded")
	say(now.Lost-before.Lost, "the bank gave back %s", "the bank took back %s for good")
	return all
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
