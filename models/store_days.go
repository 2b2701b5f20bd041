package models

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/corruptionproject/appeal/internal/money"
)

// dayChange is by how much one fact changed the figures of a day.
type dayChange struct {
	ID         int64    `gorm:"primaryKey;autoIncrement"`
	Place      dayPlace `gorm:"embedded"`
	DayFigures `gorm:"embedded"`
}

func (dayChange) TableName() string { return "day_changes" }

// dayRow is the same, folded.
type dayRow struct {
	Day       string `gorm:"primaryKey"`
	Frequency string `gorm:"primaryKey"`
	Method    string `gorm:"primaryKey"`
	Channel   string `gorm:"primaryKey"`
	Article   string `gorm:"primaryKey"`

	DayFigures `gorm:"embedded"`
}

func (dayRow) TableName() string { return "day_figures" }

// place is where the figures stand.
func (r dayRow) place() dayPlace {
	return dayPlace{Day: r.Day, Frequency: r.Frequency, Method: r.Method, Channel: r.Channel, Article: r.Article}
}

// dayAmount is how many gifts of an amount a day had.
type dayAmount struct {
	Day    string      `gorm:"primaryKey"`
	Amount money.Minor `gorm:"primaryKey"`
	Gifts  int64
}

func (dayAmount) TableName() string { return "day_amounts" }

// changeDays appends by how much a gift's new facts change the figures of days.
func (s *Store) changeDays(tx *gorm.DB, d Donation, before, now []storedFact) error {
	zone := s.zone.Load()
	change := daysOf(d, now, zone)
	change.leave(daysOf(d, before, zone))
	return appendDays(tx, change)
}

// appendDays appends changes of the figures of days.
func appendDays(tx *gorm.DB, change days) error {
	rows := make([]dayChange, 0, len(change))
	for _, place := range change.places() {
		rows = append(rows, dayChange{Place: place, DayFigures: change[place]})
	}
	return createAll(tx, "the changes of days", rows)
}

// FoldDays folds up the changes of days, if there are many. Readers see the
// same figures before, during and after; two processes that fold at once do not
// disturb each other.
func (s *Store) FoldDays(ctx context.Context) error {
	var rows int64
	if err := s.db.WithContext(ctx).Model(&dayChange{}).Count(&rows).Error; err != nil {
		return fmt.Errorf("models: count the changes of days: %w", err)
	}
	if rows <= foldAbove {
		return nil
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		// What is deleted is exactly what is added: rows that others commit
		// meanwhile are neither.
		var gone []dayChange
		if err := tx.Raw("DELETE FROM day_changes RETURNING *").Scan(&gone).Error; err != nil {
			return err
		}
		all := days{}
		for _, c := range gone {
			all.add(c.Place, c.DayFigures)
		}
		return addDays(tx, all)
	})
	if err != nil {
		return fmt.Errorf("models: fold the changes of days: %w", err)
	}
	return nil
}

// addDays adds figures to those that are folded.
func addDays(tx *gorm.DB, all days) error {
	t := tally{days{}, days{}}
	t.take(all)
	return t.add(tx)
}

// tally is what is kept of days: the figures of each kind of gift, and how many
// gifts there were of each amount. Both grow with the days, not with the gifts.
type tally struct{ figures, amounts days }

func (t tally) take(all days) {
	for p, f := range all {
		if f.Gifts != 0 {
			t.amounts.add(dayPlace{Day: p.Day, Amount: p.Amount}, DayFigures{Gifts: f.Gifts})
		}
		p.Amount = 0
		t.figures.add(p, f)
	}
}

// add adds what is tallied to what is folded, each table in the order of its
// key, so that two who add never wait for each other in a circle.
func (t tally) add(tx *gorm.DB) error {
	rows := make([]dayRow, 0, len(t.figures))
	for _, p := range t.figures.places() {
		rows = append(rows, dayRow{p.Day, p.Frequency, p.Method, p.Channel, p.Article, t.figures[p]})
	}
	amounts := make([]dayAmount, 0, len(t.amounts))
	for _, p := range t.amounts.places() {
		amounts = append(amounts, dayAmount{p.Day, p.Amount, t.amounts[p].Gifts})
	}
	if len(rows) > 0 {
		if err := tx.Clauses(adding("day_figures", "day, frequency, method, channel, article", "gross", "refunded", "disputed", "fees", "gifts")).
			CreateInBatches(&rows, 500).Error; err != nil {
			return fmt.Errorf("add to the figures of days: %w", err)
		}
	}
	if len(amounts) > 0 {
		if err := tx.Clauses(adding("day_amounts", "day, amount", "gifts")).CreateInBatches(&amounts, 500).Error; err != nil {
			return fmt.Errorf("add to the amounts of days: %w", err)
		}
	}
	return nil
}

