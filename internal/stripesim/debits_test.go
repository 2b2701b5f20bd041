package stripesim

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// debited makes a $50.00 gift by bank debit, not decided yet.
func (w *world) debited() (*stripe.CheckoutSession, string) {
	w.t.Helper()
	p := params()
	p.PaymentMethodTypes = stripe.StringSlice([]string{"card", "us_bank_account"})
	cs, err := w.api.CheckoutSessions.New(p)
	w.must(err)
	if to := w.submit(cs, "debit"); !strings.HasPrefix(to, "http://appeal.test/thanks") {
		w.t.Fatalf("seed %d: led to %s", testSeed, to)
	}
	return cs, w.chargeOf(cs)
}

func TestABankDebit(t *testing.T) {
	const asked = "payment_intent.created checkout.session.completed payment_intent.processing charge.pending"
	t.Run("is offered only where the session takes it", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		if _, page := w.read(cs.URL); strings.Contains(page, "bank debit") {
			t.Error("the page offers it for a session of cards")
		}
		if to := w.submit(cs, "debit"); to != cs.URL || w.session(cs.ID).Status != "open" {
			t.Errorf("seed %d: led to %s", testSeed, to)
		}
	})
	t.Run("completes the session unpaid, and the charge is pending", func(t *testing.T) {
		w := newWorld(t, nil)
		cs, id := w.debited()
		got := w.session(cs.ID)
		ch := got.PaymentIntent.LatestCharge
		if got.Status != "complete" || got.PaymentStatus != "unpaid" || got.PaymentIntent.Status != "processing" || ch.ID != id {
			t.Errorf("seed %d: %s, %s, %s", testSeed, got.Status, got.PaymentStatus, got.PaymentIntent.Status)
		}
		if !strings.HasPrefix(id, "py_") || ch.Status != "pending" || ch.Paid || ch.BalanceTransaction != nil || ch.PaymentMethodDetails.USBankAccount.Last4 != "6789" {
			t.Errorf("seed %d: %+v", testSeed, ch)
		}
		if types := w.types(); types != asked {
			t.Errorf("seed %d: events %s", testSeed, types)
		}
		if _, err := w.sim.RefundCharge(t.Context(), id, RefundOptions{}); err == nil {
			t.Errorf("seed %d: refunded before it came", testSeed)
		}
	})
	t.Run("goes through after four business days", func(t *testing.T) {
		w := newWorld(t, nil)
		w.mu.Lock()
		w.now = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC) // a Thursday
		w.mu.Unlock()
		cs, id := w.debited()
		w.pass(6*24*time.Hour - time.Second)
		w.deliver()
		if got := w.charge(id).Status; got != "pending" {
			t.Errorf("seed %d: it is %s too early", testSeed, got)
		}
		w.pass(time.Second)
		w.deliver()
		got := w.session(cs.ID)
		txn := got.PaymentIntent.LatestCharge.BalanceTransaction
		if got.PaymentStatus != "paid" || got.PaymentIntent.Status != "succeeded" || txn.Type != "payment" || txn.ReportingCategory != "charge" || txn.Fee != 40 {
			t.Errorf("seed %d: %s, %+v", testSeed, got.PaymentStatus, txn)
		}
		if types := w.types(); types != asked+" charge.succeeded payment_intent.succeeded checkout.session.async_payment_succeeded" {
			t.Errorf("seed %d: events %s", testSeed, types)
		}
	})
	t.Run("that bounces leaves no movement, or two that cancel out", func(t *testing.T) {
		for booked, moves := range map[bool]int{false: 0, true: 2} {
			w := newWorld(t, nil)
			cs, id := w.debited()
			w.must(w.sim.FailDebit(t.Context(), id, booked))
			got := w.session(cs.ID)
			ch := got.PaymentIntent.LatestCharge
			if got.Status != "complete" || got.PaymentStatus != "unpaid" || got.PaymentIntent.Status != "requires_payment_method" || ch.Status != "failed" {
				t.Errorf("seed %d: %s, %s", testSeed, got.PaymentStatus, ch.Status)
			}
			if types := w.types(); types != asked+" charge.failed payment_intent.payment_failed checkout.session.async_payment_failed" {
				t.Errorf("seed %d: events %s", testSeed, types)
			}
			txns := w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(id)})
			if len(txns) != moves || (ch.FailureBalanceTransaction != nil) != booked {
				t.Fatalf("seed %d: %d movements, want %d", testSeed, len(txns), moves)
			}
			if booked && (txns[0].Type != "payment" || txns[1].Type != "payment_failure_refund" || txns[0].Amount+txns[1].Amount != 0 || ch.FailureBalanceTransaction.ID != txns[1].ID) {
				t.Errorf("seed %d: %+v, %+v", testSeed, txns[0], txns[1])
			}
			w.pass(7 * 24 * time.Hour)
			w.deliver()
			if got := w.charge(id).Status; got != "failed" {
				t.Errorf("seed %d: it became %s", testSeed, got)
			}
		}
	})
	t.Run("returned after its success is a dispute lost from the start", func(t *testing.T) {
		w := newWorld(t, nil)
		_, id := w.debited()
		w.must(w.sim.SettleDebit(t.Context(), id))
		if err := w.sim.FailDebit(t.Context(), id, false); err == nil {
			t.Errorf("seed %d: it failed after its success", testSeed)
		}
		back, err := w.sim.OpenDispute(t.Context(), id, DisputeOptions{})
		w.must(err)
		if d := w.dispute(back); d.Status != "lost" || d.Reason != "debit_not_authorized" || d.BalanceTransactions[0].Amount != -5000 {
			t.Errorf("seed %d: %+v", testSeed, d)
		}
		if got := w.since(7); !same(got, "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed") {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
	})
	t.Run("is refunded as a payment, pending for some days", func(t *testing.T) {
		w := newWorld(t, nil)
		_, id := w.debited()
		w.must(w.sim.SettleDebit(t.Context(), id))
		re, err := w.api.Refunds.New(refundOf(id, 1000))
		w.must(err)
		txns := w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(re.ID)})
		if re.Status != "pending" || len(txns) != 1 || txns[0].Type != "payment_refund" || txns[0].ReportingCategory != "refund" {
			t.Errorf("seed %d: %s, %+v", testSeed, re.Status, txns)
		}
		w.pass(bankRefund)
		w.deliver()
		if got, err := w.api.Refunds.Get(re.ID, nil); err != nil || got.Status != "succeeded" {
			t.Errorf("seed %d: %v, %v", testSeed, got, err)
		}
	})
}
