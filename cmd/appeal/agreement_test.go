//go:build !race

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// A treasurer believes a number that three say who do not copy it from each
// other: the overview, which is read from the figures of days; appeal totals,
// from the running sums; and Stripe, from its own balance transactions.

// withDebits is the built-in campaign, which takes bank debits too.
func withDebits(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.FromSlash("../../internal/campaign/corruption-project"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "campaign.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	with := strings.Replace(string(text), "payment_methods: [", "payment_methods: [us_bank_account, ", 1)
	if err := os.WriteFile(path, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// treasurer is somebody of finance at the pages of a service that runs.
type treasurer struct {
	*serving
	cookies []string
}

func (s *serving) treasurer(t *testing.T) *treasurer {
	t.Helper()
	const email, typed = "treasurer@example.org", "kettle orbit walnut"
	hash, err := password.Hash(t.Context(), typed, strings.NewReader("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	store := storetest.Open(t, s.env["DATABASE_URL"], &storetest.Clock{})
	if _, err := store.AddStaff(t.Context(), models.Operator, email, models.Finance, hash); err != nil {
		t.Fatal(err)
	}
	who := &treasurer{serving: s}
	header := who.sends(t, "/finance/login", "email", email, "password", typed)
	for _, cookie := range header.Values("Set-Cookie") {
		who.cookies = append(who.cookies, strings.SplitN(cookie, ";", 2)[0])
	}
	return who
}

// sends fills in a form of the finance rooms, which takes it.
func (w *treasurer) sends(t *testing.T, path string, fields ...string) http.Header {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	status, header, page := w.post(t, w.address+path, form.Encode(), "Cookie", strings.Join(w.cookies, "; "))
	if status != http.StatusSeeOther {
		t.Fatalf("%s is answered %d:\n%s", path, status, page)
	}
	return header
}

func (w *treasurer) reads(t *testing.T, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", strings.Join(w.cookies, "; "))
	status, _, page := w.send(t, request)
	if status != http.StatusOK {
		t.Fatalf("%s is answered %d:\n%s", path, status, page)
	}
	return page
}

// gives takes a gift from the form to the payment page and through it, and
// returns its charge.
func (s *serving) gives(t *testing.T, form, outcome string) (charge string) {
	t.Helper()
	status, header, page := s.post(t, s.address+"/donate", form)
	if status != http.StatusSeeOther {
		t.Fatalf("%s is answered %d:\n%s", form, status, page)
	}
	checkout := header.Get("Location")
	if status, _, page := s.post(t, checkout, "email=reader%40example.org&outcome="+outcome); status != http.StatusSeeOther {
		t.Fatalf("the payment page is answered %d:\n%s", status, page)
	}
	charge, err := s.sim.ChargeOf(t.Context(), checkout[strings.LastIndex(checkout, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return charge
}

// asks asks Stripe itself.
func (s *serving) asks(t *testing.T, path string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.simURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(testKey, "")
	status, _, body := s.send(t, request)
	if err := json.Unmarshal([]byte(body), into); err != nil || status != http.StatusOK {
		t.Fatalf("Stripe answers %d to %s, %v:\n%s", status, path, err, body)
	}
}

// figures are those that all three know.
type figures struct {
	Gross, Refunded, Disputed, Raised, Fees, Net, Offline, PaidOut, Other, Balance money.Minor
}

func (f figures) summed() figures {
	f.Raised = f.Gross - f.Refunded - f.Disputed
	f.Net = f.Raised - f.Fees
	return f
}

// atStripe is what Stripe's own account comes to, with the gifts that never
// passed through it. foreign are the charges of other products.
func (s *serving) atStripe(t *testing.T, offline money.Minor, foreign ...string) figures {
	t.Helper()
	f := figures{Gross: offline, Offline: offline}
	var all struct {
		More bool `json:"has_more"`
		Data []struct {
			Source   string      `json:"source"`
			Category string      `json:"reporting_category"`
			Amount   money.Minor `json:"amount"`
			Fee      money.Minor `json:"fee"`
			Net      money.Minor `json:"net"`
		} `json:"data"`
	}
	s.asks(t, "/v1/balance_transactions?limit=100", &all)
	if all.More {
		t.Fatal("there is more than one page of balance transactions")
	}
	of := strings.Join(foreign, " ")
	for _, txn := range all.Data {
		switch {
		case txn.Source == "" || strings.Contains(of, txn.Source):
			f.Other += txn.Net
			continue
		case strings.HasPrefix(txn.Category, "payout"):
			f.PaidOut -= txn.Net
			continue
		case strings.HasPrefix(txn.Category, "charge"): // and charge_failure
			f.Gross += txn.Amount
		case strings.HasPrefix(txn.Category, "refund"):
			f.Refunded -= txn.Amount
		case strings.HasPrefix(txn.Category, "dispute"):
			f.Disputed -= txn.Amount
		default:
			t.Errorf("a balance transaction of no kind that is expected: %+v", txn)
		}
		f.Fees += txn.Fee
	}
	type parts []struct {
		Amount money.Minor `json:"amount"`
	}
	var balance struct{ Available, Pending parts }
	s.asks(t, "/v1/balance", &balance)
	for _, part := range append(balance.Available, balance.Pending...) {
		f.Balance += part.Amount
	}
	return f.summed()
}

// byTheBooks is what appeal totals says.
func (s *serving) byTheBooks(t *testing.T) (figures, models.Totals) {
	t.Helper()
	status, out, errs := appeal(t, s.env, "totals", "--json")
	var totals models.Totals
	if err := json.Unmarshal([]byte(out), &totals); err != nil || status != done {
		t.Fatalf("totals: status %d, %v, %s%s", status, err, out, errs)
	}
	return figures{
		totals.Gross, totals.Refunded, totals.Disputed, totals.Raised, totals.Fees, totals.Net,
		totals.Offline, totals.PaidOut, totals.OtherActivity, totals.StripeBalance,
	}, totals
}

var (
	figureShown  = regexp.MustCompile(`<dt>([^<]+)</dt><dd><a href="[^"]*">([^<]+)</a></dd>`)
	dayShown     = regexp.MustCompile(`<tr><th scope="row"><a href="/finance\?from=[^"]*">[^<]*</a></th>(.*?)</tr>`)
	panelTotal   = regexp.MustCompile(`<tfoot><tr><th scope="row">All [^<]*</th>(.*?)</tr></tfoot>`)
	cellShown    = regexp.MustCompile(`<td class="num[^"]*">(?:<a href="[^"]*">)?([^<]*)`)
	accountShown = regexp.MustCompile(`(?s)In Stripe now (\S*\.\d\d)[:,].*? less offline <a[^>]*>([^<]*)</a> less paid out <a[^>]*>([^<]*)</a>, .*?and (\S*) that is not`)
)

// dollars reads an amount as a page writes it.
func dollars(t *testing.T, shown string) money.Minor {
	t.Helper()
	m, err := money.Parse(strings.TrimPrefix(shown, "−"))
	if err != nil {
		t.Fatalf("%q is no amount", shown)
	}
	if strings.HasPrefix(shown, "−") {
		return -m
	}
	return m
}

// onThePage is what the overview shows, which is one with the sums of its table
// of days and of each of its panels.
func (w *treasurer) onThePage(t *testing.T) (f figures, gifts, donors string) {
	t.Helper()
	page := w.reads(t, "/finance")
	if !strings.Contains(page, "Matches Stripe") {
		t.Error("the page doesn't say that it matches Stripe")
	}
	shown := map[string]string{}
	for _, found := range figureShown.FindAllStringSubmatch(page, -1) {
		shown[found[1]] = found[2]
	}
	f = figures{
		Gross: dollars(t, shown["Gross"]), Refunded: dollars(t, shown["Refunds"]), Disputed: dollars(t, shown["Disputes held"]),
		Raised: dollars(t, shown["Raised"]), Fees: dollars(t, shown["Fees"]), Net: dollars(t, shown["Net"]),
	}
	account := accountShown.FindStringSubmatch(page)
	if account == nil {
		t.Fatalf("the page doesn't say what is in Stripe:\n%s", page)
	}
	f.Balance, f.Offline, f.PaidOut, f.Other = dollars(t, account[1]), dollars(t, account[2]), dollars(t, account[3]), dollars(t, account[4])
	var days figures
	for _, day := range dayShown.FindAllStringSubmatch(page, -1) {
		cells := cellShown.FindAllStringSubmatch(day[1], -1)
		if len(cells) != 9 {
			t.Fatalf("a day has %d figures: %s", len(cells), day[1])
		}
		days.Gross += dollars(t, cells[4][1])
		days.Refunded -= dollars(t, cells[5][1])
		days.Disputed -= dollars(t, cells[6][1])
		days.Fees -= dollars(t, cells[7][1])
	}
	if days = days.summed(); days.Gross != f.Gross || days.Refunded != f.Refunded || days.Disputed != f.Disputed || days.Net != f.Net {
		t.Errorf("the days come to %+v, the page says %+v", days, f)
	}
	panels := panelTotal.FindAllStringSubmatch(page, -1)
	if len(panels) != 3 {
		t.Errorf("%d panels have a total", len(panels))
	}
	for _, panel := range panels {
		if cells := cellShown.FindAllStringSubmatch(panel[1], -1); cells[0][1] != shown["Gifts"] || cells[1][1] != shown["Gross"] {
			t.Errorf("a panel comes to %s gifts and %s: %s", cells[0][1], cells[1][1], panel[1])
		}
	}
	return f, shown["Gifts"], shown["Donors"]
}

// life is all that can happen to gifts. It returns the charges that are no gifts.
func (w *treasurer) life(t *testing.T) (foreign []string) {
	t.Helper()
	sim, ctx := w.sim, t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	made := func(_ string, err error) { t.Helper(); must(err) }
	covered := w.gives(t, "amount=50&cover_fees=1&src=article-7", "succeeds")
	large := w.gives(t, "amount=1%2C250.50&utm_source=letter&utm_medium=email", "succeeds")
	held, won, lost, kept := w.gives(t, "amount=80", "succeeds"), w.gives(t, "amount=37", "succeeds"), w.gives(t, "amount=60", "succeeds"), w.gives(t, "amount=45", "succeeds")
	w.gives(t, "amount=15&frequency=monthly&cover_fees=1", "succeeds")
	cleared, bounced, back := w.gives(t, "amount=200", "debit"), w.gives(t, "amount=75", "debit"), w.gives(t, "amount=85", "debit")
	w.gives(t, "amount=33", "debit")

	made(sim.RefundCharge(ctx, large, stripesim.RefundOptions{Amount: 4_01}))
	made(sim.RefundCharge(ctx, large, stripesim.RefundOptions{Amount: 5_00, Pending: true}))
	fails, err := sim.RefundCharge(ctx, covered, stripesim.RefundOptions{Amount: 7_30})
	must(err)
	must(sim.FailRefund(ctx, fails))
	made(sim.OpenDispute(ctx, held, stripesim.DisputeOptions{Amount: 20_00}))
	must(w.disputed(ctx, won, func(id string) error { return sim.WinDispute(ctx, id, false) }))
	must(w.disputed(ctx, lost, func(id string) error { return sim.LoseDispute(ctx, id) }))
	must(sim.SettleDebit(ctx, cleared))
	must(sim.FailDebit(ctx, bounced, false))
	must(sim.FailDebit(ctx, back, true))
	var subscriptions struct{ Data []struct{ ID string } }
	w.asks(t, "/v1/subscriptions", &subscriptions)
	made(sim.Renew(ctx, subscriptions.Data[0].ID))

	tote, err := sim.TakeForeignCharge(ctx, stripesim.ForeignCharge{Amount: 25_00})
	must(err)
	made(sim.TakeAccountFee(ctx, 2_00, "usd"))
	_, err = sim.Deliver(ctx)
	must(err)

	// What people do at the pages.
	check := w.sends(t, "/finance/offline", "amount", "500", "received_on", "2026-11-02", "method", "check", "donor_name", "A Reader").Get("Location")
	w.sends(t, "/finance/offline", "amount", "1,234.56", "received_on", "2026-11-03", "method", "stock", "reference", "40 shares of Example Corp")
	w.sends(t, check+"/reverse", "reason", "entered twice")
	listed := regexp.MustCompile(`href="(/finance/donations/don_[^"?]+)"`).FindStringSubmatch(w.reads(t, "/finance/donations?q="+kept))
	if listed == nil {
		t.Fatalf("no gift is found by its charge %s", kept)
	}
	w.sends(t, listed[1]+"/refund", "amount", "12.34", "reason", "duplicate", "form_key", "key-of-the-form-1")
	return []string{tote}
}

// disputed has a bank take a payment back, and the dispute end.
func (s *serving) disputed(ctx context.Context, charge string, ends func(id string) error) error {
	id, err := s.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{})
	if err != nil {
		return err
	}
	return ends(id)
}

func TestTheOverviewTheTotalsAndStripeAgreeAfterAVariedLife(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, database(t), "APPEAL_CAMPAIGN", withDebits(t))
			if _, err := s.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{URL: s.address + webhooks.Path, Secret: testSecret, APIVersion: "2023-10-16"}); err != nil {
				t.Fatal(err)
			}
			who := s.treasurer(t)
			foreign := who.life(t)
			settled := func() {
				t.Helper()
				if _, err := s.sim.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				if status, out, errs := appeal(t, s.env, "stripe", "sync", "--check", "--since", "1h"); status != done {
					t.Fatalf("sync: status %d, %s%s", status, out, errs)
				}
				if status, out, errs := appeal(t, s.env, "verify"); status != done {
					t.Errorf("verify: status %d, %s%s", status, out, errs)
				}
				books, totals := s.byTheBooks(t)
				if diff := cmp.Diff(s.atStripe(t, 1_234_56, foreign...), books); diff != "" {
					t.Errorf("Stripe and the totals (−Stripe +totals):\n%s", diff)
				}
				page, gifts, donors := who.onThePage(t)
				if diff := cmp.Diff(books, page); diff != "" || gifts != "9" || totals.Gifts != 9 || donors != "2" || totals.Donors != 2 || totals.Pending != 33_00 {
					t.Errorf("the totals and the page, %s gifts of %s donors; %+v (−totals +page):\n%s", gifts, donors, totals, diff)
				}
			}
			payout, err := s.sim.PayOut(t.Context(), stripesim.PayoutOptions{Everything: true})
			if err != nil {
				t.Fatal(err)
			}
			settled()
			for _, next := range []func(context.Context, string) error{s.sim.LandPayout, s.sim.ReconcilePayout} {
				if err := next(t.Context(), payout); err != nil {
					t.Fatal(err)
				}
			}
			settled()
			if page := who.reads(t, "/finance/payouts/"+payout); !strings.Contains(page, "Every line is matched") {
				t.Errorf("the payout does not add up:\n%s", page)
			}
			if err := s.sim.FailPayout(t.Context(), payout); err != nil {
				t.Fatal(err)
			}
			settled()
			if code := s.stop(); code != done {
				t.Errorf("stopped with status %d", code)
			}
		})
	}
}
