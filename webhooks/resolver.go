package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Stripe is what is asked of Stripe's API here. Objects come back as the bytes
// Stripe sent.
type Stripe interface {
	Fetch(ctx context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error)
	List(ctx context.Context, l stripeapi.Listing) (stripeapi.Page, error)
	Balance(ctx context.Context, currency money.Currency) (money.Minor, error)
}

// Resolver books in the background what an event's payload could not settle:
// it looks up what the event points to, and tries again with backoff for as
// long as Stripe does not answer.
type Resolver struct {
	store  *models.Store
	follow follower
	log    *slog.Logger
	wake   chan struct{}
	looks  *rate.Limiter
}

// NewResolver makes a resolver. stripe should be paced, with all else that asks it.
func NewResolver(store *models.Store, stripe Stripe, log *slog.Logger) *Resolver {
	return &Resolver{
		store: store, follow: follower{stripe, store}, log: log, wake: make(chan struct{}, 1), looks: rate.NewLimiter(looksPerSecond, 2*looksPerSecond),
	}
}

// Wake tells a running resolver that an event has come that waits.
func (r *Resolver) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

const (
	atOnce    = 4                // events looked up at the same time
	lookAgain = 2 * time.Second  // for events that another process received
	perEvent  = 12 * time.Second // to look one event up
)

// Run resolves events until ctx ends.
func (r *Resolver) Run(ctx context.Context) {
	for ctx.Err() == nil {
		done, err := r.ResolveDue(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("waiting events could not be looked up", "error", err)
		}
		if done > 0 && err == nil {
			continue
		}
		pause := time.NewTimer(r.untilNext(ctx))
		select {
		case <-pause.C:
		case <-r.wake:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

// untilNext is how long nothing is due.
func (r *Resolver) untilNext(ctx context.Context) time.Duration {
	next, ok, err := r.store.NextDue(ctx)
	if err != nil || !ok {
		return lookAgain
	}
	return min(max(next.Sub(r.store.Now()), 10*time.Millisecond), lookAgain)
}

// ResolveDue looks up the events whose time has come, and returns how many
// they were.
func (r *Resolver) ResolveDue(ctx context.Context) (int, error) {
	due, err := r.store.ClaimDue(ctx, 4*atOnce)
	if err != nil {
		return 0, err
	}
	slots := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	for _, e := range due {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			r.resolve(ctx, e)
		})
	}
	wait.Wait()
	return len(due), nil
}

func (r *Resolver) resolve(ctx context.Context, e models.Event) {
	ctx, cancel := context.WithTimeout(ctx, perEvent)
	defer cancel()
	state, err := r.settle(ctx, e)
	if err != nil {
		r.log.Warn("an event waits", "event", e.ID, "type", e.Type, "tries", e.Attempts, "error", err)
		if err := r.store.Postpone(context.WithoutCancel(ctx), e, whyNot(err)); err != nil {
			r.log.Error("an event could not be postponed; its claim runs out by itself", "event", e.ID, "error", err)
		}
		return
	}
	r.log.Info("event looked up", "event", e.ID, "type", e.Type, "state", state)
}

// whyNot tells staff whom to ask.
func whyNot(err error) string {
	switch {
	case errors.Is(err, stripeapi.ErrRefused):
		return "Stripe refused to tell; see appeal check"
	case errors.Is(err, stripeapi.ErrUnavailable):
		return "Stripe did not answer"
	case errors.Is(err, errNotThat):
		return errNotThat.Error()
	default:
		return "booking it failed"
	}
}

// settle books an event with as few requests as will do: what was missing may
// have come by itself.
func (r *Resolver) settle(ctx context.Context, e models.Event) (models.EventState, error) {
	if e.Type == models.ObjectRead {
		return r.readAgain(ctx, e)
	}
	envelope, err := parseEvent(e.Raw)
	if err != nil {
		return r.store.Settle(ctx, e, models.Reading{State: models.EventAttention, Problem: "its stored text can't be read"})
	}
	// Of what was emptied nothing but the envelope is left.
	if reading := understand(envelope); e.EmptiedAt == nil && !reading.Empty() && reading.More == "" {
		state, err := r.store.Settle(ctx, e, reading)
		if err != nil || state != models.EventWaiting {
			return state, err
		}
	}
	if e.ObjectID == "" {
		envelope, err = r.pointer(ctx, e.ID)
		e.ObjectID = envelope.objectID()
	}
	var reading models.Reading
	if err == nil {
		reading, err = r.follow.event(ctx, envelope)
		crash.Here(crash.LookupFetched)
	}
	if reading, err = whatIsMissing(reading, err); err != nil {
		return "", err
	}
	return r.store.Settle(ctx, e, reading)
}

// whatIsMissing turns Stripe's word that there is no such object, which no
// further try will mend, into what staff are told.
func whatIsMissing(reading models.Reading, err error) (models.Reading, error) {
	switch {
	case errors.Is(err, stripeapi.ErrMissing):
		return models.Reading{State: models.EventAttention, Problem: "Stripe does not know what it speaks of"}, nil
	case errors.Is(err, errNotThat):
		return models.Reading{State: models.EventAttention, Problem: errNotThat.Error()}, nil
	default:
		return reading, err
	}
}

// readAgain reads anew an object that contradicted the books, when staff have
// it replayed.
func (r *Resolver) readAgain(ctx context.Context, e models.Event) (models.EventState, error) {
	_, reading, err := r.follow.byID(ctx, e.ObjectID, e.ID)
	if reading, err = whatIsMissing(reading, err); err != nil {
		return "", err
	}
	return r.store.Settle(ctx, e, reading)
}

// pointer fetches an event that came without a usable object, to learn what
// it speaks of. The object in the answer may be rendered in any version, so
// nothing but its id is taken.
func (r *Resolver) pointer(ctx context.Context, id string) (event, error) {
	raw, err := r.follow.stripe.Fetch(ctx, stripeapi.Events, id)
	if err != nil {
		return event{}, err
	}
	return parseEvent(raw)
}
