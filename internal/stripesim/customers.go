package stripesim

const customerKind = "customer"

// customer is who paid, made where a session asks for one with customer_creation=always.
type customer struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Address             address           `json:"address"`
	Balance             int64             `json:"balance"`
	Created             int64             `json:"created"`
	Currency            *string           `json:"currency"`
	DefaultSource       any               `json:"default_source"`
	Delinquent          bool              `json:"delinquent"`
	Description         *string           `json:"description"`
	Discount            any               `json:"discount"`
	Email               string            `json:"email"`
	InvoicePrefix       string            `json:"invoice_prefix"`
	InvoiceSettings     invoiceSettings   `json:"invoice_settings"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                *string           `json:"name"`
	NextInvoiceSequence int64             `json:"next_invoice_sequence"`
	Phone               *string           `json:"phone"`
	PreferredLocales    []string          `json:"preferred_locales"`
	Shipping            any               `json:"shipping"`
	TaxExempt           string            `json:"tax_exempt"`
	TestClock           any               `json:"test_clock"`
}

type invoiceSettings struct {
	CustomFields     any `json:"custom_fields"`
	DefaultMethod    any `json:"default_payment_method"`
	Footer           any `json:"footer"`
	RenderingOptions any `json:"rendering_options"`
}

// newCustomer stores the customer of a session that asks for one. Stripe makes a new one each time, however often the
// same address gives.
func (t *tx) newCustomer(email string, by requestRef, how sending) (*string, error) {
	us := "US"
	c := customer{
		ID: t.id("cus_", 14), Object: customerKind, Address: address{Country: &us}, Created: t.now.Unix(), Email: email,
		InvoicePrefix: t.id("", 8), Metadata: map[string]string{}, NextInvoiceSequence: 1, PreferredLocales: []string{}, TaxExempt: "none",
	}
	if err := t.insert(customerKind, c.ID, "", c.Created, c, nil); err != nil {
		return nil, err
	}
	return &c.ID, t.emit("customer.created", c, nil, by, how)
}
