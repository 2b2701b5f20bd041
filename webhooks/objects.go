package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The parts of Stripe's objects that are booked, and no more: decoding the
// library's whole structs costs five times as much.

// event is the envelope of an event. What it must have is read strictly; the
// rest as it comes, since a genuine event is stored whatever shape it is in.
type event struct {
	ID         string
	Type       string
	APIVersion string // "" where it has none
	Created    int64  // 0 likewise
	Livemode   *bool
	Account    string
	object     json.RawMessage
	previous   json.RawMessage // what was different of it before, where the event says so
}

// parseEvent reads the envelope that every event has.
func parseEvent(raw []byte) (event, error) {
	var must struct {
		ID       string          `json:"id"`
		Object   string          `json:"object"`
		Type     string          `json:"type"`
		Livemode *bool           `json:"livemode"`
		Version  json.RawMessage `json:"api_version"`
		Created  json.RawMessage `json:"created"`
		Account  json.RawMessage `json:"account"`
		Data     json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(raw, &must)
	must.ID = storable(must.ID)
	if err != nil || must.ID == "" || must.Object != "event" || must.Type == "" {
		return event{}, errors.New("not an event")
	}
	var data struct {
		Object   json.RawMessage `json:"object"`
		Previous json.RawMessage `json:"previous_attributes"`
	}
	e := event{ID: must.ID, Type: must.Type, Livemode: must.Livemode}
	for part, into := range map[*json.RawMessage]any{
		&must.Version: &e.APIVersion, &must.Created: &e.Created, &must.Account: &e.Account, &must.Data: &data,
	} {
		_ = json.Unmarshal(*part, into) // of another shape than ours: as good as not there
	}
	e.object, e.previous = data.Object, data.Previous
	e.Type, e.APIVersion = storable(e.Type), storable(e.APIVersion)
	return e, nil
}

// storable is text that both databases keep: PostgreSQL refuses a zero byte,
// and an event it refuses even alone would be sent again for days.
func storable(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// objectID is the id of what the event speaks of, "" if it has none.
func (e event) objectID() string { return objectID(e.object) }

func objectID(raw json.RawMessage) string {
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	return storable(o.ID)
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
	Invoice        ref[struct{}]     `json:"invoice"`
	Transaction    ref[struct{}]     `json:"balance_transaction"`
	TakenBack      ref[transaction]  `json:"failure_balance_transaction"`
	ReceiptEmail   string            `json:"receipt_email"`
	Billing        party             `json:"billing_details"`
	Method         struct {
		Type string `json:"type"`
		Card struct {
			Brand string `json:"brand"`
			Last4 string `json:"last4"`
		} `json:"card"`
		Bank struct {
			Last4 string `json:"last4"`
		} `json:"us_bank_account"`
	} `json:"payment_method_details"`
}

type intent struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	Amount         int64             `json:"amount"`
	AmountReceived int64             `json:"amount_received"`
	Currency       string            `json:"currency"`
	Status         string            `json:"status"`
	Created        int64             `json:"created"`
	Metadata       map[string]string `json:"metadata"`
	Invoice        ref[struct{}]     `json:"invoice"`
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
	Invoice       ref[invoice]      `json:"invoice"`
	Subscription  ref[struct{}]     `json:"subscription"`
	Customer      party             `json:"customer_details"`
	Conversion    *struct {
		AmountTotal    int64  `json:"amount_total"`
		SourceCurrency string `json:"source_currency"`
	} `json:"currency_conversion"`
}

type refund struct {
	ID            string           `json:"id"`
	Object        string           `json:"object"`
	Amount        int64            `json:"amount"`
	Currency      string           `json:"currency"`
	Created       int64            `json:"created"`
	Status        string           `json:"status"`
	Charge        ref[struct{}]    `json:"charge"`
	PaymentIntent ref[struct{}]    `json:"payment_intent"`
	CameBack      ref[transaction] `json:"failure_balance_transaction"`
}

type dispute struct {
	ID            string        `json:"id"`
	Object        string        `json:"object"`
	Created       int64         `json:"created"`
	Currency      string        `json:"currency"`
	Amount        int64         `json:"amount"`
	Status        string        `json:"status"`
	Charge        ref[struct{}] `json:"charge"`
	PaymentIntent ref[struct{}] `json:"payment_intent"`
	Transactions  []transaction `json:"balance_transactions"`
	Evidence      struct {
		DueBy int64 `json:"due_by"`
	} `json:"evidence_details"`
}

type warning struct {
	ID            string        `json:"id"`
	Object        string        `json:"object"`
	Created       int64         `json:"created"`
	Charge        ref[struct{}] `json:"charge"`
	PaymentIntent ref[struct{}] `json:"payment_intent"`
}

type invoice struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Status        string            `json:"status"`
	Paid          bool              `json:"paid"`
	OutOfBand     bool              `json:"paid_out_of_band"`
	AmountPaid    int64             `json:"amount_paid"`
	AmountDue     int64             `json:"amount_due"`
	Attempts      int64             `json:"attempt_count"`
	NextTry       int64             `json:"next_payment_attempt"`
	BillingReason string            `json:"billing_reason"`
	Charge        ref[charge]       `json:"charge"`
	PaymentIntent ref[struct{}]     `json:"payment_intent"`
	Subscription  ref[subscription] `json:"subscription"`
	Details       *struct {
		Metadata map[string]string `json:"metadata"`
	} `json:"subscription_details"`
}

