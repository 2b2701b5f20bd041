package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

var cancelParams = []string{"cancellation_details[comment]", "cancellation_details[feedback]"}

// listSubscriptions lists those that have not been canceled unless status asks for others
// (https://docs.stripe.com/api/subscriptions/list).
func listSubscriptions(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "customer"); err != nil {
		return nil, err
	}
	status, err := c.params.at("status").oneOf("active", "all", "canceled", "ended", "incomplete", "incomplete_expired",
		"past_due", "paused", "trialing", "unpaid")
	if err != nil {
		return nil, err
	}
	const state = "json_extract(body, '$.status')"
	switch status {
	case "all":
	case "":
		q.and(state+" <> ?", subscriptionCanceled)
	case "ended":
		q.and(state+" IN (?, ?)", subscriptionCanceled, subscriptionExpired)
	default:
		q.and(state+" = ?", status)
	}
	price, err := c.params.at("price").text(255)
	if err != nil {
		return nil, err
	}
	if price != "" {
		q.and("EXISTS (SELECT 1 FROM json_each(body, '$.items.data') item WHERE json_extract(item.value, '$.price.id') = ?)", price)
	}
	return c.list(subscriptionKind, q)
}

// liveSubscription loads a subscription that can still be canceled. Stripe does not find others either.
func (t *tx) liveSubscription(id string) (sub subscription, hidden subscriptionHidden, err error) {
	sub, hidden, err = t.findSubscription(id)
	if err == nil && sub.ended() {
		err = noSuch(http.StatusNotFound, subscriptionKind, id, "id")
	}
	return sub, hidden, err
}

func cancelSubscription(c *call) (any, error) {
	sub, hidden, err := c.liveSubscription(c.pathID())
	if err != nil {
		return nil, err
	}
	if err := c.readCancellation(&sub); err != nil {
		return nil, err
	}
	if err := c.update(sub.ID, sub.Customer, sub, hidden); err != nil {
		return nil, err
	}
	return c.endSubscription(sub.ID, "cancellation_requested", c.request())
}

// readCancellation reads why the donor leaves.
func (c *call) readCancellation(sub *subscription) (err error) {
	details := c.params.at("cancellation_details")
	if n := details.at("comment"); n.given() {
		if sub.CancellationDetails.Comment, err = n.optional(5000); err != nil {
			return err
		}
	}
	if n := details.at("feedback"); n.given() {
		word, err := n.oneOf("customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
			"too_expensive", "unused")
		if err != nil {
			return err
		}
		sub.CancellationDetails.Feedback = &word
	}
	return nil
}

// findItem loads the subscription an item is part of, and where it stands in it.
func (t *tx) findItem(id string) (sub subscription, at int, err error) {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND EXISTS
		(SELECT 1 FROM json_each(body, '$.items.data') item WHERE json_extract(item.value, '$.id') = ?)`, subscriptionKind, id)
	if err != nil {
		return sub, 0, err
	}
	if len(rows) == 0 {
		return sub, 0, noSuch(http.StatusNotFound, "subscription_item", id, "id")
	}
	if err := json.Unmarshal(rows[0].body, &sub); err != nil {
		return sub, 0, fmt.Errorf("stripesim: decode %s: %w", rows[0].id, err)
	}
	return sub, sub.itemAt(id), nil
}

// itemAt is the place of an item in its subscription, or -1.
func (sub *subscription) itemAt(id string) int {
	for i, item := range sub.Items.Data {
		if item.ID == id {
			return i
		}
	}
	return -1
}

func getItem(c *call) (any, error) {
	sub, at, err := c.findItem(c.pathID())
	if err != nil {
		return nil, err
	}
	return sub.Items.Data[at], nil
}

// listItems shows a subscription's items: few enough for one page.
func listItems(c *call) (any, error) {
	id, err := c.params.at("subscription").required(255)
	if err != nil {
		return nil, err
	}
	var sub subscription
	err = c.load(subscriptionKind, id, &sub, nil)
	if errors.Is(err, errMissing) {
		return nil, noSuch(http.StatusBadRequest, subscriptionKind, id, "subscription")
	}
	return sub.Items, err
}
