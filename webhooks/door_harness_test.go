package webhooks_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

const (
	slug   = "corruption-project"
	secret = "whsec_first"
)

// entrance is the door with real books behind it and a Stripe beside it that
// holds a few objects.
type entrance struct {
	t        testing.TB
	store    *models.Store
	door     *webhooks.Door
	router   *echo.Echo
	resolver *webhooks.Resolver
	stripe   *objects
	logged   *bytes.Buffer
	now      func() time.Time
}

func newEntrance(t *testing.T, store *models.Store, now func() time.Time) *entrance {
	t.Helper()
	stripe := &objects{held: map[string]string{}}
	server := httptest.NewServer(stripe)
	t.Cleanup(server.Close)
	logged := &bytes.Buffer{}
	log := slog.New(slog.NewJSONHandler(&lockedWriter{w: logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := stripeapi.New(models.Campaign{Slug: slug}, stripeapi.Config{Key: "sk_test_1", APIBase: server.URL, BaseURL: "https://give.example.org"})
	e := entranceBeside(t, store, now, client, log)
	e.stripe, e.logged = stripe, logged
	return e
}

// entranceBeside is the door beside any Stripe.
func entranceBeside(t testing.TB, store *models.Store, now func() time.Time, stripe webhooks.Stripe, log *slog.Logger) *entrance {
	t.Helper()
	resolver := webhooks.NewResolver(store, stripe, log)
	e := &entrance{
		t: t, store: store, resolver: resolver, now: now, router: echo.New(),
		door: &webhooks.Door{Store: store, Secrets: []string{"whsec_old", secret}, Resolver: resolver, Log: log},
	}
	e.router.POST(webhooks.Path, e.door.Receive)
	return e
}

type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// sign makes the header that Stripe would send.
func sign(body []byte, key string, at time.Time) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(webhook.ComputeSignature(at, body, key)))
}

// post delivers a body under a signature header and returns the status.
func (e *entrance) post(body []byte, signature string) int {
	e.t.Helper()
	request := httptest.NewRequestWithContext(e.t.Context(), http.MethodPost, webhooks.Path, bytes.NewReader(body))
	request.Header.Set("Stripe-Signature", signature)
	answer := httptest.NewRecorder()
	e.router.ServeHTTP(answer, request)
	return answer.Code
}

// deliver posts a genuine event, signed now.
func (e *entrance) deliver(body []byte) int { return e.post(body, sign(body, secret, e.now())) }

func (e *entrance) state(id string) models.Event {
	e.t.Helper()
	found, err := e.store.FindEvent(e.t.Context(), id)
	if err != nil {
		e.t.Fatalf("event %s: %v", id, err)
	}
	return found
}

func (e *entrance) totals() models.Totals {
	e.t.Helper()
	got, err := e.store.Totals(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *entrance) sound() {
	e.t.Helper()
	sound(e.t, e.store)
}

// sound has the books verified.
func sound(t testing.TB, store *models.Store) {
	t.Helper()
	breaches, err := store.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Errorf("%s does not hold (%s): %s", b.Predicate, b.Rule, b.Found)
	}
}

// settle resolves what waits, with as much time between the tries as they
// need, until nothing waits any more, or tries have shown that it never will.
func (e *entrance) settle(advance func(time.Duration)) {
	e.t.Helper()
	for range 12 {
		next, waiting, err := e.store.NextDue(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		if !waiting {
			return
		}
		if next.After(e.store.Now()) {
			advance(time.Minute)
		}
		if _, err := e.resolver.ResolveDue(e.t.Context()); err != nil {
			e.t.Fatal(err)
		}
	}
}

// objects is as much of Stripe's API as answers GET for what a test put there:
// an object by its path, and the list of those that a filter fits.
type objects struct {
	mu    sync.Mutex
	held  map[string]string // "charges/ch_1" to its JSON
	down  bool
	asked []string
}

func (o *objects) put(path, object string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held[path] = object
}

func (o *objects) setDown(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

func (o *objects) requests() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.asked...)
}

func (o *objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	o.asked = append(o.asked, path)
	object, ok := o.held[path]
	if !ok && r.URL.Query().Has("limit") {
		object, ok = o.list(path, r.URL.Query()), true
	}
	switch {
	case o.down:
		w.WriteHeader(http.StatusServiceUnavailable)
		object = `{"error":{"type":"api_error"}}`
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		object = `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`
	}
	if _, err := w.Write([]byte(object)); err != nil {
		return // the client has gone
	}
}

// list is what a collection holds that the filter fits, newest first. It all
// stands on one page.
func (o *objects) list(collection string, filter url.Values) string {
	type item struct {
		Charge  string
		Created int64
		raw     string
	}
	found := []item{}
	for path, raw := range o.held {
		of, _, _ := strings.Cut(path, "/")
		i := item{raw: raw}
		if of != collection || json.Unmarshal([]byte(raw), &i) != nil || filter.Has("charge") && i.Charge != filter.Get("charge") {
			continue
		}
		found = append(found, i)
	}
	slices.SortFunc(found, func(a, b item) int { return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.raw, b.raw)) })
	raws := make([]string, 0, len(found))
	for _, i := range found {
		raws = append(raws, i.raw)
	}
	return `{"object":"list","has_more":false,"data":[` + strings.Join(raws, ",") + `]}`
}

// eventJSON wraps an object as Stripe's events do. What an object was before
// stands beside it, where it says so.
func eventJSON(t testing.TB, id, eventType, version string, created int64, object json.RawMessage) []byte {
	t.Helper()
	var was struct {
		Previous json.RawMessage `json:"previous_attributes"`
	}
	data := map[string]any{"object": object}
	if json.Unmarshal(object, &was) == nil && was.Previous != nil {
		data["previous_attributes"] = was.Previous
	}
	body, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": eventType, "api_version": version, "created": created, "livemode": false,
		"pending_webhooks": 1, "request": map[string]any{"id": "req_1"}, "data": data,
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func startGift(t testing.TB, store *models.Store, choices models.Choices) models.Donation {
	t.Helper()
	d, err := store.StartDonation(context.WithoutCancel(t.Context()), "", 0, choices)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
