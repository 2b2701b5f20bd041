package webhooks

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/time/rate"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
)

// Pace returns a Stripe that is not asked more often than so many times a
// second, by all who share it: donors who are about to pay must find room beside
// what is read here. Stripe allows 25 requests a second in test mode, 100 live
// (https://docs.stripe.com/rate-limits).
func Pace(stripe Stripe, perSecond int) Stripe {
	return &paced{stripe, rate.NewLimiter(rate.Limit(perSecond), perSecond)}
}

type paced struct {
	stripe Stripe
	limit  *rate.Limiter
}

// turn waits until Stripe may be asked.
func (p *paced) turn(ctx context.Context) error {
	if err := p.limit.Wait(ctx); err != nil {
		return fmt.Errorf("%w: wait for its rate: %w", stripeapi.ErrUnavailable, err)
	}
	return nil
}

func (p *paced) Fetch(ctx context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error) {
	if err := p.turn(ctx); err != nil {
		return nil, err
	}
	return p.stripe.Fetch(ctx, kind, id)
}

func (p *paced) List(ctx context.Context, l stripeapi.Listing) (stripeapi.Page, error) {
	if err := p.turn(ctx); err != nil {
		return stripeapi.Page{}, err
	}
	return p.stripe.List(ctx, l)
}

func (p *paced) Balance(ctx context.Context, currency money.Currency) (money.Minor, error) {
	if err := p.turn(ctx); err != nil {
		return 0, err
	}
	return p.stripe.Balance(ctx, currency)
}
