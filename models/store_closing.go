package models

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// leaveClosedDays puts a posting of a day that is closed into the first moment
// that is open, and has it say when it happened. What came before what stays
// before it, or stands beside it.
func leaveClosedDays(tx *gorm.DB, p *Posting) error {
	last, err := lastClosing(tx)
	if err != nil || last == nil || !p.At.Before(last.Until) {
		return err
	}
	happened := p.At
	p.HappenedAt, p.At = &happened, last.Until
	return nil
}

// lastClosing is the one that holds; nil if no day was ever closed.
func lastClosing(tx *gorm.DB) (*Closing, error) {
	var found []Closing
	if err := tx.Order("number DESC").Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read until when the books are closed: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	found[0].Until = found[0].Until.UTC()
	return &found[0], nil
}

// LastClosing is the one that holds: ErrNotFound if no day was ever closed.
func (s *Store) LastClosing(ctx context.Context) (Closing, error) {
	last, err := lastClosing(s.db.WithContext(ctx))
	if err == nil && last == nil {
		err = ErrNotFound
	}
	if err != nil {
		return Closing{}, fmt.Errorf("models: %w", err)
	}
	return *last, nil
}

// ListClosings returns up to most closings, the last first.
func (s *Store) ListClosings(ctx context.Context, most int) ([]Closing, error) {
	var all []Closing
	if err := s.db.WithContext(ctx).Order("number DESC").Limit(most).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("models: list the closings: %w", err)
	}
	return all, nil
}

// CloseDays closes all days through one: no posting is made in them from then on.
// The matters that hinder it keep it from being done, with ErrUnsettled, unless
// anyway is set. It returns ErrNotOver for a day that is not over, and
// ErrExists if that day is closed already. Bookings wait for the end of it, and not
// for the look at what is open: what turns up in between hinders nothing, and is
// posted late.
func (s *Store) CloseDays(ctx context.Context, by Actor, through time.Time, anyway bool) (Closing, error) {
	c := Closing{ClosedBy: by, Through: through.Format(time.DateOnly), Until: DayEnds(through, s.zone.Load())}
	var open []OpenMatter
	err := s.snapshot(ctx, func(tx *gorm.DB) error { // which may take a while, and nobody need wait for it
		var err error
		open, err = s.openMatters(tx, c.Until, through)
		return err
	})
	if err != nil {
		return Closing{}, fmt.Errorf("models: look at what is open: %w", err)
	}
	err = s.act(ctx, "close the books through "+c.Through, func(tx *gorm.DB) error {
		if c.Until.After(s.Now()) {
			return ErrNotOver
		}
		last, err := s.turnToClose(tx)
		if err != nil {
			return err
		}
		before := ""
		if last != nil {
			if !c.Until.After(last.Until) {
				return ErrExists
			}
			before = closedThrough(*last)
		}
		if !anyway && (ClosingPlan{Open: open}).Hindered() {
			return ErrUnsettled
		}
		after := closedThrough(c)
		if words := inWords(open); words != "" {
			after += "; open were: " + words
		}
		return s.putClosing(tx, &c, AuditEntry{Who: by, Act: DaysClosed, Object: c.Through, Before: before, After: after})
	})
	return c, err
}

// ReopenDays opens all days from one on again. What was posted late stays where
// it is. It returns ErrNotClosed if that day is not closed, or is of a century in
// which nobody gave, and ErrNoNote without a reason.
func (s *Store) ReopenDays(ctx context.Context, by Actor, from time.Time, reason string) (Closing, error) {
	reason = strings.TrimSpace(reason)
	c := Closing{
		ClosedBy: by, Through: from.AddDate(0, 0, -1).Format(time.DateOnly), Until: DayBegins(from, s.zone.Load()), Reopened: true, Reason: reason,
	}
	day := from.Format(time.DateOnly)
	err := s.act(ctx, "open the books again from "+day, func(tx *gorm.DB) error {
		if reason == "" || len([]rune(reason)) > MostOfNote {
			return ErrNoNote
		}
		last, err := s.turnToClose(tx)
		if err != nil {
			return err
		}
		if last == nil || !c.Until.Before(last.Until) || from.Year() < 1900 {
			return ErrNotClosed
		}
		return s.putClosing(tx, &c, AuditEntry{
			Who: by, Act: DaysReopened, Object: day, Before: closedThrough(*last), After: closedThrough(c) + ": " + reason,
		})
	})
	return c, err
}

