package models

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

const (
	// mailPatience is how long a mail is tried, from its first try on.
	mailPatience = 72 * time.Hour
	// A mail that failed is tried again after the first of these, then after
	// twice as long each time, up to the second.
	firstMailPause, longestMailPause = time.Minute, 2 * time.Hour
	// mostOfProblem bounds what a relay can write into the books.
	mostOfProblem = 300
)

// mailOrder has what somebody waits for go before the statements of a year, of
// which there are as many as donors: a link to one's gifts is good for half an
// hour, and a refund is told within minutes.
const mailOrder = "CASE WHEN kind = '" + string(MailStatement) + "' THEN 1 ELSE 0 END, next_try_at, key"

// ClaimMail claims up to most of the mails that are due: the oldest first, and
// statements last.
// Nobody else gets them for so long; one of which nothing was said by then is
// due again: whoever claimed it died, and it may have been sent.
func (s *Store) ClaimMail(ctx context.Context, most int, hold time.Duration) ([]Mail, error) {
	if err := s.mustBeOpen(); err != nil {
		return nil, err
	}
	var mails []Mail
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		var rows []outboxRow
		err := skipLocked(tx).Where("state = ? AND next_try_at <= ?", MailIsQueued, now).Order(mailOrder).Limit(most).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		keys := make([]string, 0, len(rows))
		for i := range rows {
			keys = append(keys, rows[i].Key)
			rows[i].Attempts++
		}
		err = tx.Model(&outboxRow{}).Where("key IN ?", keys).Updates(map[string]any{
			"attempts": gorm.Expr("attempts + 1"), "next_try_at": now.Add(hold), "first_tried_at": gorm.Expr("COALESCE(first_tried_at, ?)", now),
		}).Error
		if err != nil {
			return err
		}
		mails, err = addressed(tx, rows)
		crash.Here(crash.MailUnclaimed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: claim mail: %w", err)
	}
	if len(mails) > 0 {
		crash.Here(crash.MailClaimed)
	}
	return mails, nil
}

// addressed are rows as mails. One that carries no address goes to the donor
// whom it names, or to that of its gift, as the address is now.
func addressed(tx *gorm.DB, rows []outboxRow) ([]Mail, error) {
	mails := make([]Mail, 0, len(rows))
	var gifts, donors []string
	for _, row := range rows {
		m, err := row.mail()
		if err != nil {
			return nil, err
		}
		mails, gifts, donors = append(mails, m), append(gifts, m.DonationID), append(donors, m.About.Donor)
	}
	var known []struct{ Of, Email string }
	err := tx.Raw(`SELECT d.id AS of, o.email FROM donations d JOIN donors o ON o.id = d.donor_id WHERE d.id IN ? AND o.email IS NOT NULL
		UNION ALL SELECT id, email FROM donors WHERE id IN ? AND email IS NOT NULL`, gifts, donors).Scan(&known).Error
	if err != nil {
		return nil, fmt.Errorf("find where they go: %w", err)
	}
	address := map[string]string{}
	for _, k := range known {
		address[k.Of] = k.Email
	}
	for i, m := range mails {
		for _, of := range []string{m.About.Donor, m.DonationID} {
			if mails[i].To == "" {
				mails[i].To = address[of]
			}
		}
	}
	return mails, nil
}

// MailSent closes a mail that was accepted, whatever was decided of it
// meanwhile, and empties it.
func (s *Store) MailSent(ctx context.Context, key string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		err := s.end(tx, key, MailIsSent, "", MailIsQueued, MailIsHeld, MailIsFailed, MailIsDropped)
		crash.Here(crash.MailUnended)
		return err
	})
	if err != nil {
		return fmt.Errorf("models: close the mail %s: %w", key, err)
	}
	crash.Here(crash.MailEnded)
	return nil
}

// DropMail closes a mail that waits and is not to be sent any more, and empties
// it. One that has ended otherwise stays as it is.
func (s *Store) DropMail(ctx context.Context, key, why string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error { return s.end(tx, key, MailIsDropped, why, MailIsQueued, MailIsHeld) })
	if err != nil {
		return fmt.Errorf("models: drop the mail %s: %w", key, err)
	}
	return nil
}

