package models

import "time"

// Attention is what waits for a person, counted: all that stands on the page of
// what needs one.
type Attention struct {
	Events    int64    // could not be booked, or have failed for long
	Twice     UnderWay // gifts of which more came than was agreed, by how much more
	Warnings  UnderWay // of fraud, by what a refund can still save
	LostTwice UnderWay // refunded, and lost in a dispute too
	Differs   UnderWay // where the books and Stripe differ, and nobody has resolved it
	Failed    int64    // mails that were given up
	Held      int64    // mails that a person has to release
	Erasures  int64    // of donors who asked for it, that fail for long
	Debits    UnderWay // bank debits that are under way for long
	Disputes  []OpenDispute
}

// Count is how many there are of all kinds.
func (a Attention) Count() int64 {
	return a.Events + a.Twice.Count + a.Warnings.Count + a.LostTwice.Count + a.Differs.Count + a.Failed + a.Held + a.Erasures + a.Debits.Count + int64(len(a.Disputes))
}

// longDebit is how long a bank debit takes at most, four business days
// (https://docs.stripe.com/payments/ach-direct-debit#timing), and holidays beside.
const longDebit = 7 * 24 * time.Hour

// morningBegins is the hour of the campaign's zone from which on finance is told
// what waits.
const morningBegins = 7

// morning is a day on which it was looked what waits, whether anything did or not.
type morning struct {
	Day    string `gorm:"primaryKey"` // in the campaign's zone
	At     time.Time
	Waited int64
}
