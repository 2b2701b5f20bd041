package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// asResolved keeps a finding resolved that comes again as it was, and opens one
// that has changed, or that was gone meanwhile. The words about a balance tell
// what it is at the moment, and so are no change.
const asResolved = `CASE WHEN findings.closed_at IS NULL AND findings.amount = excluded.amount AND findings.currency = excluded.currency
	AND (findings.detail = excluded.detail OR findings.kind = '` + string(FoundBalance) + `') THEN findings.resolved_at END`

// find keeps a finding, or that it still stands.
func (s *Store) find(tx *gorm.DB, f Finding) error {
	f.FoundAt, f.SeenAt, f.ClosedAt, f.ResolvedAt = s.Now(), s.Now(), nil, nil
	err := tx.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "kind"}, {Name: "object"}},
		DoUpdates: append(clause.AssignmentColumns([]string{"amount", "currency", "detail", "seen_at", "closed_at"}),
			clause.Assignment{Column: clause.Column{Name: "resolved_at"}, Value: gorm.Expr(asResolved)}),
	}).Create(&f).Error
	if err != nil {
		return fmt.Errorf("keep the finding on %s: %w", f.Object, err)
	}
	return nil
}

// NameDifferences keeps as findings all in which the journal and Stripe's
// balance transactions differ, which gifts need a person, and what else the sync
// that began at since found.
// Findings that it did not see again are closed. It returns those that stand.
func (s *Store) NameDifferences(ctx context.Context, since time.Time, others []Finding) ([]Finding, error) {
	var rows []Difference
	// Read beforehand: it takes long in large books, and bookings must not wait.
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM (` + heldOf + `) AS held
		WHERE held <> net OR treatment IN ('suspense', 'other_currency') ORDER BY id`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: compare with Stripe's balance transactions: %w", err)
	}
	var open []Finding
	err = s.tx(ctx, func(tx *gorm.DB) error {
		for _, d := range rows {
			twin, err := s.twinOf(tx, d)
			if err != nil {
				return err
			}
			f := d.finding(twin)
			if d.Treatment == InOtherCurrency {
				// Of the books' own currency Stripe has nothing of it, and their
				// amounts are the only ones that can be added up.
				if f.Amount, err = postedToBalance(tx, d.Movement); err != nil {
					return err
				}
				f.Amount, f.Currency = -f.Amount, s.currency
			}
			if err := s.find(tx, f); err != nil {
				return err
			}
		}
		twice, err := returnedTwice(tx)
		if err != nil {
			return err
		}
		people, err := needAPerson(tx)
		if err != nil {
			return err
		}
		for _, f := range slices.Concat(twice, people, others) {
			if err := s.find(tx, f); err != nil {
				return err
			}
		}
		now := s.Now()
		crash.Here(crash.DifferencesNamed)
		if err := tx.Model(&Finding{}).Where("closed_at IS NULL AND seen_at < ?", since.UTC()).Update("closed_at", now).Error; err != nil {
			return err
		}
		return tx.Where("closed_at IS NULL").Order("found_at, kind, object").Find(&open).Error
	})
	if err != nil {
		return nil, fmt.Errorf("models: name the differences: %w", err)
	}
	return open, nil
}

// returnedTwice finds the disputes that gave back more than they took, as Stripe
// itself says they did.
func returnedTwice(tx *gorm.DB) ([]Finding, error) {
	var found []Finding
	err := tx.Raw(`SELECT f.object, -SUM(l.amount) AS amount, l.currency FROM facts f
		JOIN posting_lines l ON l.posting = f.key AND l.account = 'contra:disputes'
		WHERE f.kind = 'dispute' GROUP BY f.object, l.currency HAVING SUM(l.amount) < 0 ORDER BY f.object`).Scan(&found).Error
	for i := range found {
		found[i].Kind = FoundEvidence
		found[i].Detail = fmt.Sprintf("the dispute gave back %s more than it took", found[i].Amount.Decimal())
	}
	return found, err
}

// needAPerson finds the gifts about which somebody can still save money. A
// warning is of use until its payment is refunded whole or disputed
// (https://docs.stripe.com/api/radar/early_fraud_warnings/object).
func needAPerson(tx *gorm.DB) ([]Finding, error) {
	var warned, twice []Finding
	err := tx.Raw(`SELECT w.object, SUM(CASE WHEN m.kind IN ('charge', 'refund_failed') THEN m.amount ELSE -m.amount END) AS amount, m.currency,
		       CASE WHEN MAX(w.times) > 1 THEN CAST(MAX(w.times) AS TEXT) ELSE '' END AS detail
		FROM (SELECT donation_id, object, COUNT(*) AS times FROM facts WHERE kind = 'fraud_warning' GROUP BY donation_id, object) AS w
		JOIN facts m ON m.donation_id = w.donation_id AND m.charge = w.object AND m.kind IN ('charge', 'failure', 'refund', 'refund_failed')
		WHERE NOT EXISTS (SELECT 1 FROM facts o WHERE o.donation_id = w.donation_id AND o.charge = w.object AND o.kind = 'dispute_opened')
		GROUP BY w.object, m.currency
		HAVING SUM(CASE WHEN m.kind IN ('charge', 'refund_failed') THEN m.amount ELSE -m.amount END) > 0 ORDER BY w.object`).Scan(&warned).Error
	if err != nil {
		return nil, fmt.Errorf("list the warnings of fraud: %w", err)
	}
	err = tx.Raw(`SELECT * FROM (
			SELECT f.charge AS object, f.currency,
			       SUM(CASE f.kind WHEN 'refund' THEN f.amount WHEN 'refund_failed' THEN -f.amount ELSE 0 END) AS refunded,
			       SUM(CASE f.kind WHEN 'dispute' THEN f.amount ELSE 0 END) AS disputed,
			       SUM(CASE f.kind WHEN 'charge' THEN -f.amount WHEN 'refund_failed' THEN -f.amount ELSE f.amount END) AS amount
			FROM facts f JOIN donations d ON d.id = f.donation_id
			WHERE d.refunded > 0 AND d.disputed > 0 AND f.charge <> '' AND f.kind IN ('charge', 'failure', 'refund', 'refund_failed', 'dispute')
			GROUP BY f.charge, f.currency) AS lost
		WHERE refunded > 0 AND disputed > 0 AND amount > 0 ORDER BY object`).Scan(&twice).Error
	if err != nil {
		return nil, fmt.Errorf("list what was lost twice: %w", err)
	}
	for i, f := range warned {
		warned[i].Kind = FoundWarning
		again := ""
		if f.Detail != "" {
			again = " and has said so " + f.Detail + " times" // another warning is another reason to look
		}
		warned[i].Detail = fmt.Sprintf("the card's issuer suspects fraud%s; a refund of %s now saves the dispute and its fee", again, f.Amount.Decimal())
	}
	for i, f := range twice {
		twice[i].Kind = FoundLostTwice
		twice[i].Detail = fmt.Sprintf("refunded and disputed too: %s went back twice; the refund is evidence for the dispute", f.Amount.Decimal())
	}
	return append(warned, twice...), nil
}

// twinOf returns the balance transaction that a second one repeats, "" if none.
func (s *Store) twinOf(tx *gorm.DB, d Difference) (string, error) {
	if d.OwnsMovement || d.Movement == "" {
		return "", nil
	}
	var ids []string
	err := tx.Model(&BalanceTransaction{}).Where("movement = ? AND owns_movement AND id <> ?", d.Movement, d.ID).Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// postedToBalance is what a posting moved in the Stripe balance.
func postedToBalance(tx *gorm.DB, key string) (sum money.Minor, err error) {
	err = tx.Raw("SELECT COALESCE(SUM(amount), 0) FROM posting_lines WHERE posting = ? AND account = ?", key, StripeBalance).Row().Scan(&sum)
	if err != nil {
		return 0, fmt.Errorf("look what was posted: %w", err)
	}
	return sum, nil
}

// finding names a difference: by how much Stripe has more than the journal,
// what stands in suspense not counted. It is of the balance transaction, since
// one object can make several.
func (d Difference) finding(twin string) Finding {
	f := Finding{Object: d.ID, Amount: d.Net - d.Held + d.Suspense, Currency: d.Currency}
	moved := "moved " + d.Net.Decimal()
	if d.Source != "" {
		moved += " for " + d.Source
	}
	switch {
	case d.Treatment == InOtherCurrency:
		f.Kind = FoundCurrency
		f.Detail = fmt.Sprintf("%s in %q, which these books do not keep", moved, d.Currency)
	case twin != "":
		f.Kind = FoundTwice
		f.Detail = fmt.Sprintf("%s, as %s did before", moved, twin)
	case d.OwnsMovement || d.Other != 0:
		f.Kind = FoundAmount
		f.Detail = fmt.Sprintf("%s, the journal has %s of it", moved, (d.Held - d.Suspense).Decimal())
	default:
		f.Kind = FoundMissing
		f.Detail = moved + ", and the journal has nothing of it that explains it"
	}
	return f
}

// OpenFindings returns the findings that stand, the oldest first, those too that
// a person resolved: the difference is still there.
func (s *Store) OpenFindings(ctx context.Context) ([]Finding, error) {
	var open []Finding
	if err := s.db.WithContext(ctx).Where("closed_at IS NULL").Order("found_at, kind, object").Find(&open).Error; err != nil {
		return nil, fmt.Errorf("models: list the findings: %w", err)
	}
	return open, nil
}
