package stripeapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/models"
)

// Purpose is what a stored product is for. Only repeated gifts need products:
// a subscription's amount can be changed later under a stored one alone.
type Purpose string

// The purposes there are.
const (
	MonthlyGift Purpose = "monthly"
	YearlyGift  Purpose = "yearly"
	CoveredFees Purpose = "fees" // the part of a repeated gift that covers its card fees
)

// Purposes are those that a campaign needs products for: none where every gift
// is a one-time one.
func Purposes(c models.Campaign) []Purpose {
	var needed []Purpose
	if c.Offers(models.Monthly) {
		needed = append(needed, MonthlyGift)
	}
	if c.Offers(models.Yearly) {
		needed = append(needed, YearlyGift)
	}
	if len(needed) > 0 {
		needed = append(needed, CoveredFees)
	}
	return needed
}

// productID is chosen here, not by Stripe, so that every process, and every
// run of the setup, means the same product without keeping anything.
func (c *Client) productID(p Purpose) string { return "appeal_" + c.campaign.Slug + "_" + string(p) }

// productName is what donors read on the payment page and on Stripe's own
// documents.
func (c *Client) productName(p Purpose) string {
	switch p {
	case MonthlyGift:
		return c.campaign.Title + " — monthly gift"
	case YearlyGift:
		return c.campaign.Title + " — yearly gift"
	case CoveredFees:
		return feesLine
	}
	return c.campaign.Title
}

// EnsureProduct returns the id of the product for a purpose, making the
// product if Stripe has none. A product that is there is taken as it is. The
// answer is kept for the life of the Client: in the long run a donor's path
// asks Stripe nothing. It returns ErrUnavailable or ErrRefused.
func (c *Client) EnsureProduct(ctx context.Context, p Purpose) (string, error) {
	if known, ok := c.products.Load(p); ok {
		return known.(string), nil //nolint:errcheck // nothing else is stored there
	}
	var id string
	found, err := c.product(ctx, p)
	switch {
	case err == nil:
		id = found.ID
	case errors.Is(err, ErrMissing):
		id, err = c.makeProduct(ctx, p)
	}
	if err != nil {
		return "", fmt.Errorf("product %s: %w", c.productID(p), err)
	}
	c.products.Store(p, id)
	return id, nil
}

// product fetches the product for a purpose. It returns ErrMissing where there
// is none.
func (c *Client) product(ctx context.Context, p Purpose) (*stripe.Product, error) {
	var found *stripe.Product
	err := try(ctx, func(ctx context.Context) error {
		var err error
		found, err = c.sc.Products.Get(c.productID(p), &stripe.ProductParams{Params: stripe.Params{Context: ctx}})
		return err
	})
	return found, err
}

// makeProduct makes the product and returns the id it has in Stripe's answer.
// One that another process made meanwhile, or an earlier try whose answer was
// lost, is the same product.
func (c *Client) makeProduct(ctx context.Context, p Purpose) (string, error) {
	id := c.productID(p)
	err := try(ctx, func(ctx context.Context) error {
		params := &stripe.ProductParams{ID: stripe.String(id), Name: stripe.String(c.productName(p))}
		params.Context = ctx
		params.AddMetadata(MetaCampaign, c.campaign.Slug)
		made, err := c.sc.Products.New(params)
		var answer *stripe.Error
		switch {
		case err == nil:
			id = made.ID
		case errors.As(err, &answer) && answer.Code == stripe.ErrorCodeResourceAlreadyExists:
			return nil
		}
		return err
	})
	return id, err
}

// changeProduct gives a product its name, takes it out of the archive, and
// marks it as the campaign's.
func (c *Client) changeProduct(ctx context.Context, id string, p Purpose) error {
	return try(ctx, func(ctx context.Context) error {
		params := &stripe.ProductParams{Name: stripe.String(c.productName(p)), Active: stripe.Bool(true)}
		params.Context = ctx
		params.AddMetadata(MetaCampaign, c.campaign.Slug)
		_, err := c.sc.Products.Update(id, params)
		return err
	})
}
