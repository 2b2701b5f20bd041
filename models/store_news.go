package models

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// What donors, and the newsroom, are told of beside receipts. Each mail is
// queued with what it tells of, under a key made of that: so it is queued once,
// whatever comes first and however often.

// newsFor is how long what happened may still be told. Books made anew from
// Stripe, or restored from a backup, learn a second time what was told long ago;
// what is a day old when they learn of it is told by nobody.
const newsFor = 24 * time.Hour

// isNews reports whether what happened at a moment may be told now. It is the
// one rule for all mails but receipts.
func isNews(at, now time.Time) bool { return now.Sub(at) <= newsFor }

// Why a mail is not needed after all.
const (
	paidMeanwhile  = "it was paid meanwhile"
	takenBack      = "the payment was taken back"
	notSeenRunning = "the books first saw it at its end"
)

// tell queues a mail about one of the things in the books or at Stripe. Where
// moot says why nobody needs it, its row stands all the same, dropped: the rows
// are the same whichever of the two was known first.
func (s *Store) tell(tx *gorm.DB, m Mail, object, moot string) error {
	state, changes := MailIsQueued, map[string]any{"object": object}
	if moot != "" {
		state, changes["problem"], changes["ended_at"] = MailIsDropped, moot, s.Now()
	}
	if err := s.enqueueAs(tx, state, m); err != nil {
		return err
	}
	// Of a row that stood before, nothing changes.
	if err := tx.Model(&outboxRow{}).Where("key = ? AND object = ''", m.Key).Updates(changes).Error; err != nil {
		return fmt.Errorf("name what the %s is about: %w", m.Kind, err)
	}
	return nil
}

// drop takes back the mails of a kind about an object that were not sent yet.
func (s *Store) drop(tx *gorm.DB, kind MailKind, object, moot string) error {
	err := tx.Model(&outboxRow{}).Where("object = ? AND object <> '' AND kind = ? AND state = ?", object, kind, MailIsQueued).
		Updates(map[string]any{"state": MailIsDropped, "problem": moot, "ended_at": s.Now()}).Error
	if err != nil {
		return fmt.Errorf("drop the %s: %w", kind, err)
	}
	return nil
}

// revive queues again what was dropped for a reason that does not hold any more.
func (s *Store) revive(tx *gorm.DB, kind MailKind, object, moot string) error {
	err := tx.Model(&outboxRow{}).Where("object = ? AND object <> '' AND kind = ? AND state = ? AND problem = ?", object, kind, MailIsDropped, moot).
		Updates(map[string]any{"state": MailIsQueued, "problem": "", "ended_at": nil, "next_try_at": s.Now()}).Error
	if err != nil {
		return fmt.Errorf("queue the %s again: %w", kind, err)
	}
	return nil
}
