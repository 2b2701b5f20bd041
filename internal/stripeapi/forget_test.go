package stripeapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

var erasedAt = time.Date(2026, 11, 27, 23, 0, 0, 0, time.UTC)

// gives pays for a gift whose donor is a canary wherever a donor can be, and
// whose first card is declined, and returns the session.
func (a *asked) gives(t *testing.T, client *stripeapi.Client, number int, frequency models.Frequency) (session map[string]any) {
	t.Helper()
	d := donation
	d.Token, d.Reference = fmt.Sprintf("AAAAAAAAAAAAAAAAAAAA%02d", number), fmt.Sprintf("CP-0123AB%02d", number)
	d.Frequency, d.Comment, d.Tribute, d.TributeName, d.CreatedAt = frequency, "canary comment", models.InHonor, "canary tribute", time.Now()
	opened, err := client.OpenCheckout(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	pay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, outcome := range []string{"declined", "succeeds"} {
		answer, err := pay.PostForm(opened.CheckoutURL, url.Values{"email": {"canary@example.org"}, "name": {"Canary Bird"}, "outcome": {outcome}})
		if err != nil || answer.Body.Close() != nil || answer.StatusCode >= http.StatusBadRequest {
			t.Fatalf("%s: paying is answered %v, %v", outcome, answer, err)
		}
	}
	return a.fetch(t, client, stripeapi.Sessions, *opened.SessionID)
}

func (a *asked) fetch(t *testing.T, client *stripeapi.Client, kind stripeapi.Kind, id string) (object map[string]any) {
	t.Helper()
	raw, err := client.Fetch(t.Context(), kind, id)
	if err == nil {
		err = json.Unmarshal(raw, &object)
	}
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return object
}

// canaries are where in an object somebody still stands.
func canaries(at string, v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		if strings.Contains(strings.ToLower(v), "canary") {
			found[at] = true
		}
	case []any:
		for _, one := range v {
			canaries(at, one, found)
		}
	case map[string]any:
		for name, one := range v {
			canaries(at+"."+name, one, found)
		}
	}
}

