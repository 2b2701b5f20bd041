package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
	"github.com/corruptionproject/appeal/webhooks"
)

// site is the public site as the service makes it, with real books, and the
// Stripe simulator where Stripe would be.
type site struct {
	t       *testing.T
	address string
	store   *models.Store
	clock   *storetest.Clock
	sim     *stripesim.Simulator
	simURL  string
	server  *handlers.Server
	later   *webhooks.Resolver // books what an event's payload alone could not settle
	down    atomic.Bool        // Stripe answers nothing but 503
	opened  atomic.Int64
}

// options change how a site is made.
type options struct {
	rate     handlers.Rate
	campaign func(*models.Campaign)
	log      *slog.Logger
	lookup   handlers.Lookup // in place of asking Stripe
	demo     http.Handler    // shown beside captured
	captured *mail.Capture
	mailed   bool
}

// kept is a log to look into while it is written.
type kept struct {
	mu sync.Mutex
	b  strings.Builder
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.b.Write(p)
}

func (k *kept) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.b.String()
}

// signer signs the addresses of receipts.
var signer = links.New(bytes.Repeat([]byte{7}, 32))

func newSite(t *testing.T, store *models.Store, clock *storetest.Clock, o options) *site {
	t.Helper()
	s := &site{t: t, store: store, clock: clock}
	log := o.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	if o.campaign != nil {
		o.campaign(&c)
	}
	front := httptest.NewUnstartedServer(nil)
	s.address = "http://" + front.Listener.Addr().String()
	stripe := httptest.NewUnstartedServer(nil)
	s.simURL = "http://" + stripe.Listener.Addr().String()
	s.sim, err = stripesim.Open(stripesim.Config{Seed: 7, Now: clock.Now, SecretKey: "sk_test_site", PublicURL: s.simURL})
	if err != nil {
		t.Fatal(err)
	}
	stripe.Config.Handler = http.HandlerFunc(s.stripe)
	stripe.Start()
	base, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	client := stripeapi.New(c, stripeapi.Config{Key: "sk_test_site", APIBase: s.simURL, BaseURL: s.address})
	resolver := webhooks.NewResolver(store, client, log)
	if o.lookup == nil {
		o.lookup = resolver
	}
	s.later = resolver
	door := &webhooks.Door{Store: store, Secrets: []string{"whsec_site"}, Resolver: resolver, Log: log}
	pages, err := web.New(web.Options{Light: web.Tones(c.Look.Light), Dark: web.Tones(c.Look.Dark)})
	if err != nil {
		t.Fatal(err)
	}
	conf := handlers.Config{
		Campaign: c, Store: store, Links: signer, Mailed: o.mailed, Checkout: client, Lookup: o.lookup, Recurring: client, Web: pages,
		BaseURL: base, PaymentOrigin: s.simURL,
		TestMode: true, DonateRate: o.rate, Webhook: door.Receive, WebhookPath: webhooks.Path, Now: clock.Now, Log: log,
	}
	if o.demo != nil {
		conf.Demo, conf.Captured = o.demo, o.captured
	}
	s.server, err = handlers.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	front.Config.Handler = s.server
	front.Start()
	running, stop := context.WithCancel(context.Background())
	go s.server.Run(running)
	_, err = s.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{URL: s.address + webhooks.Path, Secret: "whsec_site", APIVersion: stripeapi.Version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		s.server.Drain()
		front.Close()
		stripe.Close()
		if err := s.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// stripe is the simulator, which can be down, and counts what it opens.
func (s *site) stripe(w http.ResponseWriter, r *http.Request) {
	if s.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions" {
		s.opened.Add(1)
	}
	s.sim.ServeHTTP(w, r)
}

// client follows no redirect, keeps no cookie and asks for nothing by itself.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	Timeout:       20 * time.Second,
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = s.address + path
	}
	request, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := client.Do(request)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
		return answer{}
	}
	read, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	if err := response.Body.Close(); err != nil {
		s.t.Error(err)
	}
	return answer{response.StatusCode, response.Header, string(read)}
}

func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", headers...)
}

const formType = "application/x-www-form-urlencoded"

// donate posts the giving form, "name", "value", ….
func (s *site) donate(fields ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/donate", form(fields...), "Content-Type", formType)
}

// donateJSON posts it as a program would.
func (s *site) donateJSON(fields ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/donate", form(fields...), "Content-Type", formType, "Accept", "application/json")
}

func form(fields ...string) string {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values.Encode()
}

// started is what a program is told of a new donation.
type started struct {
	Donation    string `json:"donation"`
	CheckoutURL string `json:"checkout_url"`
}

// start posts a form that must lead to a payment page.
func (s *site) start(fields ...string) started {
	s.t.Helper()
	got := s.donateJSON(fields...)
	var made started
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != http.StatusCreated {
		s.t.Fatalf("answered %d: %s", got.status, got.body)
	}
	return made
}

// home is what a donor enters where the payment page asks for an address.
var home = []string{"line1", "1 River Road", "city", "Rivertown", "state", "OH", "postal_code", "43001", "country", "US"}

// pay settles a payment page and delivers what Stripe has to say.
func (s *site) pay(checkoutURL, email, outcome string) {
	s.t.Helper()
	got := s.do(http.MethodPost, checkoutURL, form(append([]string{"email", email, "outcome", outcome}, home...)...), "Content-Type", formType)
	if got.status != http.StatusSeeOther && got.status != http.StatusOK {
		s.t.Fatalf("the payment page answered %d: %s", got.status, got.body)
	}
	s.deliver()
}

func (s *site) deliver() {
	s.t.Helper()
	if _, err := s.sim.Deliver(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// settle delivers what Stripe has to say, and books what has to be looked up
// for it: at once, or a moment later where two events came side by side that
// wait for each other.
func (s *site) settle() {
	s.t.Helper()
	s.deliver()
	for range 3 {
		if _, err := s.later.ResolveDue(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		next, waits, err := s.store.NextDue(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		wait := next.Sub(s.clock.Now())
		if !waits || wait > 2*time.Second {
			return
		}
		s.clock.Advance(wait)
	}
}

func (s *site) status(token string) string {
	s.t.Helper()
	var got struct {
		Status string `json:"status"`
	}
	answer := s.get("/thanks/" + token + "/status")
	if err := json.Unmarshal([]byte(answer.body), &got); err != nil {
		s.t.Fatalf("answered %d: %s", answer.status, answer.body)
	}
	return got.Status
}

// refused reads an error in JSON.
type refused struct {
	Error struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields"`
	} `json:"error"`
}

func (a answer) refused(t *testing.T) refused {
	t.Helper()
	var got refused
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatalf("answered %d: %s", a.status, a.body)
	}
	return got
}
