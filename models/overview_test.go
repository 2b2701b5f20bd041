package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// inZone runs a test on new books of both databases whose days are Pacific, as
// the campaign's are.
func inZone(t *testing.T, test func(t *testing.T, s *models.Store, again func(zone *time.Location) *models.Store)) {
	t.Helper()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			again := func(zone *time.Location) *models.Store {
				return storetest.OpenWith(t, models.Options{URL: url, Slug: "corruption-project", Zone: zone, Now: (&storetest.Clock{}).Now})
			}
			test(t, again(pacific(t)), again)
		})
	}
}

func overview(t *testing.T, s *models.Store, p models.Period, f models.Filter) models.Overview {
	t.Helper()
	o, err := s.Overview(t.Context(), p, f)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// gift books a gift of some kind as paid at a moment, with a fee an hour later.
func gift(t *testing.T, s *models.Store, c models.Choices, method string, at time.Time, then ...models.Fact) models.Donation {
	t.Helper()
	c.Tribute = models.NoTribute
	d, err := s.StartDonation(t.Context(), "", 0, c)
	if err != nil {
		t.Fatal(err)
	}
	charge := "ch_" + d.ID
	paid := charged(d, charge, d.ID+"@example.org")
	paid.At, paid.Method = at, method
	fee := of(d, "txn_"+charge+":fee", models.FeeKept, d.AmountCharged/20)
	fee.At = at.Add(time.Hour)
	for _, f := range append([]models.Fact{paid, fee}, then...) {
		f.Gift.Campaign, f.Gift.Token, f.Gift.Charge = "corruption-project", d.Token, charge
		if got := book(t, s, f); got.State != models.EventBooked {
			t.Fatalf("%s is %s: %s", f.Key, got.State, got.Problem)
		}
	}
	return d
}

// later is something that happens to a gift some time after the books' start.
func later(key string, kind models.FactKind, minor money.Minor, at time.Time) models.Fact {
	f := happens(key, kind, minor)
	f.At = at
	return f
}

// season are gifts of every kind over three weeks around the end of daylight
// time, some given back in part or whole, disputed or taken back, on later days.
func season(t *testing.T, s *models.Store) (first time.Time) {
	t.Helper()
	first = time.Date(2026, 10, 20, 0, 0, 0, 0, pacific(t))
	channels := []models.Choices{
		{UTMSource: "newsletter", UTMMedium: "email"}, {Src: "article-7"}, {}, {UTMSource: "newsletter", UTMMedium: "email", Src: "article-7"},
	}
	methods := []string{"visa", "mastercard", "us_bank_account"}
	for i := range 24 {
		c := channels[i%len(channels)]
		c.Frequency, c.Amount = models.Once, money.Minor(1000+500*(i%5))
		if i%3 == 1 {
			c.Frequency = models.Monthly
		}
		at := first.Add(time.Duration(i) * 20 * time.Hour)
		key, after := fmt.Sprint("x", i), at.Add(50*time.Hour)
		var then []models.Fact
		switch i % 8 {
		case 1:
			then = []models.Fact{later("re_"+key+":refund", models.RefundMade, c.Amount, after)}
		case 2:
			then = []models.Fact{later("re_"+key+":refund", models.RefundMade, 300, after), later("re_"+key+":refund_failed", models.RefundUndone, 300, after.Add(30*time.Hour))}
		case 3:
			taken := later("txn_"+key+"a:dispute", models.DisputeMoved, c.Amount, after)
			taken.Object = "dp_" + key
			then = []models.Fact{taken, later("txn_"+key+"b:fee", models.FeeKept, 1500, after)}
		case 4:
			undone := later("ch_undone:failure", models.ChargeUndone, c.Amount, after)
			d := gift(t, s, c, methods[i%len(methods)], at)
			undone.Key, undone.Object, undone.Gift.Token, undone.Gift.Charge = "ch_"+d.ID+":failure", "ch_"+d.ID, d.Token, "ch_"+d.ID
			if got := book(t, s, undone); got.State != models.EventBooked {
				t.Fatalf("%s is %s: %s", undone.Key, got.State, got.Problem)
			}
			continue
		default:
		}
		gift(t, s, c, methods[i%len(methods)], at, then...)
	}
	check := aCheck(t)
	check.FormKey = "one"
	enter(t, s, check)
	check.FormKey, check.ReceivedOn = "two", check.ReceivedOn.AddDate(0, 0, -9)
	wrong := enter(t, s, check)
	if err := s.ReverseOffline(t.Context(), wrong.ID, "entered twice", "staff@example.org"); err != nil {
		t.Fatal(err)
	}
	return models.CivilDay(first)
}

func TestEveryPeriodAddsUpAndAllPeriodsAreTheWhole(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, _ func(*time.Location) *models.Store) {
		first := season(t, s)
		sound(t, s)
		all := totals(t, s)
		whole := overview(t, s, models.Period{}, models.Filter{})
		if diff := cmp.Diff(all, whole.Totals); diff != "" {
			t.Errorf("the totals (−totals +overview):\n%s", diff)
		}
		for _, length := range []int{1, 2, 3, 7, 12, 50} {
			var sum models.DayFigures
			for from := first.AddDate(0, 0, -50); from.Before(first.AddDate(0, 0, 100)); from = from.AddDate(0, 0, length) {
				o := overview(t, s, models.Period{From: from, To: from.AddDate(0, 0, length-1)}, models.Filter{})
				addsUp(t, o)
				sum.Add(o.DayFigures)
			}
			got := models.Totals{Gross: sum.Gross, Refunded: sum.Refunded, Disputed: sum.Disputed, Fees: sum.Fees, Gifts: sum.Gifts, Raised: sum.Raised(), Net: sum.Net()}
			want := models.Totals{Gross: all.Gross, Refunded: all.Refunded, Disputed: all.Disputed, Fees: all.Fees, Gifts: all.Gifts, Raised: all.Raised, Net: all.Net}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("periods of %d days (−totals +sum):\n%s", length, diff)
			}
		}
		for _, panel := range [][]models.Part{whole.Channels, whole.Frequencies, whole.Methods} {
			if len(panel) < 3 {
				t.Errorf("a panel has only %v", panel)
			}
		}
		for _, part := range whole.Channels {
			if o := overview(t, s, models.Period{}, models.Filter{Channel: part.Name}); o.DayFigures != part.DayFigures || len(o.Channels) != 1 {
				t.Errorf("only %s: %+v, its row says %+v", part.Name, o.DayFigures, part.DayFigures)
			} else {
				addsUp(t, o)
			}
		}
	})
}

