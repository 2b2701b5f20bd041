//go:build !race

package webhooks_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// account is a whole Stripe account, simulated, that any number of books can
// be kept of.
type account struct {
	t        *testing.T
	clock    *storetest.Clock
	sim      *stripesim.Simulator
	address  string
	campaign models.Campaign
	requests atomic.Int64
	spoil    atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // answers in the simulator's place
}

// newAccount opens an account whose webhooks are sent as sending says; nil for
// the usual way.
func newAccount(t *testing.T, clock *storetest.Clock, seed uint64, sending func(kind string, copies int, delay time.Duration) (int, time.Duration)) *account {
	t.Helper()
	return openAccount(t, clock, stripesim.Config{Seed: seed, Sending: sending, LateFees: 90 * time.Second})
}

// openAccount opens an account that is like c in what its callers care for.
func openAccount(t *testing.T, clock *storetest.Clock, c stripesim.Config) *account {
	t.Helper()
	a := &account{t: t, clock: clock}
	server := httptest.NewUnstartedServer(nil)
	a.address = "http://" + server.Listener.Addr().String()
	c.Now, c.SecretKey, c.PublicURL = clock.Now, "sk_test_account", a.address
	var err error
	if a.sim, err = stripesim.Open(c); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		if spoil := a.spoil.Load(); spoil != nil && (*spoil)(w, r) {
			return
		}
		a.sim.ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := a.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	if a.campaign, err = campaign.BuiltIn(); err != nil {
		t.Fatal(err)
	}
	a.campaign.BankDebits = true
	return a
}

// bookkeeper keeps one set of books of the account.
type bookkeeper struct {
	*account
	store    *models.Store
	client   *stripeapi.Client
	resolver *webhooks.Resolver
	syncer   *webhooks.Syncer
	door     *httptest.Server
}

func (a *account) keptIn(store *models.Store) *bookkeeper {
	a.t.Helper()
	log := slog.New(slog.DiscardHandler)
	b := &bookkeeper{account: a, store: store}
	b.client = stripeapi.New(a.campaign, stripeapi.Config{Key: "sk_test_account", APIBase: a.address, BaseURL: "https://give.example.org"})
	b.resolver = webhooks.NewResolver(store, b.client, log)
	b.syncer = webhooks.NewSyncer(store, b.client, webhooks.SyncConfig{
		Slug: a.campaign.Slug, BooksStart: a.campaign.BooksStart, Holder: "test", Log: log,
	})
	door := &webhooks.Door{Store: store, Secrets: []string{secret}, Resolver: b.resolver, Log: log}
	router := echo.New()
	router.POST(webhooks.Path, door.Receive)
	b.door = httptest.NewServer(router)
	a.t.Cleanup(b.door.Close)
	return b
}

// subscribed has the account's events sent to these books.
func (b *bookkeeper) subscribed() *bookkeeper {
	b.t.Helper()
	_, err := b.sim.RegisterEndpoint(b.t.Context(), stripesim.Endpoint{URL: b.door.URL + webhooks.Path, Secret: secret, APIVersion: stripeapi.Version})
	if err != nil {
		b.t.Fatal(err)
	}
	return b
}

// give opens a payment page and pays there, with the outcome that its button
// names. It returns the gift.
func (b *bookkeeper) give(choices models.Choices, email, outcome string) models.Donation {
	b.t.Helper()
	d := b.open(choices)
	b.pay(d, email, outcome)
	return d
}

func (b *bookkeeper) open(choices models.Choices) models.Donation {
	b.t.Helper()
	d, err := b.store.StartDonation(b.t.Context(), "", 0, choices)
	if err != nil {
		b.t.Fatal(err)
	}
	page, err := b.client.OpenCheckout(b.t.Context(), d)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.AttachCheckout(b.t.Context(), d, page); err != nil {
		b.t.Fatal(err)
	}
	d.CheckoutSession = page
	return d
}

