package stripesim

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

// asStripe is the error stripe-go read.
func asStripe(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("seed %d: not an error of Stripe's: %v", testSeed, err)
	}
	return e
}

func TestSessionsAreRefusedAsStripeWould(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		name  string
		spoil func(*stripe.CheckoutSessionParams)
		code  stripe.ErrorCode
		param string
	}{
		{"an unknown parameter", func(p *stripe.CheckoutSessionParams) { p.AddExtra("donor", "x") }, "parameter_unknown", "donor"},
		{
			"an unknown parameter below another", func(p *stripe.CheckoutSessionParams) { p.AddExtra("line_items[0][price_data][donor]", "x") },
			"parameter_unknown", "line_items[0][price_data][donor]",
		},
		{"no success_url", func(p *stripe.CheckoutSessionParams) { p.SuccessURL = nil }, "parameter_missing", "success_url"},
		{"no mode", func(p *stripe.CheckoutSessionParams) { p.Mode = nil }, "parameter_missing", "mode"},
		{"another mode's word", func(p *stripe.CheckoutSessionParams) { p.Mode = stripe.String("gift") }, "", "mode"},
		{"no line items", func(p *stripe.CheckoutSessionParams) { p.LineItems = nil }, "parameter_missing", "line_items"},
		{"an address that is none", func(p *stripe.CheckoutSessionParams) { p.CancelURL = stripe.String("javascript:alert(1)") }, "url_invalid", "cancel_url"},
		{"less than 50 cents", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(49) }, "amount_too_small", "line_items"},
		{"more than eight digits", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].Quantity = stripe.Int64(99_999) }, "amount_too_large", "line_items"},
		{
			"a negative amount", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(-1) },
			"parameter_invalid_integer", "line_items[0][price_data][unit_amount]",
		},
		{"half a cent", func(p *stripe.CheckoutSessionParams) {
			p.LineItems[0].PriceData.UnitAmount = nil
			p.AddExtra("line_items[0][price_data][unit_amount]", "50.5")
		}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"},
		{"two currencies", func(p *stripe.CheckoutSessionParams) {
			other := *p.LineItems[0].PriceData
			other.Currency = stripe.String("eur")
			p.LineItems = append(p.LineItems, &stripe.CheckoutSessionLineItemParams{Quantity: stripe.Int64(1), PriceData: &other})
		}, "", "line_items"},
		{
			"a currency that is none", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.Currency = stripe.String("xxx") },
			"", "line_items[0][price_data][currency]",
		},
		{"an unknown product", func(p *stripe.CheckoutSessionParams) {
			p.LineItems[0].PriceData.ProductData, p.LineItems[0].PriceData.Product = nil, stripe.String("prod_unknown")
		}, "resource_missing", "line_items[0][price_data][product]"},
		{"an end in 29 minutes", func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(w.now.Add(29 * time.Minute).Unix()) }, "", "expires_at"},
		{"an end after 25 hours", func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(w.now.Add(25 * time.Hour).Unix()) }, "", "expires_at"},
		{"metadata of 501 characters", func(p *stripe.CheckoutSessionParams) { p.Metadata = map[string]string{"k": strings.Repeat("é", 501)} }, "", "metadata"},
		{
			"a suffix without a letter", func(p *stripe.CheckoutSessionParams) {
				p.PaymentIntentData.StatementDescriptorSuffix = stripe.String("2026")
			},
			"", "payment_intent_data[statement_descriptor_suffix]",
		},
		{"an e-mail address that is none", func(p *stripe.CheckoutSessionParams) { p.CustomerEmail = stripe.String("reader") }, "email_invalid", "customer_email"},
		{"an empty value", func(p *stripe.CheckoutSessionParams) { p.ClientReferenceID = stripe.String("") }, "parameter_invalid_empty", "client_reference_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := params()
			c.spoil(p)
			cs, err := w.api.CheckoutSessions.New(p)
			if err == nil {
				t.Fatalf("seed %d: made %s", testSeed, cs.ID)
			}
			e := asStripe(t, err)
			if e.HTTPStatusCode != 400 || e.Type != "invalid_request_error" || e.Code != c.code || (c.param != "metadata" && e.Param != c.param) {
				t.Errorf("seed %d: %d %s code %q param %q: %s", testSeed, e.HTTPStatusCode, e.Type, e.Code, e.Param, e.Msg)
			}
		})
	}
	t.Run("and leave nothing behind", func(t *testing.T) {
		if n := len(w.api.CheckoutSessions.List(nil).CheckoutSessionList().Data) + len(w.api.Products.List(nil).ProductList().Data); n != 0 {
			t.Errorf("seed %d: %d objects were made", testSeed, n)
		}
	})
}

