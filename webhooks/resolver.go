package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Stripe is what is asked of Stripe's API here. Objects come back as the bytes
// Stripe sent.
type Stripe interface {
	Session(ctx context.Context, id string) (json.RawMessage, error)
	PaymentIntent(ctx context.Context, id string) (json.RawMessage, error)
	Charge(ctx context.Context, id string) (json.RawMessage, error)
	Event(ctx context.Context, id string) (json.RawMessage, error)
}

// Resolver books in the background what an event's payload could not settle:
// it looks up what the event points to, and tries again with backoff for as
// long as Stripe does not answer.
type Resolver struct {
	store  *models.Store
	stripe Stripe
	slug   string
	log    *slog.Logger
	wake   chan struct{}
	looks  *rate.Limiter
}

// NewResolver makes a resolver for the campaign with this slug.
func NewResolver(store *models.Store, stripe Stripe, slug string, log *slog.Logger) *Resolver {
	return &Resolver{store: store, stripe: stripe, slug: slug, log: log, wake: make(chan struct{}, 1), looks: rate.NewLimiter(looksPerSecond, 2*looksPerSecond)}
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
	default:
		return "booking it failed"
	}
}

// settle books an event with as few requests as will do: what was missing may
// have come by itself.
func (r *Resolver) settle(ctx context.Context, e models.Event) (models.EventState, error) {
	envelope, err := parseEvent(e.Raw)
	if err != nil {
		return r.store.Settle(ctx, e, models.Reading{State: models.EventAttention, Problem: "its stored text can't be read"})
	}
	if reading := understand(envelope); len(reading.Facts) > 0 {
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
		reading, err = r.lookUp(ctx, envelope)
	}
	switch {
	case errors.Is(err, stripeapi.ErrMissing):
		reading = models.Reading{State: models.EventAttention, Problem: "Stripe does not know what it speaks of"}
	case errors.Is(err, errNotThat):
		reading = models.Reading{State: models.EventAttention, Problem: errNotThat.Error()}
	case err != nil:
		return "", err
	}
	return r.store.Settle(ctx, e, reading)
}

// pointer fetches an event that came without a usable object, to learn what
// it speaks of. The object in the answer may be rendered in any version, so
// nothing but its id is taken.
func (r *Resolver) pointer(ctx context.Context, id string) (event, error) {
	raw, err := r.stripe.Event(ctx, id)
	if err != nil {
		return event{}, err
	}
	return parseEvent(raw)
}

// lookUp fetches what an event speaks of, at the API version that this code
// understands.
func (r *Resolver) lookUp(ctx context.Context, e event) (models.Reading, error) {
	id := e.objectID()
	if id == "" {
		return models.Reading{State: models.EventAttention, Problem: "it speaks of nothing that has an id"}, nil
	}
	switch families[e.Type] {
	case ofSession:
		raw, err := r.stripe.Session(ctx, id)
		if err != nil {
			return models.Reading{}, err
		}
		return r.followSession(ctx, raw, e.Type, e.ID)
	case ofIntent:
		raw, err := r.stripe.PaymentIntent(ctx, id)
		if err != nil {
			return models.Reading{}, err
		}
		return r.followIntent(ctx, raw, e.ID)
	case ofPayment:
		return r.lookUpCharge(ctx, id, e.ID)
	case ofReturn:
		return r.ofOurs(ctx, e)
	default:
		return models.Reading{State: models.EventNoEffect}, nil
	}
}

// lookUpCharge fetches a charge and books what it says.
func (r *Resolver) lookUpCharge(ctx context.Context, id, evidence string) (models.Reading, error) {
	c, gift, err := r.chargeAndOwner(ctx, id)
	if err != nil {
		return models.Reading{}, err
	}
	return readCharge(c, gift, evidence), nil
}

// chargeAndOwner fetches a charge, and the payment intent that says whose it
// is where the charge itself does not.
func (r *Resolver) chargeAndOwner(ctx context.Context, id string) (charge, models.GiftRef, error) {
	var c charge
	raw, err := r.stripe.Charge(ctx, id)
	if err != nil {
		return c, models.GiftRef{}, err
	}
	if !decodes(raw, &c) || c.ID == "" {
		return c, models.GiftRef{}, errNotThat
	}
	gift := chargeRef(c)
	if gift.Final {
		return c, gift, nil
	}
	raw, err = r.stripe.PaymentIntent(ctx, c.PaymentIntent.ID)
	if errors.Is(err, stripeapi.ErrMissing) {
		gift.Final = true
		return c, gift, nil
	}
	if err != nil {
		return c, gift, err
	}
	var i intent
	if !decodes(raw, &i) {
		return c, gift, errNotThat
	}
	gift = stripeapi.ReadMetadata(i.Metadata)
	gift.PaymentIntent, gift.Final = c.PaymentIntent.ID, true
	return c, gift, nil
}

// errNotThat: Stripe answered with something else than was asked for.
var errNotThat = errors.New("Stripe's answer is not what was asked for")

// followIntent reads a fetched payment intent, and fetches its charge if the
// answer names it without holding it.
func (r *Resolver) followIntent(ctx context.Context, raw json.RawMessage, evidence string) (models.Reading, error) {
	var i intent
	if !decodes(raw, &i) || i.ID == "" {
		return models.Reading{State: models.EventAttention, Problem: "Stripe's answer is no payment intent"}, nil
	}
	if i.LatestCharge.Object == nil && i.LatestCharge.ID != "" {
		fetched, err := r.stripe.Charge(ctx, i.LatestCharge.ID)
		if err != nil {
			return models.Reading{}, err
		}
		var c charge
		if decodes(fetched, &c) {
			i.LatestCharge.Object = &c
		}
	}
	return readIntent(i, evidence), nil
}

// ofOurs tells whether money that goes back was a gift of ours. Refunds and
// disputes are not booked by this version, so that one of ours needs a person:
// better said than silently left out of the total. That one is not ours is
// believed only of what its charge says.
func (r *Resolver) ofOurs(ctx context.Context, e event) (models.Reading, error) {
	ours := models.Reading{State: models.EventAttention, Problem: "refunds and disputes are not booked by this version; the totals do not show it"}
	var back ofCharge
	if !decodes(e.object, &back) {
		return models.Reading{State: models.EventAttention, Problem: "its payload can't be read"}, nil
	}
	id := back.Charge.ID
	if back.Object == "charge" {
		id = back.ID
	}
	if id == "" {
		return ours, nil // money went back, and nothing says of what
	}
	booked, err := r.store.ChargeBooked(ctx, id)
	if err != nil {
		return models.Reading{}, err
	}
	if booked {
		return ours, nil
	}
	var whole charge
	gift := models.GiftRef{}
	if back.Object == "charge" && e.APIVersion == stripeapi.Version && decodes(e.object, &whole) {
		gift = chargeRef(whole)
	}
	if !gift.Final {
		if _, gift, err = r.chargeAndOwner(ctx, id); err != nil {
			return models.Reading{}, err
		}
	}
	if gift.Campaign == r.slug {
		return ours, nil
	}
	return models.Reading{State: models.EventForeign}, nil
}

// decodes reads what Stripe sent, and tells whether it could.
func decodes(raw json.RawMessage, into any) bool { return json.Unmarshal(raw, into) == nil }
