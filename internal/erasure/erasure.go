// Package erasure brings erasures to their end: it empties the raw events that
// speak of a donor who is forgotten, deletes captured mail to them, and has
// Stripe forget too.
//
// It refuses to begin an erasure, which the Store does when a person asks for it,
// and to lose one: each is a committed row that is claimed, tried for as long as
// it takes, and done twice as well as once.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"regexp"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	captured "github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Stripe forgets a person: what is known by these ids, as often as it is asked.
// unchanged are the ids of what it would not change, however often.
type Stripe interface {
	Forget(ctx context.Context, who stripeapi.Known, on time.Time) (unchanged []string, err error)
}

// Folder holds mail that was captured instead of sent.
type Folder interface {
	// Forget deletes the mails of which about says so.
	Forget(about func(captured.Captured) (bool, error)) error
}

// Worker finishes erasures. Its fields are set once, before it runs.
type Worker struct {
	Store  *models.Store
	Stripe Stripe // nil: that, and what follows, is left to a process that has it
	Mail   Folder // nil where mail is sent
	Log    *slog.Logger
}

const (
	lookEvery = 2 * time.Second
	// atOnce is how many raw events are looked at in one go, which takes well under
	// a second. hold is for how long nobody else goes on with the same erasure.
	atOnce = 500
	hold   = 10 * time.Minute
	// perStripe bounds how long Stripe may take.
	perStripe = 8 * time.Minute
	// toLeave is how long a claim may take to be given back.
	toLeave = 5 * time.Second
)

// Run finishes erasures until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		// Books that wait for their schema are no trouble of an erasure's.
		if err := w.Once(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrBooksClosed) {
			w.Log.Warn("an erasure could not go on", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once goes on with every erasure that is due now.
func (w *Worker) Once(ctx context.Context) error {
	for {
		e, found, err := w.Store.ClaimErasure(ctx, "", hold)
		if err != nil || !found {
			return err
		}
		if err := w.finish(ctx, e, func(int) {}); err != nil {
			return err
		}
	}
}

// Empty goes on with one erasure as far as that is possible here, and tells how
// many raw events were looked at as it goes. Somebody else may be at it.
func (w *Worker) Empty(ctx context.Context, id string, looked func(int)) error {
	e, found, err := w.Store.ClaimErasure(ctx, id, hold)
	if err != nil || !found {
		return err
	}
	return w.finish(ctx, e, looked)
}

// finish goes on with an erasure that was claimed, and keeps why it can't.
func (w *Worker) finish(ctx context.Context, e models.Erasure, looked func(int)) error {
	var err error
	if e, err = w.emptyEvents(ctx, e, looked); err == nil && w.Stripe == nil {
		return w.leave(ctx, e, "")
	}
	var unchanged []string
	if err == nil {
		unchanged, err = w.forgetElsewhere(ctx, e)
	}
	ended := false
	if err == nil {
		ended, err = w.Store.EndErasure(ctx, e, unchanged)
	}
	switch {
	case err == nil && !ended:
		return nil // something turned up, and it is due again
	case err == nil:
		w.Log.Info("a donor is erased", "erasure", e.ID, "donor", e.DonorID)
		return nil
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), w.leave(ctx, e, ""))
	default:
		w.Log.Warn("an erasure waits", "erasure", e.ID, "tries", e.Attempts, "error", err)
		return w.leave(ctx, e, why(err))
	}
}

// leave gives a claim back also where ctx has ended: whoever comes next is not to
// wait until it runs out.
func (w *Worker) leave(ctx context.Context, e models.Erasure, problem string) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), toLeave)
	defer done()
	return w.Store.LeaveErasure(ctx, e, problem)
}

func (w *Worker) emptyEvents(ctx context.Context, e models.Erasure, looked func(int)) (models.Erasure, error) {
	for e.EventsAt == nil {
		next, n, err := w.Store.EmptyEvents(ctx, e, atOnce, hold)
		if err != nil {
			return e, err
		}
		e = next
		looked(n)
	}
	return e, nil
}

// forgetElsewhere is what no transaction can do. It returns what Stripe would not
// change.
func (w *Worker) forgetElsewhere(ctx context.Context, e models.Erasure) (unchanged []string, err error) {
	if w.Mail != nil {
		if err := w.Mail.Forget(func(m captured.Captured) (bool, error) { return w.about(ctx, m) }); err != nil {
			return nil, fmt.Errorf("delete captured mail: %w", err)
		}
	}
	known, err := w.Store.KnownAtStripe(ctx, e)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, perStripe)
	defer cancel()
	unchanged, err = w.Stripe.Forget(asking, stripeapi.Known(known), e.AskedAt)
	if err != nil {
		return nil, fmt.Errorf("have Stripe forget: %w", err)
	}
	crash.Here(crash.StripeForgot)
	return unchanged, nil
}

var (
	aReference = regexp.MustCompile(`\bCP-[0-9A-Z]{8}\b`)
	anAddress  = regexp.MustCompile(`[^\s<>"(),;:]+@[^\s<>"(),;:]+`)
)

// about reports whether a mail went to somebody who was erased, or tells of a
// gift of theirs.
func (w *Worker) about(ctx context.Context, m captured.Captured) (bool, error) {
	words := m.Subject + "\n" + m.Text
	addresses := anAddress.FindAllString(words, -1)
	if to, err := mail.ParseAddress(m.To); err == nil {
		addresses = append(addresses, to.Address)
	}
	return w.Store.ErasedAmong(ctx, addresses, aReference.FindAllString(words, -1))
}

// why tells staff what to do.
func why(err error) string {
	switch {
	case errors.Is(err, stripeapi.ErrRefused):
		return "Stripe refused; see appeal check"
	case errors.Is(err, stripeapi.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return "Stripe did not answer"
	default:
		return "it failed; the log says why"
	}
}
