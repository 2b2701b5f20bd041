package models

import "errors"

// The errors that callers tell apart. handlers has the one table that turns
// them into statuses.
var (
	// ErrNotFound: no such row; the caller's token, id or name is unknown.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the same form key was used for other choices, and that
	// payment page is still open, or the gift is booked.
	ErrConflict = errors.New("the form key stands for other choices")
	// ErrExists: there is such an account already, or it is done already.
	ErrExists = errors.New("there is one already")
	// ErrNotSettled: a payout that has not arrived, or does not add up, can't be
	// marked as reconciled.
	ErrNotSettled = errors.New("the payout is not settled")
	// ErrNotOver: a day is closed once it is over in the books' zone.
	ErrNotOver = errors.New("that day is not over")
	// ErrUnsettled: something is open that can make the days to be closed wrong.
	ErrUnsettled = errors.New("not all of these days is settled")
	// ErrNotClosed: there is nothing to open again.
	ErrNotClosed = errors.New("that day is not closed")
	// ErrInFuture: a gift can't have been received on a day that has not begun.
	ErrInFuture = errors.New("that day has not begun")
	// ErrLatePostmark: what has come was not mailed after that.
	ErrLatePostmark = errors.New("the postmark is later than the day received")
	// ErrNotAGift: an offline gift without an amount above zero, a method that
	// there is, or the day on which it was received; or stock that is not named.
	ErrNotAGift = errors.New("a gift needs an amount, a method and a day; stock, what was given")
	// ErrOfflineGift: what did not pass through Stripe can't be refunded there.
	ErrOfflineGift = errors.New("the gift did not pass through Stripe")
	// ErrDisputed: a bank has taken back what would be refunded.
	ErrDisputed = errors.New("the gift is disputed")
	// ErrNothingLeft: nothing of the gift is here.
	ErrNothingLeft = errors.New("nothing is left of the gift")
	// ErrMoreThanLeft: that much of the gift is not here.
	ErrMoreThanLeft = errors.New("less is left of the gift")
	// ErrUnconfirmed: a large refund whose amount was not typed twice, or
	// differently.
	ErrUnconfirmed = errors.New("the amount is not confirmed")
	// ErrUnanswered: it is not known what Stripe did about another refund of the
	// gift. It must be asked for again first.
	ErrUnanswered = errors.New("another refund is unanswered")
	// ErrNoNote: a note without words, or with too many.
	ErrNoNote = errors.New("a note needs words, and not too many")
	// ErrNoAddress: nobody knows where mail to this donor goes.
	ErrNoAddress = errors.New("no address of the donor's is known")
	// ErrClosed: the campaign takes no gifts at this time.
	ErrClosed = errors.New("the campaign takes no gifts now")
	// ErrOtherBooks: the database holds another campaign, currency or mode, or days that
	// were closed in another zone.
	ErrOtherBooks = errors.New("the database holds other books")
	// ErrBooksClosed: it is not known yet that the database holds this
	// campaign's books, so nothing is written.
	ErrBooksClosed = errors.New("the books are not open")
	// ErrIncomplete: a part of the sync with Stripe has not been read yet.
	ErrIncomplete = errors.New("a part of the sync is yet to be read")
	// ErrSchemaBehind: the schema is older than this program.
	ErrSchemaBehind = errors.New("the schema is older than this program")
	// ErrSchemaAhead: the schema is newer than this program.
	ErrSchemaAhead = errors.New("the schema is newer than this program")
)
