package models

import (
	"cmp"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Fact is one thing that Stripe, or a named person, says about one gift. Its
// key makes it the same fact whoever reports it, so booking is set union:
// neither order nor repetition can matter.
type Fact struct {
	Key    string // an immutable id and the kind: "ch_…:charge"
	Kind   FactKind
	Object string // the charge, refund or dispute it tells of, where it tells of one
	Gift   GiftRef
	Money  money.Money // what the kind moves; Minor is negative for a dispute's reinstatement
	At     time.Time   // Stripe's created (UTC), never our clock

	// Agreed is what the whole checkout comes to, where the evidence says so.
	// It must equal what the reader was shown, or nothing is booked.
	Agreed *money.Money
	// Reference is our token as Stripe gives it back (client_reference_id);
	// empty where the evidence carries none.
	Reference string
	// ExpectsCharge: the evidence says "paid", so a charge must exist. Until
	// it is booked, the event that said so stays open.
	ExpectsCharge bool
	// Decided is when a bank debit came to its end, good or bad, as the event
	// says that told it; zero where the evidence does not say. It is not kept.
	Decided time.Time
	// undone: the same booking takes it back.
	undone bool

	Email     string    // as typed; folded by FoldEmail
	Name      string    // the donor's, as typed; of the same place as the Email
	Address   string    // likewise, in lines as on an envelope; "" where no street is named
	EmailRank EmailRank // of all three
	Method    string    // card brand or bank, as Stripe names it
	Last4     string
	Evidence  string // the event or object that said so
}

// GiftRef says whose a fact is, as far as its evidence knows. Any of it may be
// empty.
type GiftRef struct {
	Campaign      string // appeal_campaign in the metadata; another slug or none is not ours
	Token         string // appeal_token
	Reference     string // appeal_reference, for a gift made anew from its metadata
	Choices       Choices
	SessionID     string
	PaymentIntent string
	Charge        string // which of the gift's charges it is about: a debit that failed may be tried again with another
	Invoice       string
	Subscription  string
	// Renewal: a later payment of a subscription. The token is that of the
	// gift which began it, and the invoice names this one.
	Renewal bool
	// Erased is when its donor was erased, by what the evidence says (UTC); zero
	// where it doesn't. Nothing of a person in it is taken in.
	Erased time.Time
	// Final: no other object can tell more about whose it is. Otherwise a fact
	// that names no campaign waits until it has been looked up.
	Final bool
}

// ids are the names that Stripe gives to this one gift.
func (r GiftRef) ids() []string {
	var known []string
	for _, id := range []string{r.Invoice, r.SessionID, r.PaymentIntent, r.Charge} {
		if id != "" {
			known = append(known, id)
		}
	}
	return known
}

// FactKind names what a fact says.
type FactKind string

// The kinds of facts. Those with a rule in the journal move money.
const (
	Completed      FactKind = "completed"       // the reader finished the payment page
	DebitPending   FactKind = "debit_pending"   // and the bank has not paid yet
	PaymentFailed  FactKind = "payment_failed"  // the bank debit came to nothing
	SessionExpired FactKind = "session_expired" // the payment page closed unpaid
	IntentPaid     FactKind = "intent_paid"     // the payment intent says paid; its charge says how much
	InvoicePaid    FactKind = "invoice_paid"    // likewise, the invoice of a monthly or yearly gift
	RefundSettled  FactKind = "refund_settled"  // a refund succeeded: it need not be read again
	DisputeOpened  FactKind = "dispute_opened"  // an inquiry too, which moves no money
	DisputeClosed  FactKind = "dispute_closed"  // won, lost or withdrawn; its movements say which
	DisputeLost    FactKind = "dispute_lost"    // and lost: what it took is gone
	FraudWarned    FactKind = "fraud_warning"   // the card's issuer suspects fraud; no money moves

	Charged       FactKind = "charge"
	ChargeUndone  FactKind = "failure" // a bank debit taken back before success was final
	RefundMade    FactKind = "refund"  // succeeded or pending
	RefundUndone  FactKind = "refund_failed"
	DisputeMoved  FactKind = "dispute" // negative: the bank gave it back
	FeeKept       FactKind = "fee"     // negative: Stripe gave it back
	OfflineGiven  FactKind = "gift"
	OfflineUndone FactKind = "reversal"
)

// EmailRank orders the places an e-mail can come from; the highest wins,
// whatever came first.
type EmailRank int

// Where an e-mail stands, from the weakest to the strongest.
const (
	NoEmail EmailRank = iota
	ReceiptEmail
	BillingEmail
	SessionEmail // customer_details.email: what the reader typed on the payment page
)

// FoldEmail makes an e-mail comparable: trimmed and lower-cased, nothing else.
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// storedFact is a Fact as a row.
type storedFact struct {
	Key        string `gorm:"primaryKey"`
	DonationID string
	Kind       FactKind
	Amount     money.Minor
	Currency   money.Currency
	At         time.Time
	Object     string
	Charge     string // the charge it is of, "" where none is named
	Email      string
	EmailRank  EmailRank // of the name and the address too
	Name       string
	Address    string
	Method     string
	Last4      string
	Evidence   string
	RecordedAt time.Time
	BookedAt   *time.Time // when the journal has it, if its day was closed when it came
}

// booked is the time at which the journal has it.
func (f storedFact) booked() time.Time {
	if f.BookedAt != nil {
		return *f.BookedAt
	}
	return f.At
}

func (storedFact) TableName() string { return "facts" }

// figures are what the facts of a gift come to.
type figures struct {
	status     Status
	receivedAt *time.Time
	refundedAt *time.Time // of the last refund that stands
	captured   money.Minor
	refunded   money.Minor
	disputed   money.Minor
	fees       money.Minor
	pending    money.Minor
	open       openEnds
	counted    bool
	offline    bool // given in another way than through Stripe
	person
}

// person is whoever gave, as typed.
type person struct{ email, name, address string }

// fold reckons a gift's state from the set of its facts alone. The order of
// the slice does not matter. began is who was typed when the gift's
// subscription began: a renewal is that donor's too.
func fold(agreed money.Minor, began person, facts []storedFact) figures {
	var f figures
	var completed, failed, expired bool
	var rank, nameRank, addressRank EmailRank
	if began.email != "" {
		f.email, rank = began.email, SessionEmail
	}
	undone := undoneOf(facts)
	for _, fact := range facts {
		switch fact.Kind {
		case Completed:
			completed = true
		case PaymentFailed:
			failed = true
		case SessionExpired:
			expired = true
		case Charged, OfflineGiven:
			f.captured += fact.Amount
			f.offline = f.offline || fact.Kind == OfflineGiven
			if undone[fact.Object] {
				continue // nothing was received
			}
			if f.receivedAt == nil || fact.At.Before(*f.receivedAt) {
				at := fact.At
				f.receivedAt = &at
			}
		case ChargeUndone, OfflineUndone:
			f.captured -= fact.Amount
			failed = true
		case RefundMade:
			f.refunded += fact.Amount
			if !undone[fact.Object] && (f.refundedAt == nil || fact.At.After(*f.refundedAt)) {
				at := fact.At
				f.refundedAt = &at
			}
		case RefundUndone:
			f.refunded -= fact.Amount
		case DisputeMoved:
			f.disputed += fact.Amount
		case FeeKept:
			f.fees += fact.Amount
		default: // says whose it is, or what is to be read again
		}
		// The smaller address decides between two of one rank, so that the
		// answer is the same for every order.
		if fact.Email != "" && (fact.EmailRank > rank || fact.EmailRank == rank && fact.Email < f.email) {
			f.email, rank = fact.Email, fact.EmailRank
		}
		if fact.Name != "" && (f.name == "" || fact.EmailRank > nameRank || fact.EmailRank == nameRank && fact.Name < f.name) {
			f.name, nameRank = fact.Name, fact.EmailRank
		}
		if fact.Address != "" && (f.address == "" || fact.EmailRank > addressRank || fact.EmailRank == addressRank && fact.Address < f.address) {
			f.address, addressRank = fact.Address, fact.EmailRank
		}
	}
	f.name, f.address = cmp.Or(f.name, began.name), cmp.Or(f.address, began.address)
	f.counted = f.captured > 0 && f.refunded+f.disputed < f.captured
	if f.captured == 0 {
		f.receivedAt = nil // taken back: nothing was received
		if debitUnderWay(facts) {
			f.pending = agreed
		}
	}
	f.status, f.open = statusOf(f, completed, failed, expired), openEndsOf(facts)
	return f
}

// openEnds are the refunds and disputes of a gift whose end is not known.
type openEnds struct {
	refunds, disputes    int64
	refunding, contested money.Minor
}

func openEndsOf(facts []storedFact) openEnds {
	ended := map[string]bool{}
	for _, fact := range facts {
		if fact.Kind == RefundSettled || fact.Kind == RefundUndone || fact.Kind == DisputeClosed {
			ended[fact.Object] = true
		}
	}
	var open openEnds
	contested := map[string]bool{}
	for _, fact := range facts {
		switch {
		case ended[fact.Object]:
		case fact.Kind == RefundMade:
			open.refunds, open.refunding = open.refunds+1, open.refunding+fact.Amount
		case fact.Kind == DisputeOpened && !contested[fact.Object]:
			open.disputes, contested[fact.Object] = open.disputes+1, true
		}
	}
	for _, fact := range facts {
		if fact.Kind == DisputeMoved && contested[fact.Object] {
			open.contested += fact.Amount
		}
	}
	return open
}

// undoneOf are the refunds and charges that came to nothing.
func undoneOf(facts []storedFact) map[string]bool {
	undone := map[string]bool{}
	for _, fact := range facts {
		if fact.Kind == RefundUndone || fact.Kind == ChargeUndone {
			undone[fact.Object] = true
		}
	}
	return undone
}

// debitUnderWay reports whether a bank debit has neither cleared nor failed.
// What is said of one charge decides about that one alone: a debit that failed
// may be tried again with another. A session names no charge; its debit is
// under way until any has failed.
func debitUnderWay(facts []storedFact) bool {
	ended, failed := map[string]bool{}, false
	for _, fact := range facts {
		switch fact.Kind {
		case PaymentFailed, ChargeUndone:
			ended[fact.Charge], failed = true, true
		case Charged:
			ended[fact.Charge] = true
		default:
		}
	}
	for _, fact := range facts {
		if fact.Kind == DebitPending && (fact.Charge == "" && !failed || fact.Charge != "" && !ended[fact.Charge]) {
			return true
		}
	}
	return false
}

// statusOf takes the first state that holds, in the order of precedence.
func statusOf(f figures, completed, failed, expired bool) Status {
	switch {
	case f.disputed > 0:
		return Disputed
	case f.captured > 0 && f.refunded >= f.captured:
		return Refunded
	case f.refunded > 0:
		return PartiallyRefunded
	case f.captured > 0:
		return Received
	case failed && f.pending == 0:
		return Failed
	case completed || f.pending > 0:
		return Processing
	case expired:
		return Expired
	default:
		return Started
	}
}
