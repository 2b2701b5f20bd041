package models

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// EmptyPayloads takes persons out of up to most of the raw texts that are kept
// for long enough (see PayloadsKept), and returns of how many. Nothing but their
// ids, amounts, states and times stays; so does the hash of what came.
func (s *Store) EmptyPayloads(ctx context.Context, most int) (int, error) {
	if err := s.mustBeOpen(); err != nil {
		return 0, err
	}
	// Read and emptied while nobody else is kept from writing.
	now, due := s.Now(), []Event{}
	err := s.db.WithContext(ctx).Select("id", "raw").
		Where("emptied_at IS NULL AND received_at < ? AND (state NOT IN ? OR received_at < ?)",
			now.Add(-PayloadsKept), []EventState{EventWaiting, EventAttention}, now.Add(-PayloadsKeptAtMost)).
		Order("received_at").Limit(most).Find(&due).Error
	emptyAll(due)
	if err == nil && len(due) > 0 {
		err = s.tx(ctx, func(tx *gorm.DB) error {
			n, err := writeEmptied(tx, now, due)
			if err != nil {
				return err
			}
			return addForgotten(tx, "emptied", n)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("models: empty old payloads: %w", err)
	}
	return len(due), nil
}

// emptyAll takes persons out of the raw texts of events in hand.
func emptyAll(events []Event) {
	for i := range events {
		events[i].Raw = emptied(events[i].Raw)
	}
}

// writeEmptied keeps raw texts out of which persons were taken, and returns of how
// many events: one that was emptied before stays as it is.
func writeEmptied(tx *gorm.DB, at time.Time, events []Event) (int64, error) {
	var n int64
	for _, e := range events {
		done := tx.Model(&Event{}).Where("id = ? AND emptied_at IS NULL", e.ID).
			Updates(map[string]any{"raw": e.Raw, "emptied_at": at})
		if done.Error != nil {
			return n, fmt.Errorf("empty the event %s: %w", e.ID, done.Error)
		}
		n += done.RowsAffected
	}
	return n, nil
}

// addForgotten counts what the audit log is yet to be told of.
func addForgotten(tx *gorm.DB, column string, n int64) error {
	if n == 0 {
		return nil
	}
	err := tx.Model(&retentionRow{ID: 1}).Update(column, gorm.Expr(column+" + ?", n)).Error
	if err != nil {
		return fmt.Errorf("count what was forgotten: %w", err)
	}
	return nil
}

// DropUnconfirmed forgets up to most addresses that asked for the newsletter and
// never confirmed it, once their last link has been dead for DeadLinksKept, and
// as many links that are dead for so long. It returns how many of both. Links to
// a donor's gifts go as they do when somebody asks for one. With them go the words
// of as many gifts that nobody paid within PayloadsKept: no donor is known whose
// erasure could find them.
func (s *Store) DropUnconfirmed(ctx context.Context, most int) (int, error) {
	if err := s.mustBeOpen(); err != nil {
		return 0, err
	}
	var dropped int
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		if err := purgeManage(tx, now); err != nil {
			return err
		}
		links, err := dropDeadLinks(tx, now.Add(-DeadLinksKept), most)
		if err != nil {
			return err
		}
		addresses, err := dropAddresses(tx, now.Add(-DeadLinksKept-confirmFor), most)
		if err != nil {
			return err
		}
		words, err := dropWords(tx, now.Add(-PayloadsKept), most)
		dropped = links + addresses + words
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("models: drop who never confirmed: %w", err)
	}
	return dropped, nil
}

// dropDeadLinks forgets links to confirm that have been good for nothing since a
// moment, and such mails with them as were never sent.
func dropDeadLinks(tx *gorm.DB, since time.Time, most int) (int, error) {
	var dead []string
	err := tx.Model(&signupLink{}).Where("expires_at < ?", since).Order("expires_at, token_hash").Limit(most).Pluck("token_hash", &dead).Error
	if err != nil || len(dead) == 0 {
		return 0, err
	}
	mails := make([]string, 0, len(dead))
	for _, hash := range dead {
		mails = append(mails, hash+":"+string(MailConfirmNewsletter))
	}
	if err := tx.Where("key IN ? AND state <> ?", mails, MailIsSent).Delete(&outboxRow{}).Error; err != nil {
		return 0, fmt.Errorf("forget their mails: %w", err)
	}
	if err := tx.Where("token_hash IN ?", dead).Delete(&signupLink{}).Error; err != nil {
		return 0, fmt.Errorf("forget dead links: %w", err)
	}
	return len(dead), nil
}

// dropAddresses forgets addresses that were not confirmed, for which nobody has
// asked since a moment and which have no link left.
func dropAddresses(tx *gorm.DB, since time.Time, most int) (int, error) {
	old := tx.Model(&Signup{}).Select("email").
		Where("confirmed_at IS NULL AND asked_at < ? AND NOT EXISTS (SELECT 1 FROM newsletter_links l WHERE l.email = newsletter_signups.email)", since).
		Order("email").Limit(most)
	// Asked again of each, as nobody is waited for: one that is asked for anew meanwhile stays.
	gone := tx.Where("email IN (?) AND confirmed_at IS NULL AND asked_at < ?", old, since).Delete(&Signup{})
	if gone.Error != nil {
		return 0, fmt.Errorf("forget addresses: %w", gone.Error)
	}
	return int(gone.RowsAffected), addForgotten(tx, "dropped", gone.RowsAffected)
}

// dropWords forgets what was written to gifts that were begun before a moment, and
// that nobody paid.
func dropWords(tx *gorm.DB, before time.Time, most int) (int, error) {
	old := tx.Model(&Donation{}).Select("id").
		Where("created_at < ? AND donor_id IS NULL AND status IN ? AND (comment <> '' OR tribute_name <> '')", before, []Status{Started, Expired}).
		Order("created_at").Limit(most)
	gone := tx.Model(&Donation{}).Where("id IN (?) AND donor_id IS NULL", old).Updates(map[string]any{"comment": "", "tribute_name": ""})
	if gone.Error != nil {
		return 0, fmt.Errorf("forget the words of unpaid gifts: %w", gone.Error)
	}
	return int(gone.RowsAffected), addForgotten(tx, "worded", gone.RowsAffected)
}

// CompleteRetention keeps that nothing which was due is left, and writes into the
// audit log what was forgotten since it was last told, if anything was. It returns
// that.
func (s *Store) CompleteRetention(ctx context.Context) (Retention, error) {
	var row retentionRow
	err := s.act(ctx, "end the forgetting of old things", func(tx *gorm.DB) error {
		if err := forUpdate(tx).Take(&row, 1).Error; err != nil {
			return err
		}
		now, zone := s.Now(), s.zone.Load()
		tell := func(act Act, n int64, kept time.Duration) error {
			if n == 0 {
				return nil
			}
			last := now.Add(-kept).In(zone).Format(time.DateOnly)
			return s.audit(tx, AuditEntry{Who: Itself, Act: act, Object: last, After: strconv.FormatInt(n, 10)})
		}
		if err := tell(PayloadsEmptied, row.Emptied, PayloadsKept); err != nil {
			return err
		}
		if err := tell(AddressesDropped, row.Dropped, DeadLinksKept+confirmFor); err != nil {
			return err
		}
		if err := tell(WordsDropped, row.Worded, PayloadsKept); err != nil {
			return err
		}
		row.CompletedAt = &now
		return tx.Model(&retentionRow{ID: 1}).Updates(map[string]any{"emptied": 0, "dropped": 0, "worded": 0, "completed_at": now}).Error
	})
	if err != nil || row.Emptied+row.Dropped+row.Worded == 0 {
		return row.Retention, err
	}
	return row.Retention, s.settleFile(ctx)
}
