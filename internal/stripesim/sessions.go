package stripesim

import (
	"errors"
	"net/http"
	"time"
)

const (
	sessionKind        = "checkout.session"
	sessionPlaceholder = "{CHECKOUT_SESSION_ID}"
)

// session is a Checkout Session as the API shows it. Fields of type any are those the simulator never fills: null.
type session struct {
	ID                       string            `json:"id"`
	Object                   string            `json:"object"`
	AfterExpiration          any               `json:"after_expiration"`
	AllowPromotionCodes      any               `json:"allow_promotion_codes"`
	AmountSubtotal           int64             `json:"amount_subtotal"`
	AmountTotal              int64             `json:"amount_total"`
	AutomaticTax             automaticTax      `json:"automatic_tax"`
	BillingAddressCollection *string           `json:"billing_address_collection"`
	CancelURL                *string           `json:"cancel_url"`
	ClientReferenceID        *string           `json:"client_reference_id"`
	ClientSecret             any               `json:"client_secret"`
	Consent                  any               `json:"consent"`
	ConsentCollection        any               `json:"consent_collection"`
	Created                  int64             `json:"created"`
	Currency                 string            `json:"currency"`
	CurrencyConversion       any               `json:"currency_conversion"`
	CustomFields             []any             `json:"custom_fields"`
	CustomText               customText        `json:"custom_text"`
	Customer                 *string           `json:"customer"`
	CustomerCreation         string            `json:"customer_creation"`
	CustomerDetails          *customerDetails  `json:"customer_details"`
	CustomerEmail            *string           `json:"customer_email"`
	ExpiresAt                int64             `json:"expires_at"`
	Invoice                  *string           `json:"invoice"`
	InvoiceCreation          any               `json:"invoice_creation"`
	Livemode                 bool              `json:"livemode"`
	Locale                   *string           `json:"locale"`
	Metadata                 map[string]string `json:"metadata"`
	Mode                     string            `json:"mode"`
	PaymentIntent            *string           `json:"payment_intent"`
	PaymentLink              any               `json:"payment_link"`
	PaymentMethodCollection  string            `json:"payment_method_collection"`
	PaymentMethodConfig      any               `json:"payment_method_configuration_details"`
	PaymentMethodOptions     struct{}          `json:"payment_method_options"`
	PaymentMethodTypes       []string          `json:"payment_method_types"`
	PaymentStatus            string            `json:"payment_status"`
	PhoneNumberCollection    enabled           `json:"phone_number_collection"`
	RecoveredFrom            any               `json:"recovered_from"`
	SetupIntent              any               `json:"setup_intent"`
	ShippingAddress          any               `json:"shipping_address_collection"`
	ShippingCost             any               `json:"shipping_cost"`
	ShippingDetails          any               `json:"shipping_details"`
	ShippingOptions          []any             `json:"shipping_options"`
	Status                   string            `json:"status"`
	SubmitType               *string           `json:"submit_type"`
	Subscription             *string           `json:"subscription"`
	SuccessURL               string            `json:"success_url"`
	TotalDetails             totalDetails      `json:"total_details"`
	UIMode                   string            `json:"ui_mode"`
	URL                      *string           `json:"url"`
}

type enabled struct {
	Enabled bool `json:"enabled"`
}

type automaticTax struct {
	Enabled   bool `json:"enabled"`
	Liability any  `json:"liability"`
	Status    any  `json:"status"`
}

type customText struct {
	AfterSubmit     any `json:"after_submit"`
	ShippingAddress any `json:"shipping_address"`
	Submit          any `json:"submit"`
	TermsOfService  any `json:"terms_of_service_acceptance"`
}

type totalDetails struct {
	AmountDiscount int64 `json:"amount_discount"`
	AmountShipping int64 `json:"amount_shipping"`
	AmountTax      int64 `json:"amount_tax"`
}

// customerDetails is what the donor typed on the payment page.
type customerDetails struct {
	Address   address `json:"address"`
	Email     string  `json:"email"`
	Name      *string `json:"name"`
	Phone     *string `json:"phone"`
	TaxExempt string  `json:"tax_exempt"`
	TaxIDs    []any   `json:"tax_ids"`
}

// address has the country alone after a payment that asked for no more.
type address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

// sessionHidden is what the payment page needs and the API does not show.
type sessionHidden struct {
	Intent intentData `json:"intent"`
	Items  []lineItem `json:"items"`
	// Plan is what the session makes in subscription mode.
	Plan subscriptionPlan `json:"plan,omitzero"`
	// The payer and Outcome are what the donor submitted, kept while a second page asks for authentication. Before that
	// the payer is the customer whom the product named.
	payer
	Outcome string `json:"outcome,omitempty"`
}

// payer is who pays, as typed on the payment page.
type payer struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"` // "" if none was typed
	// Address is empty unless the page asked for it.
	Address address `json:"address,omitzero"`
}

