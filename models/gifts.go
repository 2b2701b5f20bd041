package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// GiftQuery says which gifts a list shows, and in what order. The zero value of
// each part asks for nothing; all parts that ask for something must hold.
type GiftQuery struct {
	// Search is a part of a name or an e-mail, a reference, the last four digits
	// of a card or an account, an offline gift's own reference, or an id of
	// Stripe's: of the gift, its refunds and disputes, an event or a payout.
	Search string
	// Impersonal: Search looks at no name and no e-mail, so that whoever may not
	// see them can't find them out by guessing either.
	Impersonal bool

	// Figure leaves the gifts that add to a figure of the overview; From and Until
	// are then those of the money's movements, where it is of money. "": none.
	Figure Figure
	// Moved: only gifts that were received, or of which other money moved. So a
	// bank debit under way is left out, and one that failed too, unless it cost
	// a fee.
	Moved bool

	Donor    string // a donor's id
	Status   Status // "": all but payment pages that were left
	Kind     string // "once", "monthly", "monthly_renewal", "yearly", "yearly_renewal", "offline" or Recurring
	Channel  string // as DonorGift.Channel has it
	Article  string // as DonorGift.Article has it
	Method   string // as Stripe names it, or an OfflineMethod; Unknown of a figure only
	Offline  OfflineWanted
	Import   string      // the form with which they were imported
	Min, Max money.Minor // of the amount, both inclusive; 0: no bound
	From     time.Time   // inclusive (UTC), of the time received, or begun if nothing was
	Until    time.Time   // exclusive

	Sort  GiftSort
	After string // the id of the last gift on the page before; "": the first page
}

// OfflineWanted says whether a list shows gifts that did not pass through
// Stripe.
type OfflineWanted string

// What can be wanted of them.
const (
	WithOffline    OfflineWanted = ""
	OnlyOffline    OfflineWanted = "yes"
	WithoutOffline OfflineWanted = "no"
)

// GiftSort is the order of a list of gifts. Those alike in it are ordered by
// their ids, so that no page repeats or skips one.
type GiftSort string

// The orders there are.
const (
	NewestFirst   GiftSort = ""
	OldestFirst   GiftSort = "oldest"
	LargestFirst  GiftSort = "largest"
	SmallestFirst GiftSort = "smallest"
)

// GiftPage is one page of a list of gifts.
type GiftPage struct {
	Gifts []ListedGift
	More  bool        // there are others after these
	Count int64       // of all pages
	Gross money.Minor // likewise: what was captured of them
	// Figure is what they all add to the figure that was asked for.
	Figure FigureSum
}

// ListedGift is a gift as a list shows it.
type ListedGift struct {
	DonorGift
	Email  string      // the donor's; "" if none is known
	Moved  money.Minor // what it adds to the figure that was asked for
	Payout *Payout     // the deposit that its payment went out with; nil while not known
}

// At is when a gift was received, or begun if nothing was.
func (d Donation) At() time.Time {
	if d.ReceivedAt != nil {
		return d.ReceivedAt.UTC()
	}
	return d.CreatedAt.UTC()
}

// Worth is what was paid of a gift, or what was agreed if nothing was.
func (d Donation) Worth() money.Minor {
	if d.Captured > 0 {
		return d.Captured
	}
	return d.AmountCharged
}

// Channel is the way on which a gift came. A link's own word of it stands
// before that of the place where it stood.
func (g DonorGift) Channel() string {
	if g.Offline != "" {
		return OfflineChannel
	}
	return channelOf(g.Donation.Choices)
}

// Article is the article out of which a gift came, as Store.Articles names it.
func (g DonorGift) Article() string {
	if g.Offline != "" {
		return OfflineChannel
	}
	return articleOf(g.Donation.Choices)
}

// Kind is the frequency of a first payment, or another kind that figures are
// told apart by.
func (g DonorGift) Kind() string {
	if g.Offline != "" {
		return OfflineKind
	}
	return kindOf(g.Donation)
}
