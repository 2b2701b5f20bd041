package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/models"
)

// metaRefund is the metadata key of the request that a refund answers.
const metaRefund = "appeal_refund"

// Refund gives back a part of a charge, once for each request, however often it
// is asked, and returns the refund's id. A request that was made before is looked
// for first: Stripe forgets an idempotency key after a day. It returns
// ErrUnavailable, ErrBroken (the next try needs another Attempt), ErrRefused or
// ErrMissing.
func (c *Client) Refund(ctx context.Context, r models.RefundRequest) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	if r.Again {
		made, err := c.refundMade(ctx, r)
		if err != nil || made != "" {
			return made, err
		}
	}
	key := r.ID
	if r.Attempt > 0 {
		key += "-" + strconv.Itoa(r.Attempt)
	}
	var made *stripe.Refund
	err := try(ctx, func(ctx context.Context) error {
		params := &stripe.RefundParams{Charge: stripe.String(r.Charge), Amount: stripe.Int64(int64(r.Amount))}
		if r.Reason != "" {
			params.Reason = stripe.String(string(r.Reason))
		}
		params.AddMetadata(metaRefund, r.ID)
		params.Context = ctx
		params.SetIdempotencyKey(key)
		var err error
		made, err = c.sc.Refunds.New(params)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("refund: %w", err)
	}
	if made.ID == "" {
		return "", fmt.Errorf("refund: %w: no refund in the answer", ErrUnavailable)
	}
	return made.ID, nil
}

// refundMade finds the refund that a request has already led to, "" for none.
func (c *Client) refundMade(ctx context.Context, r models.RefundRequest) (string, error) {
	l := Listing{Kind: Refunds, Filter: map[string]string{"charge": r.Charge}}
	for {
		page, err := c.List(ctx, l)
		if err != nil {
			return "", fmt.Errorf("find a refund: %w", err)
		}
		for _, raw := range page.Items {
			var one stripe.Refund
			if err := json.Unmarshal(raw, &one); err != nil {
				return "", fmt.Errorf("find a refund: %w: one that can't be read", ErrUnavailable)
			}
			if one.Metadata[metaRefund] == r.ID {
				return one.ID, nil
			}
		}
		if page.Last == "" {
			return "", nil
		}
		l.After = page.Last
	}
}
