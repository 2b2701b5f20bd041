package stripesim

import (
	"cmp"
	"slices"
	"strings"
)

var (
	subscriptionParams = slices.Concat([]string{
		"metadata", "metadata[*]", "description", "cancel_at_period_end", "default_payment_method", "proration_behavior",
		"items[][id]", "items[][deleted]",
	}, cancelParams, below("items[]", itemFields))
	itemParams = slices.Concat([]string{"metadata", "metadata[*]", "proration_behavior"}, itemFields)

	// itemFields are what can be said of an item, in its own call and in its subscription's.
	itemFields = []string{
		"price", "quantity", "price_data[currency]", "price_data[product]", "price_data[unit_amount]", "price_data[recurring][interval]",
	}
)

// below names parameters inside another: a[b] in p is p[a][b].
func below(parent string, names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		head, rest, nested := strings.Cut(name, "[")
		if nested {
			rest = "[" + rest
		}
		out = append(out, parent+"["+head+"]"+rest)
	}
	return out
}

// updateSubscription changes a subscription. A new amount counts from the next invoice on: the simulator makes no
// prorations, so proration_behavior must be none. Of one that is over only the metadata can be changed, as at Stripe.
func updateSubscription(c *call) (any, error) {
	return c.changeSubscription(c.pathID(), c.request(), func(sub *subscription, hidden *subscriptionHidden) error {
		var err error
		if sub.Metadata, err = c.params.at("metadata").changes(sub.Metadata); err != nil {
			return err
		}
		if err := c.readCancellation(sub); err != nil {
			return err
		}
		for _, name := range []string{"description", "cancel_at_period_end", "default_payment_method", "items"} {
			if sub.ended() && c.params.at(name).given() {
				return invalid("", "", "A canceled subscription can only update its cancellation_details and metadata.")
			}
		}
		for _, read := range []func(*subscription, *subscriptionHidden) error{c.readWords, c.readEnd, c.readMethod, c.readItems} {
			if err := read(sub, hidden); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *call) readWords(sub *subscription, _ *subscriptionHidden) (err error) {
	sub.Description, err = c.params.at("description").settable(500, sub.Description)
	return err
}

func (c *call) readEnd(sub *subscription, _ *subscriptionHidden) error {
	ends, given, err := c.params.at("cancel_at_period_end").flag()
	if err == nil && given {
		sub.cancelAtPeriodEnd(ends, c.now.Unix())
	}
	return err
}

// cancelAtPeriodEnd lets the period that runs be the last, or not after all.
func (sub *subscription) cancelAtPeriodEnd(ends bool, now int64) {
	if sub.CancelAtPeriodEnd == ends {
		return
	}
	sub.CancelAtPeriodEnd = ends
	if !ends {
		sub.CancelAt, sub.CanceledAt, sub.CancellationDetails = nil, nil, cancellationDetails{}
		return
	}
	end, why := sub.CurrentPeriodEnd, "cancellation_requested"
	sub.CancelAt, sub.CanceledAt, sub.CancellationDetails.Reason = &end, &now, &why
}

// readMethod takes another card of the same customer's, which does not decline, or none of its own: then the customer's
// default pays.
func (c *call) readMethod(sub *subscription, hidden *subscriptionHidden) error {
	n := c.params.at("default_payment_method")
	if !n.given() {
		return nil
	}
	if n.leaf && n.value == "" {
		sub.DefaultPaymentMethod = nil
		return nil
	}
	pm, err := c.ownMethod(n, sub.Customer)
	if err != nil {
		return err
	}
	sub.DefaultPaymentMethod, hidden.Declines = &pm.ID, false
	return nil
}

func (c *call) readItems(sub *subscription, _ *subscriptionHidden) error {
	sub.Items.Data = slices.Clone(sub.Items.Data)
	for _, n := range c.params.at("items").items() {
		if err := c.readItem(sub, n); err != nil {
			return err
		}
	}
	if len(sub.Items.Data) == 0 {
		return invalid("items", "", "A subscription must have at least one active plan. To cancel a subscription, please use the cancel API endpoint on it.")
	}
	return nil
}

// readItem changes the item it names, takes it out, or adds one.
func (c *call) readItem(sub *subscription, n *node) error {
	id, err := n.at("id").text(255)
	if err != nil {
		return err
	}
	if id == "" {
		item := c.newItem(sub.ID, price{}, 1)
		if err := c.fillItem(sub, &item, n); err != nil {
			return err
		}
		if item.Price.ID == "" {
			return missingParam(n.at("price").name)
		}
		sub.Items.Data = append(sub.Items.Data, item)
		return nil
	}
	at := sub.itemAt(id)
	if at < 0 {
		return noSuch(400, "subscription_item", id, n.at("id").name)
	}
	deleted, _, err := n.at("deleted").flag()
	if err != nil {
		return err
	}
	if deleted {
		sub.Items.Data = slices.Delete(sub.Items.Data, at, at+1)
		return c.noProration(n)
	}
	return c.fillItem(sub, &sub.Items.Data[at], n)
}

// fillItem reads an item's price and quantity.
func (c *call) fillItem(sub *subscription, item *subscriptionItem, n *node) error {
	quantity, given, err := n.at("quantity").integer()
	if err != nil {
		return err
	}
	if given {
		if quantity < 1 || quantity > 999_999 {
			return invalid(n.at("quantity").name, "parameter_invalid_integer", "This value must be between 1 and 999999.")
		}
		item.Quantity = quantity
	}
	var p price
	data, named := n.at("price_data"), n.at("price")
	switch {
	case data.given() && named.given():
		return invalid(n.name, "", "You may only specify one of these parameters: price, price_data.")
	case data.given():
		p, err = c.inlinePrice(data)
	case named.given():
		p, err = c.namedPrice(named)
	case given:
		return c.noProration(n)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	if p.Recurring == nil || p.Recurring.Interval != sub.interval() || p.Currency != sub.Currency {
		return invalid(n.name, "", "The simulator changes neither the interval of a subscription nor its currency: every %s, in %s.",
			sub.interval(), sub.Currency)
	}
	item.Price = p
	return c.noProration(n)
}

// inlinePrice makes the price of price_data, whose product must exist.
func (c *call) inlinePrice(data *node) (price, error) {
	prod, err := c.namedProduct(data)
	if err != nil {
		return price{}, err
	}
	currency, amount, often, err := c.readPriceData(data)
	if err != nil {
		return price{}, err
	}
	return c.newPrice(prod.ID, currency, amount, often)
}

func (c *call) noProration(n *node) error {
	how, err := c.params.at("proration_behavior").oneOf("always_invoice", "create_prorations", "none")
	if err == nil && cmp.Or(how, "create_prorations") != "none" {
		err = invalid("proration_behavior", "", "The simulator makes no prorations: %s needs proration_behavior=none.", n.name)
	}
	return err
}

// updateItem changes one item, and so its subscription.
func updateItem(c *call) (any, error) {
	found, at, err := c.findItem(c.pathID())
	if err != nil {
		return nil, err
	}
	sub, err := c.changeSubscription(found.ID, c.request(), func(sub *subscription, _ *subscriptionHidden) error {
		sub.Items.Data = slices.Clone(sub.Items.Data)
		item := &sub.Items.Data[at]
		var err error
		if item.Metadata, err = c.params.at("metadata").changes(item.Metadata); err != nil {
			return err
		}
		return c.fillItem(sub, item, c.params)
	})
	if err != nil {
		return nil, err
	}
	return sub.Items.Data[at], nil
}
