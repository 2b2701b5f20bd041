package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// reachedBy is the first posting, by Stripe's times, with which what was raised
// came to an amount. Income is a credit, so its lines are negative.
const reachedBy = `
	SELECT key FROM (
		SELECT p.key, p.at, SUM(-l.amount) OVER (ORDER BY p.at, p.key) AS raised
		FROM posting_lines l JOIN postings p ON p.key = l.posting
		WHERE l.account IN ?
	) sums WHERE raised >= ? ORDER BY at, key LIMIT 1`

// ReachedAt is when so much had first been raised; zero if it never was. It
// follows from the journal alone, whatever order things became known in, and
// reads all of it.
func (s *Store) ReachedAt(ctx context.Context, raised money.Minor) (time.Time, error) {
	var at time.Time
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var keys []string
		if err := tx.Raw(reachedBy, []Account{DonationIncome, ContraRefunds, ContraDisputes}, raised).Scan(&keys).Error; err != nil || len(keys) == 0 {
			return err
		}
		var by Posting
		if err := tx.Where("key = ?", keys[0]).Take(&by).Error; err != nil {
			return err
		}
		at = by.At.UTC()
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("models: find when so much was raised: %w", err)
	}
	return at, nil
}
