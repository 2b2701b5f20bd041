//go:build !race

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
)

// crowd are donors who give one gift after the other until they are told to
// stop. A form that is not answered is sent again.
type crowd struct {
	m       *mortal
	enough  chan struct{}
	donors  sync.WaitGroup
	given   atomic.Int64
	failure atomic.Pointer[error]
}

func (m *mortal) crowd(donors int) *crowd {
	c := &crowd{m: m, enough: make(chan struct{})}
	for donor := range donors {
		c.donors.Go(func() {
			for n := 1; c.more(); n++ {
				w := wish{fmt.Sprintf("form-%06d-of-donor-%03d", n, donor), fmt.Sprintf("%d.%02d", 5+n%90, donor), "once", "succeeds"}
				if err := c.give(w); err != nil {
					c.failure.Store(&err)
					return
				}
			}
		})
	}
	return c
}

func (c *crowd) more() bool {
	select {
	case <-c.enough:
		return false
	default:
		return true
	}
}

// give gives a gift to its end, however often the form has to be sent.
func (c *crowd) give(w wish) error {
	var page string
	every(c.m.t.Context(), 10*time.Millisecond, func() bool {
		var err error
		page, err = c.m.submit(w)
		return err != nil
	})
	if err := c.m.t.Context().Err(); err != nil {
		return err
	}
	c.given.Add(1)
	return c.m.pay(w, page)
}

// end lets each donor finish.
func (c *crowd) end() {
	c.m.t.Helper()
	close(c.enough)
	c.donors.Wait()
	if failure := c.failure.Load(); failure != nil {
		c.m.t.Fatal(*failure)
	}
	c.m.sessions += int(c.given.Load())
}

// delivering has Stripe send its events in the background, and returns what
// ends that.
func (m *mortal) delivering() (stop func()) {
	ctx, cancel := context.WithCancel(m.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.sim.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			m.t.Error(err)
		}
	})
}

// later ends the service, and has Stripe send what is left to the next one,
// an hour on: what was refused many times is not tried again sooner.
func (m *mortal) later() {
	m.t.Helper()
	for !m.stop() {
		m.revive()
	}
	m.ahead.Add(int64(time.Hour))
	m.through(m.deliver)
}

func TestKilledAtRandomUnderLoadItLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("TEST_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("TEST_SEED: %v", err)
		}
	}
	kills := 12
	if os.Getenv("TEST_LONG") != "" {
		kills = 100
	}
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("TEST_SEED=%d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			m := newMortal(t, database(t), seed)
			m.env["APPEAL_SYNC_INTERVAL"] = "1h" // at each start
			m.start()
			stop := m.delivering()
			defer stop()
			c := m.crowd(4)
			for range kills {
				// Gifts more than there were, and then anywhere within the next few.
				more := c.given.Load() + 1 + r.Int64N(12)
				m.insist("more gifts", func() error {
					if c.given.Load() < more && c.failure.Load() == nil {
						return fmt.Errorf("%d of %d", c.given.Load(), more)
					}
					return nil
				})
				dead := m.process.Load()
				time.AfterFunc(time.Duration(r.Int64N(int64(20*time.Millisecond))), func() { _ = dead.cmd.Process.Kill() })
				<-dead.ended
				m.revive()
			}
			c.end()
			stop()
			m.later()
			m.sync()
			m.agree()
			if m.deaths < kills {
				t.Errorf("it was killed %d times", m.deaths)
			}
			t.Logf("killed %d times while %d gifts came", m.deaths, m.sessions)
		})
	}
}

func TestToldToStopItFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, answer := make(chan struct{}, 1), make(chan struct{})
			m := newMortal(t, database(t), 1)
			m.fault = func(r *http.Request) stripesim.Fault {
				if r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions" {
					asked <- struct{}{}
					<-answer
				}
				return stripesim.Fault{}
			}
			m.start()
			w := wish{"form-of-the-gift-in-flight", "20.00", "once", "succeeds"}
			led := make(chan error, 1)
			var page string
			go func() {
				var err error
				page, err = m.submit(w)
				led <- err
			}()
			<-asked
			p := m.process.Load()
			p.signal(t, syscall.SIGTERM)
			m.await(func() bool { return !m.ready() }, func() string { return "the service to take no more" })
			p.signal(t, syscall.SIGTERM) // an impatient operator's
			close(answer)
			if err := <-led; err != nil {
				t.Errorf("the donor in flight: %v\n%s", err, p.last())
			}
			<-p.ended
			if code := p.cmd.ProcessState.ExitCode(); code != done {
				t.Errorf("it ended with status %d:\n%s", code, p.last())
			}
			// What it finished is kept: paid now, and booked by the next process.
			m.sessions++
			if err := m.pay(w, page); err != nil {
				t.Fatal(err)
			}
			m.through(m.deliver)
			m.sync()
			m.agree()
		})
	}
}

func TestToldToStopUnderLoadItFailsNobody(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMortal(t, database(t), 1)
			m.start()
			stop := m.delivering()
			defer stop()
			c := m.crowd(4)
			for range 3 {
				more := c.given.Load() + 10
				m.await(func() bool { return c.given.Load() >= more || c.failure.Load() != nil }, func() string { return "more gifts" })
				if !m.stop() { // in order: status 0
					t.Fatal("it was killed")
				}
				m.start()
			}
			c.end()
			stop()
			m.later()
			m.sync()
			m.agree()
			if n := m.failed.Load(); n != 0 {
				t.Errorf("%d requests were answered 500 or above", n)
			}
		})
	}
}
