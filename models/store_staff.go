package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// AddStaff makes an account. Without a hash nobody can sign in with it until
// its owner has chosen a password: see InviteStaff. It returns ErrExists if
// there is one for this address, disabled or not.
func (s *Store) AddStaff(ctx context.Context, by Actor, email string, role Role, passwordHash string) (Staff, error) {
	var made Staff
	err := s.act(ctx, "add to the staff", func(tx *gorm.DB) error {
		id, err := s.ids.sortable("staff_", s.Now())
		if err != nil {
			return err
		}
		made = Staff{ID: id, Email: FoldEmail(email), Role: role, PasswordHash: passwordHash, CreatedAt: s.Now()}
		var taken int64
		if err := tx.Model(&Staff{}).Where("email = ?", made.Email).Count(&taken).Error; err != nil {
			return err
		}
		if taken > 0 {
			return ErrExists
		}
		if err := tx.Create(&made).Error; err != nil {
			if errors.Is(err, gorm.ErrDuplicatedKey) { // added by somebody else just now
				return ErrExists
			}
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: StaffAdded, Object: made.Email, After: string(role)})
	})
	return made, err
}

// ListStaff returns everybody, disabled or not, by address.
func (s *Store) ListStaff(ctx context.Context) ([]Staff, error) {
	var all []Staff
	if err := s.db.WithContext(ctx).Order("email").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("models: list the staff: %w", err)
	}
	return all, nil
}

// FindStaff returns the account of an address, or ErrNotFound.
func (s *Store) FindStaff(ctx context.Context, email string) (Staff, error) {
	found, err := findStaff(s.db.WithContext(ctx), "email = ?", FoldEmail(email))
	if err != nil {
		return Staff{}, fmt.Errorf("models: find on the staff: %w", err)
	}
	return found, nil
}

func findStaff(tx *gorm.DB, where, value string) (Staff, error) {
	var found Staff
	err := tx.Where(where, value).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Staff{}, ErrNotFound
	}
	return found, err
}

// SetRole gives somebody another role, and ends their sessions.
func (s *Store) SetRole(ctx context.Context, by Actor, email string, role Role) error {
	return s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		was := who.Role
		if was == role {
			return nil
		}
		if err := tx.Model(&who).Update("role", role).Error; err != nil {
			return err
		}
		if err := endSessions(tx, who.ID); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: RoleChanged, Object: who.Email, Before: string(was), After: string(role)})
	})
}

// DisableStaff shuts somebody out at once: sessions, links and the devices that
// were known end too.
func (s *Store) DisableStaff(ctx context.Context, by Actor, email string) error {
	return s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		if who.DisabledAt != nil {
			return nil
		}
		if err := tx.Model(&who).Update("disabled_at", s.Now()).Error; err != nil {
			return err
		}
		if err := s.forget(tx, who.ID); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: StaffDisabled, Object: who.Email, Before: string(who.Role)})
	})
}

// EnableStaff lets somebody in again who was disabled. Their old password
// counts no longer: see InviteStaff.
func (s *Store) EnableStaff(ctx context.Context, by Actor, email string) error {
	return s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		if who.DisabledAt == nil {
			return nil
		}
		if err := tx.Model(&who).Updates(map[string]any{"disabled_at": nil, "password_hash": ""}).Error; err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: StaffEnabled, Object: who.Email, After: string(who.Role)})
	})
}

// SetPassword replaces somebody's password, and ends their sessions and links.
// The devices they have signed in from stay known if they did it themselves.
func (s *Store) SetPassword(ctx context.Context, by Actor, email, passwordHash string) error {
	return s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		return s.setPassword(tx, by, who, passwordHash)
	})
}

func (s *Store) setPassword(tx *gorm.DB, by Actor, who Staff, passwordHash string) error {
	if err := tx.Model(&who).Update("password_hash", passwordHash).Error; err != nil {
		return err
	}
	if err := endSessions(tx, who.ID); err != nil {
		return err
	}
	if err := tx.Where("staff_id = ?", who.ID).Delete(&staffLink{}).Error; err != nil {
		return err
	}
	if by != who.Actor() {
		if err := tx.Where("staff_id = ?", who.ID).Delete(&device{}).Error; err != nil {
			return err
		}
	}
	return s.audit(tx, AuditEntry{Who: by, Act: PasswordChanged, Object: who.Email})
}

