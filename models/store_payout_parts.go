package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// PayoutFilter says which payouts are asked for. Its zero value asks for all.
type PayoutFilter struct {
	Days   Period // of arrival
	Before string // those listed after the one with this id
	Most   int    // how many; 0 for all
}

func (f PayoutFilter) among(db *gorm.DB) *gorm.DB {
	if !f.Days.From.IsZero() {
		db = db.Where("arrival_on >= ?", f.Days.From.UTC())
	}
	if !f.Days.To.IsZero() {
		db = db.Where("arrival_on <= ?", f.Days.To.UTC())
	}
	return db
}

// ListPayouts returns payouts with what is in each, the last to arrive first.
func (s *Store) ListPayouts(ctx context.Context, f PayoutFilter) ([]PayoutSum, error) {
	var all []PayoutSum
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		query := f.among(tx).Order("arrival_on DESC, id DESC")
		if f.Before != "" {
			query = query.Where("(arrival_on, id) < (SELECT arrival_on, id FROM payouts WHERE id = ?)", f.Before)
		}
		if f.Most > 0 {
			query = query.Limit(f.Most)
		}
		var rows []Payout
		if err := query.Find(&rows).Error; err != nil {
			return err
		}
		var err error
		all, err = sumParts(tx, rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: list the payouts: %w", err)
	}
	return all, nil
}

// sumParts adds up what is in payouts.
func sumParts(tx *gorm.DB, payouts []Payout) ([]PayoutSum, error) {
	var sums []struct {
		PayoutID string
		Part     PayoutPart
		PartSum
	}
	ids := make([]string, 0, len(payouts))
	for _, p := range payouts {
		ids = append(ids, p.ID)
	}
	for start := 0; start < len(ids); start += 500 {
		page := ids[start:min(start+500, len(ids))]
		found := sums[:0:0]
		err := tx.Raw(`SELECT t.payout_id, `+partOf+` AS part, COUNT(*) AS lines, SUM(t.amount) AS amount, SUM(t.fee) AS fee
			FROM balance_transactions t WHERE t.payout_id IN ? AND t.source <> t.payout_id GROUP BY 1, 2`, page).Scan(&found).Error
		if err != nil {
			return nil, fmt.Errorf("add up what is in them: %w", err)
		}
		sums = append(sums, found...)
	}
	parts := map[string]map[PayoutPart]PartSum{}
	for _, sum := range sums {
		if parts[sum.PayoutID] == nil {
			parts[sum.PayoutID] = map[PayoutPart]PartSum{}
		}
		parts[sum.PayoutID][sum.Part] = sum.PartSum
	}
	all := make([]PayoutSum, 0, len(payouts))
	for _, p := range payouts {
		all = append(all, PayoutSum{Payout: p, Parts: parts[p.ID]})
	}
	return all, nil
}

// PayoutTotals are figures of many payouts.
type PayoutTotals struct {
	Paid    int64
	Amount  money.Minor // of those that the bank has or is to get
	Differs []Payout    // those that do not add up, the last to arrive first
}

// SumPayouts counts the payouts of a filter's days, and names those that do not
// add up.
func (s *Store) SumPayouts(ctx context.Context, f PayoutFilter) (PayoutTotals, error) {
	var sum PayoutTotals
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		err := f.among(tx.Model(&Payout{})).Select("COUNT(*) AS paid, COALESCE(SUM(amount), 0) AS amount").
			Where("status NOT IN ?", []string{"failed", "canceled"}).Row().Scan(&sum.Paid, &sum.Amount)
		if err != nil {
			return err
		}
		return f.among(tx).Where(`(difference <> 0 OR id IN (SELECT payout_id FROM balance_transactions WHERE treatment = 'suspense')
			OR id IN (SELECT object FROM findings WHERE kind = 'payout_differs' AND closed_at IS NULL))`).
			Order("arrival_on DESC, id DESC").Find(&sum.Differs).Error
	})
	if err != nil {
		return PayoutTotals{}, fmt.Errorf("models: add up the payouts: %w", err)
	}
	return sum, nil
}

// FindPayout returns a payout with what is in it, and its lines: of gifts the
// oldest mostGifts, of all else every one. It returns ErrNotFound if there is none.
func (s *Store) FindPayout(ctx context.Context, id string, mostGifts int) (PayoutSum, []PayoutLine, error) {
	var p PayoutSum
	var lines []PayoutLine
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var err error
		if p, err = findPayout(tx, id); err != nil {
			return err
		}
		if lines, err = linesOf(tx, id, "<>", -1); err != nil {
			return err
		}
		gifts, err := linesOf(tx, id, "=", mostGifts)
		lines = append(lines, gifts...)
		return err
	})
	if err != nil {
		return PayoutSum{}, nil, fmt.Errorf("models: open the payout %s: %w", id, err)
	}
	return p, lines, nil
}

