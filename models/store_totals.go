package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// Totals reads the figures of every recorded gift, all of one moment.
func (s *Store) Totals(ctx context.Context) (Totals, error) {
	return s.totals(ctx, nil, sumChanges)
}

// TotalsAsOf reckons the figures from the journal and the facts as they stood
// at a moment, by the times of the postings. It reads every gift, and so is
// slower than Totals. NeedsAttention, ClosedThrough and the recurring figures
// are today's.
func (s *Store) TotalsAsOf(ctx context.Context, moment time.Time) (Totals, error) {
	return s.totals(ctx, &moment, func(tx *gorm.DB) (progressChange, error) { return recomputed(tx, &moment) })
}

func (s *Store) totals(ctx context.Context, until *time.Time, sum func(*gorm.DB) (progressChange, error)) (Totals, error) {
	var t Totals
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		figures, err := sum(tx)
		if err != nil {
			return err
		}
		if t, err = s.withAccount(tx, totalsOf(s.currency, figures), until); err != nil {
			return err
		}
		if t.StripeBalance, err = accountSum(tx, StripeBalance, until); err != nil {
			return err
		}
		return s.withClosing(tx, &t, until)
	})
	if err != nil {
		return Totals{}, fmt.Errorf("models: read the totals: %w", err)
	}
	return t, nil
}

// withAccount adds to the public figures what the other accounts hold, and all
// that is today's. Of the Stripe balance it takes what the others leave, which
// spares reading every line there.
func (s *Store) withAccount(tx *gorm.DB, t Totals, until *time.Time) (Totals, error) {
	var err error
	if t.PaidOut, err = accountSum(tx, Bank, until); err != nil {
		return t, err
	}
	// Income and its like are credits, so what came in is negative.
	for _, account := range []Account{OtherStripe, OpeningStripe, Suspense} {
		sum, err := accountSum(tx, account, until)
		if err != nil {
			return t, err
		}
		t.OtherActivity -= sum
	}
	t.StripeBalance = t.Net - t.Offline + t.OtherActivity - t.PaidOut
	if t.RecurringActive, t.RecurringMonthly, err = recurring(tx); err != nil {
		return t, err
	}
	t.NeedsAttention, err = s.needsAttention(tx)
	return t, err
}

// withClosing adds what a month's end asks for.
func (s *Store) withClosing(tx *gorm.DB, t *Totals, until *time.Time) error {
	at, next := s.Now(), endOfTime
	if until != nil {
		at, next = *until, until.Add(time.Microsecond).UTC() // the database's times are no finer
	}
	var err error
	if t.InTransit, _, err = inTransit(tx, &next, CivilDay(at.In(s.zone.Load()))); err != nil {
		return err
	}
	last, err := lastClosing(tx)
	if err != nil {
		return err
	}
	if last != nil {
		t.ClosedThrough = last.Through
	}
	err = tx.Raw(`SELECT COUNT(DISTINCT p.key), COALESCE(SUM(CASE WHEN l.account IN ('income:donations', 'contra:refunds', 'contra:disputes', 'expense:fees')
		THEN -l.amount ELSE 0 END), 0) FROM postings p JOIN posting_lines l ON l.posting = p.key WHERE p.happened_at IS NOT NULL AND p.at < ?`, next).
		Row().Scan(&t.Late, &t.LateNet)
	if err != nil {
		return fmt.Errorf("add up what was booked late: %w", err)
	}
	return nil
}

func totalsOf(currency money.Currency, sum progressChange) Totals {
	t := Totals{
		Currency: currency, Gross: sum.Gross, Refunded: sum.Refunded, Disputed: sum.Disputed, Offline: sum.Offline,
		Fees: sum.Fees, Pending: sum.Pending, Gifts: sum.Gifts, Donors: sum.Donors,
	}
	t.Raised = t.Gross - t.Refunded - t.Disputed
	t.Net = t.Raised - t.Fees
	return t
}

func accountSum(db *gorm.DB, account Account, until *time.Time) (money.Minor, error) {
	query := "SELECT COALESCE(SUM(l.amount), 0) FROM posting_lines l WHERE l.account = ?"
	args := []any{account}
	if until != nil {
		query = "SELECT COALESCE(SUM(l.amount), 0) FROM posting_lines l JOIN postings p ON p.key = l.posting WHERE l.account = ? AND p.at <= ?"
		args = append(args, until.UTC())
	}
	var sum int64
	if err := db.Raw(query, args...).Row().Scan(&sum); err != nil {
		return 0, fmt.Errorf("sum the account %s: %w", account, err)
	}
	return money.Minor(sum), nil
}