// forget takes from an account everything that lets somebody in, but the
// password.
func (s *Store) forget(tx *gorm.DB, staffID string) error {
	for _, row := range []any{&Session{}, &device{}, &staffLink{}} {
		if err := tx.Where("staff_id = ?", staffID).Delete(row).Error; err != nil {
			return err
		}
	}
	return nil
}

// InviteStaff makes the token of a link with which somebody chooses a password.
// An older link ends. It returns ErrNotFound for an account that is disabled.
func (s *Store) InviteStaff(ctx context.Context, by Actor, email string) (token string, err error) {
	err = s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		if who.DisabledAt != nil {
			return ErrNotFound
		}
		if token, err = s.ids.token(); err != nil {
			return err
		}
		if err := tx.Where("staff_id = ?", who.ID).Delete(&staffLink{}).Error; err != nil {
			return err
		}
		link := staffLink{TokenHash: hashToken(token), StaffID: who.ID, ExpiresAt: s.Now().Add(linkFor)}
		if err := tx.Create(&link).Error; err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: StaffInvited, Object: who.Email})
	})
	return token, err
}

// FindInvitation returns whom a link is for. It changes nothing: programs
// follow links too.
func (s *Store) FindInvitation(ctx context.Context, token string) (Staff, error) {
	who, err := s.invited(s.db.WithContext(ctx), token)
	if err != nil {
		return Staff{}, fmt.Errorf("models: find an invitation: %w", err)
	}
	return who, nil
}

// AcceptInvitation sets the password of whom a link is for. The link ends. The
// browser it was opened in, which brought a device's token, or "", is known
// from then on, under the token that is returned: so an admin can let in
// somebody whom strangers keep out by guessing at their account.
func (s *Store) AcceptInvitation(ctx context.Context, token, passwordHash, known string) (device string, err error) {
	err = s.act(ctx, "take up an invitation", func(tx *gorm.DB) error {
		who, err := s.invited(tx, token)
		if err != nil {
			return err
		}
		used := tx.Where("token_hash = ?", hashToken(token)).Delete(&staffLink{})
		if used.Error == nil && used.RowsAffected == 0 { // by somebody else, just now
			return ErrNotFound
		}
		if used.Error != nil {
			return used.Error
		}
		if err := s.setPassword(tx, who.Actor(), who, passwordHash); err != nil {
			return err
		}
		device, err = s.knowDevice(tx, who.ID, known)
		return err
	})
	return device, err
}

func (s *Store) invited(tx *gorm.DB, token string) (Staff, error) {
	if !ValidToken(token) {
		return Staff{}, ErrNotFound
	}
	var link staffLink
	err := tx.Where("token_hash = ? AND expires_at > ?", hashToken(token), s.Now()).Take(&link).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Staff{}, ErrNotFound
	}
	if err != nil {
		return Staff{}, err
	}
	return findStaff(tx, "disabled_at IS NULL AND id = ?", link.StaffID)
}

// act runs one change to the staff in one transaction.
func (s *Store) act(ctx context.Context, doing string, f func(tx *gorm.DB) error) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	if err := s.tx(ctx, f); err != nil {
		return fmt.Errorf("models: %s: %w", doing, err)
	}
	return nil
}

// changeStaff runs one change to one account, while nobody else changes it. It
// returns ErrNotFound where there is none.
func (s *Store) changeStaff(ctx context.Context, email string, f func(tx *gorm.DB, who Staff) error) error {
	return s.act(ctx, "change an account", func(tx *gorm.DB) error {
		who, err := findStaff(forUpdate(tx), "email = ?", FoldEmail(email))
		if err != nil {
			return err
		}
		return f(tx, who)
	})
}
