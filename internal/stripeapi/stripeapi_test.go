package stripeapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// wire stands in for the network: it answers each request as it is told, and
// keeps what was asked.
type wire struct {
	answer func(try int, r *http.Request) (*http.Response, error)
	keys   []string
	bodies []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.ContentLength != int64(len(body)) {
		return nil, fmt.Errorf("a body of %d bytes is sent with the length %d", len(body), r.ContentLength)
	}
	w.keys = append(w.keys, r.Header.Get("Idempotency-Key"))
	w.bodies = append(w.bodies, string(body))
	return w.answer(len(w.keys), r)
}

func says(status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

const session = `{"id":"cs_test_1","object":"checkout.session","url":"https://checkout.stripe.com/c/pay/cs_test_1","expires_at":1795554000}`

var donation = models.Donation{
	Token: "AAAAAAAAAAAAAAAAAAAAAA", Reference: "CP-0123ABCD", Currency: "usd", AmountCharged: 5000,
	Choices:   models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute},
	CreatedAt: time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC),
}

func TestADonorHasAnAnswerWithinEightSecondsWhateverStripeDoes(t *testing.T) {
	t.Parallel()
	busy := `{"error":{"type":"invalid_request_error","code":"lock_timeout"}}`
	broken := `{"error":{"type":"api_error","message":"canary"}}`
	for name, c := range map[string]struct {
		answer func(try int, r *http.Request) (*http.Response, error)
		want   error
		tries  int
	}{
		"it answers": {func(int, *http.Request) (*http.Response, error) { return says(200, session) }, nil, 1},
		"it refuses the connection": {func(int, *http.Request) (*http.Response, error) {
			return nil, errors.New("connection refused by canary")
		}, stripeapi.ErrUnavailable, 3},
		"it swallows everything": {func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, stripeapi.ErrUnavailable, 2},
		"it takes 30 s, then answers": {func(_ int, r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(30 * time.Second):
				return says(200, session)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}, stripeapi.ErrUnavailable, 2},
		"it is too busy":           {func(int, *http.Request) (*http.Response, error) { return says(429, busy) }, stripeapi.ErrUnavailable, 3},
		"it is broken, also again": {func(int, *http.Request) (*http.Response, error) { return says(500, broken) }, stripeapi.ErrBroken, 3},
		"a proxy answers for it":   {func(int, *http.Request) (*http.Response, error) { return says(502, "<html>canary") }, stripeapi.ErrUnavailable, 3},
		"it cuts the first answer off": {func(try int, _ *http.Request) (*http.Response, error) {
			if try == 1 {
				return says(200, session[:20])
			}
			return says(200, session)
		}, nil, 2},
		"it was busy a moment ago": {func(try int, _ *http.Request) (*http.Response, error) {
			if try == 1 {
				return says(429, busy)
			}
			return says(200, session)
		}, nil, 2},
		"it does not like the request": {func(int, *http.Request) (*http.Response, error) {
			return says(400, `{"error":{"type":"invalid_request_error","code":"parameter_unknown","message":"canary"}}`)
		}, stripeapi.ErrRefused, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answer: c.answer}
				client := stripeapi.New(models.Campaign{Slug: "corruption-project", Title: "Corruption Project"}, stripeapi.Config{
					Key: "sk_test_canary", BaseURL: "https://give.example.org", HTTP: &http.Client{Transport: w},
				})
				began := time.Now()
				made, err := client.OpenCheckout(context.Background(), donation)
				if took := time.Since(began); took > 8*time.Second {
					t.Errorf("it took %s", took)
				}
				if !errors.Is(err, c.want) || c.want == nil && err != nil {
					t.Fatalf("it says %v, want %v", err, c.want)
				}
				if err != nil && strings.Contains(err.Error(), "canary") {
					t.Errorf("Stripe's own words get through: %v", err)
				}
				if err == nil && (*made.SessionID != "cs_test_1" || made.CheckoutURL == "" || made.ExpiresAt.Unix() != 1795554000) {
					t.Errorf("the session is %+v", made)
				}
				if len(w.keys) != c.tries {
					t.Errorf("%d tries, want %d", len(w.keys), c.tries)
				}
				for i := range w.keys {
					if w.keys[i] != donation.Token+"-checkout" || w.bodies[i] != w.bodies[0] {
						t.Errorf("try %d differs: key %q\n%s", i+1, w.keys[i], w.bodies[i])
					}
				}
			})
		})
	}
}

// What Stripe could not tell this time it may tell the next: nobody is to be
// told that it refused.
func TestWhatCouldNotBeReadWasNotRefused(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		400: stripeapi.ErrRefused, 401: stripeapi.ErrRefused, 403: stripeapi.ErrRefused,
		409: stripeapi.ErrUnavailable, 429: stripeapi.ErrUnavailable, 500: stripeapi.ErrUnavailable, 503: stripeapi.ErrUnavailable,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answer: func(int, *http.Request) (*http.Response, error) {
					return says(status, `{"error":{"type":"api_error","message":"canary"}}`)
				}}
				client := stripeapi.New(models.Campaign{Slug: "corruption-project"}, stripeapi.Config{Key: "sk_test_canary", HTTP: &http.Client{Transport: w}})
				_, fetched := client.Fetch(context.Background(), stripeapi.Charges, "ch_1")
				_, listed := client.List(context.Background(), stripeapi.Listing{Kind: stripeapi.Charges})
				for _, err := range []error{fetched, listed} {
					for _, is := range []error{stripeapi.ErrRefused, stripeapi.ErrUnavailable} {
						if errors.Is(err, is) != errors.Is(want, is) {
							t.Errorf("it says %v, want %v", err, want)
						}
					}
				}
			})
		})
	}
}
