//go:build !race

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// mortal is a service that is killed and started anew, its database, and the
// Stripe that outlives it. Donors and Stripe reach it under one address,
// whichever process answers there.
type mortal struct {
	t        *testing.T
	env      env
	sim      *stripesim.Simulator
	client   *http.Client // a donor's, who follows no redirect
	store    *models.Store
	ahead    atomic.Int64 // by how much all clocks are ahead
	process  atomic.Pointer[process]
	fault    func(*http.Request) stripesim.Fault // what goes wrong at Stripe, if given before the start
	failed   atomic.Int64                        // answers of 500 and above, to whomever
	dies     death                               // how the next processes end
	deaths   int                                 // processes that were killed
	sessions int                                 // payment pages that Stripe should have made
}

// trip is a way to send a request.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const (
	mortalHost = "appeal.test"
	// downFor is how long, by all clocks, nobody starts a killed service again:
	// longer than its leases and claims last.
	downFor = 3 * time.Minute
)

// now is everybody's time.
func (m *mortal) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

func newMortal(t *testing.T, database string, seed uint64) *mortal {
	t.Helper()
	m := &mortal{t: t}
	network := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == mortalHost+":80" {
				if address = m.process.Load().address(); address == "" {
					return nil, errors.New("nobody listens")
				}
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
		MaxIdleConnsPerHost: 20,
	}
	way := trip(func(r *http.Request) (*http.Response, error) {
		answer, err := network.RoundTrip(r)
		if err == nil && r.URL.Host == mortalHost && answer.StatusCode >= 500 && r.URL.Path != "/readyz" {
			m.failed.Add(1)
		}
		return answer, err
	})
	m.client = &http.Client{
		Transport: way, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	stripe := httptest.NewUnstartedServer(nil)
	simURL := "http://" + stripe.Listener.Addr().String()
	var err error
	m.sim, err = stripesim.Open(stripesim.Config{
		Seed: seed, SecretKey: testKey, PublicURL: simURL, Transport: way, Now: m.now,
		Fault: func(r *http.Request) stripesim.Fault {
			if m.fault == nil {
				return stripesim.Fault{}
			}
			return m.fault(r)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stripe.Config.Handler = m.sim
	stripe.Start()
	m.env = env{
		"APPEAL_LISTEN": "127.0.0.1:0", "APPEAL_BASE_URL": "http://" + mortalHost, "DATABASE_URL": database,
		"STRIPE_SECRET_KEY": testKey, "STRIPE_WEBHOOK_SECRET": testSecret, "STRIPE_API_BASE": simURL,
		"APPEAL_SECRET_KEY": strings.Repeat("ab", 32), "APPEAL_DONATE_RATE": "0", "APPEAL_SYNC_INTERVAL": "0",
	}
	m.store, err = models.Connect(t.Context(), models.Options{URL: database, Slug: "corruption-project", Currency: "usd", Now: m.now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{
		URL: "http://" + mortalHost + webhooks.Path, Secret: testSecret, APIVersion: stripeapi.Version, Events: webhooks.EventTypes(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p := m.process.Load(); p != nil && !p.over() {
			p.signal(t, os.Kill)
			<-p.ended
		}
		network.CloseIdleConnections()
		stripe.Close()
		if err := errors.Join(m.sim.Close(), m.store.Close()); err != nil {
			t.Error(err)
		}
	})
	return m
}

// start starts the service and waits until it is ready, or was killed before.
func (m *mortal) start() {
	m.t.Helper()
	p := startProcess(m.t, m.env, time.Duration(m.ahead.Load()), m.dies, "serve")
	m.process.Store(p)
	m.await(func() bool { return p.over() || p.address() != "" && m.ready() }, func() string { return "the service to be ready" })
	if p.over() && !p.killed() {
		m.t.Fatalf("the service ended by itself:\n%s", p.last())
	}
}

func (m *mortal) ready() bool {
	answer, err := m.client.Get("http://" + mortalHost + "/readyz")
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// revive starts a service that was killed anew, after a while. Nobody mends
// anything.
func (m *mortal) revive() {
	m.t.Helper()
	for p := m.process.Load(); p.over(); p = m.process.Load() {
		if !p.killed() {
			m.t.Fatalf("the service ended by itself:\n%s", p.last())
		}
		m.deaths++
		m.dies.times--
		m.ahead.Add(int64(downFor))
		m.sim.Wake()
		m.start()
	}
}

// stop has the service end by itself, and reports whether it did: it may be
// killed on its way.
func (m *mortal) stop() bool {
	m.t.Helper()
	p := m.process.Load()
	p.signal(m.t, os.Interrupt)
	<-p.ended
	if p.killed() {
		return false
	}
	if code := p.cmd.ProcessState.ExitCode(); code != done {
		m.t.Fatalf("it ended with status %d:\n%s", code, p.last())
	}
	return true
}

// through runs a service until what it is to bring about is so, and stops it
// in order, however often it is killed meanwhile.
func (m *mortal) through(bringAbout func()) {
	m.t.Helper()
	m.start()
	for {
		m.revive()
		bringAbout()
		if m.stop() {
			return
		}
	}
}

// insist tries until it works, and starts a service that was killed anew.
func (m *mortal) insist(what string, try func() error) {
	m.t.Helper()
	var err error
	m.await(func() bool {
		m.revive()
		err = try()
		return err == nil
	}, func() string { return fmt.Sprintf("%s: %v", what, err) })
}

// await waits until it is so, two minutes at the most.
func (m *mortal) await(so func() bool, what func() string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*time.Minute)
	defer cancel()
	every(ctx, 5*time.Millisecond, func() bool { return !so() })
	if ctx.Err() != nil {
		m.t.Fatalf("waited in vain for %s:\n%s", what(), m.process.Load().last())
	}
}

// wish is a gift as a donor means it. Its amount tells it from all others.
type wish struct {
	key       string // of the form
	amount    string
	frequency string
	outcome   string // on the payment page
}

// submit sends the form once, and returns where it leads.
func (m *mortal) submit(w wish) (string, error) {
	form := url.Values{"form_key": {w.key}, "amount": {w.amount}, "frequency": {w.frequency}, "newsletter": {"1"}}
	answer, err := m.client.PostForm("http://"+mortalHost+"/donate", form)
	if err != nil {
		return "", err
	}
	page, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("the form is answered %d: %.300s", answer.StatusCode, page)
	}
	return answer.Header.Get("Location"), nil
}

// pay plays the donor on the payment page.
func (m *mortal) pay(w wish, page string) error {
	answer, err := m.client.PostForm(page, url.Values{"email": {"reader-" + w.key + "@example.org"}, "outcome": {w.outcome}})
	if err != nil {
		return err
	}
	if back := answer.Header.Get("Location"); !strings.HasPrefix(back, "http://"+mortalHost+"/thanks/") {
		err = fmt.Errorf("%s of %s: the payment page answers %d and leads to %q", w.outcome, w.amount, answer.StatusCode, back)
	}
	return errors.Join(err, answer.Body.Close())
}

// give sends the form until it leads somewhere, and once more, as a donor does
// who is not sure; then it pays.
func (m *mortal) give(w wish) {
	m.t.Helper()
	var page string
	for range 2 {
		m.insist("the form to be taken", func() error {
			led, err := m.submit(w)
			if err == nil && page != "" && led != page {
				m.t.Fatalf("the same form led to %s, and then to %s", page, led)
			}
			page = led
			return err
		})
	}
	m.sessions++
	if err := m.pay(w, page); err != nil {
		m.t.Fatal(err)
	}
}

// stripe asks Stripe as a person at the Dashboard would.
func (m *mortal) stripe(method, path string, form url.Values, into any) {
	m.t.Helper()
	r := httptest.NewRequestWithContext(m.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(testKey, "")
	w := httptest.NewRecorder()
	m.sim.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		m.t.Fatalf("%s %s is answered %d: %s", method, path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		m.t.Fatal(err)
	}
}

// listed reads a whole list of Stripe's.
func listed[T interface{ id() string }](m *mortal, kind string) []T {
	m.t.Helper()
	var all []T
	for after := ""; ; {
		var page struct {
			Data    []T  `json:"data"`
			HasMore bool `json:"has_more"`
		}
		m.stripe(http.MethodGet, "/v1/"+kind+"?limit=100"+after, nil, &page)
		all = append(all, page.Data...)
		if !page.HasMore {
			return all
		}
		after = "&starting_after=" + all[len(all)-1].id()
	}
}

// thing is any object of Stripe's.
type thing struct {
	ID       string `json:"id"`
	Captured int64  `json:"amount_captured"`
	Refunded int64  `json:"amount_refunded"`
	Net      int64  `json:"net"`
}

func (t thing) id() string { return t.ID }

// refund gives part of a charge back.
func (m *mortal) refund(captured, amount int64) {
	m.t.Helper()
	charges := listed[thing](m, "charges")
	at := slices.IndexFunc(charges, func(c thing) bool { return c.Captured == captured })
	if at < 0 {
		m.t.Fatalf("no charge of %d", captured)
	}
	var made thing
	m.stripe(http.MethodPost, "/v1/refunds", url.Values{"charge": {charges[at].ID}, "amount": {fmt.Sprint(amount)}}, &made)
}

// deliver sends what Stripe has to tell until all of it was acknowledged and
// nothing of it waits for a look-up.
func (m *mortal) deliver() {
	m.t.Helper()
	m.insist("every event to be acknowledged and settled", func() error {
		if _, err := m.sim.Deliver(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
		return m.unsettled()
	})
}

// unsettled names what was not acknowledged, or waits for a look-up.
func (m *mortal) unsettled() error {
	m.t.Helper()
	waiting, err := m.sim.Undelivered(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	open, err := m.store.OpenEvents(m.t.Context())
	if err == nil && waiting+len(open) > 0 {
		err = fmt.Errorf("%d not delivered, open: %+v", waiting, open)
	}
	return err
}

// sync runs a service that syncs with Stripe at its start, until it has.
func (m *mortal) sync() {
	m.t.Helper()
	m.env["APPEAL_SYNC_INTERVAL"] = "1h"
	began := m.now().Truncate(time.Microsecond)
	m.through(func() {
		m.insist("the sync with Stripe", func() error {
			at, ok, err := m.store.LastSync(m.t.Context())
			if err == nil && (!ok || at.Before(began)) {
				err = errors.New("it has not reached its end")
			}
			return err
		})
	})
}

var stripeIDs = regexp.MustCompile(`(?m)^\S+Z [a-z]+_\w+(:\S+)|^gift \S+`)

// ledger is what the books hold, as written and without what differs from run
// to run: ids, tokens and times. The amounts tell the gifts apart.
func (m *mortal) ledger() (written string, comparable []string) {
	m.t.Helper()
	var b bytes.Buffer
	if err := m.store.WriteLedger(m.t.Context(), &b); err != nil {
		m.t.Fatal(err)
	}
	comparable = strings.Split(stripeIDs.ReplaceAllString(b.String(), "$1"), "\n")
	slices.Sort(comparable)
	return b.String(), comparable
}

// agree asserts that the books are sound, that they have every charge at Stripe
// once and no other, and that they come to Stripe's own totals.
func (m *mortal) agree() {
	m.t.Helper()
	if status, out, errs := appeal(m.t, m.env, "verify"); status != done {
		m.t.Errorf("verify: status %d, %s%s", status, out, errs)
	}
	written, _ := m.ledger()
	var raised, balance int64
	charges := listed[thing](m, "charges")
	for _, c := range charges {
		raised += c.Captured - c.Refunded
		if lines := strings.Count(written, " "+c.ID+":charge "); lines != 2 {
			m.t.Errorf("the charge %s of %d has %d lines in the journal", c.ID, c.Captured, lines)
		}
	}
	if lines := strings.Count(written, ":charge "); lines != 2*len(charges) {
		m.t.Errorf("the journal has %d lines of charges, Stripe has %d charges", lines, len(charges))
	}
	for _, t := range listed[thing](m, "balance_transactions") {
		balance += t.Net
	}
	status, out, errs := appeal(m.t, m.env, "totals", "--json")
	var totals models.Totals
	if err := json.Unmarshal([]byte(out), &totals); err != nil || status != done {
		m.t.Fatalf("totals: status %d, %s%s", status, out, errs)
	}
	if int64(totals.Raised) != raised || int64(totals.StripeBalance) != balance || totals.NeedsAttention != 0 {
		m.t.Errorf("Stripe has %d raised and %d in its balance; the books %+v", raised, balance, totals)
	}
	if made := len(listed[thing](m, "checkout/sessions")); made != m.sessions {
		m.t.Errorf("Stripe made %d payment pages for %d gifts", made, m.sessions)
	}
}
