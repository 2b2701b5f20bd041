package models

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// RequestNewsletter keeps that the newsletter was asked for, and queues the
// mail that asks to confirm it, unless that is done already or the inbox was
// sent such mail a moment ago. Which of these it was, it does not tell.
func (s *Store) RequestNewsletter(ctx context.Context, email string) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		err := s.requestNewsletter(tx, FoldEmail(email), nil)
		crash.Here(crash.SignupUnkept)
		return err
	})
	if err != nil {
		return fmt.Errorf("models: ask for the newsletter: %w", err)
	}
	crash.Here(crash.SignupKept)
	return nil
}

// requestNewsletter is RequestNewsletter inside the caller's transaction, for
// the gift whose box was ticked, if there is one. Every request writes, so that
// none is answered sooner because of what is known.
func (s *Store) requestNewsletter(tx *gorm.DB, email string, donationID *string) error {
	now := s.Now()
	signup := Signup{Email: email, Source: FromPage, RequestedAt: now, AskedAt: now}
	if donationID != nil {
		signup.Source = FromGift
	}
	if err := insertOnce(tx, &signup).Error; err != nil {
		return fmt.Errorf("keep the signup: %w", err)
	}
	if err := tx.Model(&Signup{Email: email}).Update("asked_at", now).Error; err != nil {
		return fmt.Errorf("keep the request: %w", err)
	}
	var known Signup
	if err := tx.Where("email = ?", email).Take(&known).Error; err != nil {
		return fmt.Errorf("read the signup: %w", err)
	}
	inbox := inboxOf(email)
	// Of two requests for one inbox at once, one sends mail.
	if err := s.dialect.takeTurns(tx, inbox); err != nil {
		return fmt.Errorf("wait for the inbox: %w", err)
	}
	var sent []signupLink
	if err := tx.Where("inbox = ?", inbox).Order("made_at DESC").Limit(mailsADay).Find(&sent).Error; err != nil {
		return fmt.Errorf("read what was sent: %w", err)
	}
	if known.ConfirmedAt != nil || !oneMoreMail(sent, now) {
		return nil
	}
	token, err := s.ids.token()
	if err != nil {
		return err
	}
	link := signupLink{TokenHash: hashToken(token), Email: email, Inbox: inbox, DonationID: donationID, MadeAt: now, ExpiresAt: now.Add(confirmFor)}
	if err := tx.Create(&link).Error; err != nil {
		return fmt.Errorf("keep the link: %w", err)
	}
	mail := Mail{
		Key: link.TokenHash + ":" + string(MailConfirmNewsletter), Kind: MailConfirmNewsletter, About: About{Email: email, Token: token},
	}
	if donationID != nil {
		mail.DonationID = *donationID
	}
	return s.enqueue(tx, mail)
}

// fulfilWish acts upon the box on the giving form, once it is due.
func (s *Store) fulfilWish(tx *gorm.DB, d Donation, facts []storedFact) error {
	email, due := d.wishDue(facts)
	if !due {
		return nil
	}
	if err := s.requestNewsletter(tx, email, &d.ID); err != nil {
		return err
	}
	if err := tx.Model(&Donation{ID: d.ID}).Update("newsletter_asked_at", s.Now()).Error; err != nil {
		return fmt.Errorf("mark the wish: %w", err)
	}
	return nil
}

// FindSignup returns ErrNotFound unless this token's link can confirm a signup
// now. It changes nothing: programs follow links too.
func (s *Store) FindSignup(ctx context.Context, token string) error {
	_, err := s.signupOf(s.db.WithContext(ctx), token)
	return err
}

// ConfirmSignup puts the address that this token was mailed to on the list.
// Again it changes nothing. It returns ErrNotFound if the token is unknown, or
// good no longer.
func (s *Store) ConfirmSignup(ctx context.Context, token string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		email, err := s.signupOf(tx, token)
		if err != nil {
			return err
		}
		err = tx.Model(&Signup{}).Where("email = ? AND confirmed_at IS NULL", email).Update("confirmed_at", s.Now()).Error
		if err != nil {
			return fmt.Errorf("models: confirm a signup: %w", err)
		}
		crash.Here(crash.ConfirmUnkept)
		return nil
	})
	if err == nil {
		crash.Here(crash.ConfirmKept)
	}
	return err
}

func (s *Store) signupOf(tx *gorm.DB, token string) (email string, err error) {
	if !ValidToken(token) {
		return "", ErrNotFound
	}
	var link signupLink
	err = tx.Where("token_hash = ? AND expires_at > ?", hashToken(token), s.Now()).Take(&link).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("models: find a signup: %w", err)
	}
	return link.Email, nil
}

// ConfirmedSignups hands over the addresses on the list that were confirmed in
// a span, the oldest first.
func (s *Store) ConfirmedSignups(ctx context.Context, in Span) iter.Seq2[Signup, error] {
	return rowsOf[Signup](ctx, s, "the newsletter's readers", func(tx *gorm.DB) *gorm.DB { return signups(tx, in).Order("confirmed_at, email") })
}

func signups(tx *gorm.DB, in Span) *gorm.DB {
	from, until := in.ends()
	return tx.Model(&Signup{}).Where("confirmed_at >= ? AND confirmed_at < ?", from, until)
}