// perGift is what each gift comes to by the journal and the facts alone, up to
// a moment: the independent reckoning that the cached figures must equal.
const perGift = `
	WITH moved AS (
		SELECT p.donation_id AS gift,
		       -SUM(CASE WHEN l.account = 'income:donations' THEN l.amount ELSE 0 END) AS captured,
		       -SUM(CASE WHEN l.account = 'income:donations' AND p.kind IN ('gift', 'reversal') THEN l.amount ELSE 0 END) AS offline,
		       SUM(CASE WHEN l.account = 'contra:refunds' THEN l.amount ELSE 0 END) AS refunded,
		       SUM(CASE WHEN l.account = 'contra:disputes' THEN l.amount ELSE 0 END) AS disputed,
		       SUM(CASE WHEN l.account = 'expense:fees' THEN l.amount ELSE 0 END) AS fees
		FROM postings p JOIN posting_lines l ON l.posting = p.key
		WHERE p.donation_id IS NOT NULL AND p.at <= ?
		GROUP BY p.donation_id
	), tries AS (
		SELECT donation_id AS gift, charge,
		       MAX(CASE WHEN kind = 'debit_pending' THEN 1 ELSE 0 END) AS debit,
		       MAX(CASE WHEN kind <> 'debit_pending' THEN 1 ELSE 0 END) AS ended,
		       MAX(CASE WHEN kind IN ('payment_failed', 'failure') THEN 1 ELSE 0 END) AS failed
		FROM facts WHERE COALESCE(booked_at, at) <= ? AND kind IN ('debit_pending', 'payment_failed', 'failure', 'charge') GROUP BY donation_id, charge
	), said AS (
		SELECT gift, MAX(failed) AS failed,
		       MAX(CASE WHEN charge = '' THEN debit ELSE 0 END) AS begun,
		       MAX(CASE WHEN charge <> '' AND debit > ended THEN 1 ELSE 0 END) AS under_way
		FROM tries GROUP BY gift
	), gifts AS (
		SELECT d.id, d.donor_id, COALESCE(m.captured, 0) AS captured, COALESCE(m.offline, 0) AS offline,
		       COALESCE(m.refunded, 0) AS refunded, COALESCE(m.disputed, 0) AS disputed, COALESCE(m.fees, 0) AS fees,
		       CASE WHEN COALESCE(m.captured, 0) > 0 AND m.refunded + m.disputed < m.captured THEN 1 ELSE 0 END AS counted,
		       CASE WHEN COALESCE(m.captured, 0) = 0 AND (s.under_way = 1 OR s.begun = 1 AND s.failed = 0) THEN d.amount_charged ELSE 0 END AS pending
		FROM donations d LEFT JOIN said s ON s.gift = d.id LEFT JOIN moved m ON m.gift = d.id
	)`

// endOfTime is later than any posting.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// recomputed reckons the public figures anew, without the cache.
func recomputed(db *gorm.DB, moment *time.Time) (progressChange, error) {
	until := endOfTime
	if moment != nil {
		until = moment.UTC()
	}
	var sum progressChange
	err := db.Raw(perGift+`
		SELECT COALESCE(SUM(captured), 0) AS gross, COALESCE(SUM(refunded), 0) AS refunded, COALESCE(SUM(disputed), 0) AS disputed,
		       COALESCE(SUM(offline), 0) AS offline, COALESCE(SUM(fees), 0) AS fees, COALESCE(SUM(pending), 0) AS pending,
		       COALESCE(SUM(counted), 0) AS gifts, COUNT(DISTINCT CASE WHEN counted = 1 THEN donor_id END) AS donors
		FROM gifts`, until, until).Scan(&sum).Error
	return sum, err
}

func (s *Store) needsAttention(db *gorm.DB) (int64, error) {
	n, err := s.eventsToLookAt(db)
	if err != nil {
		return 0, err
	}
	var gifts int64
	if err := db.Model(&Donation{}).Where(overpaid).Count(&gifts).Error; err != nil {
		return 0, fmt.Errorf("count the gifts that were paid twice: %w", err)
	}
	return n + gifts, nil
}

// eventsToLookAt counts the events of which NeedsPerson holds.
func (s *Store) eventsToLookAt(db *gorm.DB) (int64, error) {
	var n int64
	err := db.Model(&Event{}).
		Where("state IN ? AND (state = ? OR failing_since <= ?)", []EventState{EventAttention, EventWaiting}, EventAttention, s.Now().Add(-patience)).
		Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count what needs attention: %w", err)
	}
	return n, nil
}
