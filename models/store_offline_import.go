package models

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// ImportOffline books many gifts, each as EnterOffline does: all of them, or
// none. form names the import; the same again with the same gifts changes
// nothing, and with others is ErrConflict. The gifts' own form keys are not
// looked at.
func (s *Store) ImportOffline(ctx context.Context, form string, gifts []NewOfflineGift) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	if form == "" || len(gifts) == 0 {
		return ErrNotAGift
	}
	var sum money.Minor
	for i, g := range gifts {
		if err := g.Check(s.Now()); err != nil {
			return fmt.Errorf("models: gift %d of an import: %w", i+1, err)
		}
		sum += g.Amount
	}
	var again bool
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		if again, err = s.imported(tx, form, gifts); err != nil || again {
			return err
		}
		named := slices.Clone(gifts)
		for i := range named {
			named[i].FormKey = importKey(form, i)
		}
		if _, err := s.enter(tx, named...); err != nil {
			return err
		}
		err = s.audit(tx, AuditEntry{
			Who: Actor(gifts[0].EnteredBy), Act: OfflineImported, Object: form, After: fmt.Sprintf("%d gifts, %s", len(gifts), sum),
		})
		crash.Here(crash.OfflineUnkept)
		return err
	})
	if err != nil {
		return fmt.Errorf("models: import offline gifts: %w", err)
	}
	if !again {
		crash.Here(crash.OfflineKept)
		s.commits.Add(1)
	}
	return nil
}

// importKey is the form key of one gift of an import.
func importKey(form string, i int) string { return fmt.Sprintf("%s.%d", form, i+1) }

// imported reports whether an import of this name is kept already. It returns
// ErrConflict if that one is another.
func (s *Store) imported(tx *gorm.DB, form string, gifts []NewOfflineGift) (again bool, err error) {
	if err := s.dialect.takeTurns(tx, "offline gifts"); err != nil {
		return false, err
	}
	keys := make([]string, 0, len(gifts)+1) // one more: another import may have gone on
	for i := range len(gifts) + 1 {
		keys = append(keys, importKey(form, i))
	}
	var rows []struct {
		OfflineGift
		AmountCharged money.Minor
	}
	err = tx.Raw("SELECT o.*, d.amount_charged FROM offline_gifts o JOIN donations d ON d.id = o.donation_id WHERE o.form_key IN ?", keys).Scan(&rows).Error
	if err != nil {
		return false, fmt.Errorf("find the import: %w", err)
	}
	if len(rows) == 0 {
		return false, nil
	}
	if len(rows) != len(gifts) {
		return false, ErrConflict
	}
	at := map[string]int{}
	for i, key := range keys {
		at[key] = i
	}
	for _, row := range rows {
		if i := at[*row.FormKey]; i == len(gifts) || gifts[i].Amount != row.AmountCharged || !row.says(gifts[i]) {
			return false, ErrConflict
		}
	}
	return true, nil
}
