package models

import (
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
)

// refold brings the gift's cached state, its donor's count and the public
// figures to what its facts now come to.
func (s *Store) refold(tx *gorm.DB, d Donation, facts []storedFact) error {
	f, err := foldAnew(tx, d, facts)
	if err != nil {
		return err
	}
	donorID, donors, err := s.recount(tx, d, f)
	if err != nil {
		return err
	}
	change := f.change(d)
	change.Donors = donors
	if err := s.change(tx, change); err != nil {
		return err
	}
	now := d
	now.DonorID = donorID
	now.hold(f)
	if reflect.DeepEqual(now, d) {
		return nil
	}
	err = tx.Model(&Donation{ID: d.ID}).Select(append([]string{"donor_id"}, foldedColumns...)).Updates(now).Error
	if err != nil {
		return fmt.Errorf("keep the gift's state: %w", err)
	}
	if donorID == nil || d.DonorID != nil && *d.DonorID == *donorID {
		return nil
	}
	// Whoever it is of now may have an address, for want of which a document was not mailed.
	return s.makeDue(tx, d.ID)
}

// foldAnew reckons a gift's state from its facts, and where it is a renewal from
// who began.
func foldAnew(tx *gorm.DB, d Donation, facts []storedFact) (figures, error) {
	began, err := whoBegan(tx, d)
	if err != nil {
		return figures{}, err
	}
	return fold(d.AmountCharged, began, facts), nil
}

// beginnings are the people who began subscriptions, for whoever folds every
// gift: a subscription has many renewals.
type beginnings map[string]person

// foldAnew is the same, looking up once who began a subscription.
func (b beginnings) foldAnew(tx *gorm.DB, d Donation, facts []storedFact) (figures, error) {
	if !d.Renewal || d.SubscriptionID == nil {
		return fold(d.AmountCharged, person{}, facts), nil
	}
	began, known := b[*d.SubscriptionID]
	if !known {
		var err error
		if began, err = whoBegan(tx, d); err != nil {
			return figures{}, err
		}
		b[*d.SubscriptionID] = began
	}
	return fold(d.AmountCharged, began, facts), nil
}

// change is by how much what a gift's facts come to changes the public figures,
// the number of donors aside.
func (f figures) change(d Donation) progressChange {
	change := progressChange{
		Gross: f.captured - d.Captured, Refunded: f.refunded - d.Refunded, Disputed: f.disputed - d.Disputed,
		Fees: f.fees - d.FeeTaken, Pending: f.pending - d.Pending, Gifts: gifts(f.counted) - gifts(d.Counted),
	}
	if f.offline {
		change.Offline = change.Gross
	}
	return change
}

// foldedColumns are those of a gift that hold what its facts come to.
var foldedColumns = []string{
	"status", "received_at", "refunded_at", "captured", "refunded", "disputed", "fee_taken", "pending", "counted", "donor_name", "donor_address",
	"refunds_open", "refunding", "disputes_open", "contested",
}

// hold has a gift hold what its facts come to.
func (d *Donation) hold(f figures) {
	d.Status, d.ReceivedAt, d.RefundedAt, d.Captured, d.Refunded = f.status, f.receivedAt, f.refundedAt, f.captured, f.refunded
	d.Disputed, d.FeeTaken, d.Pending, d.Counted = f.disputed, f.fees, f.pending, f.counted
	d.DonorName, d.DonorAddress = f.name, f.address
	d.RefundsOpen, d.Refunding, d.DisputesOpen, d.Contested = f.open.refunds, f.open.refunding, f.open.disputes, f.open.contested
}

// holds reports whether a gift holds what its facts come to.
func (d Donation) holds(f figures) bool {
	now := d
	now.hold(f)
	same := sameTime(now.ReceivedAt, d.ReceivedAt) && sameTime(now.RefundedAt, d.RefundedAt)
	now.ReceivedAt, now.RefundedAt = d.ReceivedAt, d.RefundedAt
	return same && now == d
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
