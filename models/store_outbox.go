package models

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// outboxRow is something to be sent, committed in the transaction of what it
// tells of, so that neither is ever without the other.
type outboxRow struct {
	Key        string `gorm:"primaryKey"` // what it tells of and the kind, so that it is sent for once
	Kind       string
	DonationID *string
	Payload    string
	State      string
	Attempts   int
	NextTryAt  time.Time
	CreatedAt  time.Time
}

func (outboxRow) TableName() string { return "outbox" }

// enqueueReceipt queues the receipt of a payment. It stays queued until
// something sends it.
func (s *Store) enqueueReceipt(tx *gorm.DB, donationID, charge string) error {
	now := s.Now()
	row := outboxRow{
		Key: charge + ":receipt", Kind: "receipt", DonationID: &donationID, Payload: "{}",
		State: "queued", NextTryAt: now, CreatedAt: now,
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("queue the receipt: %w", err)
	}
	return nil
}

// withdrawReceipt takes back the receipt of a payment that came to nothing,
// unless somebody has begun to send it.
func withdrawReceipt(tx *gorm.DB, charge string) error {
	err := tx.Where("key = ? AND state = 'queued' AND attempts = 0", charge+":receipt").Delete(&outboxRow{}).Error
	if err != nil {
		return fmt.Errorf("withdraw the receipt: %w", err)
	}
	return nil
}
