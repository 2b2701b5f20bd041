package stripesim

import (
	"context"
	"errors"
	"time"
)

// debitDays is how many business days a bank debit takes (https://docs.stripe.com/payments/ach-direct-debit).
const debitDays = 4

// usBankAccount is the pretend account debits are made from: Stripe's test account.
type usBankAccount struct {
	HolderType    string `json:"account_holder_type"`
	AccountType   string `json:"account_type"`
	BankName      string `json:"bank_name"`
	Fingerprint   string `json:"fingerprint"`
	Last4         string `json:"last4"`
	RoutingNumber string `json:"routing_number"`
}

func (ch charge) isDebit() bool { return ch.MethodDetails.Type == "us_bank_account" }

// debitFee is Stripe's price for a bank debit: 0.8 %, at most $5.
func debitFee(amount int64) int64 { return min(500, percentage(amount, 80)) }

// debit completes a session unpaid: the bank has been asked, and answers in days.
func (t *tx) debit(cs session, hidden sessionHidden, pi paymentIntent, by requestRef, how sending) (session, error) {
	if cs.CustomerCreation == "always" {
		id, err := t.newCustomer(hidden.payer, by, how)
		if err != nil {
			return cs, err
		}
		cs.Customer, pi.Customer = id, id
	}
	ch := t.newCharge(pi, hidden.billing(), cards[0], t.now.Unix())
	ch.ID = t.id("py_3", 23)
	ch.Status, ch.Captured, ch.AmountCaptured = "pending", true, ch.Amount
	ch.MethodDetails = methodDetails{Type: "us_bank_account", Bank: &usBankAccount{
		HolderType: "individual", AccountType: "checking", BankName: "STRIPE TEST BANK", Fingerprint: "simbank6789", Last4: "6789", RoutingNumber: "110000000",
	}}
	ch.Outcome = chargeOutcome{NetworkStatus: "approved_by_network", RiskLevel: "not_assessed", SellerMessage: "Payment complete.", Type: "authorized"}
	pi.Status, pi.LatestCharge, pi.PaymentMethod, pi.LastPaymentError, pi.NextAction = "processing", &ch.ID, &ch.PaymentMethod, nil, nil
	cs.complete(hidden.payer)
	cs.PaymentStatus = "unpaid"
	if err := t.saveAttempt(cs, hidden, pi, ch); err != nil {
		return cs, err
	}
	if err := t.cancelTimer(timerExpire, cs.ID); err != nil {
		return cs, err
	}
	if err := t.at(businessDays(t.now, debitDays), timerDebit, ch.ID); err != nil {
		return cs, err
	}
	if err := t.emit("checkout.session.completed", cs, nil, requestRef{}, how); err != nil {
		return cs, err
	}
	if err := t.emit("payment_intent.processing", pi, nil, by, how); err != nil {
		return cs, err
	}
	return cs, t.emit("charge.pending", ch, nil, by, how)
}

// businessDays is so many days later, Saturdays and Sundays not counted.
func businessDays(from time.Time, n int) time.Time {
	for n > 0 {
		from = from.AddDate(0, 0, 1)
		if day := from.Weekday(); day != time.Saturday && day != time.Sunday {
			n--
		}
	}
	return from
}

// debitArrives is the timer of a bank debit, which somebody may have decided before.
func (t *tx) debitArrives(id string) error {
	ch, err := t.findCharge(id)
	if err != nil || ch.Status != "pending" {
		return err
	}
	return t.settleDebit(id)
}

// SettleDebit lets a pending bank debit go through at once.
func (s *Simulator) SettleDebit(ctx context.Context, chargeID string) error {
	return s.do(ctx, func(t *tx) error { return t.settleDebit(chargeID) })
}

