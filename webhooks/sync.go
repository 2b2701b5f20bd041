package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Syncer reads Stripe's own objects, not only its events: an event can be
// lost, be older than the 30 days that Stripe lists, or never have been made.
// What it finds it books through the same translation as an event's payload,
// and then it holds the books against Stripe's balance transactions.
//
// One process at a time does it, under a lease. Two at once would do no harm:
// booking is set union.
type Syncer struct {
	store  *models.Store
	follow follower
	slug   string
	start  time.Time // of the books
	holder string    // this process, for the lease
	log    *slog.Logger
}

// SyncConfig says what a Syncer is for.
type SyncConfig struct {
	Slug       string    // of the campaign
	BooksStart time.Time // balance transactions are read from then on
	Holder     string    // names this process; no other may use it
	Log        *slog.Logger
}

// NewSyncer makes a syncer. stripe should be paced, with all else that asks it.
func NewSyncer(store *models.Store, stripe Stripe, c SyncConfig) *Syncer {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Syncer{store: store, follow: follower{stripe, store}, slug: c.Slug, start: c.BooksStart, holder: c.Holder, log: c.Log}
}

// ErrSyncing says that another process is syncing now.
var ErrSyncing = errors.New("another process is syncing with Stripe now")

// Report is what a sync found.
type Report struct {
	Since    time.Time         // it read what was made at Stripe since then
	Booked   []string          // keys of what no event had brought
	Mended   []string          // balance transactions of which the books' copy was lost or wrong
	Problems []string          // objects that contradict the books; they need a person
	Findings []models.Finding  // where the books and Stripe differ, all that stand
	Balance  *money.Minor      // Stripe's, nil if it did not stand still long enough
	Books    money.Minor       // the same by the journal, which has a refund from when it is made
	OnItsWay []models.Unproven // what of that Stripe has not moved its balance for yet
	Resumed  bool              // it went on with a run that was broken off
}

// lease is how long a syncer that died keeps others waiting.
const lease = 2 * time.Minute

// overlap is how far a sync reads back before the last one: objects can become
// listable a little later than the time they bear.
const overlap = 10 * time.Minute

// syncing is one run.
type syncing struct {
	*Syncer
	run      models.SyncRun
	progress func(stage string, read int)
	report   *Report
	read     int // objects read in this stage
	silent   int // objects in a row that Stripe did not show
	// foreign are objects that listings showed to be none of ours, so that their
	// balance transactions need not ask again.
	foreign map[string]bool
	asked   time.Time // when the page at hand was asked for
}

// stage is one part of a sync, in their order: whose a payment is comes before
// the payment, and all that is booked before it is compared.
type stage struct {
	name string
	do   func(*syncing, context.Context) error
}

var stages = []stage{
	{"payment pages", (*syncing).sessions},
	{"unfinished gifts", (*syncing).unfinished},
	{"invoices", (*syncing).invoices},
	{"payments", (*syncing).charges},
	{"bank debits under way", (*syncing).openDebits},
	{"refunds", (*syncing).refunds},
	{"open refunds", (*syncing).openRefunds},
	{"disputes", (*syncing).disputes},
	{"open disputes", (*syncing).openDisputes},
	{"warnings of fraud", (*syncing).warnings},
	{"subscriptions", (*syncing).subscriptions},
	{"running subscriptions", (*syncing).runningSubscriptions},
	{"payouts", (*syncing).payouts},
	{"open payouts", (*syncing).openPayouts},
	{"balance transactions", (*syncing).transactions},
	{"what was in suspense", (*syncing).suspended},
	{"payouts' members", (*syncing).members},
	{"differences", (*syncing).compare},
}

// Sync reads Stripe back to since, or, where that is nil, to where the last
// sync began. A run that was broken off goes on. progress, if given, is told of
// each page. It returns ErrSyncing if another process is at it.
func (s *Syncer) Sync(ctx context.Context, since *time.Time, progress func(stage string, read int)) (Report, error) {
	if progress == nil {
		progress = func(string, int) {}
	}
	if err := s.hold(ctx); err != nil {
		return Report{}, err
	}
	defer s.release(ctx)
	ctx, stop := s.holding(ctx)
	defer stop()
	crash.Here(crash.SyncLeased)
	run, err := s.store.BeginSync(ctx, models.SyncPlan{Stages: stageNames(), BooksStart: s.start, Since: since, Overlap: overlap})
	if err != nil {
		return Report{}, err
	}
	crash.Here(crash.SyncBegun)
	y := &syncing{
		Syncer: s, run: run, progress: progress, foreign: map[string]bool{},
		report: &Report{Since: run.Since, Resumed: run.Resumed},
	}
	err = y.all(ctx)
	if lost := context.Cause(ctx); errors.Is(lost, ErrSyncing) {
		err = lost
	}
	return *y.report, err
}

