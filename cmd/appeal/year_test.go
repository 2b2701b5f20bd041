//go:build !race

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// year is a service and the simulator beside it, whose clocks stand together
// and are moved by the test; and somebody of finance.
type year struct {
	*treasurer
	t     *testing.T
	store *models.Store
	who   models.Staff
	zone  *time.Location
	ahead atomic.Int64 // of the machine's own clock
	kept  map[string]string
}

// startYear starts them on the second day of the campaign and of its books. The
// account held something before. No other test may run meanwhile: there is but
// one clock.
func startYear(t *testing.T, database string) *year {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	y := &year{t: t, zone: zone, kept: map[string]string{}}
	clock = y.now
	t.Cleanup(func() { clock = nil })
	y.at(2026, time.November, 24, 12, 0)
	s := standIn(t)
	y.treasurer = &treasurer{serving: s}
	y.made(s.sim.TakeForeignCharge(t.Context(), stripesim.ForeignCharge{Amount: 100_00}))
	y.at(2026, time.December, 2, 10, 0)
	y.store = storetest.OpenWith(t, models.Options{URL: database, Slug: "corruption-project", Now: y.now, BooksStart: time.Date(2026, time.December, 1, 0, 0, 0, 0, zone)})
	if y.who, err = y.store.AddStaff(t.Context(), models.Operator, "treasurer@example.org", models.Finance, ""); err != nil {
		t.Fatal(err)
	}
	s.serve(t, database, "APPEAL_CAMPAIGN", y.folder())
	if _, err := s.sim.RegisterEndpoint(t.Context(), stripesim.Endpoint{URL: s.address + webhooks.Path, Secret: testSecret, APIVersion: stripesim.APIVersion}); err != nil {
		t.Fatal(err)
	}
	return y
}

// folder is the built-in campaign, of a year and a month, with all that a
// campaign can ask for.
func (y *year) folder() string {
	y.t.Helper()
	folder := withDebits(y.t)
	path := filepath.Join(folder, "campaign.yaml")
	text, err := os.ReadFile(path)
	y.ok(err)
	with := strings.NewReplacer(
		"opens: 2026-11-01 00:00", "opens: 2026-12-01 00:00\nbooks_start: 2026-12-01", "deadline: 2027-06-30", "deadline: 2028-06-30",
		"frequencies: [once, monthly]", "frequencies: [once, monthly, yearly]", "presets:\n", "presets:\n  yearly:\n    amounts: [$60]\n    default: $60\n",
	).Replace(string(text)) + "\nreceipts:\n  benefit: {description: \"A year of the magazine, in print\", value: $36, from: $50}\n"
	y.ok(os.WriteFile(path, []byte(with), 0o600))
	return folder
}

