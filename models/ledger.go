package models

import (
	"fmt"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Posting is one movement of money: two or more lines that sum to zero, kept
// under an immutable key and never changed.
type Posting struct {
	Key        string   `gorm:"primaryKey"` // "ch_…:charge"
	Kind       FactKind // of the fact, or one of the account's own movements
	DonationID *string  // nil for a movement that is of no one gift
	Payout     string
	At         time.Time  // Stripe's time of the movement (UTC), unless its day was closed when it came
	HappenedAt *time.Time // then that time; At is the first moment that was open
	PostedAt   time.Time  // when it was written (UTC)
	Corrects   *string    // the posting it is the mirror of
	Memo       string
	Lines      []Line `gorm:"-"`
}

// Line is one side of a posting. A positive amount is a debit, a negative one
// a credit.
type Line struct {
	Posting  string `gorm:"primaryKey"`
	Number   int    `gorm:"primaryKey"`
	Account  Account
	Amount   money.Minor
	Currency money.Currency
}

// TableName keeps lines beside their postings by name.
func (Line) TableName() string { return "posting_lines" }

// The movements of the Stripe account that are of no one gift.
const (
	PaidOut      FactKind = "payout" // negative: Stripe debited the bank
	PayoutUndone FactKind = "payout_failed"
	OtherMoved   FactKind = "other"     // of other products, account fees and the like
	Suspended    FactKind = "suspense"  // what sync can't explain yet
	Explained    FactKind = "explained" // the mirror of a suspense once it is, or of an other that proves a gift's
	Opened       FactKind = "opening"   // what the balance held before the books start
)

// rules says which account each movement debits and which it credits. A
// movement that undoes another is its mirror, with the accounts swapped.
var rules = map[FactKind]struct{ debit, credit Account }{
	Charged:       {StripeBalance, DonationIncome},
	ChargeUndone:  {DonationIncome, StripeBalance},
	RefundMade:    {ContraRefunds, StripeBalance},
	RefundUndone:  {StripeBalance, ContraRefunds},
	DisputeMoved:  {ContraDisputes, StripeBalance}, // a reinstatement is negative, and so the mirror
	FeeKept:       {FeeExpense, StripeBalance},
	OfflineGiven:  {OfflineReceived, DonationIncome},
	OfflineUndone: {DonationIncome, OfflineReceived},
	PaidOut:       {Bank, StripeBalance},
	PayoutUndone:  {StripeBalance, Bank},
	OtherMoved:    {StripeBalance, OtherStripe},
	Suspended:     {StripeBalance, Suspense},
	Opened:        {StripeBalance, OpeningStripe},
}

// signed are the kinds whose amount may be of either sign: what Stripe moves
// this way it can move back under the same kind.
var signed = map[FactKind]bool{
	DisputeMoved: true, FeeKept: true, PaidOut: true, PayoutUndone: true, OtherMoved: true, Suspended: true, Opened: true,
}

// MovesMoney reports whether facts of this kind are posted to the journal.
func (k FactKind) MovesMoney() bool {
	_, ok := rules[k]
	return ok
}

// post makes the balanced posting that a fact of a gift stands for.
func post(f Fact, donationID string, postedAt time.Time) Posting {
	p := move(f.Kind, f.Key, f.Money, f.At, postedAt)
	p.DonationID, p.Memo = &donationID, f.Evidence
	if f.Kind == OfflineUndone {
		given := f.Object + ":" + string(OfflineGiven)
		p.Corrects = &given
	}
	return p
}

// move makes the balanced posting of one movement.
func move(kind FactKind, key string, m money.Money, at, postedAt time.Time) Posting {
	rule := rules[kind]
	return Posting{
		Key: key, Kind: kind, At: at.UTC(), PostedAt: postedAt,
		Lines: []Line{
			{Posting: key, Number: 1, Account: rule.debit, Amount: m.Minor, Currency: m.Currency},
			{Posting: key, Number: 2, Account: rule.credit, Amount: -m.Minor, Currency: m.Currency},
		},
	}
}

// mirror makes the posting that takes another back, under its own key.
func mirror(p Posting, kind FactKind, key string, at, postedAt time.Time) Posting {
	back := Posting{Key: key, Kind: kind, DonationID: p.DonationID, At: at, PostedAt: postedAt, Corrects: &p.Key}
	for _, l := range p.Lines {
		back.Lines = append(back.Lines, Line{Posting: key, Number: l.Number, Account: l.Account, Amount: -l.Amount, Currency: l.Currency})
	}
	return back
}

// Balanced returns an error unless the lines are two or more, in one currency,
// and sum to zero.
func (p Posting) Balanced() error {
	if len(p.Lines) < 2 {
		return fmt.Errorf("posting %s has %d lines", p.Key, len(p.Lines))
	}
	var sum money.Minor
	for _, l := range p.Lines {
		if l.Currency != p.Lines[0].Currency {
			return fmt.Errorf("posting %s mixes %s and %s", p.Key, p.Lines[0].Currency, l.Currency)
		}
		sum += l.Amount
	}
	if sum != 0 {
		return fmt.Errorf("posting %s is out of balance by %d", p.Key, sum)
	}
	return nil
}
