package stripesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// kinds says by its prefix which object an id names, for expand[].
var kinds = []struct{ prefix, kind string }{
	{"cs_test_", sessionKind},
	{"pi_", intentKind},
	{"ch_", chargeKind},
	{"py_", chargeKind},
	{"re_", refundKind},
	{"pyr_", refundKind},
	{"dp_", disputeKind},
	{"po_", payoutKind},
	{"cus_", customerKind},
	{"txn_", transactionKind},
	{"price_", priceKind},
	{"pm_", methodKind},
	{"sub_", subscriptionKind},
	{"in_", invoiceKind},
	{"", productKind}, // its maker may have chosen it
}

// expand replaces ids by their objects along the dotted paths asked for, four levels deep at most
// (https://docs.stripe.com/api/expanding_objects).
func (c *call) expand(body json.RawMessage, paths *node) (json.RawMessage, error) {
	if !paths.given() {
		return body, nil
	}
	doc, err := decodeDoc(body)
	if err != nil {
		return nil, err
	}
	for _, n := range paths.items() {
		path, err := n.text(200)
		if err != nil {
			return nil, err
		}
		steps := strings.Split(path, ".")
		depth := len(steps)
		if steps[0] == "data" {
			depth--
		}
		if depth > 4 {
			return nil, invalid(n.name, "", "You cannot expand more than 4 levels of a property (property: %s)", path)
		}
		if err := c.expandPath(doc, steps, path); err != nil {
			return nil, err
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("stripesim: encode expanded object: %w", err)
	}
	return out, nil
}

func (c *call) expandPath(doc map[string]any, steps []string, whole string) error {
	if len(steps) == 0 {
		return nil
	}
	name, rest := steps[0], steps[1:]
	if doc["object"] == "checkout.session" && name == "line_items" && doc["line_items"] == nil {
		if err := c.addLineItems(doc); err != nil {
			return err
		}
	}
	value, there := doc[name]
	if !there && doc["object"] == refundKind && name == "failure_balance_transaction" {
		return nil // this one field is left out where it is null
	}
	if !there && doc["deleted"] == true {
		return nil // nothing is left of a deleted customer
	}
	if !there {
		return invalid("expand", "", "This property cannot be expanded (%s).", whole)
	}
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		return c.expandPath(v, rest, whole)
	case []any:
		for _, each := range v {
			if kid, ok := each.(map[string]any); ok {
				if err := c.expandPath(kid, rest, whole); err != nil {
					return err
				}
			}
		}
		return nil
	case string:
		kid, err := c.named(v)
		if err != nil {
			return err
		}
		if kid == nil {
			return invalid("expand", "", "This property cannot be expanded (%s).", whole)
		}
		doc[name] = kid
		return c.expandPath(kid, rest, whole)
	default:
		return invalid("expand", "", "This property cannot be expanded (%s).", whole)
	}
}

// named is the object an id names, or nil.
func (c *call) named(id string) (map[string]any, error) {
	for _, k := range kinds {
		if !strings.HasPrefix(id, k.prefix) {
			continue
		}
		r, err := c.find(k.kind, id)
		if errors.Is(err, errMissing) {
			continue
		}
		if err == nil {
			err = c.sim.permitExpanding(k.kind)
		}
		if err != nil {
			return nil, err
		}
		return decodeDoc(r.body)
	}
	return nil, nil
}

// addLineItems includes a session's lines, which Stripe shows only when asked.
func (c *call) addLineItems(doc map[string]any) error {
	id, _ := doc["id"].(string)
	var cs session
	var hidden sessionHidden
	if err := c.load(sessionKind, id, &cs, &hidden); err != nil {
		return err
	}
	body, err := json.Marshal(lineItemList(id, hidden.Items))
	if err != nil {
		return fmt.Errorf("stripesim: encode line items: %w", err)
	}
	doc["line_items"], err = decodeDoc(body)
	return err
}

// decodeDoc keeps numbers as they are written: an amount never becomes a float.
func decodeDoc(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("stripesim: decode object: %w", err)
	}
	return doc, nil
}
