package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// keepDispute keeps what Stripe says of a dispute, unless something that
// supersedes it is known.
func keepDispute(tx *gorm.DB, d Dispute) error {
	made := insertOnce(tx, &d)
	if made.Error != nil {
		return fmt.Errorf("keep the dispute: %w", made.Error)
	}
	if made.RowsAffected > 0 {
		return nil
	}
	var known Dispute
	if err := forUpdate(tx).Where("id = ?", d.ID).Take(&known).Error; err != nil {
		return fmt.Errorf("find the dispute: %w", err)
	}
	if !d.supersedes(known) {
		return nil
	}
	if err := tx.Model(&Dispute{ID: d.ID}).Select("status", "amount", "respond_by", "as_of").Updates(&d).Error; err != nil {
		return fmt.Errorf("change the dispute: %w", err)
	}
	return nil
}

// OpenDisputes returns the disputes that are not decided: those that can still
// be answered by the nearest deadline first, then those that were.
func (s *Store) OpenDisputes(ctx context.Context) ([]OpenDispute, error) {
	open, err := openDisputes(s.db.WithContext(ctx), "")
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return open, nil
}

// whichDisputesOpen are those that are not decided. Its first condition is that of
// the index facts_opened, in its very words, without which SQLite reads every fact.
const whichDisputesOpen = `
	SELECT o.object AS id, o.donation_id, d.reference, o.at AS opened_at, COALESCE(k.status, '') AS status, COALESCE(k.amount, 0) AS amount, k.respond_by,
	       (SELECT COALESCE(SUM(m.amount), 0) FROM facts m WHERE m.donation_id = o.donation_id AND m.object = o.object AND m.kind = 'dispute') AS held,
	       (SELECT COALESCE(SUM(CASE m.kind WHEN 'refund' THEN m.amount ELSE -m.amount END), 0) FROM facts m
	        WHERE m.donation_id = o.donation_id AND m.charge = o.charge AND m.kind IN ('refund', 'refund_failed')) AS refunded
	FROM facts o JOIN donations d ON d.id = o.donation_id LEFT JOIN disputes k ON k.id = o.object
	WHERE o.kind IN ('refund', 'dispute_opened') AND o.kind = 'dispute_opened'
	  AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = o.donation_id AND c.object = o.object AND c.kind IN ('dispute_closed', 'dispute_lost'))`

// openDisputes are those of one gift, or of all where donationID is "".
func openDisputes(tx *gorm.DB, donationID string) ([]OpenDispute, error) {
	query := tx.Raw(whichDisputesOpen)
	if donationID != "" {
		query = tx.Raw(whichDisputesOpen+" AND o.donation_id = ?", donationID)
	}
	var open []OpenDispute
	if err := query.Scan(&open).Error; err != nil {
		return nil, fmt.Errorf("list the open disputes: %w", err)
	}
	slices.SortFunc(open, func(a, b OpenDispute) int {
		return cmp.Or(boolOrder(b.Unanswered(), a.Unanswered()), boolOrder(a.RespondBy == nil, b.RespondBy == nil),
			a.deadline().Compare(b.deadline()), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return open, nil
}