func stageNames() []string {
	names := make([]string, 0, len(stages))
	for _, s := range stages {
		names = append(names, s.name)
	}
	return names
}

// all goes through the stages that are left of the run. One that fails does not
// keep the others from being read: it is put off, the run goes on with it the
// next time, and only when nothing is left is it compared, and complete. Two in
// a row that Stripe does not answer break the run off: it is down, and the others
// would only wait.
func (y *syncing) all(ctx context.Context) error {
	var failed error
	unanswered := false
	for left := len(y.run.Later); left > 0; left-- {
		err := y.stage(ctx)
		switch {
		case err == nil:
			unanswered = false
			y.run.Passed()
		case errors.Is(err, ErrSyncing), ctx.Err() != nil, unanswered && errors.Is(err, stripeapi.ErrUnavailable):
			return errors.Join(failed, err)
		default:
			failed, unanswered = errors.Join(failed, err), errors.Is(err, stripeapi.ErrUnavailable)
			y.run.PutOff()
		}
		if err := y.at(ctx); err != nil {
			return errors.Join(failed, err)
		}
	}
	if failed != nil {
		return failed
	}
	if err := y.stage(ctx); err != nil {
		return err
	}
	crash.Here(crash.SyncUncompleted)
	err := y.store.CompleteSync(ctx, y.run, y.report.Balance)
	crash.Here(crash.SyncCompleted)
	return err
}

// stage does what the run stands at.
func (y *syncing) stage(ctx context.Context) error {
	y.read, y.silent = 0, 0
	y.progress(y.run.Stage, 0)
	i := slices.IndexFunc(stages, func(s stage) bool { return s.name == y.run.Stage })
	if err := stages[i].do(y, ctx); err != nil {
		return fmt.Errorf("sync, %s: %w", y.run.Stage, err)
	}
	return nil
}

// holding renews the lease for as long as ctx lives, and ends what it returns
// should another process have taken it.
func (s *Syncer) holding(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		renew := time.NewTicker(lease / 4)
		defer renew.Stop()
		for {
			select {
			case <-renew.C:
				if err := s.hold(ctx); errors.Is(err, ErrSyncing) {
					cancel(err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// hold takes or renews the lease.
func (s *Syncer) hold(ctx context.Context) error {
	mine, err := s.store.Lease(ctx, "sync", s.holder, lease)
	if err == nil && !mine {
		err = ErrSyncing
	}
	return err
}

func (s *Syncer) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.store.Release(ctx, "sync", s.holder); err != nil {
		s.log.Warn("the lease of the sync could not be given back; it runs out by itself", "error", err)
	}
}

// at keeps how far the run is, and the lease.
func (y *syncing) at(ctx context.Context) error {
	if err := y.hold(ctx); err != nil {
		return err
	}
	err := y.store.AdvanceSync(ctx, y.run)
	crash.Here(crash.CursorKept)
	return err
}

// Run syncs at once and then every interval, and reads the fees of what was
// booked in between at most every 10 s, until ctx ends.
func (s *Syncer) Run(ctx context.Context, interval time.Duration) {
	const feesEvery = 10 * time.Second
	tick := time.NewTicker(feesEvery)
	defer tick.Stop()
	next, commits := s.store.Now(), uint64(0)
	for {
		now := s.store.Now()
		switch {
		case !now.Before(next):
			next = now.Add(interval)
			s.syncOnce(ctx)
			commits = s.store.Commits()
		case s.store.Commits() != commits:
			if err := s.Fees(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrSyncing) {
				s.log.Warn("the fees could not be read; the next sync will", "error", err)
			}
			commits = s.store.Commits()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Syncer) syncOnce(ctx context.Context) {
	report, err := s.Sync(ctx, nil, nil)
	switch {
	case errors.Is(err, ErrSyncing), ctx.Err() != nil:
		return
	case err != nil:
		s.log.Error("the sync with Stripe is not complete; the next goes on with what is left", "error", err)
		return
	}
	level := slog.LevelInfo
	if len(report.Findings) > 0 {
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "synced with Stripe", "since", report.Since, "booked", len(report.Booked),
		"problems", len(report.Problems), "findings", len(report.Findings))
}
