package stripesim

import (
	"context"
	"time"
)

// payoutStep is how long a payout waits before it is sent, and then before it is reconciled.
const payoutStep = time.Hour

// PayoutOptions say what is paid out. The zero value is an automatic payout of all that is available in dollars.
type PayoutOptions struct {
	// Currency is usd when empty.
	Currency string
	// Everything pays out what is pending, too.
	Everything bool
	// Manual pays out just Amount: nobody can tell later what it was made of.
	Manual bool
	// Amount in minor units, of a manual payout only.
	Amount int64
}

// PayOut begins a payout and returns its id. It is pending; time, or the methods below, move it on: sent, reconciled,
// and paid two days later. An automatic one is of whatever became available and was in none before, so its amount may be
// negative: then the bank is debited. It fails when there is nothing to pay out.
func (s *Simulator) PayOut(ctx context.Context, o PayoutOptions) (string, error) {
	if o.Currency == "" {
		o.Currency = "usd"
	}
	var p payout
	err := s.do(ctx, func(t *tx) error {
		if o.Everything {
			if err := t.hurry(o.Currency); err != nil {
				return err
			}
		}
		amount := o.Amount
		if !o.Manual {
			var err error
			if amount, err = t.unpaid(o.Currency); err != nil {
				return err
			}
		}
		if amount == 0 || o.Manual && amount < 0 {
			return invalid("amount", "balance_insufficient", "There is nothing to pay out in %s.", o.Currency)
		}
		var err error
		p, err = t.beginPayout(amount, o.Currency, !o.Manual)
		return err
	})
	return p.ID, err
}

// beginPayout makes a payout. An automatic one's amount is what unpaid said.
func (t *tx) beginPayout(amount int64, currency string, automatic bool) (payout, error) {
	p, err := t.newPayout(amount, currency, automatic)
	if err != nil {
		return p, err
	}
	if automatic {
		if err := t.join(p); err != nil {
			return p, err
		}
	}
	return p, t.emit("payout.created", p, nil, requestRef{}, atOnce)
}

// SendPayout sends a pending payout to the bank.
func (s *Simulator) SendPayout(ctx context.Context, id string) error {
	return s.changePayout(ctx, id, (*tx).sendPayout)
}

// ReconcilePayout completes the reconciliation of an automatic payout: what it was made of can be listed.
func (s *Simulator) ReconcilePayout(ctx context.Context, id string) error {
	return s.changePayout(ctx, id, (*tx).reconcile)
}

// LandPayout lets a payout arrive, sending it first where it waits.
func (s *Simulator) LandPayout(ctx context.Context, id string) error {
	return s.changePayout(ctx, id, (*tx).landPayout)
}

// FailPayout lets the bank refuse a payout, which may happen days after it was paid. The money comes back to the balance
// (https://docs.stripe.com/payouts#payout-failures).
func (s *Simulator) FailPayout(ctx context.Context, id string) error {
	return s.changePayout(ctx, id, func(t *tx, p payout) error {
		if p.Status != "in_transit" && p.Status != "paid" {
			return wrongPayout(p)
		}
		code, message := "account_closed", "The bank account has been closed."
		p.FailureCode, p.FailureMessage = &code, &message
		return t.undoPayout(p, "failed", "payout_failure", "payout_reversal")
	})
}

// CancelPayout takes back a payout that was not sent yet.
func (s *Simulator) CancelPayout(ctx context.Context, id string) error {
	return s.changePayout(ctx, id, func(t *tx, p payout) error {
		if p.Status != "pending" {
			return wrongPayout(p)
		}
		return t.undoPayout(p, "canceled", "payout_cancel", "payout_reversal")
	})
}

func (s *Simulator) changePayout(ctx context.Context, id string, change func(*tx, payout) error) error {
	return s.do(ctx, func(t *tx) error {
		p, err := t.findPayout(id)
		if err != nil {
			return err
		}
		return change(t, p)
	})
}

func wrongPayout(p payout) error {
	return invalid("", "", "The payout %s is %s, which does not allow that.", p.ID, p.Status)
}

// payoutMovesOn is the timer of a payout: sent, then reconciled, then paid on its arrival date.
func (t *tx) payoutMovesOn(id string) error {
	p, err := t.findPayout(id)
	if err != nil {
		return err
	}
	switch {
	case p.Status == "pending":
		return t.sendPayout(p)
	case p.Status == "in_transit" && p.Reconciliation == "in_progress":
		return t.reconcile(p)
	case p.Status == "in_transit":
		return t.landPayout(p)
	case p.Status == "paid" && p.Reconciliation == "in_progress":
		return t.reconcile(p)
	}
	return nil
}

func (t *tx) sendPayout(p payout) error {
	if p.Status != "pending" {
		return wrongPayout(p)
	}
	p.Status = "in_transit"
	if err := t.savePayout(p, "payout.updated", map[string]any{"status": "pending"}); err != nil {
		return err
	}
	if p.Automatic {
		return t.at(t.now.Add(payoutStep), timerPayout, p.ID)
	}
	return t.at(time.Unix(p.ArrivalDate, 0), timerPayout, p.ID)
}

func (t *tx) reconcile(p payout) error {
	if p.Reconciliation != "in_progress" {
		return invalid("", "", "The reconciliation of %s is %s.", p.ID, p.Reconciliation)
	}
	p.Reconciliation = "completed"
	err := t.savePayout(p, "payout.reconciliation_completed", map[string]any{"reconciliation_status": "in_progress"})
	if err != nil || p.Status != "in_transit" {
		return err
	}
	return t.at(time.Unix(p.ArrivalDate, 0), timerPayout, p.ID)
}

func (t *tx) landPayout(p payout) error {
	if p.Status == "pending" {
		if err := t.sendPayout(p); err != nil {
			return err
		}
		p.Status = "in_transit"
	}
	if p.Status != "in_transit" {
		return wrongPayout(p)
	}
	p.Status = "paid"
	if err := t.savePayout(p, "payout.paid", map[string]any{"status": "in_transit"}); err != nil {
		return err
	}
	if p.Reconciliation == "in_progress" {
		return t.at(t.now.Add(payoutStep), timerPayout, p.ID)
	}
	return t.cancelTimer(timerPayout, p.ID)
}

// undoPayout ends a payout that did not arrive: its amount comes back, to be part of the next.
func (t *tx) undoPayout(p payout, status, kind, category string) error {
	words := "STRIPE PAYOUT FAILURE"
	if status == "canceled" {
		words = "STRIPE PAYOUT CANCEL"
	}
	id, err := t.move(balanceTransaction{
		Amount: p.Amount, Currency: p.Currency, Description: &words, ReportingCategory: category, Source: &p.ID, Type: kind,
	})
	if err != nil {
		return err
	}
	before := map[string]any{"status": p.Status, "failure_balance_transaction": nil}
	if status == "failed" {
		before["failure_code"], before["failure_message"] = nil, nil
	}
	p.Status, p.FailureTransaction = status, &id
	return t.savePayout(p, "payout."+status, before)
}

func (t *tx) savePayout(p payout, kind string, before map[string]any) error {
	if err := t.update(p.ID, p.Status, p, nil); err != nil {
		return err
	}
	return t.emit(kind, p, before, requestRef{}, atOnce)
}
