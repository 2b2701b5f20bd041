package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Health reads how the service gets on. It asks nobody but the database.
func (s *Store) Health(ctx context.Context) (Health, error) {
	h := Health{At: s.Now(), MayStand: 2 * foldAbove}
	var err error
	if h.Known, err = s.newestMigration(); err != nil {
		return Health{}, err
	}
	err = s.snapshot(ctx, func(tx *gorm.DB) error {
		for _, read := range []func(*gorm.DB) error{h.readArrivals, h.readEvents, h.readMail, h.readSync, h.readRest} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return s.readDatabase(tx, &h)
	})
	if err != nil {
		return Health{}, fmt.Errorf("models: read how the service gets on: %w", err)
	}
	return h, nil
}

// readArrivals finds the last events. What a sync learned stands among them
// under a type of its own.
func (h *Health) readArrivals(tx *gorm.DB) error {
	last := func(where string, args ...any) (*Arrival, error) {
		var found []Arrival
		err := tx.Model(&Event{}).Select("id, type, created, received_at").Where("type <> ?", ObjectRead).Where(where, args...).
			Order("received_at DESC").Limit(1).Scan(&found).Error
		if err != nil || len(found) == 0 {
			return nil, err
		}
		found[0].Created, found[0].ReceivedAt = found[0].Created.UTC(), found[0].ReceivedAt.UTC()
		return &found[0], nil
	}
	var err error
	if h.Arrived, err = last("1 = 1"); err != nil {
		return fmt.Errorf("find the last event: %w", err)
	}
	if h.Booked, err = last("state = ?", EventBooked); err != nil {
		return fmt.Errorf("find the last that was booked: %w", err)
	}
	after := time.Time{}
	if h.Arrived != nil {
		after = h.Arrived.ReceivedAt.Add(LateForHook)
	}
	var learned []Event
	err = tx.Select("received_at").Where("received_at > ? AND type = ? AND state = ?", after, ObjectRead, EventBooked).
		Order("received_at DESC").Limit(1).Find(&learned).Error
	if err != nil {
		return fmt.Errorf("find what a sync learned: %w", err)
	}
	if len(learned) > 0 {
		at := learned[0].ReceivedAt.UTC()
		h.BySync = &at
	}
	return nil
}

func (h *Health) readEvents(tx *gorm.DB) error {
	due := h.At.Add(-BehindAfter)
	for _, q := range []struct {
		what  string
		into  any
		query string
		args  []any
	}{
		{"events that wait", &h.Waiting.Count, "SELECT COUNT(*) FROM events WHERE state = ?", []any{EventWaiting}},
		{"events that nobody tries", &h.Waiting.Behind, "SELECT COUNT(*) FROM events WHERE state = ? AND next_try_at < ?", []any{EventWaiting, due}},
		{"events that need a person", &h.Failed, "SELECT COUNT(*) FROM events WHERE state = ?", []any{EventAttention}},
		{"gifts without their receipt", &h.Receipts.Count, "SELECT COUNT(*) FROM receipts_due WHERE not_before <= ?", []any{h.At}},
		{"receipts that nobody issues", &h.Receipts.Behind, "SELECT COUNT(*) FROM receipts_due WHERE not_before < ?", []any{due}},
		{"mails that are due", &h.Letters.Count, "SELECT COUNT(*) FROM outbox WHERE state = ? AND next_try_at <= ?", []any{MailIsQueued, h.At}},
		{"mails that nobody sends", &h.Letters.Behind, "SELECT COUNT(*) FROM outbox WHERE state = ? AND next_try_at < ?", []any{MailIsQueued, due}},
		{"changes to fold", &h.Unfolded, "SELECT (SELECT COUNT(*) FROM progress_changes) + (SELECT COUNT(*) FROM day_changes)", nil},
	} {
		if err := tx.Raw(q.query, q.args...).Scan(q.into).Error; err != nil {
			return fmt.Errorf("count the %s: %w", q.what, err)
		}
	}
	var oldest []Event
	err := tx.Select("received_at").Where("state = ?", EventWaiting).Order("received_at").Limit(1).Find(&oldest).Error
	if err != nil {
		return fmt.Errorf("find the oldest event that waits: %w", err)
	}
	if len(oldest) > 0 {
		at := oldest[0].ReceivedAt.UTC()
		h.Waiting.Since = &at
	}
	if err := tx.Omit("raw").Where("state = ?", EventAttention).Order("received_at, id").Limit(MostFailed).Find(&h.First).Error; err != nil {
		return fmt.Errorf("list the events that need a person: %w", err)
	}
	return nil
}

