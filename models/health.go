package models

import "time"

// Health is how the service gets on, as the books show it: all of one moment,
// and the same whichever process is asked.
type Health struct {
	At time.Time // UTC

	Arrived *Arrival   // the last event that Stripe sent; nil: none ever came
	Booked  *Arrival   // the last of these that moved something in the books
	BySync  *time.Time // when a sync last booked what no event had told, after the last event by LateForHook or more; nil: it didn't

	Waiting  Backlog // events that are yet to be looked up and booked
	Failed   int64   // events that need a person
	First    []Event // the oldest of these, up to MostFailed, without their raw text
	Receipts Backlog // gifts that are due a document
	Letters  Backlog // mails that are due to be sent
	Mail     map[MailState]int64
	Queued   *time.Time // since when the oldest queued mail stands there

	Sync   SyncHealth
	Match  Match
	Payout *Payout    // the last to arrive; nil: none was seen
	Cards  *time.Time // until when the last look for cards that expire counts; nil: nobody looked
	Forgot *time.Time // when nothing was left that was to be forgotten by its age; nil: never yet
	// Unfolded is how many rows wait to be folded into sums, of as many as may
	// stand there without being behind.
	Unfolded, MayStand int64

	Schema, Known int64  // the version of the database's schema, and the newest that this program knows
	Database      string // "SQLite 3.46.0"
}

// What Health counts by.
const (
	MostFailed  = 20
	LateForHook = 10 * time.Minute
	// BehindAfter is how long something may be due before whoever should do it
	// is behind.
	BehindAfter = 5 * time.Minute
)

// Arrival is one event of Stripe's.
type Arrival struct {
	ID, Type   string
	Created    time.Time // Stripe's
	ReceivedAt time.Time
}

// Lag is how long the event was under way. Stripe's times are whole seconds.
func (a Arrival) Lag() time.Duration { return max(0, a.ReceivedAt.Sub(a.Created)) }

// Backlog is what waits to be done.
type Backlog struct {
	Count  int64
	Since  *time.Time // the oldest of it
	Behind int64      // of these, due for longer than BehindAfter
}

// SyncHealth is how far syncs have come.
type SyncHealth struct {
	CompletedAt *time.Time // when the last reached its end
	RunningFor  *time.Time // since when one is under way
	Stage       string     // which part that is in
}
