package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// audit writes down an act, in the transaction of what it changes, so that
// neither is ever without the other.
func (s *Store) audit(tx *gorm.DB, e AuditEntry) error {
	e.At = s.Now()
	var err error
	if e.ID, err = s.ids.sortable("act_", e.At); err != nil {
		return err
	}
	if err := tx.Create(&e).Error; err != nil {
		return fmt.Errorf("write down %s: %w", e.Act, err)
	}
	return nil
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
