package finance_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

const stripeKey = "sk_test_rooms"

// account is the newsroom's account at Stripe, simulated.
type account struct {
	sim      *stripesim.Simulator
	address  string
	client   *stripeapi.Client
	resolver *webhooks.Resolver
	spoil    atomic.Pointer[stripesim.Fault] // of each refund that is asked for
}

func openAccount(t *testing.T, c models.Campaign, store *models.Store, clock *storetest.Clock, log *slog.Logger) *account {
	t.Helper()
	a := &account{}
	server := httptest.NewUnstartedServer(nil)
	a.address = "http://" + server.Listener.Addr().String()
	var err error
	a.sim, err = stripesim.Open(stripesim.Config{Seed: 1, Now: clock.Now, SecretKey: stripeKey, PublicURL: a.address, Fault: func(r *http.Request) stripesim.Fault {
		if f := a.spoil.Load(); f != nil && r.Method == http.MethodPost && r.URL.Path == "/v1/refunds" {
			return *f
		}
		return stripesim.Fault{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.sim
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := a.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	a.client = stripeapi.New(c, stripeapi.Config{Key: stripeKey, APIBase: a.address, BaseURL: "https://give.example.org"})
	a.resolver = webhooks.NewResolver(store, a.client, log)
	return a
}

// give makes a gift that is paid with a card, and books it.
func (h *house) give(amount money.Minor) models.Donation {
	h.t.Helper()
	ctx := h.t.Context()
	d, err := h.store.StartDonation(ctx, "", 0, models.Choices{Frequency: models.Once, Amount: amount, Tribute: models.NoTribute})
	if err != nil {
		h.t.Fatal(err)
	}
	page, err := h.stripe.client.OpenCheckout(ctx, d)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.store.AttachCheckout(ctx, d, page); err != nil {
		h.t.Fatal(err)
	}
	form := url.Values{"email": {"reader@example.org"}, "name": {"A Reader"}, "outcome": {"succeeds"}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, page.CheckoutURL, strings.NewReader(form))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	paid, err := client.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := paid.Body.Close(); err != nil || paid.StatusCode >= 400 {
		h.t.Fatalf("the payment page answered %d, %v", paid.StatusCode, err)
	}
	if err := h.stripe.resolver.Look(ctx, d.Token); err != nil {
		h.t.Fatal(err)
	}
	if d, err = h.store.FindGift(ctx, d.ID); err != nil || d.Status != models.Received {
		h.t.Fatalf("the gift is %s, %v", d.Status, err)
	}
	return d
}

// dispute has a donor's bank take a gift back.
func (h *house) dispute(d models.Donation) {
	h.t.Helper()
	charge, err := h.stripe.sim.ChargeOf(h.t.Context(), *d.SessionID)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.stripe.sim.OpenDispute(h.t.Context(), charge, stripesim.DisputeOptions{}); err != nil {
		h.t.Fatal(err)
	}
}

// hears has the books told of all that happened at Stripe.
func (h *house) hears() {
	h.t.Helper()
	const secret = "whsec_rooms"
	door := &webhooks.Door{Store: h.store, Secrets: []string{secret}, Resolver: h.stripe.resolver, Log: slog.New(slog.DiscardHandler)}
	router := echo.New()
	router.POST(webhooks.Path, door.Receive)
	server := httptest.NewServer(router)
	h.t.Cleanup(server.Close)
	_, err := h.stripe.sim.RegisterEndpoint(h.t.Context(), stripesim.Endpoint{URL: server.URL + webhooks.Path, Secret: secret, APIVersion: stripeapi.Version})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) arrive() {
	h.t.Helper()
	for range 10 {
		if _, err := h.stripe.sim.Deliver(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.stripe.resolver.ResolveDue(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
}
