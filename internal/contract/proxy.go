package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

// stub is stripe-mock, which judges the shape of requests, in this process.
var stub = sync.OnceValues(func() (*server.StubServer, error) {
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		return nil, fmt.Errorf("contract: load the description: %w", err)
	}
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		return nil, fmt.Errorf("contract: load fixtures: %w", err)
	}
	s, err := server.NewStubServer(fixtures, spec, true, false)
	if err != nil {
		return nil, fmt.Errorf("contract: start stripe-mock: %w", err)
	}
	return s, nil
})

// Simulator opens a simulator behind the proxy until the test ends, and returns it with the URL that takes both API calls
// and donors. The PublicURL of cfg is set here.
func Simulator(t testing.TB, cfg stripesim.Config) (sim *stripesim.Simulator, url string) {
	t.Helper()
	url = Proxy(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sim.ServeHTTP(w, r) }))
	cfg.PublicURL = url
	sim, err := stripesim.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, url
}

// Proxy serves sim at the URL it returns until the test ends. Each API request first goes to stripe-mock; where that
// does not answer 200 the test fails, since Stripe would not have understood the request. What sim answers is judged by
// Stripe's description, strictly. Other paths, the payment page's, go to sim alone.
func Proxy(t testing.TB, sim http.Handler) (url string) {
	t.Helper()
	schemas, err := Strict()
	if err != nil {
		t.Fatal(err)
	}
	mock, err := stub()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") {
			sim.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("contract: read %s %s: %v", r.Method, r.URL.Path, err)
			return
		}
		if status, text := ask(http.HandlerFunc(mock.HandleRequest), r, body); status != http.StatusOK {
			t.Errorf("contract: Stripe would refuse %s %s\n%s\nwith %d: %s", r.Method, r.URL, body, status, text)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		sim.ServeHTTP(rec, r)
		if err := schemas.Check(rec.Body.Bytes()); err != nil {
			t.Errorf("contract: the simulator's answer to %s %s: %v", r.Method, r.URL, err)
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		if _, err := w.Write(rec.Body.Bytes()); err != nil {
			t.Logf("contract: the client went away: %v", err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// ask sends a copy of the request to a handler.
func ask(h http.Handler, r *http.Request, body []byte) (int, string) {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, again)
	return rec.Code, rec.Body.String()
}
