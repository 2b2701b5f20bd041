package stripeapi

import (
	"context"
	"errors"
	"fmt"
)

// Part is one thing that the service needs at Stripe, as it was found there.
type Part struct {
	Name    string
	ID      string   // empty: Stripe has none yet
	Differs []string // what is not as the service needs it, in plain words
	mend    func(ctx context.Context) (id string, err error)
}

// Mend makes the part, or changes what differs, and returns its id. It returns
// ErrUnavailable, a *ForbiddenError or another ErrRefused.
func (p Part) Mend(ctx context.Context) (string, error) {
	id, err := p.mend(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Name, err)
	}
	return id, nil
}

// Parts looks for the products that the campaign's gifts need and for the
// billing portal's configuration. It changes nothing. Errors are those of
// Part.Mend.
func (c *Client) Parts(ctx context.Context) ([]Part, error) {
	var parts []Part
	for _, purpose := range Purposes(c.campaign) {
		part, err := c.productPart(ctx, purpose)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		parts = append(parts, part)
	}
	part, err := c.portalPart(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part.Name, err)
	}
	return append(parts, part), nil
}

// productPart looks for a product by its id, and compares what donors see.
func (c *Client) productPart(ctx context.Context, p Purpose) (Part, error) {
	part := Part{
		Name: string(p) + " product",
		mend: func(ctx context.Context) (string, error) { return c.makeProduct(ctx, p) },
	}
	found, err := c.product(ctx, p)
	switch {
	case errors.Is(err, ErrMissing):
		return part, nil
	case err != nil:
		return part, err
	}
	part.ID = found.ID
	part.mend = func(ctx context.Context) (string, error) { return part.ID, c.changeProduct(ctx, part.ID, p) }
	if name := c.productName(p); found.Name != name {
		part.Differs = append(part.Differs, fmt.Sprintf("its name is %q, not %q", found.Name, name))
	}
	if !found.Active {
		part.Differs = append(part.Differs, "it is archived")
	}
	if found.Metadata[MetaCampaign] != c.campaign.Slug {
		part.Differs = append(part.Differs, "its metadata does not name the campaign")
	}
	return part, nil
}
