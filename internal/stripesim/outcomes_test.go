package stripesim

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestWhatADonorCanMakeHappen(t *testing.T) {
	t.Run("a success ends at the product, paid, with its fee", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		if cs.PaymentIntent != nil || cs.PaymentStatus != "unpaid" || cs.Status != "open" {
			t.Fatalf("seed %d: a new session has intent %v, %s, %s", testSeed, cs.PaymentIntent, cs.PaymentStatus, cs.Status)
		}
		to := w.submit(cs, "succeeds")
		if want := "http://appeal.test/thanks?session_id=" + cs.ID; to != want {
			t.Errorf("seed %d: led to %s, want %s", testSeed, to, want)
		}
		cs = w.session(cs.ID)
		ch := cs.PaymentIntent.LatestCharge
		if cs.PaymentStatus != "paid" || cs.Status != "complete" || cs.CustomerDetails.Email != "reader@example.org" || cs.URL != "" {
			t.Errorf("seed %d: session is %s, %s, of %s", testSeed, cs.Status, cs.PaymentStatus, cs.CustomerDetails.Email)
		}
		if ch.AmountCaptured != 5000 || !ch.Paid || !ch.Captured || ch.Metadata["appeal_campaign"] != "corruption-project" {
			t.Errorf("seed %d: charge captured %d, metadata %v", testSeed, ch.AmountCaptured, ch.Metadata)
		}
		if txn := ch.BalanceTransaction; txn.Fee != 175 || txn.Net != 4825 || txn.Source.ID != ch.ID {
			t.Errorf("seed %d: fee %d, net %d, source %s", testSeed, txn.Fee, txn.Net, txn.Source.ID)
		}
		if n := len(cs.LineItems.Data); n != 1 || cs.LineItems.Data[0].AmountTotal != 5000 {
			t.Errorf("seed %d: %d line items", testSeed, n)
		}
		w.deliver()
		const want = "payment_intent.created charge.succeeded payment_intent.succeeded checkout.session.completed"
		if got := w.types(); got != want {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
		if len(w.events) != 4 {
			t.Errorf("seed %d: %d webhooks, want 4", testSeed, len(w.events))
		}
		balance, err := w.api.Balance.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		if balance.Pending[0].Amount != 4825 || balance.Available[0].Amount != 0 {
			t.Errorf("seed %d: balance %d pending, %d available", testSeed, balance.Pending[0].Amount, balance.Available[0].Amount)
		}
	})

	t.Run("a declined card charges nothing and the donor may try again", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		if to := w.submit(cs, "declined"); to != cs.URL {
			t.Fatalf("seed %d: led to %s", testSeed, to)
		}
		if _, page := w.read(cs.URL); !strings.Contains(page, "Your card was declined. Nothing was charged") {
			t.Errorf("seed %d: the page does not say so", testSeed)
		}
		open := w.session(cs.ID)
		if open.Status != "open" || open.PaymentIntent.LatestCharge.Status != "failed" {
			t.Errorf("seed %d: session %s, charge %s", testSeed, open.Status, open.PaymentIntent.LatestCharge.Status)
		}
		w.submit(cs, "declined")
		w.submit(cs, "succeeds")
		const want = "payment_intent.created payment_intent.payment_failed charge.failed payment_intent.payment_failed charge.failed " +
			"charge.succeeded payment_intent.succeeded checkout.session.completed"
		if got := w.types(); got != want {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
		if got := w.session(cs.ID).PaymentIntent; got.ID != open.PaymentIntent.ID || got.LastPaymentError != nil {
			t.Errorf("seed %d: the intent did not stay the same, or kept its error", testSeed)
		}
	})

	t.Run("authentication can be refused, then approved", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		bank := w.submit(cs, "authenticate")
		if bank != cs.URL+"/authenticate" {
			t.Fatalf("seed %d: led to %s", testSeed, bank)
		}
		if got := w.session(cs.ID).PaymentIntent.Status; got != "requires_action" {
			t.Errorf("seed %d: intent is %s", testSeed, got)
		}
		if to := w.post(bank, url.Values{"verdict": {"refuse"}}); to != cs.URL {
			t.Errorf("seed %d: refusing led to %s", testSeed, to)
		}
		if _, page := w.read(cs.URL); !strings.Contains(page, "unable to authenticate") {
			t.Errorf("seed %d: the page does not say why", testSeed)
		}
		bank = w.submit(cs, "authenticate")
		if to := w.post(bank, url.Values{"verdict": {"approve"}}); !strings.HasPrefix(to, "http://appeal.test/thanks") {
			t.Errorf("seed %d: approving led to %s", testSeed, to)
		}
		const want = "payment_intent.created payment_intent.requires_action payment_intent.payment_failed payment_intent.requires_action " +
			"charge.succeeded payment_intent.succeeded checkout.session.completed"
		if got := w.types(); got != want {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
		proof := w.session(cs.ID).PaymentIntent.LatestCharge.PaymentMethodDetails.Card.ThreeDSecure
		if proof == nil || proof.Result != "authenticated" {
			t.Errorf("seed %d: the charge carries no proof", testSeed)
		}
	})

	t.Run("late webhooks wait a minute", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.begin(), "late")
		w.pass(59 * time.Second)
		w.deliver()
		if n := len(w.events); n != 0 {
			t.Errorf("seed %d: %d webhooks came early", testSeed, n)
		}
		w.pass(time.Second)
		w.deliver()
		if n := w.heard("charge.succeeded"); n != 1 {
			t.Errorf("seed %d: %d came after a minute", testSeed, n)
		}
	})

	t.Run("webhooks never sent are still listed as events", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.begin(), "never")
		w.pass(72 * time.Hour)
		w.deliver()
		if n := len(w.events); n != 0 {
			t.Errorf("seed %d: %d webhooks were sent", testSeed, n)
		}
		if got := w.types(); !strings.Contains(got, "charge.succeeded") {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
	})

	t.Run("webhooks sent twice are the same event with two signatures", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.begin(), "twice")
		w.deliver()
		seen := map[string]int{}
		for _, ev := range w.events {
			seen[ev.ID]++
		}
		if len(seen) != 4 || len(w.events) != 8 {
			t.Errorf("seed %d: %d webhooks of %d events", testSeed, len(w.events), len(seen))
		}
	})

	t.Run("a second submission finds the session complete", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		address := cs.URL
		w.submit(cs, "succeeds")
		if to := w.submit(cs, "succeeds"); to != address {
			t.Errorf("seed %d: led to %s", testSeed, to)
		}
		if _, page := w.read(address); !strings.Contains(page, "This pretend payment is complete") {
			t.Errorf("seed %d: the page does not say so", testSeed)
		}
		it := w.api.Charges.List(&stripe.ChargeListParams{})
		n := 0
		for it.Next() {
			n++
		}
		if n != 1 || it.Err() != nil {
			t.Errorf("seed %d: %d charges, %v", testSeed, n, it.Err())
		}
	})

	t.Run("a session that asks for a customer gets one", func(t *testing.T) {
		w := newWorld(t, nil)
		p := params()
		p.CustomerCreation = stripe.String("always")
		cs, err := w.api.CheckoutSessions.New(p)
		if err != nil || cs.Customer != nil {
			t.Fatalf("seed %d: %v, customer %v", testSeed, err, cs.Customer)
		}
		w.submit(cs, "succeeds")
		paid := w.session(cs.ID)
		who, err := w.api.Customers.Get(paid.Customer.ID, nil)
		if err != nil || who.Email != "reader@example.org" || paid.PaymentIntent.LatestCharge.Customer.ID != who.ID {
			t.Errorf("seed %d: %v, %v", testSeed, who, err)
		}
		if got := w.types(); !strings.Contains(got, "customer.created charge.succeeded") {
			t.Errorf("seed %d: events %s", testSeed, got)
		}
	})

	t.Run("a late fee comes with charge.updated", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) { cfg.LateFees = time.Minute })
		cs := w.begin()
		w.submit(cs, "succeeds")
		w.deliver()
		if txn := w.session(cs.ID).PaymentIntent.LatestCharge.BalanceTransaction; txn != nil {
			t.Errorf("seed %d: the fee came at once", testSeed)
		}
		w.pass(time.Minute)
		w.deliver()
		if w.heard("charge.updated") != 1 || w.session(cs.ID).PaymentIntent.LatestCharge.BalanceTransaction.Fee != 175 {
			t.Errorf("seed %d: the fee did not come", testSeed)
		}
	})

	t.Run("pending money becomes available after two days", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.begin(), "succeeds")
		w.pass(49 * time.Hour)
		w.deliver()
		balance, err := w.api.Balance.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		if balance.Pending[0].Amount != 0 || balance.Available[0].Amount != 4825 {
			t.Errorf("seed %d: balance %d pending, %d available", testSeed, balance.Pending[0].Amount, balance.Available[0].Amount)
		}
	})
}

