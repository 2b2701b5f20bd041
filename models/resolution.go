package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Matter is something that needs a person, or did: an event that could not be
// booked, or a finding.
type Matter struct {
	Kind    FindingKind // "" for an event
	Object  string      // the event's id, or what the finding is of
	Problem string      // why it needs a person, without personal data
	Amount  money.Minor // the finding's; 0 of an event
	Since   time.Time   // when it came or was found (UTC)
	State   MatterState
}

// Mark is another once the matter has changed, so that nobody closes what they
// have not read. The words about a balance tell what it is at the moment.
func (m Matter) Mark() string {
	if m.Kind == FoundBalance {
		return m.Amount.Decimal()
	}
	return m.Amount.Decimal() + " " + m.Problem
}

// MatterState is what became of a matter.
type MatterState string

// The states of a matter.
const (
	MatterOpen     MatterState = "open"
	MatterResolved MatterState = "resolved" // closed by a person, as it stands
	MatterGone     MatterState = "gone"     // booked since, or no longer found
)

// Resolution is what somebody decided about a matter, in their own words. It is
// never changed, and stays when the matter is open again.
type Resolution struct {
	ID      string `gorm:"primaryKey"` // sorts by time
	Kind    FindingKind
	Object  string
	Problem string // and the amount: the matter as it was decided about
	Amount  money.Minor
	At      time.Time // UTC
	Who     Actor
	Note    string

	State MatterState `gorm:"->"` // what the matter is now
}