func (h *Health) readMail(tx *gorm.DB) error {
	var err error
	if h.Mail, err = countMail(tx); err != nil {
		return err
	}
	var oldest []outboxRow
	if err := tx.Select("created_at").Where("state = ?", MailIsQueued).Order("created_at").Limit(1).Find(&oldest).Error; err != nil {
		return fmt.Errorf("find the oldest mail: %w", err)
	}
	if len(oldest) > 0 {
		at := oldest[0].CreatedAt.UTC()
		h.Queued = &at
	}
	return nil
}

func (h *Health) readSync(tx *gorm.DB) error {
	var row syncState
	if err := tx.Take(&row, 1).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return fmt.Errorf("read the sync: %w", err)
	}
	h.Sync = SyncHealth{CompletedAt: row.CompletedAt, RunningFor: row.StartedAt, Stage: row.Stage}
	if err := tx.Raw(openDifferences).Scan(&h.Match).Error; err != nil {
		return fmt.Errorf("count the differences: %w", err)
	}
	h.Match.At = row.CompletedAt
	return nil
}

func (h *Health) readRest(tx *gorm.DB) error {
	var payouts []Payout
	if err := tx.Order("arrival_on DESC, id DESC").Limit(1).Find(&payouts).Error; err != nil {
		return fmt.Errorf("find the last payout: %w", err)
	}
	if len(payouts) > 0 {
		h.Payout = &payouts[0]
	}
	var held []lease
	if err := tx.Where("name = ?", CardsLease).Limit(1).Find(&held).Error; err != nil {
		return fmt.Errorf("find who looks for cards: %w", err)
	}
	if len(held) > 0 {
		until := held[0].Until.UTC()
		h.Cards = &until
	}
	var forgot retentionRow
	if err := tx.Take(&forgot, 1).Error; err != nil {
		return fmt.Errorf("read what was forgotten: %w", err)
	}
	if h.Forgot = forgot.CompletedAt; h.Forgot != nil {
		*h.Forgot = h.Forgot.UTC()
	}
	return nil
}

// readDatabase says which database this is, and how old its schema.
func (s *Store) readDatabase(tx *gorm.DB, h *Health) error {
	ask, name := "SELECT sqlite_version()", "SQLite "
	if s.dialect == postgreSQL {
		ask, name = "SHOW server_version", "PostgreSQL "
	}
	if err := tx.Raw(ask).Scan(&h.Database).Error; err != nil {
		return fmt.Errorf("ask for the database's version: %w", err)
	}
	h.Database = name + h.Database
	if err := tx.Raw("SELECT MAX(version_id) FROM goose_db_version WHERE is_applied").Scan(&h.Schema).Error; err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	return nil
}

// newestMigration is the last step that this program knows.
func (s *Store) newestMigration() (int64, error) {
	steps, err := fs.Glob(migrations, "migrations/"+string(s.dialect)+"/*.sql")
	if err != nil || len(steps) == 0 {
		return 0, fmt.Errorf("models: list the migrations: %w", err)
	}
	_, last, _ := strings.Cut(strings.TrimPrefix(steps[len(steps)-1], "migrations/"), "/")
	number, _, _ := strings.Cut(last, "_")
	newest, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("models: the migration %s: %w", last, err)
	}
	return newest, nil
}
