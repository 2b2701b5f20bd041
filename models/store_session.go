package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// mostDevices is how many browsers of one person stay known; the one not used
// for longest is forgotten.
const mostDevices = 20

// device is a browser from which somebody has signed in before.
type device struct {
	TokenHash string `gorm:"primaryKey"`
	StaffID   string `gorm:"primaryKey"`
	SeenAt    time.Time
}

func (device) TableName() string { return "staff_devices" }

// SignIn is what a browser is given when somebody has signed in: two tokens
// that are kept nowhere else.
type SignIn struct {
	Session string // good as long as the session is
	Device  string // by which the browser is known next time
}

// OpenSession begins a session for somebody who has proven who they are, on a
// browser that may have brought the tokens of another sign-in. Both are
// replaced, so that one which somebody else has planted is worth nothing, and
// the session that it had is over.
func (s *Store) OpenSession(ctx context.Context, staffID string, brought SignIn, browser string) (SignIn, error) {
	var made SignIn
	err := s.act(ctx, "begin a session", func(tx *gorm.DB) error {
		who, err := findStaff(forUpdate(tx), "disabled_at IS NULL AND id = ?", staffID)
		if err != nil {
			return err
		}
		if err := tx.Where("token_hash = ?", hashToken(brought.Session)).Delete(&Session{}).Error; err != nil {
			return err
		}
		if made.Session, err = s.openSession(tx, who.ID, browser); err != nil {
			return err
		}
		if made.Device, err = s.knowDevice(tx, who.ID, brought.Device); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: who.Actor(), Act: SignedIn, Object: who.Email, After: browser})
	})
	return made, err
}

// RenewSession ends all sessions of somebody and begins another, for whoever
// has just changed what they sign in with.
func (s *Store) RenewSession(ctx context.Context, staffID, browser string) (token string, err error) {
	err = s.act(ctx, "renew a session", func(tx *gorm.DB) error {
		who, err := findStaff(forUpdate(tx), "disabled_at IS NULL AND id = ?", staffID)
		if err != nil {
			return err
		}
		if err := endSessions(tx, who.ID); err != nil {
			return err
		}
		token, err = s.openSession(tx, who.ID, browser)
		return err
	})
	return token, err
}

func (s *Store) openSession(tx *gorm.DB, staffID, browser string) (token string, err error) {
	now := s.Now()
	over := "staff_id = ? AND (seen_at <= ? OR created_at <= ?)"
	if err := tx.Where(over, staffID, now.Add(-SignedInIdle), now.Add(-SignedInLife)).Delete(&Session{}).Error; err != nil {
		return "", err
	}
	id, err := s.ids.sortable("sess_", now)
	if err != nil {
		return "", err
	}
	if token, err = s.ids.token(); err != nil {
		return "", err
	}
	return token, tx.Create(&Session{ID: id, TokenHash: hashToken(token), StaffID: staffID, Device: browser, CreatedAt: now, SeenAt: now}).Error
}