// addsUp holds an overview to the sum that its first row is, and each of its
// parts to the whole.
func addsUp(t *testing.T, o models.Overview) {
	t.Helper()
	if o.Gross-o.Refunded-o.Disputed-o.Fees != o.Net() {
		t.Errorf("%+v does not come to %d", o.DayFigures, o.Net())
	}
	for _, panel := range [][]models.Part{o.Channels, o.Frequencies, o.Methods} {
		var sum models.DayFigures
		for _, part := range panel {
			sum.Add(part.DayFigures)
		}
		if sum != o.DayFigures {
			t.Errorf("%+v comes to %+v, not to %+v", panel, sum, o.DayFigures)
		}
	}
	var sum models.DayFigures
	for _, day := range o.Days {
		sum.Add(day.DayFigures)
		if day.Once+day.Recurring+day.Offline != day.Gross {
			t.Errorf("the kinds of %s do not come to its gross", day.On.Format(time.DateOnly))
		}
	}
	if sum != o.DayFigures {
		t.Errorf("the days come to %+v, not to %+v", sum, o.DayFigures)
	}
}

func TestADayBeginsAtTheCampaignsMidnightAlsoWhenClocksChange(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, again func(*time.Location) *models.Store) {
		for i, at := range []string{
			"2026-11-01T06:59:59Z", // Oct 31, the last second, daylight time
			"2026-11-01T07:00:00Z", // Nov 1 begins
			"2026-11-02T07:59:59Z", // it has 25 hours
			"2026-11-02T08:00:00Z", // Nov 2 begins, standard time
			"2026-03-08T07:59:59Z", // Mar 7
			"2026-03-09T06:59:59Z", // Mar 8 has 23 hours
			"2026-03-09T07:00:00Z", // Mar 9
		} {
			moment, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			// A fee an hour later is another day's for some: only gross and gifts are looked at.
			gift(t, s, models.Choices{Frequency: models.Once, Amount: money.Minor(10_00 << i)}, "visa", moment)
		}
		byDay := func(s *models.Store) map[string]money.Minor {
			got := map[string]money.Minor{}
			for _, day := range overview(t, s, models.Period{}, models.Filter{}).Days {
				if day.Gross > 0 {
					got[day.On.Format(time.DateOnly)] = day.Gross
				}
			}
			return got
		}
		want := map[string]money.Minor{
			"2026-10-31": 10_00, "2026-11-01": 20_00 + 40_00, "2026-11-02": 80_00, "2026-03-07": 160_00, "2026-03-08": 320_00, "2026-03-09": 640_00,
		}
		if diff := cmp.Diff(want, byDay(s)); diff != "" {
			t.Errorf("by day (−want +got):\n%s", diff)
		}
		sound(t, s)

		// The campaign moves to another zone, and the days with it; who names none reads them so too.
		moved := again(time.UTC)
		want = map[string]money.Minor{
			"2026-11-01": 10_00 + 20_00, "2026-11-02": 40_00 + 80_00, "2026-03-08": 160_00, "2026-03-09": 320_00 + 640_00,
		}
		for _, s := range []*models.Store{moved, again(nil)} {
			if diff := cmp.Diff(want, byDay(s)); diff != "" {
				t.Errorf("by day in UTC (−want +got):\n%s", diff)
			}
			sound(t, s)
		}
	})
}

