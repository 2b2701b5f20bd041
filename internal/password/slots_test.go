package password

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestTwoAreHashedForAtOnceAtTheMostAndOthersWaitNotForLong(t *testing.T) {
	if n := cap(slots); n < 1 || n > 2 {
		t.Fatalf("%d at once", n)
	}
	kept := slots
	defer func() { slots = kept }()
	synctest.Test(t, func(t *testing.T) {
		slots = make(chan struct{}, cap(kept))
		for range cap(slots) {
			slots <- struct{}{}
		}
		before := Reckoned()
		if _, err := Matches(t.Context(), "", "a guess"); !errors.Is(err, ErrBusy) || Reckoned() != before {
			t.Errorf("one too many: %v, and %d were reckoned", err, Reckoned()-before)
		}
		<-slots
		if _, err := Hash(t.Context(), "kettle orbit walnut", strings.NewReader("0123456789abcdef")); err != nil || Reckoned() != before+1 || len(slots) != cap(slots)-1 {
			t.Errorf("with room for one: %v, %d were reckoned, and %d hold a place", err, Reckoned()-before, len(slots))
		}
	})
}
