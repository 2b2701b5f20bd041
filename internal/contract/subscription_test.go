package contract

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

// subscribe begins a monthly gift in two lines and pays its first invoice as outcome says.
func (a *account) subscribe(outcomes ...string) *stripe.CheckoutSession {
	a.t.Helper()
	meta := map[string]string{"appeal_campaign": "corruption-project", "appeal_token": "MMMMMMMMMMMMMMMMMMMMMM"}
	if _, err := a.api.Products.Get("appeal-monthly", nil); err != nil {
		a.must(a.api.Products.New(&stripe.ProductParams{ID: stripe.String("appeal-monthly"), Name: stripe.String("Monthly gift")}))
	}
	line := func(amount int64) *stripe.CheckoutSessionLineItemParams {
		return &stripe.CheckoutSessionLineItemParams{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(amount), Product: stripe.String("appeal-monthly"),
				Recurring: &stripe.CheckoutSessionLineItemPriceDataRecurringParams{Interval: stripe.String("month")},
			},
		}
	}
	cs, err := a.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("subscription"), SuccessURL: stripe.String("https://example.org/thanks?s={CHECKOUT_SESSION_ID}"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{line(1500), line(75)}, Metadata: meta,
		SubscriptionData: &stripe.CheckoutSessionSubscriptionDataParams{Metadata: meta, Description: stripe.String("Monthly gift")},
	})
	a.must(cs, err)
	a.readSession(cs.ID)
	for _, outcome := range outcomes {
		a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
		a.readSession(cs.ID)
	}
	return a.readSession(cs.ID)
}

func (a *account) readSession(id string) *stripe.CheckoutSession {
	a.t.Helper()
	p := &stripe.CheckoutSessionParams{}
	for _, path := range []string{
		"line_items.data.price.product", "customer", "subscription.latest_invoice.charge.balance_transaction",
		"subscription.default_payment_method", "invoice.payment_intent.latest_charge",
	} {
		p.AddExpand(path)
	}
	cs, err := a.api.CheckoutSessions.Get(id, p)
	a.must(cs, err)
	return cs
}

// readSubscriptions reads everything the API shows of subscriptions, through the proxy that judges it.
func (a *account) readSubscriptions() {
	a.t.Helper()
	all := &stripe.SubscriptionListParams{Status: stripe.String("all")}
	all.AddExpand("data.latest_invoice.payment_intent")
	bills := &stripe.InvoiceListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThan: 1}}
	bills.AddExpand("data.subscription")
	for _, next := range []func() (bool, error){
		pages(a.api.Subscriptions.List(&stripe.SubscriptionListParams{Status: stripe.String("past_due")})),
		pages(a.api.Customers.List(&stripe.CustomerListParams{Email: stripe.String("reader@example.org")})),
		pages(a.api.Prices.List(&stripe.PriceListParams{Product: stripe.String("appeal-monthly"), Active: stripe.Bool(false)})),
		pages(a.api.Invoices.List(&stripe.InvoiceListParams{Status: stripe.String("paid")})),
		pages(a.api.PaymentIntents.List(&stripe.PaymentIntentListParams{})),
		pages(a.api.Events.List(&stripe.EventListParams{})),
	} {
		for more, err := next(); more || err != nil; more, err = next() {
			a.must(nil, err)
		}
	}
	for it := a.api.Subscriptions.List(all); it.Next(); {
		sub := it.Subscription()
		a.must(a.api.Subscriptions.Get(sub.ID, nil))
		a.must(a.api.Customers.Get(sub.Customer.ID, nil))
		a.must(nil, a.api.SubscriptionItems.List(&stripe.SubscriptionItemListParams{Subscription: &sub.ID}).Err())
		a.must(nil, a.api.Charges.List(&stripe.ChargeListParams{Customer: &sub.Customer.ID}).Err())
		a.must(nil, a.api.CheckoutSessions.List(&stripe.CheckoutSessionListParams{Subscription: &sub.ID}).Err())
		a.must(nil, a.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: &sub.Customer.ID, Type: stripe.String("card")}).Err())
		a.must(a.api.PaymentMethods.Get(sub.DefaultPaymentMethod.ID, nil))
		for _, item := range sub.Items.Data {
			a.must(a.api.SubscriptionItems.Get(item.ID, nil))
			a.must(a.api.Prices.Get(item.Price.ID, nil))
		}
	}
	for it := a.api.Invoices.List(bills); it.Next(); {
		a.must(a.api.Invoices.Get(it.Invoice().ID, nil))
		a.must(nil, a.api.Invoices.ListLines(&stripe.InvoiceListLinesParams{Invoice: &it.Invoice().ID}).Err())
	}
}

