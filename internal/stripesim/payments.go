package stripesim

const intentKind = "payment_intent"

// paymentIntent is one attempt to collect a session's total, over as many tries as the donor makes.
type paymentIntent struct {
	ID                   string            `json:"id"`
	Object               string            `json:"object"`
	Amount               int64             `json:"amount"`
	AmountCapturable     int64             `json:"amount_capturable"`
	AmountDetails        amountDetails     `json:"amount_details"`
	AmountReceived       int64             `json:"amount_received"`
	Application          any               `json:"application"`
	ApplicationFeeAmount any               `json:"application_fee_amount"`
	AutomaticMethods     any               `json:"automatic_payment_methods"`
	CanceledAt           *int64            `json:"canceled_at"`
	CancellationReason   *string           `json:"cancellation_reason"`
	CaptureMethod        string            `json:"capture_method"`
	ClientSecret         string            `json:"client_secret"`
	ConfirmationMethod   string            `json:"confirmation_method"`
	Created              int64             `json:"created"`
	Currency             string            `json:"currency"`
	Customer             *string           `json:"customer"`
	Description          *string           `json:"description"`
	Invoice              *string           `json:"invoice"`
	LastPaymentError     *paymentError     `json:"last_payment_error"`
	LatestCharge         *string           `json:"latest_charge"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	NextAction           *nextAction       `json:"next_action"`
	OnBehalfOf           any               `json:"on_behalf_of"`
	PaymentMethod        *string           `json:"payment_method"`
	PaymentMethodConfig  any               `json:"payment_method_configuration_details"`
	PaymentMethodOptions struct{}          `json:"payment_method_options"`
	PaymentMethodTypes   []string          `json:"payment_method_types"`
	Processing           any               `json:"processing"`
	ReceiptEmail         *string           `json:"receipt_email"`
	Review               any               `json:"review"`
	SetupFutureUsage     any               `json:"setup_future_usage"`
	Shipping             any               `json:"shipping"`
	StatementDescriptor  any               `json:"statement_descriptor"`
	StatementDescSuffix  *string           `json:"statement_descriptor_suffix"`
	Status               string            `json:"status"`
	TransferData         any               `json:"transfer_data"`
	TransferGroup        any               `json:"transfer_group"`
}

type amountDetails struct {
	Tip struct{} `json:"tip"`
}

// paymentError is what the last failed try left behind.
type paymentError struct {
	Charge        string `json:"charge,omitempty"`
	Code          string `json:"code"`
	DeclineCode   string `json:"decline_code,omitempty"`
	DocURL        string `json:"doc_url"`
	Message       string `json:"message"`
	PaymentMethod any    `json:"payment_method,omitempty"`
	Type          string `json:"type"`
}

// nextAction sends the donor to a page of their bank's, to authenticate, or, where nobody is at a page, says that a
// client of Stripe's own has to.
type nextAction struct {
	RedirectToURL redirectToURL `json:"redirect_to_url,omitzero"`
	Type          string        `json:"type"`
	UseStripeSDK  *struct{}     `json:"use_stripe_sdk,omitempty"`
}

type redirectToURL struct {
	ReturnURL string `json:"return_url"`
	URL       string `json:"url"`
}

// newIntent makes the intent of a session, which Stripe does when the donor first submits.
func (t *tx) newIntent(cs session, data intentData, created int64) paymentIntent {
	id := t.id("pi_3", 23)
	pi := paymentIntent{
		ID: id, Object: intentKind, Amount: cs.AmountTotal, Currency: cs.Currency, Created: created,
		CaptureMethod: data.CaptureMethod, ConfirmationMethod: "automatic", ClientSecret: id + "_secret_" + t.id("", 25),
		Description: data.Description, Metadata: data.Metadata, PaymentMethodTypes: cs.PaymentMethodTypes,
		Customer: cs.Customer, ReceiptEmail: data.ReceiptEmail, StatementDescSuffix: data.Suffix, Status: "requires_payment_method",
	}
	if pi.Metadata == nil {
		pi.Metadata = map[string]string{}
	}
	return pi
}

// succeed records a charge that was captured.
func (pi *paymentIntent) succeed(ch charge) {
	pi.Status, pi.AmountReceived = "succeeded", ch.AmountCaptured
	pi.LatestCharge, pi.PaymentMethod = &ch.ID, &ch.PaymentMethod
	pi.LastPaymentError, pi.NextAction = nil, nil
}

// fail records a try that came to nothing; ch is nil when no charge was made.
func (pi *paymentIntent) fail(why paymentError, ch *charge) {
	why.Type = "card_error"
	why.DocURL = "https://stripe.com/docs/error-codes/" + dashed(why.Code)
	if ch != nil {
		pi.LatestCharge, why.Charge = &ch.ID, ch.ID
	}
	pi.Status, pi.LastPaymentError, pi.NextAction, pi.PaymentMethod = "requires_payment_method", &why, nil, nil
}

// cancelIntent gives up the intent of a session that expired after a failed try. Stripe says so where it refuses another
// way: "You can't cancel the PaymentIntent for a Checkout Session. Expire the Checkout Session instead."
func (t *tx) cancelIntent(id string, by requestRef) error {
	var pi paymentIntent
	if err := t.load(intentKind, id, &pi, nil); err != nil {
		return err
	}
	now, why := t.now.Unix(), "automatic"
	pi.Status, pi.CanceledAt, pi.CancellationReason, pi.NextAction = "canceled", &now, &why, nil
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return err
	}
	return t.emit("payment_intent.canceled", pi, nil, by, atOnce)
}
