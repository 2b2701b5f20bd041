package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/corruptionproject/appeal/models"
)

const (
	// betweenRetention is how often it is looked whether anything was kept for long
	// enough to be forgotten.
	betweenRetention = time.Hour
	// mostForgotten at a time, then a breath: donors' events wait behind no more
	// than that.
	mostForgotten  = 100
	breath         = 50 * time.Millisecond
	retentionLease = 5 * time.Minute
)

// retention forgets what was kept for long enough, in one process at a time. One
// that dies on the way leaves the rest to the next.
type retention struct {
	store  *models.Store
	holder string // this process, for the lease
	most   int    // forgotten at a time
	rest   func(ctx context.Context) error
	log    *slog.Logger
}

// forgetByTheClock does that now and then until ctx ends.
func forgetByTheClock(ctx context.Context, store *models.Store, log *slog.Logger) {
	r := retention{store, rand.Text(), mostForgotten, breathe, log}
	every(ctx, betweenRetention, func() bool {
		if err := r.run(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrBooksClosed) {
			log.Warn("what was kept for long enough could not be forgotten; the next try goes on", "error", err)
		}
		return true
	})
}

// breathe waits a moment, or until ctx ends.
func breathe(ctx context.Context) error {
	pause := time.NewTimer(breath)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopped: %w", ctx.Err())
	}
}

// run forgets all that is due, unless another process is at it.
func (r retention) run(ctx context.Context) error {
	for {
		mine, err := r.store.Lease(ctx, models.RetentionLease, r.holder, retentionLease)
		if err != nil || !mine {
			return err
		}
		emptied, err := r.store.EmptyPayloads(ctx, r.most)
		if err != nil {
			return err
		}
		dropped, err := r.store.DropUnconfirmed(ctx, r.most)
		if err != nil {
			return err
		}
		if emptied+dropped == 0 {
			break
		}
		if err := r.rest(ctx); err != nil {
			return err
		}
	}
	done, err := r.store.CompleteRetention(ctx)
	if err != nil {
		return err
	}
	if done.Emptied+done.Dropped+done.Worded > 0 {
		r.log.Info("what was kept for long enough is forgotten", "payloads", done.Emptied, "addresses", done.Dropped, "words", done.Worded)
	}
	return r.store.Release(ctx, models.RetentionLease, r.holder)
}
