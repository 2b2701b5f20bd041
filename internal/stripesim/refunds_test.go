package stripesim

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// paid makes a $50.00 gift and returns its charge's id.
func (w *world) paid() string {
	w.t.Helper()
	cs := w.begin()
	w.submit(cs, "succeeds")
	return w.chargeOf(cs)
}

func (w *world) chargeOf(cs *stripe.CheckoutSession) string {
	w.t.Helper()
	id, err := w.sim.ChargeOf(w.t.Context(), cs.ID)
	w.must(err)
	return id
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
}

func (w *world) charge(id string) *stripe.Charge {
	w.t.Helper()
	ch, err := w.api.Charges.Get(id, nil)
	w.must(err)
	return ch
}

// moved lists the movements of the balance, oldest first, and fails the test where the balance is not their sum.
func (w *world) moved(p stripe.BalanceTransactionListParams) (out []*stripe.BalanceTransaction) {
	w.t.Helper()
	it := w.api.BalanceTransactions.List(&p)
	for it.Next() {
		out = append([]*stripe.BalanceTransaction{it.BalanceTransaction()}, out...)
	}
	w.must(it.Err())
	w.balanceIsTheSum()
	return out
}

func (w *world) balanceIsTheSum() {
	w.t.Helper()
	sums := map[stripe.Currency]int64{}
	it := w.api.BalanceTransactions.List(nil)
	for it.Next() {
		txn := it.BalanceTransaction()
		if txn.Net != txn.Amount-txn.Fee {
			w.t.Errorf("seed %d: %s nets %d of %d after %d", testSeed, txn.ID, txn.Net, txn.Amount, txn.Fee)
		}
		sums[txn.Currency] += txn.Net
	}
	w.must(it.Err())
	balance, err := w.api.Balance.Get(nil)
	w.must(err)
	for _, part := range [][]*stripe.Amount{balance.Available, balance.Pending} {
		for _, a := range part {
			sums[a.Currency] -= a.Amount
		}
	}
	for currency, rest := range sums {
		if rest != 0 {
			w.t.Errorf("seed %d: the balance misses %d %s", testSeed, rest, currency)
		}
	}
}

// last is the newest event, which must be of this type.
func (w *world) last(kind string) *stripe.Event {
	w.t.Helper()
	it := w.api.Events.List(&stripe.EventListParams{})
	if !it.Next() || string(it.Event().Type) != kind {
		w.t.Fatalf("seed %d: the last event is %v, want %s", testSeed, it.Event(), kind)
	}
	return it.Event()
}

func refundOf(chargeID string, amount int64) *stripe.RefundParams {
	p := &stripe.RefundParams{Charge: stripe.String(chargeID)}
	if amount > 0 {
		p.Amount = stripe.Int64(amount)
	}
	return p
}

