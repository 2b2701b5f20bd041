package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// mailReceipt queues the mail of a gift's newest document, if an address is
// known and that has not been done. What waits to be mailed of those before it
// is dropped: the newest says all.
func (s *Store) mailReceipt(tx *gorm.DB, d Donation, facts []storedFact, newest *Receipt) error {
	if newest == nil {
		return nil
	}
	address, err := addressOf(tx, d)
	if err != nil || address == "" {
		return err
	}
	mails, err := receiptMails(tx, d.ID)
	if err != nil {
		return err
	}
	held := func(m outboxRow) bool { return m.State == MailIsHeld }
	state := MailIsQueued
	switch {
	case slices.ContainsFunc(mails, func(m outboxRow) bool { return m.Key == mailKey(newest.ID) }):
		return nil
	case len(mails) == 0:
		late, err := bookedTooLate(tx, d, facts)
		if err != nil {
			return err
		}
		if late {
			state = MailIsHeld
		}
	case slices.ContainsFunc(mails, held):
		state = MailIsHeld
	}
	if state == MailIsHeld && newest.Kind != FirstReceipt && wentBackLately(facts, s.Now()) {
		state = MailIsQueued // whoever was told of the gift by other books was not told of this
	}
	for _, m := range mails {
		if err := s.end(tx, m.Key, MailIsDropped, "a newer document replaces it", MailIsQueued, MailIsHeld); err != nil {
			return err
		}
	}
	return s.enqueueAs(tx, state, Mail{Key: mailKey(newest.ID), Kind: MailReceipt, DonationID: d.ID, About: About{Receipt: newest.ID}})
}

// wentBackLately reports whether something of a gift went back, or was to and
// didn't, so lately that it is news: its donor learns of it at once, even where
// the books are new and the receipt waits for a person.
func wentBackLately(facts []storedFact, now time.Time) bool {
	return slices.ContainsFunc(facts, func(f storedFact) bool {
		switch f.Kind {
		case RefundMade, RefundUndone, DisputeLost, ChargeUndone, OfflineUndone:
			return isNews(f.At, now)
		default:
			return false
		}
	})
}

// mailKey is that of the mail which brings a document; those that bring it
// again have a number behind it.
func mailKey(receiptID string) string { return receiptID + ":" + string(MailReceipt) }

// receiptMails are the mails that bring a gift's documents.
func receiptMails(tx *gorm.DB, donationID string) ([]outboxRow, error) {
	var mails []outboxRow
	if err := tx.Where("donation_id = ? AND kind = ?", donationID, MailReceipt).Order("created_at, key").Find(&mails).Error; err != nil {
		return nil, fmt.Errorf("find the gift's mails: %w", err)
	}
	return mails, nil
}

// addressOf is where mail about a gift goes, "" if nobody knows.
func addressOf(tx *gorm.DB, d Donation) (string, error) {
	if d.DonorID == nil {
		return "", nil
	}
	var donor Donor
	if err := tx.Where("id = ?", *d.DonorID).Take(&donor).Error; err != nil {
		return "", fmt.Errorf("find the donor: %w", err)
	}
	if donor.Email == nil {
		return "", nil
	}
	return *donor.Email, nil
}

// bookedTooLate reports whether a gift was booked so long after it was paid that
// its first mail is a person's to release: books that are rebuilt or restored
// must not mail everybody again.
func bookedTooLate(tx *gorm.DB, d Donation, facts []storedFact) (bool, error) {
	anew := d.FromMetadata
	if d.Renewal && d.SubscriptionID != nil {
		// Every renewal is made from metadata. Whether the books are new tells
		// the gift that began it, which had a form, unless it is not known.
		var formed int64
		err := tx.Model(&Donation{}).Where("subscription_id = ? AND NOT renewal AND NOT from_metadata", *d.SubscriptionID).Count(&formed).Error
		if err != nil {
			return false, fmt.Errorf("find what began the subscription: %w", err)
		}
		anew = formed == 0
	}
	return bookedLate(anew, facts), nil
}

// ResendReceipt makes the mail of a document due: the one that is held or was
// given up, or else, unless one is on its way, another, asked for by the person
// named. It returns ErrNotFound for a document that was never issued, and
// ErrNoAddress if nobody knows where to.
func (s *Store) ResendReceipt(ctx context.Context, receiptID, by string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var receipt Receipt
		err := tx.Where("id = ?", receiptID).Take(&receipt).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		// Of two clicks at once, one queues it.
		d, err := lockDonation(tx, "id = ?", receipt.DonationID)
		if err != nil {
			return err
		}
		address, err := addressOf(tx, d)
		if err != nil {
			return err
		}
		if address == "" {
			return ErrNoAddress
		}
		return s.resend(tx, receipt, by)
	})
	if err != nil {
		return fmt.Errorf("models: mail the receipt %s again: %w", receiptID, err)
	}
	return nil
}

func (s *Store) resend(tx *gorm.DB, receipt Receipt, by string) error {
	mails, err := receiptMails(tx, receipt.DonationID)
	if err != nil {
		return err
	}
	key, sent := mailKey(receipt.ID), 0
	for _, m := range mails {
		if !strings.HasPrefix(m.Key, mailKey(receipt.ID)) {
			continue
		}
		sent++
		switch m.State {
		case MailIsQueued:
			return nil
		case MailIsHeld, MailIsFailed:
			if err := s.retry(tx, m.Key); err != nil {
				return err
			}
			return s.auditResent(tx, receipt, by)
		default:
		}
	}
	if sent > 0 {
		key = fmt.Sprintf("%s:%d", key, sent+1)
	}
	if err := s.enqueue(tx, Mail{Key: key, Kind: MailReceipt, DonationID: receipt.DonationID, About: About{Receipt: receipt.ID}, AskedBy: by}); err != nil {
		return err
	}
	return s.auditResent(tx, receipt, by)
}

func (s *Store) auditResent(tx *gorm.DB, receipt Receipt, by string) error {
	return s.audit(tx, AuditEntry{Who: Actor(by), Act: ReceiptResent, Object: receipt.DonationID, After: fmt.Sprintf("receipt %d", receipt.Number)})
}
