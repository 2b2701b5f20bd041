package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// progressChange is by how much one booking changed the public figures. Rows
// are appended, so that bookings never queue for a common row, and summed by
// whoever reads.
type progressChange struct {
	ID        int64 `gorm:"primaryKey;autoIncrement"`
	Gross     money.Minor
	Refunded  money.Minor
	Disputed  money.Minor
	Offline   money.Minor
	Fees      money.Minor
	Pending   money.Minor
	Gifts     int64
	Donors    int64
	ChangedAt int64 // microseconds since 1970
	GiftAt    int64 // likewise; 0 unless a gift was counted
}

func (progressChange) TableName() string { return "progress_changes" }

// change appends a change of the public figures, if there is any.
func (s *Store) change(tx *gorm.DB, c progressChange) error {
	if c == (progressChange{}) {
		return nil
	}
	c.ChangedAt = s.Now().UnixMicro()
	if c.Gifts > 0 {
		c.GiftAt = c.ChangedAt
	}
	if err := tx.Create(&c).Error; err != nil {
		return fmt.Errorf("change the progress: %w", err)
	}
	return nil
}

const sumOfChanges = `
	SELECT COALESCE(SUM(gross), 0) AS gross, COALESCE(SUM(refunded), 0) AS refunded, COALESCE(SUM(disputed), 0) AS disputed,
	       COALESCE(SUM(offline), 0) AS offline, COALESCE(SUM(fees), 0) AS fees, COALESCE(SUM(pending), 0) AS pending,
	       COALESCE(SUM(gifts), 0) AS gifts, COALESCE(SUM(donors), 0) AS donors,
	       COALESCE(MAX(changed_at), 0) AS changed_at, COALESCE(MAX(gift_at), 0) AS gift_at
	FROM progress_changes`

func sumChanges(db *gorm.DB) (progressChange, error) {
	var sum progressChange
	if err := db.Raw(sumOfChanges).Scan(&sum).Error; err != nil {
		return sum, fmt.Errorf("sum the changes: %w", err)
	}
	return sum, nil
}

// Progress reads the public figures from committed rows.
func (s *Store) Progress(ctx context.Context) (Progress, error) {
	db := s.db.WithContext(ctx)
	sum, err := sumChanges(db)
	if err != nil {
		return Progress{}, fmt.Errorf("models: read the progress: %w", err)
	}
	p := Progress{
		Raised: sum.Gross - sum.Refunded - sum.Disputed, Gifts: sum.Gifts, Donors: sum.Donors, Pending: sum.Pending,
		UpdatedAt: time.UnixMicro(sum.ChangedAt).UTC(),
	}
	if sum.GiftAt > 0 {
		at := time.UnixMicro(sum.GiftAt).UTC()
		p.LastGiftAt = &at
	}
	if sum.ChangedAt == 0 {
		var row books
		if err := db.Take(&row, 1).Error; err != nil {
			return Progress{}, fmt.Errorf("models: read when the books were made: %w", err)
		}
		p.UpdatedAt = row.MadeAt.UTC()
	}
	return p, nil
}

// foldAbove is how many change rows may stand before they are folded into one.
const foldAbove = 256

// FoldProgress sums up the change rows into one, if there are many. Readers
// see the same figures before, during and after; two processes that fold at
// once do not disturb each other.
func (s *Store) FoldProgress(ctx context.Context) error {
	var rows int64
	if err := s.db.WithContext(ctx).Model(&progressChange{}).Count(&rows).Error; err != nil {
		return fmt.Errorf("models: count the changes: %w", err)
	}
	if rows <= foldAbove {
		return nil
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		// What is deleted is exactly what is summed: rows that others commit
		// meanwhile are neither.
		var gone []progressChange
		if err := tx.Raw("DELETE FROM progress_changes RETURNING *").Scan(&gone).Error; err != nil {
			return err
		}
		crash.Here(crash.ProgressFolding)
		var sum progressChange
		for _, c := range gone {
			sum.Gross += c.Gross
			sum.Refunded += c.Refunded
			sum.Disputed += c.Disputed
			sum.Offline += c.Offline
			sum.Fees += c.Fees
			sum.Pending += c.Pending
			sum.Gifts += c.Gifts
			sum.Donors += c.Donors
			sum.ChangedAt = max(sum.ChangedAt, c.ChangedAt)
			sum.GiftAt = max(sum.GiftAt, c.GiftAt)
		}
		if len(gone) == 0 {
			return nil
		}
		return tx.Create(&sum).Error
	})
	if err != nil {
		return fmt.Errorf("models: fold the changes: %w", err)
	}
	crash.Here(crash.ProgressFolded)
	return nil
}