func (t *tx) settleDebit(id string) error {
	cs, hidden, pi, ch, err := t.pendingDebit(id)
	if err != nil {
		return err
	}
	if ch.BalanceTransaction == nil {
		if err := t.settle(&ch); err != nil {
			return err
		}
	}
	ch.Status, ch.Paid = "succeeded", true
	pi.succeed(ch)
	cs.PaymentStatus = "paid"
	if err := t.saveDebit(cs, hidden, pi, ch); err != nil {
		return err
	}
	if err := t.emit("charge.succeeded", ch, nil, requestRef{}, atOnce); err != nil {
		return err
	}
	if err := t.emit("payment_intent.succeeded", pi, nil, requestRef{}, atOnce); err != nil {
		return err
	}
	return t.emit("checkout.session.async_payment_succeeded", cs, nil, requestRef{}, atOnce)
}

// FailDebit lets a pending bank debit bounce. With booked, Stripe had counted it already: the charge carries the movement
// that took it in and another that takes it back, of which the fee is not given back.
func (s *Simulator) FailDebit(ctx context.Context, chargeID string, booked bool) error {
	return s.do(ctx, func(t *tx) error {
		cs, hidden, pi, ch, err := t.pendingDebit(chargeID)
		if err != nil {
			return err
		}
		if booked {
			if err := t.takeBack(&ch); err != nil {
				return err
			}
		}
		code, message, reason := "insufficient_funds", "The customer's account has insufficient funds to cover this payment.", "insufficient_funds"
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", &code, &message
		ch.Outcome.NetworkStatus, ch.Outcome.Type, ch.Outcome.Reason, ch.Outcome.SellerMessage = "declined_by_network", "issuer_declined", &reason, message
		pi.fail(paymentError{Code: code, Message: message}, &ch)
		if err := t.saveDebit(cs, hidden, pi, ch); err != nil {
			return err
		}
		if err := t.emit("charge.failed", ch, nil, requestRef{}, atOnce); err != nil {
			return err
		}
		if err := t.emit("payment_intent.payment_failed", pi, nil, requestRef{}, atOnce); err != nil {
			return err
		}
		return t.emit("checkout.session.async_payment_failed", cs, nil, requestRef{}, atOnce)
	})
}

func (t *tx) takeBack(ch *charge) error {
	if err := t.settle(ch); err != nil {
		return err
	}
	var in balanceTransaction
	if err := t.load(transactionKind, *ch.BalanceTransaction, &in, nil); err != nil {
		return err
	}
	id, err := t.move(balanceTransaction{
		Amount: -ch.Amount, AvailableOn: in.AvailableOn, Currency: ch.Currency, Description: ch.Description,
		ReportingCategory: "charge_failure", Source: &ch.ID, Type: "payment_failure_refund",
	})
	ch.FailureTransaction = &id
	return err
}

// pendingDebit loads an undecided bank debit and what belongs to it.
func (t *tx) pendingDebit(id string) (cs session, hidden sessionHidden, pi paymentIntent, ch charge, err error) {
	if ch, err = t.findCharge(id); err != nil {
		return cs, hidden, pi, ch, err
	}
	if !ch.isDebit() || ch.Status != "pending" {
		return cs, hidden, pi, ch, invalid("charge", "", "The payment %s is no bank debit that is pending.", id)
	}
	if err = t.load(intentKind, ch.PaymentIntent, &pi, nil); err != nil {
		return cs, hidden, pi, ch, err
	}
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ?`, sessionKind, pi.ID)
	if err != nil || len(rows) == 0 {
		return cs, hidden, pi, ch, errors.Join(err, errMissing)
	}
	cs, hidden, err = t.findSession(rows[0].id)
	return cs, hidden, pi, ch, err
}

func (t *tx) saveDebit(cs session, hidden sessionHidden, pi paymentIntent, ch charge) error {
	if err := t.cancelTimer(timerDebit, ch.ID); err != nil {
		return err
	}
	if err := t.saveCharge(ch); err != nil {
		return err
	}
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return err
	}
	return t.saveSession(cs, hidden)
}
