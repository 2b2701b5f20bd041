package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// withGiftsOf2025 are books in which three donors gave by check, one of them
// twice, one from a fund, and one without an address.
func withGiftsOf2025(t *testing.T, url string) *models.Store {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	clock := &storetest.Clock{}
	store := storetest.Open(t, url, clock)
	for _, g := range []struct {
		email  string
		method models.OfflineMethod
		amount money.Minor
	}{
		{"a@example.org", models.Check, 10000}, {"a@example.org", models.Check, 5050}, {"b@example.org", models.DAF, 250000}, {"", models.Cash, 700},
	} {
		if _, err := store.EnterOffline(t.Context(), models.NewOfflineGift{
			Amount: g.amount, Method: g.method, ReceivedOn: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
			DonorEmail: g.email, Zone: c.Zone, EnteredBy: "staff@example.org",
		}); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Since(storetest.Start) + time.Hour) // after what the command queues by the machine's clock
	return store
}

const statementsDue = `Gifts received in 2025 in America/Los_Angeles, less what went back:
                                                       Donors  Gifts        Sum
                                       Statements due       2      3  $2,650.50
                                Queued or sent before       0      0      $0.00
                          Left out, no e-mail address       1      1      $7.00
  Left out, a receipt is held for a person to release       0      0      $0.00
              Left out, more went back than was given       0      0      $0.00
                                           The ledger                 $2,657.50
Of what is due, $2,500.00 was stock, came from a fund or a retirement account, or was a check mailed in another year: listed apart, and not summed as deductible.
`

func TestStatementsAreListedThenQueuedAndNeverTwice(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			store := withGiftsOf2025(t, url)
			e := env{"DATABASE_URL": url}
			queued := func() int {
				t.Helper()
				return len(storetest.Queued(t, store, models.MailStatement))
			}
			status, out, errs := appeal(t, e, "statements", "--year", "2025")
			if diff := cmp.Diff(statementsDue+"Nothing was queued. With --send, the statements due are.\n", out); status != done || errs != "" || diff != "" {
				t.Errorf("status %d, %q (−want +got):\n%s", status, errs, diff)
			}
			if n := queued(); n != 0 {
				t.Errorf("a dry run queued %d", n)
			}
			status, out, errs = appeal(t, e, "statements", "--year", "2025", "--send")
			if diff := cmp.Diff(statementsDue+"Queued 2 statements; the service sends them.\n", out); status != done || errs != "" || diff != "" {
				t.Errorf("status %d, %q (−want +got):\n%s", status, errs, diff)
			}
			if n := queued(); n != 2 {
				t.Errorf("%d statements wait for 2 donors", n)
			}
			if due, err := store.IssueReceipts(t.Context(), 100); err != nil || due != 0 {
				t.Errorf("%d gifts have no receipt that their statements could name, %v", due, err)
			}
			status, out, _ = appeal(t, e, "statements", "--year", "2025", "--send")
			if status != done || !strings.Contains(out, "Queued 0 statements") || queued() != 2 {
				t.Errorf("again: status %d, %d wait\n%s", status, queued(), out)
			}
		})
	}
}

func TestStatementsOfAYearThatHasNotEndedAreRefused(t *testing.T) {
	t.Parallel()
	url := storetest.Databases()["SQLite"](t)
	withGiftsOf2025(t, url)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--year", "9000"}, "appeal: 9000 has not ended yet in America/Los_Angeles, and more gifts may come\n"},
		{[]string{"--year", "9000", "--send"}, "appeal: 9000 has not ended yet in America/Los_Angeles, and more gifts may come\n"},
		{[]string{"--year", "0"}, "appeal: --year 0 is no year like 2026\n"},
		{[]string{"--year", "last"}, "--year"},
		{nil, "--year"},
	} {
		status, out, errs := appeal(t, env{"DATABASE_URL": url}, append([]string{"statements"}, c.args...)...)
		if status != misused || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%v: status %d, %q, %q", c.args, status, out, errs)
		}
	}
}

func TestARunOfStatementsThatIsBrokenOffQueuesNoMore(t *testing.T) {
	t.Parallel()
	url := storetest.Databases()["SQLite"](t)
	store := withGiftsOf2025(t, url)
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	p := &program{ctx: ctx, out: &bytes.Buffer{}, errs: &bytes.Buffer{}}
	if queued, err := (statementsCommand{Year: 2025, Send: true}).queue(p, store, c.Zone, 2); err == nil || queued != 0 {
		t.Errorf("%d queued after the interrupt, %v", queued, err)
	}
}
