package stripesim

import (
	"encoding/json"
	"fmt"
	"time"
)

// retryAfter is how long after each failed try the next one comes; after the last of them none does
// (https://docs.stripe.com/billing/revenue-recovery/smart-retries).
var retryAfter = []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour, 7 * 24 * time.Hour}

// collect tries an open invoice's card, which declines where the subscription's hidden part says so, and once it has expired.
func (t *tx) collect(inv *invoice, by requestRef) error {
	_, hidden, err := t.findSubscription(inv.Subscription)
	switch {
	case err != nil:
		return err
	case inv.AmountDue == 0:
		return t.payNothing(inv, by, atOnce)
	}
	_, pm, err := t.collection(inv)
	if err != nil {
		return err
	}
	if hidden.Declines || pm.Card.expired(t.now) {
		return t.failRenewal(inv, by)
	}
	if err := t.chargeInvoice(inv, nil, by, atOnce); err != nil {
		return err
	}
	return t.paidUp(*inv, by, atOnce)
}

// collection is an invoice's intent and the card that pays it.
func (t *tx) collection(inv *invoice) (pi paymentIntent, pm paymentMethod, err error) {
	sub, _, err := t.findSubscription(inv.Subscription)
	if err != nil {
		return pi, pm, err
	}
	with := sub.DefaultPaymentMethod
	if with == nil {
		var who customer
		if err := t.load(customerKind, sub.Customer, &who, nil); err != nil {
			return pi, pm, err
		}
		with = who.InvoiceSettings.DefaultMethod
	}
	if inv.PaymentIntent == nil || with == nil {
		return pi, pm, fmt.Errorf("stripesim: %s can't be collected: it has no intent, or neither its subscription nor the customer a card", inv.ID)
	}
	if err := t.load(intentKind, *inv.PaymentIntent, &pi, nil); err != nil {
		return pi, pm, err
	}
	return pi, pm, t.load(methodKind, *with, &pm, nil)
}

// invoiceCharge is a try with the subscription's card, not yet decided. Its metadata is the intent's: empty.
func (t *tx) invoiceCharge(pi paymentIntent, pm paymentMethod) charge {
	ch := t.newCharge(pi, pm.BillingDetails, pm.Card.asCharged(), t.now.Unix())
	ch.PaymentMethod, ch.MethodDetails.Card.ExpMonth, ch.MethodDetails.Card.ExpYear = pm.ID, pm.Card.ExpMonth, pm.Card.ExpYear
	return ch
}

// chargeInvoice takes the money; the subscription is not told yet.
func (t *tx) chargeInvoice(inv *invoice, proof *threeDSecure, by requestRef, how sending) error {
	pi, pm, err := t.collection(inv)
	if err != nil {
		return err
	}
	ch := t.invoiceCharge(pi, pm)
	ch.MethodDetails.Card.ThreeDSecure = proof
	ch.succeed()
	if err := t.settleInTime(&ch, t.sim.cfg.LateFees); err != nil {
		return err
	}
	pi.succeed(ch)
	inv.try(&ch)
	inv.AmountPaid = inv.AmountDue
	inv.pay(t.now.Unix())
	if err := t.saveTry(*inv, pi, &ch); err != nil {
		return err
	}
	if err := t.emit("charge.succeeded", ch, nil, by, how); err != nil {
		return err
	}
	if err := t.emit("payment_intent.succeeded", pi, nil, by, how); err != nil {
		return err
	}
	return t.tellInvoicePaid(*inv, by, how)
}

// payNothing closes an invoice on which nothing is due: it is paid, with no charge.
func (t *tx) payNothing(inv *invoice, by requestRef, how sending) error {
	inv.Attempted = true
	inv.pay(t.now.Unix())
	if err := t.saveInvoice(*inv); err != nil {
		return err
	}
	if err := t.tellInvoicePaid(*inv, by, how); err != nil {
		return err
	}
	return t.paidUp(*inv, by, how)
}

