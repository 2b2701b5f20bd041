package models

import (
	"fmt"

	"gorm.io/gorm"
)

// erasedText takes the place of what staff wrote about somebody.
const erasedText = "(erased)"

const (
	theirGifts = "(SELECT id FROM donations WHERE donor_id = @donor)"
	theirSubs  = "(SELECT subscription_id FROM donations WHERE donor_id = @donor AND subscription_id IS NOT NULL)"
	// theirObjects are what Stripe calls their gifts, and what moved in them.
	theirObjects = "(SELECT id FROM gift_ids WHERE donation_id IN " + theirGifts +
		" UNION SELECT object FROM facts WHERE object <> '' AND donation_id IN " + theirGifts +
		" UNION SELECT evidence FROM facts WHERE donation_id IN " + theirGifts + ")"
	theirLinks = "(email IN @addresses OR donation_id IN " + theirGifts + ")"
)

// persons is every place in the books where something of a donor stands, raw
// events aside, and how it goes. Money, days, ids, how it was paid and on which
// way the gift came stay. Twice is as good as once.
var persons = []struct{ what, empty string }{
	{"facts", "UPDATE facts SET email = '', name = '', address = '', last4 = '' WHERE donation_id IN " + theirGifts},
	{"gifts", "UPDATE donations SET donor_name = '', donor_address = '', comment = '', tribute_name = '' WHERE donor_id = @donor"},
	// Of stock the receipt says what was given, which is no more of a person than an amount.
	{"offline gifts", `UPDATE offline_gifts SET donor_name = '', donor_email = '', donor_address = '', note = '', reverse_reason = '',
		reference = CASE WHEN method = 'stock' THEN reference ELSE '' END WHERE donation_id IN ` + theirGifts},
	{"notes", "UPDATE gift_notes SET text = '" + erasedText + "' WHERE donation_id IN " + theirGifts},
	{"resolutions", "UPDATE resolutions SET note = '" + erasedText + "' WHERE object IN " + theirObjects +
		" OR EXISTS (SELECT 1 FROM balance_transactions b WHERE b.id = resolutions.object AND b.source IN " + theirObjects + ")" +
		" OR EXISTS (SELECT 1 FROM events e WHERE e.id = resolutions.object AND e.object_id IN " + theirObjects + ")"},
	{"repeated gifts", "UPDATE subscriptions SET payment_method = '', card_last4 = '', card_exp_month = 0, card_exp_year = 0 WHERE id IN " + theirSubs},
	{"reasons to cancel", "UPDATE cancellations SET reason = '' WHERE subscription_id IN " + theirSubs},
	// What staff are told of a gift is composed of what the books say then.
	{"mail that waits", `UPDATE outbox SET state = 'dropped', problem = 'the donor was erased', ended_at = @now, payload = '{}'
		WHERE state IN ('queued', 'held', 'failed') AND kind <> 'gift_notice' AND ` + theirMail},
	{"mail", "UPDATE outbox SET payload = '{}' WHERE payload <> '{}' AND kind <> 'gift_notice' AND " + theirMail},
	{"mail to confirm", "DELETE FROM outbox WHERE key IN (SELECT token_hash || ':newsletter_confirm' FROM newsletter_links WHERE " + theirLinks + ")"},
	{"links to confirm", "DELETE FROM newsletter_links WHERE " + theirLinks},
	{"newsletter", "DELETE FROM newsletter_signups WHERE email IN @addresses"},
	{"mail with links", "DELETE FROM outbox WHERE key IN (SELECT token_hash || ':manage_link' FROM manage_links WHERE donor_id = @donor)"},
	{"links to gifts", "DELETE FROM manage_links WHERE donor_id = @donor"},
	{"sessions", "DELETE FROM manage_sessions WHERE donor_id = @donor"},
	{"donor", "UPDATE donors SET email = NULL, erased_at = COALESCE(erased_at, @now) WHERE id = @donor"},
}

// theirMail is about one of their gifts, or one of their statements: the keys of
// these begin with the donor.
const theirMail = "(donation_id IN " + theirGifts + " OR key >= @donor || ':' AND key < @donor || ';')"

// emptyRows takes a donor's person out of the books, raw events aside.
func (s *Store) emptyRows(tx *gorm.DB, donorID string, addresses []string) error {
	if len(addresses) == 0 {
		addresses = []string{""}
	}
	values := map[string]any{"donor": donorID, "addresses": addresses, "now": s.Now()}
	for _, p := range persons {
		if err := tx.Exec(p.empty, values).Error; err != nil {
			return fmt.Errorf("empty the %s: %w", p.what, err)
		}
	}
	return nil
}

// emptyElsewhere takes somebody's addresses out of the gifts of others: a gift
// whose payment page says one, and whose card another.
func (s *Store) emptyElsewhere(tx *gorm.DB, addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	var gifts []Donation
	err := forUpdate(tx).Where("id IN (SELECT donation_id FROM facts WHERE email <> '' AND email IN ?)", addresses).Order("id").Find(&gifts).Error
	if err != nil {
		return fmt.Errorf("find the gifts of others: %w", err)
	}
	for _, d := range gifts {
		err := tx.Exec("UPDATE facts SET email = '', name = '', address = '' WHERE donation_id = ? AND email IN ?", d.ID, addresses).Error
		if err != nil {
			return fmt.Errorf("empty the facts of %s: %w", d.ID, err)
		}
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
