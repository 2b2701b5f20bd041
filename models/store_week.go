package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// QueueWeekly queues a mail that tells of a week to everybody whom the campaign
// names for it, to each once: the mail's key is the week and the address. Of a week
// that began before these books were made it queues none: restored books would tell
// it again, and new ones don't know all of it.
func (s *Store) QueueWeekly(ctx context.Context, week Period) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	due, err := s.weeklyDue(ctx, week)
	if err == nil && len(due) > 0 {
		err = s.tx(ctx, func(tx *gorm.DB) error {
			for _, m := range due {
				if err := s.enqueue(tx, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("models: queue the mail of the week: %w", err)
	}
	return nil
}

// weeklyDue are the mails of a week that are not queued yet.
func (s *Store) weeklyDue(ctx context.Context, week Period) ([]Mail, error) {
	db := s.db.WithContext(ctx)
	year, number := week.From.ISOWeek()
	name := fmt.Sprintf("%d-W%02d", year, number)
	var all []Mail
	var keys []string
	for _, to := range s.notices.Weekly {
		key := staffKey(MailWeekly, name, to)
		all, keys = append(all, Mail{Key: key, Kind: MailWeekly, About: About{Email: to, At: &week.From}}), append(keys, key)
	}
	if len(all) == 0 {
		return nil, nil
	}
	var own books
	if err := db.Take(&own, 1).Error; err != nil || CivilDay(own.MadeAt.In(s.zone.Load())).After(week.From) {
		return nil, err
	}
	var queued []string
	if err := db.Model(&outboxRow{}).Where("key IN ?", keys).Pluck("key", &queued).Error; err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, key := range queued {
		known[key] = true
	}
	var due []Mail
	for _, m := range all {
		if !known[m.Key] {
			due = append(due, m)
		}
	}
	return due, nil
}

// Week is what a week came to, from the figures of days: the same numbers as
// the Overview and the Articles of its days.
func (s *Store) Week(ctx context.Context, week Period) (Week, error) {
	w := Week{Period: week}
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		kinds, err := kindsOf(tx, week)
		if err != nil {
			return err
		}
		w.DayFigures, w.Monthly, w.Yearly = kinds[""], kinds[string(Monthly)].Gifts, kinds[string(Yearly)].Gifts
		if kinds, err = kindsOf(tx, Period{week.From.AddDate(0, 0, -7), week.To.AddDate(0, 0, -7)}); err != nil {
			return err
		}
		w.Before = kinds[""]
		query, days := articlesOf(week)
		err = tx.Raw("SELECT * FROM ("+query+") AS a WHERE name LIKE 'src/%' AND gross - refunded - disputed > 0 ORDER BY gross - refunded - disputed DESC, gross DESC, name", days...).
			Scan(&w.Articles).Error
		if err != nil {
			return fmt.Errorf("sum the articles: %w", err)
		}
		all, err := sumChanges(tx)
		w.Total = totalsOf(s.currency, all).Raised
		return err
	})
	if err != nil {
		return Week{}, fmt.Errorf("models: sum the week of %s: %w", week.From.Format(time.DateOnly), err)
	}
	return w, nil
}

// kindsOf is what each kind of gift came to in a period, and all of them under "".
func kindsOf(tx *gorm.DB, p Period) (map[string]DayFigures, error) {
	where, args := whereOf(p, Filter{})
	var rows []dayRow
	if err := tx.Raw("SELECT frequency, "+sumOfDays+" FROM "+allDays+where+" GROUP BY frequency", args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("sum the kinds of gifts: %w", err)
	}
	kinds := map[string]DayFigures{}
	for _, r := range rows {
		all := kinds[""]
		all.Add(r.DayFigures)
		kinds[""], kinds[r.Frequency] = all, r.DayFigures
	}
	return kinds, nil
}