func TestARefund(t *testing.T) {
	t.Run("of part of a charge leaves the rest, and tells the cumulative amount", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.paid()
		for i, want := range []int64{1000, 2500} {
			re, err := w.api.Refunds.New(refundOf(id, []int64{1000, 1500}[i]))
			w.must(err)
			ch := w.charge(id)
			if re.Status != "succeeded" || ch.AmountRefunded != want || ch.Refunded || ch.Refunds != nil {
				t.Errorf("seed %d: refund %s, charge refunded %d, %t", testSeed, re.Status, ch.AmountRefunded, ch.Refunded)
			}
		}
		ev := w.last("charge.refunded")
		if ev.GetObjectValue("amount_refunded") != "2500" || ev.GetPreviousValue("amount_refunded") != "1000" || ev.Data.PreviousAttributes["refunded"] != nil {
			t.Errorf("seed %d: told %v before %v", testSeed, ev.GetObjectValue("amount_refunded"), ev.Data.PreviousAttributes)
		}
		if got := w.types(); got != "payment_intent.created charge.succeeded payment_intent.succeeded checkout.session.completed charge.refunded charge.refunded" {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
	})
	t.Run("of all of it costs the fee, which is not given back", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.paid()
		re, err := w.api.Refunds.New(refundOf(id, 0))
		w.must(err)
		txns := w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(re.ID)})
		if len(txns) != 1 || txns[0].Amount != -5000 || txns[0].Fee != 0 || txns[0].Type != "refund" || txns[0].ReportingCategory != "refund" ||
			txns[0].Source.ID != re.ID || re.BalanceTransaction.ID != txns[0].ID {
			t.Errorf("seed %d: %+v", testSeed, txns)
		}
		if !w.charge(id).Refunded || w.last("charge.refunded").GetPreviousValue("refunded") != "false" {
			t.Errorf("seed %d: the charge does not say so", testSeed)
		}
	})
	t.Run("may name the payment intent, and is listed under either", func(t *testing.T) {
		w := newWorld(t, nil)
		ch := w.charge(w.paid())
		p := &stripe.RefundParams{PaymentIntent: stripe.String(ch.PaymentIntent.ID), Reason: stripe.String("requested_by_customer")}
		p.AddMetadata("by", "staff")
		p.AddExpand("charge")
		re, err := w.api.Refunds.New(p)
		w.must(err)
		if re.Charge.AmountRefunded != 5000 || re.Metadata["by"] != "staff" || re.Reason != "requested_by_customer" {
			t.Errorf("seed %d: %+v", testSeed, re)
		}
		for _, list := range []*stripe.RefundListParams{
			{Charge: stripe.String(ch.ID)},
			{PaymentIntent: stripe.String(ch.PaymentIntent.ID)},
			{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: w.clock().Unix()}},
		} {
			if got := w.api.Refunds.List(list).RefundList().Data; len(got) != 1 || got[0].ID != re.ID {
				t.Errorf("seed %d: %d listed", testSeed, len(got))
			}
		}
		if got := w.api.Refunds.List(&stripe.RefundListParams{Charge: stripe.String("ch_other")}).RefundList().Data; len(got) != 0 {
			t.Errorf("seed %d: %d of another charge", testSeed, len(got))
		}
	})
	t.Run("under one idempotency key is made once", func(t *testing.T) {
		w := newWorld(t, nil)
		p := refundOf(w.paid(), 1000)
		p.SetIdempotencyKey("refund-1")
		a, err := w.api.Refunds.New(p)
		w.must(err)
		b, err := w.api.Refunds.New(p)
		w.must(err)
		if a.ID != b.ID || w.charge(a.Charge.ID).AmountRefunded != 1000 {
			t.Errorf("seed %d: %s and %s", testSeed, a.ID, b.ID)
		}
	})
	t.Run("that fails later gives the money back and lowers what the charge counts as refunded", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.paid()
		re, err := w.sim.RefundCharge(t.Context(), id, RefundOptions{})
		w.must(err)
		w.pass(30 * 24 * time.Hour)
		w.must(w.sim.FailRefund(t.Context(), re))
		p := &stripe.RefundParams{}
		p.AddExpand("failure_balance_transaction")
		got, err := w.api.Refunds.Get(re, p)
		w.must(err)
		back := got.FailureBalanceTransaction
		if got.Status != "failed" || got.FailureReason == "" || back.Amount != 5000 || back.Type != "refund_failure" || back.ReportingCategory != "refund_failure" {
			t.Errorf("seed %d: %+v", testSeed, got)
		}
		if ch := w.charge(id); ch.AmountRefunded != 0 || ch.Refunded {
			t.Errorf("seed %d: the charge counts %d as refunded", testSeed, ch.AmountRefunded)
		}
		if ev := w.last("charge.refund.updated"); ev.GetObjectValue("object") != "refund" || ev.GetPreviousValue("status") != "succeeded" {
			t.Errorf("seed %d: told of %v", testSeed, ev.Data.PreviousAttributes)
		}
		if sum := w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(re)}); len(sum) != 2 || sum[0].Net+sum[1].Net != 0 {
			t.Errorf("seed %d: %d movements", testSeed, len(sum))
		}
		if err := w.sim.FailRefund(t.Context(), re); err == nil {
			t.Errorf("seed %d: it failed twice", testSeed)
		}
	})
	t.Run("that is pending succeeds, fails or is canceled", func(t *testing.T) {
		for _, c := range []struct {
			name     string
			unfunded bool
			end      func(*world, string) error
			status   stripe.RefundStatus
			refunded int64
			moves    int
		}{
			{"succeeds", false, func(w *world, id string) error { return w.sim.SucceedRefund(w.t.Context(), id) }, "succeeded", 5000, 1},
			{"succeeds once there is money", true, func(w *world, id string) error { return w.sim.SucceedRefund(w.t.Context(), id) }, "succeeded", 5000, 1},
			{"fails", false, func(w *world, id string) error { return w.sim.FailRefund(w.t.Context(), id) }, "failed", 0, 2},
			{"is canceled", false, func(w *world, id string) error { return w.sim.CancelRefund(w.t.Context(), id) }, "canceled", 0, 2},
			{"is canceled through the API before it took money", true, func(w *world, id string) error {
				_, err := w.api.Refunds.Cancel(id, nil)
				return err
			}, "canceled", 0, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newWorld(t, nil)
				id := w.paid()
				re, err := w.sim.RefundCharge(t.Context(), id, RefundOptions{Pending: true, Unfunded: c.unfunded})
				w.must(err)
				if got, err := w.api.Refunds.Get(re, nil); err != nil || got.Status != "pending" || (got.BalanceTransaction == nil) != c.unfunded || w.charge(id).AmountRefunded != 5000 {
					t.Errorf("seed %d: %v, %v", testSeed, got, err)
				}
				w.must(c.end(w, re))
				got, err := w.api.Refunds.Get(re, nil)
				w.must(err)
				if got.Status != c.status || w.charge(id).AmountRefunded != c.refunded || w.last("charge.refund.updated").GetPreviousValue("status") != "pending" {
					t.Errorf("seed %d: %s, %d refunded", testSeed, got.Status, w.charge(id).AmountRefunded)
				}
				if n := len(w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(re)})); n != c.moves {
					t.Errorf("seed %d: %d movements, want %d", testSeed, n, c.moves)
				}
				if err := w.sim.CancelRefund(t.Context(), re); err == nil {
					t.Errorf("seed %d: canceled after its end", testSeed)
				}
			})
		}
	})
}

