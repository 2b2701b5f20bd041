package webhooks

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// Reading an object is a pure function from what Stripe says to facts, the same
// for an event's payload and for an object fetched. A payment is booked from
// its charge alone; sessions, payment intents and invoices say whose it is.

// family is how an event type is read.
type family int

const (
	unread         family = iota // stored, and without effect
	ofSession                    // data.object is a checkout session
	ofIntent                     // a payment intent
	ofCharge                     // a charge
	ofRefunds                    // a charge, of which refunds are to be listed
	ofRefund                     // a refund
	ofDispute                    // a dispute
	ofInvoice                    // an invoice
	ofSubscription               // a subscription
	ofPayout                     // a payout
	ofWarning                    // an early fraud warning
)

// debitFailed is the one session event that says more than its object does: a
// session whose bank debit failed stays complete and unpaid.
const debitFailed = "checkout.session.async_payment_failed"

// decided are the events that come when a bank debit has come to its end, which
// is days after its charge was made.
var decided = map[string]bool{
	"charge.succeeded": true, "charge.failed": true, debitFailed: true, "checkout.session.async_payment_succeeded": true,
}

// whenDecided adds to what an event says of a payment when that came about.
func whenDecided(reading models.Reading, e event) models.Reading {
	if decided[e.Type] {
		for i := range reading.Facts {
			reading.Facts[i].Decided = utc(e.Created)
		}
	}
	return reading
}

// renewalFailed are the events that say more than their invoice does: one that
// is open and was tried may still be under way at a bank.
var renewalFailed = map[string]bool{"invoice.payment_failed": true, "invoice.payment_action_required": true}

// families are the event types that this code handles. Endpoints at Stripe are
// subscribed to exactly these.
var families = map[string]family{
	"checkout.session.completed":               ofSession,
	"checkout.session.async_payment_succeeded": ofSession,
	debitFailed:                         ofSession,
	"checkout.session.expired":          ofSession,
	"payment_intent.succeeded":          ofIntent,
	"payment_intent.processing":         ofIntent,
	"payment_intent.payment_failed":     ofIntent,
	"payment_intent.canceled":           ofIntent,
	"charge.succeeded":                  ofCharge,
	"charge.pending":                    ofCharge,
	"charge.failed":                     ofCharge,
	"charge.updated":                    ofCharge,
	"charge.expired":                    ofCharge,
	"charge.refunded":                   ofRefunds,
	"charge.refund.updated":             ofRefund,
	"refund.created":                    ofRefund,
	"refund.updated":                    ofRefund,
	"charge.dispute.created":            ofDispute,
	"charge.dispute.updated":            ofDispute,
	"charge.dispute.funds_withdrawn":    ofDispute,
	"charge.dispute.funds_reinstated":   ofDispute,
	"charge.dispute.closed":             ofDispute,
	"invoice.paid":                      ofInvoice,
	"invoice.payment_failed":            ofInvoice,
	"invoice.payment_action_required":   ofInvoice,
	"invoice.voided":                    ofInvoice,
	"invoice.marked_uncollectible":      ofInvoice,
	"customer.subscription.created":     ofSubscription,
	"customer.subscription.updated":     ofSubscription,
	"customer.subscription.deleted":     ofSubscription,
	"customer.subscription.paused":      ofSubscription,
	"customer.subscription.resumed":     ofSubscription,
	"payout.created":                    ofPayout,
	"payout.updated":                    ofPayout,
	"payout.paid":                       ofPayout,
	"payout.failed":                     ofPayout,
	"payout.canceled":                   ofPayout,
	"payout.reconciliation_completed":   ofPayout,
	"radar.early_fraud_warning.created": ofWarning,
	"radar.early_fraud_warning.updated": ofWarning,
}

// read says what an event means by its own object.
func read(e event) models.Reading {
	switch families[e.Type] {
	case ofSession:
		var s session
		if decodes(e.object, "checkout.session", &s) {
			return readSession(s, e.Type == debitFailed, e.ID)
		}
	case ofIntent:
		var i intent
		if decodes(e.object, "payment_intent", &i) {
			return readIntent(i, intentRef(i), e.ID)
		}
	case ofCharge:
		var c charge
		if decodes(e.object, "charge", &c) {
			return readCharge(c, ownRef(c), e.ID)
		}
	case ofRefunds:
		var c charge
		if decodes(e.object, "charge", &c) {
			reading := readCharge(c, ownRef(c), e.ID)
			reading.State, reading.Problem, reading.More = models.EventWaiting, refundsToRead, refundsToRead
			return reading
		}
	case ofRefund:
		var r refund
		if decodes(e.object, "refund", &r) {
			return readRefund(r, models.GiftRef{Charge: r.Charge.ID, PaymentIntent: r.PaymentIntent.ID}, e.ID)
		}
	case ofDispute:
		var d dispute
		if decodes(e.object, "dispute", &d) {
			return readDispute(d, models.GiftRef{Charge: d.Charge.ID, PaymentIntent: d.PaymentIntent.ID}, e.ID, utc(e.Created))
		}
	case ofInvoice:
		var i invoice
		if decodes(e.object, "invoice", &i) {
			gift := invoiceRef(i)
			reading := readInvoice(i, gift, e.ID)
			if renewalFailed[e.Type] {
				reading = readFailure(reading, i, gift, utc(e.Created))
			}
			return reading
		}
	case ofSubscription:
		var s subscription
		if decodes(e.object, "subscription", &s) {
			reading := readSubscription(s, utc(e.Created))
			reading.Subscription.Before = amountBefore(e.previous)
			return reading
		}
	case ofPayout:
		var p payout
		if decodes(e.object, "payout", &p) {
			return readPayout(p)
		}
	case ofWarning:
		var w warning
		if decodes(e.object, "radar.early_fraud_warning", &w) {
			return readWarning(w, models.GiftRef{Charge: w.Charge.ID, PaymentIntent: w.PaymentIntent.ID}, e.ID)
		}
	default:
		return noEffect
	}
	return unusable
}

// What an event says that moves nothing, and one of a known type without the
// object it should carry, which is looked up by its id.
var (
	noEffect = models.Reading{State: models.EventNoEffect}
	unusable = models.Reading{State: models.EventWaiting, Problem: "its payload can't be read"}
)

// Why an event waits for what only Stripe's API tells.
const (
	refundsToRead  = "its charge's refunds are to be read"
	returnToBeRead = "when the money came back is to be read"
)

func facts(f ...models.Fact) models.Reading { return models.Reading{Facts: f} }

// utc reads a time as Stripe sends it. One beyond the years that databases keep
// is as good as none: SQLite would store it and then fail to read its row, and
// with it every row that is read along.
func utc(seconds int64) time.Time {
	at := time.Unix(seconds, 0).UTC()
	if at.Year() < 1970 || at.Year() > 9999 {
		return time.Unix(0, 0).UTC()
	}
	return at
}

func sum(minor int64, currency string) money.Money {
	return money.Money{Minor: money.Minor(minor), Currency: money.Currency(currency)}
}
