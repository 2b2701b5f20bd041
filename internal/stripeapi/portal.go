package stripeapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v76"
)

// The billing portal is where donors change their card and end a repeated
// gift. Amounts are changed in Appeal, and so is the e-mail address: it is what
// a donor is known by.

// portalPart looks for the campaign's configuration of the portal, by its
// metadata: Stripe chooses its id.
func (c *Client) portalPart(ctx context.Context) (Part, error) {
	part := Part{Name: "billing portal", mend: c.makePortal}
	found, err := c.portal(ctx)
	switch {
	case errors.Is(err, ErrMissing):
		return part, nil
	case err != nil:
		return part, err
	}
	part.ID, part.Differs = found.ID, c.comparePortal(found)
	part.mend = func(ctx context.Context) (string, error) { return part.ID, c.changePortal(ctx, part.ID) }
	return part, nil
}

// portal fetches the configuration in use. It returns ErrMissing where there is
// none.
func (c *Client) portal(ctx context.Context) (*stripe.BillingPortalConfiguration, error) {
	var found *stripe.BillingPortalConfiguration
	err := try(ctx, func(ctx context.Context) error {
		params := &stripe.BillingPortalConfigurationListParams{Active: stripe.Bool(true)}
		params.Context = ctx
		params.Limit = stripe.Int64(100)
		list := c.sc.BillingPortalConfigurations.List(params)
		for list.Next() {
			if one := list.BillingPortalConfiguration(); one.Metadata[MetaCampaign] == c.campaign.Slug {
				found = one
				return nil
			}
		}
		return list.Err()
	})
	if err == nil && found == nil {
		return nil, ErrMissing
	}
	return found, err
}

func (c *Client) comparePortal(p *stripe.BillingPortalConfiguration) []string {
	var differs []string
	for _, text := range []struct{ what, is, want string }{
		{"headline", p.BusinessProfile.Headline, c.portalHeadline()},
		{"privacy page", p.BusinessProfile.PrivacyPolicyURL, c.campaign.Organisation.Privacy},
		{"return address", p.DefaultReturnURL, c.base + "/manage"},
	} {
		if text.is != text.want {
			differs = append(differs, fmt.Sprintf("its %s is %q, not %q", text.what, text.is, text.want))
		}
	}
	f := p.Features
	for _, feature := range []struct {
		what     string
		is, want bool
	}{
		{"showing past payments", f.InvoiceHistory.Enabled, true},
		{"changing the card", f.PaymentMethodUpdate.Enabled, true},
		{"ending a gift", f.SubscriptionCancel.Enabled, true},
		{"changing name or address", f.CustomerUpdate.Enabled, false},
		{"changing a gift's amount", f.SubscriptionUpdate.Enabled, false},
	} {
		switch {
		case feature.is && !feature.want:
			differs = append(differs, feature.what+" is on")
		case !feature.is && feature.want:
			differs = append(differs, feature.what+" is off")
		}
	}
	if mode := f.SubscriptionCancel.Mode; mode != stripe.BillingPortalConfigurationFeaturesSubscriptionCancelModeAtPeriodEnd {
		differs = append(differs, "a gift ends at once, not when its period does")
	}
	return differs
}

// portalHeadline fits into the 60 characters that Stripe takes.
func (c *Client) portalHeadline() string {
	const most = 60
	headline := []rune("Your giving to " + c.campaign.Named())
	if len(headline) > most {
		headline = append(headline[:most-1], '…')
	}
	return string(headline)
}

func (c *Client) portalParams(ctx context.Context) *stripe.BillingPortalConfigurationParams {
	params := &stripe.BillingPortalConfigurationParams{
		BusinessProfile:  &stripe.BillingPortalConfigurationBusinessProfileParams{Headline: stripe.String(c.portalHeadline())},
		DefaultReturnURL: stripe.String(c.base + "/manage"),
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			CustomerUpdate:      &stripe.BillingPortalConfigurationFeaturesCustomerUpdateParams{Enabled: stripe.Bool(false)},
			InvoiceHistory:      &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)},
			PaymentMethodUpdate: &stripe.BillingPortalConfigurationFeaturesPaymentMethodUpdateParams{Enabled: stripe.Bool(true)},
			SubscriptionCancel: &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{
				Enabled: stripe.Bool(true), ProrationBehavior: stripe.String("none"),
				Mode: stripe.String(string(stripe.BillingPortalConfigurationFeaturesSubscriptionCancelModeAtPeriodEnd)),
			},
		},
	}
	if c.campaign.Organisation.Privacy != "" {
		params.BusinessProfile.PrivacyPolicyURL = stripe.String(c.campaign.Organisation.Privacy)
	}
	params.Context = ctx
	params.AddMetadata(MetaCampaign, c.campaign.Slug)
	return params
}

func (c *Client) makePortal(ctx context.Context) (string, error) {
	var id string
	key := stripe.NewIdempotencyKey()
	err := try(ctx, func(ctx context.Context) error {
		params := c.portalParams(ctx)
		params.SetIdempotencyKey(key)
		made, err := c.sc.BillingPortalConfigurations.New(params)
		if err == nil {
			id = made.ID
		}
		return err
	})
	return id, err
}

func (c *Client) changePortal(ctx context.Context, id string) error {
	return try(ctx, func(ctx context.Context) error {
		params := c.portalParams(ctx)
		// Left out when one is made: it is off unless turned on, and Stripe
		// wants its products named beside it there.
		params.Features.SubscriptionUpdate = &stripe.BillingPortalConfigurationFeaturesSubscriptionUpdateParams{Enabled: stripe.Bool(false)}
		if c.campaign.Organisation.Privacy == "" {
			params.BusinessProfile.PrivacyPolicyURL = stripe.String("")
		}
		_, err := c.sc.BillingPortalConfigurations.Update(id, params)
		return err
	})
}