// payElsewhere closes an open invoice that was paid by other means than Stripe: there is no charge, and no attempt succeeded.
func (t *tx) payElsewhere(inv *invoice, by requestRef) error {
	if inv.Status != "open" {
		return invalid("", "", "Invoice is not open: %s is %s.", inv.ID, inv.Status)
	}
	inv.PaidOutOfBand, inv.AmountPaid = true, inv.AmountDue
	inv.pay(t.now.Unix())
	if err := t.giveUpIntent(*inv, by); err != nil {
		return err
	}
	if err := t.emit("invoice.paid", inv, nil, by, atOnce); err != nil {
		return err
	}
	return t.paidUp(*inv, by, atOnce)
}

func (inv *invoice) pay(now int64) {
	inv.Status, inv.Paid, inv.AmountRemaining, inv.NextPaymentAttempt = "paid", true, 0, nil
	inv.StatusTransitions.PaidAt, inv.AutoAdvance = &now, false
}

// try counts an attempt; ch is nil when no charge was made.
func (inv *invoice) try(ch *charge) {
	inv.AttemptCount++
	inv.Attempted = true
	if ch != nil {
		inv.Charge = &ch.ID
	}
}

func (t *tx) tellInvoicePaid(inv invoice, by requestRef, how sending) error {
	if err := t.emit("invoice.paid", inv, nil, by, how); err != nil {
		return err
	}
	return t.emit("invoice.payment_succeeded", inv, nil, by, how)
}

// paidUp makes the subscription active where nothing is owed on its latest invoice any more.
func (t *tx) paidUp(inv invoice, by requestRef, how sending) error {
	if err := t.cancelTimer(timerRetry, inv.ID); err != nil {
		return err
	}
	sub, hidden, err := t.findSubscription(inv.Subscription)
	if err != nil || sub.LatestInvoice == nil || *sub.LatestInvoice != inv.ID {
		return err
	}
	switch was := sub.Status; was {
	case subscriptionIncomplete, subscriptionPastDue, subscriptionUnpaid:
		sub.Status = subscriptionActive
		if err := t.update(sub.ID, sub.Customer, sub, hidden); err != nil {
			return err
		}
		return t.emit("customer.subscription.updated", sub, map[string]any{"status": was}, by, how)
	default:
		return nil
	}
}

// declineInvoice is one try the issuer refuses; whether another follows stands in next_payment_attempt already.
func (t *tx) declineInvoice(inv *invoice, by requestRef) error {
	pi, pm, err := t.collection(inv)
	if err != nil {
		return err
	}
	ch := t.invoiceCharge(pi, pm)
	refusal := ch.decline()
	if pm.Card.expired(t.now) {
		refusal = ch.refuseExpired()
	}
	pi.fail(refusal, &ch)
	inv.try(&ch)
	if err := t.saveTry(*inv, pi, &ch); err != nil {
		return err
	}
	if err := t.emit("charge.failed", ch, nil, by, atOnce); err != nil {
		return err
	}
	if err := t.emit("payment_intent.payment_failed", pi, nil, by, atOnce); err != nil {
		return err
	}
	return t.emit("invoice.payment_failed", inv, nil, by, atOnce)
}

// failRenewal is a renewal's next failed try: the subscription is past due until one succeeds, and over, or left unpaid,
// after the last.
func (t *tx) failRenewal(inv *invoice, by requestRef) error {
	again, err := t.planRetry(inv)
	if err != nil {
		return err
	}
	if err := t.declineInvoice(inv, by); err != nil {
		return err
	}
	if again {
		return t.setStatus(inv.Subscription, subscriptionPastDue, by)
	}
	_, hidden, err := t.findSubscription(inv.Subscription)
	if err != nil {
		return err
	}
	if hidden.StaysUnpaid {
		return t.setStatus(inv.Subscription, subscriptionUnpaid, by)
	}
	_, err = t.endSubscription(inv.Subscription, "payment_failed", by)
	return err
}

// planRetry writes the time of the try after the one about to be made into the invoice; false means that there is none.
func (t *tx) planRetry(inv *invoice) (bool, error) {
	if inv.AttemptCount >= int64(len(retryAfter)) {
		inv.NextPaymentAttempt = nil
		return false, t.cancelTimer(timerRetry, inv.ID)
	}
	due := t.now.Add(retryAfter[inv.AttemptCount])
	next := due.Unix()
	inv.NextPaymentAttempt = &next
	return true, t.at(due, timerRetry, inv.ID)
}

