package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// PlanClosing says what closing all days through one would close, and closes
// none. It returns ErrNotOver and ErrExists as CloseDays does.
func (s *Store) PlanClosing(ctx context.Context, through time.Time) (ClosingPlan, error) {
	plan := ClosingPlan{Through: through}
	until := DayEnds(through, s.zone.Load())
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		if until.After(s.Now()) {
			return ErrNotOver
		}
		last, err := lastClosing(tx)
		if err != nil {
			return err
		}
		closed := ""
		if last != nil {
			if closed = last.Through; !until.After(last.Until) {
				return ErrExists
			}
		}
		err = tx.Raw("SELECT SUBSTR(day, 1, 7) AS month, MIN(day) AS first, "+sumOfDays+" FROM "+allDays+" WHERE day > ? AND day <= ? GROUP BY SUBSTR(day, 1, 7) ORDER BY 1",
			closed, through.Format(time.DateOnly)).Scan(&plan.Months).Error
		if err != nil {
			return fmt.Errorf("sum the months: %w", err)
		}
		for _, m := range plan.Months {
			plan.Sum.Add(m.DayFigures)
		}
		if plan.Balances, _, err = balancesAt(tx, until); err != nil {
			return err
		}
		if plan.Transit, _, err = inTransit(tx, &until, through); err != nil {
			return err
		}
		plan.Open, err = s.openMatters(tx, until, through)
		return err
	})
	if err != nil {
		return ClosingPlan{}, fmt.Errorf("models: look at what would be closed: %w", err)
	}
	return plan, nil
}

// openMatters are those of the days before a moment, the ones that hinder a
// closing first.
func (s *Store) openMatters(tx *gorm.DB, until, through time.Time) ([]OpenMatter, error) {
	var sync syncState
	if err := tx.Take(&sync, 1).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fmt.Errorf("read when the books were compared: %w", err)
	}
	var open []OpenMatter
	if sync.ReadUntil == nil || sync.ReadUntil.Before(until) {
		open = append(open, OpenMatter{What: StripeUnread})
	}
	for _, q := range []struct {
		what  OpenKind
		query string
		args  []any
	}{
		{EventsUnbooked, `SELECT COUNT(*) AS count, 0 AS amount FROM events WHERE state IN (?, ?) AND created < ?`, []any{EventAttention, EventWaiting, until}},
		{BooksDiffer, `SELECT differences AS count, amount FROM (` + openDifferences + ` AND resolved_at IS NULL) AS unresolved`, nil},
		{DebitsPending, countOf(DebitsUnderWay) + " WHERE EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = gift AND f.kind = ? AND f.at < ?)", []any{DebitPending, until}},
		{StripeUnproven, `SELECT COUNT(*) AS count, COALESCE(SUM(u.amount), 0) AS amount FROM (` + unproven + `) AS u WHERE u.at < ?`, []any{until}},
		{PayoutsUnmarked, `SELECT COUNT(*) AS count, COALESCE(SUM(amount), 0) AS amount FROM payouts
			WHERE arrival_on <= ? AND marked_at IS NULL AND status NOT IN ('failed', 'canceled')`, []any{through}},
	} {
		var found UnderWay
		if err := tx.Raw(q.query, q.args...).Scan(&found).Error; err != nil {
			return nil, fmt.Errorf("look for %s: %w", q.what, err)
		}
		if found.Count > 0 {
			open = append(open, OpenMatter{q.what, found.Count, found.Amount})
		}
	}
	amount, count, err := inTransit(tx, &until, through)
	if err == nil && count > 0 {
		open = append(open, OpenMatter{PayoutsInTransit, count, amount})
	}
	return open, err
}

// inTransit is what was paid out before a moment and reached the bank on a later
// day than the given one, as far as the books then knew, and in how many
// payouts. Without a moment it is by all that is known.
func inTransit(tx *gorm.DB, until *time.Time, day time.Time) (money.Minor, int64, error) {
	before := endOfTime
	if until != nil {
		before = until.UTC()
	}
	var sum UnderWay
	err := tx.Raw(`SELECT COUNT(*) AS count, COALESCE(SUM(amount), 0) AS amount FROM (
			SELECT o.id, SUM(l.amount) AS amount FROM payouts o JOIN postings p ON p.key IN (o.id || ':payout', o.id || ':payout_failed')
			JOIN posting_lines l ON l.posting = p.key AND l.account = 'bank'
			WHERE o.arrival_on > ? AND p.at < ? GROUP BY o.id) AS sent WHERE amount <> 0`, day, before).Scan(&sum).Error
	if err != nil {
		return 0, 0, fmt.Errorf("add up what is on its way to the bank: %w", err)
	}
	return sum.Amount, sum.Count, nil
}

// LatePostings returns up to most postings of days that were closed when they
// came, and that stand in the days from a moment on, the last to come first.
func (s *Store) LatePostings(ctx context.Context, from time.Time, most int) ([]LatePosting, error) {
	var rows []struct {
		LatePosting
		Gift *string
	}
	err := s.db.WithContext(ctx).Raw(`
		SELECT p.key, p.kind, p.donation_id AS gift, COALESCE(d.reference, '') AS reference, p.at, p.happened_at, p.posted_at,
		       SUM(CASE WHEN l.account IN ('stripe:balance', 'offline:received') THEN l.amount ELSE 0 END) AS amount
		FROM postings p JOIN posting_lines l ON l.posting = p.key LEFT JOIN donations d ON d.id = p.donation_id
		WHERE p.happened_at IS NOT NULL AND p.at >= ?
		GROUP BY p.key, p.kind, p.donation_id, d.reference, p.at, p.happened_at, p.posted_at ORDER BY p.posted_at DESC, p.key LIMIT ?`, from.UTC(), most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: list what was booked late: %w", err)
	}
	late := make([]LatePosting, 0, len(rows))
	for _, r := range rows {
		if r.Gift != nil {
			r.DonationID = *r.Gift
		}
		late = append(late, r.LatePosting)
	}
	return late, nil
}
