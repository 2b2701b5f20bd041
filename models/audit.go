package models

import "time"

// AuditEntry is one act: who did what to which object, and what it changed.
type AuditEntry struct {
	ID     string    `gorm:"primaryKey"` // sorts by time
	At     time.Time // UTC
	Who    Actor
	Act    Act
	Object string // an e-mail, a gift's id, a payout's, …
	Before string // in plain words; "" where there was nothing
	After  string
}

// TableName is that of the log.
func (AuditEntry) TableName() string { return "audit_log" }

// ListedAct is an act as a list shows it.
type ListedAct struct {
	AuditEntry
	Gift      string // the id of the gift that it was upon, or whose mail; "" for none
	Reference string // that gift's
}

// AuditQuery says which acts a list holds. The zero value of each part asks for
// nothing; all parts that ask for something must hold.
type AuditQuery struct {
	Who    Actor
	Act    Act
	Object string    // as it is written down, or a gift's reference
	From   time.Time // inclusive (UTC), to the millisecond
	Until  time.Time // exclusive, likewise
	Before string    // the id of an act: only what was before it
}

// Act is what somebody did.
type Act string

// The acts of the door.
const (
	StaffAdded      Act = "staff.added"
	StaffInvited    Act = "staff.invited" // given a link to choose a password with
	StaffDisabled   Act = "staff.disabled"
	StaffEnabled    Act = "staff.enabled"
	RoleChanged     Act = "staff.role"
	PasswordChanged Act = "staff.password"
	FactorSet       Act = "staff.factor_set"
	FactorRemoved   Act = "staff.factor_removed"
	RecoveryUsed    Act = "staff.recovery_used"
	SignedIn        Act = "session.began"
	SignedOut       Act = "session.ended"
)

// The acts that move money. What they write down names no donor: the log is
// read by viewers, and nothing is ever taken out of it.
const (
	OfflineEntered  Act = "offline.entered"
	OfflineImported Act = "offline.imported" // many at once, each of which is entered too
	OfflineReversed Act = "offline.reversed"
	RefundAskedFor  Act = "refund.asked"
	RefundMadeBy    Act = "refund.made" // Stripe has taken it; by whoever asked
	RefundRefusedTo Act = "refund.refused"
)

// The acts on a gift.
const (
	ReceiptResent Act = "receipt.resent"
	NoteAdded     Act = "gift.noted"
)

// DonorErased is a donor who was forgotten. The object is the donor's id, which
// says nothing of whom it was.
const DonorErased Act = "donor.erased"

// The acts upon payouts.
const (
	PayoutMarked   Act = "payout.reconciled"
	PayoutUnmarked Act = "payout.reconciliation_undone"
)

// The acts upon days. The object is the last day that was closed, or the first
// that is open again.
const (
	DaysClosed   Act = "days.closed"
	DaysReopened Act = "days.reopened"
)

// The acts upon what waited for a person.
const (
	EventReplayed Act = "event.replayed"
	MailRetried   Act = "mail.retried"

	EventResolvedBy   Act = "event.resolved"
	FindingResolvedBy Act = "finding.resolved"
)

// FiguresRebuilt is figures that were reckoned anew: of the object, those that
// After says were not right.
const FiguresRebuilt Act = "figures.rebuilt"

// Exported is a table that was taken out of the rooms. The object is its name, and
// After what was asked of it.
const Exported Act = "table.exported"

// What the service forgets by itself, because it was kept for long enough. The
// object is the last day on which what was forgotten may have come, and After how
// many they were.
const (
	PayloadsEmptied  Act = "payloads.emptied"
	AddressesDropped Act = "addresses.dropped" // of which the newsletter was asked for and never confirmed
	WordsDropped     Act = "words.dropped"     // written to gifts that nobody paid
)

// SampleMailed is a sample of a receipt that somebody had sent to themselves.
const SampleMailed Act = "sample.mailed"
