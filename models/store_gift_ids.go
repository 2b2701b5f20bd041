package models

import (
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// name keeps the ids that Stripe knows a gift by; what waited for one of them is
// due at once. It returns a problem if one is another gift's.
func (s *Store) name(tx *gorm.DB, gift *giftInHand, fact Fact) error {
	ids := fact.Gift.ids()
	unsure := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return gift.names[id] })
	if len(unsure) > 0 {
		var known []giftID
		if err := tx.Where("id IN ?", unsure).Find(&known).Error; err != nil {
			return fmt.Errorf("read the gift's ids: %w", err)
		}
		for _, k := range known {
			if k.DonationID != gift.ID {
				return problem{fmt.Sprintf("%s names %s, which belongs to the gift %s", fact.Key, k.ID, k.DonationID)}
			}
			gift.names[k.ID] = true
		}
	}
	var fresh []giftID
	for _, id := range unsure {
		if !gift.names[id] {
			fresh, gift.names[id] = append(fresh, giftID{id, gift.ID}), true
		}
	}
	gift.named = gift.named || len(fresh) > 0
	if len(fresh) > 0 || fact.Kind == Charged {
		gift.wakes = append(gift.wakes, ids...)
	}
	return createAll(tx, "the gift's ids", fresh)
}

// giftID is a name that Stripe has for a gift.
type giftID struct {
	ID         string `gorm:"primaryKey"`
	DonationID string
}

func (giftID) TableName() string { return "gift_ids" }
