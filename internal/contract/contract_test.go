package contract

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

const (
	seed = 7
	key  = "sk_test_contract"
)

// account is a simulator behind the proxy, with an endpoint that judges each webhook.
type account struct {
	t    *testing.T
	sim  *stripesim.Simulator
	api  *client.API
	http *http.Client

	mu    sync.Mutex
	now   time.Time
	types map[string]int
}

func open(t *testing.T, late time.Duration) *account {
	t.Helper()
	a := &account{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), types: map[string]int{}}
	var origin string
	a.sim, origin = Simulator(t, stripesim.Config{Seed: seed, Now: a.clock, SecretKey: key, LateFees: late})
	a.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(origin), MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	a.api = client.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	hooks := httptest.NewServer(http.HandlerFunc(a.take))
	t.Cleanup(hooks.Close)
	a.must(a.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
		URL: stripe.String(hooks.URL), APIVersion: stripe.String(stripe.APIVersion), EnabledEvents: []*string{stripe.String("*")},
	}))
	return a
}

func (a *account) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *account) pass(d time.Duration) {
	a.t.Helper()
	a.mu.Lock()
	a.now = a.now.Add(d)
	a.mu.Unlock()
	if _, err := a.sim.Deliver(a.t.Context()); err != nil {
		a.t.Fatalf("seed %d: %v", seed, err)
	}
}

func (a *account) take(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	schemas, err := Strict()
	if err != nil {
		a.t.Error(err)
		return
	}
	if err := schemas.Check(body); err != nil {
		a.t.Errorf("seed %d: a webhook: %v", seed, err)
	}
	var ev stripe.Event
	if err := json.Unmarshal(body, &ev); err != nil {
		a.t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.types[string(ev.Type)]++
}

// must fails the test on an error; it takes a call's two results.
func (a *account) must(_ any, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("seed %d: %v", seed, err)
	}
}

func (a *account) begin() *stripe.CheckoutSession {
	a.t.Helper()
	meta := map[string]string{"appeal_campaign": "corruption-project", "appeal_token": "AAAAAAAAAAAAAAAAAAAAAA"}
	line := func(name string, amount int64) *stripe.CheckoutSessionLineItemParams {
		return &stripe.CheckoutSessionLineItemParams{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)},
			},
		}
	}
	cs, err := a.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SubmitType: stripe.String("donate"),
		SuccessURL: stripe.String("https://example.org/thanks?s={CHECKOUT_SESSION_ID}"), CancelURL: stripe.String("https://example.org/"),
		ClientReferenceID: stripe.String("AAAAAAAAAAAAAAAAAAAAAA"), CustomerEmail: stripe.String("reader@example.org"),
		CustomerCreation: stripe.String("always"), ExpiresAt: stripe.Int64(a.clock().Add(time.Hour).Unix()),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		LineItems:          []*stripe.CheckoutSessionLineItemParams{line("Gift", 5000), line("Card fees", 180)}, Metadata: meta,
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Metadata: meta, Description: stripe.String("Gift"), StatementDescriptorSuffix: stripe.String("GIFT"),
		},
	})
	a.must(cs, err)
	return cs
}

func (a *account) post(address string, form url.Values) string {
	a.t.Helper()
	res, err := a.http.PostForm(address, form)
	a.must(res, err)
	a.must(nil, res.Body.Close())
	return res.Header.Get("Location")
}

