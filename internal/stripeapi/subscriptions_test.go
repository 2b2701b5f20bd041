package stripeapi_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
)

// standing is a monthly gift of $15 and $0.76 of fees, paid with a card of its
// own.
const standing = `{"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","default_payment_method":"pm_1",
	"metadata":{"appeal_campaign":"corruption-project","appeal_fees":"76"},"items":{"object":"list","data":[
	{"id":"si_gift","quantity":1,"price":{"id":"price_1","currency":"usd","unit_amount":1500,"product":"appeal_corruption-project_monthly","recurring":{"interval":"month","interval_count":1}}},
	{"id":"si_fees","quantity":1,"price":{"id":"price_2","currency":"usd","unit_amount":76,"product":"FEES","recurring":{"interval":"month","interval_count":1}}}]}}`

// client is one whose requests that change something are kept, each with where
// it went and under which idempotency key. answer is the subscription.
func (w *wire) client(answer string) (*stripeapi.Client, *[]url.Values, *[]string) {
	sent, keys := &[]url.Values{}, &[]string{}
	w.answer = func(try int, r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/products/") {
			return says(200, `{"id":"`+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+`","object":"product"}`)
		}
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/configurations") {
			return says(200, `{"object":"list","data":[{"id":"bpc_1","object":"billing_portal.configuration","metadata":{"appeal_campaign":"corruption-project"}}]}`)
		}
		if r.Method == http.MethodGet {
			return says(200, answer)
		}
		form, err := url.ParseQuery(w.bodies[try-1])
		if err != nil {
			return nil, err
		}
		form.Set("to", r.Method+" "+r.URL.Path)
		*sent, *keys = append(*sent, form), append(*keys, r.Header.Get("Idempotency-Key"))
		if len(*sent) == 1 {
			return says(500, `{"error":{"type":"api_error"}}`) // each first try is lost
		}
		return says(200, `{"id":"x","url":"https://billing.stripe.com/p/session/x"}`)
	}
	return stripeapi.New(monthly, stripeapi.Config{Key: simKey, BaseURL: "https://give.example.org", HTTP: &http.Client{Transport: w}}), sent, keys
}

func flat(form url.Values) map[string]string {
	all := map[string]string{}
	for name := range form {
		all[name] = form.Get(name)
	}
	return all
}

func TestAnAmountIsChangedInOneRequestUnderOneKey(t *testing.T) {
	t.Parallel()
	gift := map[string]string{
		"to": "POST /v1/subscriptions/sub_1", "proration_behavior": "none",
		"items[0][id]": "si_gift", "items[0][quantity]": "1", "items[0][price_data][currency]": "usd",
		"items[0][price_data][product]": "appeal_corruption-project_monthly", "items[0][price_data][unit_amount]": "2000",
		"items[0][price_data][recurring][interval]": "month",
	}
	for name, c := range map[string]struct {
		product string // of the line for fees
		fees    money.Minor
		more    map[string]string
	}{
		"fees that change": {"appeal_corruption-project_fees", 91, map[string]string{
			"metadata[appeal_fees]": "91", "items[1][id]": "si_fees", "items[1][quantity]": "1", "items[1][price_data][currency]": "usd",
			"items[1][price_data][product]": "appeal_corruption-project_fees", "items[1][price_data][unit_amount]": "91",
			"items[1][price_data][recurring][interval]": "month",
		}},
		"fees that were never stored": {"prod_inline", 0, map[string]string{
			"metadata[appeal_fees]": "", "items[1][id]": "si_fees", "items[1][deleted]": "true",
		}},
	} {
		w := &wire{}
		client, sent, keys := w.client(strings.Replace(standing, "FEES", c.product, 1))
		if err := client.ChangeAmount(t.Context(), "sub_1", 2000, c.fees); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]string{}
		for _, part := range []map[string]string{gift, c.more} {
			for key, value := range part {
				want[key] = value
			}
		}
		if diff := cmp.Diff(want, flat((*sent)[1])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if (*keys)[0] == "" || (*keys)[0] != (*keys)[1] {
			t.Errorf("%s: the tries went under %q", name, *keys)
		}
	}
}

func TestAnAmountThatItHasAlreadyIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w := &wire{}
	client, sent, _ := w.client(standing)
	if err := client.ChangeAmount(t.Context(), "sub_1", 1500, 76); err != nil || len(*sent) > 0 {
		t.Errorf("%v, asked for were %v", err, *sent)
	}
}