// standing are where somebody still stands in all that Stripe lists.
func (a *asked) standing(t *testing.T, client *stripeapi.Client) []string {
	t.Helper()
	found := map[string]bool{}
	for _, l := range []stripeapi.Listing{
		{Kind: stripeapi.Sessions},
		{Kind: stripeapi.PaymentIntents},
		{Kind: stripeapi.Charges},
		{Kind: stripeapi.Invoices},
		{Kind: "/v1/customers"},
		{Kind: stripeapi.Subscriptions, Filter: map[string]string{"status": "all"}},
	} {
		page, err := client.List(t.Context(), l)
		if err != nil || len(page.Items) == 0 && l.Kind != "/v1/customers" {
			t.Fatalf("%s lists %d, %v", l.Kind, len(page.Items), err)
		}
		for _, raw := range page.Items {
			var object map[string]any
			if err := json.Unmarshal(raw, &object); err != nil {
				t.Fatal(err)
			}
			for _, inside := range []string{"payment_intent", "latest_charge", "invoice", "charge", "subscription", "customer"} {
				if _, whole := object[inside].(map[string]any); whole {
					delete(object, inside) // it is listed itself
				}
			}
			canaries(strings.TrimPrefix(string(l.Kind), "/v1/"), object, found)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestNobodyIsLeftAtStripeButWhereNothingCanBeChanged(t *testing.T) {
	t.Parallel()
	a := simulate(t)
	client := a.client(monthly)
	once := a.gives(t, client, 1, models.Once)
	repeats := a.gives(t, client, 2, models.Monthly)
	subscription, _ := repeats["subscription"].(string)
	if _, err := a.sim.FailRenewal(t.Context(), subscription); err != nil {
		t.Fatal(err)
	}
	intent, _ := once["payment_intent"].(map[string]any)
	who := stripeapi.Known{
		PaymentIntents: []string{fmt.Sprint(intent["id"]), "pi_gone"}, Charges: []string{"ch_gone", "not an id"},
		Subscriptions: []string{subscription, "sub_gone"}, Customers: []string{"cus_gone"},
	}
	before := a.standing(t, client)
	for _, place := range []string{"payment_intents.metadata.appeal_comment", "charges.metadata.appeal_tribute_name", "subscriptions.metadata.appeal_comment", "customers.email"} {
		if !slices.Contains(before, place) {
			t.Fatalf("nobody stands in %s: %v", place, before)
		}
	}
	for range 2 { // as after a crash
		if unchanged, err := a.client(monthly).Forget(t.Context(), who, erasedAt); err != nil || unchanged != nil {
			t.Fatalf("%v, left as they are: %v", err, unchanged)
		}
	}
	want := []string{
		"charges.billing_details.email", "charges.billing_details.name", "checkout/sessions.customer_details.email", "checkout/sessions.customer_details.name",
		"invoices.customer_email", "invoices.customer_name", "invoices.lines.data.metadata.appeal_comment", "invoices.lines.data.metadata.appeal_tribute_name",
		"invoices.subscription_details.metadata.appeal_comment", "invoices.subscription_details.metadata.appeal_tribute_name",
		// Of a customer that was deleted Stripe removes the cards too; the simulator leaves them there.
		"subscriptions.default_payment_method.billing_details.email", "subscriptions.default_payment_method.billing_details.name",
	}
	if diff := cmp.Diff(want, a.standing(t, client)); diff != "" {
		t.Errorf("somebody stands in (−want +got):\n%s", diff)
	}
	if sub := a.fetch(t, client, stripeapi.Subscriptions, subscription); sub["status"] != "canceled" {
		t.Errorf("the subscription is %v", sub["status"])
	}
	page, err := client.List(t.Context(), stripeapi.Listing{Kind: stripeapi.Charges})
	if err != nil || len(page.Items) != 5 {
		t.Fatalf("%d charges, %v", len(page.Items), err)
	}
	for _, raw := range page.Items {
		var c struct{ Metadata map[string]string }
		if err := json.Unmarshal(raw, &c); err != nil || !stripeapi.ErasedAt(c.Metadata).Equal(erasedAt) {
			t.Errorf("a charge, tried or paid, is not marked: %s", raw)
		}
	}
}

func TestWhatStripeWillNotChangeIsToldAndTheRestIsForgotten(t *testing.T) {
	t.Parallel()
	w := &wire{}
	var asked []string
	w.answer = func(try int, r *http.Request) (*http.Response, error) {
		asked = append(asked, strings.TrimSuffix(r.Method+" "+r.URL.Path+" "+strings.TrimPrefix(w.bodies[try-1], "receipt_email="), " "))
		switch {
		case r.Method == http.MethodGet:
			return says(200, `{"object":"list","has_more":false,"data":[]}`)
		case strings.HasPrefix(r.URL.Path, "/v1/subscriptions"):
			return says(400, `{"error":{"type":"invalid_request_error","message":"A canceled subscription can only update its cancellation_details."}}`)
		case w.bodies[try-1] == "receipt_email=":
			return says(400, `{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state","param":"receipt_email"}}`)
		default:
			return says(200, `{"id":"x","receipt_email":"reader@example.org"}`)
		}
	}
	client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
	who := stripeapi.Known{PaymentIntents: []string{"pi_1"}, Charges: []string{"ch_1", "ch_1"}, Subscriptions: []string{"sub_1"}, Customers: []string{"cus_1"}}
	unchanged, err := client.Forget(t.Context(), who, erasedAt)
	if diff := cmp.Diff([]string{"pi_1", "sub_1"}, unchanged); err != nil || diff != "" {
		t.Errorf("%v, left as they are (−want +got):\n%s", err, diff)
	}
	const words = " metadata[appeal_comment]=&metadata[appeal_erased]=2026-11-27T23:00:00Z&metadata[appeal_tribute_name]="
	want := []string{
		"POST /v1/payment_intents/pi_1" + words, "POST /v1/payment_intents/pi_1", "GET /v1/charges",
		"POST /v1/charges/ch_1" + words, "POST /v1/subscriptions/sub_1" + words, "GET /v1/charges", "DELETE /v1/customers/cus_1",
	}
	for i, call := range asked {
		asked[i], _ = url.QueryUnescape(call)
		if at, body, found := strings.Cut(asked[i], " metadata"); found {
			fields := regexp.MustCompile(`&`).Split("metadata"+body, -1)
			slices.Sort(fields)
			asked[i] = at + " " + strings.Join(fields, "&")
		}
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked for (−want +got):\n%s", diff)
	}
}

func TestForgettingStopsWhereStripeDoesNotAnswerOrTheKeyMayNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"broken":    {500, `{"error":{"type":"api_error"}}`, stripeapi.ErrUnavailable},
		"forbidden": {403, `{"error":{"message":"Having the 'rak_payment_intent_write' permission would allow this request to continue."}}`, stripeapi.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wire{answer: func(int, *http.Request) (*http.Response, error) { return says(c.status, c.body) }}
			client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
			_, err := client.Forget(t.Context(), stripeapi.Known{PaymentIntents: []string{"pi_1"}, Customers: []string{"cus_1"}}, erasedAt)
			if !errors.Is(err, c.want) || strings.Contains(fmt.Sprint(err), "cus_1") {
				t.Errorf("%v", err)
			}
			var forbidden *stripeapi.ForbiddenError
			if name == "forbidden" && (!errors.As(err, &forbidden) || forbidden.Permission != "rak_payment_intent_write") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAMarkThatCanNotBeReadIsOneOfLongAgo(t *testing.T) {
	t.Parallel()
	for mark, want := range map[string]time.Time{
		"": {}, "2026-11-27T23:00:00Z": erasedAt, "2026-11-27T15:00:00-08:00": erasedAt,
		"yes": time.Unix(0, 0), "2026-11-27": time.Unix(0, 0), "9999-12-31T23:59:59-01:00": time.Unix(0, 0),
	} {
		if got := stripeapi.ErasedAt(map[string]string{"appeal_erased": mark}); !got.Equal(want) {
			t.Errorf("%q is %s, and not %s", mark, got, want)
		}
	}
}
