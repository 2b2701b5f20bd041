package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/pgtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		beProgram()
	}
	os.Exit(pgtest.Main(m))
}

// buffer may be written by the program while the test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type env map[string]string

func (e env) get(name string) string { return e[name] }

// appeal runs a command to its end.
func appeal(t *testing.T, e env, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, er buffer
	status = run(t.Context(), args, e.get, &o, &er)
	return status, o.String(), er.String()
}

const (
	testKey    = "sk_test_0123456789abcdefghijklmn"
	testSecret = "whsec_0123456789abcdefghijklmnop"
)

// serving is a service that runs, and the simulator that stands in for Stripe.
type serving struct {
	env     env
	address string
	sim     *stripesim.Simulator
	simURL  string
	stop    func() (status int)
	errs    *buffer
}

// freePort is a port that nothing listens on just now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// startServing starts a service whose environment is the usual one but for the
// pairs of names and values that are given.
func startServing(t *testing.T, database string, changes ...string) *serving {
	t.Helper()
	s := standIn(t)
	s.serve(t, database, changes...)
	return s
}

// standIn starts the simulator, which has the program's clock.
func standIn(t *testing.T) *serving {
	t.Helper()
	stripe := httptest.NewUnstartedServer(nil)
	s := &serving{simURL: "http://" + stripe.Listener.Addr().String(), errs: &buffer{}}
	var err error
	if s.sim, err = stripesim.Open(stripesim.Config{Seed: 3, SecretKey: testKey, PublicURL: s.simURL, Now: clock}); err != nil {
		t.Fatal(err)
	}
	stripe.Config.Handler = s.sim
	stripe.Start()
	t.Cleanup(func() {
		stripe.Close()
		if err := s.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve starts the service beside the simulator.
func (s *serving) serve(t *testing.T, database string, changes ...string) {
	t.Helper()
	listen := freePort(t)
	s.address = "http://" + listen
	s.env = env{
		"APPEAL_LISTEN": listen, "APPEAL_BASE_URL": s.address, "DATABASE_URL": database,
		"STRIPE_SECRET_KEY": testKey, "STRIPE_WEBHOOK_SECRET": testSecret, "STRIPE_API_BASE": s.simURL,
		"APPEAL_SECRET_KEY": strings.Repeat("ab", 32), "APPEAL_LOG_LEVEL": "debug",
		"APPEAL_SYNC_INTERVAL": "0", // what the webhooks alone bring is looked at
	}
	for i := 0; i < len(changes); i += 2 {
		s.env[changes[i]] = changes[i+1]
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, s.env.get, io.Discard, s.errs) }()
	s.stop = sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { s.stop() })
	base, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	waiting, give := context.WithTimeout(t.Context(), 30*time.Second)
	defer give()
	if err := awaitReady(waiting, base); err != nil {
		t.Fatalf("the service is not ready: %v\n%s", err, s.errs)
	}
}

func (s *serving) post(t *testing.T, address, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return s.send(t, request)
}

func (s *serving) get(t *testing.T, path string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, request)
}

func (s *serving) send(t *testing.T, request *http.Request) (int, http.Header, string) {
	t.Helper()
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := plain.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func TestOneGiftTravelsTheWholeWay(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, database(t))
			// Three endpoints at one address are three deliveries of each event.
			for _, mark := range []string{"", "?again", "?thrice"} {
				_, err := s.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{URL: s.address + webhooks.Path + mark, Secret: testSecret, APIVersion: "2023-10-16"})
				if err != nil {
					t.Fatal(err)
				}
			}
			status, header, _ := s.post(t, s.address+"/donate", "amount=1%2C250.50")
			if status != http.StatusSeeOther {
				t.Fatalf("the form is answered %d", status)
			}
			paid, back, _ := s.post(t, header.Get("Location"), "email=Canary%40Example.org&outcome=succeeds")
			if paid != http.StatusSeeOther || !strings.HasPrefix(back.Get("Location"), s.address+"/thanks/") {
				t.Fatalf("the payment is answered %d to %q", paid, back.Get("Location"))
			}
			if _, err := s.sim.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, _, page := s.get(t, strings.TrimPrefix(back.Get("Location"), s.address)); !strings.Contains(page, "Thank you.") || !strings.Contains(page, "$1,250.50") {
				t.Errorf("the thank-you page says:\n%s", page)
			}
			s.agree(t)
			if code := s.stop(); code != done {
				t.Errorf("stopped with status %d", code)
			}
			for _, canary := range []string{"anary@", testKey, testSecret, s.env["APPEAL_SECRET_KEY"], strings.TrimPrefix(back.Get("Location"), s.address+"/thanks/")} {
				if strings.Contains(s.errs.String(), canary) {
					t.Errorf("the log holds %q", canary)
				}
			}
		})
	}
}

