package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Attention counts what waits for a person.
func (s *Store) Attention(ctx context.Context) (Attention, error) {
	var a Attention
	err := s.snapshot(ctx, func(tx *gorm.DB) (err error) {
		a, err = s.attention(tx)
		return err
	})
	if err != nil {
		return Attention{}, fmt.Errorf("models: count what waits for a person: %w", err)
	}
	return a, nil
}

func (s *Store) attention(tx *gorm.DB) (Attention, error) {
	var a Attention
	var err error
	if a.Events, err = s.eventsToLookAt(tx); err != nil {
		return a, err
	}
	const found = "SELECT COUNT(*) AS count, COALESCE(SUM(ABS(amount)), 0) AS amount FROM findings WHERE closed_at IS NULL AND resolved_at IS NULL AND kind "
	people := []FindingKind{FoundWarning, FoundLostTwice}
	for _, q := range []struct {
		what string
		into any
		rows *gorm.DB
	}{
		{"gifts paid twice", &a.Twice, tx.Raw("SELECT COUNT(*) AS count, COALESCE(SUM(captured - refunded - disputed - amount_charged), 0) AS amount FROM donations WHERE " + overpaid)},
		{"warnings", &a.Warnings, tx.Raw(found+"= ?", FoundWarning)},
		{"gifts lost twice", &a.LostTwice, tx.Raw(found+"= ?", FoundLostTwice)},
		{"differences", &a.Differs, tx.Raw(found+"NOT IN ?", people)},
		{"long debits", &a.Debits, tx.Raw("SELECT COUNT(*) AS count, COALESCE(SUM(pending), 0) AS amount FROM donations WHERE "+longPending, s.Now().Add(-longDebit))},
		{"mails given up", &a.Failed, tx.Raw("SELECT COUNT(*) FROM outbox WHERE state = ?", MailIsFailed)},
		{"held mails", &a.Held, tx.Raw("SELECT COUNT(*) FROM outbox WHERE state = ?", MailIsHeld)},
		{"erasures that fail", &a.Erasures, tx.Raw("SELECT COUNT(*) FROM erasures WHERE "+failingErasure, ErasureQueued, s.Now().Add(-erasurePatience))},
	} {
		if err := q.rows.Scan(q.into).Error; err != nil {
			return a, fmt.Errorf("count the %s: %w", q.what, err)
		}
	}
	open, err := openDisputes(tx, "")
	a.Disputes = slices.DeleteFunc(open, func(d OpenDispute) bool { return !d.Unanswered() })
	return a, err
}

// longPending holds of a gift whose bank debit has been under way since before a
// moment.
const longPending = "status IN ('started', 'processing') AND pending > 0 AND created_at < ?"

// LongDebits returns the gifts whose bank debit takes longer than banks may, the
// oldest first.
func (s *Store) LongDebits(ctx context.Context) ([]Donation, error) {
	var gifts []Donation
	if err := s.db.WithContext(ctx).Where(longPending, s.Now().Add(-longDebit)).Order("created_at, id").Find(&gifts).Error; err != nil {
		return nil, fmt.Errorf("models: list the debits that take long: %w", err)
	}
	return gifts, nil
}

// QueueMorning queues a mail to finance that something waits, if it does: once a
// day, the first time that it is called after seven in the campaign's zone. What
// comes up later that day is told the next morning. New books are let settle for
// the day on which they were made.
func (s *Store) QueueMorning(ctx context.Context) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	zone := s.zone.Load()
	here := s.Now().In(zone)
	if here.Hour() < morningBegins {
		return nil
	}
	day := here.Format(time.DateOnly)
	var looked int64
	err := s.db.WithContext(ctx).Model(&morning{}).Where("day = ?", day).Count(&looked).Error
	if err == nil && looked == 0 {
		err = s.tx(ctx, func(tx *gorm.DB) error {
			var own books
			if err := tx.Take(&own, 1).Error; err != nil || own.MadeAt.In(zone).Format(time.DateOnly) == day {
				return err
			}
			return s.lookInTheMorning(tx, day)
		})
	}
	if err != nil {
		return fmt.Errorf("models: queue the mail of the morning: %w", err)
	}
	return nil
}

// lookInTheMorning queues the mails of a day. Whoever writes the row of the day
// does; every other process finds it written.
func (s *Store) lookInTheMorning(tx *gorm.DB, day string) error {
	a, err := s.attention(tx)
	if err != nil {
		return err
	}
	at := s.Now()
	made := insertOnce(tx, &morning{Day: day, At: at, Waited: a.Count()})
	if made.Error != nil || made.RowsAffected == 0 || a.Count() == 0 {
		return made.Error
	}
	addresses, err := s.morningAddresses(tx)
	if err != nil {
		return err
	}
	for _, to := range addresses {
		m := Mail{Key: staffKey(MailMorning, day, to), Kind: MailMorning, About: About{Email: to, At: &at}}
		if err := s.enqueue(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// staffKey is the key of a mail of a day or week to somebody of the newsroom. Keys
// are shown and logged: no address stands in one.
func staffKey(kind MailKind, of, to string) string {
	sum := sha256.Sum256([]byte(FoldEmail(to)))
	return string(kind) + ":" + of + ":" + hex.EncodeToString(sum[:4])
}

// MorningAddresses are who is told in the morning what waits: whom the campaign
// names, or else everybody of finance who can sign in.
func (s *Store) MorningAddresses(ctx context.Context) ([]string, error) {
	all, err := s.morningAddresses(s.db.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return all, nil
}

func (s *Store) morningAddresses(tx *gorm.DB) ([]string, error) {
	if s.notices.Morning != nil {
		return s.notices.Morning, nil
	}
	var all []string
	err := tx.Model(&Staff{}).Where("role IN ? AND disabled_at IS NULL AND password_hash <> ''", []Role{Finance, Admin}).Order("email").Pluck("email", &all).Error
	if err != nil {
		return nil, fmt.Errorf("list whom to tell in the morning: %w", err)
	}
	return all, nil
}
