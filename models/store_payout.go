package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// bookPayout keeps what Stripe says of a payout and posts its movements of
// money, each once: out of the Stripe balance when the payout is made, and back
// into it should the payout fail.
func (s *Store) bookPayout(tx *gorm.DB, p Payout) (booked, error) {
	if p.Currency != s.currency {
		return booked{state: EventForeign}, nil // of a balance these books do not keep
	}
	p.Difference, p.FromBefore, p.MembersRead = 0, 0, false
	made := insertOnce(tx, &p)
	if made.Error != nil {
		return booked{}, fmt.Errorf("keep the payout: %w", made.Error)
	}
	if made.RowsAffected == 0 {
		var known Payout
		if err := forUpdate(tx).Where("id = ?", p.ID).Take(&known).Error; err != nil {
			return booked{}, fmt.Errorf("find the payout: %w", err)
		}
		if known.Amount != p.Amount {
			return booked{state: EventAttention, problem: fmt.Sprintf("%s is of %s, and was of %s", p.ID, p.Amount.Decimal(), known.Amount.Decimal())}, nil
		}
		if p.supersedes(known) {
			changes := map[string]any{"status": p.Status, "arrival_on": p.ArrivalOn}
			if p.FailedAt != nil {
				changes["failed_at"] = *p.FailedAt
			}
			// What is reconciled stays so: the word can arrive before "paid" does.
			if known.Reconciliation != Reconciled {
				changes["reconciliation"] = p.Reconciliation
			}
			if err := tx.Model(&Payout{ID: p.ID}).Updates(changes).Error; err != nil {
				return booked{}, fmt.Errorf("change the payout: %w", err)
			}
		}
	}
	result := booked{state: EventBooked}
	amount := money.Money{Minor: p.Amount, Currency: p.Currency}
	moves := []Posting{move(PaidOut, p.ID+":payout", amount, p.CreatedAt.UTC(), s.Now())}
	if p.Undone() && p.FailedAt != nil {
		moves = append(moves, move(PayoutUndone, p.ID+":payout_failed", amount, p.FailedAt.UTC(), s.Now()))
	}
	var corrects *string
	for _, m := range moves {
		// Stripe tells of a payout for weeks after it was made: what it moved
		// before the books start is in the opening balance already.
		before, err := beforeBooks(tx, m.At)
		if err != nil {
			return booked{}, fmt.Errorf("look when the books start: %w", err)
		}
		if before {
			continue
		}
		m.Corrects, corrects = corrects, &m.Key
		posted, err := s.writeOnce(tx, m, p.ID)
		if err != nil {
			return booked{}, err
		}
		if posted {
			result.news = append(result.news, m.Key)
		}
	}
	return result, nil
}

// writeOnce appends a posting of the whole account, unless its key is posted,
// and reports whether it did.
func (s *Store) writeOnce(tx *gorm.DB, p Posting, payout string) (bool, error) {
	p.Payout = payout
	if err := p.Balanced(); err != nil {
		return false, err
	}
	if err := leaveClosedDays(tx, &p); err != nil {
		return false, err
	}
	made := insertOnce(tx, &p)
	if made.Error != nil {
		return false, fmt.Errorf("post: %w", made.Error)
	}
	if made.RowsAffected == 0 {
		return false, nil
	}
	if err := tx.Create(&p.Lines).Error; err != nil {
		return false, fmt.Errorf("post the lines: %w", err)
	}
	return true, nil
}

// UnsettledPayouts returns up to most payouts whose end is not known, or whose
// members are not read, by id, after the given one: failures are told for
// weeks after the money was sent.
func (s *Store) UnsettledPayouts(ctx context.Context, after string, most int) ([]string, error) {
	var ids []string
	err := s.db.WithContext(ctx).Model(&Payout{}).
		Where("id > ? AND status NOT IN ? AND (status <> 'paid' OR automatic AND NOT members_read OR created_at > ?)",
			after, []string{"failed", "canceled"}, s.Now().AddDate(0, 0, -failureTold)).
		Order("id").Limit(most).Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the payouts: %w", err)
	}
	return ids, nil
}

// failureTold is for how many days a payout is read again: Stripe tells of a
// failure within five business days of the arrival
// (https://docs.stripe.com/payouts#payout-failures).
const failureTold = 21

// PayoutsToOpen returns up to most automatic payouts whose members can be
// listed and are not read yet, or of which the books have lost some, by id,
// after the given one.
func (s *Store) PayoutsToOpen(ctx context.Context, after string, most int) ([]Payout, error) {
	var payouts []Payout
	err := s.db.WithContext(ctx).
		Where(`id > ? AND automatic AND reconciliation = ? AND (NOT members_read OR amount <> from_before + (
			SELECT COALESCE(SUM(t.net), 0) FROM balance_transactions t WHERE t.payout_id = payouts.id AND t.source <> payouts.id))`, after, Reconciled).
		Order("id").Limit(most).Find(&payouts).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the payouts to open: %w", err)
	}
	return payouts, nil
}