// agree asserts that the tracker, the totals and Stripe tell of one gift of
// $1,250.50.
func (s *serving) agree(t *testing.T) {
	t.Helper()
	_, _, tracker := s.get(t, "/api/progress")
	if !strings.Contains(tracker, `"raised":125050,"percent":0.2,"gifts":1,"donors":1,"pending":0`) {
		t.Errorf("the tracker says %s", tracker)
	}
	status, out, errs := appeal(t, s.env, "totals", "--json")
	var totals models.Totals
	if err := json.Unmarshal([]byte(out), &totals); err != nil || status != done {
		t.Fatalf("totals: status %d, %s%s", status, out, errs)
	}
	want := models.Totals{Currency: "usd", Raised: 125050, Gross: 125050, Net: 125050, Gifts: 1, Donors: 1, StripeBalance: 125050}
	if diff := cmp.Diff(want, totals); diff != "" {
		t.Errorf("totals (−want +got):\n%s", diff)
	}
	if keys := strings.Count(out, `":`); keys != 20 {
		t.Errorf("totals --json has %d fields: %s", keys, out)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.simURL+"/v1/charges", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(testKey, "")
	if _, _, charges := s.send(t, request); strings.Count(charges, `"object":"charge"`) != 1 || !regexp.MustCompile(`"amount_captured":\s*125050`).MatchString(charges) {
		t.Errorf("Stripe says %s", charges)
	}
	if status, out, errs := appeal(t, s.env, "verify"); status != done {
		t.Errorf("verify: status %d, %s%s", status, out, errs)
	}
	if status, out, errs := appeal(t, s.env, "check"); status != done || len(regexp.MustCompile(`(?m): +ok`).FindAllString(out, -1)) != 5 || strings.Count(out, "warning: ") != 4 {
		t.Errorf("check: status %d, %s%s", status, out, errs)
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	books := env{"DATABASE_URL": "sqlite:" + filepath.Join(dir, "a.db")}
	for name, c := range map[string]struct {
		env    env
		args   []string
		status int
		says   []string
	}{
		"no such command":                  {nil, []string{"donate"}, misused, []string{"appeal --help"}},
		"no such flag":                     {nil, []string{"totals", "--xml"}, misused, []string{"--xml"}},
		"serve without a configuration":    {nil, []string{"serve"}, misused, []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "APPEAL_SECRET_KEY"}},
		"totals before migrate":            {books, []string{"totals"}, failed, []string{"appeal migrate"}},
		"a date that is none":              {env{"DATABASE_URL": "sqlite:" + filepath.Join(dir, "b.db")}, []string{"migrate"}, done, nil},
		"a campaign that is not there":     {env{"APPEAL_CAMPAIGN": dir + "/none"}, []string{"totals"}, misused, []string{"none"}},
		"a database of an unknown kind":    {env{"DATABASE_URL": "mysql://x"}, []string{"totals"}, misused, []string{"DATABASE_URL"}},
		"a demo of a negative sample":      {nil, []string{"demo", "--sample=-1"}, misused, []string{"--sample"}},
		"an export of another format":      {books, []string{"export", "newsletter", "--format", "ods"}, misused, []string{"xlsx", "csv"}},
		"an export of something else":      {books, []string{"export", "secrets"}, misused, []string{"secrets"}},
		"a live key with a draft campaign": {liveEnv(dir), []string{"serve"}, misused, []string{"draft", "legal_name", "ein", "address"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out, errs := appeal(t, c.env, c.args...)
			if status != c.status {
				t.Errorf("status %d, want %d: %s%s", status, c.status, out, errs)
			}
			for _, said := range c.says {
				if !strings.Contains(errs, said) {
					t.Errorf("it does not say %q: %s", said, errs)
				}
			}
			if strings.Contains(errs, "sk_live_canary") {
				t.Errorf("it prints the key: %s", errs)
			}
		})
	}
}

func liveEnv(dir string) env {
	return env{
		"APPEAL_BASE_URL": "https://give.example.org", "DATABASE_URL": "sqlite:" + filepath.Join(dir, "live.db"),
		"STRIPE_SECRET_KEY": "sk_live_canary0123456789abcdef", "STRIPE_WEBHOOK_SECRET": testSecret,
		"APPEAL_SECRET_KEY": strings.Repeat("ab", 32), "APPEAL_LISTEN": "127.0.0.1:0",
	}
}

func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "serve", "demo", "check", "stripe setup", "stripe sync", "stripe events", "stripe replay", "migrate", "totals", "verify", "export", "export newsletter", "version"} {
		args := []string{"--help"}
		if command != "" {
			args = append(strings.Fields(command), "--help")
		}
		if status, out, _ := appeal(t, nil, args...); status != done || !strings.Contains(out, "Usage: appeal "+command) {
			t.Errorf("%s --help: status %d\n%s", command, status, out)
		}
	}
	if status, out, _ := appeal(t, nil, "version"); status != done || !strings.Contains(out, "Stripe API 2023-10-16") {
		t.Errorf("version: status %d\n%s", status, out)
	}
}

