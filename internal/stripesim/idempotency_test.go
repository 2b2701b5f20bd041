package stripesim

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// keyed are the usual parameters under an idempotency key.
func keyed(key string) *stripe.CheckoutSessionParams {
	p := params()
	p.SetIdempotencyKey(key)
	return p
}

// count is how many sessions exist.
func (w *world) count() int {
	w.t.Helper()
	it := w.api.CheckoutSessions.List(nil)
	if err := it.Err(); err != nil {
		w.t.Fatal(err)
	}
	return len(it.CheckoutSessionList().Data)
}

func TestAnIdempotencyKey(t *testing.T) {
	t.Run("gives the first answer again, and says so", func(t *testing.T) {
		w := newWorld(t, nil)
		a, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil {
			t.Fatal(err)
		}
		w.submit(a, "succeeds")
		b, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil {
			t.Fatal(err)
		}
		if a.ID != b.ID || b.Status != "open" || b.LastResponse.Header.Get("Idempotent-Replayed") != "true" || w.count() != 1 {
			t.Errorf("seed %d: %s then %s, %d sessions", testSeed, a.ID, b.ID, w.count())
		}
	})
	t.Run("with other parameters is an error", func(t *testing.T) {
		w := newWorld(t, nil)
		if _, err := w.api.CheckoutSessions.New(keyed("k")); err != nil {
			t.Fatal(err)
		}
		p := keyed("k")
		p.LineItems[0].PriceData.UnitAmount = stripe.Int64(6000)
		_, err := w.api.CheckoutSessions.New(p)
		if e := asStripe(t, err); e.HTTPStatusCode != 400 || e.Type != stripe.ErrorTypeIdempotency {
			t.Errorf("seed %d: %d %s", testSeed, e.HTTPStatusCode, e.Type)
		}
	})
	t.Run("in use by another request is a conflict", func(t *testing.T) {
		w := newWorld(t, nil)
		if !w.sim.busy.take("k") {
			t.Fatal("the key is in use")
		}
		_, err := w.api.CheckoutSessions.New(keyed("k"))
		if e := asStripe(t, err); e.HTTPStatusCode != 409 || e.Code != "idempotency_key_in_use" {
			t.Errorf("seed %d: %d %s", testSeed, e.HTTPStatusCode, e.Code)
		}
		w.sim.busy.free("k")
		if _, err := w.api.CheckoutSessions.New(keyed("k")); err != nil {
			t.Errorf("seed %d: the key stayed in use: %v", testSeed, err)
		}
	})
	t.Run("is forgotten after a day", func(t *testing.T) {
		w := newWorld(t, nil)
		a, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil {
			t.Fatal(err)
		}
		w.pass(keyLife)
		b, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil || a.ID == b.ID {
			t.Errorf("seed %d: still remembered, %v", testSeed, err)
		}
		w.pass(keyLife)
		w.deliver()
		var kept int
		err = w.sim.do(t.Context(), func(x *tx) error { return x.QueryRow(`SELECT COUNT(*) FROM answers`).Scan(&kept) })
		if kept != 0 || err != nil {
			t.Errorf("seed %d: %d old answers are kept, %v", testSeed, kept, err)
		}
	})
	t.Run("whose call was refused is not used up", func(t *testing.T) {
		w := newWorld(t, nil)
		p := keyed("k")
		p.SuccessURL = nil
		if _, err := w.api.CheckoutSessions.New(p); err == nil {
			t.Fatal("not refused")
		}
		if _, err := w.api.CheckoutSessions.New(keyed("k")); err != nil {
			t.Errorf("seed %d: %v", testSeed, err)
		}
	})
	t.Run("survives a restart", func(t *testing.T) {
		file := stateFile(t)
		w := newWorld(t, file)
		a, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil {
			t.Fatal(err)
		}
		w.restart(file)
		b, err := w.api.CheckoutSessions.New(keyed("k"))
		if err != nil || a.ID != b.ID {
			t.Errorf("seed %d: a second session was made, %v", testSeed, err)
		}
	})
}

func TestFaults(t *testing.T) {
	// once spoils the first creation of a session only.
	once := func(f Fault) func(*Config) {
		var done atomic.Bool
		return func(cfg *Config) {
			cfg.Fault = func(r *http.Request) Fault {
				if r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions" && done.CompareAndSwap(false, true) {
					return f
				}
				return Fault{}
			}
		}
	}
	for _, c := range []struct {
		name     string
		fault    Fault
		made     int  // sessions after the fault
		replayed bool // the second call gets the fault again
		after    int  // sessions after the second call
	}{
		{"a 500 before anything happened is replayed", Fault{Status: 500}, 0, true, 0},
		{"a 500 after the work is replayed, and the work stays", Fault{Status: 500, After: true}, 1, true, 1},
		{"a 503 before anything happened is not kept", Fault{Status: 503}, 0, false, 1},
		{"a connection dropped before anything happened is tried again", Fault{Drop: true}, 0, false, 1},
		{"a connection dropped after the work gives the answer the second time", Fault{Drop: true, After: true}, 1, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, once(c.fault))
			if _, err := w.api.CheckoutSessions.New(keyed("k")); err == nil {
				t.Fatalf("seed %d: no fault", testSeed)
			}
			if got := w.count(); got != c.made {
				t.Errorf("seed %d: %d sessions, want %d", testSeed, got, c.made)
			}
			_, err := w.api.CheckoutSessions.New(keyed("k"))
			if (err != nil) != c.replayed {
				t.Errorf("seed %d: the second call: %v", testSeed, err)
			}
			if got := w.count(); got != c.after {
				t.Errorf("seed %d: %d sessions, want %d", testSeed, got, c.after)
			}
		})
	}
}

// restart closes the simulator and opens its file again.
func (w *world) restart(file func(*Config)) {
	w.t.Helper()
	if err := w.sim.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open(file)
}
