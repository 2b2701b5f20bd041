package webhooks_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
)

// twoProcesses opens books that two processes keep: on PostgreSQL as two
// servers beside one database, on SQLite, which has one process, the same one.
func twoProcesses(t *testing.T, test func(t *testing.T, r *round, other *entrance)) {
	t.Helper()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			at := address(t)
			r := newRound(t, storetest.Open(t, at, clock), clock)
			other := r.entrance
			if name == "PostgreSQL" {
				other = newRound(t, storetest.Open(t, at, clock), clock).beside(r)
			}
			test(t, r, other)
		})
	}
}

// beside is the entrance of a second process, with the same Stripe.
func (r *round) beside(first *round) *entrance {
	return entranceBeside(r.t, r.store, r.now, first.api, r.door.Log)
}

func TestSevenEventsAtOnceLeaveTheLedgerOfAnyOrder(t *testing.T) {
	t.Parallel()
	rounds := 20
	if long() {
		rounds = 5000
	}
	stories := []story{storyNamed(t, "a-dispute-won"), storyNamed(t, "a-dispute-lost-after-a-warning")}
	twoProcesses(t, func(t *testing.T, r *round, other *entrance) {
		for i := range rounds {
			told := r.another(stories[i%len(stories)], fmt.Sprintf("at once, in round %d", i))
			var wait sync.WaitGroup
			for event := range told.events {
				at := []*entrance{r.entrance, other}[(event+i)%2]
				wait.Go(func() {
					if got := at.deliver(told.body(t, event)); got != 200 {
						t.Errorf("round %d: event %d was answered %d", i, event+1, got)
					}
				})
			}
			wait.Wait()
			wait.Go(func() { other.settle(r.clock.Advance) })
			r.settle(r.clock.Advance)
			wait.Wait()
			r.api.forget()
		}
		r.check()
	})
}

// Each payment is told ten times: five times each by two events that Stripe
// made of one change. Thirty-two workers deliver at once.
func TestEveryPaymentToldTenTimesIsBookedOnce(t *testing.T) {
	t.Parallel()
	gifts := 100
	if long() {
		gifts = 1000
	}
	const copies, workers = 10, 32
	s := storyNamed(t, "one-card-gift")
	s.events = s.events[:1]
	again := s.events[0]
	again.id = "evt_2MARK"
	s.events = append(s.events, again)
	twoProcesses(t, func(t *testing.T, r *round, other *entrance) {
		for i := range gifts {
			r.another(s, fmt.Sprintf("as gift %d", i))
		}
		var next atomic.Int64
		var wait sync.WaitGroup
		for w := range workers {
			at := []*entrance{r.entrance, other}[w%2]
			wait.Go(func() {
				for n := int(next.Add(1)) - 1; n < gifts*copies; n = int(next.Add(1)) - 1 {
					told := r.told[n%gifts]
					if got := at.deliver(told.body(t, n/gifts%2)); got != 200 {
						t.Errorf("delivery %d was answered %d", n, got)
					}
				}
			})
		}
		wait.Wait()
		r.check()
		if got := r.totals(); got.Gifts != int64(gifts) || got.Donors != int64(gifts) {
			t.Errorf("%d gifts by %d donors, should be %d", got.Gifts, got.Donors, gifts)
		}
	})
}
