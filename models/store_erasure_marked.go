package models

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"
)

// What Stripe has of somebody who was erased bears a mark. Books that were told
// of the erasure themselves need none: it is for those that were made anew, or
// brought back from a copy that is older.

// bears reports whether the mark of an erasure stands anywhere in a payload: as a
// key, since as a value a donor may have typed it.
func bears(raw []byte) bool { return erasedMark.Match(raw) }

var erasedMark = regexp.MustCompile(`"appeal_erased"\s*:`)

// asMarked are the facts of one reading, which are of one gift: where any of
// them bears the mark, all of them do. A payment page can't be marked, and says
// more of a person than the charge, which is.
func asMarked(facts []Fact) []Fact {
	var at time.Time
	for _, f := range facts {
		if at.IsZero() {
			at = f.Gift.Erased
		}
	}
	if at.IsZero() {
		return facts
	}
	all := make([]Fact, 0, len(facts))
	for _, f := range facts {
		f.Gift.Erased = at
		f.Gift.Choices.Comment, f.Gift.Choices.TributeName = "", "" // before a gift is made of it
		all = append(all, f)
	}
	return all
}

// leaveToErased gives a gift to whoever was erased, if it is theirs: because the
// books know that, or because a mark says so. It returns the fact, without the
// person then.
func (s *Store) leaveToErased(tx *gorm.DB, g gone, gift *giftInHand, fact Fact) (Fact, error) {
	if g.key == nil && gift.FromMetadata { // the first who was erased may be whose gift was waited for
		var err error
		if g, err = s.whoIsGone(tx); err != nil {
			return fact, err
		}
	}
	before, mark := derefOr(gift.DonorID), fact.Gift.Erased
	typed := ""
	if fact.EmailRank == SessionEmail { // another may be of whoever's card it was
		typed = fact.Email
	}
	fact, err := s.leaveToGone(tx, g, gift, fact)
	if err == nil && !mark.IsZero() {
		fact = fact.forget()
		var left Donation
		if left, err = s.leaveToMark(tx, gift.Donation, fact, typed); err == nil {
			gift.Donation = left
			gift.forget(derefOr(left.DonorID))
		}
	}
	if err == nil && before != "" && derefOr(gift.DonorID) != before {
		err = s.emptyOrphan(tx, before)
	}
	return fact, err
}

// leaveToMark gives a gift whose fact bears a mark to a donor without a person.
// typed is the address that was typed on its payment page, if the fact has it. What
// came with the gift before is forgotten too.
func (s *Store) leaveToMark(tx *gorm.DB, d Donation, fact Fact, typed string) (Donation, error) {
	owner, alone, err := ownerOf(tx, d)
	if err != nil {
		return d, err
	}
	if owner.ErasedAt != nil {
		return s.joinErased(tx, d, fact, typed)
	}
	address := cmp.Or(typed, derefOr(owner.Email))
	heir, err := s.heirOf(tx, d, fact, address)
	switch {
	case err != nil:
	case heir != "":
		d, err = s.bequeath(tx, d, heir)
	case alone:
		err = s.eraseAs(tx, fact, erasable{donor: owner}, "")
	case owner.ID == "":
		err = s.eraseAs(tx, fact, erasable{gift: &d}, address)
	default:
		// Whoever it was has other gifts, which are theirs until they bear a mark too,
		// or prove to be older than the erasure.
		var made erasable
		if err = s.ownDonor(tx, &made); err == nil {
			d, err = s.move(tx, d, made.donor.ID)
		}
		if err == nil {
			err = s.eraseAs(tx, fact, made, address)
		}
	}
	if err != nil {
		return d, fmt.Errorf("leave the gift to nobody: %w", err)
	}
	return lockDonation(tx, "id = ?", d.ID)
}

// joinErased gives all that was left to one erased donor to another, where an
// address shows that the two were one: whatever is told first, the gifts of one
// person end with one donor. Books that were told of the erasure itself know the
// address, and no better is to be learnt.
func (s *Store) joinErased(tx *gorm.DB, d Donation, fact Fact, typed string) (Donation, error) {
	own, err := erasureOf(tx, *d.DonorID)
	if err != nil || own == nil || typed == "" {
		return d, err
	}
	g, err := s.whoIsGone(tx)
	if err != nil {
		return d, err
	}
	var known int64
	err = tx.Model(&erasedAddress{}).Where("erasure_id = ? AND hash = ?", own.ID, g.hash(typed)).Count(&known).Error
	if err != nil || known > 0 {
		return d, err
	}
	heir, err := s.heirOf(tx, Donation{}, Fact{Gift: GiftRef{Erased: fact.Gift.Erased}}, typed)
	if err != nil || heir == "" {
		return d, errors.Join(err, s.rememberGone(tx, *own, []string{typed}))
	}
	var gifts []Donation
	if err := forUpdate(tx).Where("donor_id = ?", *d.DonorID).Order("id").Find(&gifts).Error; err != nil {
		return d, fmt.Errorf("find what was left: %w", err)
	}
	for _, one := range gifts {
		if one, err = s.bequeath(tx, one, heir); err != nil {
			return d, err
		}
		if one.ID == d.ID {
			d = one
		}
	}
	return d, nil
}

