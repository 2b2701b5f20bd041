package webhooks

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// readPayout books a deposit, and that its money came back should the bank
// refuse it, which can happen days after it was paid.
func readPayout(p payout) models.Reading {
	if p.Amount == 0 {
		return unusable // Stripe makes none of nothing: the amount is missing
	}
	kept := models.Payout{
		ID: p.ID, Amount: money.Minor(p.Amount), Currency: money.Currency(p.Currency), Status: p.Status, Automatic: p.Automatic,
		Reconciliation: p.Reconciliation, ArrivalOn: utc(p.Arrival).Truncate(24 * time.Hour), CreatedAt: utc(p.Created),
	}
	if kept.Reconciliation == "" && kept.Automatic && kept.Status == "paid" {
		kept.Reconciliation = models.Reconciled // an answer without the field: paid is as good as it gets
	}
	reading := models.Reading{Payout: &kept}
	if !kept.Undone() {
		return reading
	}
	switch {
	case p.CameBack.Object != nil:
		at := utc(p.CameBack.Object.Created)
		kept.FailedAt = &at
	case p.CameBack.ID != "":
		reading.More = returnToBeRead
	}
	return reading
}

// readTransaction reads one line of Stripe's own account.
func readTransaction(t transaction) models.BalanceTransaction {
	return models.BalanceTransaction{
		ID: t.ID, Category: t.category(), Source: t.Source.ID, Amount: money.Minor(t.Amount), Fee: money.Minor(t.Fee),
		Net: money.Minor(t.Net), Currency: money.Currency(t.Currency), CreatedAt: utc(t.Created),
	}
}

// categories are the reporting categories of the types that move a gift's
// money or a payout's, for an answer without one
// (https://docs.stripe.com/reports/balance-transaction-types).
var categories = map[string]string{
	"charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund", "refund_failure": "refund_failure",
	"payment_failure_refund": "charge_failure", "payout": "payout", "payout_failure": "payout_reversal", "payout_cancel": "payout_reversal",
}

func (t transaction) category() string {
	if t.Category != "" {
		return t.Category
	}
	return categories[t.Type]
}
