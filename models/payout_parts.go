package models

import (
	"cmp"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// PayoutPart is what a line of a payout is, as far as the books know it.
type PayoutPart string

// The parts of a payout, in the order in which they are shown: what needs a
// person first, then what took money out.
const (
	UnmatchedPart PayoutPart = "unmatched" // nothing in the books explains it, or not all of it
	DisputesPart  PayoutPart = "disputes"
	RefundsPart   PayoutPart = "refunds"
	OtherPart     PayoutPart = "other" // no gift of this campaign
	GiftsPart     PayoutPart = "gifts" // payments, and bank debits that came to nothing after all
)

// PayoutParts are all of them, in that order.
var PayoutParts = []PayoutPart{UnmatchedPart, DisputesPart, RefundsPart, OtherPart, GiftsPart}

// partOf is which part a balance transaction t is of.
const partOf = `CASE
	WHEN t.treatment = 'suspense' THEN 'unmatched'
	WHEN t.treatment <> 'gift' THEN 'other'
	WHEN t.category IN ('dispute', 'dispute_reversal') THEN 'disputes'
	WHEN t.category IN ('refund', 'refund_failure') THEN 'refunds'
	ELSE 'gifts' END`

// PartSum is what the lines of one part come to, as Stripe has them.
type PartSum struct {
	Lines  int64
	Amount money.Minor // what was moved
	Fee    money.Minor // what Stripe kept of it; negative where it gave fees back
}

// Net is what the part adds to the payout.
func (p PartSum) Net() money.Minor { return p.Amount - p.Fee }

// PayoutSum is a payout with what is in it.
type PayoutSum struct {
	Payout
	Parts map[PayoutPart]PartSum
	Found string // what a sync found wrong with it, where one payout is asked for; no personal data
}

// Opened reports whether its lines are known: those of a manual payout never
// are, for Stripe can't list them (https://docs.stripe.com/payouts#manual-payouts).
func (p PayoutSum) Opened() bool { return p.MembersRead || p.Difference != 0 || len(p.Parts) > 0 }

// Fees is what Stripe kept of this campaign's gifts, as it adds to the payout:
// negative, unless it gave more back.
func (p PayoutSum) Fees() money.Minor {
	return -p.Parts[GiftsPart].Fee - p.Parts[RefundsPart].Fee - p.Parts[DisputesPart].Fee
}

// Other is what is no gift of this campaign, its fees included, or is from
// before the books start.
func (p PayoutSum) Other() money.Minor { return p.Parts[OtherPart].Net() + p.FromBefore }

// Differs is what the books don't explain of it, or else by how much its lines,
// as they were read, don't come to it: 0 of a payout that adds up.
func (p PayoutSum) Differs() money.Minor { return cmp.Or(p.Unexplained(), p.Difference) }

// Matched is what the lines come to that the books explain, those from before
// their start included.
func (p PayoutSum) Matched() money.Minor {
	sum := p.FromBefore
	for part, s := range p.Parts {
		if part != UnmatchedPart {
			sum += s.Net()
		}
	}
	return sum
}

// Unexplained is by how much more was sent than the books explain: 0 of a
// payout that adds up, and of one that is not opened.
func (p PayoutSum) Unexplained() money.Minor {
	if !p.Opened() {
		return 0
	}
	return p.Amount - p.Matched()
}

// Unlisted is what of that is in no line at all.
func (p PayoutSum) Unlisted() money.Minor { return p.Unexplained() - p.Parts[UnmatchedPart].Net() }

// AddsUp reports whether every line is known and they come to what was sent.
func (p PayoutSum) AddsUp() bool {
	return p.MembersRead && p.Unexplained() == 0 && p.Parts[UnmatchedPart].Lines == 0
}

// Markable reports whether it can be marked as held against the bank's
// statement: the money is there, and nothing of it is left to be explained.
func (p PayoutSum) Markable() bool {
	return p.MarkedAt == nil && p.Status == "paid" && (p.AddsUp() || !p.Automatic)
}

// PayoutLine is one balance transaction that went out with a payout, and what
// the books know of it.
type PayoutLine struct {
	ID        string // txn_…
	Category  string // Stripe's reporting category
	Source    string // the object that moved it; "" for none
	Amount    money.Minor
	Fee       money.Minor
	Net       money.Minor
	CreatedAt time.Time // UTC
	Part      PayoutPart
	Detail    string // of a difference: what a sync found, without personal data

	// Of the gift that it belongs to; "" and 0 where there is none.
	DonationID    string
	Reference     string
	DonorName     string
	Frequency     Frequency
	Renewal       bool
	ReceivedAt    *time.Time
	AmountCharged money.Minor
	Method        string // as Stripe names it
}
