package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/internal/money"
)

// CancelSubscription ends a repeated gift at once. What the period under way
// was paid for stays paid: nothing is prorated and nothing invoiced, which is
// what Stripe does unless asked otherwise. A gift that has ended is as good as
// ended: that it is there no more is no error. It returns ErrUnavailable or
// ErrRefused.
func (c *Client) CancelSubscription(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	// A DELETE needs no idempotency key, and takes none.
	err := try(ctx, func(ctx context.Context) error {
		_, err := c.sc.Subscriptions.Cancel(id, &stripe.SubscriptionCancelParams{Params: stripe.Params{Context: ctx}})
		return err
	})
	if err != nil && !errors.Is(err, ErrMissing) {
		return fmt.Errorf("end a subscription: %w", err)
	}
	return nil
}

// ChangeAmount gives a repeated gift another amount, and another covered fee,
// from the next payment on: in one request, so that no payment can come between
// the two, and in none where Stripe has it so already. Nothing is charged now. It returns ErrMissing for a subscription
// that is not this campaign's, ErrUnavailable or ErrRefused.
//
// Of two changes at once, a double click say, each may add a line for the fees,
// which would then be charged twice. The later one sees both in its answer, and
// changes the subscription once more, to one.
func (c *Client) ChangeAmount(ctx context.Context, id string, amount, fees money.Minor) error {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	most := 1 // lines
	if fees > 0 {
		most = 2
	}
	for range tries {
		lines, err := c.changeAmount(ctx, id, amount, fees)
		if err != nil {
			return fmt.Errorf("change a subscription: %w", err)
		}
		if lines <= most {
			return nil
		}
	}
	return fmt.Errorf("change a subscription: %w: %s is being changed elsewhere", ErrUnavailable, id)
}

// changeAmount is ChangeAmount once. It returns how many lines there are now.
func (c *Client) changeAmount(ctx context.Context, id string, amount, fees money.Minor) (lines int, err error) {
	params, err := c.changedAmount(ctx, id, amount, fees)
	if err != nil || params == nil {
		return 0, err
	}
	// Changing it back and again is another change each time, so the key is this
	// call's own, the same over its tries.
	key := stripe.NewIdempotencyKey()
	var changed *stripe.Subscription
	err = try(ctx, func(ctx context.Context) error {
		params.Context = ctx
		params.SetIdempotencyKey(key)
		var err error
		changed, err = c.sc.Subscriptions.Update(id, params)
		return err
	})
	if err != nil || changed.Items == nil {
		return 0, err
	}
	return len(changed.Items.Data), nil
}

// changedAmount is what ChangeAmount asks for, of the subscription as it now is;
// nil for nothing.
func (c *Client) changedAmount(ctx context.Context, id string, amount, fees money.Minor) (*stripe.SubscriptionParams, error) {
	sub, err := c.subscription(ctx, id)
	if err != nil {
		return nil, err
	}
	gift, covered, err := c.itemsOf(sub)
	if err != nil {
		return nil, err
	}
	if comesTo(gift, amount) && (fees == 0 && len(covered) == 0 || len(covered) == 1 && comesTo(covered[0], fees)) {
		return nil, nil
	}
	purpose := MonthlyGift
	if gift.Price.Recurring.Interval == stripe.PriceRecurringIntervalYear {
		purpose = YearlyGift
	}
	item, err := c.priced(ctx, purpose, gift, amount)
	if err != nil {
		return nil, err
	}
	item.ID = stripe.String(gift.ID)
	params := &stripe.SubscriptionParams{ProrationBehavior: stripe.String("none"), Items: []*stripe.SubscriptionItemsParams{item}}
	params.AddMetadata(metaFees, "") // unset
	if fees > 0 {
		params.AddMetadata(metaFees, strconv.FormatInt(int64(fees), 10))
		if item, err = c.priced(ctx, CoveredFees, gift, fees); err != nil {
			return nil, err
		}
		if len(covered) > 0 {
			item.ID = stripe.String(covered[0].ID)
			covered = covered[1:]
		}
		params.Items = append(params.Items, item)
	}
	for _, one := range covered {
		params.Items = append(params.Items, &stripe.SubscriptionItemsParams{ID: stripe.String(one.ID), Deleted: stripe.Bool(true)})
	}
	return params, nil
}

func comesTo(line *stripe.SubscriptionItem, amount money.Minor) bool {
	return line.Quantity == 1 && line.Price.UnitAmount == int64(amount)
}

// priced is one line of a subscription at another price, as often as like is
// paid. It stands under the campaign's stored product: Stripe takes no name here.
func (c *Client) priced(ctx context.Context, p Purpose, like *stripe.SubscriptionItem, amount money.Minor) (*stripe.SubscriptionItemsParams, error) {
	product, err := c.EnsureProduct(ctx, p)
	if err != nil {
		return nil, err
	}
	often := like.Price.Recurring
	return &stripe.SubscriptionItemsParams{
		Quantity: stripe.Int64(1),
		PriceData: &stripe.SubscriptionItemPriceDataParams{
			Currency: stripe.String(string(like.Price.Currency)), Product: stripe.String(product), UnitAmount: stripe.Int64(int64(amount)),
			Recurring: &stripe.SubscriptionItemPriceDataRecurringParams{Interval: stripe.String(string(often.Interval))},
		},
	}, nil
}