// adding makes an insert add to the row that stands under its key.
func adding(table, key string, columns ...string) clause.OnConflict {
	onto := clause.OnConflict{DoUpdates: clause.Set{}}
	for _, column := range strings.Split(key, ", ") {
		onto.Columns = append(onto.Columns, clause.Column{Name: column})
	}
	for _, column := range columns {
		onto.DoUpdates = append(onto.DoUpdates, clause.Assignment{
			Column: clause.Column{Name: column}, Value: gorm.Expr(table + "." + column + " + excluded." + column),
		})
	}
	return onto
}

// keepZone has the books' days be those of the campaign's zone: they are
// reckoned anew where they are another's, or none yet. Without a zone of its own
// the Store takes the books'. Days that were closed are those of their zone for
// good: in another they would hold other postings.
func (s *Store) keepZone(tx *gorm.DB) error {
	zone, err := zoneOf(tx)
	if err != nil || zone != nil && (s.own == nil || s.own.String() == zone.String()) {
		s.zone.Store(cmp.Or(zone, time.UTC))
		return err
	}
	if zone != nil {
		last, err := lastClosing(tx)
		if err != nil {
			return err
		}
		if last != nil {
			return fmt.Errorf("%w: days of %s were closed, and the campaign's timezone is %s now; put it back", ErrOtherBooks, zone, s.own)
		}
	}
	s.zone.Store(cmp.Or(s.own, time.UTC))
	return s.rebuildDays(tx)
}

// zoneOf is the zone in which the books' days are reckoned, nil if they are not
// yet.
func zoneOf(tx *gorm.DB) (*time.Location, error) {
	var name string
	if err := tx.Raw("SELECT zone FROM books").Scan(&name).Error; err != nil {
		return nil, fmt.Errorf("read the books' zone: %w", err)
	}
	if name == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the books' zone: %w", err)
	}
	return zone, nil
}

// rebuildDays reckons the figures of all days anew in the Store's zone, in one
// transaction. Bookings wait meanwhile, since no figure of the old days may come in.
func (s *Store) rebuildDays(tx *gorm.DB) error {
	// Who has changed a figure has committed before this goes on, and who is
	// about to waits: so what is read is what the figures must be.
	if err := s.dialect.lockTable(tx, "day_changes"); err != nil {
		return fmt.Errorf("wait for the bookings under way: %w", err)
	}
	all := tally{days{}, days{}}
	if err := eachGift(tx, func(d Donation, facts []storedFact) error {
		all.take(daysOf(d, facts, s.zone.Load()))
		return nil
	}); err != nil {
		return err
	}
	for _, table := range []string{"day_changes", "day_figures", "day_amounts"} {
		if err := tx.Exec("DELETE FROM " + table).Error; err != nil {
			return fmt.Errorf("empty %s: %w", table, err)
		}
	}
	if err := all.add(tx); err != nil {
		return err
	}
	return tx.Exec("UPDATE books SET zone = ?", s.zone.Load().String()).Error
}

// eachGift visits every gift with all that is known of it.
func eachGift(tx *gorm.DB, visit func(d Donation, facts []storedFact) error) error {
	var gifts []Donation
	return tx.Select("id, amount_charged, frequency, renewal, subscription_id, src, utm_source, utm_medium, "+
		strings.Join(foldedColumns, ", ")).
		FindInBatches(&gifts, 500, func(*gorm.DB, int) error {
			ids := make([]string, 0, len(gifts))
			for _, d := range gifts {
				ids = append(ids, d.ID)
			}
			var rows []storedFact
			if err := tx.Where("donation_id IN ?", ids).Find(&rows).Error; err != nil {
				return err
			}
			known := map[string][]storedFact{}
			for _, f := range rows {
				known[f.DonationID] = append(known[f.DonationID], f)
			}
			for _, d := range gifts {
				if err := visit(d, known[d.ID]); err != nil {
					return err
				}
			}
			return nil
		}).Error
}
