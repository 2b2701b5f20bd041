package stripesim

import (
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"
)

// sessionParams are the parameters of POST /v1/checkout/sessions the simulator models
// (https://docs.stripe.com/api/checkout/sessions/create). All others are refused as unknown.
var sessionParams = []string{
	"mode", "ui_mode", "success_url", "cancel_url", "submit_type", "client_reference_id", "customer_email",
	"customer_creation", "billing_address_collection", "locale", "expires_at", "metadata", "metadata[*]",
	"payment_method_types[]", "customer",
	"subscription_data[metadata]", "subscription_data[metadata][*]", "subscription_data[description]",
	"payment_intent_data[metadata]", "payment_intent_data[metadata][*]", "payment_intent_data[description]",
	"payment_intent_data[statement_descriptor_suffix]", "payment_intent_data[receipt_email]",
	"payment_intent_data[capture_method]",
	"line_items[][quantity]", "line_items[][price_data][currency]", "line_items[][price_data][unit_amount]",
	"line_items[][price_data][recurring][interval]", "line_items[][price_data][product]", "line_items[][price_data][product_data][name]",
	"line_items[][price_data][product_data][description]", "line_items[][price_data][product_data][metadata][*]",
}

const (
	shortestSession = 30 * time.Minute
	longestSession  = 24 * time.Hour
	maxAmount       = 99_999_999 // eight digits (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)
	maxLines        = 100
)

// readSession reads and judges the parameters of a new session.
func (c *call) readSession() (session, sessionHidden, error) {
	cs, hidden := blankSession(c.now.Unix()), sessionHidden{}
	for _, read := range []func(*session, *sessionHidden) error{
		c.readMode, c.readAddresses, c.readDonor, c.readLines, c.readExpiry, c.readIntentData, c.readSubscriptionData, c.readCustomer,
	} {
		if err := read(&cs, &hidden); err != nil {
			return cs, hidden, err
		}
	}
	return cs, hidden, nil
}

func (c *call) readMode(cs *session, _ *sessionHidden) error {
	p := c.params
	mode, err := p.at("mode").oneOf("payment", "setup", "subscription")
	if err != nil {
		return err
	}
	switch mode {
	case "":
		return missingParam("mode")
	case "setup":
		return invalid("mode", "", "The simulator knows the modes payment and subscription, not %s.", mode)
	case subscriptionMode:
		cs.Mode, cs.CustomerCreation, cs.PaymentMethodCollection = mode, "always", "always"
	}
	ui, err := p.at("ui_mode").oneOf("hosted", "embedded")
	if err != nil {
		return err
	}
	if ui == "embedded" {
		return invalid("ui_mode", "", "The simulator has a page of its own only: ui_mode must be hosted.")
	}
	submit, err := p.at("submit_type").oneOf("auto", "book", "donate", "pay")
	if err != nil {
		return err
	}
	if submit != "" {
		cs.SubmitType = &submit
	}
	if cs.Metadata, err = p.at("metadata").metadata(); err != nil {
		return err
	}
	if types := p.at("payment_method_types").items(); len(types) > 0 {
		cs.PaymentMethodTypes = nil
		for _, n := range types {
			word, err := n.oneOf("card", "link", "cashapp", "us_bank_account")
			if err != nil {
				return err
			}
			cs.PaymentMethodTypes = append(cs.PaymentMethodTypes, word)
		}
	}
	return nil
}

func (c *call) readAddresses(cs *session, _ *sessionHidden) error {
	p := c.params
	if !p.at("success_url").given() {
		return missingParam("success_url")
	}
	var err error
	if cs.SuccessURL, err = p.at("success_url").webURL(); err != nil {
		return err
	}
	cancel, err := p.at("cancel_url").webURL()
	if err == nil && cancel != "" {
		cs.CancelURL = &cancel
	}
	return err
}

func (c *call) readDonor(cs *session, _ *sessionHidden) error {
	p := c.params
	var err error
	if cs.ClientReferenceID, err = p.at("client_reference_id").optional(200); err != nil {
		return err
	}
	if cs.CustomerEmail, err = p.at("customer_email").email(); err != nil {
		return err
	}
	if cs.Locale, err = p.at("locale").optional(10); err != nil {
		return err
	}
	creation, err := p.at("customer_creation").oneOf("if_required", "always")
	if err != nil {
		return err
	}
	if creation != "" {
		cs.CustomerCreation = creation
	}
	billing, err := p.at("billing_address_collection").oneOf("auto", "required")
	if err == nil && billing != "" {
		cs.BillingAddressCollection = &billing
	}
	return err
}