func TestAServiceWaitsForItsSchemaWhereAnOperatorBringsIt(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	listen := freePort(t)
	e := env{
		"APPEAL_LISTEN": listen, "APPEAL_BASE_URL": "http://" + listen, "DATABASE_URL": database, "STRIPE_SECRET_KEY": testKey,
		"STRIPE_WEBHOOK_SECRET": testSecret, "APPEAL_SECRET_KEY": strings.Repeat("ab", 32), "APPEAL_AUTO_MIGRATE": "false",
	}
	var errs buffer
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, e.get, io.Discard, &errs) }()
	s := &serving{address: "http://" + listen}
	until(t, func() bool {
		return strings.Contains(errs.String(), "waiting for appeal migrate") && strings.Contains(errs.String(), "listening")
	})
	if status, _, _ := s.get(t, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("without a schema it is answered %d", status)
	}
	if status, _, _ := s.get(t, "/healthz"); status != http.StatusOK {
		t.Errorf("alive, it is answered %d", status)
	}
	if status, out, said := appeal(t, e, "migrate"); status != done || !strings.Contains(out, "0001_books.sql") {
		t.Fatalf("migrate: status %d, %s%s", status, out, said)
	}
	if status, out, _ := appeal(t, e, "migrate", "--status"); status != done || !strings.Contains(out, "applied") || strings.Contains(out, "pending") {
		t.Errorf("migrate --status: status %d, %s", status, out)
	}
	until(t, func() bool { status, _, _ := s.get(t, "/readyz"); return status == http.StatusOK })
	cancel()
	if code := <-ended; code != done {
		t.Errorf("stopped with status %d: %s", code, errs.String())
	}
	// Though migrate made the books, it is the service that knew their mode.
	live := true
	store, err := models.Connect(t.Context(), models.Options{URL: database, Slug: "corruption-project", Currency: "usd", Livemode: &live})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.OpenBooks(t.Context()); !errors.Is(err, models.ErrOtherBooks) {
		t.Errorf("books of test gifts, opened with a live key: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// until waits for something that another goroutine brings about, a minute at
// the most.
func until(t *testing.T, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	every(ctx, 20*time.Millisecond, func() bool { return !so() })
	if ctx.Err() != nil {
		t.Fatal("it never came about")
	}
}

func TestTheDemoFillsItselfAndKeepsItsBooks(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	once := func(args ...string) (out, errs string) {
		t.Helper()
		var o, er buffer
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, append([]string{"demo", "--listen", "127.0.0.1:0", "--data", data}, args...), env{}.get, &o, &er)
		}()
		until(t, func() bool { return strings.Contains(o.String(), "Stop with Ctrl-C") || len(ended) > 0 })
		cancel()
		if code := <-ended; code != done {
			t.Fatalf("status %d: %s", code, er.String())
		}
		return o.String(), er.String()
	}
	out, _ := once("--sample", "40")
	if !strings.Contains(out, "40 sample gifts made and booked.") || !regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).MatchString(out) {
		t.Errorf("it says:\n%s", out)
	}
	login := regexp.MustCompile(`Finance: +http://\S+/finance\n +Email: +staff@example\.org\n +Password: +(\S+)\n`)
	first := login.FindStringSubmatch(out)
	if out, _ = once("--sample", "40"); !regexp.MustCompile(`There are \d+ gifts already`).MatchString(out) {
		t.Errorf("the second time it says:\n%s", out)
	}
	if again := login.FindStringSubmatch(out); first == nil || again == nil || first[1] != again[1] {
		t.Errorf("its logins are %v and %v", first, again)
	}
	e := env{"DATABASE_URL": "sqlite:" + filepath.Join(data, "appeal.db")}
	status, printed, errs := appeal(t, e, "totals", "--json")
	// A few may have been refunded or disputed since.
	var totals models.Totals
	if err := json.Unmarshal([]byte(printed), &totals); err != nil {
		t.Fatal(err)
	}
	if status != done || totals.Gifts < 30 || totals.Gifts > 40 || totals.PaidOut == 0 || totals.NeedsAttention != 0 {
		t.Errorf("totals: status %d, %s%s", status, printed, errs)
	}
	if status, printed, errs := appeal(t, e, "verify"); status != done {
		t.Errorf("verify: status %d, %s%s", status, printed, errs)
	}
	for _, private := range []string{"demo-keys.json", "staff-password"} {
		about, err := os.Stat(filepath.Join(data, private))
		if err != nil || about.Mode().Perm() != 0o600 {
			t.Errorf("the demo's %s: %v, %v", private, about, err)
		}
	}
}
