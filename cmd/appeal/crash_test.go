//go:build !race

package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
)

// crowded are the points that only busy books come by.
var crowded = map[crash.Point]bool{crash.ProgressFolding: true, crash.ProgressFolded: true}

// live is a campaign's life: gifts of each kind, one of which no webhook tells,
// and a refund, all booked; then a sync.
func (m *mortal) live(crowd bool) {
	m.t.Helper()
	if crowd {
		const gifts = 300
		m.sessions += gifts
		err := m.sim.Sample(m.t.Context(), stripesim.SampleOptions{
			N: gifts, Campaign: "corruption-project", From: m.now().AddDate(0, 0, -7), To: m.now(),
		}, nil)
		if err != nil {
			m.t.Fatal(err)
		}
	}
	m.through(func() {
		for _, w := range []wish{
			{"form-of-the-once-gift", "20.00", "once", "succeeds"},
			{"form-of-the-twice-gift", "35.01", "once", "twice"},
			{"form-of-the-never-gift", "50.02", "once", "never"},
			{"form-of-the-monthly-gift", "15.04", "monthly", "succeeds"},
		} {
			m.give(w)
		}
		m.refund(2000, 500)
		m.deliver()
	})
	m.sync()
	m.agree()
}

func TestACrashAtAnyPointLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	peace := map[bool][]string{}
	for _, crowd := range []bool{false, true} {
		m := newMortal(t, storetest.Databases()["SQLite"](t), 1)
		m.live(crowd)
		_, peace[crowd] = m.ledger()
	}
	times := 1
	if os.Getenv("TEST_LONG") != "" {
		times = 3
	}
	for name, database := range storetest.Databases() {
		for _, point := range crash.Points() {
			t.Run(name+"/"+point.String(), func(t *testing.T) {
				t.Parallel()
				for pass := 1; pass <= times; pass++ {
					began := time.Now()
					m := newMortal(t, database(t), uint64(pass))
					m.dies = death{point, pass}
					m.live(crowded[point])
					if _, ledger := m.ledger(); !cmp.Equal(peace[crowded[point]], ledger) {
						t.Errorf("the ledger differs from that of a run without a crash (−want +got):\n%s", cmp.Diff(peace[crowded[point]], ledger))
					}
					if pass == 1 && m.deaths != 1 {
						t.Errorf("it was killed %d times", m.deaths)
					}
					t.Logf("pass %d: killed %d times, %s", pass, m.deaths, time.Since(began))
				}
			})
		}
	}
}