func (y *year) ok(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

// made is the id of what Stripe, a bank or a donor made.
func (y *year) made(id string, err error) string {
	y.t.Helper()
	y.ok(err)
	return id
}

func (y *year) now() time.Time { return time.Now().Add(time.Duration(y.ahead.Load())) }

// at moves both clocks to a moment of the campaign's zone.
func (y *year) at(year int, month time.Month, day, hour, minute int) {
	y.t.Helper()
	y.moveTo(time.Date(year, month, day, hour, minute, 0, 0, y.zone))
}

func (y *year) moveTo(moment time.Time) { y.ahead.Store(int64(time.Until(moment))) }

// through lets time pass in steps of some days, so that what is due happens at
// its time and is told.
func (y *year) through(until time.Time) {
	y.t.Helper()
	const days = 3
	for next := y.now().AddDate(0, 0, days); next.Before(until); next = next.AddDate(0, 0, days) {
		y.moveTo(next)
		y.arrives()
	}
	y.moveTo(until)
	y.arrives()
}

// arrives has the service told of all that happened.
func (y *year) arrives() {
	y.t.Helper()
	_, err := y.sim.Deliver(y.t.Context())
	y.ok(err)
}

// signsIn opens the finance rooms, which close again after some hours.
func (y *year) signsIn() {
	y.t.Helper()
	session, err := y.store.OpenSession(y.t.Context(), y.who.ID, models.SignIn{}, "a browser")
	y.ok(err)
	y.cookies = []string{"appeal-staff=" + session.Session}
}

// command runs a command that succeeds.
func (y *year) command(args ...string) string {
	y.t.Helper()
	status, out, errs := appeal(y.t, y.env, args...)
	if status != done {
		y.t.Fatalf("appeal %s: status %d\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// syncs reads Stripe's own account, from which the books must not differ.
func (y *year) syncs() {
	y.t.Helper()
	y.arrives()
	y.command("stripe", "sync", "--check")
}

// totals is what appeal totals says.
func (y *year) totals(args ...string) (t models.Totals) {
	y.t.Helper()
	y.ok(json.Unmarshal([]byte(y.command(append([]string{"totals", "--json"}, args...)...)), &t))
	return t
}

// giving fills in the form and pays with the outcome, and returns the charge, if
// there is one.
func (y *year) giving(form, email, outcome string) (charge string) {
	y.t.Helper()
	status, header, page := y.post(y.t, y.address+"/donate", form)
	if status != http.StatusSeeOther {
		y.t.Fatalf("%s is answered %d:\n%s", form, status, page)
	}
	checkout := header.Get("Location")
	y.pays(checkout, email, outcome)
	if outcome == "declined, then paid" {
		y.pays(checkout, email, "succeeds")
	}
	if outcome == "declined" {
		return ""
	}
	return y.made(y.sim.ChargeOf(y.t.Context(), checkout[strings.LastIndex(checkout, "/")+1:]))
}

func (y *year) pays(checkout, email, outcome string) {
	y.t.Helper()
	outcome, _, _ = strings.Cut(outcome, ",")
	if status, _, page := y.post(y.t, checkout, url.Values{"email": {email}, "name": {"Sample Donor"}, "outcome": {outcome}}.Encode()); status >= http.StatusBadRequest {
		y.t.Fatalf("the payment page is answered %d:\n%s", status, page)
	}
}

// object is one of Stripe's, as far as this test looks at any.
type object struct {
	ID, Status, Source, Charge, Invoice, Subscription string
	Category                                          string `json:"reporting_category"`
	Amount, Fee, Net                                  money.Minor
	Created                                           int64
	Metadata                                          map[string]string
}

// list are all of Stripe's objects of a kind.
func (y *year) list(kind string) (all []object) {
	y.t.Helper()
	and := "?"
	if strings.Contains(kind, "?") {
		and = "&"
	}
	for after := ""; ; {
		var page struct {
			More bool `json:"has_more"`
			Data []object
		}
		y.asks(y.t, "/v1/"+kind+and+"limit=100"+after, &page)
		if all = append(all, page.Data...); !page.More {
			return all
		}
		after = "&starting_after=" + page.Data[len(page.Data)-1].ID
	}
}

// subscriptionOf is the subscription that a charge was the first payment of.
func (y *year) subscriptionOf(charge string) string {
	y.t.Helper()
	var c, invoice object
	y.asks(y.t, "/v1/charges/"+charge, &c)
	y.asks(y.t, "/v1/invoices/"+c.Invoice, &invoice)
	return invoice.Subscription
}

// paysOut has Stripe pay out what is available, and the payout take these steps.
func (y *year) paysOut(o stripesim.PayoutOptions, steps ...func(context.Context, string) error) string {
	y.t.Helper()
	payout := y.made(y.sim.PayOut(y.t.Context(), o))
	for _, step := range steps {
		y.ok(step(y.t.Context(), payout))
	}
	return payout
}

// monthEnds comes to the third of the next month. Every second time days are
// closed, and the accountant takes the month home.
func (y *year) monthEnds(last time.Time) {
	y.t.Helper()
	y.through(time.Date(last.Year(), last.Month()+1, 3, 9, 0, 0, 0, y.zone))
	if last.Month()%2 > 0 && last.Month() != time.November {
		return
	}
	y.syncs()
	y.signsIn()
	y.sends(y.t, "/finance/close", "through", last.Format(time.DateOnly), "anyway", "1")
	of := monthOf(last)
	y.kept[of] = y.reads(y.t, "/finance/export/journal.csv?"+of)
}

// monthOf asks for the month that ends with a day.
func monthOf(last time.Time) (query string) {
	return "from=" + last.AddDate(0, 0, 1-last.Day()).Format(time.DateOnly) + "&to=" + last.Format(time.DateOnly)
}

// receiptsAreIssued waits for what the service does after it has answered.
func (y *year) receiptsAreIssued() {
	y.t.Helper()
	ctx, give := context.WithTimeout(y.t.Context(), 30*time.Second)
	defer give()
	for missing := true; missing; {
		y.ok(ctx.Err())
		missing = false
		for _, row := range sheettest.Read(y.t, sheet.CSV, []byte(y.reads(y.t, "/finance/export/donations.csv"))).Rows {
			missing = missing || row["receipt"] == "" && row["donor_email"] != "" && row["status"] == "received"
		}
	}
}

// months are the last days of those from December 2026 to January 2028.
func months() (last []time.Time) {
	for m := range 14 {
		last = append(last, time.Date(2026, time.December+time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC))
	}
	return last
}

func TestTheExportsOfAYearWithEveryFateOfAGiftTieToTheTotalsAndToStripe(t *testing.T) {
	for name, database := range storetest.Databases() {
		if name != "SQLite" && os.Getenv("TEST_LONG") == "" {
			continue // what befell gifts is exported from both in package webhooks
		}
		t.Run(name, func(t *testing.T) {
			y := startYear(t, database(t))
			y.passes()
			y.syncs()
			y.command("verify")
			y.signsIn()
			y.receiptsAreIssued()
			a := y.accountant()
			a.looksAtTheWhole()
			a.looksAtEachMonth()
			a.looksAtTheLateRefund()
			if code := y.stop(); code != done {
				t.Errorf("stopped with status %d", code)
			}
		})
	}
}
