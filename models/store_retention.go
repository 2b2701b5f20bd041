package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// EmptyPayloads takes persons out of up to most of the raw texts that are kept
// for long enough (see PayloadsKept), and returns of how many. Nothing but their
// ids, amounts, states and times stays; so does the hash of what came.
func (s *Store) EmptyPayloads(ctx context.Context, most int) (int, error) {
	if err := s.mustBeOpen(); err != nil {
		return 0, err
	}
	// Read and understood while nobody else is kept from writing.
	now, due := s.Now(), []Event{}
	err := s.db.WithContext(ctx).Select("id", "raw").
		Where("emptied_at IS NULL AND received_at < ? AND (state NOT IN ? OR received_at < ?)",
			now.Add(-PayloadsKept), []EventState{EventWaiting, EventAttention}, now.Add(-PayloadsKeptAtMost)).
		Order("received_at").Limit(most).Find(&due).Error
	if err == nil && len(due) > 0 {
		err = s.tx(ctx, func(tx *gorm.DB) error {
			emptied, err := emptyPayloads(tx, now, due)
			if err != nil {
				return err
			}
			return addForgotten(tx, "emptied", emptied)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("models: empty old payloads: %w", err)
	}
	return len(due), nil
}

// emptyPayloads takes persons out of the raw texts of events, and returns of how
// many: one that was emptied before stays as it is.
func emptyPayloads(tx *gorm.DB, at time.Time, events []Event) (int64, error) {
	var n int64
	for _, e := range events {
		done := tx.Model(&Event{}).Where("id = ? AND emptied_at IS NULL", e.ID).
			Updates(map[string]any{"raw": emptied(e.Raw), "emptied_at": at})
		if done.Error != nil {
			return n, fmt.Errorf("empty the event %s: %w", e.ID, done.Error)
		}
		n += done.RowsAffected
	}
	return n, nil
}

// addForgotten counts what the audit log is yet to be told of.
func addForgotten(tx *gorm.DB, column string, n int64) error {
	if n == 0 {
		return nil
	}
	err := tx.Model(&retentionRow{ID: 1}).Update(column, gorm.Expr(column+" + ?", n)).Error
	if err != nil {
		return fmt.Errorf("count what was forgotten: %w", err)
	}
	return nil
}
