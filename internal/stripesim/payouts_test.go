package stripesim

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func (w *world) payout(id string) *stripe.Payout {
	w.t.Helper()
	p, err := w.api.Payouts.Get(id, nil)
	w.must(err)
	return p
}

// members are the movements a payout was made of, its own included.
func (w *world) members(id string) []*stripe.BalanceTransaction {
	w.t.Helper()
	p := stripe.BalanceTransactionListParams{Payout: stripe.String(id)}
	p.AddExpand("data.source")
	return w.moved(p)
}

func net(txns []*stripe.BalanceTransaction) (sum int64) {
	for _, txn := range txns {
		sum += txn.Net
	}
	return sum
}

func TestAnAutomaticPayout(t *testing.T) {
	t.Run("is of all that is available and no more", func(t *testing.T) {
		w := newWorld(t, nil)
		w.paid()
		refunded := w.paid()
		_, err := w.sim.RefundCharge(t.Context(), refunded, RefundOptions{Amount: 1000})
		w.must(err)
		w.pass(49 * time.Hour)
		w.deliver()
		w.paid() // still pending
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{})
		w.must(err)
		if p := w.payout(id); p.Amount != 2*4825-1000 || !p.Automatic || p.Status != "pending" || p.ReconciliationStatus != "in_progress" {
			t.Errorf("seed %d: %+v", testSeed, p)
		}
		if got := w.members(id); len(got) != 1 || got[0].Type != "payout" {
			t.Errorf("seed %d: %d members are known before the reconciliation", testSeed, len(got))
		}
		w.must(w.sim.ReconcilePayout(t.Context(), id))
		got := w.members(id)
		if len(got) != 4 || net(got) != 0 || got[3].Amount != -8650 || got[3].Source.Payout.ID != id || got[2].Source.Refund == nil {
			t.Errorf("seed %d: %d members that net %d", testSeed, len(got), net(got))
		}
		if _, err := w.sim.PayOut(t.Context(), PayoutOptions{}); err == nil {
			t.Errorf("seed %d: paid out twice", testSeed)
		}
		if _, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true}); err != nil {
			t.Errorf("seed %d: what is pending can't be hurried: %v", testSeed, err)
		}
		if left, err := w.api.Balance.Get(nil); err != nil || left.Available[0].Amount != 0 || left.Pending[0].Amount != 0 {
			t.Errorf("seed %d: something is left", testSeed)
		}
	})
	t.Run("is sent, reconciled and paid by time alone", func(t *testing.T) {
		w := newWorld(t, nil)
		w.paid()
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true})
		w.must(err)
		for range 80 {
			w.pass(time.Hour)
			w.deliver()
		}
		if p := w.payout(id); p.Status != "paid" || p.ReconciliationStatus != "completed" {
			t.Errorf("seed %d: %s, %s", testSeed, p.Status, p.ReconciliationStatus)
		}
		if got := w.since(4); !same(got, "payout.created", "payout.updated", "payout.reconciliation_completed", "payout.paid") {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
	})
	t.Run("may be paid before it is reconciled", func(t *testing.T) {
		w := newWorld(t, nil)
		w.paid()
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true})
		w.must(err)
		w.must(w.sim.LandPayout(t.Context(), id))
		if p := w.payout(id); p.Status != "paid" || p.ReconciliationStatus != "in_progress" {
			t.Errorf("seed %d: %s, %s", testSeed, p.Status, p.ReconciliationStatus)
		}
		w.pass(2 * time.Hour)
		w.deliver()
		if got := w.since(4); !same(got, "payout.created", "payout.updated", "payout.paid", "payout.reconciliation_completed") {
			t.Errorf("seed %d: events %v", testSeed, got)
		}
	})
	t.Run("is negative when refunds were more than gifts", func(t *testing.T) {
		w := newWorld(t, nil)
		w.must(func() error { _, err := w.sim.RefundCharge(t.Context(), w.paid(), RefundOptions{}); return err }())
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true})
		w.must(err)
		w.must(w.sim.ReconcilePayout(t.Context(), id))
		if got := w.members(id); w.payout(id).Amount != -175 || net(got) != 0 || len(got) != 3 {
			t.Errorf("seed %d: %d of %d members", testSeed, w.payout(id).Amount, len(got))
		}
	})
	t.Run("that fails after it was paid comes back, and is part of the next", func(t *testing.T) {
		w := newWorld(t, nil)
		w.paid()
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true})
		w.must(err)
		w.must(w.sim.ReconcilePayout(t.Context(), id))
		w.must(w.sim.LandPayout(t.Context(), id))
		w.must(w.sim.FailPayout(t.Context(), id))
		p := &stripe.PayoutParams{}
		p.AddExpand("failure_balance_transaction")
		got, err := w.api.Payouts.Get(id, p)
		w.must(err)
		back := got.FailureBalanceTransaction
		if got.Status != "failed" || got.FailureCode == "" || back.Amount != 4825 || back.Type != "payout_failure" || w.last("payout.failed").GetPreviousValue("status") != "paid" {
			t.Errorf("seed %d: %s, %+v", testSeed, got.Status, back)
		}
		next, err := w.sim.PayOut(t.Context(), PayoutOptions{})
		w.must(err)
		w.must(w.sim.ReconcilePayout(t.Context(), next))
		if members := w.members(next); w.payout(next).Amount != 4825 || len(members) != 2 || net(members) != 0 {
			t.Errorf("seed %d: the next is of %d", testSeed, w.payout(next).Amount)
		}
		if err := w.sim.FailPayout(t.Context(), id); err == nil {
			t.Errorf("seed %d: it failed twice", testSeed)
		}
	})
	t.Run("can be canceled until it is sent", func(t *testing.T) {
		w := newWorld(t, nil)
		w.paid()
		id, err := w.sim.PayOut(t.Context(), PayoutOptions{Everything: true})
		w.must(err)
		w.must(w.sim.CancelPayout(t.Context(), id))
		if p := w.payout(id); p.Status != "canceled" || len(w.moved(stripe.BalanceTransactionListParams{Source: stripe.String(id)})) != 2 {
			t.Errorf("seed %d: %s", testSeed, p.Status)
		}
		w.last("payout.canceled")
		next, err := w.sim.PayOut(t.Context(), PayoutOptions{})
		w.must(err)
		w.must(w.sim.SendPayout(t.Context(), next))
		if err := w.sim.CancelPayout(t.Context(), next); err == nil {
			t.Errorf("seed %d: canceled on its way", testSeed)
		}
	})
}

