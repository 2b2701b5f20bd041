package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Event is one of Stripe's events as it came: the raw bytes are stored before
// they are understood, and kept whatever becomes of them, until the persons in
// them are to be forgotten.
type Event struct {
	ID         string `gorm:"primaryKey"` // evt_…
	Type       string
	ObjectID   string    // what it speaks of, where that has an id
	Created    time.Time // Stripe's (UTC)
	Livemode   bool
	APIVersion string
	Raw        []byte
	SHA256     string `gorm:"column:sha256"` // of what came, also once Raw was emptied
	// EmptiedAt is when all of a person was taken out of Raw; nil while it is as it
	// came. What was emptied is no evidence: what it speaks of is fetched.
	EmptiedAt  *time.Time
	ReceivedAt time.Time
	State      EventState
	Attempts   int
	NextTryAt  *time.Time
	// FailingSince is since when it waits; nil once it is settled.
	FailingSince *time.Time
	Problem      string // for staff: why it waits or needs a person
	// Again is how often it came again after it was kept, and AgainAt when last.
	Again   int
	AgainAt *time.Time
}

// EventState is what became of an event.
type EventState string

// The states of an event.
const (
	EventBooked    EventState = "booked"    // what it says is in the books
	EventNoEffect  EventState = "no_effect" // nothing in it moves a gift
	EventForeign   EventState = "foreign"   // not of this campaign
	EventWaiting   EventState = "waiting"   // to be looked up at Stripe and booked then
	EventAttention EventState = "attention" // genuine, and needs a person
	EventResolved  EventState = "resolved"  // not booked, and closed by a person with a note
)

// NeedsPerson reports whether staff are to look at it: it can't be booked, or has
// failed for long.
func (e Event) NeedsPerson(now time.Time) bool {
	return e.State == EventAttention || e.State == EventWaiting && e.FailingSince != nil && now.Sub(*e.FailingSince) >= patience
}

// Reading is what an event, or an object fetched for it, says once it is
// understood.
type Reading struct {
	Facts        []Fact
	Subscription *Subscription
	Renewal      *FailedRenewal
	Payout       *Payout
	Dispute      *Dispute // beside the facts of it
	// State is the event's state if there is nothing above: EventNoEffect,
	// EventForeign, EventWaiting or EventAttention.
	State   EventState
	Problem string // why it waits or needs a person
	// More says what must still be fetched, "" if all is said: the event waits
	// for that after what is known has been booked, also where that contradicts
	// the books, as what is fetched does again.
	More string
}

// Empty reports whether a reading holds nothing to book.
func (r Reading) Empty() bool {
	return len(r.Facts) == 0 && r.Subscription == nil && r.Renewal == nil && r.Payout == nil
}

// FailedRenewal says that a try to collect the next payment of a subscription
// came to nothing, or that the donor's bank wants to hear from the donor first.
// It moves no money and makes no gift.
type FailedRenewal struct {
	Gift    GiftRef     // names its invoice and its subscription
	Attempt int64       // which try it was, from 1
	Amount  money.Minor // that is due
	At      time.Time   // when it failed (UTC)
	NextTry *time.Time  // nil if Stripe will not try again by itself
}

// Object is something fetched from Stripe that no event brought, kept as the
// evidence of what it says.
type Object struct {
	ID      string // Stripe's
	Raw     []byte
	Reading Reading
}

// Learned says what an object brought.
type Learned struct {
	Object  string // Stripe's id
	State   EventState
	Problem string
	News    []string // the keys that were not in the books before
}

// patience is how long an event may fail before staff are told.
const patience = 15 * time.Minute

// grace is how long a charge may lag behind the event that says "paid", or an
// invoice behind its charge, before it is fetched.
const grace = 2 * time.Second

// waitFor is how long a waiting event is left alone after so many tries: the
// first is made at once, or once its charge has had its time to come by
// itself; then 1 s, doubling, 10 min at the most.
func waitFor(attempts int, why string) time.Duration {
	switch {
	case attempts > 0:
		return min(time.Second<<min(attempts-1, 10), 10*time.Minute)
	case why == awaitsCharge || why == awaitsInvoice:
		return grace
	default:
		return 0
	}
}

// ObjectRead is the type of what stands in the inbox without an event: an
// object that was fetched, and that brought news or contradicts the books.
const ObjectRead = "appeal.object_read"
