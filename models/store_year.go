package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// YearOf reads what a donor gave in a year of the zone: the content of the
// yearly statement. It returns ErrNotFound for an unknown donor; one who gave
// nothing that year has no gifts.
func (s *Store) YearOf(ctx context.Context, donorID string, year int, zone *time.Location) (YearSummary, error) {
	sum := YearSummary{Year: year}
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		if err := tx.Take(&sum.Donor, "id = ?", donorID).Error; errors.Is(err, gorm.ErrRecordNotFound) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		from, until := yearIn(year, zone)
		var rows []struct {
			YearGift
			DonorName string
		}
		err := tx.Raw(`
			SELECT d.id AS donation_id, d.reference, d.received_at, d.frequency, d.captured AS amount, d.refunded, d.disputed, d.donor_name, d.benefit, d.benefit_value, o.dated_on AS postmark,
			       COALESCE(o.method, '') AS method, COALESCE(o.reference, '') AS entered, (SELECT COALESCE(MAX(r.number), 0) FROM receipts r WHERE r.donation_id = d.id) AS receipt
			FROM donations d LEFT JOIN offline_gifts o ON o.donation_id = d.id
			WHERE d.donor_id = ? AND d.received_at >= ? AND d.received_at < ? ORDER BY d.received_at, d.id`, donorID, from, until).Scan(&rows).Error
		if err != nil {
			return err
		}
		sum.Gifts = make([]YearGift, 0, len(rows))
		for _, row := range rows {
			sum.add(row.YearGift, row.DonorName)
		}
		return nil
	})
	if err != nil {
		return YearSummary{}, fmt.Errorf("models: read the year %d of %s: %w", year, donorID, err)
	}
	return sum, nil
}

func (y *YearSummary) add(g YearGift, name string) {
	g.ReceivedAt = g.ReceivedAt.UTC()
	if g.Method != Check {
		g.Postmark = nil
	} else if g.Postmark != nil {
		day := g.Postmark.UTC()
		g.Postmark = &day
	}
	y.Gifts = append(y.Gifts, g)
	y.Stands += g.Stands()
	if !y.Apart(g) {
		y.Summed += g.Stands()
		y.Benefits += min(g.BenefitValue, g.Stands())
	}
	if name != "" {
		y.Name = name
	}
}
