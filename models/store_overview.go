package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
		today := CivilDay(s.Now().In(s.zone.Load()))
		week := Period{today.AddDate(0, 0, -7), today.AddDate(0, 0, -1)}
		o.LastWeekFrom = week.From
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
			all, args = append(all, condition), append(args, known(value))
		}
	}
	if !p.From.IsZero() {
		add("day >= ?", p.From.Format(time.DateOnly))
	}
	if !p.To.IsZero() {
		add("day <= ?", p.To.Format(time.DateOnly))
	}
	add("channel = ?", f.Channel)
	add("article = ?", f.Article)
	if f.Frequency == Recurring {
		all, args = append(all, "frequency IN ?"), append(args, recurringKinds)
	} else {
		add("frequency = ?", f.Frequency)
	}
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
	var byWay []dayRow
	err = tx.Raw("SELECT channel, method, "+sumOfDays+" FROM "+allDays+where+" GROUP BY channel, method", args...).Scan(&byWay).Error
	if err != nil {
		return fmt.Errorf("sum the channels and methods: %w", err)
	}
	o.Frequencies = partsOf(byDay, func(r dayRow) string { return r.Frequency })
	o.Channels = partsOf(byWay, func(r dayRow) string { return r.Channel })
	o.Methods = partsOf(byWay, func(r dayRow) string { return r.Method })
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

// partsOf sums up rows by one of their names, the most first.
func partsOf(rows []dayRow, name func(dayRow) string) []Part {
	sums := map[string]DayFigures{}
	for _, r := range rows {
		sum := sums[name(r)]
		sum.Add(r.DayFigures)
		sums[name(r)] = sum
	}
	parts := make([]Part, 0, len(sums))
	for name, sum := range sums {
		parts = append(parts, Part{cmp.Or(name, Unknown), sum})
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Or(cmp.Compare(b.Gross, a.Gross), cmp.Compare(a.Name, b.Name)) })
	return parts
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

// openDifferences counts the findings that stand, but for those that are of no
// difference.
const openDifferences = `SELECT COUNT(*) AS differences, COUNT(resolved_at) AS resolved, COALESCE(SUM(ABS(amount)), 0) AS amount FROM findings
	WHERE closed_at IS NULL AND kind NOT IN ('` + string(FoundWarning) + `', '` + string(FoundLostTwice) + `')`

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
		{"differences", &o.Match, openDifferences},
		{"bank debits", &o.Waiting.Debits, countOf(DebitsUnderWay)},
		{"refunds", &o.Waiting.Refunds, countOf(RefundsUnderWay)},
		{"failing gifts", &o.Waiting.Failing, countOf(FailingNow)},
		{"mail", &o.Waiting.Unsent, "SELECT COUNT(*) FROM outbox WHERE state IN ('" + string(MailIsFailed) + "', '" + string(MailIsHeld) + "')"},
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

// countOf counts what is under way, by what each gift adds to it.
func countOf(f Figure) string {
	return "SELECT COALESCE(SUM(things), 0) AS count, COALESCE(SUM(moved), 0) AS amount FROM (" + underWay[f] + ") AS figure"
}
