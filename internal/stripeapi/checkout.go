package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

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
	metaBenefit     = "appeal_benefit"
	metaBenefitCost = "appeal_benefit_value"
	metaComment     = "appeal_comment"
	metaTributeName = "appeal_tribute_name"
)

// OpenCheckout makes the payment page of a donation, within 8 s. The token is
// the idempotency key and every parameter follows from the donation as it is
// stored, so asking again gives the same page. It returns ErrUnavailable,
// ErrRefused, or ErrBroken: after the last two the token is spent.
func (c *Client) OpenCheckout(ctx context.Context, d models.Donation) (models.CheckoutSession, error) {
	ctx, cancel := context.WithTimeout(ctx, donorBudget)
	defer cancel()
	under, err := c.storedFor(ctx, d)
	if err != nil {
		return models.CheckoutSession{}, fmt.Errorf("open a checkout: %w", err)
	}
	made, err := c.makeSession(ctx, d, under)
	if under != (stored{}) && (errors.Is(err, ErrRefused) || errors.Is(err, ErrMissing)) {
		// Most likely a product was archived or deleted in the Dashboard.
		made, err = c.makeSession(ctx, d, stored{})
	}
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

// stored are the ids of the products that a page's lines stand under. Those of
// a gift made once have none, and carry their name instead.
type stored struct{ gift, fees string }

// storedFor finds or makes the products of a repeated gift. Where Stripe
// refuses (a restricted key need not be allowed to) or breaks, the gift goes without: it
// matters more than that its amount can be changed later.
func (c *Client) storedFor(ctx context.Context, d models.Donation) (stored, error) {
	purpose, repeats := purposeOf(d.Frequency)
	if !repeats {
		return stored{}, nil
	}
	var under stored
	var err error
	under.gift, err = c.EnsureProduct(ctx, purpose)
	if err == nil && d.FeesCovered > 0 {
		under.fees, err = c.EnsureProduct(ctx, CoveredFees)
	}
	switch {
	case errors.Is(err, ErrRefused), errors.Is(err, ErrBroken):
		return stored{}, nil
	case err != nil:
		return stored{}, err
	}
	return under, nil
}

func purposeOf(f models.Frequency) (of Purpose, repeats bool) {
	switch f {
	case models.Monthly:
		return MonthlyGift, true
	case models.Yearly:
		return YearlyGift, true
	default:
		return "", false
	}
}

// makeSession asks for the page. Other parameters need another idempotency
// key: Stripe refuses one that comes back with different ones.
func (c *Client) makeSession(ctx context.Context, d models.Donation, under stored) (*stripe.CheckoutSession, error) {
	key := d.Token + "-checkout"
	if _, repeats := purposeOf(d.Frequency); repeats && under == (stored{}) {
		key += "-inline"
	}
	var made *stripe.CheckoutSession
	err := try(ctx, func(ctx context.Context) error {
		params := c.sessionParams(d, under)
		params.Context = ctx
		params.SetIdempotencyKey(key)
		var err error
		made, err = c.sc.CheckoutSessions.New(params)
		return err
	})
	return made, err
}

func (c *Client) sessionParams(d models.Donation, under stored) *stripe.CheckoutSessionParams {
	name := c.campaign.Title + " — one-time gift"
	purpose, repeats := purposeOf(d.Frequency)
	if repeats {
		name = c.productName(purpose)
	}
	params := &stripe.CheckoutSessionParams{
		PaymentMethodTypes: stripe.StringSlice(c.methods()),
		SuccessURL:         stripe.String(c.base + "/thanks/" + d.Token),
		CancelURL:          stripe.String(c.base + "/?cancelled=" + d.Token),
		ClientReferenceID:  stripe.String(d.Token),
		// From when the form was sent, not from now: a repeated request must
		// have the same parameters.
		ExpiresAt: stripe.Int64(d.CreatedAt.Add(models.SessionLife).Unix()),
		LineItems: []*stripe.CheckoutSessionLineItemParams{lineItem(d, name, under.gift, d.Amount)},
	}
	if c.campaign.CollectAddress { // else the page asks for what the card needs: a country, and there a postal code
		params.BillingAddressCollection = stripe.String(string(stripe.CheckoutSessionBillingAddressCollectionRequired))
	}
	params.Metadata = metadata(c.campaign.Slug, d)
	if d.FeesCovered > 0 {
		params.LineItems = append(params.LineItems, lineItem(d, feesLine, under.fees, d.FeesCovered))
	}
	private := metadata(c.campaign.Slug, d)
	add(private, metaComment, d.Comment)
	add(private, metaTributeName, d.TributeName)
	if repeats {
		subscribe(params, name+" "+d.Reference, private)
	} else {
		c.payOnce(params, name+" "+d.Reference, private)
	}
	return params
}

// methods are the ways to pay that the page offers. Wallets count as cards.
// They are named so that a switch in the Dashboard adds none unawares.
func (c *Client) methods() []string {
	if c.campaign.BankDebits {
		return []string{"card", "us_bank_account"}
	}
	return []string{"card"}
}

func (c *Client) payOnce(params *stripe.CheckoutSessionParams, description string, private map[string]string) {
	params.Mode = stripe.String(string(stripe.CheckoutSessionModePayment))
	params.SubmitType = stripe.String(string(stripe.CheckoutSessionSubmitTypeDonate))
	params.PaymentIntentData = &stripe.CheckoutSessionPaymentIntentDataParams{
		Description: stripe.String(description), Metadata: private,
	}
	if c.campaign.StatementDescriptor != "" {
		params.PaymentIntentData.StatementDescriptorSuffix = stripe.String(c.campaign.StatementDescriptor)
	}
}

// subscribe makes the page that of a repeated gift. Stripe takes neither a
// submit_type nor a statement descriptor there.
func subscribe(params *stripe.CheckoutSessionParams, description string, private map[string]string) {
	params.Mode = stripe.String(string(stripe.CheckoutSessionModeSubscription))
	params.SubscriptionData = &stripe.CheckoutSessionSubscriptionDataParams{
		Description: stripe.String(description), Metadata: private,
	}
}

// lineItem is one line of the payment page. A one-time gift needs no stored
// product, so making its page takes a single request.
func lineItem(d models.Donation, name, product string, amount money.Minor) *stripe.CheckoutSessionLineItemParams {
	price := &stripe.CheckoutSessionLineItemPriceDataParams{
		Currency: stripe.String(string(d.Currency)), UnitAmount: stripe.Int64(int64(amount)),
	}
	if product != "" {
		price.Product = stripe.String(product)
	} else {
		price.ProductData = &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)}
	}
	switch d.Frequency {
	case models.Monthly:
		price.Recurring = every(stripe.PriceRecurringIntervalMonth)
	case models.Yearly:
		price.Recurring = every(stripe.PriceRecurringIntervalYear)
	case models.Once:
	}
	return &stripe.CheckoutSessionLineItemParams{Quantity: stripe.Int64(1), PriceData: price}
}

