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
	if fact.Gift.SessionID != "" {
		d.SessionID = &fact.Gift.SessionID
	}
	if err := insertOnce(tx, &d).Error; err != nil {
		return Donation{}, fmt.Errorf("make the gift: %w", err)
	}
	made, err := lockDonation(tx, "token = ?", d.Token)
	if errors.Is(err, ErrNotFound) {
		return Donation{}, problem{fact.Key + " carries the reference or session of another gift"}
	}
	return made, err
}

// fillIn completes a gift that was made from metadata: no one object carries
// all of a donor's words, so each adds what it has, whichever comes first.
func fillIn(tx *gorm.DB, d *Donation, ref GiftRef) error {
	if !d.FromMetadata {
		return nil
	}
	changes := map[string]any{}
	if d.Comment == "" && ref.Choices.Comment != "" {
		d.Comment, changes["comment"] = ref.Choices.Comment, ref.Choices.Comment
	}
	if d.TributeName == "" && ref.Choices.TributeName != "" {
		d.TributeName, changes["tribute_name"] = ref.Choices.TributeName, ref.Choices.TributeName
	}
	if d.SessionID == nil && ref.SessionID != "" {
		d.SessionID, changes["session_id"] = &ref.SessionID, ref.SessionID
	}
	if len(changes) == 0 {
		return nil
	}
	if err := tx.Model(&Donation{ID: d.ID}).Updates(changes).Error; err != nil {
		return fmt.Errorf("fill in the gift: %w", err)
	}
	return nil
}
