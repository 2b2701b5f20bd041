//go:build !race

package webhooks_test

import (
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// One event of a thousand can't be understood, and Stripe does not help. It
// keeps none of the others from being booked, and is booked itself once it can
// be read.
func TestOneEventThatCannotBeReadStopsNoOther(t *testing.T) {
	t.Parallel()
	const gifts, bad = 1000, 421
	s := storyNamed(t, "one-card-gift")
	s.events = s.events[:1]
	poisoned := s
	poisoned.events = []storyEvent{s.events[0]}
	poisoned.events[0].object = `{"id":"ch_1MARK","object":"charge","amount":"a lot"}`
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		r := newRound(t, store, clock)
		for i := range gifts {
			if i != bad {
				r.hear(r.another(s, "clean"), 0)
				continue
			}
			told := r.another(poisoned, "poisoned")
			r.api.forget()
			r.hear(told, 0)
		}
		r.settle(clock.Advance)
		poison := r.told[bad].words.Replace(poisoned.events[0].id)
		if got := r.totals(); got.Gifts != gifts-1 || got.NeedsAttention != 1 {
			t.Fatalf("%d gifts are booked and %d events need a person", got.Gifts, got.NeedsAttention)
		}
		if got := r.state(poison); got.State != models.EventAttention || got.Problem == "" {
			t.Errorf("the event is %s: %s", got.State, got.Problem)
		}
		r.told[bad].putInto(r.api.objects)
		if err := store.Replay(t.Context(), models.Operator, poison); err != nil {
			t.Fatal(err)
		}
		r.settle(clock.Advance)
		if got := r.totals(); got.Gifts != gifts {
			t.Errorf("after the fix %d gifts are booked", got.Gifts)
		}
		r.check()
	})
}
