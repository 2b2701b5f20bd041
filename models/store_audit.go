package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// audit writes down acts, in the transaction of what they change, so that
// neither is ever without the other.
func (s *Store) audit(tx *gorm.DB, acts ...AuditEntry) error {
	now := s.Now()
	for i := range acts {
		id, err := s.ids.sortable("act_", now)
		if err != nil {
			return err
		}
		acts[i].ID, acts[i].At = id, now
	}
	return createAll(tx, "what was done", acts)
}

// ListAudit returns up to most acts, the newest first; those before the entry
// with an id, unless that is "".
func (s *Store) ListAudit(ctx context.Context, before string, most int) ([]AuditEntry, error) {
	query := s.db.WithContext(ctx).Order("id DESC").Limit(most)
	if before != "" {
		query = query.Where("id < ?", before)
	}
	var all []AuditEntry
	if err := query.Find(&all).Error; err != nil {
		return nil, fmt.Errorf("models: list the audit log: %w", err)
	}
	return all, nil
}