// knowDevice makes a browser known to whoever signed in, under a new token that
// stands for all who have signed in there before.
func (s *Store) knowDevice(tx *gorm.DB, staffID, known string) (token string, err error) {
	if token, err = s.ids.token(); err != nil {
		return "", err
	}
	row := device{TokenHash: hashToken(token), StaffID: staffID, SeenAt: s.Now()}
	if known != "" {
		if err := tx.Where("token_hash = ? AND staff_id = ?", hashToken(known), staffID).Delete(&device{}).Error; err != nil {
			return "", err
		}
		if err := tx.Model(&device{}).Where("token_hash = ?", hashToken(known)).Update("token_hash", row.TokenHash).Error; err != nil {
			return "", err
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return "", err
	}
	var all []device
	if err := tx.Where("staff_id = ?", staffID).Order("seen_at DESC, token_hash").Offset(mostDevices).Limit(mostDevices).Find(&all).Error; err != nil {
		return "", err
	}
	for _, old := range all {
		if err := tx.Delete(&old).Error; err != nil {
			return "", err
		}
	}
	return token, nil
}

// FindSession returns whose session a token opens, as they are now, or
// ErrNotFound. Every request asks, so a session that was ended is ended at
// once.
func (s *Store) FindSession(ctx context.Context, token string) (Session, Staff, error) {
	if !ValidToken(token) {
		return Session{}, Staff{}, ErrNotFound
	}
	var session Session
	err := s.db.WithContext(ctx).Where("token_hash = ?", hashToken(token)).Take(&session).Error
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && !session.lives(s.Now()) {
		return Session{}, Staff{}, ErrNotFound
	}
	if err != nil {
		return Session{}, Staff{}, fmt.Errorf("models: find a session: %w", err)
	}
	who, err := findStaff(s.db.WithContext(ctx), "disabled_at IS NULL AND id = ?", session.StaffID)
	if err != nil {
		return Session{}, Staff{}, fmt.Errorf("models: find whose session it is: %w", err)
	}
	if now := s.Now(); now.Sub(session.SeenAt) >= seenEvery {
		err := s.tx(ctx, func(tx *gorm.DB) error { return tx.Model(&Session{ID: session.ID}).Update("seen_at", now).Error })
		if err != nil {
			return Session{}, Staff{}, fmt.Errorf("models: keep that a session is used: %w", err)
		}
		session.SeenAt = now
	}
	return session, who, nil
}

// FindEnded returns whose session a token opened that has run out by itself, or
// ErrNotFound. It opens nothing any more; one that was ended is not remembered.
func (s *Store) FindEnded(ctx context.Context, token string) (Staff, error) {
	if !ValidToken(token) {
		return Staff{}, ErrNotFound
	}
	who, err := findStaff(s.db.WithContext(ctx), "disabled_at IS NULL AND id = (SELECT staff_id FROM staff_sessions WHERE token_hash = ?)", hashToken(token))
	if err != nil {
		return Staff{}, fmt.Errorf("models: find whose session it was: %w", err)
	}
	return who, nil
}

// ListSessions returns somebody's sessions, the one used last first.
func (s *Store) ListSessions(ctx context.Context, staffID string) ([]Session, error) {
	now := s.Now()
	var all []Session
	err := s.db.WithContext(ctx).Where("staff_id = ? AND seen_at > ? AND created_at > ?", staffID, now.Add(-SignedInIdle), now.Add(-SignedInLife)).
		Order("seen_at DESC, id DESC").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the sessions: %w", err)
	}
	return all, nil
}

// EndOtherSessions ends all of somebody's sessions but one.
func (s *Store) EndOtherSessions(ctx context.Context, who Staff, but string) error {
	return s.act(ctx, "end the other sessions", func(tx *gorm.DB) error {
		ended := tx.Where("staff_id = ? AND id <> ?", who.ID, but).Delete(&Session{})
		if ended.Error != nil || ended.RowsAffected == 0 {
			return ended.Error
		}
		return s.audit(tx, AuditEntry{Who: who.Actor(), Act: SignedOut, Object: who.Email, After: "every other session"})
	})
}

// EndSession ends one of somebody's sessions. That there is none is no error.
func (s *Store) EndSession(ctx context.Context, who Staff, id string) error {
	return s.act(ctx, "end a session", func(tx *gorm.DB) error {
		ended := tx.Where("id = ? AND staff_id = ?", id, who.ID).Delete(&Session{})
		if ended.Error != nil || ended.RowsAffected == 0 {
			return ended.Error
		}
		return s.audit(tx, AuditEntry{Who: who.Actor(), Act: SignedOut, Object: who.Email})
	})
}

func endSessions(tx *gorm.DB, staffID string) error {
	return tx.Where("staff_id = ?", staffID).Delete(&Session{}).Error
}
