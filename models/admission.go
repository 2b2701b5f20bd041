package models

import (
	"errors"
	"fmt"

	"github.com/corruptionproject/appeal/internal/money"
)

// What keeps a fact out of the books: for good, if it contradicts them, or
// until what it rests on has come. Both are decided by the set of what is
// booked, never by what came first.

// problem is a fact that contradicts the books or itself: nothing is posted,
// and a person must look.
type problem struct{ text string }

func (p problem) Error() string { return p.text }

// errUnknownGift says that no gift in the books is the fact's, and that the
// fact does not say enough to make one.
var errUnknownGift = errors.New("its gift is not known yet")

// errForeign says that a fact is not of this campaign.
var errForeign = errors.New("not of this campaign")

// Why an event waits for another that will normally come by itself.
const (
	awaitsCharge  = "its charge has not come yet"
	awaitsInvoice = "its invoice has not come yet"
	awaitsRefund  = "the refund that it undoes has not come yet"
	awaitsRefunds = "more would go back than was captured; the charge's other refunds are to be read"
)

// disagreement returns a problem if a fact contradicts what is known of its
// gift (I10 and I15 of docs/ledger.md).
func disagreement(d Donation, fact Fact) error {
	agreed := money.Money{Minor: d.AmountCharged, Currency: d.Currency}
	switch {
	case fact.Kind.MovesMoney() && fact.Money.Currency != d.Currency:
		return problem{fmt.Sprintf("%s moves %s in %q; the books are kept in %q",
			fact.Key, fact.Money.Minor.Decimal(), fact.Money.Currency, d.Currency)}
	case fact.Agreed != nil && *fact.Agreed != agreed:
		return problem{fmt.Sprintf("%s says %s %s, agreed were %s %s",
			fact.Key, fact.Agreed.Minor.Decimal(), fact.Agreed.Currency, agreed.Minor.Decimal(), agreed.Currency)}
	case fact.Reference != "" && fact.Reference != d.Token:
		return problem{fmt.Sprintf("%s refers to another gift than its metadata names", fact.Key)}
	case fact.Kind == Charged && fact.Money.Minor <= 0:
		return problem{fmt.Sprintf("%s captured %s", fact.Key, fact.Money.Minor.Decimal())}
	}
	return nil
}

// lacks says what must come before a fact, "" if nothing: nothing can go back
// of a charge that has not come, and nothing be undone that was not made.
func lacks(fact Fact, facts []storedFact) string {
	switch fact.Kind {
	case RefundUndone:
		if _, made := refundMade(facts, fact.Object); !made {
			return awaitsRefund
		}
	case ChargeUndone, RefundMade, RefundSettled, DisputeMoved, FeeKept:
		if fact.Gift.Charge == "" || !hasCharge(facts, fact.Gift.Charge) {
			return awaitsCharge
		}
	default:
	}
	if fact.Kind == RefundMade && !fact.undone && refundsExceed(facts, fact) {
		return awaitsRefunds
	}
	return ""
}

// chargeOf is the charge that a fact is of. A refund that failed is of the
// charge it was made of; a refund or a dispute that names none is of the gift's
// only one. Where there are more, nobody guesses.
func chargeOf(fact Fact, facts []storedFact) string {
	if made, ok := refundMade(facts, fact.Object); ok && fact.Kind == RefundUndone {
		return made.Charge
	}
	if fact.Gift.Charge != "" {
		return fact.Gift.Charge
	}
	only := ""
	switch fact.Kind {
	case RefundMade, RefundSettled, DisputeMoved, FeeKept:
		for _, f := range facts {
			if f.Kind == Charged && only != "" {
				return ""
			}
			if f.Kind == Charged {
				only = f.Charge
			}
		}
	default:
	}
	return only
}

func refundMade(facts []storedFact, refund string) (storedFact, bool) {
	for _, f := range facts {
		if f.Kind == RefundMade && f.Object == refund {
			return f, true
		}
	}
	return storedFact{}, false
}

func hasCharge(facts []storedFact, charge string) bool {
	for _, f := range facts {
		if f.Kind == Charged && f.Charge == charge {
			return true
		}
	}
	return false
}

// refundsExceed reports whether a further refund would give back more of its
// charge than was captured. Another of the charge's refunds has failed, then,
// and the books do not know it yet.
func refundsExceed(facts []storedFact, more Fact) bool {
	var captured, refunded money.Minor
	for _, f := range facts {
		if f.Charge != more.Gift.Charge {
			continue
		}
		switch f.Kind {
		case Charged:
			captured += f.Amount
		case ChargeUndone:
			captured -= f.Amount
		case RefundMade:
			refunded += f.Amount
		case RefundUndone:
			refunded -= f.Amount
		default:
		}
	}
	return refunded+more.Money.Minor > captured
}

// withUndoing marks the refunds that failed by what the same facts say: such a
// one takes nothing of what can be refunded, even before its failure is booked.
func withUndoing(facts []Fact) []Fact {
	undone := map[string]bool{}
	for _, f := range facts {
		if f.Kind == RefundUndone {
			undone[f.Object] = true
		}
	}
	marked := make([]Fact, 0, len(facts))
	for _, f := range facts {
		f.undone = f.Kind == RefundMade && undone[f.Object]
		marked = append(marked, f)
	}
	return marked
}

// awaited is what became of a fact that is recorded: an event that says "paid"
// stays open until the charge is booked that it names or, if it names none, one
// that was not taken back.
func awaited(fact Fact, facts []storedFact) booked {
	if !fact.ExpectsCharge || paid(facts, fact.Gift.Charge) {
		return booked{state: EventBooked}
	}
	return booked{state: EventWaiting, problem: awaitsCharge, waitsFor: fact.Gift.ids()}
}

func paid(facts []storedFact, charge string) bool {
	if charge != "" {
		return hasCharge(facts, charge)
	}
	undone := undoneOf(facts)
	for _, f := range facts {
		if f.Kind == Charged && !undone[f.Object] {
			return true
		}
	}
	return false
}
