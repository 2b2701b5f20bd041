package models

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// outboxRow is a Mail as a row, committed in the transaction of what it tells
// of, so that neither is ever without the other.
type outboxRow struct {
	Key          string `gorm:"primaryKey"`
	Kind         MailKind
	DonationID   *string
	Payload      string // About as JSON
	State        MailState
	Attempts     int
	NextTryAt    time.Time
	CreatedAt    time.Time
	FirstTriedAt *time.Time // the patience with it counts from then
	EndedAt      *time.Time
	Problem      string
	AskedBy      string // who had it sent again
}

func (outboxRow) TableName() string { return "outbox" }

// enqueue queues a mail inside the caller's transaction. One whose key is
// known is not queued again, whatever became of it.
func (s *Store) enqueue(tx *gorm.DB, m Mail) error { return s.enqueueAs(tx, MailIsQueued, m) }

// enqueueAs is enqueue in another state than queued.
func (s *Store) enqueueAs(tx *gorm.DB, state MailState, m Mail) error {
	payload, err := json.Marshal(m.About)
	if err != nil {
		return fmt.Errorf("write the %s: %w", m.Kind, err)
	}
	row := outboxRow{Key: m.Key, Kind: m.Kind, Payload: string(payload), State: state, CreatedAt: s.Now(), AskedBy: m.AskedBy}
	row.NextTryAt = row.CreatedAt
	if m.DonationID != "" {
		row.DonationID = &m.DonationID
	}
	if err := insertOnce(tx, &row).Error; err != nil {
		return fmt.Errorf("queue the %s: %w", m.Kind, err)
	}
	return nil
}

// mail is the row as a Mail.
func (r outboxRow) mail() (Mail, error) {
	m := Mail{Key: r.Key, Kind: r.Kind, QueuedAt: r.CreatedAt.UTC(), Attempts: r.Attempts, AskedBy: r.AskedBy}
	if r.DonationID != nil {
		m.DonationID = *r.DonationID
	}
	if err := json.Unmarshal([]byte(r.Payload), &m.About); err != nil {
		return Mail{}, fmt.Errorf("read the mail %s: %w", r.Key, err)
	}
	m.To = m.About.Email
	return m, nil
}
