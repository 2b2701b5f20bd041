package models

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// fromMetadata makes a gift that the books lack (they were restored, or are
// rebuilt) from what travelled with it through Stripe.
func (s *Store) fromMetadata(tx *gorm.DB, fact Fact) (Donation, error) {
	agreed := fact.Agreed
	if agreed == nil {
		return Donation{}, errUnknownGift
	}
	choices := fact.Gift.Choices
	choices.Amount = agreed.Minor - choices.FeesCovered
	switch {
	case agreed.Currency != s.currency:
		return Donation{}, problem{fmt.Sprintf("%s is %s in %q; the books are kept in %q",
			fact.Key, agreed.Minor.Decimal(), agreed.Currency, s.currency)}
	case choices.Amount <= 0 || choices.FeesCovered < 0:
		return Donation{}, problem{fact.Key + " covers more fees than it gives"}
	}
	d, err := s.newDonation(choices, fact.At)
	if err != nil {
		return Donation{}, err
	}
	d.Token = fact.Gift.Token
	if ValidReference(fact.Gift.Reference) {
		d.Reference = fact.Gift.Reference
	}
	d.CheckoutState, d.FromMetadata = CheckoutOpen, true
	if err := insertOnce(tx, &d).Error; err != nil {
		return Donation{}, fmt.Errorf("make the gift: %w", err)
	}
	made, err := lockDonation(tx, "token = ?", d.Token)
	if errors.Is(err, ErrNotFound) {
		return Donation{}, problem{fact.Key + " carries the reference or session of another gift"}
	}
	return made, err
}

// renewal finds the gift of a subscription's later payment by its invoice, or
// makes it from the choices that the subscription carries. The donor's words
// stay with the gift that began it.
func (s *Store) renewal(tx *gorm.DB, fact Fact) (Donation, error) {
	d, err := lockDonation(tx, "invoice_id = ?", fact.Gift.Invoice)
	if !errors.Is(err, ErrNotFound) {
		return d, err
	}
	agreed := fact.Agreed
	switch {
	case agreed == nil:
		return Donation{}, errUnknownGift
	case agreed.Currency != s.currency:
		return Donation{}, problem{fmt.Sprintf("%s is %s in %q; the books are kept in %q",
			fact.Key, agreed.Minor.Decimal(), agreed.Currency, s.currency)}
	case agreed.Minor <= 0:
		return Donation{}, problem{fact.Key + " is of no amount"}
	}
	choices := fact.Gift.Choices
	choices.Comment, choices.TributeName = "", ""
	choices.Benefit, choices.BenefitValue = "", 0 // what was promised came with the first payment
	if choices.FeesCovered < 0 || choices.FeesCovered >= agreed.Minor {
		choices.FeesCovered = 0 // the amount was changed at Stripe, and the note of the fees was not
	}
	choices.Amount = agreed.Minor - choices.FeesCovered
	for try := range maxTries {
		if d, err = s.newDonation(choices, fact.At); err != nil {
			return Donation{}, err
		}
		d.Token, d.Renewal, d.InvoiceID, d.FromMetadata = "", true, &fact.Gift.Invoice, true
		d.Reference = referenceOf(fact.Gift.Invoice, try)
		d.CheckoutState = CheckoutOpen
		if fact.Gift.Subscription != "" {
			d.SubscriptionID = &fact.Gift.Subscription
		}
		if err := insertOnce(tx, &d).Error; err != nil {
			return Donation{}, fmt.Errorf("make the renewal: %w", err)
		}
		made, err := lockDonation(tx, "invoice_id = ?", fact.Gift.Invoice)
		if !errors.Is(err, ErrNotFound) {
			return made, err
		}
	}
	return Donation{}, fmt.Errorf("make the renewal %s: %d references are taken", fact.Gift.Invoice, maxTries)
}

// fillIn adds to a gift what only Stripe can tell, whichever object tells it
// first: the invoice and the subscription of a monthly or yearly gift, and the
// words of a gift that was made from metadata, of which no one object carries all.
func fillIn(tx *gorm.DB, d *Donation, ref GiftRef) error {
	changes := map[string]any{}
	fill := func(column string, into **string, value string) {
		if *into == nil && value != "" {
			*into, changes[column] = &value, value
		}
	}
	fill("invoice_id", &d.InvoiceID, ref.Invoice)
	fill("subscription_id", &d.SubscriptionID, ref.Subscription)
	if d.FromMetadata && !d.Renewal {
		fill("session_id", &d.SessionID, ref.SessionID)
		if d.Comment == "" && ref.Choices.Comment != "" {
			d.Comment, changes["comment"] = ref.Choices.Comment, ref.Choices.Comment
		}
		if d.TributeName == "" && ref.Choices.TributeName != "" {
			d.TributeName, changes["tribute_name"] = ref.Choices.TributeName, ref.Choices.TributeName
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := tx.Model(&Donation{ID: d.ID}).Updates(changes).Error; err != nil {
		return fmt.Errorf("fill in the gift: %w", err)
	}
	return nil
}
