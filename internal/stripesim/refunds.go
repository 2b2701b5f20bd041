package stripesim

import (
	"errors"
	"net/http"
	"time"
)

const refundKind = "refund"

// bankRefund is how long a bank debit's refund is pending (https://docs.stripe.com/payments/ach-direct-debit#refunds).
const bankRefund = 5 * 24 * time.Hour

// refund gives back a charge or part of it. FailureTransaction and FailureReason are left out, not null, until it fails.
type refund struct {
	ID                     string             `json:"id"`
	Object                 string             `json:"object"`
	Amount                 int64              `json:"amount"`
	BalanceTransaction     *string            `json:"balance_transaction"`
	Charge                 string             `json:"charge"`
	Created                int64              `json:"created"`
	Currency               string             `json:"currency"`
	Destination            *refundDestination `json:"destination_details,omitempty"`
	FailureTransaction     string             `json:"failure_balance_transaction,omitempty"`
	FailureReason          string             `json:"failure_reason,omitempty"`
	Metadata               map[string]string  `json:"metadata"`
	PaymentIntent          string             `json:"payment_intent"`
	Reason                 *string            `json:"reason"`
	ReceiptNumber          any                `json:"receipt_number"`
	SourceTransferReversal any                `json:"source_transfer_reversal"`
	Status                 string             `json:"status"`
	TransferReversal       any                `json:"transfer_reversal"`
}

type refundDestination struct {
	Card cardRefund `json:"card"`
	Type string     `json:"type"`
}

type cardRefund struct {
	ReferenceStatus string `json:"reference_status"`
	ReferenceType   string `json:"reference_type"`
	Type            string `json:"type"`
}

// RefundOptions say how a charge is refunded. The zero value refunds what is left of it, at once.
type RefundOptions struct {
	// Amount in minor units; what is left of the charge when 0.
	Amount int64
	// Reason is duplicate, fraudulent, requested_by_customer or empty.
	Reason   string
	Metadata map[string]string
	// Pending leaves the refund undecided until SucceedRefund, FailRefund or CancelRefund is called. Its money is gone meanwhile.
	Pending bool
	// Unfunded leaves it pending too, for want of balance: the money goes only when it succeeds.
	Unfunded bool
}

var refundParams = []string{"charge", "payment_intent", "amount", "reason", "metadata", "metadata[*]"}

func createRefund(c *call) (any, error) {
	ch, err := c.chargeToRefund()
	if err != nil {
		return nil, err
	}
	var o RefundOptions
	amount, given, err := c.params.at("amount").integer()
	if err != nil {
		return nil, err
	}
	if given && amount < 1 {
		return nil, invalid("amount", "parameter_invalid_integer", "This value must be greater than or equal to 1.")
	}
	o.Amount = amount
	if o.Reason, err = c.params.at("reason").oneOf("duplicate", "fraudulent", "requested_by_customer"); err != nil {
		return nil, err
	}
	if o.Metadata, err = c.params.at("metadata").metadata(); err != nil {
		return nil, err
	}
	o.Pending = ch.isDebit()
	re, err := c.refund(ch, o, c.request())
	if err != nil || !o.Pending {
		return re, err
	}
	return re, c.at(c.now.Add(bankRefund), timerRefund, re.ID)
}

// chargeToRefund is the charge the call names, or the one its payment intent succeeded with.
func (c *call) chargeToRefund() (charge, error) {
	id, err := c.params.at("charge").text(255)
	if err != nil {
		return charge{}, err
	}
	if id != "" {
		return c.findCharge(id)
	}
	intent, err := c.params.at("payment_intent").text(255)
	if err != nil {
		return charge{}, err
	}
	if intent == "" {
		return charge{}, invalid("", "parameter_missing", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	var pi paymentIntent
	err = c.load(intentKind, intent, &pi, nil)
	if errors.Is(err, errMissing) {
		return charge{}, noSuch(http.StatusBadRequest, intentKind, intent, "payment_intent")
	}
	if err != nil {
		return charge{}, err
	}
	if pi.LatestCharge == nil {
		return charge{}, invalid("payment_intent", "", "This PaymentIntent (%s) does not have a successful charge to refund.", intent)
	}
	return c.findCharge(*pi.LatestCharge)
}

// refund takes back money of a charge. It returns Stripe's refusals.
func (t *tx) refund(ch charge, o RefundOptions, by requestRef) (refund, error) {
	left := ch.AmountCaptured - ch.AmountRefunded
	if o.Amount == 0 {
		o.Amount = left
	}
	if err := t.refundable(ch, o.Amount, left); err != nil {
		return refund{}, err
	}
	re := refund{
		ID: t.id("re_3", 23), Object: refundKind, Amount: o.Amount, Charge: ch.ID, Created: t.now.Unix(), Currency: ch.Currency,
		Metadata: o.Metadata, PaymentIntent: ch.PaymentIntent, Reason: optionalString(o.Reason), Status: "succeeded",
	}
	if ch.isDebit() {
		re.ID = t.id("pyr_1", 23)
	} else {
		re.Destination = &refundDestination{Type: "card", Card: cardRefund{ReferenceStatus: "pending", ReferenceType: "acquirer_reference_number", Type: "refund"}}
	}
	if re.Metadata == nil {
		re.Metadata = map[string]string{}
	}
	if o.Pending || o.Unfunded {
		re.Status = "pending"
	}
	if !o.Unfunded {
		if err := t.takeRefund(&re, ch); err != nil {
			return re, err
		}
	}
	if err := t.insert(refundKind, re.ID, ch.ID, re.Created, re, nil); err != nil {
		return re, err
	}
	before := map[string]any{"amount_refunded": ch.AmountRefunded}
	ch.AmountRefunded += re.Amount
	if ch.AmountRefunded == ch.AmountCaptured {
		ch.Refunded, before["refunded"] = true, false
	}
	if err := t.saveCharge(ch); err != nil {
		return re, err
	}
	if err := t.emit("charge.refunded", ch, before, by, atOnce); err != nil || !ch.Refunded {
		return re, err
	}
	return re, t.dropWarnings(ch.ID, by)
}

// refundable gives the reason why so much can't be refunded, as Stripe words it, or nil.
func (t *tx) refundable(ch charge, amount, left int64) error {
	if !ch.Paid {
		return invalid("charge", "", "This charge (%s) has not succeeded and cannot be refunded.", ch.ID)
	}
	disputes, err := t.disputesOf(ch.ID)
	if err != nil {
		return err
	}
	for _, d := range disputes {
		if d.chargedBack() {
			return invalid("", "charge_disputed", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
		}
	}
	switch {
	case left == 0:
		return invalid("", "charge_already_refunded", "Charge %s has already been refunded.", ch.ID)
	case amount > left:
		return invalid("amount", "", "Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			display(amount, ch.Currency), display(left, ch.Currency))
	}
	return nil
}

// takeRefund is the refund's movement of the balance. The fee of the charge is not given back.
func (t *tx) takeRefund(re *refund, ch charge) error {
	txn := balanceTransaction{Amount: -re.Amount, Currency: re.Currency, ReportingCategory: "refund", Source: &re.ID, Type: "refund"}
	if ch.isDebit() {
		txn.Type = "payment_refund"
	}
	id, err := t.move(txn)
	re.BalanceTransaction = &id
	return err
}