type subscription struct {
	ID           string            `json:"id"`
	Object       string            `json:"object"`
	Status       string            `json:"status"`
	Currency     string            `json:"currency"`
	Metadata     map[string]string `json:"metadata"`
	Customer     ref[customer]     `json:"customer"`
	CancelsAtEnd bool              `json:"cancel_at_period_end"`
	PeriodStart  int64             `json:"current_period_start"`
	CanceledAt   int64             `json:"canceled_at"`
	EndedAt      int64             `json:"ended_at"`
	PeriodEnd    int64             `json:"current_period_end"`
	Method       ref[method]       `json:"default_payment_method"`
	Items        items             `json:"items"`
}

// customer is whoever a subscription charges.
type customer struct {
	Settings struct {
		Method ref[method] `json:"default_payment_method"`
	} `json:"invoice_settings"`
}

// items are what a subscription is for.
type items struct {
	Data []struct {
		Quantity int64 `json:"quantity"`
		Price    struct {
			UnitAmount int64 `json:"unit_amount"`
			Recurring  struct {
				Interval string `json:"interval"`
				Count    int64  `json:"interval_count"`
			} `json:"recurring"`
		} `json:"price"`
	} `json:"data"`
}

// method is what a subscription is paid with.
type method struct {
	Card struct {
		Brand    string `json:"brand"`
		Last4    string `json:"last4"`
		ExpMonth int    `json:"exp_month"`
		ExpYear  int    `json:"exp_year"`
	} `json:"card"`
}

type payout struct {
	ID             string           `json:"id"`
	Object         string           `json:"object"`
	Amount         int64            `json:"amount"`
	Currency       string           `json:"currency"`
	Status         string           `json:"status"`
	Automatic      bool             `json:"automatic"`
	Reconciliation string           `json:"reconciliation_status"`
	Arrival        int64            `json:"arrival_date"`
	Created        int64            `json:"created"`
	CameBack       ref[transaction] `json:"failure_balance_transaction"`
}

type transaction struct {
	ID       string        `json:"id"`
	Object   string        `json:"object"`
	Amount   int64         `json:"amount"`
	Fee      int64         `json:"fee"`
	Net      int64         `json:"net"`
	Currency string        `json:"currency"`
	Created  int64         `json:"created"`
	Type     string        `json:"type"`
	Category string        `json:"reporting_category"`
	Source   ref[struct{}] `json:"source"`
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

// decodes reads what Stripe sent, and tells whether it could: the object is of
// the kind it should be, and has an id.
func decodes(raw json.RawMessage, kind string, into any) bool {
	var must struct {
		ID     string `json:"id"`
		Object string `json:"object"`
	}
	return json.Unmarshal(raw, &must) == nil && must.ID != "" && must.Object == kind && json.Unmarshal(raw, into) == nil
}