func every(interval stripe.PriceRecurringInterval) *stripe.CheckoutSessionLineItemPriceDataRecurringParams {
	return &stripe.CheckoutSessionLineItemPriceDataRecurringParams{Interval: stripe.String(string(interval))}
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
	if d.Benefit != "" {
		m[metaBenefit], m[metaBenefitCost] = d.Benefit, strconv.FormatInt(int64(d.BenefitValue), 10)
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
	for key, value := range m {
		m[key] = printable(value)
	}
	ref := models.GiftRef{Campaign: m[MetaCampaign], Token: m[metaToken], Reference: m[metaReference], Erased: ErasedAt(m)}
	ref.Choices = models.Choices{
		Frequency: models.Frequency(m[metaFrequency]), Newsletter: m[metaNewsletter] == "true", Tribute: models.Tribute(m[metaTribute]),
		Comment: m[metaComment], TributeName: m[metaTributeName], Src: m[metaSrc],
		UTMSource: m[metaUTMSource], UTMMedium: m[metaUTMMedium], UTMCampaign: m[metaUTMCampaign], UTMContent: m[metaUTMContent],
	}
	ref.Choices.FeesCovered = cents(m[metaFees])
	// A benefit that says not what it is worth can't be told of on a receipt.
	if worth := cents(m[metaBenefitCost]); worth > 0 {
		ref.Choices.Benefit, ref.Choices.BenefitValue = m[metaBenefit], worth
	}
	// What somebody else wrote under our names is no choice of a donor's.
	switch ref.Choices.Frequency {
	case models.Once, models.Monthly, models.Yearly:
	default:
		ref.Choices.Frequency = models.Once
	}
	switch ref.Choices.Tribute {
	case models.InHonor, models.InMemory, models.NoTribute:
	default:
		ref.Choices.Tribute = models.NoTribute
	}
	return ref
}

// cents reads an amount that metadata wrote, 0 for what is none.
func cents(written string) money.Minor {
	n, err := strconv.ParseInt(written, 10, 64)
	if err != nil {
		return 0
	}
	return money.Minor(n)
}

// printable leaves out control characters, which no form of ours sends and
// PostgreSQL does not keep, but for the line breaks of a note.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
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
