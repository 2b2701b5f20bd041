package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// What the stages of a sync have in common: they read page by page, book what
// they read, and go on without the one object that can't be read.

// turned counts a page as read, and keeps where the next begins.
func (y *syncing) turned(ctx context.Context, items int, last string) error {
	y.read += items
	y.progress(y.run.Stage, y.read)
	y.run.After = last
	return y.at(ctx)
}

// errGoesRound: a listing leads back to where it was.
var errGoesRound = errors.New("Stripe's list goes round in a circle")

// list reads a listing page by page from where this stage stands; each page is
// booked before the next is asked for.
func (y *syncing) list(ctx context.Context, l stripeapi.Listing, read func([]json.RawMessage) error) error {
	l.After = y.run.After
	for again := false; ; {
		y.asked = y.store.Now().Truncate(time.Second)
		page, err := y.follow.stripe.List(ctx, l)
		if errors.Is(err, stripeapi.ErrMissing) && l.After != "" && !again {
			// The object that the last page ended with is gone: once, all is read anew.
			l.After, y.run.After, again = "", "", true
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
		if page.Last != "" && page.Last == l.After {
			return errGoesRound
		}
		if err := y.turned(ctx, len(page.Items), page.Last); err != nil || page.Last == "" {
			return err
		}
		l.After = page.Last
	}
}

// objects reads a listing, and books what read makes of each object.
func (y *syncing) objects(ctx context.Context, l stripeapi.Listing, read func(context.Context, json.RawMessage) (models.Reading, error)) error {
	return y.list(ctx, l, func(items []json.RawMessage) error {
		var page []models.Object
		for _, raw := range items {
			reading, err := read(ctx, raw)
			o := models.Object{ID: objectID(raw), Raw: raw, Reading: reading}
			worth, err := y.sift(ctx, o, err)
			if err != nil {
				return err
			}
			if worth {
				page = append(page, o)
			}
		}
		return y.learn(ctx, page)
	})
}

// mostSilent is how many objects in a row Stripe may fail to show before it
// counts as down.
const mostSilent = 3

// sift reports whether there is anything to book of an object that was read. One
// that could not be is set aside, and must not keep the others out.
func (y *syncing) sift(ctx context.Context, o models.Object, err error) (bool, error) {
	var forbidden *stripeapi.ForbiddenError
	switch {
	case err == nil && o.Reading.Empty() && o.Reading.Problem != "":
		return false, y.setAside(ctx, o, o.Reading.State, o.Reading.Problem)
	case err == nil:
		y.silent = 0
		return !o.Reading.Empty(), nil
	case ctx.Err() != nil, errors.As(err, &forbidden):
		return false, err
	case errors.Is(err, stripeapi.ErrMissing):
		y.problem(o.ID, err.Error())
		return false, nil
	case errors.Is(err, stripeapi.ErrUnavailable):
		if y.silent++; y.silent >= mostSilent {
			return false, err
		}
		return false, y.setAside(ctx, o, models.EventWaiting, whyNot(err))
	case errors.Is(err, stripeapi.ErrRefused), errors.Is(err, errNotThat):
		return false, y.setAside(ctx, o, models.EventAttention, whyNot(err))
	default:
		return false, err
	}
}

// setAside keeps an object that could not be read, for the resolver to look up
// again or for staff.
func (y *syncing) setAside(ctx context.Context, o models.Object, state models.EventState, problem string) error {
	y.log.Error("an object could not be read", "object", o.ID, "problem", problem)
	y.problem(cmp.Or(o.ID, "an object without an id"), problem)
	if o.Raw == nil {
		raw, err := json.Marshal(map[string]string{"id": o.ID})
		if err != nil {
			return fmt.Errorf("name an object: %w", err)
		}
		o.Raw = raw
	}
	return y.store.SetAside(ctx, o, state, problem)
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
	return models.Learned{Object: o.ID, State: models.EventAttention, Problem: failed}, y.store.SetAside(ctx, o, models.EventAttention, failed)
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