// end closes a mail that is in one of these states for good.
func (s *Store) end(tx *gorm.DB, key string, as MailState, why string, from ...MailState) error {
	return tx.Model(&outboxRow{}).Where("key = ? AND state IN ?", key, from).
		Updates(map[string]any{"state": as, "problem": plain(why), "ended_at": s.Now(), "payload": "{}"}).Error
}

// MailFailed keeps why a mail was not accepted, and has it tried again: after a
// minute, then twice as long each time, up to two hours, for three days from
// its first try on. Then it has failed, and is a person's to retry.
func (s *Store) MailFailed(ctx context.Context, key, problem string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var row outboxRow
		found := forUpdate(tx).Where("key = ? AND state = ?", key, MailIsQueued).Limit(1).Find(&row)
		if found.Error != nil || found.RowsAffected == 0 {
			return found.Error
		}
		now := s.Now()
		changes := map[string]any{"problem": plain(problem), "next_try_at": now.Add(pauseAfter(row.Attempts))}
		if row.FirstTriedAt != nil && now.Sub(*row.FirstTriedAt) >= mailPatience {
			changes["state"], changes["ended_at"] = MailIsFailed, now
		}
		return tx.Model(&outboxRow{}).Where("key = ?", key).Updates(changes).Error
	})
	if err != nil {
		return fmt.Errorf("models: keep why the mail %s failed: %w", key, err)
	}
	return nil
}

func pauseAfter(attempts int) time.Duration {
	return min(firstMailPause<<min(max(attempts-1, 0), 10), longestMailPause)
}

// plain makes what a relay said fit for the books: one line, bounded, and
// without any address.
func plain(problem string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(problem, "?"), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = "(address)"
		}
	}
	line := []rune(strings.Join(words, " "))
	return string(line[:min(len(line), mostOfProblem)])
}

// MailQueue counts the mails in each state that any is in.
func (s *Store) MailQueue(ctx context.Context) (map[MailState]int64, error) {
	count, err := countMail(s.db.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return count, nil
}

func countMail(db *gorm.DB) (map[MailState]int64, error) {
	var rows []struct {
		State MailState
		N     int64
	}
	if err := db.Raw("SELECT state, COUNT(*) AS n FROM outbox GROUP BY state").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count the mail: %w", err)
	}
	count := map[MailState]int64{}
	for _, row := range rows {
		count[row.State] = row.N
	}
	return count, nil
}

// ListMail returns up to most of the mails in a state, the newest first.
func (s *Store) ListMail(ctx context.Context, state MailState, most int) ([]MailRecord, error) {
	var rows []outboxRow
	err := s.db.WithContext(ctx).Omit("payload").Where("state = ?", state).Order("created_at DESC, key").Limit(most).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the mail: %w", err)
	}
	return records(rows), nil
}

// records are rows as staff see them.
func records(rows []outboxRow) []MailRecord {
	all := make([]MailRecord, 0, len(rows))
	for _, row := range rows {
		r := MailRecord{
			Key: row.Key, Kind: row.Kind, State: row.State, Attempts: row.Attempts, Problem: row.Problem, AskedBy: row.AskedBy,
			QueuedAt: row.CreatedAt.UTC(), NextTryAt: row.NextTryAt.UTC(),
		}
		if row.DonationID != nil {
			r.DonationID = *row.DonationID
		}
		if row.EndedAt != nil {
			ended := row.EndedAt.UTC()
			r.EndedAt = &ended
		}
		all = append(all, r)
	}
	return all
}

// RetryMail makes a mail that failed or is held due at once, with all of its
// patience again. It returns ErrNotFound if there is no such mail.
func (s *Store) RetryMail(ctx context.Context, by Actor, key string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		if err := s.retry(tx, key); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: MailRetried, Object: key})
	})
	if err != nil {
		return fmt.Errorf("models: retry the mail %s: %w", key, err)
	}
	return nil
}

func (s *Store) retry(tx *gorm.DB, key string) error {
	done := tx.Model(&outboxRow{}).Where("key = ? AND state IN ?", key, []MailState{MailIsFailed, MailIsHeld}).Updates(map[string]any{
		"state": MailIsQueued, "attempts": 0, "next_try_at": s.Now(), "first_tried_at": nil, "ended_at": nil, "problem": "",
	})
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrNotFound
	}
	return done.Error
}
