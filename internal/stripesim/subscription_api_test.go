package stripesim

import (
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// previous is what the last webhook says was different before.
func (w *world) previous() map[string]any {
	w.t.Helper()
	w.deliver()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) == 0 {
		w.t.Fatalf("seed %d: nothing was told", testSeed)
	}
	return w.events[len(w.events)-1].Data.PreviousAttributes
}

// priceData is another amount for a product.
func priceData(product string, amount int64, interval string) *stripe.SubscriptionItemPriceDataParams {
	return &stripe.SubscriptionItemPriceDataParams{
		Currency: stripe.String("usd"), Product: &product, UnitAmount: &amount,
		Recurring: &stripe.SubscriptionItemPriceDataRecurringParams{Interval: &interval},
	}
}

func TestASubscriptionIsChanged(t *testing.T) {
	t.Run("in its metadata, key by key", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		sub, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{Metadata: map[string]string{"appeal_comment": "Hi", "appeal_frequency": ""}})
		if err != nil || sub.Metadata["appeal_comment"] != "Hi" || sub.Metadata["appeal_campaign"] == "" || len(sub.Metadata) != 3 {
			t.Errorf("seed %d: metadata %v, %v", testSeed, sub.Metadata, err)
		}
		was, ok := w.previous()["metadata"].(map[string]any)
		if comment, there := was["appeal_comment"]; !ok || !there || comment != nil || was["appeal_frequency"] != "monthly" || len(was) != 2 {
			t.Errorf("seed %d: it was %v", testSeed, was)
		}
	})
	t.Run("in nothing, and nothing is told", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		_, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(false)})
		w.did("", err)
		w.expect("events", w.said(), "")
	})
	t.Run("in its amount, the covered fees taken out, from the next invoice on", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		items := w.subscription(id).Items.Data
		sub, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{
			ProrationBehavior: stripe.String("none"),
			Items: []*stripe.SubscriptionItemsParams{
				{ID: &items[0].ID, PriceData: priceData(items[0].Price.Product.ID, 2500, "month")},
				{ID: &items[1].ID, Deleted: stripe.Bool(true)},
			},
		})
		if err != nil || len(sub.Items.Data) != 1 || sub.Items.Data[0].ID != items[0].ID || sub.Items.Data[0].Price.UnitAmount != 2500 {
			t.Fatalf("seed %d: %v, %v", testSeed, sub, err)
		}
		if was := w.previous(); was["items"] == nil || len(was) != 1 {
			t.Errorf("seed %d: it was %v", testSeed, was)
		}
		w.did(w.sim.Renew(t.Context(), id))
		if inv := w.subscription(id).LatestInvoice; inv.AmountPaid != 2500 {
			t.Errorf("seed %d: the invoice is of %d", testSeed, inv.AmountPaid)
		}
	})
	t.Run("in one item alone", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		first := w.subscription(id).Items.Data[0]
		item, err := w.api.SubscriptionItems.Update(first.ID, &stripe.SubscriptionItemParams{
			ProrationBehavior: stripe.String("none"), PriceData: priceData(first.Price.Product.ID, 4000, "month"),
		})
		if err != nil || item.Price.UnitAmount != 4000 || w.subscription(id).Items.Data[0].Price.ID != item.Price.ID {
			t.Errorf("seed %d: %v, %v", testSeed, item, err)
		}
		w.expect("events", w.said(), "customer.subscription.updated")
	})
}

func TestAChangeIsRefused(t *testing.T) {
	for name, edit := range map[string]func(*stripe.SubscriptionParams, *stripe.SubscriptionItem){
		"that would be prorated": func(p *stripe.SubscriptionParams, item *stripe.SubscriptionItem) {
			p.Items[0].PriceData = priceData(item.Price.Product.ID, 2500, "month")
			p.ProrationBehavior = nil
		},
		"of the interval": func(p *stripe.SubscriptionParams, item *stripe.SubscriptionItem) {
			p.Items[0].PriceData = priceData(item.Price.Product.ID, 2500, "year")
		},
		"to an unknown product": func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) {
			p.Items[0].PriceData = priceData("prod_unknown", 2500, "month")
		},
		"to an unknown price": func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) {
			p.Items[0].Price = stripe.String("price_unknown")
		},
		"of an unknown item": func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) {
			p.Items[0].ID = stripe.String("si_unknown")
		},
		"to somebody's card": func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) {
			p.DefaultPaymentMethod = stripe.String("pm_1")
		},
		"to a quantity of none":   func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) { p.Items[0].Quantity = stripe.Int64(0) },
		"the simulator knows not": func(p *stripe.SubscriptionParams, _ *stripe.SubscriptionItem) { p.DaysUntilDue = stripe.Int64(3) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			id := w.subscribe()
			item := w.subscription(id).Items.Data[0]
			p := &stripe.SubscriptionParams{ProrationBehavior: stripe.String("none"), Items: []*stripe.SubscriptionItemsParams{{ID: &item.ID}}}
			edit(p, item)
			if _, err := w.api.Subscriptions.Update(id, p); err == nil {
				t.Errorf("seed %d: it was taken", testSeed)
			}
			w.expect("events", w.said(), "")
		})
	}
	t.Run("of a subscription that is over, but for its metadata", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did("", w.sim.CancelSubscription(t.Context(), id))
		if _, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)}); err == nil {
			t.Errorf("seed %d: it was taken", testSeed)
		}
		_, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{Metadata: map[string]string{"appeal_comment": ""}})
		w.did("", err)
	})
}