func TestFoldingChangesNoFigureOfAnyDay(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, _ func(*time.Location) *models.Store) {
		for range 3 {
			for i := range 90 {
				gift(t, s, models.Choices{Frequency: models.Once, Amount: money.Minor(1000 + i)}, "visa", storetest.Start.Add(time.Duration(i%3)*24*time.Hour))
			}
			before := overview(t, s, models.Period{}, models.Filter{})
			if err := s.FoldDays(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, overview(t, s, models.Period{}, models.Filter{})); diff != "" {
				t.Errorf("folding changed (−before +after):\n%s", diff)
			}
		}
		sound(t, s)
		if _, err := s.RebuildFigures(t.Context(), models.Operator, nil); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
	})
}

func TestVerifyNamesTheDayWhoseFiguresAreWrongAndARebuildMendsIt(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		season(t, s)
		sound(t, s)
		if err := tamper("DELETE FROM day_changes"); err != nil { // so that all of it is folded
			t.Fatal(err)
		}
		if _, err := s.RebuildFigures(t.Context(), models.Operator, nil); err != nil {
			t.Fatal(err)
		}
		for _, b := range []struct{ how, found string }{
			{"UPDATE day_figures SET gross = gross + 1 WHERE day = '2026-10-20'", "2026-10-20, by the journal: kept gross 10.01"},
			{"UPDATE day_figures SET channel = 'direct' WHERE day = '2026-10-20'", "2026-10-20 once visa: kept gross 10.00"},
			{"UPDATE day_figures SET article = 'src/another' WHERE day = '2026-10-20'", "2026-10-20 once visa: kept gross 10.00"},
			{"UPDATE day_figures SET method = 'amex' WHERE day = '2026-10-20'", "2026-10-20 once visa: kept gross 0.00"},
			{"UPDATE day_figures SET gifts = 2 WHERE day = '2026-10-20'", "gifts 2, found"},
			{"DELETE FROM day_figures WHERE refunded > 0", "found gross"},
			{"UPDATE day_amounts SET amount = amount + 1 WHERE day = '2026-10-20'", "2026-10-20 gifts of 10.00: kept"},
			{
				"INSERT INTO day_changes (day, frequency, method, channel, article, amount, gross, refunded, disputed, fees, gifts) VALUES ('2026-10-21', 'once', 'visa', 'direct', 'none', 0, 0, 0, 0, 1, 0)",
				"2026-10-21 once visa: kept gross 0.00",
			},
			{"INSERT INTO day_amounts VALUES ('2026-10-21', 777, 1)", "2026-10-21 gifts of 7.77"},
		} {
			if err := tamper(b.how); err != nil {
				t.Fatalf("%s: %v", b.how, err)
			}
			breaches, err := s.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, breach := range breaches {
				found = append(found, breach.Predicate+" "+breach.Found)
			}
			if all := strings.Join(found, "\n"); !strings.Contains(all, b.found) || strings.Count(all, "I20 ") != len(found) {
				t.Errorf("%s: Verify names\n%s", b.how, all)
			}
			if _, err := s.RebuildFigures(t.Context(), models.Operator, nil); err != nil {
				t.Fatal(err)
			}
			sound(t, s)
		}
	})
}

func TestAFeeCountsWhereItsPaymentDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		paid := charged(d, "ch_1", "")
		paid.Method = "amex"
		taken := ofCharge(d, "ch_1", "taken", models.DisputeMoved, 2000)
		taken.Object = "dp_1"
		book(t, s, paid, taken)
		for id, source := range map[string]string{"txn_1": "ch_1", "txn_2": "dp_1"} {
			category, moved := "charge", money.Minor(125050)
			if source == "dp_1" {
				category, moved = "dispute", -2000
			}
			settle(t, s, models.BalanceTransaction{
				ID: id, Category: category, Source: source, Amount: moved, Fee: 700, Net: moved - 700, Currency: "usd", CreatedAt: storetest.Start, Movement: map[string]string{"ch_1": "ch_1:charge"}[source],
			})
		}
		for _, part := range overview(t, s, models.Period{}, models.Filter{}).Methods {
			if part.Name != "amex" || part.Fees != 700 && part.Fees != 1400 {
				t.Errorf("paid with %q: %+v", part.Name, part.DayFigures)
			}
		}
		sound(t, s)
	})
}

func TestWhatIsUnderWayStandsBesideThePeriod(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, _ func(*time.Location) *models.Store) {
		pending := start(t, s)
		book(t, s, ofCharge(pending, "py_1", "pending", models.DebitPending, 0))
		at := storetest.Start.Add(-30 * time.Hour)
		opened := later("dp_1:opened", models.DisputeOpened, 0, at)
		opened.Object = "dp_1"
		taken := later("txn_1:dispute", models.DisputeMoved, 2000, at)
		taken.Object = "dp_1"
		gift(t, s, models.Choices{Frequency: models.Once, Amount: 2000}, "visa", at, opened, taken)
		gift(t, s, models.Choices{Frequency: models.Once, Amount: 3000}, "visa", at, later("re_1:refund", models.RefundMade, 500, at))
		settled := later("re_2:refund_settled", models.RefundSettled, 0, at)
		settled.Object = "re_2"
		gift(t, s, models.Choices{Frequency: models.Once, Amount: 4000}, "visa", at, later("re_2:refund", models.RefundMade, 600, at), settled)
		want := models.Waiting{
			Debits: models.UnderWay{Count: 1, Amount: 125050}, Disputes: models.UnderWay{Count: 1, Amount: 2000}, Refunds: models.UnderWay{Count: 1, Amount: 500},
		}
		o := overview(t, s, models.Period{}, models.Filter{})
		if diff := cmp.Diff(want, o.Waiting); diff != "" {
			t.Errorf("waiting (−want +got):\n%s", diff)
		}
		if o.LastWeek != 9000-2000-500-600 || o.Median != 3500 || o.Match.At != nil {
			t.Errorf("raised %d in a week, the median is %d, compared %v", o.LastWeek, o.Median, o.Match.At)
		}
	})
}
