package webhooks

import (
	"cmp"
	"slices"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// readRefund books a refund under its own id: a charge's amount_refunded is a
// running total, and goes down when one fails. The fee is not given back.
func readRefund(r refund, gift models.GiftRef, evidence string) models.Reading {
	if r.Amount <= 0 {
		return unusable // Stripe makes none of nothing: the amount is missing
	}
	fact := models.Fact{Object: r.ID, Gift: gift, At: utc(r.Created), Evidence: evidence}
	made, settled, undone := fact, fact, fact
	made.Kind, made.Key, made.Money = models.RefundMade, r.ID+":refund", sum(r.Amount, r.Currency)
	switch r.Status {
	case "failed", "canceled":
		undone.Kind, undone.Key, undone.Money = models.RefundUndone, r.ID+":refund_failed", made.Money
		switch {
		case r.CameBack.Object != nil:
			undone.At = utc(r.CameBack.Object.Created)
		case r.CameBack.ID != "":
			return models.Reading{Facts: []models.Fact{made}, More: returnToBeRead}
		}
		return facts(made, undone)
	case "succeeded":
		settled.Kind, settled.Key = models.RefundSettled, r.ID+":refund_settled"
		return facts(made, settled)
	default:
		return facts(made)
	}
}

// readRefunds books all refunds of a charge. Those that failed go first: what
// came back can be refunded again.
func readRefunds(all []refund, gift models.GiftRef, evidence string) models.Reading {
	slices.SortStableFunc(all, func(a, b refund) int {
		return cmp.Or(cmp.Compare(stands(a), stands(b)), cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	var reading models.Reading
	for _, r := range all {
		one := readRefund(r, gift, evidence)
		reading.Facts = append(reading.Facts, one.Facts...)
		reading.More = cmp.Or(reading.More, one.More)
	}
	if reading.Empty() {
		return noEffect
	}
	return reading
}

func stands(r refund) int {
	if r.Status == "failed" || r.Status == "canceled" {
		return 0
	}
	return 1
}

// readDispute books each movement that a dispute made, by its own balance
// transaction. Its state moves nothing by itself; once it is lost, what it took is
// no longer part of the gift's receipt. asOf is when it was so: a later state names
// another deadline.
func readDispute(d dispute, gift models.GiftRef, evidence string, asOf time.Time) models.Reading {
	fact := models.Fact{
		Object: d.ID, Gift: gift, At: utc(d.Created), Evidence: evidence, Money: money.Money{Currency: money.Currency(d.Currency)},
	}
	opened := fact
	opened.Kind, opened.Key = models.DisputeOpened, d.ID+":opened"
	reading := facts(opened)
	reading.Dispute = &models.Dispute{ID: d.ID, Status: d.Status, Amount: money.Minor(d.Amount), AsOf: asOf}
	if d.Evidence.DueBy > 0 { // 0 where the bank takes no answer
		due := utc(d.Evidence.DueBy)
		reading.Dispute.RespondBy = &due
	}
	slices.SortStableFunc(d.Transactions, func(a, b transaction) int { return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID)) })
	for _, t := range d.Transactions {
		if t.ID == "" {
			continue
		}
		moved := fact
		moved.At = utc(t.Created)
		if t.Amount != 0 {
			moved.Kind, moved.Key, moved.Money = models.DisputeMoved, t.ID+":dispute", sum(-t.Amount, t.Currency)
			reading.Facts = append(reading.Facts, moved)
		}
		if t.Fee != 0 {
			moved.Kind, moved.Key, moved.Money = models.FeeKept, t.ID+":fee", sum(t.Fee, t.Currency)
			reading.Facts = append(reading.Facts, moved)
		}
	}
	if reading.Dispute.Decided() {
		closed := fact
		closed.Kind, closed.Key = models.DisputeClosed, d.ID+":closed"
		reading.Facts = append(reading.Facts, closed)
	}
	if d.Status == "lost" {
		lost := fact
		lost.Kind, lost.Key = models.DisputeLost, d.ID+":lost"
		reading.Facts = append(reading.Facts, lost)
	}
	return reading
}

// readWarning keeps that a card's issuer suspects fraud. No money moves; a
// refund before the dispute comes saves its fee.
func readWarning(w warning, gift models.GiftRef, evidence string) models.Reading {
	return facts(models.Fact{Key: w.ID + ":warning", Kind: models.FraudWarned, Object: w.Charge.ID, Gift: gift, At: utc(w.Created), Evidence: evidence})
}
