package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Receive stores an event raw and books what it says, in one transaction. If
// booking fails, the raw event is stored alone in a second one and waits. An
// event that is known already changes nothing. When Receive returns without an
// error the event is durable; otherwise nothing of it is.
func (s *Store) Receive(ctx context.Context, e Event, reading Reading) (EventState, error) {
	if err := s.mustBeOpen(); err != nil {
		return "", err
	}
	state, err := s.receive(ctx, e, func(tx *gorm.DB) (EventState, string, error) { return s.bookReading(tx, reading) })
	if err == nil || ctx.Err() != nil {
		return state, err
	}
	s.log.Warn("booking an event failed; it is stored alone and will be tried again", "event", e.ID, "type", e.Type, "error", err)
	state, second := s.receive(ctx, e, func(*gorm.DB) (EventState, string, error) {
		return EventWaiting, "booking it failed", nil
	})
	if second != nil {
		return "", errors.Join(err, second)
	}
	return state, nil
}

func (s *Store) receive(ctx context.Context, e Event, settle func(tx *gorm.DB) (EventState, string, error)) (EventState, error) {
	sum := sha256.Sum256(e.Raw)
	e.SHA256 = hex.EncodeToString(sum[:])
	var state EventState
	err := s.tx(ctx, func(tx *gorm.DB) error {
		e.ReceivedAt, e.State, e.NextTryAt, e.FailingSince = s.Now(), EventWaiting, nil, nil
		stored := insertOnce(tx, &e)
		if stored.Error != nil {
			return stored.Error
		}
		if stored.RowsAffected == 0 {
			var known Event
			err := tx.Select("state").Where("id = ?", e.ID).Take(&known).Error
			state = known.State
			return err
		}
		var why string
		var err error
		if state, why, err = settle(tx); err != nil {
			return err
		}
		return s.keepState(tx, e, state, why)
	})
	if err != nil {
		return "", fmt.Errorf("models: receive event %s: %w", e.ID, err)
	}
	s.commits.Add(1)
	return state, nil
}

func (s *Store) bookReading(tx *gorm.DB, r Reading) (EventState, string, error) {
	if len(r.Facts) == 0 {
		return r.State, r.Problem, nil
	}
	booked, err := s.book(tx, r.Facts)
	return booked.State, booked.Problem, err
}

// Settle books what looking up a waiting event at Stripe brought, and closes
// the event unless it must wait on.
func (s *Store) Settle(ctx context.Context, e Event, reading Reading) (EventState, error) {
	var state EventState
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var why string
		var err error
		if state, why, err = s.bookReading(tx, reading); err != nil {
			return err
		}
		return s.keepState(tx, e, state, why)
	})
	if err != nil {
		return "", fmt.Errorf("models: settle event %s: %w", e.ID, err)
	}
	s.commits.Add(1)
	return state, nil
}

// Postpone keeps an event waiting after a try that failed, and says why.
func (s *Store) Postpone(ctx context.Context, e Event, why string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error { return s.keepState(tx, e, EventWaiting, why) })
	if err != nil {
		return fmt.Errorf("models: postpone event %s: %w", e.ID, err)
	}
	return nil
}

// keepState writes what became of an event. One that waits is tried again:
// soon at first, then with backoff.
func (s *Store) keepState(tx *gorm.DB, e Event, state EventState, why string) error {
	changes := map[string]any{"object_id": e.ObjectID, "state": state, "problem": why, "next_try_at": nil, "failing_since": nil}
	if state == EventWaiting {
		now := s.Now()
		changes["next_try_at"] = now.Add(waitFor(e.Attempts, why))
		changes["failing_since"] = now
		if e.FailingSince != nil {
			changes["failing_since"] = *e.FailingSince
		}
	}
	// Only as it was claimed: whoever settled it meanwhile has the last word.
	err := tx.Model(&Event{}).Where("id = ? AND state = ? AND attempts = ?", e.ID, EventWaiting, e.Attempts).Updates(changes).Error
	if err != nil {
		return fmt.Errorf("keep the event's state: %w", err)
	}
	return nil
}

// claimFor is how long a claimed event is left alone by others. Whoever
// claimed it and died is followed by another after that.
const claimFor = time.Minute

// ClaimDue claims up to most waiting events whose time has come, oldest
// first. A claim lasts a minute, so that two processes do not look up the same.
func (s *Store) ClaimDue(ctx context.Context, most int) ([]Event, error) {
	var due []Event
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		query := tx
		if s.dialect == postgreSQL {
			query = tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
		}
		err := query.Where("state = ? AND next_try_at <= ?", EventWaiting, now).Order("next_try_at").Limit(most).Find(&due).Error
		if err != nil || len(due) == 0 {
			return err
		}
		claimed := make([]string, 0, len(due))
		for i := range due {
			claimed = append(claimed, due[i].ID)
			due[i].Attempts++
		}
		return tx.Model(&Event{}).Where("id IN ?", claimed).
			Updates(map[string]any{"attempts": gorm.Expr("attempts + 1"), "next_try_at": now.Add(claimFor)}).Error
	})
	if err != nil {
		return nil, fmt.Errorf("models: claim waiting events: %w", err)
	}
	return due, nil
}

// NextDue tells when the next waiting event's time comes; ok is false if none
// waits.
func (s *Store) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	var next Event
	err = s.db.WithContext(ctx).Select("next_try_at").
		Where("state = ? AND next_try_at IS NOT NULL", EventWaiting).Order("next_try_at").Take(&next).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("models: find the next waiting event: %w", err)
	}
	return *next.NextTryAt, true, nil
}

// ChargeBooked reports whether the payment of this Stripe charge is in the
// journal.
func (s *Store) ChargeBooked(ctx context.Context, charge string) (bool, error) {
	var n int64
	err := s.db.WithContext(ctx).Model(&Posting{}).Where("key = ?", charge+":charge").Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("models: look for the charge %s: %w", charge, err)
	}
	return n > 0, nil
}

// FindEvent returns an event as it was stored; ErrNotFound if it never came.
func (s *Store) FindEvent(ctx context.Context, id string) (Event, error) {
	var e Event
	err := s.db.WithContext(ctx).Where("id = ?", id).Take(&e).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Event{}, ErrNotFound
	}
	if err != nil {
		return Event{}, fmt.Errorf("models: find event %s: %w", id, err)
	}
	return e, nil
}
