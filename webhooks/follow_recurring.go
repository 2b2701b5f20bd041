package webhooks

import (
	"cmp"
	"context"
	"errors"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// invoiceOwner says whose an invoice is, and fetches its subscription if the
// invoice itself does not say.
func (f follower) invoiceOwner(ctx context.Context, i invoice, c charge) (models.GiftRef, error) {
	gift := invoiceRef(i)
	if !gift.Final {
		var s subscription
		err := f.fetch(ctx, stripeapi.Subscriptions, "subscription", i.Subscription.ID, &s)
		if err != nil && !errors.Is(err, stripeapi.ErrMissing) {
			return gift, err
		}
		i.Subscription.Object = &s
		gift = invoiceRef(i)
	}
	gift.Charge = cmp.Or(c.ID, gift.Charge) // not every charge of an invoice is the one that paid it
	gift.PaymentIntent = cmp.Or(gift.PaymentIntent, c.PaymentIntent.ID)
	gift.Final = true
	return gift, nil
}

// readInvoice reads an invoice that was fetched, and finds whose it is.
func (f follower) readInvoice(ctx context.Context, i invoice, evidence string) (models.Reading, error) {
	reading, _, err := f.ownInvoice(ctx, i, evidence)
	return reading, err
}

func (f follower) ownInvoice(ctx context.Context, i invoice, evidence string) (models.Reading, models.GiftRef, error) {
	if i.Charge.Object == nil && i.Charge.ID != "" {
		var c charge
		if err := f.fetch(ctx, stripeapi.Charges, "charge", i.Charge.ID, &c); err != nil && !errors.Is(err, stripeapi.ErrMissing) {
			return models.Reading{}, models.GiftRef{}, err
		}
		i.Charge.Object = &c
	}
	gift, err := f.invoiceOwner(ctx, i, charge{})
	if err != nil {
		return models.Reading{}, models.GiftRef{}, err
	}
	return readInvoice(i, gift, evidence), gift, nil
}

// failedInvoice fetches the invoice of a renewal that an event says has failed.
func (f follower) failedInvoice(ctx context.Context, e event) (models.Reading, error) {
	var i invoice
	if err := f.fetch(ctx, stripeapi.Invoices, "invoice", e.objectID(), &i); err != nil {
		return models.Reading{}, err
	}
	reading, gift, err := f.ownInvoice(ctx, i, e.ID)
	return readFailure(reading, i, gift, utc(e.Created)), err
}
