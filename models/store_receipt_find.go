package models

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// ReceiptsOf returns the documents about a gift, the oldest first.
func (s *Store) ReceiptsOf(ctx context.Context, donationID string) ([]Receipt, error) {
	all, err := receiptsOf(s.db.WithContext(ctx), donationID)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return all, nil
}

// HasAddress reports whether mail about a gift has somewhere to go.
func (s *Store) HasAddress(ctx context.Context, d Donation) (bool, error) {
	address, err := addressOf(s.db.WithContext(ctx), d)
	if err != nil {
		return false, fmt.Errorf("models: %w", err)
	}
	return address != "", nil
}

// FindReceipt returns all that a document's words are made of; ErrNotFound if
// there is no such document.
func (s *Store) FindReceipt(ctx context.Context, id string) (ReceiptDocument, error) {
	var doc ReceiptDocument
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var receipt Receipt
		err := tx.Where("id = ?", id).Take(&receipt).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		all, err := receiptsOf(tx, receipt.DonationID)
		if err != nil {
			return err
		}
		if doc, err = documentOf(all, id); err != nil {
			return err
		}
		if err := tx.Where("id = ?", receipt.DonationID).Take(&doc.Donation).Error; err != nil {
			return err
		}
		return doc.read(tx)
	})
	if err != nil {
		return ReceiptDocument{}, fmt.Errorf("models: find the receipt %s: %w", id, err)
	}
	return doc, nil
}

// documentOf is a document among those of its gift.
func documentOf(all []Receipt, id string) (ReceiptDocument, error) {
	at := slices.IndexFunc(all, func(r Receipt) bool { return r.ID == id })
	if at < 0 {
		return ReceiptDocument{}, ErrNotFound
	}
	doc := ReceiptDocument{Receipt: all[at], Newest: all[len(all)-1]}
	if at > 0 {
		doc.First, doc.Replaced = &all[0], &all[at-1]
	}
	return doc, nil
}

// read reads how and by whom the gift was given.
func (doc *ReceiptDocument) read(tx *gorm.DB) error {
	d := doc.Donation
	facts, err := factsOf(tx, d.ID)
	if err != nil {
		return err
	}
	doc.Method, doc.Last4 = methodOf(facts)
	doc.DonorName = d.DonorName
	if doc.DonorEmail, err = addressOf(tx, d); err != nil {
		return err
	}
	if err := doc.readOffline(tx); err != nil {
		return err
	}
	return doc.readSubscription(tx)
}

// readOffline reads what a person entered of a gift that did not pass through
// Stripe.
func (doc *ReceiptDocument) readOffline(tx *gorm.DB) error {
	kept, err := findOffline(tx, doc.Donation.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	doc.Offline, doc.DonorAddress = &kept, kept.DonorAddress
	return nil
}

// readSubscription reads which payment of which monthly or yearly gift it is.
func (doc *ReceiptDocument) readSubscription(tx *gorm.DB) error {
	d := doc.Donation
	if d.SubscriptionID == nil {
		return nil
	}
	var sub Subscription
	found := tx.Where("id = ?", *d.SubscriptionID).Limit(1).Find(&sub)
	if found.Error != nil {
		return fmt.Errorf("find the subscription: %w", found.Error)
	}
	if found.RowsAffected > 0 {
		doc.Subscription = &sub
	}
	at := d.CreatedAt // of a payment that was taken back
	if d.ReceivedAt != nil {
		at = *d.ReceivedAt
	}
	var before int64
	err := tx.Model(&Donation{}).Where("subscription_id = ? AND (received_at < ? OR received_at = ? AND id < ?)", *d.SubscriptionID, at, at, d.ID).
		Count(&before).Error
	if err != nil {
		return fmt.Errorf("count the payments before: %w", err)
	}
	doc.PaymentNo = int(before) + 1
	return nil
}

// methodOf is the method of a gift's first payment that stands, or else of its
// first.
func methodOf(facts []storedFact) (method, last4 string) {
	undone := undoneOf(facts)
	var first *storedFact
	for i, f := range facts {
		if f.Kind != Charged && f.Kind != OfflineGiven {
			continue
		}
		if first == nil || undone[first.Object] && !undone[f.Object] || undone[first.Object] == undone[f.Object] && f.At.Before(first.At) {
			first = &facts[i]
		}
	}
	if first == nil {
		return "", ""
	}
	return first.Method, first.Last4
}
