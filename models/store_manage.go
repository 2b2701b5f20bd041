package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// RequestManageLink mails a link to whoever gave from this address, unless the
// inbox was sent several within the hour. Which of these it was, it does not
// tell: each request writes the same rows by the same statements. For an address
// that nobody gave from, or that was sent enough, the mail is one to nobody.
func (s *Store) RequestManageLink(ctx context.Context, email string) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	err := s.tx(ctx, func(tx *gorm.DB) error { return s.requestManageLink(tx, FoldEmail(email)) })
	if err != nil {
		return fmt.Errorf("models: ask for a donor's link: %w", err)
	}
	return nil
}

func (s *Store) requestManageLink(tx *gorm.DB, email string) error {
	now := s.Now()
	if err := purgeManage(tx, now); err != nil {
		return err
	}
	inbox := hashToken(inboxOf(email))
	// Of two requests for one inbox at once, the second counts the first.
	if err := s.dialect.takeTurns(tx, inbox); err != nil {
		return fmt.Errorf("wait for the inbox: %w", err)
	}
	var known []string
	if err := tx.Model(&Donor{}).Where("email = ?", email).Limit(1).Pluck("id", &known).Error; err != nil {
		return fmt.Errorf("find the donor: %w", err)
	}
	// Mails to nobody don't count: whoever asks for donor+1@ would else use up
	// what the donor may be mailed, and the donor would hear of nothing.
	var mailed int64
	err := tx.Model(&manageLink{}).Where("inbox_hash = ? AND made_at > ? AND donor_id IS NOT NULL", inbox, now.Add(-manageEvery)).Count(&mailed).Error
	if err != nil {
		return fmt.Errorf("count what was sent: %w", err)
	}
	token, err := s.ids.token()
	if err != nil {
		return err
	}
	link := manageLink{TokenHash: hashToken(token), InboxHash: inbox, MadeAt: now, ExpiresAt: now.Add(manageLinkFor)}
	mail := Mail{Key: link.TokenHash + ":" + string(MailManageLink), Kind: MailManageLink}
	if len(known) > 0 && mailed < manageMails {
		link.DonorID, mail.About = &known[0], About{Email: email, Token: token}
	}
	if err := tx.Create(&link).Error; err != nil {
		return fmt.Errorf("keep the link: %w", err)
	}
	return s.enqueue(tx, mail)
}

// purgeManage forgets links, with their mails, and sessions that are good for
// nothing any more, but not before they have ceased to count against their
// inbox. Anybody can ask for links, so what is kept of it must not grow.
func purgeManage(tx *gorm.DB, now time.Time) error {
	old := now.Add(-max(manageEvery, manageLinkFor))
	mails := tx.Model(&manageLink{}).Select("token_hash || ?", ":"+string(MailManageLink)).Where("made_at <= ?", old)
	if err := tx.Where("key IN (?)", mails).Delete(&outboxRow{}).Error; err != nil {
		return fmt.Errorf("forget old mails: %w", err)
	}
	if err := tx.Where("made_at <= ?", old).Delete(&manageLink{}).Error; err != nil {
		return fmt.Errorf("forget old links: %w", err)
	}
	if err := tx.Where("expires_at <= ?", now).Delete(&manageSession{}).Error; err != nil {
		return fmt.Errorf("forget old sessions: %w", err)
	}
	return nil
}

// FindManageLink returns ErrNotFound unless this token's link can be opened
// now. It changes nothing: programs follow links too.
func (s *Store) FindManageLink(ctx context.Context, token string) error {
	if !ValidToken(token) {
		return ErrNotFound
	}
	var link manageLink
	err := s.db.WithContext(ctx).Where(goodLink, hashToken(token), s.Now()).Take(&link).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("models: find a donor's link: %w", err)
	}
	return nil
}

const goodLink = "token_hash = ? AND expires_at > ? AND used_at IS NULL AND donor_id IS NOT NULL"

// OpenManageLink uses a link up and returns the token of the session that it
// opens, good for ManageSessionFor. It returns ErrNotFound for a link that is
// unknown, expired or used already: one opens one session.
func (s *Store) OpenManageLink(ctx context.Context, token string) (session string, err error) {
	if !ValidToken(token) {
		return "", ErrNotFound
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		var donors []string
		err := tx.Raw("UPDATE manage_links SET used_at = ? WHERE "+goodLink+" RETURNING donor_id", now, hashToken(token), now).Scan(&donors).Error
		if err != nil {
			return fmt.Errorf("use the link: %w", err)
		}
		if len(donors) == 0 {
			return ErrNotFound
		}
		if session, err = s.ids.token(); err != nil {
			return err
		}
		opened := manageSession{TokenHash: hashToken(session), DonorID: donors[0], MadeAt: now, ExpiresAt: now.Add(ManageSessionFor)}
		if err := tx.Create(&opened).Error; err != nil {
			return fmt.Errorf("keep the session: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("models: open a donor's link: %w", err)
	}
	return session, nil
}

// ManageSession returns whose gifts a session shows; ErrNotFound if it has
// ended or never was.
func (s *Store) ManageSession(ctx context.Context, session string) (Donor, error) {
	if !ValidToken(session) {
		return Donor{}, ErrNotFound
	}
	var donor Donor
	err := s.db.WithContext(ctx).
		Where("id = (SELECT donor_id FROM manage_sessions WHERE token_hash = ? AND expires_at > ?)", hashToken(session), s.Now()).
		Take(&donor).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Donor{}, ErrNotFound
	}
	if err != nil {
		return Donor{}, fmt.Errorf("models: find a donor's session: %w", err)
	}
	return donor, nil
}

// EndManageSession ends a session. One that has ended stays so.
func (s *Store) EndManageSession(ctx context.Context, session string) error {
	if !ValidToken(session) {
		return nil
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Where("token_hash = ?", hashToken(session)).Delete(&manageSession{}).Error
	})
	if err != nil {
		return fmt.Errorf("models: end a donor's session: %w", err)
	}
	return nil
}

// KeepCancellation keeps that a donor ended a repeated gift here. Stripe is the
// one that ends it.
func (s *Store) KeepCancellation(ctx context.Context, subscriptionID string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return insertOnce(tx, &cancellation{SubscriptionID: subscriptionID, AskedAt: s.Now()}).Error
	})
	if err != nil {
		return fmt.Errorf("models: keep a cancellation: %w", err)
	}
	return nil
}

// KeepReason keeps why a donor ended a repeated gift, in the donor's words. It
// returns ErrNotFound if it was not ended here.
func (s *Store) KeepReason(ctx context.Context, subscriptionID, reason string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		kept := tx.Model(&cancellation{SubscriptionID: subscriptionID}).Update("reason", reason)
		if kept.Error == nil && kept.RowsAffected == 0 {
			return ErrNotFound
		}
		return kept.Error
	})
	if err != nil {
		return fmt.Errorf("models: keep a cancellation's reason: %w", err)
	}
	return nil
}
