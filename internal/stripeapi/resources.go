package stripeapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"
)

// Resource is something at Stripe that a restricted key may or may not be
// allowed to use.
type Resource struct {
	Name   string // as a person calls it
	method string
	path   string
	list   bool
}

// Resources are what the service uses at Stripe, so that a restricted key
// needs a permission for each.
func Resources() []Resource {
	uses := []Resource{
		// Objects that Stripe can't have: permissions are looked at first, so the
		// answer tells whether such may be changed, and changes nothing.
		{"opening checkouts", http.MethodPost, string(Sessions) + "/cs_appeal_check/expire", false},
		{"changing subscriptions", http.MethodPost, string(Subscriptions) + "/sub_appeal_check", false},
		{"changing payment intents", http.MethodPost, string(PaymentIntents) + "/pi_appeal_check", false},
		{"changing charges", http.MethodPost, string(Charges) + "/ch_appeal_check", false},
		{"changing customers", http.MethodPost, "/v1/customers/cus_appeal_check", false},
		{"opening the billing portal", http.MethodPost, "/v1/billing_portal/configurations/bpc_appeal_check", false},
		{"making refunds", http.MethodPost, string(Refunds) + "/re_appeal_check/cancel", false},
		{"balance", http.MethodGet, "/v1/balance", false},
		// Nor is there such a card: one can't list them without naming a customer.
		{"payment methods", http.MethodGet, "/v1/payment_methods/pm_appeal_check", false},
	}
	for _, list := range []struct {
		name string
		kind Kind
	}{
		{"checkout sessions", Sessions},
		{"payment intents", PaymentIntents},
		{"charges", Charges},
		{"refunds", Refunds},
		{"disputes", Disputes},
		{"early fraud warnings", FraudWarnings},
		{"payouts", Payouts},
		{"balance transactions", BalanceTransactions},
		{"invoices", Invoices},
		{"subscriptions", Subscriptions},
		{"customers", "/v1/customers"},
		{"products", "/v1/products"},
		{"events", Events},
	} {
		uses = append(uses, Resource{list.name, http.MethodGet, string(list.kind), true})
	}
	return uses
}

// MayUse finds out whether the key is allowed to use something, by asking for
// as little of it as can be. It returns a *ForbiddenError if not, ErrUnavailable
// or ErrRefused if that could not be found out.
func (c *Client) MayUse(ctx context.Context, r Resource) error {
	err := try(ctx, func(ctx context.Context) error {
		query := &form.Values{}
		if r.list {
			query.Add("limit", "1")
		}
		params := &stripe.Params{Context: ctx}
		return c.backend.CallRaw(r.method, r.path, c.key, query, params, &stripe.APIResource{})
	})
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}
