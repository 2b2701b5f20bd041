//go:build !race

package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/models"
)

// erasing are the points on an erasure's way: those that the command comes by,
// and those that only the service does.
var erasing = []crash.Point{crash.ErasureUnkept, crash.ErasureKept, crash.EventsUnemptied, crash.EventsEmptied}

var erasingAtStripe = []crash.Point{crash.StripeForgot, crash.ErasureUnended, crash.ErasureEnded}

func TestAKillOnAnErasuresWayLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	booksOf(t, address, len(erasing))
	m := newMortal(t, address, 1)
	if err := m.store.OpenBooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := m.store.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Each donor's command dies elsewhere, and the last of them is not given again.
	for i, point := range erasing {
		who := fmt.Sprintf("kanari%d@example.org", i+1)
		p := startProcess(t, m.env, 0, death{point, 1, 1}, "erase", who, "--yes")
		<-p.ended
		if !p.killed() {
			t.Errorf("the command was not killed at %s: %s", point, p.last())
		}
		if point == crash.EventsEmptied {
			break
		}
		m.ahead.Add(int64(downFor))
		if status, out, errs := appeal(t, m.env, "erase", who, "--yes"); status != done {
			t.Errorf("after a death at %s: status %d, %s%s", point, status, out, errs)
		}
	}
	m.ahead.Add(int64(4 * downFor)) // its claim has run out
	for _, point := range erasingAtStripe {
		m.dies = death{point, 1, 1}
		m.start()
		m.await(func() bool { return m.process.Load().over() }, func() string { return "the service to be killed at " + point.String() })
		m.ahead.Add(int64(4 * downFor))
	}
	m.dies = death{}
	m.start()
	for i := range erasing {
		who := fmt.Sprintf("kanari%d@example.org", i+1)
		m.await(func() bool {
			plan, err := m.store.PlanErasure(t.Context(), who)
			return err == nil && plan.Erased != nil && plan.Erased.State == models.ErasureDone
		}, func() string { return who + " to be erased" })
	}
	m.stop()
	if after, err := m.store.Digest(t.Context()); err != nil || after != before {
		t.Errorf("the ledger is another: %v", err)
	}
	if status, out, errs := appeal(t, m.env, "verify"); status != done {
		t.Errorf("verify: status %d, %s%s", status, out, errs)
	}
	forgotten(t, address)
}
