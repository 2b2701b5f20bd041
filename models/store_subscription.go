package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// keepSubscription keeps what Stripe says of a subscription, unless something
// that supersedes it is known.
func (s *Store) keepSubscription(tx *gorm.DB, g gone, sub Subscription) (booked, error) {
	switch {
	case sub.Campaign != s.slug:
		return booked{state: EventForeign}, nil
	case !ValidToken(sub.Token):
		return booked{state: EventAttention, problem: sub.ID + " names this campaign but carries no token of ours"}, nil
	}
	// The card is its owner's.
	erased, err := g.began(tx, sub)
	if err != nil {
		return booked{}, err
	}
	if erased != "" || sub.Erased {
		sub.PaymentMethod, sub.Card = "", Card{}
	}
	sub.AsOf = sub.AsOf.UTC().Truncate(time.Microsecond)
	sub.Ran = !sub.Ended() && sub.CancelledAt == nil && !sub.CancelsAtEnd
	made := insertOnce(tx, &sub)
	if made.Error != nil {
		return booked{}, fmt.Errorf("keep the subscription: %w", made.Error)
	}
	result := booked{state: EventBooked}
	if made.RowsAffected > 0 && erased != "" { // Stripe has a customer to forget
		if err := s.eraseOnwards(tx, erased); err != nil {
			return booked{}, err
		}
	}
	if made.RowsAffected > 0 {
		return result, s.tellOfSubscription(tx, sub, sub.Ran)
	}
	var known Subscription
	if err := forUpdate(tx).Where("id = ?", sub.ID).Take(&known).Error; err != nil {
		return booked{}, fmt.Errorf("find the subscription: %w", err)
	}
	if err := s.supersede(tx, sub, known); err != nil {
		return booked{}, fmt.Errorf("change the subscription: %w", err)
	}
	if sub.Ran && !known.Ran {
		if err := s.sawRunning(tx, sub.ID); err != nil {
			return booked{}, err
		}
	}
	return result, s.tellOfSubscription(tx, sub, sub.Ran || known.Ran)
}

// supersede keeps a description of a subscription, as far as it stands against
// what is known. What is read in the second of an event says no less of the card.
func (s *Store) supersede(tx *gorm.DB, sub, known Subscription) error {
	row := func() *gorm.DB { return tx.Model(&Subscription{ID: sub.ID}) }
	if sub.supersedes(known) {
		err := row().Select("customer", "status", "amount", "fees_covered", "currency", "months", "cancels_at_end", "period_start", "period_end", "as_of").Updates(&sub).Error
		if err != nil {
			return err
		}
	} else if sub.AsOf.Before(known.AsOf) || sub.PaymentMethod != known.PaymentMethod {
		return nil
	}
	if card, changed := sub.changesCard(known); changed {
		return row().Updates(card).Error
	}
	return nil
}

// whoBegan is who was typed when a renewal's subscription began, as far as that
// is known; nobody if the gift is no renewal.
func whoBegan(tx *gorm.DB, d Donation) (person, error) {
	if !d.Renewal || d.SubscriptionID == nil {
		return person{}, nil
	}
	var began struct{ Email, Name, Address string }
	err := tx.Raw(`SELECT COALESCE(MIN(NULLIF(f.email, '')), '') AS email, COALESCE(MIN(NULLIF(f.name, '')), '') AS name,
			COALESCE(MIN(NULLIF(f.address, '')), '') AS address
		FROM facts f JOIN donations d ON d.id = f.donation_id
		WHERE d.subscription_id = ? AND NOT d.renewal AND f.email_rank = ?`, *d.SubscriptionID, SessionEmail).Scan(&began).Error
	if err != nil {
		return person{}, fmt.Errorf("find who began the subscription: %w", err)
	}
	return person{began.Email, began.Name, began.Address}, nil
}

// shareDonor gives the renewals of a subscription to the donor who began it,
// when the address or the name comes after them.
func (s *Store) shareDonor(tx *gorm.DB, began Donation) error {
	if began.Renewal || began.SubscriptionID == nil {
		return nil
	}
	var renewals []Donation
	err := forUpdate(tx).Where("subscription_id = ? AND renewal", *began.SubscriptionID).Order("id").Find(&renewals).Error
	if err != nil {
		return fmt.Errorf("find the renewals: %w", err)
	}
	for _, d := range renewals {
		facts, err := factsOf(tx, d.ID)
		if err != nil {
			return err
		}
		if err := s.refold(tx, d, facts); err != nil {
			return err
		}
	}
	return nil
}

// recurring counts the subscriptions that are active or past due and have been
// paid once, and what they come to in a month.
func recurring(tx *gorm.DB) (active int64, monthly money.Minor, err error) {
	var sum UnderWay
	if err := tx.Raw(countOf(RecurringNow)).Scan(&sum).Error; err != nil {
		return 0, 0, fmt.Errorf("sum the subscriptions: %w", err)
	}
	return sum.Count, sum.Amount, nil
}

// RunningSubscriptions returns, by id after the given one, up to most of the
// subscriptions that have not ended and were last described so long before a moment
// that all of them, each taking its share, have had a turn since.
func (s *Store) RunningSubscriptions(ctx context.Context, now time.Time, each time.Duration, after string, most int) ([]string, error) {
	db := s.db.WithContext(ctx)
	running := func() *gorm.DB {
		return db.Model(&Subscription{}).Where("status NOT IN ?", []string{"canceled", "incomplete_expired"})
	}
	var all int64
	if err := running().Count(&all).Error; err != nil {
		return nil, fmt.Errorf("models: count the subscriptions: %w", err)
	}
	var ids []string
	err := running().Where("id > ? AND as_of <= ?", after, now.UTC().Add(-time.Duration(all)*each)).Order("id").Limit(most).Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the subscriptions: %w", err)
	}
	return ids, nil
}

// FindSubscription returns a subscription as Stripe last described it;
// ErrNotFound if it is not known.
func (s *Store) FindSubscription(ctx context.Context, id string) (Subscription, error) {
	var sub Subscription
	err := s.db.WithContext(ctx).Where("id = ?", id).Take(&sub).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Subscription{}, ErrNotFound
	}
	if err != nil {
		return Subscription{}, fmt.Errorf("models: find the subscription %s: %w", id, err)
	}
	return sub, nil
}