func TestBeginningASubscriptionKeepsToStripesDescription(t *testing.T) {
	for _, outcome := range []string{"succeeds", "declined", "authenticate", "twice"} {
		t.Run(outcome, func(t *testing.T) {
			a := open(t, time.Minute)
			cs := a.subscribe(outcome)
			if outcome == "authenticate" {
				a.readSubscriptions()
				a.post(cs.URL+"/authenticate", url.Values{"verdict": {"refuse"}})
				a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
				a.post(cs.URL+"/authenticate", url.Values{"verdict": {"approve"}})
			}
			a.readSubscriptions()
			a.pass(25 * time.Hour) // an unpaid one ends with its session
			a.readSubscriptions()
			a.readSession(cs.ID)
			if ended := a.types["invoice.voided"] == 1; ended != (outcome == "declined") {
				t.Errorf("seed %d: heard %v", seed, a.types)
			}
		})
	}
}

func TestTheLifeOfASubscriptionKeepsToStripesDescription(t *testing.T) {
	type act func(*stripesim.Simulator, context.Context, string) (string, error)
	plain := func(do func(*stripesim.Simulator, context.Context, string) error) act {
		return func(s *stripesim.Simulator, ctx context.Context, id string) (string, error) {
			return id, do(s, ctx, id)
		}
	}
	exhaust := func(stays bool) act {
		return func(s *stripesim.Simulator, ctx context.Context, id string) (string, error) {
			return s.ExhaustRenewal(ctx, id, stays)
		}
	}
	var renew, fail, recovers act = (*stripesim.Simulator).Renew, (*stripesim.Simulator).FailRenewal, (*stripesim.Simulator).RecoverRenewal
	for _, c := range []struct {
		name  string
		acts  []act
		heard []string
	}{
		{"renewals", []act{renew, (*stripesim.Simulator).BeginRenewal}, []string{"invoice.created", "invoice.paid"}},
		{"a renewal that recovers", []act{fail, fail, recovers}, []string{"charge.failed", "invoice.payment_failed"}},
		{
			"a renewal that needs the donor",
			[]act{(*stripesim.Simulator).AskRenewalAuthentication, recovers},
			[]string{"invoice.payment_action_required", "payment_intent.requires_action"},
		},
		{
			"renewals without a charge",
			[]act{
				(*stripesim.Simulator).RenewForNothing, (*stripesim.Simulator).RenewOutOfBand, (*stripesim.Simulator).VoidRenewal,
				(*stripesim.Simulator).WriteOffRenewal,
			},
			[]string{"invoice.voided", "invoice.marked_uncollectible", "payment_intent.canceled"},
		},
		{
			"a pause",
			[]act{plain((*stripesim.Simulator).PauseSubscription), plain((*stripesim.Simulator).ResumeSubscription)},
			[]string{"customer.subscription.paused", "customer.subscription.resumed"},
		},
		{
			"another amount",
			[]act{
				plain(func(s *stripesim.Simulator, ctx context.Context, id string) error {
					return s.ChangeAmount(ctx, id, 2500)
				}), renew,
			},
			[]string{"customer.subscription.updated"},
		},
		{
			"an end with the period",
			[]act{plain(func(s *stripesim.Simulator, ctx context.Context, id string) error {
				return s.CancelAtPeriodEnd(ctx, id, true)
			})},
			[]string{"customer.subscription.deleted"},
		},
		{
			"an end at once",
			[]act{fail, plain((*stripesim.Simulator).CancelSubscription)},
			[]string{"customer.subscription.deleted", "invoice.updated"},
		},
		{"an end for want of money", []act{exhaust(false)}, []string{"customer.subscription.deleted"}},
		{"no end for want of money", []act{exhaust(true), (*stripesim.Simulator).BeginRenewal}, []string{"customer.subscription.updated"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t, 0)
			id := a.subscribe("succeeds").Subscription.ID
			for _, do := range c.acts {
				a.must(do(a.sim, t.Context(), id))
				a.readSubscriptions()
			}
			a.pass(31 * 24 * time.Hour)
			a.pass(2 * time.Hour)
			a.readSubscriptions()
			for _, kind := range c.heard {
				if a.types[kind] == 0 {
					t.Errorf("seed %d: no %s among %v", seed, kind, a.types)
				}
			}
		})
	}
}

