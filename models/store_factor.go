package models

import (
	"context"
	"strings"

	"gorm.io/gorm"
)

// recoveryCodes is how many codes stand in for a second factor, once each.
const recoveryCodes = 10

// SetFactor gives somebody a second factor, a secret that its caller has
// sealed, whose code of a time step was just used, and new recovery codes,
// which are returned this once. Their sessions end.
func (s *Store) SetFactor(ctx context.Context, who Staff, sealed string, step int64) (codes []string, err error) {
	err = s.changeStaff(ctx, who.Email, func(tx *gorm.DB, who Staff) error {
		codes = nil // this may be a second try
		if err := tx.Model(&who).Updates(map[string]any{"factor": sealed, "factor_step": step}).Error; err != nil {
			return err
		}
		if err := tx.Where("staff_id = ?", who.ID).Delete(&recoveryCode{}).Error; err != nil {
			return err
		}
		for range recoveryCodes {
			code, err := s.ids.recovery()
			if err != nil {
				return err
			}
			if err := tx.Create(&recoveryCode{StaffID: who.ID, CodeHash: hashRecovery(code)}).Error; err != nil {
				return err
			}
			codes = append(codes, code)
		}
		if err := endSessions(tx, who.ID); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: who.Actor(), Act: FactorSet, Object: who.Email})
	})
	return codes, err
}

// RemoveFactor takes away somebody's second factor and recovery codes, and ends
// their sessions: for a telephone that was lost.
func (s *Store) RemoveFactor(ctx context.Context, by Actor, email string) error {
	return s.changeStaff(ctx, email, func(tx *gorm.DB, who Staff) error {
		if who.Factor == "" {
			return nil
		}
		if err := tx.Model(&who).Update("factor", "").Error; err != nil {
			return err
		}
		if err := tx.Where("staff_id = ?", who.ID).Delete(&recoveryCode{}).Error; err != nil {
			return err
		}
		if err := endSessions(tx, who.ID); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: by, Act: FactorRemoved, Object: who.Email})
	})
}

// UseStep takes the code of a time step, and reports whether it was the first
// to: a code that somebody has read over a shoulder is worth nothing.
func (s *Store) UseStep(ctx context.Context, staffID string, step int64) (fresh bool, err error) {
	err = s.act(ctx, "use a code", func(tx *gorm.DB) error {
		used := tx.Model(&Staff{}).Where("id = ? AND factor_step < ?", staffID, step).Update("factor_step", step)
		fresh = used.RowsAffected == 1
		return used.Error
	})
	return fresh, err
}

// UseRecoveryCode takes a recovery code, and reports whether it was one.
func (s *Store) UseRecoveryCode(ctx context.Context, who Staff, code string) (good bool, err error) {
	err = s.act(ctx, "use a recovery code", func(tx *gorm.DB) error {
		used := tx.Where("staff_id = ? AND code_hash = ?", who.ID, hashRecovery(code)).Delete(&recoveryCode{})
		good = used.RowsAffected == 1
		if used.Error != nil || !good {
			return used.Error
		}
		return s.audit(tx, AuditEntry{Who: who.Actor(), Act: RecoveryUsed, Object: who.Email})
	})
	return good, err
}

// RecoveryCodesLeft counts the codes that somebody has not used yet.
func (s *Store) RecoveryCodesLeft(ctx context.Context, staffID string) (left int64, err error) {
	err = s.db.WithContext(ctx).Model(&recoveryCode{}).Where("staff_id = ?", staffID).Count(&left).Error
	return left, err
}

// recovery is 80 random bits in four groups that can be read aloud.
func (g ids) recovery() (string, error) {
	b, err := g.bytes(16)
	if err != nil {
		return "", err
	}
	var groups []string
	for ; len(b) > 0; b = b[4:] {
		group := ""
		for _, one := range b[:4] {
			group += string(crockford[one&31])
		}
		groups = append(groups, group)
	}
	return strings.Join(groups, "-"), nil
}
