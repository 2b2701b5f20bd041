package stripesim

import (
	"errors"
	"net/http"
	"slices"
)

// wordParams are what can be changed of a payment that was made: words about it, and no money.
var wordParams = []string{"metadata", "metadata[*]", "description", "receipt_email"}

// updateIntent changes a payment intent's words. Its charges keep the metadata that they were made with, and no event
// tells of it: there is none of that kind (https://docs.stripe.com/api/events/types).
func updateIntent(c *call) (any, error) {
	var pi paymentIntent
	err := c.load(intentKind, c.pathID(), &pi, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, intentKind, c.pathID(), "intent")
	}
	if err != nil {
		return nil, err
	}
	if pi.Metadata, err = c.params.at("metadata").changes(pi.Metadata); err != nil {
		return nil, err
	}
	if pi.Description, err = c.params.at("description").settable(1000, pi.Description); err != nil {
		return nil, err
	}
	address := c.params.at("receipt_email")
	if address.given() && slices.Contains([]string{"processing", "canceled"}, pi.Status) {
		return nil, invalid("receipt_email", "payment_intent_unexpected_state", "This PaymentIntent's receipt_email could not be updated because it has a "+
			"status of %s. You may only update the receipt_email of a PaymentIntent with one of the following statuses: requires_payment_method, "+
			"requires_confirmation, requires_action, requires_capture, succeeded.", pi.Status)
	}
	if pi.ReceiptEmail, err = address.settable(800, pi.ReceiptEmail); err != nil {
		return nil, err
	}
	if pi.ReceiptEmail != nil && !isEmail(*pi.ReceiptEmail) {
		return nil, invalid("receipt_email", "email_invalid", "Invalid email address: %s", *pi.ReceiptEmail)
	}
	return pi, c.update(pi.ID, "", pi, nil)
}

// updateCharge changes a charge's words. The address for its receipt can be another, but not none.
func updateCharge(c *call) (any, error) {
	var ch charge
	err := c.load(chargeKind, c.pathID(), &ch, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, chargeKind, c.pathID(), "charge")
	}
	if err != nil {
		return nil, err
	}
	before, err := fields(ch)
	if err != nil {
		return nil, err
	}
	if ch.Metadata, err = c.params.at("metadata").changes(ch.Metadata); err != nil {
		return nil, err
	}
	if ch.Description, err = c.params.at("description").settable(1000, ch.Description); err != nil {
		return nil, err
	}
	if address := c.params.at("receipt_email"); address.given() {
		if ch.ReceiptEmail, err = address.optional(800); err != nil {
			return nil, err
		}
	}
	if err := c.saveCharge(ch); err != nil {
		return nil, err
	}
	previous, err := changedSince(before, ch)
	if err != nil || len(previous) == 0 {
		return ch, err
	}
	return ch, c.emit("charge.updated", ch, previous, c.request(), atOnce)
}
