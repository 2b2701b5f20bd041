package models

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/corruptionproject/appeal/internal/money"
)

// unproven are the postings that move the Stripe balance and that no balance
// transaction proves. A refund that was undone before it moved anything is
// none. elsewhere: its balance transaction is in another currency than the
// books. The opening balance is proved by what Stripe holds.
const unproven = `
	SELECT p.key, p.kind, p.at, p.happened_at, p.posted_at, l.amount,
	       EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = p.key AND t.treatment = 'other_currency') AS elsewhere
	FROM postings p
	JOIN posting_lines l ON l.posting = p.key AND l.account = 'stripe:balance'
	WHERE p.kind IN ('charge', 'failure', 'refund', 'refund_failed', 'payout', 'payout_failed')
	  AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = p.key AND t.owns_movement)
	  AND NOT (p.kind = 'refund' AND EXISTS (SELECT 1 FROM postings u WHERE u.key = p.key || '_failed')
	           AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = p.key || '_failed'))
	  AND NOT (p.kind = 'refund_failed'
	           AND EXISTS (SELECT 1 FROM postings u WHERE u.key = REPLACE(p.key, ':refund_failed', ':refund'))
	           AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = REPLACE(p.key, ':refund_failed', ':refund')))
	   OR p.kind IN ('dispute', 'fee', 'other', 'suspense', 'explained')
	  AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.id = REPLACE(p.key, ':' || p.kind, ''))`

// askedAfter are the unproven postings with what Stripe said of each when it
// was last asked.
const askedAfter = `
	SELECT u.key, u.kind, u.at, u.amount, u.elsewhere, a.asked_at, COALESCE(a.missing, '') AS missing
	FROM (` + unproven + `) AS u LEFT JOIN unproven_postings a ON a.key = u.key`

// Unproven is a posting that moves the Stripe balance and of which no balance
// transaction is known.
type Unproven struct {
	Key       string
	Kind      FactKind
	At        time.Time
	Amount    money.Minor // by which it moves the balance
	Elsewhere bool        // it moved a balance in another currency
	AskedAt   *time.Time  // when Stripe was last asked about it; nil if never
	Missing   string      // why Stripe does not bear it out; "" if it does, or was not asked yet
}

// OnItsWay reports whether Stripe may still move its balance for it.
func (u Unproven) OnItsWay() bool { return u.Missing == "" && !u.Elsewhere }

// unprovenPosting is what is kept of it.
type unprovenPosting struct {
	Key     string `gorm:"primaryKey"`
	AskedAt *time.Time
	Missing string
}

// UnprovenToAsk returns up to most postings of before a moment that no balance
// transaction proves: first those that Stripe was never asked about, then those
// that it was asked about longest ago, so that none is left out for good.
func (s *Store) UnprovenToAsk(ctx context.Context, until time.Time, most int) ([]Unproven, error) {
	var rows []Unproven
	err := s.db.WithContext(ctx).Raw(askedAfter+`
		WHERE COALESCE(u.happened_at, u.at) <= ? AND NOT u.elsewhere
		ORDER BY CASE WHEN a.asked_at IS NULL THEN 0 ELSE 1 END, a.asked_at, u.key LIMIT ?`, until.UTC(), most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: look for postings without a balance transaction: %w", err)
	}
	return rows, nil
}

// KeepAnswer keeps what Stripe said when it was asked about a posting: why it
// does not bear it out, "" if it does.
func (s *Store) KeepAnswer(ctx context.Context, key, missing string) error {
	now := s.Now()
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "key"}}, DoUpdates: clause.AssignmentColumns([]string{"asked_at", "missing"}),
		}).Create(&unprovenPosting{Key: key, AskedAt: &now, Missing: missing}).Error
	})
	if err != nil {
		return fmt.Errorf("models: keep what Stripe says of %s: %w", key, err)
	}
	return nil
}

// JournalBalance is the Stripe balance by the journal.
type JournalBalance struct {
	Sum      money.Minor
	Unproven []Unproven // the postings in it that no balance transaction proves
}

// Proved is what of it balance transactions and the opening balance prove.
func (b JournalBalance) Proved() money.Minor {
	sum := b.Sum
	for _, u := range b.Unproven {
		sum -= u.Amount
	}
	return sum
}

// JournalBalance reads the Stripe balance by the journal, all of one moment,
// and keeps which of it is not proved yet: Verify can't ask Stripe.
func (s *Store) JournalBalance(ctx context.Context) (JournalBalance, error) {
	var b JournalBalance
	// Read beforehand: it takes long in large books, and bookings must not wait.
	err := s.snapshot(ctx, func(tx *gorm.DB) (err error) {
		if b.Sum, err = accountSum(tx, StripeBalance, nil); err != nil {
			return err
		}
		return tx.Raw(askedAfter + ` ORDER BY u.at, u.key`).Scan(&b.Unproven).Error
	})
	if err == nil {
		err = s.tx(ctx, func(tx *gorm.DB) error { return keepUnproven(tx, b.Unproven) })
	}
	if err != nil {
		return JournalBalance{}, fmt.Errorf("models: read the balance by the journal: %w", err)
	}
	return b, nil
}

// keepUnproven makes what is kept that of these postings and no others.
func keepUnproven(tx *gorm.DB, all []Unproven) error {
	var kept []string
	if err := tx.Model(&unprovenPosting{}).Pluck("key", &kept).Error; err != nil {
		return err
	}
	known := map[string]bool{}
	for _, key := range kept {
		known[key] = true
	}
	var news []unprovenPosting
	for _, u := range all {
		if !known[u.Key] {
			news = append(news, unprovenPosting{Key: u.Key})
		}
		delete(known, u.Key)
	}
	if len(news) > 0 {
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&news, 500).Error; err != nil {
			return err
		}
	}
	for page := range slices.Chunk(slices.Collect(maps.Keys(known)), 500) {
		if err := tx.Where("key IN ?", page).Delete(&unprovenPosting{}).Error; err != nil {
			return err
		}
	}
	return nil
}
