package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// GiftsOf returns a donor's gifts, the newest first: what was paid, and what is
// under way or came to nothing at a bank. A payment page that was left is no
// gift.
func (s *Store) GiftsOf(ctx context.Context, donorID string) ([]DonorGift, error) {
	var gifts []DonorGift
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var found []Donation
		err := tx.Where("donor_id = ? AND status NOT IN ?", donorID, []Status{Started, Expired}).
			Order("COALESCE(received_at, created_at) DESC, id DESC").Find(&found).Error
		if err != nil {
			return err
		}
		paid, err := paidWith(tx, "donation_id IN (SELECT id FROM donations WHERE donor_id = ?)", donorID)
		if err != nil {
			return err
		}
		gifts = make([]DonorGift, 0, len(found))
		for _, d := range found {
			gifts = append(gifts, DonorGift{Donation: d, PaidWith: paid[d.ID]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("models: list a donor's gifts: %w", err)
	}
	return gifts, nil
}

// paidWith is what each gift's newest payment was made with, by the gift's id.
func paidWith(tx *gorm.DB, of string, args ...any) (map[string]PaidWith, error) {
	var facts []storedFact
	err := tx.Where("kind = ?", Charged).Where(of, args...).Order("at, key").Find(&facts).Error
	if err != nil {
		return nil, fmt.Errorf("read the payments: %w", err)
	}
	paid := map[string]PaidWith{}
	for _, f := range facts {
		paid[f.DonationID] = PaidWith{f.Method, f.Last4}
	}
	return paid, nil
}

// SubscriptionsOf returns the repeated gifts that a donor began, the newest
// first: those that go on, and those that have ended.
func (s *Store) SubscriptionsOf(ctx context.Context, donorID string) ([]DonorSubscription, error) {
	var all []DonorSubscription
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var began []Donation
		err := tx.Where("donor_id = ? AND NOT renewal AND subscription_id IS NOT NULL", donorID).Order("created_at DESC, id DESC").Find(&began).Error
		if err != nil {
			return err
		}
		for _, d := range began {
			one, known, err := subscriptionOf(tx, d)
			if err != nil {
				return err
			}
			if known {
				all = append(all, one)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("models: list a donor's repeated gifts: %w", err)
	}
	return all, nil
}

// subscriptionOf is the subscription that a gift began, if Stripe has described
// it yet.
func subscriptionOf(tx *gorm.DB, began Donation) (one DonorSubscription, known bool, err error) {
	var subs []Subscription
	if err := tx.Where("id = ?", *began.SubscriptionID).Find(&subs).Error; err != nil || len(subs) == 0 {
		return one, false, err
	}
	one = DonorSubscription{Subscription: subs[0], Began: began}
	var newest []storedFact
	err = tx.Where("kind = ? AND donation_id IN (SELECT id FROM donations WHERE subscription_id = ?)", Charged, one.ID).
		Order("at DESC, key DESC").Limit(1).Find(&newest).Error
	if err != nil {
		return one, false, err
	}
	for _, f := range newest {
		one.PaidWith = PaidWith{f.Method, f.Last4}
	}
	var ended []cancellation
	if err := tx.Where("subscription_id = ?", one.ID).Find(&ended).Error; err != nil {
		return one, false, err
	}
	for _, c := range ended {
		one.Cancelled = &c.AskedAt
	}
	return one, true, nil
}
