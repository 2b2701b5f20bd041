package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The parts of Stripe's objects that are booked, and no more: decoding the
// library's whole structs costs five times as much.

type event struct {
	ID         string `json:"id"`
	Object     string `json:"object"`
	Type       string `json:"type"`
	APIVersion string `json:"api_version"`
	Created    int64  `json:"created"`
	Livemode   *bool  `json:"livemode"`
	Account    string `json:"account"`
	Data       struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// parseEvent reads the envelope that every event has.
func parseEvent(raw []byte) (event, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, errors.New("not a JSON object")
	}
	if e.ID == "" || e.Object != "event" || e.Type == "" {
		return e, errors.New("not an event")
	}
	return e, nil
}

// objectID is the id of what the event speaks of, "" if it has none.
func (e event) objectID() string {
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(e.Data.Object, &o) != nil {
		return ""
	}
	return o.ID
}

type charge struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	Amount         int64             `json:"amount"`
	AmountCaptured int64             `json:"amount_captured"`
	Captured       bool              `json:"captured"`
	Paid           bool              `json:"paid"`
	Status         string            `json:"status"`
	Currency       string            `json:"currency"`
	Created        int64             `json:"created"`
	Metadata       map[string]string `json:"metadata"`
	PaymentIntent  ref[struct{}]     `json:"payment_intent"`
	ReceiptEmail   string            `json:"receipt_email"`
	Billing        struct {
		Email string `json:"email"`
	} `json:"billing_details"`
	Method struct {
		Type string `json:"type"`
		Card struct {
			Brand string `json:"brand"`
			Last4 string `json:"last4"`
		} `json:"card"`
	} `json:"payment_method_details"`
}

type intent struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	AmountReceived int64             `json:"amount_received"`
	Currency       string            `json:"currency"`
	Status         string            `json:"status"`
	Created        int64             `json:"created"`
	Metadata       map[string]string `json:"metadata"`
	LatestCharge   ref[charge]       `json:"latest_charge"`
}

type session struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Mode          string            `json:"mode"`
	Status        string            `json:"status"`
	PaymentStatus string            `json:"payment_status"`
	AmountTotal   *int64            `json:"amount_total"`
	Currency      string            `json:"currency"`
	Created       int64             `json:"created"`
	Reference     string            `json:"client_reference_id"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent ref[intent]       `json:"payment_intent"`
	Customer      struct {
		Email string `json:"email"`
	} `json:"customer_details"`
	Conversion *struct {
		AmountTotal    int64  `json:"amount_total"`
		SourceCurrency string `json:"source_currency"`
	} `json:"currency_conversion"`
}

// dispute and refund are read only as far as the charge they belong to.
type ofCharge struct {
	ID       string            `json:"id"`
	Charge   ref[struct{}]     `json:"charge"`
	Metadata map[string]string `json:"metadata"`
}

// ref is a field that Stripe sends as an id, or as the object itself where it
// was expanded.
type ref[T any] struct {
	ID     string
	Object *T // nil unless expanded
}

// UnmarshalJSON reads either form.
func (r *ref[T]) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &r.ID)
	}
	var o struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("neither an id nor an object: %w", err)
	}
	r.ID, r.Object = o.ID, new(T)
	return json.Unmarshal(raw, r.Object)
}
