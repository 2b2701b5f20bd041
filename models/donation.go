package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Donation is one gift by a donor: intended when the reader submits the form,
// received when Stripe says so. Its figures and its Status are a cache of the
// facts known about it, written in the same transaction as each fact.
type Donation struct {
	ID string `gorm:"primaryKey"` // opaque and sortable by time; finance's address for the gift
	// Token is the donor's address for it: 22 characters of base64url, in no
	// export or log. A renewal has none.
	Token     string `gorm:"default:null"`
	Reference string // "CP-" and 8 characters, shown to donors and staff
	Livemode  bool

	Choices       `gorm:"embedded"`
	Currency      money.Currency
	AmountCharged money.Minor // the gift and any covered fees, as agreed before paying

	FormKey     *string // the browser's key for this submission, if it sent one
	FormAttempt int     // 1 for the first checkout under that key
	CheckoutSession
	CheckoutState  CheckoutState
	FromMetadata   bool       // made from what Stripe keeps, not from a form
	Renewal        bool       // a later payment of a subscription
	InvoiceID      *string    // in_…, of a payment of a subscription
	SubscriptionID *string    // sub_…
	CancelledAt    *time.Time // the reader came back without paying
	LookedAt       *time.Time // when Stripe was last asked about it
	// NewsletterAskedAt is when the box for the newsletter, if it was ticked, was
	// acted upon: once the gift was paid.
	NewsletterAskedAt *time.Time

	DonorID      *string
	DonorName    string // as given with this gift; "" if none was
	DonorAddress string // likewise, in lines
	Status       Status
	ReceivedAt   *time.Time // Stripe's time of the charge (UTC)
	RefundedAt   *time.Time // of the last refund that stands (UTC)
	Captured     money.Minor
	Refunded     money.Minor // succeeded or pending
	Disputed     money.Minor // withdrawn − reinstated
	FeeTaken     money.Minor // all that Stripe took
	Counted      bool        // one of the gifts of the public count
	Pending      money.Minor // a bank debit under way
	RefundsOpen  int64       // refunds of it that are made and not known to have arrived
	Refunding    money.Minor // and what they come to
	DisputesOpen int64       // disputes of it that no bank has decided, inquiries too
	Contested    money.Minor // and what they took
	CreatedAt    time.Time
}

// GivenAt is when a gift was received (UTC), or where it never was, or is so no
// longer, when it was begun.
func (d Donation) GivenAt() time.Time {
	if d.ReceivedAt != nil {
		return *d.ReceivedAt
	}
	return d.CreatedAt
}

// Choices are what the reader chose in the form.
type Choices struct {
	Frequency   Frequency
	Amount      money.Minor // before covered fees
	FeesCovered money.Minor // 0 unless the reader covers the fees
	Newsletter  bool
	Comment     string // a note to the newsroom; staff only
	Tribute     Tribute
	TributeName string
	Src         string // the article or placement the reader came from
	UTMSource   string
	UTMMedium   string
	UTMCampaign string
	UTMContent  string
	// Benefit is what the donor was promised in return for the gift, "" for
	// nothing or if it was declined, and BenefitValue what it was said to be
	// worth: receipts describe both, so they stay as they were when it was made.
	Benefit      string
	BenefitValue money.Minor
}

// Charged is what the reader pays in all.
func (c Choices) Charged() money.Minor { return c.Amount + c.FeesCovered }

// Tribute says whether a gift is made in someone's name.
type Tribute string

// The tributes there are.
const (
	NoTribute Tribute = "none"
	InHonor   Tribute = "honor"
	InMemory  Tribute = "memory"
)

// CheckoutSession is Stripe's payment page for one donation.
type CheckoutSession struct {
	SessionID   *string    // cs_…
	CheckoutURL string     // where the reader pays
	ExpiresAt   *time.Time // when Stripe closes it (UTC)
}

// CheckoutState is how far the making of the payment page has come.
type CheckoutState string

// The states of a checkout. A session of unknown outcome stays CheckoutOpening:
// asking again under the same idempotency key is safe.
const (
	CheckoutOpening CheckoutState = "opening" // asked for, no answer kept yet
	CheckoutOpen    CheckoutState = "open"    // the reader has been sent there
	CheckoutRefused CheckoutState = "refused" // Stripe said no; another try needs another token
)

// Status is a donation's state: the first of these that holds.
type Status string

// The states of a donation, in the order of precedence.
const (
	Disputed          Status = "disputed"           // money withdrawn and not fully given back
	Refunded          Status = "refunded"           // refunds equal the amount
	PartiallyRefunded Status = "partially_refunded" // some of it went back
	Received          Status = "received"           // paid
	Failed            Status = "failed"             // a bank debit failed, or an offline gift was entered wrongly; a declined card is no failure
	Processing        Status = "processing"         // checkout completed, not paid yet
	Expired           Status = "expired"            // the payment page closed unpaid
	Started           Status = "started"
)

// Undecided reports whether payment may still arrive for it, so that asking
// Stripe makes sense.
func (s Status) Undecided() bool { return s == Started || s == Processing }

// PageDone reports whether the reader has been through the payment page, so
// that no other is needed: paid, under way at a bank, or failed there.
func (s Status) PageDone() bool { return s != Started && s != Expired }
