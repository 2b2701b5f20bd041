package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// IssueReceipts issues what documents are due, for up to most gifts, each in a
// transaction of its own, and returns how many gifts it looked at: fewer than
// most, and none is left that is due now.
func (s *Store) IssueReceipts(ctx context.Context, most int) (issued int, err error) { return 0, nil }

// FindReceipt returns all that a document's words are made of; ErrNotFound if
// there is no such document.
func (s *Store) FindReceipt(ctx context.Context, id string) (ReceiptDocument, error) {
	return ReceiptDocument{}, ErrNotFound
}

// ReceiptsOf returns the documents about a gift, the oldest first.
func (s *Store) ReceiptsOf(ctx context.Context, donationID string) ([]Receipt, error) {
	return nil, nil
}

// ResendReceipt queues the mail of a document anew, for the person named by.
func (s *Store) ResendReceipt(ctx context.Context, receiptID, by string) error { return nil }

// dueReceipt is a gift of which a document may be due. Whether one is follows
// from its facts alone, however often it is looked at.
type dueReceipt struct {
	DonationID string `gorm:"primaryKey"`
	Since      time.Time
	NotBefore  time.Time // a gift whose documents failed is left alone until then
}

func (dueReceipt) TableName() string { return "receipts_due" }

// receiptDue marks the gift of a fact which may call for a document, or which
// brings the address for a document that could not be mailed.
func (s *Store) receiptDue(tx *gorm.DB, fact storedFact) error {
	switch fact.Kind {
	case Charged, ChargeUndone, RefundMade, RefundUndone, DisputeMoved, DisputeLost, OfflineGiven, OfflineUndone:
	default:
		if fact.Email == "" {
			return nil
		}
	}
	return s.makeDue(tx, fact.DonationID)
}

// makeDue marks a gift whose documents are to be looked at.
func (s *Store) makeDue(tx *gorm.DB, donationID string) error {
	now := s.Now()
	if err := insertOnce(tx, &dueReceipt{donationID, now, now}).Error; err != nil {
		return fmt.Errorf("mark its receipt as due: %w", err)
	}
	return nil
}
