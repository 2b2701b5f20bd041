package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// heldOf is, for each balance transaction, what the journal holds of it in the
// Stripe balance.
const heldOf = `
	SELECT t.id, t.source, t.movement, t.net, t.currency, t.treatment, t.owns_movement,
	       COALESCE(o.amount, 0) AS other,
	       COALESCE(m.amount, 0) + COALESCE(f.amount, 0) + COALESCE(o.amount, 0) + COALESCE(s.amount, 0) + COALESCE(e.amount, 0) AS held,
	       COALESCE(s.amount, 0) + CASE WHEN e.amount IS NOT NULL AND s.amount IS NOT NULL THEN e.amount ELSE 0 END AS suspense
	FROM balance_transactions t
	LEFT JOIN posting_lines m ON t.owns_movement AND m.posting = t.movement AND m.account = 'stripe:balance'
	LEFT JOIN posting_lines f ON f.posting = t.id || ':fee' AND f.account = 'stripe:balance'
	LEFT JOIN posting_lines o ON o.posting = t.id || ':other' AND o.account = 'stripe:balance'
	LEFT JOIN posting_lines s ON s.posting = t.id || ':suspense' AND s.account = 'stripe:balance'
	LEFT JOIN posting_lines e ON e.posting = t.id || ':explained' AND e.account = 'stripe:balance'`

// Difference is a balance transaction of which the journal holds another
// amount than Stripe, or that is in suspense.
type Difference struct {
	ID           string
	Source       string
	Movement     string
	Net          money.Minor
	Currency     money.Currency
	Treatment    Treatment
	OwnsMovement bool
	Other        money.Minor // held by the journal as other activity
	Held         money.Minor // by the journal in all, suspense included
	Suspense     money.Minor
}

// Differences returns the balance transactions of which the journal holds
// another amount than Stripe's own account does.
func (s *Store) Differences(ctx context.Context) ([]Difference, error) {
	var rows []Difference
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM (` + heldOf + `) AS held WHERE held <> net AND treatment <> 'other_currency' ORDER BY id`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: compare with Stripe's balance transactions: %w", err)
	}
	return rows, nil
}

// MovementsSum is the sum of all balance transactions that are known.
func (s *Store) MovementsSum(ctx context.Context) (money.Minor, error) {
	var net int64
	if err := s.db.WithContext(ctx).Raw("SELECT COALESCE(SUM(net), 0) FROM balance_transactions WHERE currency = ?", s.currency).Row().Scan(&net); err != nil {
		return 0, fmt.Errorf("models: sum the balance transactions: %w", err)
	}
	return money.Minor(net), nil
}

// openingKey is that of the one posting of what the balance held before the
// books start.
const openingKey = "opening:stripe"

// OpenBalance posts what the Stripe balance held before the books start, once,
// and reports whether it was this call that opened it.
func (s *Store) OpenBalance(ctx context.Context, amount money.Minor, at time.Time) (opened bool, err error) {
	err = s.tx(ctx, func(tx *gorm.DB) error {
		first := tx.Model(&syncState{}).Where("id = 1 AND NOT opened").Update("opened", true)
		opened = first.RowsAffected > 0
		if first.Error != nil || !opened || amount == 0 {
			return first.Error
		}
		_, err := s.writeOnce(tx, move(Opened, openingKey, money.Money{Minor: amount, Currency: s.currency}, at.UTC(), s.Now()), "")
		return err
	})
	if err != nil {
		return false, fmt.Errorf("models: open the balance: %w", err)
	}
	return opened, nil
}

// KnownTransactions returns, of these balance transactions, those that the
// books know, each with the payout it went out with, "" while that is not known.
func (s *Store) KnownTransactions(ctx context.Context, members []BalanceTransaction) (map[string]string, error) {
	known := map[string]string{}
	for page := range slices.Chunk(transactionIDs(members), 500) {
		var rows []BalanceTransaction
		if err := s.db.WithContext(ctx).Select("id", "payout_id").Where("id IN ?", page).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("models: look for balance transactions: %w", err)
		}
		for _, r := range rows {
			known[r.ID] = r.PayoutID
		}
	}
	return known, nil
}

// ReadMembers keeps which balance transactions went out with a payout, its own
// among them. before is what those come to that are older than the books;
// strangers say which do not belong there. A payout that does not add up is a
// finding, and its members are read again by the next sync.
func (s *Store) ReadMembers(ctx context.Context, p Payout, members []BalanceTransaction, before money.Minor, strangers []string) error {
	var sum money.Minor
	for _, t := range members {
		if t.Source != p.ID {
			sum += t.Net
		}
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		for page := range slices.Chunk(transactionIDs(members), 500) {
			if err := tx.Model(&BalanceTransaction{}).Where("id IN ? AND payout_id = ''", page).Update("payout_id", p.ID).Error; err != nil {
				return err
			}
		}
		difference := p.Amount - sum
		whole := difference == 0 && len(strangers) == 0
		if err := tx.Model(&Payout{ID: p.ID}).Updates(map[string]any{
			"members_read": whole, "difference": difference, "from_before": before,
		}).Error; err != nil {
			return err
		}
		if whole {
			return nil
		}
		detail := fmt.Sprintf("the payout is of %s, its %d members come to %s", p.Amount.Decimal(), len(members), sum.Decimal())
		return s.find(tx, Finding{
			Kind: FoundPayout, Object: p.ID, Amount: difference, Currency: p.Currency, Detail: strings.Join(append([]string{detail}, strangers...), "; "),
		})
	})
	if err != nil {
		return fmt.Errorf("models: keep the members of %s: %w", p.ID, err)
	}
	return nil
}

func transactionIDs(page []BalanceTransaction) []string {
	ids := make([]string, 0, len(page))
	for _, t := range page {
		ids = append(ids, t.ID)
	}
	return ids
}
