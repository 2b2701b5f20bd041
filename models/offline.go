package models

import "time"

// OfflineMethod is how a gift came that did not come through Stripe.
type OfflineMethod string

// The ways there are.
const (
	Check OfflineMethod = "check"
	Wire  OfflineMethod = "wire"
	ACH   OfflineMethod = "ach"
	Stock OfflineMethod = "stock"
	DAF   OfflineMethod = "daf" // from a donor-advised fund
	QCD   OfflineMethod = "qcd" // a qualified charitable distribution, from an IRA
	Cash  OfflineMethod = "cash"
	Other OfflineMethod = "other"
)

// OfflineGift is what a named person entered of a gift that did not come
// through Stripe.
type OfflineGift struct {
	DonationID    string `gorm:"primaryKey"`
	Method        OfflineMethod
	ReceivedOn    time.Time  // the day, as a UTC midnight
	DatedOn       *time.Time // of the check, where it says
	DonorName     string
	DonorEmail    string
	DonorAddress  string
	Reference     string
	Note          string
	EnteredBy     string
	FormKey       *string
	ReversedAt    *time.Time
	ReversedBy    string
	ReverseReason string
}
