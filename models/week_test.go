package models_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// of2026 is a campaign from Wednesday, 4 November 2026, to Tuesday, 29 June 2027.
func of2026(t *testing.T) models.Campaign {
	t.Helper()
	zone := pacific(t)
	return models.Campaign{
		Zone: zone, Opens: time.Date(2026, 11, 4, 6, 0, 0, 0, zone), Deadline: time.Date(2027, 6, 29, 23, 59, 59, 0, zone), AfterDeadline: models.CloseAtDeadline,
	}
}

func TestAWeekIsToldFromMondayAtSevenOnWhileTheCampaignRuns(t *testing.T) {
	t.Parallel()
	c := of2026(t)
	accepting, fromMonday := c, c
	accepting.AfterDeadline = models.AcceptAfter
	fromMonday.Opens = time.Date(2026, 11, 2, 23, 0, 0, 0, c.Zone)
	for _, one := range []struct {
		c    models.Campaign
		when string // in the campaign's zone
		want string // the week's Monday; "" for none
	}{
		{c, "2026-11-02 12:00", ""}, // before launch
		{c, "2026-11-08 23:59", ""},
		{c, "2026-11-09 07:00", ""}, // the week in which it opened was no whole one
		{fromMonday, "2026-11-09 07:00", "2026-11-02"},
		{c, "2026-11-16 06:59", ""},
		{c, "2026-11-16 07:00", "2026-11-09"},
		{c, "2026-11-19 03:00", "2026-11-09"}, // it was down until then
		{c, "2026-11-22 23:59", "2026-11-09"},
		{c, "2026-11-23 00:00", "2026-11-09"}, // what waits for the relay goes out by night too
		{c, "2026-11-23 06:59", "2026-11-09"},
		{c, "2026-11-23 07:00", "2026-11-16"},
		{c, "2027-01-04 08:00", "2026-12-28"}, // over the year's end
		{c, "2027-03-15 06:59", "2027-03-01"}, // the day after clocks are set forward
		{c, "2027-03-15 07:00", "2027-03-08"},
		{c, "2027-06-28 07:00", "2027-06-21"},
		{c, "2027-07-05 07:00", "2027-06-28"}, // the week in which it ended
		{c, "2027-07-12 07:00", ""},
		{accepting, "2027-07-12 07:00", "2027-07-05"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", one.when, c.Zone)
		if err != nil {
			t.Fatal(err)
		}
		week, ok := one.c.WeekTold(now.UTC())
		got := ""
		if ok {
			got = week.From.Format(time.DateOnly)
			if week.To != week.From.AddDate(0, 0, 6) || week.From.Weekday() != time.Monday {
				t.Errorf("at %s it is %v", one.when, week)
			}
		}
		if got != one.want {
			t.Errorf("at %s the week is %q, not %q", one.when, got, one.want)
		}
	}
}

// weeks are the mails of weeks that wait: to whom they go, by week.
func weeks(t *testing.T, s *models.Store, c models.Campaign) map[string]string {
	t.Helper()
	tellWeek(t, s, c)
	to := map[string]string{}
	for _, m := range storetest.Queued(t, s, models.MailWeekly) {
		part := strings.Split(m.Key, ":")
		if len(part) != 3 || part[0] != "weekly" || strings.Contains(m.Key, "@") {
			t.Errorf("the key is %s", m.Key)
		}
		to[part[1]] = strings.TrimSpace(to[part[1]] + " " + m.To)
	}
	return to
}

func tellWeek(t *testing.T, s *models.Store, c models.Campaign) {
	t.Helper()
	week, ok := c.WeekTold(s.Now())
	if !ok {
		return
	}
	if err := s.QueueWeekly(t.Context(), week); err != nil {
		t.Error(err)
	}
}

func TestEachWeekIsToldOnceAndNoOldOne(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clock, at := of2026(t), &storetest.Clock{}, address(t)
			told := models.Notices{Weekly: []string{"desk@example.org", "Desk@example.org"}}
			s := zoned(t, at, clock, told) // made on Tuesday, 24 November, at noon
			want := map[string]string{}
			is := func(when string) {
				t.Helper()
				if diff := cmp.Diff(want, weeks(t, s, c)); diff != "" {
					t.Errorf("%s (−want +got):\n%s", when, diff)
				}
			}
			is("of a week before the books")
			clock.Advance((5*24 + 19 + 1) * time.Hour) // Monday, 30 November, at eight
			is("of the week in which the books were made")
			clock.Advance(7*24*time.Hour - 61*time.Minute) // the next Monday at one before seven
			is("a minute before seven")
			clock.Advance(time.Minute)
			want["2026-W49"] = "desk@example.org"
			is("at seven")
			s = zoned(t, at, clock, told)
			clock.Advance(3 * 24 * time.Hour)
			is("days later, after a restart")

			clock.Advance(20 * 24 * time.Hour) // down over two Mondays, until Wednesday the 30th
			want["2026-W52"] = "desk@example.org"
			is("after weeks in which nobody looked")
			s = zoned(t, at, clock, models.Notices{Weekly: []string{"desk@example.org", "new@example.org"}})
			want["2026-W52"] = "desk@example.org new@example.org"
			is("to somebody who is named later")
			s = zoned(t, at, clock, models.Notices{})
			clock.Advance(7 * 24 * time.Hour)
			is("to nobody")
		})
	}
}

