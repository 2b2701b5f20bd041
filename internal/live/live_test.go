package live_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corruptionproject/appeal/internal/live"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// rows stands in for the committed rows.
type rows struct {
	mu      sync.Mutex
	raised  money.Minor
	broken  error
	reads   atomic.Int64
	commits atomic.Uint64
}

func (r *rows) Progress(context.Context) (models.Progress, error) {
	r.reads.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	return models.Progress{Raised: r.raised}, r.broken
}

func (r *rows) Commits() uint64 { return r.commits.Load() }

// set changes the rows, as this process or as another.
func (r *rows) set(raised money.Minor, broken error, ours bool) {
	r.mu.Lock()
	r.raised, r.broken = raised, broken
	r.mu.Unlock()
	if ours {
		r.commits.Add(1)
	}
}

func encode(p models.Progress, _ time.Time) ([]byte, error) {
	return fmt.Appendf(nil, "%d", p.Raised), nil
}

func current(t *testing.T, f *live.Feed) live.Snapshot {
	t.Helper()
	s, err := f.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnAcknowledgedGiftIsSeenAtOnceAndAnotherProcessesWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		f := live.New(r, encode, time.Now)
		if got := string(current(t, f).JSON); got != "0" {
			t.Fatalf("at first %s", got)
		}
		r.set(1, nil, true)
		if got := string(current(t, f).JSON); got != "1" {
			t.Errorf("behind what this process acknowledged: %s", got)
		}
		r.set(2, nil, false)
		time.Sleep(time.Second) // the bubble's clock, not ours
		if got := string(current(t, f).JSON); got != "2" {
			t.Errorf("a second behind another process: %s", got)
		}
		before := r.reads.Load()
		for range 1000 {
			current(t, f)
		}
		if r.reads.Load() != before {
			t.Errorf("%d reads for a thousand pages", r.reads.Load()-before)
		}
	})
}

func TestFiguresThatCantBeReadAreShownAsOfTheirLastReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rows{broken: errors.New("no database")}
		f := live.New(r, encode, time.Now)
		if _, err := f.Current(t.Context()); err == nil {
			t.Error("figures that were never read are given out")
		}
		r.set(5, nil, true)
		read := time.Now()
		current(t, f)
		time.Sleep(time.Hour)
		r.set(5, errors.New("no database"), false)
		if got := current(t, f); string(got.JSON) != "5" || !got.StaleSince.Equal(read) {
			t.Errorf("given out: %s as of %s", got.JSON, got.StaleSince)
		}
		hanging := r.reads.Load()
		for range 100 {
			current(t, f)
		}
		if got := r.reads.Load(); got != hanging {
			t.Errorf("a hundred readers tried %d times what had just failed", got-hanging)
		}
		r.set(6, nil, false)
		time.Sleep(time.Second)
		if got := current(t, f); string(got.JSON) != "6" || !got.StaleSince.IsZero() {
			t.Errorf("once it can be read again: %s, stale since %s", got.JSON, got.StaleSince)
		}
	})
}

func TestWatchersAreToldWithoutAnybodyAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		f := live.New(r, encode, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		go f.Run(ctx)
		current(t, f)
		time.Sleep(time.Hour)
		if got := r.reads.Load(); got != 1 {
			t.Errorf("%d reads in an hour that nobody watched", got)
		}
		leave := f.Join()
		synctest.Wait()
		_, changed := f.Watch()
		r.set(7, nil, false)
		began := time.Now()
		<-changed
		if took := time.Since(began); took > time.Second {
			t.Errorf("told after %s", took)
		}
		if s, _ := f.Watch(); string(s.JSON) != "7" {
			t.Errorf("told of %s", s.JSON)
		}
		leave()
		leave()
		time.Sleep(time.Second)
		before := r.reads.Load()
		time.Sleep(time.Hour)
		if got := r.reads.Load(); got != before {
			t.Errorf("%d reads after the last watcher left", got-before)
		}
		stop()
		synctest.Wait()
	})
}
