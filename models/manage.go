package models

import "time"

// ManageSessionFor is how long a donor sees their gifts once a link was opened.
const ManageSessionFor = 30 * time.Minute

const (
	manageLinkFor = 30 * time.Minute // how long such a link is good for
	// manageMails in manageEvery are as many such links as one inbox is mailed.
	manageMails = 3
	manageEvery = time.Hour
)

// manageLink is what one mail asks to follow. The token itself is kept in the
// mail alone, and of the address nothing but a hash of its inbox.
type manageLink struct {
	TokenHash string `gorm:"primaryKey"`
	InboxHash string
	DonorID   *string // nil: nobody gave from the address, or its inbox was sent enough
	MadeAt    time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// manageSession is a donor who sees their gifts.
type manageSession struct {
	TokenHash string `gorm:"primaryKey"`
	DonorID   string
	MadeAt    time.Time
	ExpiresAt time.Time
}

// cancellation is a repeated gift that its donor ended here.
type cancellation struct {
	SubscriptionID string `gorm:"primaryKey"`
	AskedAt        time.Time
	Reason         string
}

// PaidWith is what a payment was made with, as Stripe names it; both are empty
// where that is not known.
type PaidWith struct {
	Method string // card brand or bank
	Last4  string
}

// DonorGift is one gift as its donor sees it.
type DonorGift struct {
	Donation Donation
	PaidWith
	Offline OfflineMethod // "" for a gift through Stripe
	Entered string        // the reference of an offline gift: of stock, what was given
	Receipt *Receipt      // the newest document about it; nil while there is none
}

// DonorSubscription is a repeated gift as its donor sees it.
type DonorSubscription struct {
	Subscription
	Began    Donation // the gift that began it
	PaidWith          // of its newest payment
	// Cancelled is when its donor asked here that it end; nil if never. Stripe
	// ends it at once, and what is known of it may be a moment behind.
	Cancelled *time.Time
}

// Stopped reports whether nothing will be charged for it any more.
func (s DonorSubscription) Stopped() bool { return s.Ended() || s.Cancelled != nil }

// Failing reports whether a payment that was due has not been made.
func (s Subscription) Failing() bool { return s.Status == "past_due" || s.Status == "unpaid" }
