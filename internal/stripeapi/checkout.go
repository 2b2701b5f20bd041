package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// donorBudget is how long a reader waits for the payment page, over all tries.
const donorBudget = 8 * time.Second

// feesLine is the line of the payment page for covered fees.
const feesLine = "Card fees you chose to cover"

// The metadata keys that let a gift be rebuilt from Stripe alone. Those of a
// person stand only where they can be emptied.
const (
	MetaCampaign    = "appeal_campaign"
	metaToken       = "appeal_token"
	metaReference   = "appeal_reference"
	metaFrequency   = "appeal_frequency"
	metaFees        = "appeal_fees"
	metaNewsletter  = "appeal_newsletter"
	metaTribute     = "appeal_tribute"
	metaSrc         = "appeal_src"
	metaUTMSource   = "appeal_utm_source"
	metaUTMMedium   = "appeal_utm_medium"
	metaUTMCampaign = "appeal_utm_campaign"
	metaUTMContent  = "appeal_utm_content"
	metaComment     = "appeal_comment"
	metaTributeName = "appeal_tribute_name"
)

// OpenCheckout makes the payment page of a donation, within 8 s. The token is
// the idempotency key and every parameter follows from the donation as it is
// stored, so asking again gives the same page. It returns ErrUnavailable or
// ErrRefused.
func (c *Client) OpenCheckout(ctx context.Context, d models.Donation) (models.CheckoutSession, error) {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	var made *stripe.CheckoutSession
	err := try(ctx, func(ctx context.Context) error {
		params := c.sessionParams(d)
		params.Context = ctx
		params.SetIdempotencyKey(d.Token + "-checkout")
		var err error
		made, err = c.sc.CheckoutSessions.New(params)
		return err
	})
	if err != nil {
		return models.CheckoutSession{}, fmt.Errorf("open a checkout: %w", err)
	}
	if made.ID == "" || made.URL == "" {
		return models.CheckoutSession{}, fmt.Errorf("open a checkout: %w: no session in the answer", ErrUnavailable)
	}
	expires := d.CreatedAt.Add(models.SessionLife)
	if made.ExpiresAt > 0 {
		expires = time.Unix(made.ExpiresAt, 0).UTC()
	}
	return models.CheckoutSession{SessionID: &made.ID, CheckoutURL: made.URL, ExpiresAt: &expires}, nil
}

func (c *Client) sessionParams(d models.Donation) *stripe.CheckoutSessionParams {
	name := c.campaign.Title + " — one-time gift"
	private := metadata(c.campaign.Slug, d)
	add(private, metaComment, d.Comment)
	add(private, metaTributeName, d.TributeName)
	params := &stripe.CheckoutSessionParams{
		Mode:       stripe.String(string(stripe.CheckoutSessionModePayment)),
		SubmitType: stripe.String(string(stripe.CheckoutSessionSubmitTypeDonate)),
		// Cards alone (wallets count as cards) until bank debits are booked.
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		SuccessURL:         stripe.String(c.base + "/thanks/" + d.Token),
		CancelURL:          stripe.String(c.base + "/?cancelled=" + d.Token),
		ClientReferenceID:  stripe.String(d.Token),
		// From when the form was sent, not from now: a repeated request must
		// have the same parameters.
		ExpiresAt: stripe.Int64(d.CreatedAt.Add(models.SessionLife).Unix()),
		LineItems: []*stripe.CheckoutSessionLineItemParams{lineItem(name, string(d.Currency), int64(d.Amount))},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Description: stripe.String(name + " " + d.Reference),
			Metadata:    private,
		},
	}
	params.Metadata = metadata(c.campaign.Slug, d)
	if d.FeesCovered > 0 {
		params.LineItems = append(params.LineItems, lineItem(feesLine, string(d.Currency), int64(d.FeesCovered)))
	}
	if c.campaign.StatementDescriptor != "" {
		params.PaymentIntentData.StatementDescriptorSuffix = stripe.String(c.campaign.StatementDescriptor)
	}
	return params
}

// lineItem is one line of the payment page. A one-time gift needs no stored
// product, so making its page takes a single request.
func lineItem(name, currency string, minor int64) *stripe.CheckoutSessionLineItemParams {
	return &stripe.CheckoutSessionLineItemParams{
		Quantity: stripe.Int64(1),
		PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String(currency), UnitAmount: stripe.Int64(minor),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)},
		},
	}
}

// metadata is what travels with a gift, without anything of a person.
func metadata(slug string, d models.Donation) map[string]string {
	m := map[string]string{
		MetaCampaign: slug, metaToken: d.Token, metaReference: d.Reference, metaFrequency: string(d.Frequency),
	}
	if d.FeesCovered > 0 {
		m[metaFees] = strconv.FormatInt(int64(d.FeesCovered), 10)
	}
	if d.Newsletter {
		m[metaNewsletter] = "true"
	}
	if d.Tribute != models.NoTribute {
		add(m, metaTribute, string(d.Tribute))
	}
	add(m, metaSrc, d.Src)
	add(m, metaUTMSource, d.UTMSource)
	add(m, metaUTMMedium, d.UTMMedium)
	add(m, metaUTMCampaign, d.UTMCampaign)
	add(m, metaUTMContent, d.UTMContent)
	return m
}

// add leaves empty values out: to Stripe they would mean "unset".
func add(m map[string]string, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// ReadMetadata reads back what metadata wrote: whose a gift is, and what its
// donor chose. The amount is not in it; the charge tells that.
func ReadMetadata(m map[string]string) models.GiftRef {
	ref := models.GiftRef{Campaign: m[MetaCampaign], Token: m[metaToken], Reference: m[metaReference]}
	fees, err := strconv.ParseInt(m[metaFees], 10, 64)
	if err != nil {
		fees = 0
	}
	ref.Choices = models.Choices{
		Frequency: models.Frequency(m[metaFrequency]), Newsletter: m[metaNewsletter] == "true", Tribute: models.Tribute(m[metaTribute]),
		Comment: m[metaComment], TributeName: m[metaTributeName], Src: m[metaSrc],
		UTMSource: m[metaUTMSource], UTMMedium: m[metaUTMMedium], UTMCampaign: m[metaUTMCampaign], UTMContent: m[metaUTMContent],
	}
	ref.Choices.FeesCovered = money.Minor(fees)
	if ref.Choices.Frequency == "" {
		ref.Choices.Frequency = models.Once
	}
	if ref.Choices.Tribute == "" {
		ref.Choices.Tribute = models.NoTribute
	}
	return ref
}

// CloseCheckout ends a payment page that its reader has left. It returns
// ErrNotOpen if it was paid or had expired, ErrUnavailable or ErrRefused.
func (c *Client) CloseCheckout(ctx context.Context, sessionID string) error {
	ctx, cancel := context.WithTimeout(ctx, perTry)
	defer cancel()
	_, err := c.sc.CheckoutSessions.Expire(sessionID, &stripe.CheckoutSessionExpireParams{Params: stripe.Params{Context: ctx}})
	var answer *stripe.Error
	if errors.As(err, &answer) && answer.HTTPStatusCode == 400 {
		return ErrNotOpen
	}
	return classify(err)
}