func TestTwoProcessesTellOneWeekOnce(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clock, at := of2026(t), &storetest.Clock{}, address(t)
			told := models.Notices{Weekly: []string{"desk@example.org"}}
			stores := []*models.Store{zoned(t, at, clock, told), zoned(t, at, clock, told)}
			clock.Advance(14 * 24 * time.Hour)
			var done sync.WaitGroup
			for i := range 6 {
				done.Go(func() { tellWeek(t, stores[i%2], c) })
			}
			done.Wait()
			if diff := cmp.Diff(map[string]string{"2026-W49": "desk@example.org"}, weeks(t, stores[1], c)); diff != "" {
				t.Errorf("(−want +got):\n%s", diff)
			}
		})
	}
}

func TestAWeeksFiguresAreThoseOfItsDays(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			s := zoned(t, address(t), clock, models.Notices{})
			week := models.Period{From: day(2026, 11, 23), To: day(2026, 11, 29)}
			give := func(charge, src string, f models.Frequency, at time.Time) models.Donation {
				d, err := s.StartDonation(t.Context(), "", 0, models.Choices{Frequency: f, Amount: 50_00, Tribute: models.NoTribute, Src: src})
				if err != nil {
					t.Fatal(err)
				}
				fact := charged(d, charge, charge+"@example.org")
				fact.At = at
				book(t, s, fact)
				return d
			}
			zone := pacific(t)
			sunday := time.Date(2026, 11, 29, 23, 59, 59, 0, zone)
			early := give("ch_0", "old", models.Once, time.Date(2026, 11, 22, 23, 59, 59, 0, zone)) // of the week before
			give("ch_1", "one", models.Once, time.Date(2026, 11, 23, 0, 0, 0, 0, zone))
			give("ch_2", "two", models.Monthly, sunday)
			give("ch_3", "two", models.Yearly, sunday)
			give("ch_4", "", models.Once, sunday)
			give("ch_5", "after", models.Once, sunday.Add(time.Second)) // of the week after
			back := of(early, "re_1:refund", models.RefundMade, 20_00)
			back.Gift.Charge, back.At = "ch_0", sunday
			book(t, s, back)
			check := aCheck(t)
			check.ReceivedOn = day(2026, 11, 24)
			enter(t, s, check)

			got, err := s.Week(t.Context(), week)
			if err != nil {
				t.Fatal(err)
			}
			days, err := s.Overview(t.Context(), week, models.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			before, err := s.Overview(t.Context(), models.Period{From: day(2026, 11, 16), To: day(2026, 11, 22)}, models.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if got.DayFigures != days.DayFigures || got.Before != before.DayFigures || got.Total != days.Totals.Raised {
				t.Errorf("the week is %+v, its days %+v, those before %+v, all %+v", got, days.DayFigures, before.DayFigures, days.Totals)
			}
			if got.Monthly != 1 || got.Yearly != 1 || got.Gifts != 5 || got.Refunded != 20_00 || got.Before.Gross != 50_00 {
				t.Errorf("the week is %+v", got)
			}
			var want []models.Article
			for a, err := range s.Articles(t.Context(), week) {
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(a.Name, "src/") && a.Raised() > 0 {
					want = append(want, a)
				}
			}
			if diff := cmp.Diff(want, got.Articles); diff != "" || len(want) != 2 || want[0].Name != "src/two" {
				t.Errorf("the articles (−those of the days +those of the week):\n%s", diff)
			}
		})
	}
}
