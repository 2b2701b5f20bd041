package main

import (
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
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
