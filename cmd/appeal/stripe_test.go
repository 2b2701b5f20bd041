package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/webhooks"
)

// account is a Stripe account that nothing was set up in, and the environment
// of a service that uses it.
type account struct {
	env env
	sim *stripesim.Simulator

	mu     sync.Mutex
	writes int
}

const hook = "https://give.example.org" + webhooks.Path

// newAccount opens one whose key lacks what is named.
func newAccount(t *testing.T, lacks ...string) *account {
	t.Helper()
	a := &account{}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	key := testKey
	if len(lacks) > 0 {
		key = "rk" + strings.TrimPrefix(testKey, "sk")
	}
	var err error
	a.sim, err = stripesim.Open(stripesim.Config{Seed: 9, SecretKey: key, PublicURL: server.URL, Lacks: lacks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	a.env = env{
		"APPEAL_BASE_URL": "https://give.example.org", "STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": testSecret, "STRIPE_API_BASE": server.URL,
		"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "books.db"), "APPEAL_SECRET_KEY": strings.Repeat("ab", 32), "APPEAL_LOG_LEVEL": "debug",
	}
	return a
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/cs_appeal_check/") {
		a.mu.Lock()
		a.writes++
		a.mu.Unlock()
	}
	a.sim.ServeHTTP(w, r)
}

// written is how many calls wanted to change something since it was last asked.
func (a *account) written() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.writes
	a.writes = 0
	return n
}

// call asks the account for something as a person at the Dashboard would.
func (a *account) call(t *testing.T, method, path string, form url.Values) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.env["STRIPE_SECRET_KEY"], "")
	w := httptest.NewRecorder()
	a.sim.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s %s is answered %d: %s", method, path, w.Code, w.Body)
	}
}

// setUp runs the command, which must succeed.
func (a *account) setUp(t *testing.T, flags ...string) string {
	t.Helper()
	status, out, errs := appeal(t, a.env, append([]string{"stripe", "setup"}, flags...)...)
	if status != done || errs != "" {
		t.Fatalf("setup: status %d, %s%s", status, out, errs)
	}
	return out
}

var (
	secretShown = regexp.MustCompile(`whsec_[A-Za-z0-9]+`)
	endpointID  = regexp.MustCompile(`we_[A-Za-z0-9]+`)
)

func TestSetupMakesWhatIsMissingAndASecondTimeNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if status, said, errs := appeal(t, a.env, "check"); status != failed ||
		!strings.Contains(said, "warning: monthly product is missing; fees product is missing; billing portal is missing: run appeal stripe setup") {
		t.Errorf("check: status %d, %s%s", status, said, errs)
	}
	a.written()
	out := a.setUp(t)
	for _, line := range []string{
		"webhook endpoint:  made we_", "for " + hook + " (API version 2023-10-16, ", "signing secret:    whsec_",
		"monthly product:   made appeal_corruption-project_monthly\n", "fees product:      made appeal_corruption-project_fees\n", "billing portal:    made bpc_",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("it does not say %q:\n%s", line, out)
		}
	}
	if strings.Contains(out, "yearly") {
		t.Errorf("it makes what the campaign does not offer:\n%s", out)
	}
	if made := a.written(); made != 4 {
		t.Errorf("%d things were made", made)
	}
	again := a.setUp(t)
	if n := strings.Count(again, "nothing to change"); n != 4 || a.written() != 0 || !strings.Contains(again, "Dashboard alone") {
		t.Errorf("the second time it says:\n%s", again)
	}
	if status, said, errs := appeal(t, a.env, "check"); status != done || !strings.Contains(said, "webhook endpoint:  ok (we_") || !strings.Contains(said, "repeated gifts:    ok\n") {
		t.Errorf("check: status %d, %s%s", status, said, errs)
	}
}

