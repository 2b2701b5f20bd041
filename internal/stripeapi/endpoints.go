package stripeapi

import (
	"context"
	"fmt"
	"slices"

	"github.com/stripe/stripe-go/v76"
)

// Endpoint is a webhook endpoint as Stripe keeps it. Its signing secret is
// shown once, when it is made.
type Endpoint struct {
	ID      string
	Version string   // the API version of its events; empty: the account's default
	Events  []string // the types it is sent; "*" for all
	Enabled bool
}

// Endpoints are those that Stripe has for one address, compared with what the
// service needs there.
type Endpoints struct {
	// Current has the API version that the code speaks; nil if none has.
	Current *Endpoint
	// Missing and Extra are the event types that Current should be sent and is
	// not, and the reverse.
	Missing, Extra []string
	// Twins have that version too: each event then arrives once for each.
	Twins []Endpoint
	// Old have another version, which can't be changed at Stripe.
	Old []Endpoint
}

// Endpoints lists the endpoints for an address and compares them with the
// event types wanted there. It returns ErrUnavailable, a *ForbiddenError or
// another ErrRefused.
func (c *Client) Endpoints(ctx context.Context, address string, types []string) (Endpoints, error) {
	var found Endpoints
	err := try(ctx, func(ctx context.Context) error {
		found = Endpoints{}
		params := &stripe.WebhookEndpointListParams{}
		params.Context = ctx
		params.Limit = stripe.Int64(100)
		list := c.sc.WebhookEndpoints.List(params)
		for list.Next() {
			if one := list.WebhookEndpoint(); one.URL == address {
				found.add(Endpoint{ID: one.ID, Version: one.APIVersion, Events: one.EnabledEvents, Enabled: one.Status == "enabled"})
			}
		}
		return list.Err()
	})
	if err != nil {
		return Endpoints{}, fmt.Errorf("list the webhook endpoints: %w", err)
	}
	if found.Current != nil {
		found.compare(types)
	}
	return found, nil
}

// add sorts one in. Of several with the right version the first enabled one is
// current.
func (e *Endpoints) add(one Endpoint) {
	switch {
	case one.Version != Version:
		e.Old = append(e.Old, one)
	case e.Current == nil:
		e.Current = &one
	case one.Enabled && !e.Current.Enabled:
		e.Twins = append(e.Twins, *e.Current)
		e.Current = &one
	default:
		e.Twins = append(e.Twins, one)
	}
}

func (e *Endpoints) compare(types []string) {
	every := slices.Contains(e.Current.Events, "*")
	for _, wanted := range types {
		if !every && !slices.Contains(e.Current.Events, wanted) {
			e.Missing = append(e.Missing, wanted)
		}
	}
	for _, sent := range e.Current.Events {
		if !slices.Contains(types, sent) {
			e.Extra = append(e.Extra, sent)
		}
	}
}

// MakeEndpoint makes an endpoint for an address and returns its id and its
// signing secret, which Stripe shows this once. Errors are those of Endpoints.
func (c *Client) MakeEndpoint(ctx context.Context, address string, types []string) (id, secret string, err error) {
	// One key for every try: should the first answer be lost, the next brings
	// the same endpoint with its secret.
	key := stripe.NewIdempotencyKey()
	err = try(ctx, func(ctx context.Context) error {
		params := &stripe.WebhookEndpointParams{
			URL: stripe.String(address), APIVersion: stripe.String(Version), EnabledEvents: stripe.StringSlice(types),
			Description: stripe.String("Appeal: " + c.campaign.Title),
		}
		params.Context = ctx
		params.SetIdempotencyKey(key)
		params.AddMetadata(MetaCampaign, c.campaign.Slug)
		made, err := c.sc.WebhookEndpoints.New(params)
		if err == nil {
			id, secret = made.ID, made.Secret
		}
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("make a webhook endpoint: %w", err)
	}
	return id, secret, nil
}

// ChangeEndpoint enables an endpoint and has it sent these types and no
// others. Errors are those of Endpoints, and ErrMissing.
func (c *Client) ChangeEndpoint(ctx context.Context, id string, types []string) error {
	err := try(ctx, func(ctx context.Context) error {
		params := &stripe.WebhookEndpointParams{EnabledEvents: stripe.StringSlice(types), Disabled: stripe.Bool(false)}
		params.Context = ctx
		_, err := c.sc.WebhookEndpoints.Update(id, params)
		return err
	})
	if err != nil {
		return fmt.Errorf("change webhook endpoint %s: %w", id, err)
	}
	return nil
}

// DeleteEndpoint removes an endpoint, and what Stripe has not delivered to it
// yet. Errors are those of ChangeEndpoint.
func (c *Client) DeleteEndpoint(ctx context.Context, id string) error {
	err := try(ctx, func(ctx context.Context) error {
		_, err := c.sc.WebhookEndpoints.Del(id, &stripe.WebhookEndpointParams{Params: stripe.Params{Context: ctx}})
		return err
	})
	if err != nil {
		return fmt.Errorf("delete webhook endpoint %s: %w", id, err)
	}
	return nil
}
