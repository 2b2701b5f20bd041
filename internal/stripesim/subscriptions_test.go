package stripesim

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

const month = 31 * 24 * time.Hour

// monthly are the parameters of a $15.00 monthly gift with 75 cents of fees covered.
func monthly() *stripe.CheckoutSessionParams {
	meta := map[string]string{"appeal_campaign": "corruption-project", "appeal_token": "MMMMMMMMMMMMMMMMMMMMMM", "appeal_frequency": "monthly"}
	line := func(name string, amount int64) *stripe.CheckoutSessionLineItemParams {
		return &stripe.CheckoutSessionLineItemParams{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(amount),
				Recurring:   &stripe.CheckoutSessionLineItemPriceDataRecurringParams{Interval: stripe.String("month")},
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)},
			},
		}
	}
	return &stripe.CheckoutSessionParams{
		Mode: stripe.String("subscription"), Metadata: meta,
		SuccessURL:       stripe.String("http://appeal.test/thanks?session_id={CHECKOUT_SESSION_ID}"),
		CancelURL:        stripe.String("http://appeal.test/"),
		LineItems:        []*stripe.CheckoutSessionLineItemParams{line("Monthly gift", 1500), line("Card fees", 75)},
		SubscriptionData: &stripe.CheckoutSessionSubscriptionDataParams{Metadata: meta, Description: stripe.String("Monthly gift")},
	}
}

func (w *world) beginMonthly() *stripe.CheckoutSession {
	w.t.Helper()
	cs, err := w.api.CheckoutSessions.New(monthly())
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return cs
}

// subscribe makes a monthly gift, forgets the events of its beginning and returns its id.
func (w *world) subscribe() string {
	w.t.Helper()
	cs := w.beginMonthly()
	w.submit(cs, "succeeds")
	w.deliver()
	w.forget()
	return w.session(cs.ID).Subscription.ID
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
}

// said lists the types of the webhooks since the last forgetting, in the order of their events.
func (w *world) said() string {
	w.t.Helper()
	w.deliver()
	w.mu.Lock()
	heard := map[string]bool{}
	for _, ev := range w.events {
		heard[ev.ID] = true
	}
	w.mu.Unlock()
	var out []string
	p := &stripe.EventListParams{}
	p.Limit = stripe.Int64(100)
	for it := w.api.Events.List(p); it.Next(); {
		if heard[it.Event().ID] {
			out = append([]string{string(it.Event().Type)}, out...)
		}
	}
	return strings.Join(out, " ")
}

// subscription fetches a subscription with its latest invoice, that one's charge and its fee.
func (w *world) subscription(id string) *stripe.Subscription {
	w.t.Helper()
	p := &stripe.SubscriptionParams{}
	p.AddExpand("latest_invoice.charge.balance_transaction")
	p.AddExpand("latest_invoice.payment_intent")
	p.AddExpand("default_payment_method")
	sub, err := w.api.Subscriptions.Get(id, p)
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return sub
}

// did fails the test on an error; it takes the two results of an action.
func (w *world) did(_ string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
}

func (w *world) expect(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("seed %d: %s: %s\nwant %s", testSeed, what, got, want)
	}
}

