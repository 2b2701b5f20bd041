package webhooks

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// readInvoice says that a payment of a subscription was made. Its charge says
// how much; an invoice of nothing, or one marked paid by hand, has none.
func readInvoice(i invoice, gift models.GiftRef, evidence string) models.Reading {
	if i.Status != "paid" && !i.Paid || i.OutOfBand || i.Charge.ID == "" {
		return withCharge(i.Charge.Object, gift, evidence)
	}
	amount := i.amount()
	paid := models.Fact{
		Key: i.ID + ":paid", Kind: models.InvoicePaid, Gift: gift, Money: money.Money{Currency: amount.Currency}, Agreed: &amount,
		At: utc(i.Created), ExpectsCharge: true, Evidence: evidence,
	}
	return withCharge(i.Charge.Object, gift, evidence, paid)
}

// readFailure adds to what an invoice says that a try to collect it came to
// nothing, at a moment. A subscription's first invoice does not count: its donor
// was there, and could try another card. Nor does one that is paid, or given up,
// by now.
func readFailure(of models.Reading, i invoice, gift models.GiftRef, at time.Time) models.Reading {
	if !gift.Renewal || gift.Subscription == "" || i.Status != "open" {
		return of
	}
	failed := models.FailedRenewal{Gift: gift, Attempt: i.Attempts, Amount: money.Minor(i.AmountDue), At: at}
	if i.NextTry > 0 {
		next := utc(i.NextTry)
		failed.NextTry = &next
	}
	of.Renewal = &failed
	return of
}

// amount is what an invoice asks for, or what was paid of it.
func (i invoice) amount() money.Money {
	if i.AmountPaid > 0 {
		return sum(i.AmountPaid, i.Currency)
	}
	return sum(i.AmountDue, i.Currency)
}

// invoiceRef says whose an invoice is: the metadata of its subscription, as it
// was when the invoice was made. The first invoice is the gift that began the
// subscription; each later one is a gift of its own.
func invoiceRef(i invoice) models.GiftRef {
	var metadata map[string]string
	if i.Details != nil {
		metadata = i.Details.Metadata
	}
	if metadata[stripeapi.MetaCampaign] == "" && i.Subscription.Object != nil {
		metadata = i.Subscription.Object.Metadata
	}
	gift := stripeapi.ReadMetadata(metadata)
	if i.Subscription.Object != nil { // what the invoice has of them is as they were then
		gift.Erased = marked(gift.Erased, i.Subscription.Object.Metadata)
	}
	gift.Invoice, gift.Charge, gift.PaymentIntent, gift.Subscription = i.ID, i.Charge.ID, i.PaymentIntent.ID, i.Subscription.ID
	gift.Renewal = i.BillingReason != "subscription_create"
	gift.Final = gift.Campaign != "" || i.Subscription.ID == "" || i.Subscription.Object != nil || len(metadata) > 0
	return gift
}

// readSubscription keeps what a subscription is like at a moment.
func readSubscription(s subscription, asOf time.Time) models.Reading {
	gift := stripeapi.ReadMetadata(s.Metadata)
	kept := models.Subscription{
		ID: s.ID, Token: gift.Token, Campaign: gift.Campaign, Customer: s.Customer.ID, Status: s.Status,
		Currency: money.Currency(s.Currency), Months: 1, CancelsAtEnd: s.CancelsAtEnd, AsOf: asOf,
		FeesCovered: gift.Choices.FeesCovered, Erased: !gift.Erased.IsZero(),
	}
	if s.PeriodStart > 0 {
		start := utc(s.PeriodStart)
		kept.PeriodStart = &start
	}
	if s.PeriodEnd > 0 {
		end := utc(s.PeriodEnd)
		kept.PeriodEnd = &end
	}
	// Stripe: canceled_at is when the end was asked for, and stays so when the
	// period has run out (https://docs.stripe.com/api/subscriptions/object). One
	// whose first payment never came was nothing to cancel.
	if ended := cmp.Or(s.CanceledAt, s.EndedAt); ended > 0 && s.Status != "incomplete_expired" {
		at := utc(ended)
		kept.CancelledAt = &at
	}
	// One without a method of its own is paid by its customer's.
	with := s.Method
	if with.ID == "" && s.Customer.Object != nil {
		with = s.Customer.Object.Settings.Method
	}
	kept.PaymentMethod = with.ID
	if m := with.Object; m != nil {
		kept.Card = models.Card{Brand: m.Card.Brand, Last4: m.Card.Last4, ExpMonth: m.Card.ExpMonth, ExpYear: m.Card.ExpYear}
	}
	kept.Amount = s.Items.amount()
	for _, item := range s.Items.Data {
		months := max(item.Price.Recurring.Count, 1)
		if item.Price.Recurring.Interval == "year" {
			months *= 12
		}
		kept.Months = max(kept.Months, months)
	}
	return models.Reading{Subscription: &kept}
}

// amount is what the items come to each time.
func (i items) amount() money.Minor {
	var sum money.Minor
	for _, item := range i.Data {
		sum += money.Minor(item.Price.UnitAmount * max(item.Quantity, 1))
	}
	return sum
}

// amountBefore is what a subscription came to before an event, nil if the event
// does not say that this has changed.
func amountBefore(previous json.RawMessage) *money.Minor {
	var before struct {
		Items *items `json:"items"`
	}
	if json.Unmarshal(previous, &before) != nil || before.Items == nil || len(before.Items.Data) == 0 {
		return nil
	}
	sum := before.Items.amount()
	return &sum
}