func TestTheSigningSecretIsPrintedOnceAndNowhereElse(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	status, out, errs := appeal(t, a.env, "stripe", "setup")
	secret := secretShown.FindString(out)
	if status != done || secret == "" || strings.Count(out, secret) != 1 || errs != "" {
		t.Fatalf("status %d, %s%s", status, out, errs)
	}
	for _, args := range [][]string{{"stripe", "setup"}, {"stripe", "setup", "--dry-run"}, {"check"}} {
		if _, out, errs := appeal(t, a.env, args...); secretShown.MatchString(out + errs) {
			t.Errorf("%v: %s%s", args, out, errs)
		}
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if out := a.setUp(t, "--dry-run"); strings.Count(out, "would be made") != 4 || a.written() != 0 {
		t.Errorf("before: %d calls\n%s", a.written(), out)
	}
	first := a.setUp(t)
	a.call(t, http.MethodPost, "/v1/webhook_endpoints/"+endpointID.FindString(first), url.Values{"disabled": {"true"}})
	a.written()
	if out := a.setUp(t, "--dry-run"); !strings.Contains(out, "would change we_") || !strings.Contains(out, "enabled again") || a.written() != 0 {
		t.Errorf("after: %s", out)
	}
}

func TestSetupBringsAnEndpointsEventsAndStateRight(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	id := endpointID.FindString(a.setUp(t))
	types := slices.DeleteFunc(webhooks.EventTypes(), func(s string) bool { return s == "charge.succeeded" })
	a.call(t, http.MethodPost, "/v1/webhook_endpoints/"+id, url.Values{"disabled": {"true"}, "enabled_events[]": append(types, "product.created")})
	if status, out, _ := appeal(t, a.env, "check"); status != failed || !strings.Contains(out, id+" is disabled at Stripe: run appeal stripe setup") {
		t.Errorf("check of a disabled endpoint: status %d, %s", status, out)
	}
	a.call(t, http.MethodPost, "/v1/webhook_endpoints/"+id, url.Values{"disabled": {"false"}})
	if status, out, _ := appeal(t, a.env, "check"); status != failed || !strings.Contains(out, id+" lacks events: charge.succeeded: run appeal") {
		t.Errorf("check of an endpoint without an event: status %d, %s", status, out)
	}
	a.call(t, http.MethodPost, "/v1/webhook_endpoints/"+id, url.Values{"disabled": {"true"}})
	out := a.setUp(t)
	if !strings.Contains(out, "changed "+id+": enabled again; events added: charge.succeeded; events removed: product.created;") {
		t.Errorf("it says:\n%s", out)
	}
	a.call(t, http.MethodPost, "/v1/webhook_endpoints/"+id, url.Values{"enabled_events[]": append(webhooks.EventTypes(), "product.created")})
	if status, out, _ := appeal(t, a.env, "check"); status != done || !strings.Contains(out, "warning: "+id+" is sent events that nothing handles: product.created") {
		t.Errorf("check of an endpoint with one event too many: status %d, %s", status, out)
	}
	a.setUp(t)
	if out := a.setUp(t); !strings.Contains(out, "found "+id+", nothing to change") {
		t.Errorf("in the end it says:\n%s", out)
	}
}

func TestAnEndpointOfAnotherVersionIsReplacedWithoutLosingAnEvent(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if _, err := a.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{URL: hook, APIVersion: "2024-06-20"}); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := appeal(t, a.env, "check"); status != done || !strings.Contains(out, "has another API version than 2023-10-16") {
		t.Errorf("check: status %d, %s", status, out)
	}
	// Even asked to delete it, the run that makes the new one leaves it: nobody
	// knows the new secret yet.
	out := a.setUp(t, "--delete-old")
	old := regexp.MustCompile(`old endpoint:\s+(we_\w+) has API version 2024-06-20`).FindStringSubmatch(out)
	if old == nil || !secretShown.MatchString(out) || !strings.Contains(out, "with a comma between") {
		t.Fatalf("it says:\n%s", out)
	}
	if out := a.setUp(t); !strings.Contains(out, old[1]+" has API version 2024-06-20") || secretShown.MatchString(out) {
		t.Errorf("the second time it says:\n%s", out)
	}
	if out := a.setUp(t, "--dry-run", "--delete-old"); !strings.Contains(out, "would delete "+old[1]) {
		t.Errorf("on a dry run it says:\n%s", out)
	}
	if out := a.setUp(t, "--delete-old"); !strings.Contains(out, "deleted "+old[1]) {
		t.Errorf("the third time it says:\n%s", out)
	}
	if out := a.setUp(t); strings.Contains(out, "old endpoint") {
		t.Errorf("in the end it says:\n%s", out)
	}
}