func findPayout(tx *gorm.DB, id string) (PayoutSum, error) {
	var row Payout
	err := tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return PayoutSum{}, ErrNotFound
	}
	if err != nil {
		return PayoutSum{}, err
	}
	all, err := sumParts(tx, []Payout{row})
	if err != nil {
		return PayoutSum{}, err
	}
	err = tx.Raw("SELECT COALESCE(MIN(detail), '') FROM findings WHERE kind = ? AND object = ? AND closed_at IS NULL", FoundPayout, id).Row().Scan(&all[0].Found)
	return all[0], err
}

// linesOf returns the lines of a payout whose part is or is not that of gifts,
// up to most of them unless that is negative.
func linesOf(tx *gorm.DB, payout, is string, most int) ([]PayoutLine, error) {
	query := `SELECT * FROM (
		SELECT t.id, t.category, t.source, t.amount, t.fee, t.net, t.created_at, ` + partOf + ` AS part,
		       COALESCE((SELECT MIN(n.detail) FROM findings n WHERE n.object = t.id AND n.closed_at IS NULL), '') AS detail,
		       COALESCE(d.id, '') AS donation_id, COALESCE(d.reference, '') AS reference, COALESCE(d.donor_name, '') AS donor_name,
		       COALESCE(d.frequency, '') AS frequency, COALESCE(d.renewal, FALSE) AS renewal, d.received_at,
		       COALESCE(d.amount_charged, 0) AS amount_charged, COALESCE(f.method, '') AS method
		FROM balance_transactions t
		LEFT JOIN postings p ON p.key = t.movement
		LEFT JOIN donations d ON d.id = p.donation_id
		LEFT JOIN facts f ON f.key = t.movement
		WHERE t.payout_id = ? AND t.source <> t.payout_id) AS lines
		WHERE part ` + is + ` 'gifts' ORDER BY CASE part WHEN 'unmatched' THEN 0 ELSE 1 END, created_at, id`
	args := []any{payout}
	if most >= 0 {
		query += " LIMIT ?"
		args = append(args, most)
	}
	var lines []PayoutLine
	if err := tx.Raw(query, args...).Scan(&lines).Error; err != nil {
		return nil, fmt.Errorf("list its lines: %w", err)
	}
	return lines, nil
}

// MarkPayout keeps that somebody has held a payout against the bank's
// statement. It returns ErrExists if it is marked already, ErrNotSettled if it
// has not arrived or does not add up, ErrNotFound if there is none.
func (s *Store) MarkPayout(ctx context.Context, by Actor, id string) error {
	return s.mark(ctx, by, id, func(tx *gorm.DB, p PayoutSum) (AuditEntry, error) {
		switch {
		case p.MarkedAt != nil:
			return AuditEntry{}, ErrExists
		case !p.Markable():
			return AuditEntry{}, ErrNotSettled
		}
		return AuditEntry{Act: PayoutMarked, After: "reconciled"},
			tx.Model(&Payout{ID: id}).Updates(map[string]any{"marked_at": s.Now(), "marked_by": by}).Error
	})
}

// UnmarkPayout takes a mark back. It returns ErrNotFound if there is none.
func (s *Store) UnmarkPayout(ctx context.Context, by Actor, id string) error {
	return s.mark(ctx, by, id, func(tx *gorm.DB, p PayoutSum) (AuditEntry, error) {
		if p.MarkedAt == nil {
			return AuditEntry{}, ErrNotFound
		}
		return AuditEntry{Act: PayoutUnmarked, Before: "reconciled by " + string(p.MarkedBy)},
			tx.Model(&Payout{ID: id}).Updates(map[string]any{"marked_at": nil, "marked_by": ""}).Error
	})
}

// mark changes the mark of a payout that nobody else changes meanwhile, and
// writes the act down.
func (s *Store) mark(ctx context.Context, by Actor, id string, change func(*gorm.DB, PayoutSum) (AuditEntry, error)) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		if err := forUpdate(tx).Select("id").Where("id = ?", id).Limit(1).Find(&Payout{}).Error; err != nil {
			return err
		}
		p, err := findPayout(tx, id)
		if err != nil {
			return err
		}
		entry, err := change(tx, p)
		if err != nil {
			return err
		}
		entry.Who, entry.Object = by, id
		return s.audit(tx, entry)
	})
	if err != nil {
		return fmt.Errorf("models: mark the payout %s: %w", id, err)
	}
	return nil
}