func TestOfTwoChangesAtOnceOneLineForTheFeesStays(t *testing.T) {
	t.Parallel()
	once := strings.Replace(standing, `"FEES"`, `"appeal_corruption-project_fees"`, 1)
	before, line, _ := strings.Cut(once, ",\n\t{\"id\":\"si_fees\"")
	bare := strings.Replace(before+"]}}", `"appeal_fees":"76"`, `"a":"b"`, 1)
	twice := strings.TrimSuffix(once, "]}}") + `,{"id":"si_more"` + line
	w, now := &wire{}, bare
	var sent []url.Values
	w.answer = func(try int, r *http.Request) (*http.Response, error) {
		switch {
		case strings.Contains(r.URL.Path, "/products/"):
			return says(200, `{"id":"appeal_corruption-project_fees","object":"product"}`)
		case r.Method == http.MethodGet:
			return says(200, now)
		}
		form, err := url.ParseQuery(w.bodies[try-1])
		if err != nil {
			return nil, err
		}
		if sent = append(sent, form); len(sent) == 1 {
			now = twice // what another change did, and this one
		} else {
			now = once
		}
		return says(200, now)
	}
	client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
	if err := client.ChangeAmount(t.Context(), "sub_1", 2000, 91); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 2 {
		t.Fatalf("it was changed %d times: %v", len(sent), sent)
	}
	if first := sent[0]; first.Get("items[1][id]") != "" || first.Get("items[1][price_data][unit_amount]") != "91" {
		t.Errorf("first it is asked for %v", first)
	}
	last := sent[1]
	if last.Get("items[1][id]") != "si_fees" || last.Get("items[1][price_data][unit_amount]") != "91" ||
		last.Get("items[2][id]") != "si_more" || last.Get("items[2][deleted]") != "true" {
		t.Errorf("last it is asked for %v", last)
	}
}

func TestASubscriptionThatIsNotOursOrHasAnotherShapeIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"another campaign's": {strings.Replace(standing, `"corruption-project"`, `"other"`, 1), stripeapi.ErrMissing},
		"a line of staff's":  {strings.Replace(standing, `"appeal_fees":"76"`, `"a":"b"`, 1), stripeapi.ErrRefused},
	} {
		w := &wire{}
		client, sent, _ := w.client(c.answer)
		if err := client.ChangeAmount(t.Context(), "sub_1", 2000, 0); !errors.Is(err, c.want) || len(*sent) > 0 {
			t.Errorf("%s: %v, asked for were %v", name, err, *sent)
		}
	}
}

func TestBeforeACardIsChangedAtThePortalTheDefaultIsMadeToCount(t *testing.T) {
	t.Parallel()
	w := &wire{}
	client, sent, keys := w.client(standing)
	to, err := client.PortalSession(t.Context(), "sub_1")
	if err != nil || to != "https://billing.stripe.com/p/session/x" {
		t.Fatalf("it leads to %q, %v", to, err)
	}
	customer := map[string]string{"to": "POST /v1/customers/cus_1", "invoice_settings[default_payment_method]": "pm_1"}
	want := []map[string]string{
		customer, customer, // its first try was lost
		{"to": "POST /v1/subscriptions/sub_1", "default_payment_method": ""},
		{
			"to": "POST /v1/billing_portal/sessions", "customer": "cus_1", "configuration": "bpc_1", "return_url": "https://give.example.org/manage",
			"flow_data[type]": "payment_method_update", "flow_data[after_completion][type]": "redirect",
			"flow_data[after_completion][redirect][return_url]": "https://give.example.org/manage",
		},
	}
	var got []map[string]string
	for _, form := range *sent {
		got = append(got, flat(form))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if (*keys)[0] != (*keys)[1] || len(slices.Compact(slices.Sorted(slices.Values(*keys)))) != 3 {
		t.Errorf("the requests went under %q", *keys)
	}
}

func TestAGiftThatHasEndedIsAsGoodAsCancelled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"it ends":           {200, `{"id":"sub_1"}`, nil},
		"it has ended":      {404, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`, nil},
		"it is not allowed": {403, refused, stripeapi.ErrRefused},
		"Stripe is broken":  {500, `{"error":{"type":"api_error"}}`, stripeapi.ErrUnavailable},
	} {
		w := &wire{answer: func(_ int, r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodDelete || r.URL.Path != "/v1/subscriptions/sub_1" || r.URL.RawQuery != "" {
				t.Errorf("asked for is %s %s", r.Method, r.URL)
			}
			return says(c.status, c.body)
		}}
		client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
		if err := client.CancelSubscription(t.Context(), "sub_1"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
