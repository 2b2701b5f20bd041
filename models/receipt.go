package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Receipt is one numbered document about one gift. It is never changed or
// deleted: what comes later is another document, which replaces it.
type Receipt struct {
	ID         string `gorm:"primaryKey"` // "rcpt_" and 26 characters; sortable, opaque
	Number     int64  // 1, 2, 3… in these books, without a gap
	DonationID string
	Kind       ReceiptKind
	Amount     money.Minor // what the contribution comes to, by this document; 0 for a void
	Captured   money.Minor // what Amount is made of: what was paid,
	Refunded   money.Minor // less what went back,
	Lost       money.Minor // less what banks took back for good
	Reason     ReceiptReason
	Replaces   *string // the ID of the document before; nil for the first of a gift
	IssuedAt   time.Time
}

// ReceiptKind is what a document says of a gift.
type ReceiptKind string

// The kinds of documents.
const (
	FirstReceipt   ReceiptKind = "receipt" // the first of a gift
	AmendedReceipt ReceiptKind = "amended" // the contribution is now Amount
	VoidReceipt    ReceiptKind = "void"    // nothing of it stands
)

// ReceiptReason is why a document replaces the one before.
type ReceiptReason string

// The reasons there are.
const (
	ReasonFirst        ReceiptReason = ""
	ReasonRefund       ReceiptReason = "refund"
	ReasonRefundUndone ReceiptReason = "refund_undone"
	ReasonDisputeLost  ReceiptReason = "dispute_lost"
	ReasonDisputeWon   ReceiptReason = "dispute_won"
	ReasonReversal     ReceiptReason = "reversal" // the payment itself was taken back
	ReasonPayment      ReceiptReason = "payment"  // another payment of the same gift
)

// ReceiptDocument is everything that the words of one document are made of,
// read in one snapshot.
type ReceiptDocument struct {
	Receipt  Receipt
	First    *Receipt // the gift's first document, where this isn't it
	Replaced *Receipt // the one that this takes the place of
	Newest   Receipt  // the gift's newest; another ID than Receipt's if that was superseded
	Donation Donation

	Method       string // card brand, us_bank_account and the like, or the OfflineMethod
	Last4        string
	DonorName    string // as given with this gift, as the other two; any may be ""
	DonorEmail   string
	DonorAddress string

	Offline      *OfflineGift  // nil for a gift through Stripe
	Subscription *Subscription // nil for a gift made once
	PaymentNo    int           // 1 for a subscription's first payment, by the time received; 0 for a gift made once
}

// standing is what a gift's contribution comes to.
type standing struct{ captured, refunded, lost money.Minor }

// standingOf reckons from the set of a gift's facts alone. A dispute counts
// once it is lost: while it is open, nobody knows whose the money is.
func standingOf(facts []storedFact) standing {
	var s standing
	lost, withdrawn := map[string]bool{}, map[string]money.Minor{}
	for _, f := range facts {
		switch f.Kind {
		case Charged, OfflineGiven:
			s.captured += f.Amount
		case ChargeUndone, OfflineUndone:
			s.captured -= f.Amount
		case RefundMade:
			s.refunded += f.Amount
		case RefundUndone:
			s.refunded -= f.Amount
		case DisputeMoved:
			withdrawn[f.Object] += f.Amount
		case DisputeLost:
			lost[f.Object] = true
		default:
		}
	}
	for dispute := range lost {
		s.lost += max(0, withdrawn[dispute])
	}
	return s
}

// amount is what a document says that a contribution comes to: a payment that
// was both refunded and lost took more than was given, and that is the donor's
// loss on no document.
func (s standing) amount() money.Minor { return max(0, s.captured-s.refunded-s.lost) }

// standing is what a document was issued for.
func (r Receipt) standing() standing { return standing{r.Captured, r.Refunded, r.Lost} }

// due are the documents that a gift lacks, whose newest is known, nil if it has
// none: they have no id and no number yet.
//
// A gift of which nothing was left before its first document was issued gets
// one all the same, and then what voids it: the donor was charged. A debit that
// was taken back was never received, and gets none.
func (s standing) due(newest *Receipt) []Receipt {
	var due []Receipt
	if newest == nil {
		if s.captured <= 0 {
			return nil
		}
		first := Receipt{Kind: FirstReceipt, Amount: s.captured, Captured: s.captured}
		due, newest = append(due, first), &first
	}
	if s.amount() == newest.Amount {
		return due
	}
	next := Receipt{Kind: AmendedReceipt, Amount: s.amount(), Reason: s.since(newest.standing()), Captured: s.captured, Refunded: s.refunded, Lost: s.lost}
	if next.Amount == 0 {
		next.Kind = VoidReceipt
	}
	return append(due, next)
}

// since is why a contribution comes to another amount than it did.
func (s standing) since(before standing) ReceiptReason {
	if s.amount() < before.amount() {
		switch {
		case s.captured < before.captured:
			return ReasonReversal
		case s.lost > before.lost:
			return ReasonDisputeLost
		default:
			return ReasonRefund
		}
	}
	switch {
	case s.captured > before.captured:
		return ReasonPayment
	case s.lost < before.lost:
		return ReasonDisputeWon
	default:
		return ReasonRefundUndone
	}
}

const (
	// lateForNewBooks and lateForAny are how long after a payment its receipt
	// still goes out by itself.
	lateForNewBooks = time.Hour
	lateForAny      = 30 * 24 * time.Hour
)

// bookedLate reports whether all payments of a gift were booked long after they
// were made, so that its donor most likely has a receipt, from the books that
// these were made to replace. anew: the gift was made from what Stripe keeps.
func bookedLate(anew bool, facts []storedFact) bool {
	patience := lateForAny
	if anew {
		patience = lateForNewBooks
	}
	late := false
	for _, f := range facts {
		if f.Kind == OfflineGiven || f.Kind == Charged && f.RecordedAt.Sub(f.At) <= patience {
			return false
		}
		late = late || f.Kind == Charged
	}
	return late
}