func closedThrough(c Closing) string { return "closed through " + c.Through }

// inWords says what was open when days were closed, for the audit log.
func inWords(open []OpenMatter) string {
	words := make([]string, 0, len(open))
	for _, o := range open {
		words = append(words, o.String())
	}
	return strings.Join(words, "; ")
}

// turnToClose waits for the bookings under way, and has those that are about to
// post wait for the closing.
func (s *Store) turnToClose(tx *gorm.DB) (*Closing, error) {
	if err := s.dialect.lockTable(tx, "postings"); err != nil {
		return nil, fmt.Errorf("wait for the bookings under way: %w", err)
	}
	return lastClosing(tx)
}

// putClosing keeps a closing with what its days come to.
func (s *Store) putClosing(tx *gorm.DB, c *Closing, act AuditEntry) error {
	last, err := lastClosing(tx)
	if err != nil {
		return err
	}
	if c.Number = 1; last != nil {
		c.Number = last.Number + 1
	}
	if c.Balances, c.Postings, err = balancesAt(tx, c.Until); err != nil {
		return err
	}
	c.ClosedAt = s.Now()
	if err := tx.Create(c).Error; err != nil {
		return fmt.Errorf("keep the closing: %w", err)
	}
	var rows []closingBalance
	for _, account := range Accounts() {
		if amount := c.Balances[account]; amount != 0 {
			rows = append(rows, closingBalance{c.Number, account, amount})
		}
	}
	if len(rows) > 0 {
		if err := tx.Create(&rows).Error; err != nil {
			return fmt.Errorf("keep what its days come to: %w", err)
		}
	}
	return s.audit(tx, act)
}

// stillClosed are the closings whose days nobody has opened again: what is posted
// in them is what was then.
const stillClosed = `NOT EXISTS (SELECT 1 FROM closings r WHERE r.number > closings.number AND r.until < closings.until)`

// balancesAt is what each account comes to by all that is posted before a
// moment, and how many postings that are. It goes on from the days that are
// closed, and so reads those after them alone.
func balancesAt(tx *gorm.DB, until time.Time) (map[Account]money.Minor, int64, error) {
	var base []Closing
	if err := tx.Where("until <= ? AND "+stillClosed, until).Order("until DESC, number DESC").Limit(1).Find(&base).Error; err != nil {
		return nil, 0, fmt.Errorf("find what was closed: %w", err)
	}
	var from time.Time
	var rows []closingBalance
	var counted int64
	if len(base) > 0 {
		from, counted = base[0].Until.UTC(), base[0].Postings
		if err := tx.Where("closing = ?", base[0].Number).Find(&rows).Error; err != nil {
			return nil, 0, fmt.Errorf("read what was closed: %w", err)
		}
	}
	moved, n, err := movedIn(tx, from, until)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		moved[r.Account] += r.Amount
	}
	return moved, counted + n, nil
}

// movedIn is what each account moved by in a span, and by how many postings.
func movedIn(tx *gorm.DB, from, until time.Time) (map[Account]money.Minor, int64, error) {
	var rows []closingBalance
	err := tx.Raw(`SELECT l.account, SUM(l.amount) AS amount FROM postings p JOIN posting_lines l ON l.posting = p.key
		WHERE p.at >= ? AND p.at < ? GROUP BY l.account`, from, until).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("add up the accounts: %w", err)
	}
	moved := map[Account]money.Minor{}
	for _, r := range rows {
		moved[r.Account] = r.Amount
	}
	var n int64
	if err := tx.Raw("SELECT COUNT(*) FROM postings WHERE at >= ? AND at < ?", from, until).Row().Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("count the postings: %w", err)
	}
	return moved, n, nil
}
