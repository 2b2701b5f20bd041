package models

import (
	"fmt"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Posting is one movement of money: two or more lines that sum to zero, kept
// under an immutable key and never changed.
type Posting struct {
	Key        string `gorm:"primaryKey"` // "ch_…:charge"
	Kind       FactKind
	DonationID *string
	Payout     string
	At         time.Time // Stripe's time of the movement (UTC)
	PostedAt   time.Time // when it was written (UTC)
	Corrects   *string   // the posting it is the mirror of
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
}

// MovesMoney reports whether facts of this kind are posted to the journal.
func (k FactKind) MovesMoney() bool {
	_, ok := rules[k]
	return ok
}

// post makes the balanced posting that a fact of a gift stands for.
func post(f Fact, donationID string, postedAt time.Time) Posting {
	rule := rules[f.Kind]
	return Posting{
		Key: f.Key, Kind: f.Kind, DonationID: &donationID, At: f.At, PostedAt: postedAt, Memo: f.Evidence,
		Lines: []Line{
			{Posting: f.Key, Number: 1, Account: rule.debit, Amount: f.Money.Minor, Currency: f.Money.Currency},
			{Posting: f.Key, Number: 2, Account: rule.credit, Amount: -f.Money.Minor, Currency: f.Money.Currency},
		},
	}
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