func TestASessionExpires(t *testing.T) {
	t.Run("when its time has come", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		w.pass(24 * time.Hour)
		if to := w.submit(cs, "succeeds"); to != cs.URL {
			t.Errorf("seed %d: led to %s", testSeed, to)
		}
		if _, page := w.read(cs.URL); !strings.Contains(page, "This checkout has expired") {
			t.Errorf("seed %d: the page does not say so", testSeed)
		}
		w.deliver()
		if n := w.heard("checkout.session.expired"); n != 1 {
			t.Errorf("seed %d: told %d times", testSeed, n)
		}
	})
	t.Run("when it is told to, once", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		got, err := w.api.CheckoutSessions.Expire(cs.ID, nil)
		if err != nil || got.Status != "expired" {
			t.Fatalf("seed %d: %v, %v", testSeed, got, err)
		}
		if _, err := w.api.CheckoutSessions.Expire(cs.ID, nil); err == nil {
			t.Errorf("seed %d: expired twice", testSeed)
		}
	})
	t.Run("and gives up an intent that failed", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		w.submit(cs, "declined")
		w.pass(24 * time.Hour)
		w.deliver()
		if got := w.session(cs.ID); got.Status != "expired" || got.PaymentIntent.Status != "canceled" || w.heard("payment_intent.canceled") != 1 {
			t.Errorf("seed %d: session %s, intent %s", testSeed, got.Status, got.PaymentIntent.Status)
		}
	})
	t.Run("never after it was paid", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submit(w.begin(), "succeeds")
		w.pass(25 * time.Hour)
		w.deliver()
		if n := w.heard("checkout.session.expired"); n != 0 {
			t.Errorf("seed %d: told %d times", testSeed, n)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Run("submit one session and make one charge", func(t *testing.T) {
		w := newWorld(t, nil)
		cs := w.begin()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				res, err := w.donor.PostForm(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {"succeeds"}})
				if err == nil {
					err = res.Body.Close()
				}
				if err != nil {
					t.Errorf("seed %d: %v", testSeed, err)
				}
			})
		}
		all.Wait()
		if n := len(w.api.Charges.List(nil).ChargeList().Data); n != 1 {
			t.Errorf("seed %d: %d charges", testSeed, n)
		}
	})
	t.Run("use one idempotency key and make one session", func(t *testing.T) {
		w := newWorld(t, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := w.api.CheckoutSessions.New(keyed("k"))
				var e *stripe.Error
				if err != nil && (!errors.As(err, &e) || e.HTTPStatusCode != http.StatusConflict) {
					t.Errorf("seed %d: %v", testSeed, err)
				}
			})
		}
		all.Wait()
		if n := w.count(); n != 1 {
			t.Errorf("seed %d: %d sessions", testSeed, n)
		}
	})
}