func TestAManualPayoutCannotBeAttributed(t *testing.T) {
	w := newWorld(t, nil)
	w.paid()
	id, err := w.sim.PayOut(t.Context(), PayoutOptions{Manual: true, Amount: 1000})
	w.must(err)
	w.must(w.sim.LandPayout(t.Context(), id))
	if p := w.payout(id); p.Automatic || p.ReconciliationStatus != "not_applicable" || p.Status != "paid" {
		t.Errorf("seed %d: %+v", testSeed, p)
	}
	it := w.api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Payout: stripe.String(id)})
	if e := asStripe(t, it.Err()); e.HTTPStatusCode != 400 || e.Param != "payout" {
		t.Errorf("seed %d: %d %s", testSeed, e.HTTPStatusCode, e.Msg)
	}
	w.balanceIsTheSum()
	for _, c := range []struct {
		p    *stripe.PayoutListParams
		want int
	}{
		{&stripe.PayoutListParams{Status: stripe.String("paid")}, 1},
		{&stripe.PayoutListParams{Status: stripe.String("failed")}, 0},
		{&stripe.PayoutListParams{ArrivalDateRange: &stripe.RangeQueryParams{GreaterThan: w.clock().Unix()}}, 1},
		{&stripe.PayoutListParams{ArrivalDateRange: &stripe.RangeQueryParams{LesserThanOrEqual: w.clock().Unix()}}, 0},
		{&stripe.PayoutListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: w.clock().Unix()}}, 1},
	} {
		if got := len(w.api.Payouts.List(c.p).PayoutList().Data); got != c.want {
			t.Errorf("seed %d: %d payouts, want %d", testSeed, got, c.want)
		}
	}
}