func (b *bookkeeper) pay(d models.Donation, email, outcome string) {
	b.t.Helper()
	typed := url.Values{"email": {email}, "name": {"Sample Donor"}, "outcome": {outcome}}
	if b.campaign.CollectAddress {
		for name, value := range map[string]string{"line1": "1 Street of " + models.FoldEmail(email), "city": "Springfield", "state": "IL", "postal_code": "62701", "country": "US"} {
			typed.Set(name, value)
		}
	}
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, d.CheckoutURL, strings.NewReader(typed.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode >= 400 {
		b.t.Fatalf("the payment page answered %d, %v", answer.StatusCode, err)
	}
}

// chargeOf is the charge of a gift that was paid.
func (b *bookkeeper) chargeOf(d models.Donation) string {
	b.t.Helper()
	charge, err := b.sim.ChargeOf(b.t.Context(), *d.SessionID)
	if err != nil {
		b.t.Fatal(err)
	}
	return charge
}

// later lets time pass, and all that is due by then be delivered and looked up.
func (b *bookkeeper) later(d time.Duration) {
	b.t.Helper()
	b.clock.Advance(d)
	b.arrive()
}

func (b *bookkeeper) arrive() {
	b.t.Helper()
	for range 20 {
		if _, err := b.sim.Deliver(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
		done, err := b.resolver.ResolveDue(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		if done > 0 {
			continue
		}
		due, waiting, err := b.store.NextDue(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		if !waiting {
			return
		}
		b.clock.Advance(max(0, due.Sub(b.clock.Now())))
	}
}

func (b *bookkeeper) sync() webhooks.Report {
	b.t.Helper()
	report, err := b.syncer.Sync(b.t.Context(), nil, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return report
}

func (b *bookkeeper) totals() models.Totals {
	b.t.Helper()
	totals, err := b.store.Totals(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return totals
}

func (b *bookkeeper) digest() string {
	b.t.Helper()
	digest, err := b.store.Digest(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return digest
}

func (b *bookkeeper) ledger() string {
	b.t.Helper()
	var text strings.Builder
	if err := b.store.WriteLedger(b.t.Context(), &text); err != nil {
		b.t.Fatal(err)
	}
	return text.String()
}

// agree holds the books against Stripe: every predicate, no difference found,
// and the balance to the cent.
func (b *bookkeeper) agree(report webhooks.Report) {
	b.t.Helper()
	breaches, err := b.store.Verify(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, breach := range breaches {
		b.t.Errorf("%s does not hold (%s): %s", breach.Predicate, breach.Rule, breach.Found)
	}
	for _, f := range report.Findings {
		if !f.Kind.Differs() {
			continue
		}
		b.t.Errorf("found %s %s: %s", f.Kind, f.Object, f.Detail)
	}
	for _, p := range report.Problems {
		b.t.Errorf("problem: %s", p)
	}
	balance, err := b.client.Balance(context.WithoutCancel(b.t.Context()), "usd")
	if err != nil {
		b.t.Fatal(err)
	}
	t := b.totals()
	if t.StripeBalance != balance {
		b.t.Errorf("the books say %s is at Stripe, Stripe says %s", t.StripeBalance, balance)
	}
	if t.Net-t.Offline+t.OtherActivity-t.PaidOut != t.StripeBalance {
		b.t.Errorf("net %s − offline %s + other %s − paid out %s is not %s", t.Net, t.Offline, t.OtherActivity, t.PaidOut, t.StripeBalance)
	}
	b.depositsAddUp()
}

// depositsAddUp holds each payout that is opened to the sum of its lines.
func (b *bookkeeper) depositsAddUp() {
	b.t.Helper()
	payouts, err := b.store.ListPayouts(b.t.Context(), models.PayoutFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range payouts {
		if p.MembersRead && !p.AddsUp() {
			b.t.Errorf("%s of %s: the books explain %s of it, in %+v", p.ID, p.Amount, p.Matched(), p.Parts)
		}
	}
}

// shuffled sends every webhook once or twice, in a seeded disorder.
func shuffled(seed uint64) func(string, int, time.Duration) (int, time.Duration) {
	r := rand.New(rand.NewPCG(seed, 7))
	turn := make(chan struct{}, 1)
	return func(_ string, copies int, _ time.Duration) (int, time.Duration) {
		turn <- struct{}{}
		defer func() { <-turn }()
		return copies + r.IntN(2), time.Duration(r.IntN(120)) * time.Second
	}
}
