package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"github.com/corruptionproject/appeal/internal/money"
)

// Kind is a kind of Stripe's objects that can be read.
type Kind string

// The kinds that are read, by the path of their collection.
const (
	Sessions            Kind = "/v1/checkout/sessions"
	PaymentIntents      Kind = "/v1/payment_intents"
	Charges             Kind = "/v1/charges"
	Refunds             Kind = "/v1/refunds"
	Disputes            Kind = "/v1/disputes"
	Subscriptions       Kind = "/v1/subscriptions"
	Invoices            Kind = "/v1/invoices"
	Payouts             Kind = "/v1/payouts"
	BalanceTransactions Kind = "/v1/balance_transactions"
	FraudWarnings       Kind = "/v1/radar/early_fraud_warnings"
	Events              Kind = "/v1/events"
)

// expanded are the fields that come as whole objects, so that one request says
// all that is booked of an object (https://docs.stripe.com/expand).
var expanded = map[Kind][]string{
	Sessions:       {"payment_intent.latest_charge", "invoice.charge"},
	PaymentIntents: {"latest_charge"},
	Charges:        {"failure_balance_transaction"},
	Refunds:        {"failure_balance_transaction"},
	Payouts:        {"failure_balance_transaction"},
	Invoices:       {"subscription", "charge"},
	Subscriptions:  {"default_payment_method", "customer.invoice_settings.default_payment_method"},
}

// Fetch reads one object as the bytes Stripe sent, at the API version that
// this program speaks. An event is the exception: its data is rendered in the
// account's version, so it is a pointer and no evidence. It returns ErrMissing,
// ErrUnavailable (also where Stripe answers 5xx) or ErrRefused.
func (c *Client) Fetch(ctx context.Context, kind Kind, id string) (json.RawMessage, error) {
	if !stripeID.MatchString(id) {
		return nil, fmt.Errorf("%w: %q is no id of Stripe's", ErrMissing, id)
	}
	query := url.Values{"expand[]": expanded[kind]}
	return c.read(ctx, perTry, string(kind)+"/"+url.PathEscape(id), query)
}

// stripeID is what Stripe's ids look like: nothing in them has a meaning in a
// path.
var stripeID = regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`)

// Listing says which objects to list, newest first.
type Listing struct {
	Kind   Kind
	Since  time.Time         // made then or later; the zero time for all
	Filter map[string]string // Stripe's own, as "charge": "ch_…"
	After  string            // the last object of the page before, "" for the first page
}

// Page is one page of a listing.
type Page struct {
	Items []json.RawMessage
	Last  string // where the next page begins; "" if there is none
}

// pageSize is the most that Stripe lists at once.
const pageSize = 100

// perPage is how long Stripe may take for a page: a hundred objects with what
// is expanded in them. No donor waits for one.
const perPage = 25 * time.Second

// List reads one page of a listing. Errors are those of Fetch.
func (c *Client) List(ctx context.Context, l Listing) (Page, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	for _, field := range expanded[l.Kind] {
		query.Add("expand[]", "data."+field)
	}
	if !l.Since.IsZero() {
		query.Set("created[gte]", strconv.FormatInt(l.Since.Unix(), 10))
	}
	for name, value := range l.Filter {
		query.Set(name, value)
	}
	if l.After != "" {
		query.Set("starting_after", l.After)
	}
	raw, err := c.read(ctx, perPage, string(l.Kind), query)
	if err != nil {
		return Page{}, err
	}
	var answer struct {
		Data    []json.RawMessage `json:"data"`
		HasMore bool              `json:"has_more"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Page{}, fmt.Errorf("%w: a list that can't be read", ErrUnavailable)
	}
	page := Page{Items: answer.Data}
	if answer.HasMore && len(answer.Data) > 0 {
		if page.Last = idOf(answer.Data[len(answer.Data)-1]); page.Last == "" {
			return Page{}, fmt.Errorf("%w: a list whose last object has no id", ErrUnavailable)
		}
	}
	return page, nil
}

// idOf is an object's id, "" if it can't be read.
func idOf(raw json.RawMessage) string {
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	return o.ID
}

// read asks for a path and returns the answer as it came.
func (c *Client) read(ctx context.Context, each time.Duration, path string, query url.Values) (json.RawMessage, error) {
	var raw json.RawMessage
	err := tryFor(ctx, each, func(ctx context.Context) error {
		body := &form.Values{}
		for name, values := range query {
			for _, value := range values {
				body.Add(name, value)
			}
		}
		answer := &stripe.APIResource{}
		err := c.backend.CallRaw(http.MethodGet, path, c.key, body, &stripe.Params{Context: ctx}, answer)
		if err == nil {
			raw = answer.LastResponse.RawJSON
		}
		return err
	})
	return raw, err
}

// Balance is what the Stripe account holds in a currency, available and
// pending together.
func (c *Client) Balance(ctx context.Context, currency money.Currency) (money.Minor, error) {
	var sum int64
	err := try(ctx, func(ctx context.Context) error {
		sum = 0
		balance, err := c.sc.Balance.Get(&stripe.BalanceParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return err
		}
		for _, part := range append(balance.Available, balance.Pending...) {
			if string(part.Currency) == string(currency) {
				sum += part.Amount
			}
		}
		return nil
	})
	return money.Minor(sum), err
}
