package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// TableName keeps receipts apart from the mails that bring them.
func (Receipt) TableName() string { return "receipts" }

// dueReceipt is a gift of which a document may be due. Whether one is follows
// from its facts alone, however often it is looked at.
type dueReceipt struct {
	DonationID string `gorm:"primaryKey"`
	Since      time.Time
	NotBefore  time.Time // a gift whose documents failed is left alone until then
}

func (dueReceipt) TableName() string { return "receipts_due" }

// receiptDue marks a gift of which new facts may call for a document.
func (s *Store) receiptDue(tx *gorm.DB, fresh []storedFact) error {
	for _, fact := range fresh {
		switch fact.Kind {
		case Charged, ChargeUndone, RefundMade, RefundUndone, DisputeMoved, DisputeLost, OfflineGiven, OfflineUndone:
			return s.makeDue(tx, fact.DonationID)
		default:
		}
	}
	return nil
}

// makeDue marks a gift whose documents are to be looked at. Whoever calls it
// holds the gift's row, as whoever issues does.
func (s *Store) makeDue(tx *gorm.DB, donationID string) error {
	now := s.Now()
	if err := insertOnce(tx, &dueReceipt{donationID, now, now}).Error; err != nil {
		return fmt.Errorf("mark its receipt as due: %w", err)
	}
	return nil
}

// issueAgainAfter is how long a gift is left alone whose documents could not be
// issued, so that it keeps no other waiting.
const issueAgainAfter = time.Minute

// IssueReceipts issues the documents that are due, of up to most gifts, each
// gift in a transaction of its own with the mail that brings its newest. It
// returns how many gifts were looked at: none, and no more are due now. A gift
// that fails is tried again in a minute, and does not keep others waiting.
func (s *Store) IssueReceipts(ctx context.Context, most int) (issued int, err error) {
	if err := s.mustBeOpen(); err != nil {
		return 0, err
	}
	var due []string
	err = s.db.WithContext(ctx).Model(&dueReceipt{}).Where("not_before <= ?", s.Now()).
		Order("not_before, donation_id").Limit(most).Pluck("donation_id", &due).Error
	if err != nil {
		return 0, fmt.Errorf("models: list the receipts that are due: %w", err)
	}
	var failed []error
	for _, id := range due {
		looked, err := s.issueFor(ctx, id)
		if err != nil {
			failed = append(failed, fmt.Errorf("models: issue the receipt of %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
		if looked {
			issued++
		}
	}
	return issued, errors.Join(failed...)
}

// issueFor issues what one gift lacks. looked is false if it was somebody
// else's to look at.
func (s *Store) issueFor(ctx context.Context, donationID string) (looked bool, err error) {
	err = s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		looked, err = s.issue(tx, donationID)
		crash.Here(crash.ReceiptUnkept)
		return err
	})
	if err == nil {
		crash.Here(crash.ReceiptKept)
		return looked, nil
	}
	again := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&dueReceipt{DonationID: donationID}).Update("not_before", s.Now().Add(issueAgainAfter)).Error
	})
	return false, errors.Join(err, again)
}

func (s *Store) issue(tx *gorm.DB, donationID string) (looked bool, err error) {
	// The gift before the mark, as booking takes them. A gift that is being
	// booked stays due.
	var d Donation
	err = skipLocked(tx).Where("id = ?", donationID).Take(&d).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find the gift: %w", err)
	}
	done := tx.Delete(&dueReceipt{DonationID: donationID})
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	facts, err := factsOf(tx, donationID)
	if err != nil {
		return false, err
	}
	known, err := receiptsOf(tx, donationID)
	if err != nil {
		return false, err
	}
	newest := last(known)
	made, err := s.makeReceipts(tx, d, newest, standingOf(facts).due(newest))
	if err != nil {
		return false, err
	}
	return true, s.mailReceipt(tx, d, facts, last(append(known, made...)))
}

// makeReceipts numbers the documents that follow newest and keeps them.
func (s *Store) makeReceipts(tx *gorm.DB, d Donation, newest *Receipt, due []Receipt) ([]Receipt, error) {
	if len(due) == 0 {
		return nil, nil
	}
	// Until this commits nobody takes a number, so that there is no gap.
	if err := s.dialect.takeTurns(tx, "receipts"); err != nil {
		return nil, fmt.Errorf("wait for a number: %w", err)
	}
	var number int64
	if err := tx.Raw("SELECT COALESCE(MAX(number), 0) FROM receipts").Scan(&number).Error; err != nil {
		return nil, fmt.Errorf("find the last number: %w", err)
	}
	for i := range due {
		id, err := s.ids.sortable("rcpt_", s.Now())
		if err != nil {
			return nil, err
		}
		due[i].ID, due[i].Number, due[i].DonationID, due[i].IssuedAt = id, number+int64(i)+1, d.ID, s.Now()
		if newest != nil {
			due[i].Replaces = &newest.ID
		}
		newest = &due[i]
	}
	if err := tx.Create(&due).Error; err != nil {
		return nil, fmt.Errorf("keep the documents: %w", err)
	}
	return due, nil
}

// receiptsOf are a gift's documents, the oldest first.
func receiptsOf(tx *gorm.DB, donationID string) ([]Receipt, error) {
	var all []Receipt
	if err := tx.Where("donation_id = ?", donationID).Order("number").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read the gift's documents: %w", err)
	}
	for i := range all {
		all[i].IssuedAt = all[i].IssuedAt.UTC()
	}
	return all, nil
}

func last(all []Receipt) *Receipt {
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}
