package models

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// awaitsOwner: the invoice of a renewal that failed does not say whose it is.
const awaitsOwner = "whose renewal failed is to be looked up"

// keepFailedRenewal queues the mail about a try to collect a renewal that came
// to nothing: one for each try. Nothing of it stands in the ledger.
func (s *Store) keepFailedRenewal(tx *gorm.DB, f FailedRenewal) (booked, error) {
	gift := f.Gift
	switch {
	case gift.Campaign == s.slug && !ValidToken(gift.Token):
		return booked{state: EventAttention, problem: gift.Invoice + " names this campaign but carries no token of ours"}, nil
	case gift.Campaign == s.slug:
	case gift.Campaign != "" || gift.Final:
		return booked{state: EventForeign}, nil
	default:
		return booked{state: EventWaiting, problem: awaitsOwner}, nil
	}
	result := booked{state: EventBooked}
	if !isNews(f.At, s.Now()) {
		return result, nil
	}
	var paid int64
	err := tx.Raw(`SELECT COUNT(*) FROM facts f JOIN donations d ON d.id = f.donation_id WHERE d.invoice_id = ? AND f.kind IN ?`,
		gift.Invoice, []FactKind{InvoicePaid, Charged}).Scan(&paid).Error
	if err != nil {
		return booked{}, fmt.Errorf("see whether the renewal is paid: %w", err)
	}
	moot := ""
	if paid > 0 {
		moot = paidMeanwhile
	}
	about := About{Invoice: gift.Invoice, Subscription: gift.Subscription, Amount: f.Amount, At: f.NextTry}
	key := fmt.Sprintf("%s:%s:%d", gift.Invoice, MailRenewalFailed, f.Attempt)
	return result, s.tellSubscriber(tx, gift.Token, Mail{Key: key, Kind: MailRenewalFailed, About: about}, gift.Invoice, moot)
}

// tellSubscriber queues a mail to whoever began a subscription.
func (s *Store) tellSubscriber(tx *gorm.DB, token string, m Mail, object, moot string) error {
	var began Donation
	err := tx.Select("id").Where("token = ?", token).Take(&began).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return fmt.Errorf("find whose subscription it is: %w", err)
	}
	m.DonationID = began.ID
	return s.tell(tx, m, object, moot)
}

// tellOfSubscription queues what one description of a subscription gives to
// tell: that it was cancelled, or that its amount was changed. Each says when by
// itself, so it is the same mail whatever else is known. ran: the books saw the
// subscription going on, now or before.
func (s *Store) tellOfSubscription(tx *gorm.DB, sub Subscription, ran bool) error {
	if at := sub.CancelledAt; at != nil && isNews(*at, s.Now()) {
		moot := ""
		if !ran {
			moot = notSeenRunning
		}
		m := Mail{
			Key: fmt.Sprintf("%s:%s:%d", sub.ID, MailCancelled, at.Unix()), Kind: MailCancelled,
			About: About{Subscription: sub.ID, Amount: sub.Amount, At: at},
		}
		if err := s.tellSubscriber(tx, sub.Token, m, sub.ID, moot); err != nil {
			return err
		}
	}
	if sub.Before == nil || *sub.Before == sub.Amount || !isNews(sub.AsOf, s.Now()) {
		return nil
	}
	at := sub.AsOf
	m := Mail{
		// Two changes may fall into one second.
		Key: fmt.Sprintf("%s:%s:%d:%d", sub.ID, MailAmountChanged, at.Unix(), sub.Amount), Kind: MailAmountChanged,
		About: About{Subscription: sub.ID, Amount: sub.Amount, Before: *sub.Before, At: &at},
	}
	return s.tellSubscriber(tx, sub.Token, m, sub.ID, "")
}

// sawRunning notes that a subscription was seen going on, for the first time: what was
// heard of its end before is news.
func (s *Store) sawRunning(tx *gorm.DB, id string) error {
	if err := tx.Model(&Subscription{ID: id}).Update("ran", true).Error; err != nil {
		return fmt.Errorf("note that the subscription goes on: %w", err)
	}
	return s.revive(tx, MailCancelled, id, notSeenRunning)
}

// changesCard reports whether a description says more of what pays a
// subscription, or something else, than is known, and what its card's columns
// are then. An event names the payment method alone, which takes nothing away;
// another one is not known until it is read, and neither is that of the customer,
// which pays where the subscription has none of its own.
func (s Subscription) changesCard(known Subscription) (map[string]any, bool) {
	if s.PaymentMethod == "" {
		return nil, false
	}
	another := s.PaymentMethod != known.PaymentMethod
	if !another && (s.Card == known.Card || s.Card == Card{}) {
		return nil, false
	}
	changes := map[string]any{
		"payment_method": s.PaymentMethod, "card_brand": s.Card.Brand, "card_last4": s.Card.Last4,
		"card_exp_month": s.Card.ExpMonth, "card_exp_year": s.Card.ExpYear,
	}
	if known.PaymentMethod != "" && (another || known.Card != Card{}) {
		changes["card_since"] = s.AsOf
	}
	return changes, true
}

// expiryDue is when the donor is to be told that the card expires, and whether
// that is so at all: the next payment falls into the card's last month, or after
// it. A yearly donor is not told before the month before the last, nor any donor
// before the payment that is still made with it.
func (s Subscription) expiryDue() (time.Time, bool) {
	if s.Card.ExpYear == 0 || s.PeriodEnd == nil {
		return time.Time{}, false
	}
	next := s.PeriodEnd.UTC()
	last := time.Date(s.Card.ExpYear, time.Month(s.Card.ExpMonth), 1, 0, 0, 0, 0, time.UTC)
	if next.Before(last) {
		return time.Time{}, false
	}
	due := later(last.AddDate(0, -1, 0), next.AddDate(0, -int(cmp.Or(s.Months, 1)), 0))
	if s.CardSince != nil {
		due = later(due, s.CardSince.UTC())
	}
	return due, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
