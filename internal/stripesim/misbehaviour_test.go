package stripesim

import (
	"strings"
	"testing"
	"time"
)

func TestWebhooksMisbehave(t *testing.T) {
	t.Run("an event Stripe failed to make exists nowhere", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) {
			cfg.Unmade = func(kind string) bool {
				return kind == "charge.succeeded" || strings.HasPrefix(kind, "charge.dispute.")
			}
		})
		id := w.paid()
		_, err := w.sim.OpenDispute(t.Context(), id, DisputeOptions{})
		w.must(err)
		w.deliver()
		if got := w.types(); got != "payment_intent.created payment_intent.succeeded checkout.session.completed" || len(w.events) != 3 {
			t.Errorf("seed %d: events %s, %d webhooks", testSeed, got, len(w.events))
		}
		if !w.charge(id).Disputed {
			t.Errorf("seed %d: what it would have told did not happen", testSeed)
		}
	})
	t.Run("they come twice, late, or not until sent again", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) {
			cfg.Sending = func(kind string, copies int, delay time.Duration) (int, time.Duration) {
				switch kind {
				case "charge.succeeded":
					return 2, delay
				case "charge.refunded":
					return copies, time.Hour
				case "checkout.session.completed":
					return 0, delay
				}
				return copies, delay
			}
		})
		id := w.paid()
		_, err := w.sim.RefundCharge(t.Context(), id, RefundOptions{})
		w.must(err)
		w.deliver()
		if w.heard("charge.succeeded") != 2 || w.heard("charge.refunded") != 0 || w.heard("checkout.session.completed") != 0 {
			t.Errorf("seed %d: %d webhooks at once", testSeed, len(w.events))
		}
		w.pass(time.Hour)
		w.deliver()
		if w.heard("charge.refunded") != 1 || w.heard("checkout.session.completed") != 0 {
			t.Errorf("seed %d: %d webhooks after an hour", testSeed, len(w.events))
		}
		it := w.api.Events.List(nil)
		for it.Next() {
			if it.Event().Type == "checkout.session.completed" {
				w.must(w.sim.Resend(t.Context(), it.Event().ID))
			}
		}
		w.deliver()
		if w.heard("checkout.session.completed") != 1 {
			t.Errorf("seed %d: it was not sent again", testSeed)
		}
		if err := w.sim.Resend(t.Context(), "evt_unknown"); err == nil {
			t.Errorf("seed %d: an unknown event was sent", testSeed)
		}
	})
}
