package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// FindHistory returns all that is known of a gift; ErrNotFound if there is none
// of this id.
func (s *Store) FindHistory(ctx context.Context, donationID string) (GiftHistory, error) {
	var h GiftHistory
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var found []Donation
		if err := tx.Where("id = ?", donationID).Find(&found).Error; err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		list, err := listed(tx, found)
		if err != nil {
			return err
		}
		h = GiftHistory{ListedGift: list[0]}
		return h.read(tx)
	})
	if err != nil {
		return GiftHistory{}, fmt.Errorf("models: read the history of %s: %w", donationID, err)
	}
	return h, nil
}

func (h *GiftHistory) read(tx *gorm.DB) error {
	id := h.Donation.ID
	theirs := tx.Where("donation_id = ?", id).Session(&gorm.Session{})
	facts, err := factsOf(tx, id)
	if err != nil {
		return err
	}
	for _, f := range facts {
		h.Facts = append(h.Facts, GiftFact{f.Kind, f.Amount, f.At.UTC(), f.Object, f.Evidence, f.RecordedAt.UTC(), f.BookedAt})
	}
	if err := theirs.Model(&giftID{}).Order("id").Pluck("id", &h.Names).Error; err != nil {
		return fmt.Errorf("read its ids: %w", err)
	}
	if h.Receipts, err = receiptsOf(tx, id); err != nil {
		return err
	}
	var mails []outboxRow
	if err := theirs.Omit("payload").Order("created_at, key").Find(&mails).Error; err != nil {
		return fmt.Errorf("read its mails: %w", err)
	}
	h.Mails = records(mails)
	if err := theirs.Order("id").Find(&h.Notes).Error; err != nil {
		return fmt.Errorf("read its notes: %w", err)
	}
	if err := tx.Where("object = ?", id).Order("id").Find(&h.Acts).Error; err != nil {
		return fmt.Errorf("read what was done with it: %w", err)
	}
	if h.Disputes, err = openDisputes(tx, id); err != nil {
		return err
	}
	payouts, err := payoutsOf(tx, []string{id})
	if err != nil {
		return err
	}
	h.Payouts = payouts[id]
	if err := h.readEvents(tx); err != nil {
		return err
	}
	return h.readPerson(tx)
}

// readEvents reads what told of it, and what else speaks of its objects.
func (h *GiftHistory) readEvents(tx *gorm.DB) error {
	var evidence []string
	objects := h.Names
	for _, f := range h.Facts {
		evidence = append(evidence, f.Evidence)
		if f.Object != "" {
			objects = append(objects, f.Object)
		}
	}
	if err := tx.Where("id IN ? OR object_id IN ?", evidence, objects).Order("created, received_at, id").Find(&h.Events).Error; err != nil {
		return fmt.Errorf("read its events: %w", err)
	}
	return nil
}

// readPerson reads what a person entered, and whether the donor gets the
// newsletter.
func (h *GiftHistory) readPerson(tx *gorm.DB) error {
	entered, err := findOffline(tx, h.Donation.ID)
	switch {
	case err == nil:
		h.Entered = &entered
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if h.Erased, err = erasureOf(tx, derefOr(h.Donation.DonorID)); err != nil {
		return err
	}
	var wishes []Signup
	if err := tx.Where("email = ? AND email <> ''", h.Email).Find(&wishes).Error; err != nil {
		return fmt.Errorf("read the donor's wish: %w", err)
	}
	for _, w := range wishes {
		h.Wish = &w
	}
	return nil
}

// MostOfNote bounds a note, in characters.
const MostOfNote = 2000

// AddNote writes something down about a gift. It returns ErrNotFound if there
// is no such gift, and ErrNoNote for a text that is empty or too long.
func (s *Store) AddNote(ctx context.Context, donationID, text string, by Actor) error {
	text = strings.TrimSpace(text)
	if text == "" || len([]rune(text)) > MostOfNote {
		return ErrNoNote
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockDonation(tx, "id = ?", donationID); err != nil {
			return err
		}
		if err := s.note(tx, GiftNote{DonationID: donationID, Who: by, Text: text}); err != nil {
			return err
		}
		// The log is seen by more people than the note is.
		return s.audit(tx, AuditEntry{Who: by, Act: NoteAdded, Object: donationID})
	})
	if err != nil {
		return fmt.Errorf("models: note something about %s: %w", donationID, err)
	}
	return nil
}

// note keeps what somebody wrote down.
func (s *Store) note(tx *gorm.DB, n GiftNote) error {
	n.At = s.Now()
	var err error
	if n.ID, err = s.ids.sortable("note_", n.At); err != nil {
		return err
	}
	if err := tx.Create(&n).Error; err != nil {
		return fmt.Errorf("keep the note: %w", err)
	}
	return nil
}
