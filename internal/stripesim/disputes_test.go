package stripesim

import (
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func (w *world) dispute(id string) *stripe.Dispute {
	w.t.Helper()
	d, err := w.api.Disputes.Get(id, nil)
	w.must(err)
	return d
}

// since lists the types of the events after the first n, oldest first.
func (w *world) since(n int) (out []string) {
	w.t.Helper()
	it := w.api.Events.List(&stripe.EventListParams{})
	for it.Next() {
		out = append([]string{string(it.Event().Type)}, out...)
	}
	w.must(it.Err())
	return out[n:]
}

func same(got []string, want ...string) bool { return slices.Equal(got, want) }

func TestADispute(t *testing.T) {
	const before = 4 // events of the payment
	t.Run("takes the money and a fee when it opens", func(t *testing.T) {
		w := newWorld(t, nil)
		ch := w.charge(w.paid())
		id, err := w.sim.OpenDispute(t.Context(), ch.ID, DisputeOptions{})
		w.must(err)
		d := w.dispute(id)
		if d.Status != "needs_response" || d.Amount != 5000 || d.Charge.ID != ch.ID || d.PaymentIntent.ID != ch.PaymentIntent.ID || d.IsChargeRefundable {
			t.Errorf("seed %d: %+v", testSeed, d)
		}
		txn := d.BalanceTransactions[0]
		if txn.Type != "adjustment" || txn.ReportingCategory != "dispute" || txn.Amount != -5000 || txn.Fee != 1500 || txn.Net != -6500 || txn.Source.ID != id {
			t.Errorf("seed %d: %+v", testSeed, txn)
		}
		if got := w.since(before); !same(got, "charge.dispute.created", "charge.dispute.funds_withdrawn") || !w.charge(ch.ID).Disputed {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
		if n := len(w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(id)})); n != 1 {
			t.Errorf("seed %d: %d movements", testSeed, n)
		}
		if _, err := w.sim.OpenDispute(t.Context(), ch.ID, DisputeOptions{}); err == nil {
			t.Errorf("seed %d: opened twice", testSeed)
		}
	})
	t.Run("of part of a charge takes that part", func(t *testing.T) {
		w := newWorld(t, nil)
		id, err := w.sim.OpenDispute(t.Context(), w.paid(), DisputeOptions{Amount: 2000, Reason: "duplicate"})
		w.must(err)
		if d := w.dispute(id); d.Amount != 2000 || d.BalanceTransactions[0].Amount != -2000 || d.Reason != "duplicate" {
			t.Errorf("seed %d: %+v", testSeed, d)
		}
	})
	t.Run("that is won gives back the money, and the fee or not", func(t *testing.T) {
		for fee, returned := range map[int64]bool{-1500: true, 0: false} {
			w := newWorld(t, nil)
			id, err := w.sim.OpenDispute(t.Context(), w.paid(), DisputeOptions{})
			w.must(err)
			w.must(w.sim.AnswerDispute(t.Context(), id))
			if d := w.dispute(id); d.Status != "under_review" || !d.EvidenceDetails.HasEvidence {
				t.Errorf("seed %d: %s", testSeed, d.Status)
			}
			w.must(w.sim.WinDispute(t.Context(), id, returned))
			d := w.dispute(id)
			back := d.BalanceTransactions[1]
			if d.Status != "won" || back.Amount != 5000 || back.Fee != fee || back.Net != 5000-fee || back.ReportingCategory != "dispute_reversal" {
				t.Errorf("seed %d: %s, %+v", testSeed, d.Status, back)
			}
			got := w.since(before)
			if !same(got, "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed") {
				t.Errorf("seed %d: events %v", testSeed, got)
			}
			if ev := w.last("charge.dispute.closed"); ev.GetPreviousValue("status") != "under_review" {
				t.Errorf("seed %d: before, it was %v", testSeed, ev.Data.PreviousAttributes)
			}
			w.balanceIsTheSum()
		}
	})
	t.Run("that is lost moves no more money", func(t *testing.T) {
		w := newWorld(t, nil)
		id, err := w.sim.OpenDispute(t.Context(), w.paid(), DisputeOptions{})
		w.must(err)
		w.must(w.sim.LoseDispute(t.Context(), id))
		if d := w.dispute(id); d.Status != "lost" || len(d.BalanceTransactions) != 1 {
			t.Errorf("seed %d: %s, %d movements", testSeed, d.Status, len(d.BalanceTransactions))
		}
		if err := w.sim.WinDispute(t.Context(), id, true); err == nil {
			t.Errorf("seed %d: won after it was lost", testSeed)
		}
	})
	t.Run("gives back a part without an end, and the rest when it is won", func(t *testing.T) {
		w := newWorld(t, nil)
		id, err := w.sim.OpenDispute(t.Context(), w.paid(), DisputeOptions{})
		w.must(err)
		w.must(w.sim.ReinstateDispute(t.Context(), id, 2000))
		if err := w.sim.ReinstateDispute(t.Context(), id, 3001); err == nil {
			t.Errorf("seed %d: gave back more than it took", testSeed)
		}
		if d := w.dispute(id); d.Status != "needs_response" || d.BalanceTransactions[1].Amount != 2000 {
			t.Errorf("seed %d: %s", testSeed, d.Status)
		}
		w.must(w.sim.WinDispute(t.Context(), id, true))
		if d := w.dispute(id); d.BalanceTransactions[2].Amount != 3000 {
			t.Errorf("seed %d: %+v", testSeed, d.BalanceTransactions[2])
		}
		w.balanceIsTheSum()
	})
	t.Run("may follow a refund, and then takes the money a second time", func(t *testing.T) {
		w := newWorld(t, nil)
		charge := w.paid()
		_, err := w.sim.RefundCharge(t.Context(), charge, RefundOptions{})
		w.must(err)
		_, err = w.sim.OpenDispute(t.Context(), charge, DisputeOptions{})
		w.must(err)
		balance, err := w.api.Balance.Get(nil)
		w.must(err)
		if sum := balance.Available[0].Amount + balance.Pending[0].Amount; sum != 5000-175-5000-5000-1500 {
			t.Errorf("seed %d: the balance is %d", testSeed, sum)
		}
	})
}