func TestSubscriptionsAreFound(t *testing.T) {
	w := newWorld(t, nil)
	over, kept := w.subscribe(), w.subscribe()
	w.did("", w.sim.CancelSubscription(t.Context(), over))
	w.did(w.sim.FailRenewal(t.Context(), kept))
	sub := w.subscription(kept)
	count := func(p *stripe.SubscriptionListParams) (n int) {
		it := w.api.Subscriptions.List(p)
		for it.Next() {
			n++
		}
		w.did("", it.Err())
		return n
	}
	for _, c := range []struct {
		name string
		p    *stripe.SubscriptionListParams
		want int
	}{
		{"not canceled", &stripe.SubscriptionListParams{}, 1},
		{"all", &stripe.SubscriptionListParams{Status: stripe.String("all")}, 2},
		{"past due", &stripe.SubscriptionListParams{Status: stripe.String("past_due")}, 1},
		{"active", &stripe.SubscriptionListParams{Status: stripe.String("active")}, 0},
		{"ended", &stripe.SubscriptionListParams{Status: stripe.String("ended")}, 1},
		{"of a customer", &stripe.SubscriptionListParams{Customer: &sub.Customer.ID}, 1},
		{"of a price", &stripe.SubscriptionListParams{Price: &sub.Items.Data[1].Price.ID}, 1},
		{"made since now", &stripe.SubscriptionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThan: w.clock().Unix()}}, 0},
	} {
		if got := count(c.p); got != c.want {
			t.Errorf("seed %d: %d subscriptions %s, want %d", testSeed, got, c.name, c.want)
		}
	}
	p := &stripe.InvoiceListParams{Subscription: &kept}
	p.AddExpand("data.subscription")
	bills := w.api.Invoices.List(p).InvoiceList().Data
	if len(bills) != 2 || bills[0].Status != "open" || bills[0].Subscription.Status != "past_due" {
		t.Errorf("seed %d: %d invoices", testSeed, len(bills))
	}
	open := &stripe.InvoiceListParams{Customer: &sub.Customer.ID, Status: stripe.String("open")}
	if n := len(w.api.Invoices.List(open).InvoiceList().Data); n != 1 {
		t.Errorf("seed %d: %d open invoices", testSeed, n)
	}
	if n := len(w.api.Charges.List(&stripe.ChargeListParams{Customer: &sub.Customer.ID}).ChargeList().Data); n != 2 {
		t.Errorf("seed %d: %d charges of the customer", testSeed, n)
	}
	if n := len(w.api.Customers.List(&stripe.CustomerListParams{Email: stripe.String("reader@example.org")}).CustomerList().Data); n != 2 {
		t.Errorf("seed %d: %d customers of the address", testSeed, n)
	}
	items := w.api.SubscriptionItems.List(&stripe.SubscriptionItemListParams{Subscription: &kept}).SubscriptionItemList().Data
	if len(items) != 2 || items[0].Price.Recurring.Interval != "month" {
		t.Errorf("seed %d: %d items", testSeed, len(items))
	}
}

func TestAProductMayHaveAnIdOfOurChoice(t *testing.T) {
	w := newWorld(t, nil)
	p := &stripe.ProductParams{ID: stripe.String("appeal-monthly"), Name: stripe.String("Monthly gift")}
	if _, err := w.api.Products.New(p); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.Products.New(p); err == nil {
		t.Errorf("seed %d: it was taken twice", testSeed)
	}
	form := monthly()
	for _, line := range form.LineItems {
		line.PriceData.Product, line.PriceData.ProductData = p.ID, nil
	}
	cs, err := w.api.CheckoutSessions.New(form)
	w.did("", err)
	w.submit(cs, "succeeds")
	q := &stripe.SubscriptionParams{}
	q.AddExpand("items.data.price.product")
	sub, err := w.api.Subscriptions.Get(w.session(cs.ID).Subscription.ID, q)
	if err != nil || sub.Items.Data[0].Price.Product.Name != "Monthly gift" {
		t.Errorf("seed %d: %v, %v", testSeed, sub, err)
	}
	prices := w.api.Prices.List(&stripe.PriceListParams{Product: p.ID}).PriceList().Data
	if len(prices) != 2 || prices[0].Active || prices[0].Type != "recurring" {
		t.Errorf("seed %d: %d prices", testSeed, len(prices))
	}
}