// called is the name as Stripe's objects have it.
func (p payer) called() *string {
	if p.Name == "" {
		return nil
	}
	return &p.Name
}

func (p payer) billing() billingDetails {
	return billingDetails{Address: p.where(), Email: p.Email, Name: p.called()}
}

// intentData is payment_intent_data, kept until the donor submits and the intent is made.
type intentData struct {
	Metadata      map[string]string `json:"metadata"`
	Description   *string           `json:"description"`
	Suffix        *string           `json:"suffix"`
	ReceiptEmail  *string           `json:"receipt_email"`
	CaptureMethod string            `json:"capture_method"`
}

func createSession(c *call) (any, error) {
	cs, hidden, err := c.readSession()
	if err != nil {
		return nil, err
	}
	cs.ID = c.id("cs_test_a1", 56)
	url := c.sim.cfg.PublicURL + "/pay/" + cs.ID
	cs.URL = &url
	for i := range hidden.Items {
		hidden.Items[i].ID = c.id("li_1", 23)
	}
	if err := c.insert(sessionKind, cs.ID, "", cs.Created, cs, hidden); err != nil {
		return nil, err
	}
	return cs, c.at(time.Unix(cs.ExpiresAt, 0), timerExpire, cs.ID)
}

// blankSession is an open session with nothing in it.
func blankSession(created int64) session {
	return session{
		Object: sessionKind, Mode: "payment", Status: "open", PaymentStatus: "unpaid", UIMode: "hosted",
		CustomerCreation: "if_required", PaymentMethodCollection: "if_required",
		PaymentMethodTypes: []string{"card"}, CustomFields: []any{}, ShippingOptions: []any{},
		Metadata: map[string]string{}, Created: created,
	}
}

// findSession loads a session by the id in the path or on the payment page.
func (t *tx) findSession(id string) (session, sessionHidden, error) {
	var cs session
	var hidden sessionHidden
	err := t.load(sessionKind, id, &cs, &hidden)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, nounOf(sessionKind), id, "session")
	}
	return cs, hidden, err
}

func (t *tx) saveSession(cs session, hidden sessionHidden) error {
	ref := ""
	if cs.PaymentIntent != nil {
		ref = *cs.PaymentIntent
	}
	return t.update(cs.ID, ref, cs, hidden)
}

func listSessions(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "payment_intent"); err != nil {
		return nil, err
	}
	if err := c.byFields(q, "customer", "subscription"); err != nil {
		return nil, err
	}
	status, err := c.params.at("status").oneOf("open", "complete", "expired")
	if err != nil {
		return nil, err
	}
	if status != "" {
		q.and("json_extract(body, '$.status') = ?", status)
	}
	return c.list(sessionKind, q)
}

func expireSession(c *call) (any, error) {
	cs, hidden, err := c.findSession(c.pathID())
	if err != nil {
		return nil, err
	}
	if cs.Status != "open" {
		return nil, invalid("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", cs.Status)
	}
	return c.expire(cs, hidden, c.request())
}

// expire closes an open session, by a call or because its time has come.
func (t *tx) expire(cs session, hidden sessionHidden, by requestRef) (session, error) {
	cs.Status, cs.URL = "expired", nil
	if err := t.saveSession(cs, hidden); err != nil {
		return cs, err
	}
	if err := t.cancelTimer(timerExpire, cs.ID); err != nil {
		return cs, err
	}
	if cs.PaymentIntent != nil {
		if err := t.cancelIntent(*cs.PaymentIntent, by); err != nil {
			return cs, err
		}
	}
	if err := t.expireSubscription(hidden.Plan, by); err != nil {
		return cs, err
	}
	return cs, t.emit("checkout.session.expired", cs, nil, by, atOnce)
}

func listLineItems(c *call) (any, error) {
	cs, hidden, err := c.findSession(c.pathID())
	if err != nil {
		return nil, err
	}
	return lineItemList(cs.ID, hidden.Items), nil
}

// lineItemList is the list object of a session's lines. A session has few enough for one page.
func lineItemList(id string, items []lineItem) any {
	return struct {
		Object  string     `json:"object"`
		Data    []lineItem `json:"data"`
		HasMore bool       `json:"has_more"`
		URL     string     `json:"url"`
	}{"list", items, false, "/v1/checkout/sessions/" + id + "/line_items"}
}

// lineItem is one line of a session.
type lineItem struct {
	ID             string `json:"id"`
	Object         string `json:"object"`
	AmountDiscount int64  `json:"amount_discount"`
	AmountSubtotal int64  `json:"amount_subtotal"`
	AmountTax      int64  `json:"amount_tax"`
	AmountTotal    int64  `json:"amount_total"`
	Currency       string `json:"currency"`
	Description    string `json:"description"`
	Price          price  `json:"price"`
	Quantity       int64  `json:"quantity"`
}

// request says which call caused an event.
func (c *call) request() requestRef {
	by := requestRef{ID: &c.reqID}
	if c.key != "" {
		by.IdempotencyKey = &c.key
	}
	return by
}