func TestASubscriptionBegins(t *testing.T) {
	t.Run("with its customer, its first invoice and a charge that says nothing of ours", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.beginMonthly()
		if cs.PaymentIntent != nil || cs.Subscription != nil || cs.AmountTotal != 1575 || cs.Mode != "subscription" {
			t.Fatalf("seed %d: a new session is %+v", testSeed, cs)
		}
		w.expect("led to", w.submit(cs, "succeeds"), "http://appeal.test/thanks?session_id="+cs.ID)
		w.expect("events", w.said(), "customer.created customer.subscription.created invoice.created invoice.finalized payment_intent.created "+
			"charge.succeeded payment_intent.succeeded invoice.paid invoice.payment_succeeded customer.subscription.updated checkout.session.completed")
		cs = w.session(cs.ID)
		if cs.PaymentIntent != nil || cs.PaymentStatus != "paid" || cs.CustomerDetails.Email != "reader@example.org" {
			t.Errorf("seed %d: intent %v, %s, of %v", testSeed, cs.PaymentIntent, cs.PaymentStatus, cs.CustomerDetails)
		}
		sub := w.subscription(cs.Subscription.ID)
		inv := sub.LatestInvoice
		if sub.Status != "active" || sub.Customer.ID != cs.Customer.ID || inv.ID != cs.Invoice.ID || sub.DefaultPaymentMethod.Card.Last4 != "4242" {
			t.Errorf("seed %d: %s, invoice %s", testSeed, sub.Status, inv.ID)
		}
		if inv.BillingReason != "subscription_create" || inv.AmountPaid != 1575 || !inv.Paid || inv.PaidOutOfBand || inv.AttemptCount != 1 ||
			inv.SubscriptionDetails.Metadata["appeal_frequency"] != "monthly" || len(inv.Lines.Data) != 2 || inv.StatusTransitions.PaidAt == 0 {
			t.Errorf("seed %d: the invoice is %+v", testSeed, inv)
		}
		ch := inv.Charge
		if len(ch.Metadata) != 0 || len(inv.PaymentIntent.Metadata) != 0 || ch.Invoice.ID != inv.ID || inv.PaymentIntent.Invoice.ID != inv.ID ||
			ch.Customer.ID != cs.Customer.ID || ch.BillingDetails.Email != "reader@example.org" || ch.PaymentMethod != sub.DefaultPaymentMethod.ID {
			t.Errorf("seed %d: the charge is %+v", testSeed, ch)
		}
		if id := w.chargeOf(cs); id != ch.ID {
			t.Errorf("seed %d: the session's charge is %s, not %s", testSeed, id, ch.ID)
		}
		if txn := ch.BalanceTransaction; txn.Fee != fee(1575) || txn.Net != 1575-fee(1575) {
			t.Errorf("seed %d: fee %d, net %d", testSeed, txn.Fee, txn.Net)
		}
	})
	t.Run("after a card that was declined, with the same subscription", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.beginMonthly()
		w.expect("led to", w.submit(cs, "declined"), cs.URL)
		if _, page := w.read(cs.URL); !strings.Contains(page, "Your card was declined. Nothing was charged") {
			t.Errorf("seed %d: the page does not say so", testSeed)
		}
		if got := w.session(cs.ID); got.Subscription != nil || got.Status != "open" {
			t.Errorf("seed %d: the session names subscription %v, %s", testSeed, got.Subscription, got.Status)
		}
		w.submit(cs, "succeeds")
		w.expect("events", w.said(), "customer.created customer.subscription.created invoice.created invoice.finalized payment_intent.created "+
			"charge.failed payment_intent.payment_failed invoice.payment_failed "+
			"charge.succeeded payment_intent.succeeded invoice.paid invoice.payment_succeeded customer.subscription.updated checkout.session.completed")
	})
	t.Run("once the bank has been answered", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.beginMonthly()
		bank := w.submit(cs, "authenticate")
		w.post(bank, url.Values{"verdict": {"refuse"}})
		w.submit(cs, "authenticate")
		w.post(bank, url.Values{"verdict": {"approve"}})
		w.expect("events", w.said(), "customer.created customer.subscription.created invoice.created invoice.finalized payment_intent.created "+
			"payment_intent.requires_action invoice.payment_action_required payment_intent.payment_failed invoice.payment_failed "+
			"payment_intent.requires_action invoice.payment_action_required "+
			"charge.succeeded payment_intent.succeeded invoice.paid invoice.payment_succeeded customer.subscription.updated checkout.session.completed")
		if sub := w.subscription(w.session(cs.ID).Subscription.ID); sub.LatestInvoice.Charge.PaymentMethodDetails.Card.ThreeDSecure == nil {
			t.Errorf("seed %d: the charge carries no proof", testSeed)
		}
	})
	t.Run("or not at all, when its session expires after a failed try", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.beginMonthly(), "declined")
		w.deliver()
		w.forget()
		w.pass(24 * time.Hour)
		w.expect("events", w.said(), "customer.subscription.updated payment_intent.canceled invoice.voided checkout.session.expired")
		it := w.api.Subscriptions.List(&stripe.SubscriptionListParams{Status: stripe.String("ended")})
		if !it.Next() || it.Subscription().Status != "incomplete_expired" {
			t.Errorf("seed %d: it is %v", testSeed, it.Subscription())
		}
	})
	t.Run("for a customer the product knows", func(t *testing.T) {
		w := newWorld(t, nil)
		who := w.subscription(w.subscribe()).Customer.ID
		p := monthly()
		p.Customer = &who
		cs, err := w.api.CheckoutSessions.New(p)
		w.did("", err)
		w.submit(cs, "succeeds")
		if got := w.session(cs.ID); got.Customer.ID != who || w.heard("customer.created") != 0 {
			t.Errorf("seed %d: the customer is %s", testSeed, got.Customer.ID)
		}
	})
	t.Run("and the payment page says how often it costs what", func(t *testing.T) {
		w := newWorld(t, nil)
		if _, page := w.read(w.beginMonthly().URL); !strings.Contains(page, "<h1>Pretend to pay $15.75 every month</h1>") {
			t.Errorf("seed %d: the page says %s", testSeed, page)
		}
	})
	t.Run("and its fee may come late", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) { cfg.LateFees = time.Minute })
		id := w.subscribe()
		if txn := w.subscription(id).LatestInvoice.Charge.BalanceTransaction; txn != nil {
			t.Errorf("seed %d: the fee came at once", testSeed)
		}
		w.pass(time.Minute)
		w.expect("events", w.said(), "charge.updated")
	})
}

func TestASubscriptionSessionRefuses(t *testing.T) {
	once := params().LineItems[0]
	for name, edit := range map[string]func(*stripe.CheckoutSessionParams){
		"a submit_type":       func(p *stripe.CheckoutSessionParams) { p.SubmitType = stripe.String("donate") },
		"payment_intent_data": func(p *stripe.CheckoutSessionParams) { p.PaymentIntentData = params().PaymentIntentData },
		"customer_creation":   func(p *stripe.CheckoutSessionParams) { p.CustomerCreation = stripe.String("always") },
		"a line paid once":    func(p *stripe.CheckoutSessionParams) { p.LineItems = append(p.LineItems, once) },
		"an unknown interval": func(p *stripe.CheckoutSessionParams) {
			p.LineItems[0].PriceData.Recurring.Interval = stripe.String("week")
		},
		"two intervals": func(p *stripe.CheckoutSessionParams) {
			p.LineItems[0].PriceData.Recurring.Interval = stripe.String("year")
		},
		"an unknown customer":  func(p *stripe.CheckoutSessionParams) { p.Customer = stripe.String("cus_unknown") },
		"the mode of payments": func(p *stripe.CheckoutSessionParams) { p.Mode, p.SubscriptionData = stripe.String("payment"), nil },
		"subscription_data in it": func(p *stripe.CheckoutSessionParams) {
			p.Mode, p.LineItems = stripe.String("payment"), []*stripe.CheckoutSessionLineItemParams{once}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			p := monthly()
			edit(p)
			if _, err := w.api.CheckoutSessions.New(p); err == nil {
				t.Errorf("seed %d: it was taken", testSeed)
			}
		})
	}
}
