package stripesim

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

const priceKind = "price"

// recurring says how often a price is paid again.
type recurring struct {
	AggregateUsage *string `json:"aggregate_usage"`
	Interval       string  `json:"interval"`
	IntervalCount  int64   `json:"interval_count"`
	UsageType      string  `json:"usage_type"`
}

// every is one payment each month or year.
func every(interval string) *recurring {
	return &recurring{Interval: interval, IntervalCount: 1, UsageType: "licensed"}
}

// priceParams are the parameters of POST /v1/prices the simulator models.
var priceParams = []string{"currency", "unit_amount", "product", "recurring[interval]", "active", "nickname", "metadata", "metadata[*]"}

func createPrice(c *call) (any, error) {
	prod, err := c.namedProduct(c.params)
	if err != nil {
		return nil, err
	}
	currency, amount, often, err := c.readPriceData(c.params)
	if err != nil {
		return nil, err
	}
	p := c.priceOf(prod.ID, currency, amount, often)
	p.Active = true
	if err := c.params.at("active").setFlag(&p.Active); err != nil {
		return nil, err
	}
	if p.Nickname, err = c.params.at("nickname").optional(5000); err != nil {
		return nil, err
	}
	if p.Metadata, err = c.params.at("metadata").metadata(); err != nil {
		return nil, err
	}
	if err := c.insert(priceKind, p.ID, p.Product, p.Created, p, nil); err != nil {
		return nil, err
	}
	return p, c.emit("price.created", p, nil, c.request(), atOnce)
}

// readPriceData reads currency, unit_amount and recurring, of a price or of price_data; often is nil for what is paid once.
func (c *call) readPriceData(data *node) (currency string, amount int64, often *recurring, err error) {
	if currency, err = data.at("currency").required(3); err != nil {
		return "", 0, nil, err
	}
	if currency = strings.ToLower(currency); !knownCurrency(currency) {
		return "", 0, nil, invalid(data.at("currency").name, "", "Invalid currency: %s.", currency)
	}
	amount, given, err := data.at("unit_amount").integer()
	if err != nil {
		return "", 0, nil, err
	}
	if !given {
		return "", 0, nil, missingParam(data.at("unit_amount").name)
	}
	if amount < 0 || amount > maxAmount {
		return "", 0, nil, invalid(data.at("unit_amount").name, "parameter_invalid_integer", "Invalid non-negative integer, or more than %d", maxAmount)
	}
	if !data.at("recurring").given() {
		return currency, amount, nil, nil
	}
	interval := data.at("recurring", "interval")
	if _, err := interval.required(100); err != nil {
		return "", 0, nil, err
	}
	word, err := interval.oneOf("month", "year")
	return currency, amount, every(word), err
}

// priceOf is a price as those made inline are: inactive.
func (t *tx) priceOf(product, currency string, amount int64, often *recurring) price {
	p := price{
		ID: t.id("price_1", 23), Object: priceKind, BillingScheme: "per_unit", Created: t.now.Unix(), Currency: currency,
		Metadata: map[string]string{}, Product: product, Recurring: often, TaxBehavior: "unspecified", Type: "one_time",
		UnitAmount: amount, UnitAmountDecimal: strconv.FormatInt(amount, 10),
	}
	if often != nil {
		p.Type = "recurring"
	}
	return p
}

// newPrice stores a price made inline for a subscription. Those of a single payment are kept with their line only.
func (t *tx) newPrice(product, currency string, amount int64, often *recurring) (price, error) {
	p := t.priceOf(product, currency, amount, often)
	return p, t.insert(priceKind, p.ID, product, p.Created, p, nil)
}

// namedProduct loads the product a price is for.
func (c *call) namedProduct(data *node) (product, error) {
	if n := data.at("product"); !n.given() {
		return product{}, missingParam(n.name)
	}
	return c.lineProduct(data)
}

// namedPrice loads the stored price a parameter names.
func (c *call) namedPrice(n *node) (p price, err error) {
	id, err := n.text(255)
	if err != nil {
		return p, err
	}
	err = c.load(priceKind, id, &p, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusBadRequest, priceKind, id, n.name)
	}
	return p, err
}

func listPrices(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "product"); err != nil {
		return nil, err
	}
	if err := c.byFields(q, "type", "currency"); err != nil {
		return nil, err
	}
	active, given, err := c.params.at("active").flag()
	if err != nil {
		return nil, err
	}
	if given {
		q.and("json_extract(body, '$.active') = ?", active)
	}
	return c.list(priceKind, q)
}