func TestOthersUseTheSameAccount(t *testing.T) {
	w := newWorld(t, nil)
	charge, err := w.sim.TakeForeignCharge(t.Context(), ForeignCharge{Amount: 3000})
	w.must(err)
	t.Run("a charge of another product has none of our metadata", func(t *testing.T) {
		if ch := w.charge(charge); len(ch.Metadata) != 0 || ch.BalanceTransaction == nil || !ch.Paid {
			t.Errorf("seed %d: %+v", testSeed, ch)
		}
		if got := w.types(); got != "charge.succeeded payment_intent.succeeded" {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
	})
	t.Run("and can be refunded", func(t *testing.T) {
		_, err := w.sim.RefundCharge(t.Context(), charge, RefundOptions{})
		w.must(err)
	})
	t.Run("a fee of the account and an adjustment have no source and no event", func(t *testing.T) {
		fee, err := w.sim.TakeAccountFee(t.Context(), 700, "")
		w.must(err)
		other, err := w.sim.Adjust(t.Context(), 250, "")
		w.must(err)
		w.last("charge.refunded")
		for id, want := range map[string]stripe.BalanceTransaction{
			fee: {Type: "stripe_fee", ReportingCategory: "fee", Net: -700}, other: {Type: "adjustment", ReportingCategory: "other_adjustment", Net: 250},
		} {
			txn, err := w.api.BalanceTransactions.Get(id, nil)
			w.must(err)
			if txn.Source != nil && txn.Source.ID != "" || txn.Type != want.Type || txn.ReportingCategory != want.ReportingCategory || txn.Net != want.Net {
				t.Errorf("seed %d: %+v", testSeed, txn)
			}
		}
	})
	t.Run("another currency has a balance of its own, or is converted", func(t *testing.T) {
		kept, err := w.sim.TakeForeignCharge(t.Context(), ForeignCharge{Amount: 2000, Currency: "eur"})
		w.must(err)
		changed, err := w.sim.TakeForeignCharge(t.Context(), ForeignCharge{Amount: 2000, Currency: "eur", SettledAmount: 2171, SettledCurrency: "usd"})
		w.must(err)
		for id, want := range map[string]stripe.BalanceTransaction{kept: {Currency: "eur", Amount: 2000}, changed: {Currency: "usd", Amount: 2171, ExchangeRate: 1.0855}} {
			p := &stripe.ChargeParams{}
			p.AddExpand("balance_transaction")
			ch, err := w.api.Charges.Get(id, p)
			w.must(err)
			if txn := ch.BalanceTransaction; ch.Currency != "eur" || txn.Currency != want.Currency || txn.Amount != want.Amount || txn.ExchangeRate != want.ExchangeRate {
				t.Errorf("seed %d: %+v", testSeed, txn)
			}
		}
		if got := w.moved(stripe.BalanceTransactionListParams{Currency: stripe.String("eur")}); len(got) != 1 {
			t.Errorf("seed %d: %d movements in euros", testSeed, len(got))
		}
	})
	t.Run("and what makes no sense is refused", func(t *testing.T) {
		if _, err := w.sim.TakeForeignCharge(t.Context(), ForeignCharge{Amount: 10}); err == nil {
			t.Errorf("seed %d: ten cents were charged", testSeed)
		}
		if _, err := w.sim.Adjust(t.Context(), 0, ""); err == nil {
			t.Errorf("seed %d: nothing was moved", testSeed)
		}
	})
}

func TestBalanceTransactionsAreFound(t *testing.T) {
	w := newWorld(t, nil)
	w.paid()
	w.pass(time.Hour)
	from := w.clock().Unix()
	id := w.paid()
	_, err := w.sim.RefundCharge(t.Context(), id, RefundOptions{})
	w.must(err)
	for _, c := range []struct {
		name string
		p    stripe.BalanceTransactionListParams
		want int
	}{
		{"by time", stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: from}}, 2},
		{"before a time", stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{LesserThan: from}}, 1},
		{"by type", stripe.BalanceTransactionListParams{Type: stripe.String("refund")}, 1},
		{"by source", stripe.BalanceTransactionListParams{Source: stripe.String(id)}, 1},
		{"by currency", stripe.BalanceTransactionListParams{Currency: stripe.String("eur")}, 0},
		{"one at a time", stripe.BalanceTransactionListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(1)}}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.p.AddExpand("data.source")
			if got := w.moved(c.p); len(got) != c.want {
				t.Errorf("seed %d: %d, want %d", testSeed, len(got), c.want)
			}
		})
	}
	t.Run("but not of an unknown payout", func(t *testing.T) {
		it := w.api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Payout: stripe.String("po_unknown")})
		if e := asStripe(t, it.Err()); e.Code != "resource_missing" {
			t.Errorf("seed %d: %s", testSeed, e.Code)
		}
	})
}