// emptyOrphan takes the person out of a donor who has no gift left: all were of
// somebody who was erased.
func (s *Store) emptyOrphan(tx *gorm.DB, donorID string) error {
	var left int64
	if err := tx.Model(&Donation{}).Where("donor_id = ?", donorID).Count(&left).Error; err != nil {
		return fmt.Errorf("count the donor's gifts: %w", err)
	}
	var donors []Donor
	if err := tx.Where("id = ? AND email IS NOT NULL", donorID).Find(&donors).Error; err != nil {
		return fmt.Errorf("find the donor: %w", err)
	}
	if left > 0 || len(donors) == 0 {
		return nil
	}
	return s.emptyRows(tx, donorID, []string{*donors[0].Email})
}

// ownerOf is the donor of a gift, and whether it is their only one.
func ownerOf(tx *gorm.DB, d Donation) (owner Donor, alone bool, err error) {
	if d.DonorID == nil {
		return Donor{}, false, nil
	}
	if err := forUpdate(tx).Where("id = ?", *d.DonorID).Take(&owner).Error; err != nil {
		return Donor{}, false, fmt.Errorf("find the donor: %w", err)
	}
	var others int64
	err = tx.Model(&Donation{}).Where("donor_id = ? AND id <> ?", owner.ID, d.ID).Count(&others).Error
	if err != nil {
		return Donor{}, false, fmt.Errorf("count the donor's other gifts: %w", err)
	}
	return owner, others == 0, nil
}

// heirOf is the donor who was erased and to whom another payment of the same
// repeated gift was left, or what came from the same address and bears the same
// mark; "" for none.
func (s *Store) heirOf(tx *gorm.DB, d Donation, fact Fact, address string) (string, error) {
	g, err := s.whoIsGone(tx)
	if err != nil || g.key == nil {
		return "", err
	}
	subscription, hash := cmp.Or(derefOr(d.SubscriptionID), fact.Gift.Subscription), ""
	if address != "" {
		hash = g.hash(address)
	}
	var heirs []string
	err = tx.Raw(`SELECT id FROM (
		SELECT 1 AS place, o.id FROM donations d JOIN donors o ON o.id = d.donor_id WHERE d.subscription_id = @subscription AND o.erased_at IS NOT NULL
		UNION ALL SELECT 2, e.donor_id FROM erasures e JOIN erased_addresses a ON a.erasure_id = e.id WHERE a.hash = @hash AND e.asked_at = @at
		) AS found ORDER BY place, id LIMIT 1`,
		map[string]any{"subscription": subscription, "hash": hash, "at": fact.Gift.Erased}).Scan(&heirs).Error
	if err != nil {
		return "", fmt.Errorf("find to whom it was left: %w", err)
	}
	return strings.Join(heirs, ""), nil
}

// bequeath gives a gift to a donor who was erased before, and has the erasure
// go on with it.
func (s *Store) bequeath(tx *gorm.DB, d Donation, heir string) (Donation, error) {
	d, err := s.move(tx, d, heir)
	if err != nil {
		return d, err
	}
	if err := s.emptyRows(tx, heir, nil); err != nil {
		return d, err
	}
	return d, s.eraseOnwards(tx, heir)
}

// move gives a gift to another donor.
func (s *Store) move(tx *gorm.DB, d Donation, donorID string) (Donation, error) {
	if d.DonorID != nil {
		if err := s.moveCount(tx, d, donorID); err != nil {
			return d, err
		}
	}
	d.DonorID = &donorID
	if err := tx.Model(&Donation{ID: d.ID}).Update("donor_id", donorID).Error; err != nil {
		return d, fmt.Errorf("give the gift to who was erased: %w", err)
	}
	return d, nil
}

// eraseAs erases somebody as of the moment that a mark tells, and remembers an
// address of theirs, unless that is "".
func (s *Store) eraseAs(tx *gorm.DB, fact Fact, found erasable, address string) error {
	found.email = ""
	e, err := s.erase(tx, Itself, found)
	if err != nil {
		return err
	}
	if err := tx.Model(&Erasure{ID: e.ID}).Update("asked_at", fact.Gift.Erased).Error; err != nil {
		return fmt.Errorf("keep when they were erased: %w", err)
	}
	if address == "" {
		return nil
	}
	return s.rememberGone(tx, e, []string{address})
}
