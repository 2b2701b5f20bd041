package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

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
	// PerSecond bounds the requests to Stripe, so that donors who are about to
	// pay find room beside them: Stripe allows 25 a second in test mode, 100
	// live (https://docs.stripe.com/rate-limits).
	PerSecond int
	Log       *slog.Logger
}

// NewSyncer makes a syncer.
func NewSyncer(store *models.Store, stripe Stripe, c SyncConfig) *Syncer {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	pace := &paced{stripe, rate.NewLimiter(rate.Limit(c.PerSecond), c.PerSecond)}
	return &Syncer{store: store, follow: follower{pace, store}, slug: c.Slug, start: c.BooksStart, holder: c.Holder, log: c.Log}
}

// paced is a Stripe that is not asked more often than it allows.
type paced struct {
	stripe Stripe
	limit  *rate.Limiter
}

func (p *paced) Fetch(ctx context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error) {
	if err := p.limit.Wait(ctx); err != nil {
		return nil, fmt.Errorf("wait for Stripe's rate: %w", err)
	}
	return p.stripe.Fetch(ctx, kind, id)
}

func (p *paced) List(ctx context.Context, l stripeapi.Listing) (stripeapi.Page, error) {
	if err := p.limit.Wait(ctx); err != nil {
		return stripeapi.Page{}, fmt.Errorf("wait for Stripe's rate: %w", err)
	}
	return p.stripe.List(ctx, l)
}

func (p *paced) Balance(ctx context.Context, currency money.Currency) (money.Minor, error) {
	if err := p.limit.Wait(ctx); err != nil {
		return 0, fmt.Errorf("wait for Stripe's rate: %w", err)
	}
	return p.stripe.Balance(ctx, currency)
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
	reached  bool // the stage where an earlier run was broken off
	read     int  // objects read in this stage
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
	run, err := s.store.BeginSync(ctx, since, overlap, s.start)
	if err != nil {
		return Report{}, err
	}
	crash.Here(crash.SyncBegun)
	y := &syncing{
		Syncer: s, run: run, progress: progress, foreign: map[string]bool{},
		report: &Report{Since: run.Since, Resumed: run.Stage != ""}, reached: run.Stage == "",
	}
	err = y.all(ctx)
	if lost := context.Cause(ctx); errors.Is(lost, ErrSyncing) {
		err = lost
	}
	return *y.report, err
}

// all goes through the stages. One that fails does not keep the others from
// being read, unless Stripe does not answer at all; but only a run in which
// none failed is compared, and complete.
func (y *syncing) all(ctx context.Context) error {
	var failed error
	for i, stage := range stages {
		if !y.reached && stage.name != y.run.Stage {
			continue
		}
		if !y.reached {
			y.reached = true
		} else if err := y.at(ctx, stage.name, ""); err != nil {
			return err
		}
		if i == len(stages)-1 && failed != nil {
			break
		}
		y.read = 0
		y.progress(stage.name, 0)
		err := stage.do(y, ctx)
		if err == nil {
			continue
		}
		err = fmt.Errorf("sync, %s: %w", stage.name, err)
		if errors.Is(err, stripeapi.ErrUnavailable) || errors.Is(err, ErrSyncing) || ctx.Err() != nil {
			return errors.Join(failed, err)
		}
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return errors.Join(failed, y.at(ctx, "", "")) // the next run begins anew
	}
	crash.Here(crash.SyncUncompleted)
	err := y.store.CompleteSync(ctx, y.run, y.report.Balance)
	crash.Here(crash.SyncCompleted)
	return err
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
func (y *syncing) at(ctx context.Context, stage, after string) error {
	if err := y.hold(ctx); err != nil {
		return err
	}
	y.run.Stage, y.run.After = stage, after
	err := y.store.AdvanceSync(ctx, stage, after)
	crash.Here(crash.CursorKept)
	return err
}

// turned counts a page as read, and keeps where the next begins.
func (y *syncing) turned(ctx context.Context, items int, last string) error {
	y.read += items
	y.progress(y.run.Stage, y.read)
	return y.at(ctx, y.run.Stage, last)
}

// list reads a listing page by page from where this stage stands; each page is
// booked before the next is asked for.
func (y *syncing) list(ctx context.Context, l stripeapi.Listing, read func([]json.RawMessage) error) error {
	l.After = y.run.After
	for {
		y.asked = y.store.Now().Truncate(time.Second)
		page, err := y.follow.stripe.List(ctx, l)
		if errors.Is(err, stripeapi.ErrMissing) && l.After != "" {
			l.After = "" // the object that the last page ended with is gone
			continue
		}
		if err != nil {
			return err
		}
		crash.Here(crash.PageRead)
		if err := read(page.Items); err != nil {
			return err
		}
		crash.Here(crash.PageBooked)
		if err := y.turned(ctx, len(page.Items), page.Last); err != nil || page.Last == "" {
			return err
		}
		l.After = page.Last
	}
}

// learn books objects and notes what they brought.
func (y *syncing) learn(ctx context.Context, objects []models.Object) error {
	if len(objects) == 0 {
		return nil
	}
	learned, err := y.store.Learn(ctx, objects...)
	if err == nil {
		y.note(learned...)
		return nil
	}
	for _, o := range objects {
		if _, err := y.learnOne(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// learnOne books one object. One that the database won't take is kept for
// staff, and must not keep the others out.
func (y *syncing) learnOne(ctx context.Context, o models.Object) (models.Learned, error) {
	learned, err := y.store.Learn(ctx, o)
	if err == nil {
		y.note(learned...)
		return learned[0], nil
	}
	if unwell := y.store.Ready(ctx); unwell != nil {
		return models.Learned{}, errors.Join(err, unwell)
	}
	y.log.Error("an object could not be booked", "object", o.ID, "error", err)
	const failed = "booking it failed"
	y.problem(o.ID, failed)
	return models.Learned{Object: o.ID, State: models.EventAttention, Problem: failed}, y.store.Quarantine(ctx, o, failed)
}

// note keeps what objects brought, for the report.
func (y *syncing) note(learned ...models.Learned) {
	for _, one := range learned {
		y.report.Booked = append(y.report.Booked, one.News...)
		switch one.State {
		case models.EventForeign:
			y.foreign[one.Object] = true
		case models.EventAttention:
			y.log.Error("an object contradicts the books", "object", one.Object, "problem", one.Problem)
			y.problem(one.Object, one.Problem)
		default:
		}
	}
}

// problem names a contradiction, once.
func (y *syncing) problem(object, what string) {
	if line := object + ": " + what; !slices.Contains(y.report.Problems, line) {
		y.report.Problems = append(y.report.Problems, line)
	}
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
		s.log.Error("the sync with Stripe was broken off; it goes on with the next", "error", err)
		return
	}
	level := slog.LevelInfo
	if len(report.Findings) > 0 {
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "synced with Stripe", "since", report.Since, "booked", len(report.Booked),
		"problems", len(report.Problems), "findings", len(report.Findings))
}
