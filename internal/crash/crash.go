// Package crash names the moments at which a dying process could lose or
// double something: before and after every commit, every call to Stripe and
// every answer that rests on one. The product calls Here at each of them, and
// a test kills the process there, as kill -9 and a power switch do.
//
// It refuses to be set off from outside: no setting and no request arms it,
// only Arm, which the linters let nothing but tests call. A point costs the
// product one comparison with nil. Why there is no environment variable and no
// build tag for it stands in docs/adr.
package crash

import (
	"os"
	"sync/atomic"
)

// Point is a moment at which a process can die.
type Point int

// Every point, in the order of a gift's way. A new one needs a name below, a
// call of Here where it is, and a scenario in cmd/appeal that comes by, or one in
// models for what its Store does alone.
const (
	MigrationDue       Point = iota // before each step of the schema
	MigrationDone                   // after each step
	BooksUnmade                     // the books' own row written, not committed
	BooksMade                       // committed
	IntentUnkept                    // an intended gift written, not committed
	IntentKept                      // committed
	CheckoutUnasked                 // before Stripe is asked for the payment page
	CheckoutAnswered                // Stripe has made it, and nothing here knows
	SessionUnkept                   // the payment page's address written, not committed
	SessionKept                     // committed
	RedirectUnsent                  // before the donor is led to the payment page
	SignupUnkept                    // the newsletter was asked for, and nothing is committed
	SignupKept                      // committed, the mail queued with it
	ConfirmUnkept                   // an address was confirmed, not committed
	ConfirmKept                     // committed
	EventUnkept                     // a genuine event came, and nothing is written
	EventBooked                     // it is stored and booked, not committed
	EventUnanswered                 // committed, and Stripe has no answer
	ClaimUnkept                     // waiting events claimed, not committed
	ClaimKept                       // committed
	LookupFetched                   // what they wait for is fetched, and nothing is written
	LookupBooked                    // booked, not committed
	LookupSettled                   // committed
	SyncLeased                      // a sync has its lease
	SyncBegun                       // and knows where it begins
	PageRead                        // a page of Stripe's objects is read, and nothing is booked
	ObjectsLearned                  // its objects are booked, not committed
	ObjectsKept                     // committed
	TransactionsBooked              // balance transactions are settled, not committed
	TransactionsKept                // committed
	PageBooked                      // all of the page is booked, and the cursor is before it
	CursorKept                      // the cursor is after it
	DifferencesNamed                // findings are written, not committed
	SyncUncompleted                 // all is read, and the run is open
	SyncCompleted                   // the run is closed, and the lease is held
	ReceiptUnkept                   // a gift's documents are numbered and their mail queued, not committed
	ReceiptKept                     // committed
	MailUnclaimed                   // mails are claimed, not committed
	MailClaimed                     // committed, and nothing is sent
	MailUnended                     // a mail was sent, and that is written, not committed
	MailEnded                       // committed
	OfflineUnkept                   // an offline gift or its reversal is booked, not committed
	OfflineKept                     // committed
	RefundUnkept                    // a refund was asked for, not committed
	RefundKept                      // committed, and Stripe is not asked
	RefundAnswered                  // Stripe has made it, and nothing here knows
	RefundEnded                     // that is committed, and the books don't have it
	ErasureUnkept                   // a donor's person went out of the rows, not committed
	ErasureKept                     // committed, and raw events and Stripe still know it
	EventsUnemptied                 // some raw events are emptied, not committed
	EventsEmptied                   // committed
	StripeForgot                    // Stripe has forgotten the donor, and nothing here knows
	ErasureUnended                  // that is written, not committed
	ErasureEnded                    // committed
	StatementsUnkept                // some statements of a year are queued, not committed
	StatementsKept                  // committed, and the run is not over
	ProgressFolding                 // the rows of progress are deleted, their sum not written
	ProgressFolded                  // committed
	points
)

var names = [points]string{
	MigrationDue: "migration due", MigrationDone: "migration done", BooksUnmade: "books unmade", BooksMade: "books made",
	IntentUnkept: "intent unkept", IntentKept: "intent kept", CheckoutUnasked: "checkout unasked", CheckoutAnswered: "checkout answered",
	SessionUnkept: "session unkept", SessionKept: "session kept", RedirectUnsent: "redirect unsent",
	SignupUnkept: "signup unkept", SignupKept: "signup kept", ConfirmUnkept: "confirm unkept", ConfirmKept: "confirm kept",
	EventUnkept: "event unkept", EventBooked: "event booked", EventUnanswered: "event unanswered",
	ClaimUnkept: "claim unkept", ClaimKept: "claim kept", LookupFetched: "lookup fetched", LookupBooked: "lookup booked", LookupSettled: "lookup settled",
	SyncLeased: "sync leased", SyncBegun: "sync begun", PageRead: "page read", ObjectsLearned: "objects learned", ObjectsKept: "objects kept",
	TransactionsBooked: "transactions booked", TransactionsKept: "transactions kept", PageBooked: "page booked", CursorKept: "cursor kept",
	DifferencesNamed: "differences named", SyncUncompleted: "sync uncompleted", SyncCompleted: "sync completed",
	ReceiptUnkept: "receipt unkept", ReceiptKept: "receipt kept",
	MailUnclaimed: "mail unclaimed", MailClaimed: "mail claimed", MailUnended: "mail unended", MailEnded: "mail ended",
	RefundUnkept: "refund unkept", RefundKept: "refund kept", RefundAnswered: "refund answered", RefundEnded: "refund ended",
	OfflineUnkept: "offline unkept", OfflineKept: "offline kept", StatementsUnkept: "statements unkept", StatementsKept: "statements kept",
	ErasureUnkept: "erasure unkept", ErasureKept: "erasure kept", EventsUnemptied: "events unemptied", EventsEmptied: "events emptied",
	StripeForgot: "stripe forgot", ErasureUnended: "erasure unended", ErasureEnded: "erasure ended",
	ProgressFolding: "progress folding", ProgressFolded: "progress folded",
}

// Points are all of them.
func Points() []Point {
	all := make([]Point, points)
	for i := range all {
		all[i] = Point(i)
	}
	return all
}

// String is the point's name.
func (p Point) String() string { return names[p] }

// trigger is what a test armed: this process dies at a point, when it has come
// by so often.
type trigger struct {
	at   Point
	left atomic.Int64
}

// armed is set before anything else runs, or never.
var armed *trigger

// Arm makes this process kill itself when it comes by a point for the pass-th
// time, counted from 1. Call it before anything else runs.
func Arm(at Point, pass int) {
	t := &trigger{at: at}
	t.left.Store(int64(pass))
	armed = t
}

// Here says that the process is at a point.
func Here(at Point) {
	if armed != nil {
		armed.passed(at)
	}
}

func (t *trigger) passed(at Point) {
	if at != t.at || t.left.Add(-1) != 0 {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err) // a process that can't kill itself would pass a test of its death
	}
	select {} // nothing happens after the point, however late the signal comes
}
