package models

import (
	"context"
	"fmt"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// OpenDispute is one that a bank has not decided yet, or an inquiry before one.
type OpenDispute struct {
	Object     string // dp_…
	DonationID string
	Reference  string
	OpenedAt   time.Time
	Held       money.Minor // what the bank has taken meanwhile; 0 of an inquiry
}

// OpenDisputes returns the disputes that are not decided, the oldest first:
// theirs is the nearest deadline, as a rule.
func (s *Store) OpenDisputes(ctx context.Context) ([]OpenDispute, error) {
	var open []OpenDispute
	err := s.db.WithContext(ctx).Raw(`
		SELECT o.object, o.donation_id, d.reference, o.at AS opened_at,
		       (SELECT COALESCE(SUM(m.amount), 0) FROM facts m WHERE m.donation_id = o.donation_id AND m.object = o.object AND m.kind = 'dispute') AS held
		FROM donations d JOIN facts o ON o.donation_id = d.id
		WHERE d.disputes_open > 0 AND o.kind = 'dispute_opened'
		  AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = o.donation_id AND c.object = o.object AND c.kind = 'dispute_closed')
		ORDER BY o.at, o.object`).Scan(&open).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the open disputes: %w", err)
	}
	return open, nil
}
