package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// Overview reads what came in during a period from the figures of days, and so
// takes as long for a million gifts as for a thousand.
func (s *Store) Overview(ctx context.Context, p Period, f Filter) (Overview, error) {
	var o Overview
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		figures, err := sumChanges(tx)
		if err != nil {
			return err
		}
		if o.Totals, err = s.withAccount(tx, totalsOf(s.currency, figures), nil); err != nil {
			return err
		}
		if err := o.readPeriod(tx, p, f); err != nil {
			return err
		}
		today := civil(s.Now().In(s.zone.Load()))
		week := Period{today.AddDate(0, 0, -7), today.AddDate(0, 0, -1)}
		where, args := whereOf(week, Filter{})
		if err := tx.Raw("SELECT COALESCE(SUM(gross - refunded - disputed), 0) FROM "+allDays+where, args...).Scan(&o.LastWeek).Error; err != nil {
			return fmt.Errorf("sum the last week: %w", err)
		}
		return o.readUnderWay(tx)
	})
	if err != nil {
		return Overview{}, fmt.Errorf("models: read the overview: %w", err)
	}
	return o, nil
}

// whereOf is the condition of a period and a filter, and its arguments.
func whereOf(p Period, f Filter) (where string, args []any) {
	var all []string
	add := func(condition, value string) {
		if value != "" {
			all, args = append(all, condition), append(args, value)
		}
	}
	if !p.From.IsZero() {
		add("day >= ?", p.From.Format(time.DateOnly))
	}
	if !p.To.IsZero() {
		add("day <= ?", p.To.Format(time.DateOnly))
	}
	add("channel = ?", f.Channel)
	add("frequency = ?", f.Frequency)
	add("method = ?", f.Method)
	if len(all) > 0 {
		where = " WHERE " + strings.Join(all, " AND ")
	}
	return where, args
}

const sumOfDays = "SUM(gross) AS gross, SUM(refunded) AS refunded, SUM(disputed) AS disputed, SUM(fees) AS fees, SUM(gifts) AS gifts"

func (o *Overview) readPeriod(tx *gorm.DB, p Period, f Filter) error {
	where, args := whereOf(p, f)
	var byDay []dayRow
	err := tx.Raw("SELECT day, frequency, "+sumOfDays+" FROM "+allDays+where+" GROUP BY day, frequency ORDER BY day, frequency", args...).Scan(&byDay).Error
	if err != nil {
		return fmt.Errorf("sum the days: %w", err)
	}
	if err := o.addDays(byDay); err != nil {
		return err
	}
	for column, into := range map[string]*[]Part{"channel": &o.Channels, "frequency": &o.Frequencies, "method": &o.Methods} {
		err := tx.Raw("SELECT "+column+" AS name, "+sumOfDays+" FROM "+allDays+where+" GROUP BY "+column+" ORDER BY SUM(gross) DESC, "+column, args...).Scan(into).Error
		if err != nil {
			return fmt.Errorf("sum by %s: %w", column, err)
		}
	}
	if f != (Filter{}) {
		return nil
	}
	var amounts []dayAmount
	if err := tx.Raw("SELECT amount, SUM(gifts) AS gifts FROM "+allAmounts+where+" GROUP BY amount ORDER BY amount", args...).Scan(&amounts).Error; err != nil {
		return fmt.Errorf("sum the amounts: %w", err)
	}
	o.Median = median(amounts)
	return nil
}

// addDays sums up rows in the order of their days.
func (o *Overview) addDays(rows []dayRow) error {
	for _, r := range rows {
		on, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			return fmt.Errorf("the day %q: %w", r.Day, err)
		}
		if n := len(o.Days); n == 0 || !o.Days[n-1].On.Equal(on) {
			o.Days = append(o.Days, Day{On: on})
		}
		day := &o.Days[len(o.Days)-1]
		day.Add(r.DayFigures)
		switch r.Frequency {
		case string(Once):
			day.Once += r.Gross
		case OfflineKind:
			day.Offline += r.Gross
		default:
			day.Recurring += r.Gross
		}
		o.Add(r.DayFigures)
	}
	return nil
}

// median is the amount of the middle gift, or the mean of the two there, of
// amounts in their order.
func median(amounts []dayAmount) money.Minor {
	var all int64
	for _, a := range amounts {
		all += a.Gifts
	}
	if all <= 0 {
		return 0
	}
	at := func(n int64) money.Minor { // the nth gift, from 0
		for _, a := range amounts {
			if n -= a.Gifts; n < 0 {
				return a.Amount
			}
		}
		return 0
	}
	return (at((all-1)/2) + at(all/2)) / 2
}

func (o *Overview) readUnderWay(tx *gorm.DB) error {
	var sync syncState
	if err := tx.Take(&sync, 1).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return fmt.Errorf("read when the books were compared: %w", err)
	}
	for _, q := range []struct {
		what  string
		into  any
		query string
	}{
		{"differences", &o.Match, differences},
		{"bank debits", &o.Waiting.Debits, pendingDebits},
		{"refunds", &o.Waiting.Refunds, openRefunds},
		{"failing gifts", &o.Waiting.Failing, `SELECT COUNT(*) AS count, COALESCE(SUM(amount), 0) AS amount FROM subscriptions
			WHERE status IN ('past_due', 'unpaid')`},
	} {
		if err := tx.Raw(q.query).Scan(q.into).Error; err != nil {
			return fmt.Errorf("count the %s: %w", q.what, err)
		}
	}
	disputes, err := openDisputes(tx, "")
	if err != nil {
		return err
	}
	for _, d := range disputes {
		o.Waiting.addDispute(d)
	}
	o.Match.At = sync.CompletedAt
	if err := tx.Order("arrival_on DESC, id DESC").Limit(10).Find(&o.Payouts).Error; err != nil {
		return fmt.Errorf("read the payouts: %w", err)
	}
	return nil
}

// differences counts the findings that stand, and pendingDebits the bank debits
// that are under way.
const (
	differences = `SELECT COUNT(*) AS differences, COUNT(*) AS count, COALESCE(SUM(ABS(amount)), 0) AS amount FROM findings
		WHERE closed_at IS NULL AND kind NOT IN ('` + string(FoundWarning) + `', '` + string(FoundLostTwice) + `')`
	pendingDebits = `SELECT COUNT(*) AS count, COALESCE(SUM(pending), 0) AS amount FROM donations
		WHERE status IN ('started', 'processing') AND pending > 0`
)

// openRefunds counts the refunds whose end is not known. The first condition is
// that of the index facts_opened, in its very words, without which SQLite reads
// every fact.
const openRefunds = `SELECT COUNT(*) AS count, COALESCE(SUM(f.amount), 0) AS amount FROM facts f
	WHERE f.kind IN ('refund', 'dispute_opened') AND f.kind = 'refund'
	AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.object = f.object AND c.kind IN ('refund_settled', 'refund_failed'))`
