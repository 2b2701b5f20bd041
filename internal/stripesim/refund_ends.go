package stripesim

import (
	"context"
	"errors"
	"net/http"
)

// RefundCharge refunds a charge, whole or in part, and returns the refund's id. It returns Stripe's refusal as its error.
func (s *Simulator) RefundCharge(ctx context.Context, chargeID string, o RefundOptions) (string, error) {
	var re refund
	err := s.do(ctx, func(t *tx) error {
		ch, err := t.findCharge(chargeID)
		if err != nil {
			return err
		}
		re, err = t.refund(ch, o, requestRef{})
		return err
	})
	return re.ID, err
}

// SucceedRefund lets a pending refund arrive.
func (s *Simulator) SucceedRefund(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error { return t.succeedRefund(id) })
}

// FailRefund lets a refund fail, pending or succeeded: the money comes back, and the charge counts as less refunded
// (https://docs.stripe.com/refunds#failed-refunds).
func (s *Simulator) FailRefund(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error {
		_, err := t.undoRefund(id, "failed", requestRef{})
		return err
	})
}

// CancelRefund takes back a refund that is still pending.
func (s *Simulator) CancelRefund(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error {
		_, err := t.undoRefund(id, "canceled", requestRef{})
		return err
	})
}

func cancelRefund(c *call) (any, error) { return c.undoRefund(c.pathID(), "canceled", c.request()) }

func (t *tx) findRefund(id string) (re refund, ch charge, err error) {
	err = t.load(refundKind, id, &re, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, refundKind, id, "refund")
	}
	if err == nil {
		ch, err = t.findCharge(re.Charge)
	}
	return re, ch, err
}

// refundArrives is the timer of a bank debit's refund, which somebody may have ended before.
func (t *tx) refundArrives(id string) error {
	re, _, err := t.findRefund(id)
	if err != nil || re.Status != "pending" {
		return err
	}
	return t.succeedRefund(id)
}

func (t *tx) succeedRefund(id string) error {
	re, ch, err := t.findRefund(id)
	if err != nil {
		return err
	}
	if re.Status != "pending" {
		return invalid("", "", "This refund (%s) is %s, not pending.", id, re.Status)
	}
	before := map[string]any{"status": re.Status}
	if re.BalanceTransaction == nil {
		before["balance_transaction"] = nil
		if err := t.takeRefund(&re, ch); err != nil {
			return err
		}
	}
	re.Status = "succeeded"
	if err := t.update(re.ID, re.Charge, re, nil); err != nil {
		return err
	}
	return t.emit("charge.refund.updated", re, before, requestRef{}, atOnce)
}

// undoRefund ends a refund as failed or canceled. What it had taken from the balance comes back.
func (t *tx) undoRefund(id, status string, by requestRef) (refund, error) {
	re, ch, err := t.findRefund(id)
	if err != nil {
		return re, err
	}
	if re.Status != "pending" && (status == "canceled" || re.Status != "succeeded") {
		return re, invalid("", "", "This refund (%s) has the status %s and cannot become %s.", id, re.Status, status)
	}
	before := map[string]any{"status": re.Status}
	re.Status = status
	if status == "failed" {
		re.FailureReason = "expired_or_canceled_card"
		if ch.isDebit() {
			re.FailureReason = "unknown"
		}
	}
	if re.BalanceTransaction != nil {
		re.FailureTransaction, err = t.move(balanceTransaction{
			Amount: re.Amount, Currency: re.Currency, ReportingCategory: "refund_failure", Source: &re.ID, Type: "refund_failure",
		})
		if err != nil {
			return re, err
		}
	}
	if err := t.update(re.ID, re.Charge, re, nil); err != nil {
		return re, err
	}
	ch.AmountRefunded -= re.Amount
	ch.Refunded = false
	if err := t.saveCharge(ch); err != nil {
		return re, err
	}
	return re, t.emit("charge.refund.updated", re, before, by, atOnce)
}
