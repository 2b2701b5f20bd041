package contract

import (
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

// paid makes a gift with an outcome of the payment page and returns its charge's id.
func (a *account) paid(outcome string) string {
	a.t.Helper()
	cs, err := a.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String("https://example.org/thanks"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card", "us_bank_account"}), CustomerCreation: stripe.String("always"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(5000),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Gift")},
			},
		}},
	})
	a.must(cs, err)
	a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
	id, err := a.sim.ChargeOf(a.t.Context(), cs.ID)
	a.must(id, err)
	return id
}

// readMoney reads everything that moved money, with what it refers to, through the proxy that judges it.
func (a *account) readMoney() {
	a.t.Helper()
	refunds := &stripe.RefundListParams{}
	refunds.AddExpand("data.charge")
	refunds.AddExpand("data.balance_transaction")
	refunds.AddExpand("data.failure_balance_transaction")
	refunds.AddExpand("data.payment_intent")
	moves := &stripe.BalanceTransactionListParams{}
	moves.AddExpand("data.source")
	payouts := &stripe.PayoutListParams{ArrivalDateRange: &stripe.RangeQueryParams{GreaterThan: 1}}
	payouts.AddExpand("data.balance_transaction")
	payouts.AddExpand("data.failure_balance_transaction")
	disputes := &stripe.DisputeListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThan: 1}}
	disputes.AddExpand("data.charge")
	disputes.AddExpand("data.payment_intent")
	charges := &stripe.ChargeListParams{}
	charges.AddExpand("data.balance_transaction")
	charges.AddExpand("data.failure_balance_transaction")
	warnings := &stripe.RadarEarlyFraudWarningListParams{}
	warnings.AddExpand("data.charge")
	for _, next := range []func() (bool, error){
		pages(a.api.Refunds.List(refunds)),
		pages(a.api.BalanceTransactions.List(moves)),
		pages(a.api.Payouts.List(payouts)),
		pages(a.api.Disputes.List(disputes)),
		pages(a.api.Charges.List(charges)),
		pages(a.api.RadarEarlyFraudWarnings.List(warnings)),
		pages(a.api.Events.List(nil)),
		pages(a.api.CheckoutSessions.List(nil)),
		pages(a.api.PaymentIntents.List(nil)),
	} {
		for more, err := next(); more || err != nil; more, err = next() {
			a.must(nil, err)
		}
	}
	a.must(a.api.Balance.Get(nil))
}

// told fails the test where a webhook of one of the types did not come.
func (a *account) told(kinds ...string) {
	a.t.Helper()
	a.pass(0)
	for _, kind := range kinds {
		if a.types[kind] == 0 {
			a.t.Errorf("seed %d: no %s among %v", seed, kind, a.types)
		}
	}
}

func TestRefundsKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	ctx := t.Context()
	p := &stripe.RefundParams{Charge: stripe.String(a.paid("succeeds")), Amount: stripe.Int64(1000), Reason: stripe.String("duplicate")}
	p.AddMetadata("by", "staff")
	re, err := a.api.Refunds.New(p)
	a.must(re, err)
	a.must(a.api.Refunds.Get(re.ID, nil))
	a.must(nil, a.sim.FailRefund(ctx, re.ID))
	id, err := a.sim.RefundCharge(ctx, a.paid("succeeds"), stripesim.RefundOptions{Unfunded: true})
	a.must(id, err)
	a.readMoney()
	a.must(a.api.Refunds.Cancel(id, nil))
	id, err = a.sim.RefundCharge(ctx, a.paid("succeeds"), stripesim.RefundOptions{Pending: true})
	a.must(id, err)
	a.must(nil, a.sim.SucceedRefund(ctx, id))
	if _, err := a.api.Refunds.New(p); err != nil {
		t.Errorf("seed %d: a second refund: %v", seed, err)
	}
	a.readMoney()
	a.told("charge.refunded", "charge.refund.updated")
	if n := a.types["refund.created"] + a.types["refund.updated"]; n != 0 {
		t.Errorf("seed %d: %d events that this version does not send for cards", seed, n)
	}
}

func TestDisputesAndWarningsKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	ctx := t.Context()
	for _, end := range []func(id string) error{
		func(id string) error { return a.sim.WinDispute(ctx, id, true) },
		func(id string) error { return a.sim.LoseDispute(ctx, id) },
		func(id string) error { return a.sim.ReinstateDispute(ctx, id, 100) },
		func(id string) error { return a.sim.AnswerDispute(ctx, id) },
	} {
		id, err := a.sim.OpenDispute(ctx, a.paid("succeeds"), stripesim.DisputeOptions{})
		a.must(id, err)
		a.must(a.api.Disputes.Get(id, nil))
		a.must(nil, end(id))
		a.must(a.api.Disputes.Get(id, nil))
	}
	for _, end := range []func(id string) error{
		func(id string) error { return a.sim.EscalateDispute(ctx, id) },
		func(id string) error { return a.sim.CloseInquiry(ctx, id) },
	} {
		charge := a.paid("succeeds")
		w, err := a.sim.WarnOfFraud(ctx, charge)
		a.must(w, err)
		a.must(a.api.RadarEarlyFraudWarnings.Get(w, nil))
		id, err := a.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{Inquiry: true})
		a.must(id, err)
		a.readMoney()
		a.must(nil, end(id))
	}
	a.readMoney()
	a.told("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.dispute.funds_reinstated",
		"charge.dispute.closed", "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated")
}

func TestBankDebitsKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	ctx := t.Context()
	settled, failed, takenBack := a.paid("debit"), a.paid("debit"), a.paid("debit")
	a.readMoney()
	a.must(nil, a.sim.FailDebit(ctx, failed, false))
	a.must(nil, a.sim.FailDebit(ctx, takenBack, true))
	a.pass(7 * 24 * time.Hour)
	a.must(a.api.Refunds.New(&stripe.RefundParams{Charge: stripe.String(settled), Amount: stripe.Int64(100)}))
	a.must(a.sim.OpenDispute(ctx, settled, stripesim.DisputeOptions{Amount: 4900}))
	a.readMoney()
	a.told("charge.pending", "payment_intent.processing", "charge.failed", "charge.succeeded",
		"checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed")
}

func TestPayoutsAndOthersKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	ctx := t.Context()
	a.must(a.sim.TakeForeignCharge(ctx, stripesim.ForeignCharge{Amount: 3000}))
	a.must(a.sim.TakeForeignCharge(ctx, stripesim.ForeignCharge{Amount: 3000, Currency: "eur", SettledAmount: 3277, SettledCurrency: "usd"}))
	a.must(a.sim.TakeAccountFee(ctx, 200, ""))
	a.must(a.sim.Adjust(ctx, 500, ""))
	pay := func(o stripesim.PayoutOptions) string {
		a.paid("succeeds") //nolint:contextcheck // it gives as a reader does, whose context is nobody's
		id, err := a.sim.PayOut(ctx, o)
		a.must(id, err)
		a.must(a.api.Payouts.Get(id, nil))
		return id
	}
	a.must(nil, a.sim.CancelPayout(ctx, pay(stripesim.PayoutOptions{Everything: true})))
	id := pay(stripesim.PayoutOptions{Everything: true})
	a.pass(72 * time.Hour)
	a.pass(72 * time.Hour)
	p := &stripe.BalanceTransactionListParams{Payout: stripe.String(id)}
	p.AddExpand("data.source")
	members := pages(a.api.BalanceTransactions.List(p))
	for more, err := members(); more || err != nil; more, err = members() {
		a.must(nil, err)
	}
	a.must(nil, a.sim.FailPayout(ctx, id))
	a.must(nil, a.sim.LandPayout(ctx, pay(stripesim.PayoutOptions{Manual: true, Amount: 100})))
	a.readMoney()
	a.told("payout.created", "payout.updated", "payout.reconciliation_completed", "payout.canceled", "payout.failed", "payout.paid")
}

func TestAnEndpointMayAskForEveryEventTheSimulatorSends(t *testing.T) {
	a := open(t, 0)
	a.must(a.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
		URL: stripe.String("https://example.org/hooks"), EnabledEvents: stripe.StringSlice([]string{
			"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
			"checkout.session.expired", "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing",
			"payment_intent.canceled", "charge.succeeded", "charge.failed", "charge.updated", "charge.refunded", "charge.refund.updated",
			"charge.pending", "charge.expired", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
			"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "payout.created", "payout.updated", "payout.paid",
			"payout.failed", "payout.canceled", "payout.reconciliation_completed", "radar.early_fraud_warning.created",
			"radar.early_fraud_warning.updated", "refund.created", "refund.updated",
		}),
	}))
}
