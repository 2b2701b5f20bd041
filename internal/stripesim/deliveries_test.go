package stripesim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

func TestDeliveries(t *testing.T) {
	t.Run("a refused webhook is tried again, later each time", func(t *testing.T) {
		w := newWorld(t, nil)
		w.refuse = 12 // four webhooks, three times
		w.submit(w.begin(), "succeeds")
		for _, c := range []struct {
			wait time.Duration
			want int
		}{{0, 0}, {time.Second, 0}, {2 * time.Second, 0}, {3 * time.Second, 0}, {time.Second, 4}} {
			w.pass(c.wait)
			w.deliver()
			if got := len(w.events); got != c.want {
				t.Errorf("seed %d: %d webhooks taken after another %s, want %d", testSeed, got, c.wait, c.want)
			}
		}
	})
	t.Run("the waits double up to an hour", func(t *testing.T) {
		for tries, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 12: 2048 * time.Second, 13: time.Hour, 99: time.Hour} {
			if got := backoff(tries); got != want {
				t.Errorf("after %d tries %s, want %s", tries, got, want)
			}
		}
	})
	t.Run("after three days it is given up", func(t *testing.T) {
		w := newWorld(t, nil)
		w.refuse = 1 << 30
		w.submit(w.begin(), "succeeds")
		for range 80 {
			w.pass(time.Hour)
			w.deliver()
		}
		if n, err := w.sim.Undelivered(t.Context()); n != 0 || err != nil {
			t.Errorf("seed %d: %d are still tried, %v", testSeed, n, err)
		}
		if got := w.api.Events.List(&stripe.EventListParams{DeliverySuccess: stripe.Bool(false)}).EventList().Data; len(got) != 4 {
			t.Errorf("seed %d: %d events say they were not delivered, want 4", testSeed, len(got))
		}
	})
	t.Run("a redirect is a failure and is not followed", func(t *testing.T) {
		w := newWorld(t, nil)
		followed := 0
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				followed++
			}
			http.Redirect(rw, r, "/there", http.StatusTemporaryRedirect)
		}))
		defer s.Close()
		w.register(Endpoint{URL: s.URL + "/here", Events: []string{"charge.succeeded"}})
		w.submit(w.begin(), "succeeds")
		w.deliver()
		if n, err := w.sim.Undelivered(t.Context()); n != 1 || followed != 0 || err != nil {
			t.Errorf("seed %d: %d wait, %d followed, %v", testSeed, n, followed, err)
		}
	})
	t.Run("only the types asked for are sent", func(t *testing.T) {
		w := newWorld(t, nil)
		got := w.catch(Endpoint{Events: []string{"charge.succeeded", "charge.refunded"}})
		w.submit(w.begin(), "succeeds")
		w.deliver()
		if len(*got) != 1 || (*got)[0].Type != "charge.succeeded" {
			t.Errorf("seed %d: %d webhooks", testSeed, len(*got))
		}
	})
	t.Run("an endpoint without a pinned version hears the account's", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) { cfg.EventVersion = "2025-03-31.basil" })
		got := w.catch(Endpoint{})
		w.submit(w.begin(), "succeeds")
		w.deliver()
		if len(*got) != 4 || (*got)[0].APIVersion != "2025-03-31.basil" {
			t.Fatalf("seed %d: %d webhooks", testSeed, len(*got))
		}
		if v := w.events[0].APIVersion; v != APIVersion {
			t.Errorf("seed %d: the pinned endpoint heard %s", testSeed, v)
		}
	})
	t.Run("a disabled endpoint hears nothing more", func(t *testing.T) {
		w := newWorld(t, nil)
		w.refuse = 4
		w.submit(w.begin(), "succeeds")
		w.deliver()
		id := w.api.WebhookEndpoints.List(nil).WebhookEndpointList().Data[0].ID
		if _, err := w.api.WebhookEndpoints.Update(id, &stripe.WebhookEndpointParams{Disabled: stripe.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		w.submit(w.begin(), "succeeds")
		w.pass(time.Hour)
		w.deliver()
		if len(w.events) != 0 {
			t.Errorf("seed %d: %d webhooks came", testSeed, len(w.events))
		}
	})
	t.Run("what is undelivered survives a restart", func(t *testing.T) {
		file := stateFile(t)
		w := newWorld(t, file)
		cs := w.begin()
		w.submit(cs, "late")
		made := w.sim.next
		w.restart(file)
		if w.sim.next != made {
			t.Errorf("seed %d: ids start again at %d of %d and would come twice", testSeed, w.sim.next, made)
		}
		if got := w.session(cs.ID); got.PaymentStatus != "paid" {
			t.Errorf("seed %d: the session is %s", testSeed, got.PaymentStatus)
		}
		w.pass(time.Minute)
		w.deliver()
		if n := w.heard("charge.succeeded"); n != 1 {
			t.Errorf("seed %d: %d came", testSeed, n)
		}
	})
	t.Run("each carries a signature stripe-go accepts, and no other does", func(t *testing.T) {
		body := []byte(`{"id":"evt_1"}`)
		if err := webhook.ValidatePayload(body, signature(time.Now(), body, testSecret), testSecret); err != nil {
			t.Error(err)
		}
		if err := webhook.ValidatePayload(body, signature(time.Now(), body, "whsec_other"), testSecret); err == nil {
			t.Error("another secret's signature was accepted")
		}
		if err := webhook.ValidatePayload(body, signature(time.Now().Add(-time.Hour), body, testSecret), testSecret); err == nil {
			t.Error("an old signature was accepted")
		}
	})
}

func TestRunDeliversWhenWoken(t *testing.T) {
	w := newWorld(t, nil)
	taken := make(chan struct{}, 8)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken <- struct{}{} }))
	defer s.Close()
	w.register(Endpoint{URL: s.URL, Events: []string{"checkout.session.completed"}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.sim.Run(ctx) }()
	w.submit(w.begin(), "succeeds")
	<-taken
	w.submit(w.begin(), "late")
	w.pass(time.Minute)
	w.sim.Wake()
	<-taken
	stop()
	if err := <-done; err != nil {
		t.Errorf("seed %d: %v", testSeed, err)
	}
}

// register adds an endpoint.
func (w *world) register(e Endpoint) {
	w.t.Helper()
	if _, err := w.sim.RegisterEndpoint(w.t.Context(), e); err != nil {
		w.t.Fatal(err)
	}
}

// catch adds an endpoint and returns where its webhooks will be; read it after deliver.
func (w *world) catch(e Endpoint) *[]stripe.Event {
	w.t.Helper()
	got := &[]stripe.Event{}
	e.Secret = testSecret
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ev := w.verify(r)
		w.mu.Lock()
		defer w.mu.Unlock()
		*got = append(*got, ev)
	}))
	w.t.Cleanup(s.Close)
	e.URL = s.URL
	w.register(e)
	return got
}
