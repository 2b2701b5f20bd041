package models

import (
	"fmt"

	"gorm.io/gorm"
)

// name keeps the ids that Stripe knows a gift by, and makes due at once what
// waited for one of them. It returns a problem if one is another gift's.
func (s *Store) name(tx *gorm.DB, d Donation, fact Fact) (woke bool, err error) {
	ids := fact.Gift.ids()
	if len(ids) == 0 {
		return false, nil
	}
	var known []giftID
	if err := tx.Where("id IN ?", ids).Find(&known).Error; err != nil {
		return false, fmt.Errorf("read the gift's ids: %w", err)
	}
	has := map[string]bool{}
	for _, k := range known {
		if k.DonationID != d.ID {
			return false, problem{fmt.Sprintf("%s names %s, which belongs to the gift %s", fact.Key, k.ID, k.DonationID)}
		}
		has[k.ID] = true
	}
	var fresh []giftID
	for _, id := range ids {
		if !has[id] {
			fresh = append(fresh, giftID{id, d.ID})
		}
	}
	if len(fresh) > 0 {
		if err := tx.Create(&fresh).Error; err != nil {
			return false, fmt.Errorf("keep the gift's ids: %w", err)
		}
	}
	if len(fresh) > 0 || fact.Kind == Charged {
		return s.wakeWaiting(tx, ids)
	}
	return false, nil
}

// giftID is a name that Stripe has for a gift.
type giftID struct {
	ID         string `gorm:"primaryKey"`
	DonationID string
}

func (giftID) TableName() string { return "gift_ids" }
