//go:build !race

package webhooks_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// Stripe promises no order. Here every order there is of eight sets of events
// is told, and all must come to one ledger: that of the story.
//
// Each order is told of a gift of its own. In the long run every event comes a
// second time at some later place; in the short one that is so of every other
// order. What waits is looked up after each event in one half of the orders,
// and at the end in the other. The events come in by the door, signed; Stripe's
// API is asked without HTTP between. Hundreds of gifts stand in one set of
// books, since opening a database costs more than a gift.

var inOrder = flag.String("order", "", `tell one order alone, as a failure names it: "a-dispute-won:6,0,3,1,2,5,4"`)

// eventSet is a story told in every order.
type eventSet struct {
	story  string
	events int
	long   bool // too many for each run of the tests
}

var eventSets = []eventSet{
	{"one-card-gift", 4, false},
	{"declined-then-paid", 6, false},
	{"two-refunds-one-of-which-failed", 8, true},
	{"a-dispute-lost-after-a-warning", 7, false},
	{"a-dispute-won", 7, false},
	{"a-bank-debit-settles", 6, false},
	{"a-bank-debit-failed-after-money-moved", 5, false},
	{"expired", 2, false},
}

// triedAgain is a ninth set: one gift, two charges, the first of which bounced.
var triedAgain = eventSet{"a-first-debit-bounced-and-tried-again", 5, false}

// deadlineMoved is a tenth: what Stripe said last of a dispute stands.
var deadlineMoved = eventSet{"a-dispute-whose-deadline-moved", 5, false}

// shard is how many orders one set of books is told.
const shard = 840

func TestEveryOrderOfEventsLeavesOneLedger(t *testing.T) {
	t.Parallel()
	orders := 0
	for number, set := range eventSets {
		orders += set.tellEveryOrder(t, uint64(number))
	}
	if want := map[bool]int{false: 11_666, true: 51_986}[long()]; orders != want {
		t.Errorf("%d orders are told, not %d", orders, want)
	}
}

func TestADebitTriedAgainLeavesOneLedgerInEveryOrder(t *testing.T) {
	t.Parallel()
	if orders := triedAgain.tellEveryOrder(t, uint64(len(eventSets))); orders != 120 {
		t.Errorf("%d orders are told, not 120", orders)
	}
}

func TestADisputeIsToBeAnsweredByTheSameDayInEveryOrder(t *testing.T) {
	t.Parallel()
	if orders := deadlineMoved.tellEveryOrder(t, uint64(len(eventSets)+1)); orders != 120 {
		t.Errorf("%d orders are told, not 120", orders)
	}
}

// tellEveryOrder returns how many orders there are, 0 if they are left to the
// long run.
func (set eventSet) tellEveryOrder(t *testing.T, seed uint64) int {
	t.Helper()
	s := storyNamed(t, set.story)
	if len(s.events) != set.events {
		t.Fatalf("%s has %d events, not %d", set.story, len(s.events), set.events)
	}
	if set.long && !long() {
		return 0
	}
	all := factorial(set.events)
	for from := 0; from < all; from += shard {
		t.Run(fmt.Sprintf("%s/from %d", set.story, from), func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			r := newRound(t, storetest.Open(t, storetest.InMemory(t), clock), clock)
			for i := from; i < min(from+shard, all); i++ {
				order := nthOrder(set.events, i)
				if long() || i%2 == 0 {
					order = doubled(order, rand.New(rand.NewPCG(seed, uint64(i))))
				}
				r.tell(s, order, i/2%2 == 0)
			}
			r.check()
		})
	}
	return all
}

func TestSampledOrdersLeaveOneLedgerOnPostgreSQL(t *testing.T) {
	t.Parallel()
	samples := 100
	if long() {
		samples = 2000
	}
	clock := &storetest.Clock{}
	r := newRound(t, storetest.Open(t, storetest.Databases()["PostgreSQL"](t), clock), clock)
	var told []story
	for _, set := range append(slices.Clone(eventSets), triedAgain, deadlineMoved) {
		told = append(told, storyNamed(t, set.story))
	}
	for i := range samples {
		random := rand.New(rand.NewPCG(0, uint64(i)))
		s := told[i%len(told)]
		r.tell(s, doubled(random.Perm(len(s.events)), random), random.IntN(2) == 0)
	}
	r.check()
}

func TestTheOrderAskedForLeavesOneLedger(t *testing.T) {
	t.Parallel()
	name, places, ok := strings.Cut(*inOrder, ":")
	if !ok {
		name, places = "one-card-gift", "2,0,1,3,3"
	}
	var order []int
	for place := range strings.SplitSeq(places, ",") {
		i, err := strconv.Atoi(place)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, i)
	}
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		r := newRound(t, store, clock)
		for _, atOnce := range []bool{true, false} {
			r.tell(storyNamed(t, name), order, atOnce)
		}
		r.check()
	})
}

// tell tells a story of one more gift. What waits is looked up at once, or not
// before the end.
func (r *round) tell(s story, order []int, atOnce bool) {
	r.t.Helper()
	places := strings.ReplaceAll(strings.Trim(fmt.Sprint(order), "[]"), " ", ",")
	told := r.another(s, fmt.Sprintf("by go test -run TestTheOrderAskedFor -order %s:%s", s.name, places))
	for _, i := range order {
		r.hear(told, i)
		if atOnce {
			r.lookUp()
		}
	}
	r.settle(r.clock.Advance)
	r.api.forget()
}

// doubled puts every event a second time, somewhere after the first.
func doubled(order []int, r *rand.Rand) []int {
	twice := append([]int(nil), order...)
	for _, i := range order {
		at := slices.Index(twice, i) + 1
		twice = slices.Insert(twice, at+r.IntN(len(twice)-at+1), i)
	}
	return twice
}

func factorial(n int) int {
	if n < 2 {
		return 1
	}
	return n * factorial(n-1)
}

// nthOrder is the i-th of the n! orders of n things.
func nthOrder(n, i int) []int {
	left := make([]int, n)
	for k := range left {
		left[k] = k
	}
	order := make([]int, 0, n)
	for ; n > 0; n-- {
		f := factorial(n - 1)
		order = append(order, left[i/f])
		left = append(left[:i/f], left[i/f+1:]...)
		i %= f
	}
	return order
}