func (c *call) readExpiry(cs *session, _ *sessionHidden) error {
	at, given, err := c.params.at("expires_at").integer()
	if err != nil {
		return err
	}
	earliest, latest := cs.Created+int64(shortestSession/time.Second), cs.Created+int64(longestSession/time.Second)
	switch {
	case !given:
		cs.ExpiresAt = latest
	case at < earliest:
		return invalid("expires_at", "", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
	case at > latest:
		return invalid("expires_at", "", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
	default:
		cs.ExpiresAt = at
	}
	return nil
}

func (c *call) readIntentData(_ *session, hidden *sessionHidden) error {
	p := c.params.at("payment_intent_data")
	var data intentData
	var err error
	if data.Metadata, err = p.at("metadata").metadata(); err != nil {
		return err
	}
	if data.Description, err = p.at("description").optional(1000); err != nil {
		return err
	}
	if data.ReceiptEmail, err = p.at("receipt_email").email(); err != nil {
		return err
	}
	suffix := p.at("statement_descriptor_suffix")
	if data.Suffix, err = suffix.optional(22); err != nil {
		return err
	}
	if s := data.Suffix; s != nil && (strings.ContainsAny(*s, `<>\'"*`) || !strings.ContainsFunc(*s, isLatinLetter)) {
		return invalid(suffix.name, "", "The statement descriptor suffix must contain at least one letter and none of <>\\'\"*.")
	}
	if data.CaptureMethod, err = p.at("capture_method").oneOf("automatic", "automatic_async"); err != nil {
		return err
	}
	if data.CaptureMethod == "" {
		data.CaptureMethod = "automatic"
	}
	hidden.Intent = data
	return nil
}

func isLatinLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// readLines reads line_items and adds them up.
func (c *call) readLines(cs *session, hidden *sessionHidden) error {
	lines := c.params.at("line_items").items()
	if len(lines) == 0 {
		return missingParam("line_items")
	}
	if len(lines) > maxLines {
		return invalid("line_items", "", "Too many line items: at most %d are allowed.", maxLines)
	}
	for _, n := range lines {
		item, err := c.readLine(n)
		if err != nil {
			return err
		}
		if cs.Currency != "" && cs.Currency != item.Currency {
			return invalid("line_items", "", "You cannot combine currencies on a single Checkout Session. Found %s and %s.", cs.Currency, item.Currency)
		}
		cs.Currency = item.Currency
		cs.AmountTotal += item.AmountTotal
		hidden.Items = append(hidden.Items, item)
	}
	cs.AmountSubtotal = cs.AmountTotal
	if least := leastCharge(cs.Currency); cs.AmountTotal < least {
		return invalid("line_items", "amount_too_small", "The Checkout Session's total amount due must add up to at least %s", display(least, cs.Currency))
	}
	if cs.AmountTotal > maxAmount {
		return invalid("line_items", "amount_too_large", "The Checkout Session's total amount must be no more than %s", display(maxAmount, cs.Currency))
	}
	return nil
}

func (c *call) readLine(n *node) (lineItem, error) {
	item := lineItem{Object: "item"}
	data := n.at("price_data")
	if !data.given() {
		return item, invalid(n.name, "", "You must specify either `price` or `price_data` when creating a Checkout Session; the simulator knows `price_data`.")
	}
	currency, amount, often, err := c.readPriceData(data)
	if err != nil {
		return item, err
	}
	item.Currency = currency
	var given bool
	item.Quantity, given, err = n.at("quantity").integer()
	if err != nil {
		return item, err
	}
	if !given {
		return item, invalid(n.at("quantity").name, "", "Quantity is required. Add `quantity` to `%s`", n.name)
	}
	if item.Quantity < 1 || item.Quantity > 999_999 {
		return item, invalid(n.at("quantity").name, "parameter_invalid_integer", "This value must be between 1 and 999999.")
	}
	prod, err := c.lineProduct(data)
	if err != nil {
		return item, err
	}
	item.Description = prod.Name
	item.AmountTotal = amount * item.Quantity // at most 10^14: fits
	item.AmountSubtotal = item.AmountTotal
	if often != nil {
		item.Price, err = c.newPrice(prod.ID, item.Currency, amount, often)
		return item, err
	}
	item.Price = c.priceOf(prod.ID, item.Currency, amount, nil)
	return item, nil
}

// lineProduct is the product a line names, or a new one out of product_data.
func (c *call) lineProduct(data *node) (product, error) {
	ref, inline := data.at("product"), data.at("product_data")
	id, err := ref.text(255)
	if err != nil {
		return product{}, err
	}
	switch {
	case id != "" && inline.given():
		return product{}, invalid(data.name, "", "You may only specify one of these parameters: product, product_data.")
	case id != "":
		var p product
		err := c.load(productKind, id, &p, nil)
		if errors.Is(err, errMissing) {
			return p, noSuch(http.StatusBadRequest, productKind, id, ref.name)
		}
		return p, err
	case !inline.given():
		return product{}, invalid(data.name, "parameter_missing", "One of product, product_data must be given in %s.", data.name)
	}
	name, err := inline.at("name").required(5000)
	if err != nil {
		return product{}, err
	}
	description, err := inline.at("description").optional(40000)
	if err != nil {
		return product{}, err
	}
	metadata, err := inline.at("metadata").metadata()
	if err != nil {
		return product{}, err
	}
	return c.newProduct("", name, description, metadata)
}

// email reads an optional address.
func (n *node) email() (*string, error) {
	s, err := n.text(512)
	if err != nil || s == "" {
		return nil, err
	}
	if !isEmail(s) {
		return nil, invalid(n.name, "email_invalid", "Invalid email address: %s", s)
	}
	return &s, nil
}

// isEmail accepts a bare address with a dot in its domain.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return false
	}
	_, domain, _ := strings.Cut(s[strings.LastIndexByte(s, '@'):], "@")
	return strings.Contains(domain, ".") && len(s) <= 512
}
