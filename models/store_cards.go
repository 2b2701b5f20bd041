package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// QueueExpiringCards queues a mail to each monthly or yearly donor whose next
// payment falls into the last month of the card that pays it, or after it: once
// for each subscription and last month. It returns how many are due now, queued
// by this call or before. It is to be called more than once a day: what has been
// due for a day is not told any more, or books made anew would tell it all again.
func (s *Store) QueueExpiringCards(ctx context.Context, now time.Time) (due int, err error) {
	now = now.UTC()
	soon := now.AddDate(0, 0, 1-now.Day()).AddDate(0, 1, 0) // a card's last month but one has begun by then
	after := ""
	for {
		var page []Subscription
		err := s.db.WithContext(ctx).
			Where("card_exp_year > 0 AND (card_exp_year, card_exp_month) <= (?, ?) AND id > ?", soon.Year(), int(soon.Month()), after).
			Where("status IN ? AND NOT cancels_at_end", []string{"active", "past_due", "trialing", "unpaid"}).
			Order("id").Limit(atOnceTold).Find(&page).Error
		if err != nil {
			return due, fmt.Errorf("models: list the cards that expire: %w", err)
		}
		if len(page) == 0 {
			return due, nil
		}
		told, err := s.tellOfCards(ctx, page, now)
		if err != nil {
			return due, err
		}
		due, after = due+told, page[len(page)-1].ID
	}
}

// atOnceTold is how many subscriptions one transaction tells of.
const atOnceTold = 200

func (s *Store) tellOfCards(ctx context.Context, subs []Subscription, now time.Time) (int, error) {
	var mails []Mail
	var tokens []string
	for _, sub := range subs {
		at, expires := sub.expiryDue()
		if !expires || at.After(now) || !isNews(at, now) {
			continue
		}
		key := fmt.Sprintf("%s:%s:%04d-%02d", sub.ID, MailCardExpiring, sub.Card.ExpYear, sub.Card.ExpMonth)
		about := About{Subscription: sub.ID, Amount: sub.Amount, At: sub.PeriodEnd}
		mails = append(mails, Mail{Key: key, Kind: MailCardExpiring, About: about})
		tokens = append(tokens, sub.Token)
	}
	if len(mails) == 0 {
		return 0, nil
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		for i, m := range mails {
			if err := s.tellSubscriber(tx, tokens[i], m, m.About.Subscription, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("models: queue what is told of cards that expire: %w", err)
	}
	return len(mails), nil
}
