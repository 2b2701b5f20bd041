package models

import (
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
	Stock OfflineMethod = "stock" // shares; the amount is what they were sold for, and no donor is told it
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

// NewOfflineGift is what a person says of a gift that did not pass through
// Stripe. Days are those of the calendar, as UTC midnights.
type NewOfflineGift struct {
	Amount       money.Minor
	Method       OfflineMethod
	ReceivedOn   time.Time
	DatedOn      *time.Time // a check's postmark, where it says
	DonorName    string
	DonorEmail   string // as typed; empty: a donor of its own
	DonorAddress string
	Reference    string // a check's number, a wire's reference; of stock, what was given
	Note         string // staff only

	Zone      *time.Location // the campaign's, in which the days are meant
	EnteredBy string         // whoever says so: the evidence for it
	FormKey   string         // the form's own, so that a form sent twice enters one gift; may be empty
}

// OfflineGift is what is kept of an offline gift beside its Donation. Nothing
// in it changes but that its reversal is added.
type OfflineGift struct {
	DonationID    string `gorm:"primaryKey"`
	Method        OfflineMethod
	ReceivedOn    time.Time  // the day in the campaign's zone, as a UTC midnight
	DatedOn       *time.Time // of a check, likewise; nil where it does not say
	DonorName     string
	DonorEmail    string
	DonorAddress  string
	Reference     string
	Note          string
	EnteredBy     string
	EnteredAt     time.Time // UTC
	FormKey       *string
	ReversedAt    *time.Time // UTC; nil while it stands
	ReversedBy    string
	ReverseReason string
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
