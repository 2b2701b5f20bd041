package receipt

import (
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// money is what the contribution comes to, and how. Securities have no amount
// here: what they were worth is the donor's to say (IRS Publication 1771).
func (w writer) money() []Line {
	amount := w.d.Receipt.Amount
	switch {
	case w.method() == models.Stock:
		return nil
	case w.d.Receipt.Kind == models.FirstReceipt:
		return append(w.parts(amount), w.sum(amount)...)
	default:
		return append(w.changes(amount), w.sum(amount)...)
	}
}

// parts tells the gift from the fees that were covered with it.
func (w writer) parts(amount money.Minor) []Line {
	gift := w.d.Donation.Choices
	if gift.FeesCovered == 0 || gift.Charged() != amount {
		return nil
	}
	fees := "Card fees you chose to cover"
	if w.d.Method == "us_bank_account" {
		fees = "Fees you chose to cover"
	}
	return []Line{{Name: "Gift", Value: gift.Amount.String()}, {Name: fees, Value: gift.FeesCovered.String()}}
}

// changes leads from what the first document said to what is left.
func (w writer) changes(amount money.Minor) []Line {
	first := w.first().Amount
	lines := []Line{{Name: "Contribution by " + w.called() + " " + numbered(w.first()), Value: first.String()}}
	if amount == first {
		return lines
	}
	name := "Changes since, in all"
	if len(w.moves()) < 2 && (w.d.Replaced == nil || w.d.Replaced.ID == w.first().ID) {
		name = changed[w.d.Receipt.Reason]
	}
	return append(lines, Line{Name: name, Value: (amount - first).String()})
}

// changed names the change that one document made.
var changed = map[models.ReceiptReason]string{
	models.ReasonFirst:        "Change",
	models.ReasonRefund:       "Refunded",
	models.ReasonRefundUndone: "Refunds that did not go through",
	models.ReasonDisputeLost:  "Taken back by the bank",
	models.ReasonDisputeWon:   "Given back by the bank",
	models.ReasonReversal:     "Taken back",
	models.ReasonPayment:      "Another payment",
}

// sum is what counts. Of a gift that brought something of value it is what was
// paid above that value.
func (w writer) sum(amount money.Minor) []Line {
	name, paid := "Total contribution (USD)", "Paid in all"
	switch {
	case w.d.Receipt.Kind != models.FirstReceipt:
		name, paid = "Contribution now (USD)", "Contribution now"
	case w.method() == models.DAF:
		name = "Grant (USD)"
	case w.method() == models.QCD:
		name = "Distribution (USD)"
	}
	if !w.benefit() || w.c.Organisation.NotDeductible {
		return []Line{{Name: name, Value: amount.String(), Total: true}}
	}
	return []Line{
		{Name: paid, Value: amount.String()},
		{Name: "Value of what you received in return", Value: (-w.d.Donation.BenefitValue).String()},
		{Name: "Deductible contribution (USD)", Value: w.deductible().String(), Total: true},
	}
}

// benefit reports whether the donor got something for what is left of the gift.
func (w writer) benefit() bool { return w.d.Donation.Benefit != "" && w.d.Receipt.Amount > 0 }

// deductible is what was paid above the value of what was got.
func (w writer) deductible() money.Minor {
	return max(0, w.d.Receipt.Amount-w.d.Donation.BenefitValue)
}