func TestChangingASubscriptionKeepsToStripesDescription(t *testing.T) {
	a := open(t, 0)
	first := a.subscribe("succeeds")
	sub := first.Subscription
	own, err := a.api.Prices.New(&stripe.PriceParams{
		Currency: stripe.String("usd"), UnitAmount: stripe.Int64(900), Product: stripe.String("appeal-monthly"),
		Recurring: &stripe.PriceRecurringParams{Interval: stripe.String("month")},
	})
	a.must(own, err)
	changes := []*stripe.SubscriptionParams{
		{Metadata: map[string]string{"appeal_comment": "Keep digging"}},
		{CancelAtPeriodEnd: stripe.Bool(true), CancellationDetails: &stripe.SubscriptionCancellationDetailsParams{Feedback: stripe.String("other")}},
		{CancelAtPeriodEnd: stripe.Bool(false), DefaultPaymentMethod: stripe.String(sub.DefaultPaymentMethod.ID)},
		{ProrationBehavior: stripe.String("none"), Items: []*stripe.SubscriptionItemsParams{
			{ID: &sub.Items.Data[0].ID, PriceData: &stripe.SubscriptionItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(2500), Product: stripe.String("appeal-monthly"),
				Recurring: &stripe.SubscriptionItemPriceDataRecurringParams{Interval: stripe.String("month")},
			}},
			{ID: &sub.Items.Data[1].ID, Deleted: stripe.Bool(true)},
			{Price: &own.ID, Quantity: stripe.Int64(2)},
		}},
	}
	for _, p := range changes {
		a.must(a.api.Subscriptions.Update(sub.ID, p))
	}
	a.must(a.api.SubscriptionItems.Update(sub.Items.Data[0].ID, &stripe.SubscriptionItemParams{
		Quantity: stripe.Int64(2), ProrationBehavior: stripe.String("none"),
	}))
	a.must(a.api.Customers.Update(first.Customer.ID, &stripe.CustomerParams{
		Email: stripe.String("other@example.org"), Name: stripe.String("R."), Metadata: map[string]string{"a": "b"},
		InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String(sub.DefaultPaymentMethod.ID)},
	}))
	a.readSubscriptions()
	for _, finish := range []func(id string) error{
		func(id string) error {
			_, err := a.api.Invoices.Pay(id, &stripe.InvoicePayParams{PaidOutOfBand: stripe.Bool(true)})
			return err
		},
		func(id string) error { _, err := a.api.Invoices.MarkUncollectible(id, nil); return err },
		func(id string) error { _, err := a.api.Invoices.VoidInvoice(id, nil); return err },
	} {
		id, err := a.sim.BeginRenewal(t.Context(), sub.ID)
		a.must(nil, err)
		a.must(a.api.Invoices.FinalizeInvoice(id, nil))
		a.must(nil, finish(id))
	}
	foreign, err := a.sim.ForeignSubscription(t.Context(), "subscriber@example.org", "usd", 700)
	a.must(nil, err)
	a.must(a.sim.Renew(t.Context(), foreign))
	a.readSubscriptions()
	a.must(a.api.Subscriptions.Cancel(foreign, &stripe.SubscriptionCancelParams{
		CancellationDetails: &stripe.SubscriptionCancelCancellationDetailsParams{Comment: stripe.String("Thanks")},
	}))
	a.must(a.api.Customers.Del(first.Customer.ID, nil))
	a.must(a.api.Customers.Get(first.Customer.ID, nil))
	a.readSession(first.ID)
	a.pass(0)
	if a.types["customer.updated"] != 1 || a.types["customer.deleted"] != 1 || a.types["customer.subscription.deleted"] != 2 || a.types["price.created"] != 1 {
		t.Errorf("seed %d: heard %v", seed, a.types)
	}
}