func TestRefundsAreRefusedAsStripeWould(t *testing.T) {
	w := newWorld(t, nil)
	whole, disputed, inquired, declined := w.paid(), w.paid(), w.paid(), w.begin()
	_, err := w.api.Refunds.New(refundOf(whole, 0))
	w.must(err)
	_, err = w.sim.OpenDispute(t.Context(), disputed, DisputeOptions{Amount: 1000})
	w.must(err)
	_, err = w.sim.OpenDispute(t.Context(), inquired, DisputeOptions{Inquiry: true})
	w.must(err)
	w.submit(declined, "declined")
	for _, c := range []struct {
		name string
		p    *stripe.RefundParams
		code stripe.ErrorCode
		text string
	}{
		{"no charge named", &stripe.RefundParams{}, "parameter_missing", "One of the following params"},
		{"an unknown charge", refundOf("ch_unknown", 0), "resource_missing", "No such charge: 'ch_unknown'"},
		{"an unknown intent", &stripe.RefundParams{PaymentIntent: stripe.String("pi_unknown")}, "resource_missing", "No such payment_intent"},
		{"a charge refunded already", refundOf(whole, 1), "charge_already_refunded", "has already been refunded"},
		{"a charge in dispute", refundOf(disputed, 1), "charge_disputed", "has been charged back"},
		{"more than is left", refundOf(w.paid(), 5001), "", "Refund amount ($50.01) is greater than unrefunded amount on charge ($50.00)"},
		{"nothing", &stripe.RefundParams{Charge: stripe.String(disputed), Amount: stripe.Int64(0)}, "parameter_invalid_integer", "greater than or equal to 1"},
		{"a charge that failed", refundOf(w.chargeOf(declined), 0), "", "has not succeeded"},
		{"a reason of one's own", &stripe.RefundParams{Charge: stripe.String(disputed), Reason: stripe.String("regret")}, "", "reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.api.Refunds.New(c.p)
			if e := asStripe(t, err); e.HTTPStatusCode != 400 || e.Code != c.code || !strings.Contains(e.Msg, c.text) {
				t.Errorf("seed %d: %d %q: %s", testSeed, e.HTTPStatusCode, e.Code, e.Msg)
			}
		})
	}
	t.Run("but an inquiry does not stand in the way", func(*testing.T) {
		_, err := w.api.Refunds.New(refundOf(inquired, 0))
		w.must(err)
	})
	t.Run("and an unknown refund is not found", func(t *testing.T) {
		_, err := w.api.Refunds.Cancel("re_unknown", nil)
		if e := asStripe(t, err); e.HTTPStatusCode != 404 {
			t.Errorf("seed %d: %d", testSeed, e.HTTPStatusCode)
		}
	})
}
