package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// MailKind is what a mail is about.
type MailKind string

// The kinds of mail.
const (
	MailReceipt           MailKind = "receipt"
	MailConfirmNewsletter MailKind = "newsletter_confirm"
	MailManageLink        MailKind = "manage_link"
	MailRenewalFailed     MailKind = "renewal_failed"
	MailCardExpiring      MailKind = "card_expiring"
	MailCancelled         MailKind = "subscription_cancelled"
	MailAmountChanged     MailKind = "amount_changed"
	MailDebitFailed       MailKind = "debit_failed"
	MailGiftNotice        MailKind = "gift_notice" // to staff, of a large gift
	MailStatement         MailKind = "statement"
	MailSampleReceipt     MailKind = "sample_receipt" // to staff, of no gift
	MailMorning           MailKind = "morning"        // to finance, of what waits for a person
	MailWeekly            MailKind = "weekly"         // to the newsroom, of what a week came to
)

// Mail is a mail that is to be sent. What its words need beside it is looked
// up when it is composed.
type Mail struct {
	Key        string // what it tells of and the kind: there is one of each
	Kind       MailKind
	To         string // from the payload, or the donor's address as it is now; "" if none is known
	About      About
	DonationID string // "" if it is of no gift
	QueuedAt   time.Time
	Attempts   int    // the one that it was claimed for included
	AskedBy    string // who had it sent again; "" for one that came of itself
}

// About is what a mail needs and the books don't keep, or which of the things
// that they keep it tells of. It is emptied once the mail was sent or dropped,
// so that no token stays.
type About struct {
	Email        string      `json:"email,omitempty"` // to whom, where that is not the donor
	Token        string      `json:"token,omitempty"` // of the link in it
	Receipt      string      `json:"receipt,omitempty"`
	Subscription string      `json:"subscription,omitempty"`
	Invoice      string      `json:"invoice,omitempty"`
	Amount       money.Minor `json:"amount,omitempty"`
	Before       money.Minor `json:"before,omitempty"` // what the amount was
	Year         int         `json:"year,omitempty"`
	Donor        string      `json:"donor,omitempty"` // the donor's id
	At           *time.Time  `json:"at,omitempty"`
}

// MailState is how far a mail has come.
type MailState string

// The states of a mail.
const (
	MailIsQueued  MailState = "queued"
	MailIsHeld    MailState = "held" // not sent unless a person releases it
	MailIsSent    MailState = "sent"
	MailIsFailed  MailState = "failed"  // given up after three days
	MailIsDropped MailState = "dropped" // not to be sent any more
)

// MailRecord is a mail as staff see it in a list: no address, no token.
type MailRecord struct {
	Key        string
	Kind       MailKind
	DonationID string // "" if it is of no gift
	State      MailState
	Attempts   int
	Problem    string // why it failed or was dropped; one line, no address in it
	QueuedAt   time.Time
	NextTryAt  time.Time  // of a queued one; what is being sent now has it a little ahead
	AskedBy    string     // who had it sent again; "" for one that came of itself
	EndedAt    *time.Time // when it was sent, given up or dropped
}
