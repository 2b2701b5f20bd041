package models_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// afterStart is the day on which the tests' gifts were charged, and by when it
// is over.
var (
	startDay = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	nextDay  = startDay.AddDate(0, 0, 1)
)

func closed(t *testing.T, s *models.Store, through time.Time) models.Closing {
	t.Helper()
	c, err := s.CloseDays(t.Context(), "ada@example.org", through, true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClosingWhileGiftsAreBookedLeavesNoneInAClosedDay has gifts of a day come
// in while that day is closed: each is in what was closed, or after it.
func TestClosingWhileGiftsAreBookedLeavesNoneInAClosedDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		clock.Advance(24 * time.Hour)
		const gifts = 40
		var all [gifts]models.Donation
		for i := range all {
			all[i] = start(t, s)
		}
		var wait sync.WaitGroup
		for i, d := range all {
			wait.Add(1)
			go func() {
				defer wait.Done()
				if _, err := s.Learn(t.Context(), told(charged(d, fmt.Sprintf("ch_%d", i), ""))); err != nil {
					t.Error(err)
				}
			}()
		}
		wait.Add(1)
		go func() {
			defer wait.Done()
			if _, err := s.CloseDays(t.Context(), "ada@example.org", startDay, true); err != nil {
				t.Error(err)
			}
		}()
		wait.Wait()
		sound(t, s)
		last, err := s.LastClosing(t.Context())
		if got := totals(t, s); err != nil || got.Gifts != gifts || last.Postings+got.Late != gifts {
			t.Errorf("%d gifts: %d were closed, and %d came late (%v)", got.Gifts, last.Postings, got.Late, err)
		}
	})
}

func TestTheBooksAsOfADayHaveWhatWasUnderWayThen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		storetest.PaidOut(t, s, 0) // $71.64 leave Stripe a day after the start, and arrive on the 27th
		d := start(t, s)
		debit := of(d, "ch_debit:pending", models.DebitPending, 0)
		debit.Gift.Charge, debit.Object = "ch_debit", "ch_debit"
		book(t, s, debit)
		clock.Advance(4 * 24 * time.Hour)
		for through, hinders := range map[time.Time]bool{startDay.AddDate(0, 0, -1): false, startDay: true} {
			plan, err := s.PlanClosing(t.Context(), through)
			ok(t, err)
			if slices.ContainsFunc(plan.Open, func(o models.OpenMatter) bool { return o.What == models.DebitsPending }) != hinders {
				t.Errorf("open through %s is %v", through.Format(time.DateOnly), plan.Open)
			}
		}
		closed(t, s, nextDay)
		cleared := charged(d, "ch_debit", "")
		cleared.At = debit.At
		book(t, s, cleared)

		for _, c := range []struct {
			day                               time.Time
			pending, gross, atStripe, transit money.Minor
			late                              int64
			paidOut                           money.Minor
		}{
			{startDay, d.AmountCharged, 50_00, 71_64, 0, 0, 0},
			{nextDay, d.AmountCharged, 50_00, 0, 71_64, 0, 71_64},
			{nextDay.AddDate(0, 0, 1), 0, 50_00 + d.AmountCharged, d.AmountCharged, 71_64, 1, 71_64},
			{nextDay.AddDate(0, 0, 2), 0, 50_00 + d.AmountCharged, d.AmountCharged, 0, 1, 71_64},
		} {
			got, err := s.TotalsAsOf(t.Context(), c.day.AddDate(0, 0, 1).Add(-time.Microsecond))
			if err != nil {
				t.Fatal(err)
			}
			if got.Pending != c.pending || got.Gross != c.gross || got.StripeBalance != c.atStripe || got.InTransit != c.transit || got.Late != c.late || got.PaidOut != c.paidOut {
				t.Errorf("as of %s: %+v", c.day.Format(time.DateOnly), got)
			}
		}
		sound(t, s)
	})
}

