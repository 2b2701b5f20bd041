package finance_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/internal/pgtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

func TestMain(m *testing.M) {
	if os.Getenv(asMortal) != "" {
		refundAsMortal()
		return
	}
	os.Exit(pgtest.Main(m))
}

const secret = "kettle orbit walnut"

// hashed is the secret's hash, reckoned once: it is made to be slow.
var hashed = func() string {
	hash, err := password.Hash(context.Background(), secret, strings.NewReader("0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	return hash
}()

// house is the whole site with the rooms in it, as the service makes it, over
// real books.
type house struct {
	t       *testing.T
	address string // where it listens
	base    string // its public address
	store   *models.Store
	clock   *storetest.Clock
	server  *handlers.Server
	log     *bytes.Buffer
	stripe  *account
	zone    *time.Location // the campaign's
}

// open opens the house at a public address, "" for the one it listens at.
func open(t *testing.T, base string) *house {
	t.Helper()
	clock := &storetest.Clock{}
	return openOn(t, storetest.Open(t, storetest.InMemory(t), clock), clock, base)
}

func openOn(t *testing.T, store *models.Store, clock *storetest.Clock, base string) *house {
	t.Helper()
	return openAs(t, store, clock, base, func(*finance.Config) {})
}

// openAs opens a house whose rooms are made in another way.
func openAs(t *testing.T, store *models.Store, clock *storetest.Clock, base string, change func(*finance.Config)) *house {
	t.Helper()
	h := &house{t: t, store: store, clock: clock, log: &bytes.Buffer{}}
	front := httptest.NewUnstartedServer(nil)
	h.address = "http://" + front.Listener.Addr().String()
	if h.base = base; base == "" {
		h.base = h.address
	}
	public, err := url.Parse(h.base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.zone = c.Zone
	h.stripe = openAccount(t, c, store, clock, log)
	config := finance.Config{
		Campaign: c, Store: store, Web: pages, BaseURL: public, TestMode: true, Key: make([]byte, 32),
		Refunds: h.stripe.client, Lookup: h.stripe.resolver, Now: clock.Now, Log: log, Mailed: true,
	}
	change(&config)
	rooms, err := finance.New(config)
	if err != nil {
		t.Fatal(err)
	}
	h.server, err = handlers.New(handlers.Config{
		Campaign: c, Store: store, Web: pages, BaseURL: public, TestMode: true, Finance: rooms, WebhookPath: "/webhooks/stripe", Now: clock.Now, Log: log,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // so that tests come from many addresses
	})
	if err != nil {
		t.Fatal(err)
	}
	front.Config.Handler = h.server
	front.Start()
	t.Cleanup(front.Close)
	return h
}

// add puts somebody on the staff, with the secret as their password.
func (h *house) add(email string, role models.Role) models.Staff {
	h.t.Helper()
	who, err := h.store.AddStaff(h.t.Context(), models.Operator, email, role, hashed)
	if err != nil {
		h.t.Fatal(err)
	}
	return who
}

// browser is somebody's browser, with its cookies.
type browser struct {
	*house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{house: h, cookies: map[string]string{}} }

// as is the browser of somebody who is signed in, without going through the
// login page.
func (h *house) as(who models.Staff) *browser {
	h.t.Helper()
	made, err := h.store.OpenSession(h.t.Context(), who.ID, models.SignIn{}, "Firefox on Linux")
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.cookies[h.cookie("appeal-staff")], b.cookies[h.cookie("appeal-device")] = made.Session, made.Device
	return b
}

func (h *house) cookie(name string) string {
	if strings.HasPrefix(h.base, "https") {
		return "__Host-" + name
	}
	return name
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	set    []*http.Cookie
}

var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

// do sends a request as a browser sends one from our own page; headers are
// pairs that change that.
func (b *browser) do(method, path, body string, headers ...string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, b.address+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	read, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return answer{response.StatusCode, response.Header, string(read), response.Cookies()}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "")
}

func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, values.Encode())
}

func (b *browser) login(email, typed string, more ...string) answer {
	b.t.Helper()
	return b.post("/finance/login", append([]string{"email", email, "password", typed}, more...)...)
}

// expect holds an answer to its status, where it leads, and what it says.
func (a answer) expect(t *testing.T, status int, location, says string) {
	t.Helper()
	if a.status != status || a.header.Get("Location") != location || !strings.Contains(a.body, says) {
		t.Fatalf("answered %d to %q, want %d to %q, saying %q:\n%s", a.status, a.header.Get("Location"), status, location, says, a.body)
	}
}
