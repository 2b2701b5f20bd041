package stripesim

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	testSeed   = 20231016
	testKey    = "sk_test_simulator0000000000"
	testSecret = "whsec_simulator"
)

// world is a simulator over HTTP, a client of Stripe's own making, and an endpoint that takes webhooks.
type world struct {
	t      *testing.T
	sim    *Simulator
	api    *client.API
	server *httptest.Server
	donor  *http.Client // follows no redirects

	mu     sync.Mutex
	now    time.Time
	events []stripe.Event
	refuse int // answers this many webhooks with 500
}

// newWorld opens a simulator; edit may change its configuration.
func newWorld(t *testing.T, edit func(*Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.Now().UTC().Truncate(time.Second)}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.sim.ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	w.donor = &http.Client{
		Transport:     w.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.open(edit)
	hooks := httptest.NewServer(http.HandlerFunc(w.take))
	t.Cleanup(hooks.Close)
	if _, err := w.sim.RegisterEndpoint(t.Context(), Endpoint{URL: hooks.URL, Secret: testSecret, APIVersion: APIVersion}); err != nil {
		t.Fatalf("seed %d: %v", testSeed, err)
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(w.server.URL), HTTPClient: w.server.Client(), MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry: stripe.Bool(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	w.api = client.New(testKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	return w
}

// open opens the simulator, which the test's end closes.
func (w *world) open(edit func(*Config)) {
	w.t.Helper()
	cfg := Config{Seed: testSeed, Now: w.clock, SecretKey: testKey, PublicURL: w.server.URL}
	if edit != nil {
		edit(&cfg)
	}
	sim, err := Open(cfg)
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	w.sim = sim
	w.t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// verify reads a webhook as stripe-go does. The clock is the test's, so the signature may be of any age.
func (w *world) verify(r *http.Request) stripe.Event {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	ev, err := webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), testSecret,
		webhook.ConstructEventOptions{IgnoreTolerance: true, IgnoreAPIVersionMismatch: true})
	if err != nil {
		w.t.Errorf("seed %d: a webhook that stripe-go refuses: %v", testSeed, err)
	}
	return ev
}

// take is the product's webhook door.
func (w *world) take(rw http.ResponseWriter, r *http.Request) {
	ev := w.verify(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse > 0 {
		w.refuse--
		http.Error(rw, "not now", http.StatusInternalServerError)
		return
	}
	w.events = append(w.events, ev)
}

// deliver pushes what is due.
func (w *world) deliver() {
	w.t.Helper()
	if _, err := w.sim.Deliver(w.t.Context()); err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
}

// heard counts the webhooks of a type taken so far.
func (w *world) heard(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, ev := range w.events {
		if string(ev.Type) == kind {
			n++
		}
	}
	return n
}

// params are those of a $50.00 gift with its metadata.
func params() *stripe.CheckoutSessionParams {
	meta := map[string]string{"appeal_campaign": "corruption-project", "appeal_token": "AAAAAAAAAAAAAAAAAAAAAA", "appeal_frequency": "once"}
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SubmitType: stripe.String("donate"),
		SuccessURL:        stripe.String("http://appeal.test/thanks?session_id={CHECKOUT_SESSION_ID}"),
		CancelURL:         stripe.String("http://appeal.test/"),
		ClientReferenceID: stripe.String("AAAAAAAAAAAAAAAAAAAAAA"),
		Metadata:          meta,
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(5000),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Corruption Project, one-time gift")},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Metadata: meta, Description: stripe.String("Gift"), StatementDescriptorSuffix: stripe.String("GIFT"),
		},
	}
	return p
}

// begin makes a session.
func (w *world) begin() *stripe.CheckoutSession {
	w.t.Helper()
	cs, err := w.api.CheckoutSessions.New(params())
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return cs
}

// submit fills in the payment page and returns where it leads.
func (w *world) submit(cs *stripe.CheckoutSession, outcome string) string {
	w.t.Helper()
	return w.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {outcome}})
}

func (w *world) post(address string, form url.Values) string {
	w.t.Helper()
	res, err := w.donor.PostForm(address, form)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("seed %d: posting to %s gave %s", testSeed, address, res.Status)
	}
	to := res.Header.Get("Location")
	if strings.HasPrefix(to, "/") {
		to = w.server.URL + to
	}
	return to
}

// read fetches a page and returns its status and text.
func (w *world) read(address string) (int, string) {
	w.t.Helper()
	res, err := w.donor.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, readBody(w.t, res)
}

func readBody(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// session fetches a session with everything below it.
func (w *world) session(id string) *stripe.CheckoutSession {
	w.t.Helper()
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge.balance_transaction")
	p.AddExpand("line_items")
	cs, err := w.api.CheckoutSessions.Get(id, p)
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return cs
}

// types lists the types of all events, oldest first.
func (w *world) types() string {
	w.t.Helper()
	var out []string
	it := w.api.Events.List(&stripe.EventListParams{})
	for it.Next() {
		out = append([]string{string(it.Event().Type)}, out...)
	}
	if err := it.Err(); err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return strings.Join(out, " ")
}

func stateFile(t *testing.T) func(*Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stripe sim?.db")
	return func(cfg *Config) { cfg.File = file }
}
