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
		gifts, err = withWhatIsTheirs(tx.Where("donation_id IN (SELECT id FROM donations WHERE donor_id = ?)", donorID).Session(&gorm.Session{}), found)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: list a donor's gifts: %w", err)
	}
	return gifts, nil
}

// withWhatIsTheirs are gifts with what else belongs to them. theirs leaves, of
// any table that names gifts, the rows of these.
func withWhatIsTheirs(theirs *gorm.DB, found []Donation) ([]DonorGift, error) {
	paid, err := ofGifts(theirs, "at, key", func(f storedFact) string { return f.DonationID })
	if err != nil {
		return nil, err
	}
	receipts, err := ofGifts(theirs, "number", func(r Receipt) string { return r.DonationID })
	if err != nil {
		return nil, err
	}
	offline, err := ofGifts(theirs, "donation_id", func(g OfflineGift) string { return g.DonationID })
	if err != nil {
		return nil, err
	}
	gifts := make([]DonorGift, 0, len(found))
	for _, d := range found {
		gift := DonorGift{Donation: d}
		gift.Method, gift.Last4 = methodOf(paid[d.ID])
		for _, g := range offline[d.ID] {
			gift.Offline, gift.Entered = g.Method, g.Reference
		}
		gift.Receipt = last(receipts[d.ID])
		gifts = append(gifts, gift)
	}
	return gifts, nil
}

// ofGifts reads the rows of one kind that belong to gifts, by gift.
func ofGifts[Row any](theirs *gorm.DB, order string, of func(Row) string) (map[string][]Row, error) {
	var rows []Row
	if err := theirs.Order(order).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what belongs to the gifts: %w", err)
	}
	byGift := map[string][]Row{}
	for _, row := range rows {
		byGift[of(row)] = append(byGift[of(row)], row)
	}
	return byGift, nil
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
	if card := one.Card; card.Brand != "" {
		one.PaidWith = PaidWith{card.Brand, card.Last4} // newer than its last payment, perhaps
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
