package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// SyncRun is how far a sync with Stripe has come. It is kept after each page,
// so that one that was broken off goes on where it stopped.
type SyncRun struct {
	StartedAt time.Time
	Since     time.Time   // reads what was made at Stripe since then
	SyncStage             // the one under way
	Later     []SyncStage // those after it: the ones that failed are last but one
	Resumed   bool        // goes on with a run that was broken off
	// BooksFrom is when the books start: what the campaign says, or when
	// they were first opened if that came before. It never changes.
	BooksFrom time.Time
	// Opened: what the balance held before the books start is posted.
	Opened bool
}

// SyncStage is how far one stage of a run has come.
type SyncStage struct {
	Stage  string `json:"stage"`
	After  string `json:"after,omitempty"` // the last object read in it
	Failed bool   `json:"failed,omitempty"`
}

// Passed ends the stage under way, and goes on to the next.
func (r *SyncRun) Passed() {
	r.SyncStage, r.Later = r.Later[0], r.Later[1:]
}

// PutOff leaves the stage under way, which failed, to be read again when all
// the others but the last were read.
func (r *SyncRun) PutOff() {
	r.Failed = true
	if n := len(r.Later); n > 0 {
		r.Later = slices.Insert(r.Later, n-1, r.SyncStage)
		r.Passed()
	}
}

// syncState is the one row behind it.
type syncState struct {
	ID            int `gorm:"primaryKey"`
	StartedAt     *time.Time
	AdvancedAt    *time.Time
	Since         *time.Time
	Stage         string
	After         string
	Failed        bool
	Later         string
	CompletedAt   *time.Time
	ReadUntil     *time.Time
	StripeBalance *money.Minor
	BalanceAt     *time.Time
	BooksFrom     *time.Time
	Opened        bool
}

func (syncState) TableName() string { return "sync_state" }

// staleAfter is how long a run is gone on with that gets nowhere: what of it
// fails may do so for good, and must not keep from being read what was made
// since it began.
const staleAfter = 10 * time.Minute

// SyncPlan is what a run is to read.
type SyncPlan struct {
	Stages     []string // in their order; the last is for what was read whole
	BooksStart time.Time
	// Since is from when on; nil: from the start of the last run that reached
	// its end, less Overlap, or from where the books start.
	Since   *time.Time
	Overlap time.Duration
}

// since is from when on a run reads that begins now. The first always reads from
// where the books start.
func (p SyncPlan) since(row syncState) time.Time {
	first := row.BooksFrom.UTC()
	if row.ReadUntil == nil {
		return first
	}
	from := row.ReadUntil.UTC().Add(-p.Overlap)
	if p.Since != nil && p.Since.Before(from) {
		from = p.Since.UTC()
	}
	if from.Before(first) {
		return first
	}
	return from
}

// resume is what a run that was broken off has yet to read; false if it is not
// to be gone on with: it got nowhere for too long, does not read back as far, or
// is of a program that read other stages.
func (p SyncPlan) resume(row syncState, from, now time.Time) ([]SyncStage, bool) {
	if row.StartedAt == nil || row.Since == nil || row.AdvancedAt == nil || row.Since.After(from) || now.Sub(*row.AdvancedAt) >= staleAfter {
		return nil, false
	}
	var later []SyncStage
	if json.Unmarshal([]byte(row.Later), &later) != nil {
		return nil, false
	}
	left := append([]SyncStage{{Stage: row.Stage, After: row.After, Failed: row.Failed}}, later...)
	for _, s := range left {
		if !slices.Contains(p.Stages, s.Stage) {
			return nil, false
		}
	}
	return left, left[len(left)-1].Stage == p.Stages[len(p.Stages)-1]
}

// BeginSync starts a run, or goes on with one that was broken off, if that reads
// back at least as far.
func (s *Store) BeginSync(ctx context.Context, plan SyncPlan) (SyncRun, error) {
	if err := s.mustBeOpen(); err != nil {
		return SyncRun{}, err
	}
	var run SyncRun
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		row, err := s.startBooks(tx, plan.BooksStart)
		if err != nil {
			return err
		}
		run = SyncRun{StartedAt: now, Since: plan.since(row), BooksFrom: row.BooksFrom.UTC(), Opened: row.Opened}
		if left, ok := plan.resume(row, run.Since, now); ok {
			run.StartedAt, run.Since, run.Resumed = row.StartedAt.UTC(), row.Since.UTC(), true
			run.SyncStage, run.Later = left[0], left[1:]
			return nil
		}
		for _, name := range plan.Stages {
			run.Later = append(run.Later, SyncStage{Stage: name})
		}
		run.Passed()
		if err := tx.Model(&row).Updates(map[string]any{"started_at": run.StartedAt, "since": run.Since}).Error; err != nil {
			return err
		}
		return advance(tx, run, now)
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
	row := syncState{ID: 1, BooksFrom: &first, Later: "[]"}
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
func (s *Store) AdvanceSync(ctx context.Context, run SyncRun) error {
	err := s.tx(ctx, func(tx *gorm.DB) error { return advance(tx, run, s.Now()) })
	if err != nil {
		return fmt.Errorf("models: keep how far the sync is: %w", err)
	}
	return nil
}

// advance keeps how far a run has come. A stage that failed before does not
// bring it further, or one that fails after so many pages each time would keep
// it from ever growing stale.
func advance(tx *gorm.DB, run SyncRun, now time.Time) error {
	later, err := json.Marshal(run.Later)
	if err != nil {
		return fmt.Errorf("write down the stages: %w", err)
	}
	changes := map[string]any{"stage": run.Stage, "after": run.After, "failed": run.Failed, "later": string(later)}
	if !run.Failed {
		changes["advanced_at"] = now
	}
	return tx.Model(&syncState{ID: 1}).Updates(changes).Error
}

// CompleteSync ends a run: the next one reads from where this one began. It
// returns ErrIncomplete if a stage before the last is yet to be read.
// balance is Stripe's own figure; nil if it did not stand still long enough to be read.
func (s *Store) CompleteSync(ctx context.Context, run SyncRun, balance *money.Minor) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var row syncState
		if err := forUpdate(tx).Take(&row, 1).Error; err != nil {
			return err
		}
		var later []SyncStage
		if json.Unmarshal([]byte(row.Later), &later) != nil || len(later) > 0 {
			return ErrIncomplete
		}
		changes := map[string]any{
			"started_at": nil, "since": nil, "advanced_at": nil, "stage": "", "after": "", "failed": false, "later": "[]",
			"completed_at": s.Now(), "read_until": run.StartedAt,
		}
		if balance != nil {
			changes["stripe_balance"], changes["balance_at"] = *balance, s.Now()
		}
		return tx.Model(&row).Updates(changes).Error
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

// CardsLease is held by whoever looks for cards that expire.
const CardsLease = "cards"

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
