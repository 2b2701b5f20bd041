package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Campaign is what a newsroom writes in its campaign folder: the ask, the
// dates, the amounts and the organisation behind it. It is read once at start
// and never changes while a process runs.
type Campaign struct {
	Slug     string         // identifies the campaign in the books and in Stripe's metadata
	Currency money.Currency // the books' one currency

	Title      string   // "Corruption Project"
	Headline   string   // the page's h1
	Standfirst string   // one sentence under it
	PaysFor    []string // what the money pays for, a line each
	Draft      bool     // words not approved yet: printed over the letter, refused with a live key

	Goal          money.Minor    // minor units
	Opens         time.Time      // first moment a gift is taken
	Deadline      time.Time      // last moment of the campaign
	Zone          *time.Location // days are counted and dates are shown in this zone
	AfterDeadline AfterDeadline
	BooksStart    time.Time // Stripe's balance before this is one opening posting

	Frequencies []Frequency // in the order the form offers them
	Presets     map[Frequency]Presets
	Least, Most money.Minor // of one online gift, before covered fees
	BarFrom     int
	Fee         money.FeeRate // what covering the fees is reckoned with

	Signer       Signer
	Organisation Organisation
	// StatementDescriptor is what a donor's bank statement shows beside the
	// account's own prefix; at most 22 characters with it (Stripe's docs).
	StatementDescriptor string

	OverGoal       string   // what happens to money above the goal
	UnderGoal      string   // what happens if the goal is missed
	RefundPolicy   string   // in one or two sentences
	PaymentMethods []string // as readers call them, in the order shown
	BankDebits     bool     // a US bank account is one of them: such a payment clears days later
	SeedFunding    string   // optional sentence about money already in hand
	Stretch        Stretch  // optional
	Newsletter     Newsletter
	Receipts       ReceiptSettings
	Notices        Notices

	EmbedOrigins      []string           // who may frame the appeal: "self", "https:" (any such site) or single origins; none: nobody
	Accounts          map[Account]string // account codes of the newsroom's own chart
	Restricted        bool               // gifts are income with donor restrictions
	PublishDonorsFrom money.Minor        // 0: no donor is ever published
	CollectAddress    bool               // Stripe's page asks for a postal address, and the books keep it

	Words Words
	Look  Look

	// Letter is the editor's letter as HTML made from the folder's Markdown,
	// in two parts: on a phone the form stands between them.
	Letter Letter
}

// Letter is the appeal itself, as trusted HTML rendered from the newsroom's
// own Markdown (raw HTML in it is not passed through).
type Letter struct {
	Opening string
	Rest    string
}

// Presets are the amounts a form offers for one frequency.
type Presets struct {
	Amounts []money.Minor
	Default money.Minor // preselected; 0 for none
}

// Signer signs the letter.
type Signer struct {
	Name  string
	Title string
}

// Organisation is the charity that receives the gifts. Legal name, address and
// EIN stand on receipts, so a live service refuses to start without them.
type Organisation struct {
	Name      string // as readers know it
	LegalName string // as the IRS knows it
	Address   string
	EIN       string
	Help      string // e-mail address for questions
	URL       string
	Privacy   string

	Legal         string // a sentence on who receives the gifts; "": a 501(c)(3) nonprofit of that name
	NotDeductible bool   // gifts are no deduction from a US donor's taxes
	InReturn      string // a sentence on what donors get; "": nothing
}

// Recipient is who gifts are made out to: the legal name, or where none is
// configured the name that readers know.
func (o Organisation) Recipient() string {
	if o.LegalName != "" {
		return o.LegalName
	}
	return o.Name
}

// Stretch is what gifts beyond the goal are for, where editors wrote it down.
type Stretch struct {
	Purpose string
	Goal    money.Minor
}

// Newsletter is what the newsroom mails to whoever asks for it. Without a name
// there is none.
type Newsletter struct {
	Name    string // after "Email me the": "weekly newsletter"
	Promise string // how often it comes, and how to end it
}

// Offered reports whether readers can ask for it.
func (n Newsletter) Offered() bool { return n.Name != "" }

// AfterDeadline says what happens to the form once the deadline has passed.
type AfterDeadline string

// The two ways a campaign can end.
const (
	CloseAtDeadline AfterDeadline = "close"  // the form goes away
	AcceptAfter     AfterDeadline = "accept" // gifts are still taken, and still count
)

// Frequency is how often a donor gives.
type Frequency string

// The frequencies there are.
const (
	Once    Frequency = "once"
	Monthly Frequency = "monthly"
	Yearly  Frequency = "yearly"
)

// Offers reports whether the campaign takes gifts of this frequency.
func (c Campaign) Offers(f Frequency) bool {
	for _, offered := range c.Frequencies {
		if offered == f {
			return true
		}
	}
	return false
}

// Charge splits what a donor pays: the whole amount charged, and the part of
// it that covers card fees.
func (c Campaign) Charge(gift money.Minor, coverFees bool) (total, fees money.Minor) {
	if !coverFees {
		return gift, 0
	}
	total = c.Fee.Covering(gift)
	return total, total - gift
}

// CampaignStatus is the campaign's state as the tracker names it.
type CampaignStatus string

// The states of a campaign.
const (
	Upcoming CampaignStatus = "upcoming" // not open yet
	Open     CampaignStatus = "open"
	Reached  CampaignStatus = "reached" // goal met, still taking gifts
	Ended    CampaignStatus = "ended"   // deadline passed, no new gifts
)

// Status tells where the campaign stands at a moment with so much raised.
// Ended wins over Reached; a campaign that accepts gifts after its deadline
// never ends.
func (c Campaign) Status(now time.Time, raised money.Minor) CampaignStatus {
	switch {
	case now.Before(c.Opens):
		return Upcoming
	case now.After(c.Deadline) && c.AfterDeadline != AcceptAfter:
		return Ended
	case raised >= c.Goal:
		return Reached
	default:
		return Open
	}
}

// TakesGifts returns nil while new gifts are taken, else ErrClosed.
func (c Campaign) TakesGifts(now time.Time) error {
	if s := c.Status(now, 0); s == Upcoming || s == Ended {
		return ErrClosed
	}
	return nil
}

// DaysLeft counts calendar days in the campaign's zone from today to the
// deadline's day, today included: 1 on the last day, 0 after it.
func (c Campaign) DaysLeft(now time.Time) int {
	return max(c.DaysBetween(now, c.Deadline)+1, 0)
}

// DaysBetween counts calendar days in the campaign's zone from one moment's day
// to another's: 0 on the same day, less before it.
func (c Campaign) DaysBetween(from, to time.Time) int {
	return int(CivilDay(to.In(c.Zone)).Sub(CivilDay(from.In(c.Zone))) / (24 * time.Hour))
}

// CivilDay is the day alone, as a UTC midnight, so that days of 23 and 25 hours
// count as one.
func CivilDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// PermilleRaised is raised · 1000 / goal, cut: 246 is 24.6 %, 1000 means
// reached, and more is possible. Less than nothing is nothing.
func (c Campaign) PermilleRaised(raised money.Minor) int64 {
	return max(0, int64(raised)*1000/int64(c.Goal))
}
