package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// MailKind is what a mail is about.
type MailKind string

// The kinds of mail.
const (
	Receipt           MailKind = "receipt"
	ConfirmNewsletter MailKind = "newsletter_confirm"
)

// outboxRow is something to be sent, committed in the transaction of what it
// tells of, so that neither is ever without the other.
type outboxRow struct {
	Key        string `gorm:"primaryKey"` // what it tells of and the kind, so that it is sent for once
	Kind       MailKind
	DonationID *string
	Payload    string // what the mail needs and the books don't keep, such as a link's token
	State      string
	Attempts   int
	NextTryAt  time.Time
	CreatedAt  time.Time
}

func (outboxRow) TableName() string { return "outbox" }

// confirmation is what the mail needs that asks to confirm the newsletter.
type confirmation struct {
	Email string `json:"email"`
	Token string `json:"token"`
}

// enqueue queues a mail. It stays queued until something sends it.
func (s *Store) enqueue(tx *gorm.DB, row outboxRow) error {
	row.CreatedAt = s.Now()
	row.State, row.NextTryAt = "queued", row.CreatedAt
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("queue the %s: %w", row.Kind, err)
	}
	return nil
}

// enqueueReceipt queues the receipt of a payment.
func (s *Store) enqueueReceipt(tx *gorm.DB, donationID, charge string) error {
	return s.enqueue(tx, outboxRow{Key: charge + ":receipt", Kind: Receipt, DonationID: &donationID, Payload: "{}"})
}

// withdrawReceipt takes back the receipt of a payment that came to nothing,
// unless somebody has begun to send it.
func withdrawReceipt(tx *gorm.DB, charge string) error {
	err := tx.Where("key = ? AND state = 'queued' AND attempts = 0", charge+":receipt").Delete(&outboxRow{}).Error
	if err != nil {
		return fmt.Errorf("withdraw the receipt: %w", err)
	}
	return nil
}

// Mail is a mail that is to be sent.
type Mail struct {
	Kind     MailKind
	To       string
	Token    string // of the link in it
	QueuedAt time.Time
}

// QueuedMail returns up to most of the mails of a kind that wait to be sent,
// the newest first.
func (s *Store) QueuedMail(ctx context.Context, kind MailKind, most int) ([]Mail, error) {
	var rows []outboxRow
	err := s.db.WithContext(ctx).Where("kind = ? AND state = 'queued'", kind).Order("created_at DESC, key").Limit(most).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the mail: %w", err)
	}
	mails := make([]Mail, 0, len(rows))
	for _, row := range rows {
		var needs confirmation
		if err := json.Unmarshal([]byte(row.Payload), &needs); err != nil {
			return nil, fmt.Errorf("models: read the mail %s: %w", row.Key, err)
		}
		mails = append(mails, Mail{Kind: row.Kind, To: needs.Email, Token: needs.Token, QueuedAt: row.CreatedAt.UTC()})
	}
	return mails, nil
}