// askForAuthentication is a renewal whose bank wants to hear from the donor: no charge is made until it has.
func (t *tx) askForAuthentication(inv *invoice, by requestRef) error {
	pi, pm, err := t.collection(inv)
	if err != nil {
		return err
	}
	pi.Status, pi.PaymentMethod, pi.LastPaymentError = "requires_action", &pm.ID, nil
	pi.NextAction = &nextAction{Type: "use_stripe_sdk", UseStripeSDK: &struct{}{}}
	if _, err := t.planRetry(inv); err != nil {
		return err
	}
	inv.try(nil)
	if err := t.saveTry(*inv, pi, nil); err != nil {
		return err
	}
	if err := t.emit("payment_intent.requires_action", pi, nil, by, atOnce); err != nil {
		return err
	}
	for _, kind := range []string{"invoice.payment_failed", "invoice.payment_action_required"} {
		if err := t.emit(kind, inv, nil, by, atOnce); err != nil {
			return err
		}
	}
	return t.setStatus(inv.Subscription, subscriptionPastDue, by)
}

func (t *tx) saveTry(inv invoice, pi paymentIntent, ch *charge) error {
	if ch != nil {
		if err := t.insert(chargeKind, ch.ID, pi.ID, ch.Created, *ch, nil); err != nil {
			return err
		}
	}
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return err
	}
	return t.saveInvoice(inv)
}

// closeUnpaid ends an open invoice without money: void, as if it had never been, or uncollectible, given up.
func (t *tx) closeUnpaid(inv *invoice, status string, by requestRef) error {
	if inv.Status != "open" && (inv.Status != "uncollectible" || status != "void") {
		return invalid("", "", "You can only pass in open invoices. This invoice isn't open: %s is %s.", inv.ID, inv.Status)
	}
	now, kind := t.now.Unix(), "invoice.voided"
	inv.Status, inv.NextPaymentAttempt, inv.AutoAdvance = status, nil, false
	if status == "void" {
		inv.StatusTransitions.VoidedAt, inv.AmountRemaining = &now, 0
	} else {
		inv.StatusTransitions.UncollectibleAt, kind = &now, "invoice.marked_uncollectible"
	}
	if err := t.giveUpIntent(*inv, by); err != nil {
		return err
	}
	if err := t.emit(kind, inv, nil, by, atOnce); err != nil || inv.BillingReason != reasonCycle {
		return err
	}
	return t.paidUp(*inv, by, atOnce) // nothing is owed any more
}

// giveUpIntent stores an invoice and cancels its intent, where that can't be paid any more. An uncollectible invoice can.
func (t *tx) giveUpIntent(inv invoice, by requestRef) error {
	if err := t.saveInvoice(inv); err != nil {
		return err
	}
	if inv.PaymentIntent == nil || inv.Status == "uncollectible" {
		return nil
	}
	return t.cancelIntent(*inv.PaymentIntent, by)
}

// stopCollecting leaves what a subscription that is over still owes alone.
func (t *tx) stopCollecting(subscription string, by requestRef) error {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ?
		AND json_extract(body, '$.status') IN ('draft', 'open') ORDER BY seq`, invoiceKind, subscription)
	if err != nil {
		return err
	}
	for _, r := range rows {
		var inv invoice
		if err := json.Unmarshal(r.body, &inv); err != nil {
			return fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
		previous := map[string]any{"auto_advance": inv.AutoAdvance, "next_payment_attempt": inv.NextPaymentAttempt}
		inv.AutoAdvance, inv.NextPaymentAttempt = false, nil
		if err := t.saveInvoice(inv); err != nil {
			return err
		}
		for _, kind := range []string{timerFinalize, timerRetry} {
			if err := t.cancelTimer(kind, inv.ID); err != nil {
				return err
			}
		}
		if err := t.emit("invoice.updated", inv, previous, by, atOnce); err != nil {
			return err
		}
	}
	return nil
}
