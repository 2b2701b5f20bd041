package models

import "github.com/corruptionproject/appeal/internal/money"

// ReceiptSettings are what a newsroom's receipts say beside what all do.
type ReceiptSettings struct {
	// Disclosures are the sentences that states want on receipts, and on pages
	// that take gifts, as each state words its own.
	Disclosures []string
	Benefit     Benefit
}

// Benefit is something of value that donors get for a gift. The IRS wants it
// described and its value estimated in good faith, and only what a gift is
// above that value can be deducted (IRS Pub. 1771).
type Benefit struct {
	Description string      // "A year of the magazine"; "": donors get nothing
	Value       money.Minor // what it would cost in a shop, by finance's estimate
	From        money.Minor // the least gift, before covered fees, that brings it
}

// ComesWith reports whether a gift, before covered fees, brings the benefit.
func (b Benefit) ComesWith(gift money.Minor) bool {
	return b.Description != "" && gift >= b.From
}

// Notices are the mails that tell the newsroom of a large gift, of what waits for a
// person, and of what each week came to.
type Notices struct {
	To   []string    // e-mail addresses; none: no notice of gifts is sent
	From money.Minor // of gifts of this much or more
	// Morning is who is told each morning what waits: nil, finance and admins who
	// can sign in; empty, nobody.
	Morning []string
	Weekly  []string // who is told each Monday what the week before came to
}
