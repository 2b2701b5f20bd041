package stripesim

import (
	"errors"
	"net/http"
)

const customerKind = "customer"

// customer is who paid, made where a session asks for one with customer_creation=always, or begins a subscription. Lists
// filter by its address.
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
	Email               *string           `json:"email"`
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
	CustomFields     any     `json:"custom_fields"`
	DefaultMethod    *string `json:"default_payment_method"`
	Footer           any     `json:"footer"`
	RenderingOptions any     `json:"rendering_options"`
}

// newCustomer stores the customer of a session that asks for one. Stripe makes a new one each time, however often the
// same address gives.
func (t *tx) newCustomer(who payer, by requestRef, how sending) (*string, error) {
	c := customer{
		ID: t.id("cus_", 14), Object: customerKind, Address: who.where(), Created: t.now.Unix(), Email: &who.Email, Name: who.called(),
		InvoicePrefix: t.id("", 8), Metadata: map[string]string{}, NextInvoiceSequence: 1, PreferredLocales: []string{}, TaxExempt: "none",
	}
	if err := t.insert(customerKind, c.ID, who.Email, c.Created, c, nil); err != nil {
		return nil, err
	}
	return &c.ID, t.emit("customer.created", c, nil, by, how)
}

func (t *tx) saveCustomer(who customer) error {
	ref := ""
	if who.Email != nil {
		ref = *who.Email
	}
	return t.update(who.ID, ref, who, nil)
}

// findCustomer loads a customer that was not deleted. It returns Stripe's 404 for others.
func (t *tx) findCustomer(id string) (customer, error) {
	var who struct {
		customer
		Deleted bool `json:"deleted"`
	}
	err := t.load(customerKind, id, &who, nil)
	if errors.Is(err, errMissing) || err == nil && who.Deleted {
		err = noSuch(http.StatusNotFound, customerKind, id, "id")
	}
	return who.customer, err
}

func listCustomers(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "email"); err != nil {
		return nil, err
	}
	q.and("json_extract(body, '$.deleted') IS NULL")
	return c.list(customerKind, q)
}

var customerParams = []string{
	"email", "name", "description", "metadata", "metadata[*]", "invoice_settings[default_payment_method]",
}

func updateCustomer(c *call) (any, error) {
	who, err := c.findCustomer(c.pathID())
	if err != nil {
		return nil, err
	}
	before, err := fields(who)
	if err != nil {
		return nil, err
	}
	if who.Metadata, err = c.params.at("metadata").changes(who.Metadata); err != nil {
		return nil, err
	}
	for name, field := range map[string]**string{"email": &who.Email, "name": &who.Name, "description": &who.Description} {
		if *field, err = c.params.at(name).settable(5000, *field); err != nil {
			return nil, err
		}
	}
	if who.Email != nil && !isEmail(*who.Email) {
		return nil, invalid("email", "email_invalid", "Invalid email address: %s", *who.Email)
	}
	if n := c.params.at("invoice_settings", "default_payment_method"); n.given() {
		pm, err := c.ownMethod(n, who.ID)
		if err != nil {
			return nil, err
		}
		who.InvoiceSettings.DefaultMethod = &pm.ID
	}
	if err := c.saveCustomer(who); err != nil {
		return nil, err
	}
	previous, err := changedSince(before, who)
	if err != nil || len(previous) == 0 {
		return who, err
	}
	return who, c.emit("customer.updated", who, previous, c.request(), atOnce)
}

// deleteCustomer ends the customer's subscriptions and leaves only an id that says so.
func deleteCustomer(c *call) (any, error) {
	who, err := c.findCustomer(c.pathID())
	if err != nil {
		return nil, err
	}
	subs, err := c.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ?
		AND json_extract(body, '$.ended_at') IS NULL ORDER BY seq`, subscriptionKind, who.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range subs {
		if _, err := c.endSubscription(r.id, "cancellation_requested", c.request()); err != nil {
			return nil, err
		}
	}
	gone := struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Deleted bool   `json:"deleted"`
	}{who.ID, customerKind, true}
	if err := c.update(who.ID, "", gone, nil); err != nil {
		return nil, err
	}
	return gone, c.emit("customer.deleted", who, nil, c.request(), atOnce)
}
