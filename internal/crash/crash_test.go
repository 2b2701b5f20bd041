package crash_test

import (
	"testing"

	"github.com/corruptionproject/appeal/internal/crash"
)

func TestEveryPointHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range crash.Points() {
		if p.String() == "" || seen[p.String()] {
			t.Errorf("point %d is called %q", p, p)
		}
		seen[p.String()] = true
	}
}

func TestNothingHappensUnlessATestArmedIt(t *testing.T) {
	t.Parallel()
	for _, p := range crash.Points() {
		crash.Here(p)
	}
}

func BenchmarkAPointThatIsNotArmed(b *testing.B) {
	for b.Loop() {
		crash.Here(crash.EventBooked)
	}
}