// subscription fetches one of this campaign's. It returns ErrMissing for
// another's.
func (c *Client) subscription(ctx context.Context, id string) (*stripe.Subscription, error) {
	var found *stripe.Subscription
	err := try(ctx, func(ctx context.Context) error {
		var err error
		found, err = c.sc.Subscriptions.Get(id, &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}})
		return err
	})
	if err == nil && found.Metadata[MetaCampaign] != c.campaign.Slug {
		return nil, ErrMissing
	}
	return found, err
}

// itemsOf tells a subscription's lines apart: the gift, and the fees it covers,
// none if it covers none, and more than one after two changes at once. Those begun without stored products are told
// apart by what travels with the gift. It returns ErrRefused for a subscription
// that staff have given another shape.
func (c *Client) itemsOf(sub *stripe.Subscription) (gift *stripe.SubscriptionItem, fees []*stripe.SubscriptionItem, err error) {
	covered, _ := strconv.ParseInt(sub.Metadata[metaFees], 10, 64) // 0 where there is none
	for _, item := range sub.Items.Data {
		if item.Price == nil || item.Price.Recurring == nil || item.Price.Product == nil {
			continue
		}
		ours := item.Price.Product.ID == c.productID(CoveredFees)
		switch {
		case ours || len(fees) == 0 && covered > 0 && gift != nil && item.Price.UnitAmount == covered:
			fees = append(fees, item)
		case gift == nil:
			gift = item
		default:
			return nil, nil, fmt.Errorf("%w: %s has lines of another kind", ErrRefused, sub.ID)
		}
	}
	if gift == nil {
		return nil, nil, fmt.Errorf("%w: %s has no line of a gift", ErrRefused, sub.ID)
	}
	return gift, fees, nil
}

// PortalSession returns the address of a page at Stripe where a donor changes
// what a repeated gift is paid with, and which leads back to /manage. It is a
// key to that page: not for logs. It returns ErrMissing, ErrUnavailable or
// ErrRefused.
func (c *Client) PortalSession(ctx context.Context, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	sub, err := c.subscription(ctx, id)
	if err != nil {
		return "", fmt.Errorf("open the portal: %w", err)
	}
	if err := c.payByDefault(ctx, sub); err != nil {
		return "", fmt.Errorf("open the portal: %w", err)
	}
	config, err := c.ensurePortal(ctx)
	if err != nil {
		return "", fmt.Errorf("open the portal: %w", err)
	}
	params := &stripe.BillingPortalSessionParams{
		Customer: stripe.String(sub.Customer.ID), Configuration: stripe.String(config), ReturnURL: stripe.String(c.base + "/manage"),
		FlowData: &stripe.BillingPortalSessionFlowDataParams{
			Type: stripe.String(string(stripe.BillingPortalSessionFlowTypePaymentMethodUpdate)),
			AfterCompletion: &stripe.BillingPortalSessionFlowDataAfterCompletionParams{
				Type:     stripe.String(string(stripe.BillingPortalSessionFlowAfterCompletionTypeRedirect)),
				Redirect: &stripe.BillingPortalSessionFlowDataAfterCompletionRedirectParams{ReturnURL: stripe.String(c.base + "/manage")},
			},
		},
	}
	var opened *stripe.BillingPortalSession
	key := stripe.NewIdempotencyKey()
	err = try(ctx, func(ctx context.Context) error {
		params.Context = ctx
		params.SetIdempotencyKey(key)
		var err error
		opened, err = c.sc.BillingPortalSessions.New(params)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("open the portal: %w", err)
	}
	return opened.URL, nil
}

// ensurePortal returns the id of the portal's configuration, and makes it where
// the set-up has not.
func (c *Client) ensurePortal(ctx context.Context) (string, error) {
	found, err := c.portal(ctx)
	if errors.Is(err, ErrMissing) {
		return c.makePortal(ctx)
	}
	if err != nil {
		return "", err
	}
	return found.ID, nil
}

// payByDefault has a subscription paid with what its customer pays with by
// default, which is what the portal's page changes
// (https://docs.stripe.com/customer-management/portal-deep-links). Checkout
// begins a subscription with a method of its own, which would go on being
// charged. The customer's default comes first, so that there is one throughout.
func (c *Client) payByDefault(ctx context.Context, sub *stripe.Subscription) error {
	if sub.DefaultPaymentMethod == nil || sub.Customer == nil {
		return nil
	}
	key := stripe.NewIdempotencyKey()
	err := try(ctx, func(ctx context.Context) error {
		params := &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{
			DefaultPaymentMethod: stripe.String(sub.DefaultPaymentMethod.ID),
		}}
		params.Context = ctx
		params.SetIdempotencyKey(key + "-customer")
		_, err := c.sc.Customers.Update(sub.Customer.ID, params)
		return err
	})
	if err != nil {
		return err
	}
	return try(ctx, func(ctx context.Context) error {
		params := &stripe.SubscriptionParams{DefaultPaymentMethod: stripe.String("")}
		params.Context = ctx
		params.SetIdempotencyKey(key + "-subscription")
		_, err := c.sc.Subscriptions.Update(sub.ID, params)
		return err
	})
}
