package models

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// drawn is one allowance that a try counts against.
type drawn struct {
	name string
	of   allowance
}

// Admission is a try that was allowed.
type Admission struct {
	Known bool // its browser is one from which somebody has signed in to this account
	draws []drawn
}

// AdmitLogin counts a try before the password is looked at, or returns TooMany
// and counts nothing. It does the same whether or not there is such an account.
func (s *Store) AdmitLogin(ctx context.Context, a Attempt) (Admission, error) {
	var admitted Admission
	err := s.act(ctx, "admit a sign-in", func(tx *gorm.DB) error {
		known, err := knows(tx, a)
		if err != nil {
			return err
		}
		admitted = Admission{known, a.draws(known)}
		now := s.Now()
		// Only what is long past, which no other try holds just now.
		if err := tx.Where("full_at < ?", now.Add(-time.Hour).UnixMicro()).Delete(&loginAllowance{}).Error; err != nil {
			return err
		}
		var wait TooMany
		for _, draw := range admitted.draws {
			if err := s.dialect.takeTurns(tx, draw.name); err != nil {
				return err
			}
			row := loginAllowance{Name: draw.name}
			if err := tx.Take(&row).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
				return err
			}
			row, after := draw.of.after(row, now)
			wait.Wait = max(wait.Wait, after)
			if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
				return err
			}
		}
		if wait.Wait > 0 {
			return wait // and nothing of this stands
		}
		return nil
	})
	return admitted, err
}

// ReturnLogin gives back what a try has drawn, for one that succeeded or was
// never made.
func (s *Store) ReturnLogin(ctx context.Context, a Admission) error {
	return s.act(ctx, "give back a try", func(tx *gorm.DB) error {
		for _, draw := range a.draws {
			err := tx.Model(&loginAllowance{Name: draw.name}).
				Update("full_at", gorm.Expr("full_at - ?", draw.of.every.Microseconds())).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// draws are what a try counts against, in an order that is the same for all who
// wait for each other.
func (a Attempt) draws(known bool) []drawn {
	if known {
		return []drawn{{hashToken("device " + a.Device + " " + FoldEmail(a.Email)), perDevice}}
	}
	both := []drawn{{hashToken("account " + FoldEmail(a.Email)), perAccount}, {hashToken("network " + a.Network), perNetwork}}
	slices.SortFunc(both, func(a, b drawn) int { return cmp.Compare(a.name, b.name) })
	return both
}

// knows reports whether somebody has signed in to this account from this
// device before.
func knows(tx *gorm.DB, a Attempt) (bool, error) {
	var n int64
	err := tx.Model(&device{}).
		Where("token_hash = ? AND staff_id IN (SELECT id FROM staff WHERE email = ?)", hashToken(a.Device), FoldEmail(a.Email)).
		Count(&n).Error
	return n > 0, err
}
