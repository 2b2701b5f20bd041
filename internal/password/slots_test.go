package password

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

// fillSlots has as many hashes under way as may be, and nobody wait.
func fillSlots(t *testing.T, n int) {
	t.Helper()
	kept, keptFirst := slots, first
	t.Cleanup(func() { slots, first = kept, keptFirst })
	slots, first = make(chan struct{}, n), make(chan struct{}, 1)
	for range n {
		slots <- struct{}{}
	}
}

func TestTwoAreHashedForAtOnceAtTheMostAndOthersWaitNotForLong(t *testing.T) {
	if n := cap(slots); n < 1 || n > 2 {
		t.Fatalf("%d at once", n)
	}
	synctest.Test(t, func(t *testing.T) {
		fillSlots(t, cap(slots))
		before := Reckoned()
		if _, err := Matches(t.Context(), Stranger, "", "a guess"); !errors.Is(err, ErrBusy) || Reckoned() != before {
			t.Errorf("one too many: %v, and %d were reckoned", err, Reckoned()-before)
		}
		<-slots
		if _, err := Hash(t.Context(), "kettle orbit walnut", strings.NewReader("0123456789abcdef")); err != nil || Reckoned() != before+1 || len(slots) != cap(slots)-1 {
			t.Errorf("with room for one: %v, %d were reckoned, and %d hold a place", err, Reckoned()-before, len(slots))
		}
	})
}

func TestWhoIsKnownWaitsForOneStrangerAtTheMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fillSlots(t, 1)
		var order []Waiting
		done := make(chan Waiting)
		try := func(who Waiting) {
			go func() {
				if _, err := Matches(t.Context(), who, "", "a guess"); err != nil {
					t.Error(err)
				}
				done <- who
			}()
			synctest.Wait()
		}
		for range 4 {
			try(Stranger)
		}
		try(Known)
		<-slots
		for range 5 {
			order = append(order, <-done)
		}
		if order[0] != Known && order[1] != Known {
			t.Errorf("they were let in as %v", order)
		}
	})
}

func TestAStrangerWhoGoesLeavesTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fillSlots(t, 1)
		for range 2 {
			if _, err := Matches(t.Context(), Stranger, "", "a guess"); !errors.Is(err, ErrBusy) {
				t.Errorf("got %v", err)
			}
		}
		if len(first) != 0 {
			t.Error("nobody waits, and the place is taken")
		}
	})
}