// readAll reads everything the API shows, through the proxy that judges it.
func (a *account) readAll(id string) {
	a.t.Helper()
	for _, expand := range [][]string{nil, {"line_items"}, {"customer", "payment_intent.latest_charge.balance_transaction", "line_items.data.price.product"}} {
		p := &stripe.CheckoutSessionParams{}
		for _, path := range expand {
			p.AddExpand(path)
		}
		a.must(a.api.CheckoutSessions.Get(id, p))
	}
	for _, next := range []func() (bool, error){
		pages(a.api.CheckoutSessions.List(&stripe.CheckoutSessionListParams{})),
		pages(a.api.CheckoutSessions.ListLineItems(&stripe.CheckoutSessionListLineItemsParams{Session: stripe.String(id)})),
		pages(a.api.PaymentIntents.List(&stripe.PaymentIntentListParams{})),
		pages(a.api.Charges.List(&stripe.ChargeListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThan: 1}})),
		pages(a.api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Type: stripe.String("charge")})),
		pages(a.api.Events.List(&stripe.EventListParams{Types: stripe.StringSlice([]string{"charge.succeeded", "charge.failed"})})),
		pages(a.api.Events.List(&stripe.EventListParams{DeliverySuccess: stripe.Bool(false)})),
		pages(a.api.WebhookEndpoints.List(&stripe.WebhookEndpointListParams{})),
		pages(a.api.Products.List(&stripe.ProductListParams{Active: stripe.Bool(true)})),
	} {
		for more, err := next(); more || err != nil; more, err = next() {
			a.must(nil, err)
		}
	}
	a.must(a.api.Balance.Get(nil))
	a.must(a.api.Accounts.Get())
	for _, each := range []any{a.api.Events.List(nil).EventList(), a.api.Charges.List(nil).ChargeList()} {
		switch list := each.(type) {
		case *stripe.EventList:
			for _, ev := range list.Data {
				a.must(a.api.Events.Get(ev.ID, nil))
			}
		case *stripe.ChargeList:
			for _, ch := range list.Data {
				p := &stripe.ChargeParams{}
				p.AddExpand("balance_transaction")
				p.AddExpand("payment_intent")
				a.must(a.api.Charges.Get(ch.ID, p))
				q := &stripe.PaymentIntentParams{}
				q.AddExpand("latest_charge")
				a.must(a.api.PaymentIntents.Get(ch.PaymentIntent.ID, q))
			}
		}
	}
}

// pages walks any of stripe-go's iterators.
func pages[I interface {
	Next() bool
	Err() error
}](it I) func() (bool, error) {
	return func() (bool, error) {
		more := it.Next()
		return more, it.Err()
	}
}

func TestEveryOutcomeKeepsToStripesDescription(t *testing.T) {
	for _, outcome := range []string{"succeeds", "declined", "authenticate", "late", "never", "twice"} {
		t.Run(outcome, func(t *testing.T) {
			a := open(t, 0)
			cs := a.begin()
			a.readAll(cs.ID)
			to := a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
			a.readAll(cs.ID)
			if outcome == "authenticate" {
				a.post(cs.URL+"/authenticate", url.Values{"verdict": {"refuse"}})
				a.readAll(cs.ID)
				a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
				to = a.post(cs.URL+"/authenticate", url.Values{"verdict": {"approve"}})
			}
			a.pass(time.Hour)
			a.readAll(cs.ID)
			if outcome != "declined" && !strings.Contains(to, cs.ID) {
				t.Errorf("seed %d: led to %q", seed, to)
			}
			if heard := a.types["charge.succeeded"]; outcome == "succeeds" && heard != 1 || outcome == "never" && heard != 0 {
				t.Errorf("seed %d: heard %v", seed, a.types)
			}
		})
	}
}

func TestWhatTimeAndStaffDoKeepsToStripesDescription(t *testing.T) {
	a := open(t, time.Minute)
	left, paid := a.begin(), a.begin()
	a.must(a.api.CheckoutSessions.Expire(a.begin().ID, nil))
	a.post(paid.URL, url.Values{"email": {"reader@example.org"}, "outcome": {"succeeds"}})
	a.pass(72 * time.Hour)
	a.readAll(left.ID)
	a.readAll(paid.ID)
	for _, kind := range []string{"checkout.session.expired", "charge.updated", "checkout.session.completed"} {
		if a.types[kind] == 0 {
			t.Errorf("seed %d: no %s among %v", seed, kind, a.types)
		}
	}
	p, err := a.api.Products.New(&stripe.ProductParams{Name: stripe.String("Gift")})
	a.must(p, err)
	a.must(a.api.Products.Get(p.ID, nil))
	we, err := a.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
		URL: stripe.String("https://example.org/hooks"), EnabledEvents: []*string{stripe.String("charge.succeeded")},
	})
	a.must(we, err)
	a.must(a.api.WebhookEndpoints.Update(we.ID, &stripe.WebhookEndpointParams{Disabled: stripe.Bool(true)}))
	a.must(a.api.WebhookEndpoints.Get(we.ID, nil))
	a.must(a.api.WebhookEndpoints.Del(we.ID, nil))
	if _, err := a.api.Charges.Get("ch_unknown", nil); err == nil {
		t.Errorf("seed %d: an unknown charge was found", seed)
	}
}

func TestPastGiftsKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	err := a.sim.Sample(t.Context(), stripesim.SampleOptions{N: 120, Campaign: "corruption-project", To: a.clock(), Aftermath: true}, nil)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	a.pass(0)
	if n := a.types["charge.succeeded"]; n != 120 {
		t.Errorf("seed %d: %d gifts were told of", seed, n)
	}
	sessions := a.api.CheckoutSessions.List(nil).CheckoutSessionList()
	a.readAll(sessions.Data[0].ID)
	a.readMoney()
	a.told("charge.refunded", "payout.paid")
}

func TestACorruptedObjectIsCaught(t *testing.T) {
	schemas, err := Strict()
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, 0)
	cs := a.begin()
	a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {"succeeds"}})
	it := a.api.Events.List(nil)
	bodies := map[string]map[string]any{}
	for _, raw := range listed(t, it.EventList().LastResponse.RawJSON) {
		data := raw["data"].(map[string]any)
		object := data["object"].(map[string]any)
		bodies[object["object"].(string)] = object
		bodies["event"] = raw
	}
	for _, c := range []struct {
		name, object string
		spoil        func(map[string]any)
	}{
		{"a required field is missing", "charge", func(o map[string]any) { delete(o, "amount_captured") }},
		{"an amount is a string", "charge", func(o map[string]any) { o["amount"] = "5000" }},
		{"a status is not in the list", "payment_intent", func(o map[string]any) { o["status"] = "done" }},
		{"a field must not be null", "checkout.session", func(o map[string]any) { o["payment_status"] = nil }},
		{"a field has another's shape", "charge", func(o map[string]any) { o["billing_details"] = "reader@example.org" }},
		{"a field is made up", "checkout.session", func(o map[string]any) { o["donor"] = "x" }},
		{"a field deep inside is made up", "charge", func(o map[string]any) {
			o["payment_method_details"].(map[string]any)["card"].(map[string]any)["number"] = "4242"
		}},
		{"an event's object is wrong", "event", func(o map[string]any) {
			delete(o["data"].(map[string]any)["object"].(map[string]any), "livemode")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, err := json.Marshal(bodies[c.object])
			if err != nil {
				t.Fatal(err)
			}
			if err := schemas.Check(whole); err != nil {
				t.Fatalf("seed %d: not valid before it was spoiled: %v", seed, err)
			}
			var spoiled map[string]any
			if err := json.Unmarshal(whole, &spoiled); err != nil {
				t.Fatal(err)
			}
			c.spoil(spoiled)
			body, err := json.Marshal(spoiled)
			if err != nil {
				t.Fatal(err)
			}
			if schemas.Check(body) == nil {
				t.Errorf("seed %d: the corruption was not caught", seed)
			}
		})
	}
	if err := schemas.Check([]byte(`{"object":"gift"}`)); !errors.Is(err, ErrNoSchema) {
		t.Errorf("an object Stripe does not have: %v", err)
	}
}

// listed decodes a list's elements.
func listed(t *testing.T, body []byte) []map[string]any {
	t.Helper()
	var page struct{ Data []map[string]any }
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	return page.Data
}

// complaints is a test that collects failures instead of failing.
type complaints struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (c *complaints) Errorf(format string, _ ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, format)
}

func TestTheProxyCatches(t *testing.T) {
	const form = "mode=payment&success_url=https%3A%2F%2Fexample.org"
	for _, c := range []struct {
		name, path, body, version, answer string
		complaints                        int
	}{
		{"nothing about a good request with a good answer", "/v1/checkout/sessions", form, stripe.APIVersion, "", 0},
		{"a parameter Stripe does not know", "/v1/checkout/sessions", form + "&donor=x", stripe.APIVersion, "", 1},
		{"a word outside an enum", "/v1/checkout/sessions", "mode=gift", stripe.APIVersion, "", 1},
		{"a path Stripe does not have", "/v1/gifts", "", stripe.APIVersion, "", 1},
		{"another API version", "/v1/checkout/sessions", form, "2024-06-20", "", 1},
		{"an answer of another shape", "/v1/checkout/sessions", form, stripe.APIVersion, `{"object":"charge","id":"ch_1"}`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			heard := &complaints{TB: t}
			address := Proxy(heard, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				answer := c.answer
				if answer == "" {
					answer = `{"error":{"type":"api_error"}}`
				}
				if _, err := io.WriteString(w, answer); err != nil {
					t.Error(err)
				}
			}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			req.Header.Set("Stripe-Version", c.version)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if len(heard.said) != c.complaints {
				t.Errorf("%d complaints, want %d: %v", len(heard.said), c.complaints, heard.said)
			}
		})
	}
}