func TestDaysAreOpenedAgainForAReasonAndClosedAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		clock.Advance(5 * 24 * time.Hour)
		book(t, s, charged(d, "ch_1", ""))
		if _, err := s.ReopenDays(t.Context(), "root@example.org", startDay, "Early"); !errors.Is(err, models.ErrNotClosed) {
			t.Errorf("open days were opened: %v", err)
		}
		closed(t, s, nextDay)
		if _, err := s.ReopenDays(t.Context(), "root@example.org", startDay, " "); !errors.Is(err, models.ErrNoNote) {
			t.Errorf("days were opened for no reason: %v", err)
		}
		late := of(d, "re_1:refund", models.RefundMade, 100)
		late.Gift.Charge = "ch_1"
		book(t, s, late)
		if _, err := s.ReopenDays(t.Context(), "root@example.org", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "Early"); !errors.Is(err, models.ErrNotClosed) {
			t.Errorf("all time was opened: %v", err)
		}
		if _, err := s.ReopenDays(t.Context(), "root@example.org", startDay, "Early"); err != nil {
			t.Fatal(err)
		}
		inTime := of(d, "re_2:refund", models.RefundMade, 200)
		inTime.Gift.Charge = "ch_1"
		book(t, s, inTime)
		sound(t, s)
		if got := totals(t, s); got.Late != 1 || got.LateNet != -100 || got.ClosedThrough != "2026-11-23" {
			t.Errorf("opened again: %+v", got)
		}
		again := closed(t, s, nextDay)
		if again.Number != 3 || again.Postings != 2 || again.Balances[models.ContraRefunds] != 200 {
			t.Errorf("closed anew: %+v", again)
		}
		closed(t, s, nextDay.AddDate(0, 0, 1)) // goes on from there, with what came late
		sound(t, s)
		acts, err := s.ListAudit(t.Context(), models.AuditQuery{Act: models.DaysReopened}, 10)
		if err != nil || len(acts) != 1 || acts[0].Before != "closed through 2026-11-25" || acts[0].After != "closed through 2026-11-23: Early" {
			t.Errorf("the audit log has %+v, %v", acts, err)
		}
	})
}

func TestAClosedDayTakesNoPostingAndVerifyTellsOfOneThatIsThere(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		book(t, s, charged(start(t, s), "ch_1", ""))
		if err := tamper(`INSERT INTO closings VALUES (1, '2026-11-25 00:00:00+00:00', '2026-11-24', FALSE, '', '2026-11-26 00:00:00+00:00', 'ada@example.org', 1)`,
			`INSERT INTO closing_balances VALUES (1, 'stripe:balance', 125050), (1, 'income:donations', -125050)`); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		const slip = `INSERT INTO postings (key, kind, at, posted_at, memo) VALUES ('txn_9:other', 'other', '2026-11-24 21:00:00+00:00', '2026-11-27 00:00:00+00:00', '')`
		if err := tamper(slip); err == nil || !strings.Contains(err.Error(), "that day is closed") {
			t.Fatalf("a closed day took a posting: %v", err)
		}
		changes := []string{"UPDATE closings SET until = '2026-11-20 00:00:00+00:00'", "DELETE FROM closings"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			changes = append(changes, "INSERT OR REPLACE INTO closings SELECT * FROM closings")
		}
		for _, change := range changes {
			if err := tamper(change); err == nil || !strings.Contains(err.Error(), "closings are append-only") {
				t.Errorf("%s: %v", change, err)
			}
		}
		drop := "DROP TRIGGER postings_leave_closed_days"
		if !strings.HasSuffix(t.Name(), "SQLite") {
			drop += " ON postings"
		}
		if err := tamper(drop, slip, `INSERT INTO posting_lines VALUES ('txn_9:other', 1, 'stripe:balance', 7, 'usd'), ('txn_9:other', 2, 'other:stripe', -7, 'usd')`); err != nil {
			t.Fatal(err)
		}
		all, err := s.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := fmt.Sprint(all)
		for _, want := range []string{
			"the trigger postings_leave_closed_days is gone or off", "through 2026-11-24: 1 postings were closed, 2 are there",
			"through 2026-11-24: stripe:balance was 1250.50, and is 1250.57", "through 2026-11-24: other:stripe was 0.00, and is -0.07",
		} {
			if !strings.Contains(found, want) {
				t.Errorf("verify does not tell %q: %s", want, found)
			}
		}
	})
}

func TestBooksWithClosedDaysKeepTheirZone(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, at := &storetest.Clock{}, address(t)
			opened := func(zone string) error {
				t.Helper()
				loaded, err := time.LoadLocation(zone)
				ok(t, err)
				s, err := models.Connect(t.Context(), models.Options{URL: at, Slug: "corruption-project", Currency: "usd", Now: clock.Now, Zone: loaded})
				ok(t, err)
				defer func() { ok(t, s.Close()) }()
				return s.OpenBooks(t.Context())
			}
			s := storetest.Open(t, at, clock)
			ok(t, opened("America/New_York"))
			ok(t, opened("UTC"))
			book(t, s, charged(start(t, s), "ch_1", ""))
			clock.Advance(5 * 24 * time.Hour)
			closed(t, s, nextDay)
			ok(t, opened("UTC"))
			if err := opened("America/New_York"); !errors.Is(err, models.ErrOtherBooks) || !strings.Contains(err.Error(), "put it back") {
				t.Errorf("they open in another zone: %v", err)
			}
		})
	}
}
