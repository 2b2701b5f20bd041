package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// metaErased marks in the metadata of payment intents, charges and subscriptions
// whose donor was erased, with the time: what a payer typed on Stripe's own page
// stays in those objects and their Checkout sessions for good, and whoever reads
// them leaves it there.
const metaErased = "appeal_erased"

// ErasedAt is when the donor of an object with these metadata was erased; zero
// unless they say so. What can't be read as a time counts as long ago.
func ErasedAt(metadata map[string]string) time.Time {
	mark := metadata[metaErased]
	if mark == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, mark)
	if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return time.Unix(0, 0).UTC()
	}
	return at
}

// Known is what Stripe knows somebody by.
type Known struct {
	PaymentIntents, Charges, Customers, Subscriptions []string
}

// forgetPerSecond bounds what forgetting somebody asks of Stripe, once as much as
// most donors need was asked at once: who is about to pay comes first.
const forgetPerSecond, forgetAtOnce = 10, 20

// Forget takes out of Stripe what can be taken out of somebody, and marks the
// rest with the time: of payment intents, of every charge that was tried for them,
// and of subscriptions the words that travelled in metadata; of payment intents
// the address for Stripe's receipts; and customers altogether, with their cards,
// which ends their subscriptions at once, for good
// (https://docs.stripe.com/api/customers/delete). What is gone already is no
// error, and all of it can be asked again.
//
// unchanged are the ids of what Stripe would not change, as it won't change a
// canceled subscription in old accounts: asking again would not help, and what is
// marked elsewhere keeps their words out of the books. Errors are ErrUnavailable
// and *ForbiddenError.
//
// Left at Stripe are the billing details of charges and what was typed on payment
// pages and printed on invoices, which its API changes for nobody. Only a
// redaction in the Dashboard takes that out (https://docs.stripe.com/privacy/redaction).
func (c *Client) Forget(ctx context.Context, who Known, at time.Time) (unchanged []string, err error) {
	f := &forgetting{Client: c, mark: at.UTC().Format(time.RFC3339), done: map[string]bool{}}
	for _, part := range []struct {
		ids    []string
		forget func(context.Context, string) error
	}{
		{who.PaymentIntents, f.intent},
		{who.Charges, f.charge},
		{who.Subscriptions, f.subscription}, // before their customer ends them
	} {
		if err := f.each(ctx, part.ids, part.forget); err != nil {
			return nil, err
		}
	}
	customers := slices.Concat(who.Customers, f.customers)
	if err := f.each(ctx, customers, f.customer); err != nil {
		return nil, err
	}
	return f.unchanged, nil
}

// forgetting is one call of Forget.
type forgetting struct {
	*Client
	mark      string
	done      map[string]bool // ids
	customers []string        // that subscriptions named
	unchanged []string
}

// each forgets what is in some objects, each once.
func (f *forgetting) each(ctx context.Context, ids []string, forget func(context.Context, string) error) error {
	for _, id := range ids {
		if f.done[id] || !stripeID.MatchString(id) {
			continue
		}
		f.done[id] = true
		if err := forget(ctx, id); err != nil {
			return fmt.Errorf("forget %s: %w", id, err)
		}
	}
	return nil
}

// ask asks for one change, at the pace that leaves room for donors. What is
// missing has been forgotten, and what Stripe won't change is noted.
func (f *forgetting) ask(ctx context.Context, id string, change func(ctx context.Context) error) error {
	if err := f.forgets.Wait(ctx); err != nil {
		return fmt.Errorf("%w: wait for its rate: %w", ErrUnavailable, err)
	}
	err := try(ctx, change)
	var forbidden *ForbiddenError
	switch {
	case errors.Is(err, ErrMissing):
		return nil
	case errors.Is(err, ErrRefused) && !errors.As(err, &forbidden):
		if !slices.Contains(f.unchanged, id) {
			f.unchanged = append(f.unchanged, id)
		}
		return nil
	}
	return err
}

// emptied are the metadata that take a person's words out and mark the rest.
func (f *forgetting) emptied(ctx context.Context) stripe.Params {
	p := stripe.Params{Context: ctx}
	p.AddMetadata(metaComment, "") // unset
	p.AddMetadata(metaTributeName, "")
	p.AddMetadata(metaErased, f.mark)
	return p
}

// intent forgets what is in a payment intent and in all charges that were tried
// for it: the books know only those of which something came.
func (f *forgetting) intent(ctx context.Context, id string) error {
	var left *stripe.PaymentIntent
	err := f.ask(ctx, id, func(ctx context.Context) error {
		var err error
		left, err = f.sc.PaymentIntents.Update(id, &stripe.PaymentIntentParams{Params: f.emptied(ctx)})
		return err
	})
	if err != nil {
		return err
	}
	// Asked for apart: Stripe refuses it while a bank debit is under way.
	if left != nil && left.ReceiptEmail != "" {
		err := f.ask(ctx, id, func(ctx context.Context) error {
			_, err := f.sc.PaymentIntents.Update(id, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}, ReceiptEmail: stripe.String("")})
			return err
		})
		if err != nil {
			return err
		}
	}
	return f.chargesOf(ctx, "payment_intent", id)
}

func (f *forgetting) charge(ctx context.Context, id string) error {
	return f.ask(ctx, id, func(ctx context.Context) error {
		_, err := f.sc.Charges.Update(id, &stripe.ChargeParams{Params: f.emptied(ctx)})
		return err
	})
}

// chargesOf forgets what is in the charges that Stripe lists for another object.
func (f *forgetting) chargesOf(ctx context.Context, kind, id string) error {
	l := Listing{Kind: Charges, Filter: map[string]string{kind: id}}
	for {
		if err := f.forgets.Wait(ctx); err != nil {
			return fmt.Errorf("%w: wait for its rate: %w", ErrUnavailable, err)
		}
		page, err := f.List(ctx, l)
		if errors.Is(err, ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		ids := make([]string, 0, len(page.Items))
		for _, raw := range page.Items {
			ids = append(ids, idOf(raw))
		}
		if err := f.each(ctx, ids, f.charge); err != nil || page.Last == "" {
			return err
		}
		l.After = page.Last
	}
}

func (f *forgetting) subscription(ctx context.Context, id string) error {
	err := f.ask(ctx, id, func(ctx context.Context) error {
		sub, err := f.sc.Subscriptions.Update(id, &stripe.SubscriptionParams{Params: f.emptied(ctx)})
		if err == nil && sub.Customer != nil {
			f.customers = append(f.customers, sub.Customer.ID)
		}
		return err
	})
	return err
}

// customer forgets what is in a customer's charges, those of renewals that came
// to nothing too, and then the customer.
func (f *forgetting) customer(ctx context.Context, id string) error {
	if err := f.chargesOf(ctx, "customer", id); err != nil {
		return err
	}
	return f.ask(ctx, id, func(ctx context.Context) error {
		_, err := f.sc.Customers.Del(id, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
		return err
	})
}
