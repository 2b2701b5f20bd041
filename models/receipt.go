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