func TestSetupMendsProductsAndPortal(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	portal := regexp.MustCompile(`bpc_\w+`).FindString(a.setUp(t))
	a.call(t, http.MethodPost, "/v1/products/appeal_corruption-project_monthly", url.Values{"name": {"Gift"}, "active": {"false"}})
	a.call(t, http.MethodPost, "/v1/billing_portal/configurations/"+portal, url.Values{
		"default_return_url": {"https://example.org/"}, "features[subscription_cancel][mode]": {"immediately"}, "features[payment_method_update][enabled]": {"false"},
	})
	out := a.setUp(t)
	for _, said := range []string{
		`monthly product:   changed appeal_corruption-project_monthly: its name is "Gift", not "Corruption Project — monthly gift"; it is archived`,
		"billing portal:    changed " + portal, `its return address is "https://example.org/", not "https://give.example.org/manage"`,
		"changing the card is off", "a gift ends at once",
	} {
		if !strings.Contains(out, said) {
			t.Errorf("it does not say %q:\n%s", said, out)
		}
	}
	if again := a.setUp(t); strings.Count(again, "nothing to change") != 4 {
		t.Errorf("the next time it says:\n%s", again)
	}
}

func TestSetupRefusesAnAddressThatStripeCantReach(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080", "https://192.168.1.5", "https://newsroom", "https://give.local"} {
		e := env{"APPEAL_BASE_URL": base, "STRIPE_SECRET_KEY": testKey}
		if status, out, errs := appeal(t, e, "stripe", "setup"); status != misused || !strings.Contains(errs, "Stripe can't reach") || out != "" {
			t.Errorf("%s: status %d, %s%s", base, status, out, errs)
		}
	}
}

func TestCheckNamesEachPermissionThatAKeyLacks(t *testing.T) {
	t.Parallel()
	for _, permission := range []string{
		"checkout_session_read", "checkout_session_write", "payment_intent_read", "payment_intent_write", "charge_read", "charge_write", "dispute_read", "early_fraud_warning_read", "payout_read", "balance_read",
		"invoice_read", "subscription_read", "payment_method_read", "customer_read", "product_read", "event_read",
	} {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, permission)
			a.call(t, http.MethodPost, "/v1/webhook_endpoints", url.Values{"url": {hook}, "api_version": {"2023-10-16"}, "enabled_events[]": webhooks.EventTypes()})
			status, out, errs := appeal(t, a.env, "check")
			line := regexp.MustCompile(`(?m)^key permissions: .*may not use .*\(rak_` + permission + `\)`)
			if status != failed || !line.MatchString(out) || !strings.Contains(out, "stripe key:        ok (test mode") {
				t.Errorf("status %d, %s%s", status, out, errs)
			}
			if strings.Contains(out+errs, "mnopqrst") || strings.Contains(out+errs, "rk_test") || strings.Contains(out+errs, "acct_") {
				t.Errorf("it tells more than the permission's name: %s%s", out, errs)
			}
		})
	}
}

func TestAKeyThatOnlyServesNeedsNoPermissionForTheSetup(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "webhook_read")
	_, out, _ := appeal(t, a.env, "check")
	if !strings.Contains(out, "webhook endpoint:  warning: not looked at") || !strings.Contains(out, "rak_webhook_read") {
		t.Errorf("check says:\n%s", out)
	}
	status, out, errs := appeal(t, a.env, "stripe", "setup")
	if status != failed || !strings.Contains(errs, "the key lacks the permission rak_webhook_read: give the key that") || strings.Contains(errs, "rk_test") {
		t.Errorf("setup: status %d, %s%s", status, out, errs)
	}
}

func TestCheckSaysThatThereIsNoEndpoint(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	if status, out, _ := appeal(t, a.env, "check"); status != failed || !strings.Contains(out, "Stripe has none for "+hook+": run appeal stripe setup") {
		t.Errorf("of a public service: status %d, %s", status, out)
	}
	a.env["APPEAL_BASE_URL"] = "http://localhost:8080"
	if status, out, _ := appeal(t, a.env, "check"); status != done || !strings.Contains(out, "webhook endpoint:  warning: Stripe has none") {
		t.Errorf("of one on this machine: status %d, %s", status, out)
	}
}
