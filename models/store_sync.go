package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// SyncRun is how far a sync with Stripe has come. It is kept after each page,
// so that one that was broken off goes on where it stopped.
type SyncRun struct {
	StartedAt time.Time
	Since     time.Time // reads what was made at Stripe since then
	Stage     string    // "" at the start
	After     string    // the last object read in that stage
	// BooksFrom is when the books start: what the campaign says, or when
	// they were first opened if that came before. It never changes.
	BooksFrom time.Time
	// Opened: what the balance held before the books start is posted.
	Opened bool
}

// syncState is the one row behind it.
type syncState struct {
	ID            int `gorm:"primaryKey"`
	StartedAt     *time.Time
	Since         *time.Time
	Stage         string
	After         string
	CompletedAt   *time.Time
	ReadUntil     *time.Time
	StripeBalance *money.Minor
	BalanceAt     *time.Time
	BooksFrom     *time.Time
	Opened        bool
}

func (syncState) TableName() string { return "sync_state" }

// staleAfter is how long a run that was broken off is worth going on with: one
// part of it may be failing for good, and must not keep the others from being
// read.
const staleAfter = 10 * time.Minute

// BeginSync starts a run, or goes on with one that was broken off lately if
// that reads back at least as far. A run reads back to since where that is given, else to
// the start of the last run that reached its end, less overlap, else to where
// the books start. The first run always reads from there.
func (s *Store) BeginSync(ctx context.Context, since *time.Time, overlap time.Duration, booksStart time.Time) (SyncRun, error) {
	if err := s.mustBeOpen(); err != nil {
		return SyncRun{}, err
	}
	var run SyncRun
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		row, err := s.startBooks(tx, booksStart)
		if err != nil {
			return err
		}
		first := row.BooksFrom.UTC()
		from := first
		if row.ReadUntil != nil {
			from = row.ReadUntil.Add(-overlap)
			if since != nil && since.Before(from) {
				from = since.UTC()
			}
			if from.Before(first) {
				from = first
			}
		}
		run = SyncRun{StartedAt: now, Since: from, BooksFrom: first, Opened: row.Opened}
		if row.StartedAt != nil && row.Since != nil && !row.Since.After(from) && now.Sub(*row.StartedAt) < staleAfter {
			run.StartedAt, run.Since, run.Stage, run.After = row.StartedAt.UTC(), row.Since.UTC(), row.Stage, row.After
			return nil
		}
		return tx.Model(&row).Updates(map[string]any{"started_at": run.StartedAt, "since": run.Since, "stage": "", "after": ""}).Error
	})
	if err != nil {
		return SyncRun{}, fmt.Errorf("models: begin a sync: %w", err)
	}
	return run, nil
}

// startBooks keeps when the books start, unless that is kept already, and
// returns the row that says it.
func (s *Store) startBooks(tx *gorm.DB, start time.Time) (syncState, error) {
	first := start.UTC()
	if now := s.Now(); now.Before(first) {
		first = now // or what moves until then would be in no balance
	}
	row := syncState{ID: 1, BooksFrom: &first}
	if err := insertOnce(tx, &row).Error; err != nil {
		return syncState{}, err
	}
	err := forUpdate(tx).Take(&row, 1).Error
	return row, err
}

// beforeBooks reports whether what moved at a time is part of the opening
// balance. While it is not known when the books start, nothing is.
func beforeBooks(tx *gorm.DB, at time.Time) (bool, error) {
	var row syncState
	err := tx.Take(&row, 1).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	return err == nil && at.Before(*row.BooksFrom), err
}

// AdvanceSync keeps how far a run has come.
func (s *Store) AdvanceSync(ctx context.Context, stage, after string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&syncState{ID: 1}).Updates(map[string]any{"stage": stage, "after": after}).Error
	})
	if err != nil {
		return fmt.Errorf("models: keep how far the sync is: %w", err)
	}
	return nil
}

// CompleteSync ends a run: the next one reads from where this one began.
// balance is Stripe's own figure; nil if it did not stand still long enough to be read.
func (s *Store) CompleteSync(ctx context.Context, run SyncRun, balance *money.Minor) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		changes := map[string]any{
			"started_at": nil, "since": nil, "stage": "", "after": "", "completed_at": s.Now(), "read_until": run.StartedAt,
		}
		if balance != nil {
			changes["stripe_balance"], changes["balance_at"] = *balance, s.Now()
		}
		return tx.Model(&syncState{ID: 1}).Updates(changes).Error
	})
	if err != nil {
		return fmt.Errorf("models: end a sync: %w", err)
	}
	return nil
}

// LastSync is when a sync last reached its end; ok is false if none did.
func (s *Store) LastSync(ctx context.Context) (at time.Time, ok bool, err error) {
	var row syncState
	err = s.db.WithContext(ctx).Take(&row, 1).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound), err == nil && row.CompletedAt == nil:
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, fmt.Errorf("models: read the last sync: %w", err)
	}
	return row.CompletedAt.UTC(), true, nil
}

// UnfinishedSessions returns up to most payment pages of gifts that may still be
// paid and that began before a moment, by id, after the given one.
func (s *Store) UnfinishedSessions(ctx context.Context, before time.Time, after string, most int) ([]string, error) {
	var ids []string
	err := s.db.WithContext(ctx).Model(&Donation{}).
		Where("session_id > ? AND status IN ('started', 'processing') AND created_at < ?", after, before.UTC()).
		Order("session_id").Limit(most).Pluck("session_id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the unfinished gifts: %w", err)
	}
	return ids, nil
}

// OpenObjects returns up to most refunds or disputes whose end is not known, by
// id, after the given one. opened and closed are the kinds of facts that tell.
func (s *Store) OpenObjects(ctx context.Context, opened FactKind, closed []FactKind, after string, most int) ([]string, error) {
	var ids []string
	err := s.db.WithContext(ctx).Raw(`SELECT f.object FROM facts f WHERE f.kind = ? AND f.object > ?
		AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.object = f.object AND c.kind IN ?) ORDER BY f.object LIMIT ?`,
		opened, after, closed, most).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("models: list open objects: %w", err)
	}
	return ids, nil
}

// lease is who does what only one replica should do at a time.
type lease struct {
	Name   string `gorm:"primaryKey"`
	Holder string
	Until  time.Time
}

func (lease) TableName() string { return "leases" }

// Lease takes or renews a lease, for so long, and reports whether it is the
// holder's now. It runs out by itself should the holder die. What is done under
// it must be harmless if two do it all the same: clocks differ.
func (s *Store) Lease(ctx context.Context, name, holder string, length time.Duration) (bool, error) {
	mine := false
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		row := lease{Name: name, Holder: holder, Until: now.Add(length)}
		made := insertOnce(tx, &row)
		if made.Error != nil || made.RowsAffected > 0 {
			mine = made.Error == nil
			return made.Error
		}
		taken := tx.Model(&lease{Name: name}).Where("holder = ? OR until < ?", holder, now).
			Updates(map[string]any{"holder": holder, "until": row.Until})
		mine = taken.RowsAffected > 0
		return taken.Error
	})
	if err != nil {
		return false, fmt.Errorf("models: take the lease %s: %w", name, err)
	}
	return mine, nil
}

// Release gives a lease back early.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Where("name = ? AND holder = ?", name, holder).Delete(&lease{}).Error
	})
	if err != nil {
		return fmt.Errorf("models: give back the lease %s: %w", name, err)
	}
	return nil
}