func TestTheDoorOfTheAPI(t *testing.T) {
	w := newWorld(t, nil)
	t.Run("an unknown id is 404 resource_missing", func(t *testing.T) {
		_, err := w.api.Charges.Get("ch_unknown", nil)
		if e := asStripe(t, err); e.HTTPStatusCode != 404 || e.Code != "resource_missing" || e.RequestID == "" {
			t.Errorf("seed %d: %d %s, request %q", testSeed, e.HTTPStatusCode, e.Code, e.RequestID)
		}
	})
	t.Run("an id of another kind is 404 too", func(t *testing.T) {
		_, err := w.api.Charges.Get(w.begin().ID, nil)
		if e := asStripe(t, err); e.HTTPStatusCode != 404 {
			t.Errorf("seed %d: %d", testSeed, e.HTTPStatusCode)
		}
	})
	t.Run("a wrong key is 401 and is not repeated in full", func(t *testing.T) {
		backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
			URL: stripe.String(w.server.URL), MaxNetworkRetries: stripe.Int64(0), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		})
		const wrong = "sk_test_someone_elses_key"
		_, err := client.New(wrong, &stripe.Backends{API: backend}).Balance.Get(nil)
		if e := asStripe(t, err); e.HTTPStatusCode != 401 || strings.Contains(e.Msg, wrong) {
			t.Errorf("seed %d: %d %s", testSeed, e.HTTPStatusCode, e.Msg)
		}
	})
	for _, c := range []struct {
		name, method, path, header, value string
		basic                             bool
		status                            int
		text                              string
	}{
		{"no key is 401", "GET", "/v1/balance", "", "", false, 401, "You did not provide an API key"},
		{"a key as Basic user is good", "GET", "/v1/balance", "", "", true, 200, `"object":"balance"`},
		{"an unknown path is 404", "GET", "/v1/gifts", "", "", true, 404, "Unrecognized request URL (GET: /v1/gifts)"},
		{"an unknown method is 404", "PUT", "/v1/balance", "", "", true, 404, "Unrecognized request URL"},
		{"another API version is refused", "GET", "/v1/balance", "Stripe-Version", "2024-06-20", true, 400, "Invalid Stripe API version"},
		{"JSON is refused", "POST", "/v1/products", "Content-Type", "application/json", true, 400, "form-encoded"},
		{"a property that can't be expanded is named", "GET", "/v1/events?expand[]=data.kitchen", "", "", true, 200, `"data":[]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, w.server.URL+c.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if c.basic {
				req.SetBasicAuth(testKey, "")
			}
			if c.header != "" {
				req.Header.Set(c.header, c.value)
			}
			res, err := w.donor.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err := errors.Join(err, res.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || !strings.Contains(string(body), c.text) || !strings.HasPrefix(res.Header.Get("Request-Id"), "req_") {
				t.Errorf("seed %d: %d, request %q, %s", testSeed, res.StatusCode, res.Header.Get("Request-Id"), body)
			}
			if got := res.Header.Get("Stripe-Version"); got != APIVersion {
				t.Errorf("Stripe-Version %q", got)
			}
		})
	}
}

func TestListsPageNewestFirst(t *testing.T) {
	w := newWorld(t, nil)
	var made []string
	for range 7 {
		made = append([]string{w.begin().ID}, made...)
		w.pass(time.Second)
	}
	var got []string
	p := &stripe.CheckoutSessionListParams{}
	p.Limit = stripe.Int64(3)
	it := w.api.CheckoutSessions.List(p)
	for it.Next() {
		got = append(got, it.CheckoutSession().ID)
	}
	if it.Err() != nil || strings.Join(got, " ") != strings.Join(made, " ") {
		t.Errorf("seed %d: got %v, want %v, %v", testSeed, got, made, it.Err())
	}
	before := &stripe.CheckoutSessionListParams{}
	before.EndingBefore, before.Limit, before.Single = stripe.String(made[3]), stripe.Int64(2), true
	page := w.api.CheckoutSessions.List(before).CheckoutSessionList()
	if len(page.Data) != 2 || page.Data[0].ID != made[1] || page.Data[1].ID != made[2] || !page.HasMore {
		t.Errorf("seed %d: the page before the fourth is wrong: %d of them", testSeed, len(page.Data))
	}
}

func TestEventsAreKept30Days(t *testing.T) {
	w := newWorld(t, nil)
	w.submit(w.begin(), "succeeds")
	id := w.api.Events.List(nil).EventList().Data[0].ID
	w.pass(30*24*time.Hour - time.Second)
	if _, err := w.api.Events.Get(id, nil); err != nil {
		t.Errorf("seed %d: gone too early: %v", testSeed, err)
	}
	w.pass(time.Second)
	if _, err := w.api.Events.Get(id, nil); err == nil || len(w.api.Events.List(nil).EventList().Data) != 0 {
		t.Errorf("seed %d: an old event is still there", testSeed)
	}
}

func TestTheRateLimitIsPerEndpointAndSecond(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Rate = 25 })
	for i := range 25 {
		if _, err := w.api.Balance.Get(nil); err != nil {
			t.Fatalf("seed %d: call %d: %v", testSeed, i, err)
		}
	}
	_, err := w.api.Balance.Get(nil)
	if e := asStripe(t, err); e.HTTPStatusCode != 429 || e.Code != "rate_limit" {
		t.Errorf("seed %d: %d %s", testSeed, e.HTTPStatusCode, e.Code)
	}
	if _, err := w.api.Accounts.Get(); err != nil {
		t.Errorf("seed %d: another endpoint suffers: %v", testSeed, err)
	}
	w.pass(40 * time.Millisecond)
	if _, err := w.api.Balance.Get(nil); err != nil {
		t.Errorf("seed %d: the bucket does not refill: %v", testSeed, err)
	}
}

func TestTheSameSeedGivesTheSameIDs(t *testing.T) {
	// The page's address holds a port of the machine's choosing, so only the ids are compared.
	if a, b := newWorld(t, nil).begin(), newWorld(t, nil).begin(); a.ID != b.ID {
		t.Errorf("seed %d: %s and %s", testSeed, a.ID, b.ID)
	}
	other := newWorld(t, func(cfg *Config) { cfg.Seed++ })
	if a, b := newWorld(t, nil).begin(), other.begin(); a.ID == b.ID {
		t.Errorf("seeds %d and %d give the same id", testSeed, testSeed+1)
	}
}

func TestALiveKeyIsRefused(t *testing.T) {
	if _, err := Open(Config{SecretKey: "sk_live_x", PublicURL: "http://127.0.0.1"}); err == nil {
		t.Error("opened with a live key")
	}
}
