package models

import (
	"fmt"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// OfflineMethod is how a gift that did not pass through Stripe was given.
type OfflineMethod string

// The methods there are.
const (
	Check OfflineMethod = "check"
	Wire  OfflineMethod = "wire"
	ACH   OfflineMethod = "ach"
	Stock OfflineMethod = "stock" // shares; the amount is what they were sold for, and no receipt values them
	DAF   OfflineMethod = "daf"   // from a donor-advised fund, which has had its deduction
	QCD   OfflineMethod = "qcd"   // a qualified charitable distribution from a retirement account
	Cash  OfflineMethod = "cash"
	Other OfflineMethod = "other"
)

// OfflineMethods are all of them, in the order in which a form offers them.
func OfflineMethods() []OfflineMethod {
	return []OfflineMethod{Check, Wire, ACH, Stock, DAF, QCD, Cash, Other}
}

// Apart reports whether a gift given this way is no sum that the donor may
// deduct as it stands: a fund or an account has given it and not the donor, or
// it was no money (IRS Publication 1771; Publication 590-B for distributions).
func (m OfflineMethod) Apart() bool { return m == Stock || m == DAF || m == QCD }

// Day is a day of the calendar, in no zone: "2026-11-24". Days compare as text.
type Day string

// DayOf is the day that it is at a time, in that time's own zone.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// ParseDay reads a day as a form sends it.
func ParseDay(text string) (Day, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", fmt.Errorf("%q is no day like 2026-11-24", text)
	}
	return DayOf(day), nil
}

// start is when the day begins in a zone.
func (d Day) start(zone *time.Location) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return time.Time{} // Day's only makers are DayOf and ParseDay
	}
	return at
}

// add is the day so many days later.
func (d Day) add(days int) Day { return DayOf(d.start(time.UTC).AddDate(0, 0, days)) }

// OfflineChoices are what a person says of a gift that came another way than
// through Stripe.
type OfflineChoices struct {
	Method       OfflineMethod
	ReceivedOn   Day
	DatedOn      *Day // a check's postmark, which decides the year of the deduction
	DonorName    string
	DonorEmail   string // as typed; empty if unknown
	DonorAddress string
	Reference    string // a check's number, a wire's reference
	Note         string // staff only
}

// NewOfflineGift is an offline gift to be entered.
type NewOfflineGift struct {
	Amount money.Minor
	OfflineChoices
	Zone      *time.Location // the campaign's, in which the days are meant
	EnteredBy string         // whoever enters it: the evidence for it
	FormKey   string         // the form's own key, so that a form sent twice enters one gift; may be empty
}

// OfflineGift is what is kept of an offline gift beside its Donation. Only its
// reversal is ever added to it.
type OfflineGift struct {
	DonationID     string         `gorm:"primaryKey"`
	OfflineChoices `gorm:"embedded"`
	FormKey        *string
	EnteredBy      string
	EnteredAt      time.Time  // UTC
	ReversedAt     *time.Time // UTC; nil while it stands
	ReversedBy     string
	ReverseReason  string
}

// Double is a gift that may be the one that is about to be entered.
type Double struct {
	DonationID string
	Reference  string // "CP-…"
	DonorName  string
	Amount     money.Minor
	ReceivedAt time.Time // UTC
	Offline    bool
}
