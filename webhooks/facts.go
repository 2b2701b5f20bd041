package webhooks

import (
	"encoding/json"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Everything here is a pure function from Stripe's objects to facts, the same
// for an event's payload and for an object fetched. A payment is booked from
// its charge alone; sessions and payment intents say whose it is.

// family is how an event type is read.
type family int

const (
	unread    family = iota // stored, and without effect
	ofSession               // data.object is a checkout session
	ofIntent                // a payment intent
	ofPayment               // a charge
	ofReturn                // money going back: a charge refunded, a refund, a dispute
)

// debitFailed is the one session event that says more than its object does: a
// session whose bank debit failed stays complete and unpaid.
const debitFailed = "checkout.session.async_payment_failed"

// families are the event types that this code handles.
var families = map[string]family{
	"checkout.session.completed":               ofSession,
	"checkout.session.async_payment_succeeded": ofSession,
	debitFailed:                       ofSession,
	"checkout.session.expired":        ofSession,
	"payment_intent.succeeded":        ofIntent,
	"charge.succeeded":                ofPayment,
	"charge.refunded":                 ofReturn,
	"charge.refund.updated":           ofReturn,
	"charge.dispute.created":          ofReturn,
	"charge.dispute.funds_withdrawn":  ofReturn,
	"charge.dispute.funds_reinstated": ofReturn,
	"charge.dispute.closed":           ofReturn,
}

// read says what an event's object means. evidence is the event's id, or the
// object's own where no event brought it.
func read(eventType string, object json.RawMessage, evidence string) models.Reading {
	switch families[eventType] {
	case ofSession:
		var s session
		if json.Unmarshal(object, &s) != nil || s.Object != "checkout.session" || s.ID == "" {
			return unusable
		}
		return readSession(s, eventType == debitFailed, evidence)
	case ofIntent:
		var i intent
		if json.Unmarshal(object, &i) != nil || i.Object != "payment_intent" || i.ID == "" {
			return unusable
		}
		return readIntent(i, evidence)
	case ofPayment:
		var c charge
		if json.Unmarshal(object, &c) != nil || c.Object != "charge" || c.ID == "" {
			return unusable
		}
		return readCharge(c, chargeRef(c), evidence)
	case ofReturn:
		return models.Reading{State: models.EventWaiting, Problem: "its charge is to be looked up"}
	default:
		return models.Reading{State: models.EventNoEffect}
	}
}

// unusable is an event of a known type without the object it should carry: it
// is looked up by its id.
var unusable = models.Reading{State: models.EventWaiting, Problem: "its payload can't be read"}

func facts(f ...models.Fact) models.Reading { return models.Reading{Facts: f} }

// readCharge books a payment. The fact is the same whichever way the charge
// was come by.
func readCharge(c charge, gift models.GiftRef, evidence string) models.Reading {
	if c.Status != "succeeded" || !c.Paid || !c.Captured {
		return models.Reading{State: models.EventNoEffect}
	}
	captured := money.Money{Minor: money.Minor(c.AmountCaptured), Currency: money.Currency(c.Currency)}
	fact := models.Fact{
		Key: c.ID + ":charge", Kind: models.Charged, Gift: gift, Money: captured, Agreed: &captured,
		At: time.Unix(c.Created, 0).UTC(), Method: c.Method.Card.Brand, Last4: c.Method.Card.Last4, Evidence: evidence,
	}
	if fact.Method == "" {
		fact.Method = c.Method.Type
	}
	if c.Billing.Email != "" {
		fact.Email, fact.EmailRank = c.Billing.Email, models.BillingEmail
	} else if c.ReceiptEmail != "" {
		fact.Email, fact.EmailRank = c.ReceiptEmail, models.ReceiptEmail
	}
	return facts(fact)
}

// chargeRef says whose a charge is, by its own metadata. One without any may
// still be ours: its payment intent tells.
func chargeRef(c charge) models.GiftRef {
	gift := stripeapi.ReadMetadata(c.Metadata)
	gift.PaymentIntent = c.PaymentIntent.ID
	gift.Final = gift.Campaign != "" || gift.PaymentIntent == ""
	return gift
}

// readIntent says that a payment intent is paid. It books no money itself;
// where it was fetched with its charge, the charge does.
func readIntent(i intent, evidence string) models.Reading {
	if i.Status != "succeeded" {
		return models.Reading{State: models.EventNoEffect}
	}
	gift := stripeapi.ReadMetadata(i.Metadata)
	gift.PaymentIntent, gift.Final = i.ID, true
	received := money.Money{Minor: money.Minor(i.AmountReceived), Currency: money.Currency(i.Currency)}
	paid := models.Fact{
		Key: i.ID + ":paid", Kind: models.IntentPaid, Gift: gift, Money: money.Money{Currency: received.Currency}, Agreed: &received,
		At: time.Unix(i.Created, 0).UTC(), ExpectsCharge: true, Evidence: evidence,
	}
	return withCharge(i.LatestCharge.Object, gift, evidence, paid)
}

// readSession says that the reader finished the payment page, or that it
// closed. failed: a bank debit started there came to nothing.
func readSession(s session, failed bool, evidence string) models.Reading {
	gift := stripeapi.ReadMetadata(s.Metadata)
	gift.SessionID, gift.PaymentIntent, gift.Final = s.ID, s.PaymentIntent.ID, true
	if s.Mode != "payment" {
		return models.Reading{State: models.EventNoEffect}
	}
	fact := models.Fact{
		Gift: gift, Agreed: s.agreed(), Money: money.Money{Currency: money.Currency(s.Currency)}, Reference: s.Reference,
		At: time.Unix(s.Created, 0).UTC(), Evidence: evidence,
	}
	said := func(kind models.FactKind, suffix string) models.Fact {
		f := fact
		f.Kind, f.Key = kind, s.ID+":"+suffix
		return f
	}
	switch s.Status {
	case "expired":
		return facts(said(models.SessionExpired, "expired"))
	case "complete":
	default:
		return models.Reading{State: models.EventNoEffect}
	}
	completed := said(models.Completed, "completed")
	if s.Customer.Email != "" {
		completed.Email, completed.EmailRank = s.Customer.Email, models.SessionEmail
	}
	switch {
	case s.PaymentStatus == "paid":
		completed.ExpectsCharge = true
	case failed:
		return facts(completed, said(models.PaymentFailed, "payment_failed"))
	case s.PaymentStatus == "unpaid":
		return facts(completed, said(models.DebitPending, "debit_pending"))
	}
	if s.PaymentIntent.Object == nil {
		return facts(completed)
	}
	return withCharge(s.PaymentIntent.Object.LatestCharge.Object, gift, evidence, completed)
}

// agreed is what the session comes to in the currency it was made in: where
// the payment page converted it for the reader, the amount before that.
func (s session) agreed() *money.Money {
	if s.Conversion != nil {
		return &money.Money{Minor: money.Minor(s.Conversion.AmountTotal), Currency: money.Currency(s.Conversion.SourceCurrency)}
	}
	if s.AmountTotal == nil {
		return nil
	}
	return &money.Money{Minor: money.Minor(*s.AmountTotal), Currency: money.Currency(s.Currency)}
}

// withCharge adds the payment of a charge that was fetched with its parent,
// whose metadata stands for it should its own be empty. The charge goes first:
// once it is booked, nothing waits for it.
func withCharge(c *charge, parent models.GiftRef, evidence string, rest ...models.Fact) models.Reading {
	if c == nil || c.ID == "" {
		return facts(rest...)
	}
	gift := chargeRef(*c)
	if gift.Campaign == "" {
		gift = parent
	}
	return facts(append(readCharge(*c, gift, evidence).Facts, rest...)...)
}
