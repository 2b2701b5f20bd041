package main

import (
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

func TestASyncBooksWhatNoWebhookToldAndRestoresLostBooks(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, database(t)) // and no endpoint: no event ever comes
			for _, form := range []string{"amount=50", "frequency=monthly&amount=15&cover_fees=1&comment=Thank+you"} {
				status, header, _ := s.post(t, s.address+"/donate", form)
				if status != http.StatusSeeOther {
					t.Fatalf("the form is answered %d", status)
				}
				s.post(t, header.Get("Location"), "email=reader%40example.org&outcome=succeeds")
			}
			status, out, errs := appeal(t, s.env, "stripe", "sync")
			for _, want := range []string{"told by no event: 2\n", ":charge\n", "Differences from Stripe: 0\n", "Balance at Stripe: $63.25\n"} {
				if status != done || !strings.Contains(out, want) {
					t.Fatalf("sync: status %d, %s%s\nwithout %q", status, out, errs, want)
				}
			}
			if _, again, _ := appeal(t, s.env, "stripe", "sync", "--since", "240h"); !strings.Contains(again, "told by no event: 0\n") {
				t.Errorf("once more: %s", again)
			}
			_, totals, _ := appeal(t, s.env, "totals", "--json")
			_, verified, _ := appeal(t, s.env, "verify")
			if !strings.HasPrefix(verified, "ok: ") || !strings.Contains(totals, `"recurring_active":1`) {
				t.Errorf("%s%s", verified, totals)
			}

			// The database is lost.
			lost := env{}
			maps.Copy(lost, s.env)
			lost["DATABASE_URL"] = "sqlite:" + filepath.Join(t.TempDir(), "new.db")
			if status, out, errs := appeal(t, lost, "stripe", "sync"); status != done {
				t.Fatalf("sync from nothing: status %d, %s%s", status, out, errs)
			}
			_, totalsNow, _ := appeal(t, lost, "totals", "--json")
			_, verifiedNow, _ := appeal(t, lost, "verify")
			if totals != totalsNow || verified != verifiedNow {
				t.Errorf("restored from Stripe:\n%s%skept:\n%s%s", totalsNow, verifiedNow, totals, verified)
			}
			if code := s.stop(); code != done {
				t.Errorf("stopped with status %d", code)
			}
		})
	}
}

func TestWhatIsNotSettledIsListedAndTriedAgain(t *testing.T) {
	t.Parallel()
	e := env{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "a.db")}
	if status, _, errs := appeal(t, e, "migrate"); status != done {
		t.Fatal(errs)
	}
	if status, out, _ := appeal(t, e, "stripe", "events"); status != done || !strings.Contains(out, "settled") {
		t.Errorf("status %d: %s", status, out)
	}
	if status, _, errs := appeal(t, e, "stripe", "replay", "evt_1"); status != failed || !strings.Contains(errs, "no event evt_1 ever came") {
		t.Errorf("status %d: %s", status, errs)
	}
	if status, _, errs := appeal(t, e, "stripe", "replay"); status != misused || !strings.Contains(errs, "--all") {
		t.Errorf("status %d: %s", status, errs)
	}
	if status, out, _ := appeal(t, e, "stripe", "replay", "--all"); status != done || !strings.HasPrefix(out, "0 to be tried again") {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestASyncPrintsWhatIsOnItsWayAndWhatNeedsAPersonApart(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	balance := money.Minor(10000)
	asked := storetest.Start
	report := webhooks.Report{
		Since: storetest.Start, Balance: &balance, Books: 8800,
		OnItsWay: []models.Unproven{
			{Key: "re_1:refund", Amount: -1500, At: storetest.Start, AskedAt: &asked},
			{Key: "ch_1:charge", Amount: 300, At: storetest.Start},
		},
		Findings: []models.Finding{
			{Kind: models.FoundAmount, Object: "txn_1", Amount: 7, Currency: "usd", Detail: "a detail"},
			{Kind: models.FoundLostTwice, Object: "ch_9", Amount: 2000, Currency: "usd", Detail: "another"},
		},
	}
	if err := printReport(&program{out: &out}, report); err != nil {
		t.Fatal(err)
	}
	want := `Read Stripe from 2026-11-24T20:00:00Z on.
Booked, and told by no event: 0
Contradicts the books and needs a person: 0
Differences from Stripe: 1
  amount_differs txn_1: a detail (0.07 usd)
In the books, and needs a person: 1
  lost_twice ch_9: another (20.00 usd)
Balance at Stripe: $100.00
By the books: $88.00, of which −$12.00 is on its way: Stripe has not moved its balance for it yet
On its way: 2
  re_1:refund -15.00, made 2026-11-24T20:00:00Z
  ch_1:charge 3.00, made 2026-11-24T20:00:00Z, too new to be asked after
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("printed (−want +got):\n%s", diff)
	}
}

func TestAGiftPaidTwiceIsListed(t *testing.T) {
	t.Parallel()
	e := env{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "a.db")}
	store := storetest.Open(t, e["DATABASE_URL"], &storetest.Clock{})
	d, err := store.StartDonation(t.Context(), "", 0, models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute})
	if err != nil {
		t.Fatal(err)
	}
	for _, charge := range []string{"ch_1", "ch_2"} {
		_, err := store.Learn(t.Context(), models.Object{ID: charge, Raw: []byte(charge), Reading: models.Reading{Facts: []models.Fact{{
			Key: charge + ":charge", Kind: models.Charged, Object: charge, Money: money.Money{Minor: 5000, Currency: "usd"}, At: storetest.Start,
			Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, Charge: charge},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	status, out, _ := appeal(t, e, "stripe", "events")
	if status != done || !strings.Contains(out, d.Reference+"  paid twice: 50.00 more than agreed") || strings.Contains(out, "settled") {
		t.Errorf("status %d: %s", status, out)
	}
}
