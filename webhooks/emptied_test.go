package webhooks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// canary stands in these tests for whatever a person typed.
const canary = "Canary Bird <canary@example.org>"

// sown is an object with a canary wherever Stripe has, or might one day have,
// something of a person: in fields it is known for, in fields nobody knows, in
// metadata of others, and in the names of metadata, which others choose.
func sown(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = sown(v[i])
		}
	case map[string]any:
		for name, field := range v {
			v[name] = sown(field)
		}
		for _, name := range []string{
			"name", "email", "phone", "description", "customer_email", "customer_name", "receipt_email", "receipt_url", "hosted_invoice_url", "url",
			"client_secret", "statement_descriptor", "message", "comment", "last4", "fingerprint", "number", "what_comes_next", canary,
		} {
			v[name] = canary
		}
		for _, name := range []string{"address", "shipping", "owner", "billing_details", "customer_details", "evidence", "customer_shipping", "of_next_year"} {
			v[name] = map[string]any{"line1": canary, "id": "canary", "status": "canary", "address": map[string]any{"city": canary, "created": canary}}
		}
		v["custom_fields"] = []any{map[string]any{"key": "canary", "text": map[string]any{"value": canary}}}
		v["customer_tax_ids"] = []any{canary}
		v["reason"] = orElse(v["reason"], canary)
		v["client_reference_id"] = orElse(v["client_reference_id"], "canarybird")
		metadata, _ := v["metadata"].(map[string]any)
		if metadata == nil {
			metadata = map[string]any{}
		}
		metadata["appeal_comment"], metadata["appeal_tribute_name"], metadata["others"], metadata[canary] = canary, canary, canary, "x"
		metadata["status"] = "canary"
		v["metadata"] = metadata
	}
	return v
}

func orElse(v, other any) any {
	if v == nil {
		return other
	}
	return v
}

// books are the names under which the books' own facts stand.
var books = []string{
	"id", "object", "type", "api_version", "livemode", "created", "amount", "amount_captured", "amount_refunded", "amount_received", "amount_total",
	"amount_paid", "amount_due", "unit_amount", "currency", "fee", "net", "status", "paid", "captured", "charge", "payment_intent", "invoice", "subscription",
	"latest_charge", "balance_transaction", "source", "customer", "arrival_date", "reporting_category", "appeal_token", "appeal_reference", "appeal_campaign",
	"appeal_frequency", "client_reference_id", "due_by", "current_period_end", "canceled_at", "billing_reason", "brand",
}

// kept compares what stays with what came: every fact of the books, at its place.
func kept(t *testing.T, at string, came, left any) {
	t.Helper()
	switch came := came.(type) {
	case []any:
		list, _ := left.([]any)
		if len(list) != len(came) {
			t.Errorf("%s: %d are left of %d", at, len(list), len(came))
			return
		}
		for i := range came {
			kept(t, fmt.Sprint(at, "[", i, "]"), came[i], list[i])
		}
	case map[string]any:
		o, _ := left.(map[string]any)
		for name, value := range came {
			_, plain := value.(map[string]any)
			_, list := value.([]any)
			switch {
			case slices.Contains([]string{"billing_details", "customer_details"}, name):
			case plain, list:
				kept(t, at+"."+name, value, o[name])
			case slices.Contains(books, name) && !reflect.DeepEqual(value, o[name]):
				t.Errorf("%s.%s was %v, and is %v", at, name, value, o[name])
			}
		}
	}
}

func TestNothingOfAPersonIsLeftInAnEmptiedPayloadAndAllThatTheBooksNeedIs(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	store := storetest.Open(t, storetest.InMemory(t), clock)
	came := map[string]json.RawMessage{}
	for i, s := range stories(t) {
		told := s.begin(t, store, i)
		for j := range told.events {
			body, id := told.body(t, j), fmt.Sprintf("evt_%d_%d", i, j)
			came[id] = body
			var event map[string]any
			if err := json.Unmarshal(body, &event); err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(sown(event))
			if err != nil {
				t.Fatal(err)
			}
			receive(t, store, models.Event{ID: id, Type: "sown", Raw: raw})
		}
	}
	clock.Advance(models.PayloadsKept + time.Second)
	empty(t, store)
	for id, body := range came {
		e, err := store.FindEvent(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if e.EmptiedAt == nil || bytes.Contains(bytes.ToLower(e.Raw), []byte("canary")) {
			t.Fatalf("%s was emptied at %v, and a person is in it: %.2000s", id, e.EmptiedAt, e.Raw)
		}
		var was, is any
		if err := json.Unmarshal(body, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(e.Raw, &is); err != nil {
			t.Fatalf("%s is JSON no more: %v", id, err)
		}
		kept(t, id, was, is)
	}
}

func TestOfAPayloadThatIsNoObjectOfStripesOnlyTheLengthStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		texts := []string{"", "null", "7", `"canary"`, `["canary"]`, "canary", `{"id": "canary"`, `{"id": "a"} {"email": "canary"}`, "\x00canary", `{"id": canary}`}
		for i, text := range texts {
			receive(t, store, models.Event{ID: fmt.Sprint("evt_", i), Raw: []byte(text)})
		}
		clock.Advance(models.PayloadsKept + time.Second)
		empty(t, store)
		for i, text := range texts {
			e, err := store.FindEvent(t.Context(), fmt.Sprint("evt_", i))
			if want := fmt.Sprintf(`{"bytes":%d}`, len(text)); err != nil || string(e.Raw) != want {
				t.Errorf("of %q stays %s, %v", text, e.Raw, err)
			}
		}
	})
}

func receive(t *testing.T, store *models.Store, e models.Event) {
	t.Helper()
	e.Created = store.Now()
	if _, _, err := store.Receive(t.Context(), e, models.Reading{State: models.EventNoEffect}); err != nil {
		t.Fatal(err)
	}
}

// empty empties all that is due, and a few at a time.
func empty(t *testing.T, store *models.Store) (all int) {
	t.Helper()
	for {
		n, err := store.EmptyPayloads(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return all
		}
		all += n
	}
}
