package stripeapi_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

const simKey = "sk_test_0123456789abcdefghijklmn"

var monthly = models.Campaign{
	Slug: "corruption-project", Title: "Corruption Project", Currency: "usd", Frequencies: []models.Frequency{models.Once, models.Monthly},
}

// asked is a simulator that keeps what it was asked for.
type asked struct {
	mu    sync.Mutex
	calls []string
	url   string
	sim   *stripesim.Simulator
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.calls = append(a.calls, r.Method+" "+r.URL.Path)
	a.mu.Unlock()
	a.sim.ServeHTTP(w, r)
}

// heard is what was asked since the last time, sorted.
func (a *asked) heard() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = nil
	slices.Sort(calls)
	return calls
}

func simulate(t *testing.T) *asked {
	t.Helper()
	a := &asked{}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	var err error
	if a.sim, err = stripesim.Open(stripesim.Config{Seed: 5, SecretKey: simKey, PublicURL: a.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (a *asked) client(c models.Campaign) *stripeapi.Client {
	return stripeapi.New(c, stripeapi.Config{Key: simKey, APIBase: a.url, BaseURL: "https://give.example.org"})
}

func TestAProductIsMadeOnceAndThenKnown(t *testing.T) {
	t.Parallel()
	a := simulate(t)
	first := a.client(monthly)
	for range 2 {
		id, err := first.EnsureProduct(t.Context(), stripeapi.MonthlyGift)
		if err != nil || id != "appeal_corruption-project_monthly" {
			t.Fatalf("the product is %q, %v", id, err)
		}
	}
	if calls := a.heard(); !slices.Equal(calls, []string{"GET /v1/products/appeal_corruption-project_monthly", "POST /v1/products"}) {
		t.Errorf("Stripe was asked %v", calls)
	}
	if _, err := a.client(monthly).EnsureProduct(t.Context(), stripeapi.MonthlyGift); err != nil {
		t.Error(err)
	}
	if calls := a.heard(); !slices.Equal(calls, []string{"GET /v1/products/appeal_corruption-project_monthly"}) {
		t.Errorf("another process asked %v", calls)
	}
}

func TestProcessesThatNeedAProductAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	a := simulate(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if id, err := a.client(monthly).EnsureProduct(t.Context(), stripeapi.CoveredFees); err != nil || id != "appeal_corruption-project_fees" {
				t.Errorf("the product is %q, %v", id, err)
			}
		})
	}
	all.Wait()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/v1/products", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(simKey, "")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if made := strings.Count(string(body), `"object":"product"`); made != 1 {
		t.Errorf("%d products were made: %s", made, body)
	}
}

func TestAProductThatAnotherProcessMadeMeanwhileIsUsed(t *testing.T) {
	t.Parallel()
	answers := []struct {
		status int
		body   string
	}{
		{404, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such product"}}`},
		{400, `{"error":{"type":"invalid_request_error","code":"resource_already_exists","message":"Product already exists."}}`},
	}
	w := &wire{answer: func(try int, _ *http.Request) (*http.Response, error) {
		return says(answers[try-1].status, answers[try-1].body)
	}}
	client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
	if id, err := client.EnsureProduct(t.Context(), stripeapi.YearlyGift); err != nil || id != "appeal_corruption-project_yearly" {
		t.Errorf("the product is %q, %v", id, err)
	}
}

func TestAProductIsCalledWhatStripeCallsIt(t *testing.T) {
	t.Parallel()
	w := &wire{answer: func(try int, _ *http.Request) (*http.Response, error) {
		if try == 1 {
			return says(404, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`)
		}
		return says(200, `{"id":"prod_its_own","object":"product"}`)
	}}
	client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
	if id, err := client.EnsureProduct(t.Context(), stripeapi.MonthlyGift); err != nil || id != "prod_its_own" {
		t.Errorf("the product is %q, %v", id, err)
	}
}

func TestACampaignNeedsProductsForWhatItOffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offers []models.Frequency
		want   []stripeapi.Purpose
	}{
		"one-time gifts need none": {[]models.Frequency{models.Once}, nil},
		"monthly gifts, and fees":  {[]models.Frequency{models.Once, models.Monthly}, []stripeapi.Purpose{stripeapi.MonthlyGift, stripeapi.CoveredFees}},
		"both, and fees":           {[]models.Frequency{models.Monthly, models.Yearly}, []stripeapi.Purpose{stripeapi.MonthlyGift, stripeapi.YearlyGift, stripeapi.CoveredFees}},
	} {
		if got := stripeapi.Purposes(models.Campaign{Frequencies: c.offers}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