func TestAnInquiry(t *testing.T) {
	open := func(t *testing.T) (*world, string, string) {
		t.Helper()
		w := newWorld(t, nil)
		charge := w.paid()
		id, err := w.sim.OpenDispute(t.Context(), charge, DisputeOptions{Inquiry: true})
		w.must(err)
		if d := w.dispute(id); d.Status != "warning_needs_response" || len(d.BalanceTransactions) != 0 || !d.IsChargeRefundable {
			t.Errorf("seed %d: %+v", testSeed, d)
		}
		return w, charge, id
	}
	t.Run("moves no money, answered or closed", func(t *testing.T) {
		w, charge, id := open(t)
		w.must(w.sim.AnswerDispute(t.Context(), id))
		w.must(w.sim.CloseInquiry(t.Context(), id))
		if d := w.dispute(id); d.Status != "warning_closed" || len(w.moved(stripe.BalanceTransactionListParams{})) != 1 {
			t.Errorf("seed %d: %s", testSeed, d.Status)
		}
		if got := w.since(4); !same(got, "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed") {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
		for _, p := range []*stripe.DisputeListParams{
			{Charge: stripe.String(charge)},
			{PaymentIntent: stripe.String(w.charge(charge).PaymentIntent.ID)},
			{CreatedRange: &stripe.RangeQueryParams{LesserThanOrEqual: w.clock().Unix()}},
		} {
			if got := w.api.Disputes.List(p).DisputeList().Data; len(got) != 1 || got[0].ID != id {
				t.Errorf("seed %d: %d listed", testSeed, len(got))
			}
		}
	})
	t.Run("escalated becomes a dispute, and the money goes then", func(t *testing.T) {
		w, _, id := open(t)
		w.must(w.sim.EscalateDispute(t.Context(), id))
		if d := w.dispute(id); d.Status != "needs_response" || d.BalanceTransactions[0].Net != -6500 || d.IsChargeRefundable {
			t.Errorf("seed %d: %+v", testSeed, d)
		}
		if got := w.since(4); !same(got, "charge.dispute.created", "charge.dispute.updated", "charge.dispute.funds_withdrawn") {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
		if err := w.sim.CloseInquiry(t.Context(), id); err == nil {
			t.Errorf("seed %d: closed as an inquiry", testSeed)
		}
	})
}

func TestAnEarlyFraudWarning(t *testing.T) {
	w := newWorld(t, nil)
	charge := w.paid()
	id, err := w.sim.WarnOfFraud(t.Context(), charge)
	w.must(err)
	read := func() *stripe.RadarEarlyFraudWarning {
		got, err := w.api.RadarEarlyFraudWarnings.Get(id, nil)
		w.must(err)
		return got
	}
	t.Run("is actionable and moves no money", func(t *testing.T) {
		if got := read(); !got.Actionable || got.Charge.ID != charge || len(w.moved(stripe.BalanceTransactionListParams{})) != 1 {
			t.Errorf("seed %d: %+v", testSeed, got)
		}
		list := w.api.RadarEarlyFraudWarnings.List(&stripe.RadarEarlyFraudWarningListParams{Charge: stripe.String(charge)})
		if got := list.RadarEarlyFraudWarningList().Data; len(got) != 1 || got[0].ID != id {
			t.Errorf("seed %d: %d listed", testSeed, len(got))
		}
		w.last("radar.early_fraud_warning.created")
	})
	t.Run("is no longer once the charge is refunded", func(t *testing.T) {
		_, err := w.sim.RefundCharge(t.Context(), charge, RefundOptions{Amount: 100})
		w.must(err)
		if !read().Actionable {
			t.Errorf("seed %d: a part is enough", testSeed)
		}
		_, err = w.sim.RefundCharge(t.Context(), charge, RefundOptions{})
		w.must(err)
		if ev := w.last("radar.early_fraud_warning.updated"); read().Actionable || ev.GetPreviousValue("actionable") != "true" {
			t.Errorf("seed %d: it still is", testSeed)
		}
	})
}
