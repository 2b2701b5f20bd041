package stripesim

import (
	"errors"
	"net/http"
)

const productKind = "product"

// product is what a line of a session is for.
type product struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Active              bool              `json:"active"`
	Created             int64             `json:"created"`
	DefaultPrice        any               `json:"default_price"`
	Description         *string           `json:"description"`
	Features            []any             `json:"features"`
	Images              []string          `json:"images"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                string            `json:"name"`
	PackageDimensions   any               `json:"package_dimensions"`
	Shippable           any               `json:"shippable"`
	StatementDescriptor any               `json:"statement_descriptor"`
	TaxCode             any               `json:"tax_code"`
	UnitLabel           any               `json:"unit_label"`
	Updated             int64             `json:"updated"`
	URL                 *string           `json:"url"`
}

// price is an amount for a product; those made inline in a session are inactive, as at Stripe.
type price struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Active            bool              `json:"active"`
	BillingScheme     string            `json:"billing_scheme"`
	Created           int64             `json:"created"`
	Currency          string            `json:"currency"`
	CustomUnitAmount  any               `json:"custom_unit_amount"`
	Livemode          bool              `json:"livemode"`
	LookupKey         any               `json:"lookup_key"`
	Metadata          map[string]string `json:"metadata"`
	Nickname          *string           `json:"nickname"`
	Product           string            `json:"product"`
	Recurring         *recurring        `json:"recurring"`
	TaxBehavior       string            `json:"tax_behavior"`
	TiersMode         any               `json:"tiers_mode"`
	TransformQuantity any               `json:"transform_quantity"`
	Type              string            `json:"type"`
	UnitAmount        int64             `json:"unit_amount"`
	UnitAmountDecimal string            `json:"unit_amount_decimal"`
}

// productParams are the parameters of POST /v1/products the simulator models.
var productParams = []string{"id", "name", "description", "active", "metadata", "metadata[*]", "url"}

func createProduct(c *call) (any, error) {
	id, err := c.params.at("id").text(255)
	if err != nil {
		return nil, err
	}
	if id != "" {
		switch _, err := c.find(productKind, id); {
		case err == nil:
			return nil, invalid("id", "resource_already_exists", "Product already exists.")
		case !errors.Is(err, errMissing):
			return nil, err
		}
	}
	name, err := c.params.at("name").required(5000)
	if err != nil {
		return nil, err
	}
	description, err := c.params.at("description").optional(40000)
	if err != nil {
		return nil, err
	}
	metadata, err := c.params.at("metadata").metadata()
	if err != nil {
		return nil, err
	}
	p, err := c.newProduct(id, name, description, metadata)
	if err != nil {
		return nil, err
	}
	if err := c.params.at("active").setFlag(&p.Active); err != nil {
		return nil, err
	}
	if p.URL, err = c.params.at("url").settableURL(nil); err != nil {
		return nil, err
	}
	if err := c.update(p.ID, "", p, nil); err != nil {
		return nil, err
	}
	return p, c.emit("product.created", p, nil, c.request(), atOnce)
}

// newProduct stores a product, under an id of its own where none is given.
func (t *tx) newProduct(id, name string, description *string, metadata map[string]string) (product, error) {
	if id == "" {
		id = t.id("prod_", 14)
	}
	now := t.now.Unix()
	p := product{
		ID: id, Object: productKind, Active: true, Created: now, Updated: now, Name: name, Description: description,
		Features: []any{}, Images: []string{}, Metadata: metadata,
	}
	return p, t.insert(productKind, id, "", now, p, nil)
}

// productUpdateParams are the parameters of POST /v1/products/{id} the simulator models.
var productUpdateParams = []string{"name", "description", "active", "metadata", "metadata[*]", "url"}

// updateProduct changes a product. An inactive one keeps its prices, and can be used in no new session.
func updateProduct(c *call) (any, error) {
	var p product
	err := c.load(productKind, c.pathID(), &p, nil)
	if errors.Is(err, errMissing) {
		return nil, noSuch(http.StatusNotFound, productKind, c.pathID(), "id")
	}
	if err != nil {
		return nil, err
	}
	before := p
	if name, err := c.params.at("name").text(5000); err != nil {
		return nil, err
	} else if name != "" {
		p.Name = name
	}
	if p.Description, err = c.params.at("description").settable(40000, p.Description); err != nil {
		return nil, err
	}
	if p.URL, err = c.params.at("url").settableURL(p.URL); err != nil {
		return nil, err
	}
	if err := c.params.at("active").setFlag(&p.Active); err != nil {
		return nil, err
	}
	if p.Metadata, err = c.params.at("metadata").changes(p.Metadata); err != nil {
		return nil, err
	}
	p.Updated = c.now.Unix()
	if err := c.update(p.ID, "", p, nil); err != nil {
		return nil, err
	}
	previous := map[string]any{"updated": before.Updated}
	if p.Name != before.Name {
		previous["name"] = before.Name
	}
	if p.Active != before.Active {
		previous["active"] = before.Active
	}
	return p, c.emit("product.updated", p, previous, c.request(), atOnce)
}

func listProducts(c *call) (any, error) {
	q := &query{}
	active, given, err := c.params.at("active").flag()
	if err != nil {
		return nil, err
	}
	if given {
		q.and("json_extract(body, '$.active') = ?", active)
	}
	return c.list(productKind, q)
}
