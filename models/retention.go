package models

import "time"

// How long what is of a person is kept where no receipt and no posting needs it.
const (
	// PayloadsKept is for how long Stripe's payloads stay as they came. One that is
	// not settled stays as long as it isn't, since a fix may have to read it, but not
	// beyond PayloadsKeptAtMost: from then on it too is looked up at Stripe.
	PayloadsKept       = 400 * 24 * time.Hour
	PayloadsKeptAtMost = 2 * PayloadsKept
	// DeadLinksKept is for how long a link that is good for nothing any more is
	// remembered, and with it an address that never followed one.
	DeadLinksKept = 30 * 24 * time.Hour
)

// RetentionLease is held by whoever forgets what was kept for long enough.
const RetentionLease = "retention"

// Retention is how far the forgetting of what is kept for long enough has come.
type Retention struct {
	Emptied     int64      // payloads emptied of persons since the audit log was last told
	Dropped     int64      // addresses dropped likewise that never confirmed the newsletter
	Worded      int64      // gifts likewise that nobody paid, whose words were forgotten
	CompletedAt *time.Time // when nothing that was due was left (UTC); nil: never yet
}

// retentionRow is Retention as the one row that it is.
type retentionRow struct {
	ID int64 `gorm:"primaryKey"`
	Retention
}

func (retentionRow) TableName() string { return "retention" }
