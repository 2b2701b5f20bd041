package models_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestADayBeginsWhereTheOneBeforeEnds(t *testing.T) {
	t.Parallel()
	// Some set their clocks at midnight, which then does not come, or twice.
	for _, name := range []string{"UTC", "America/Los_Angeles", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
			begins := models.DayBegins(day, zone)
			on, before := models.CivilDay(begins.In(zone)), models.CivilDay(begins.Add(-time.Nanosecond).In(zone))
			if !on.Equal(day) || !before.Equal(day.AddDate(0, 0, -1)) {
				t.Errorf("%s begins at %s in %s, after %s", day.Format(time.DateOnly), begins.In(zone), name, before.Format(time.DateOnly))
			}
		}
	}
}

func TestTheLastDayThereIsHasEverythingBeforeIt(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York") // where it ends in the year 10000
	ok(t, err)
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		givesOn(t, s, "reader@example.org", 10_00, clock.Now())
		last := models.Period{To: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
		n, err := s.CountExports(t.Context(), last, zone)
		ok(t, err)
		if n.Donations != 1 || n.Lines != 2 || n.Donors != 1 {
			t.Errorf("an export has %+v", n)
		}
		of, err := s.TotalsAsOf(t.Context(), models.DayEnds(last.To, zone))
		if ok(t, err); of.Gross != 10_00 {
			t.Errorf("the totals are %+v", of)
		}
	})
}

func TestTheLastHourBeforeAMidnightThatIsLeftOutIsOfItsDayEverywhere(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	address := storetest.InMemory(t)
	clock := &storetest.Clock{}
	s := storetest.OpenWith(t, models.Options{URL: address, Slug: "corruption-project", Now: clock.Now, Zone: zone})
	late := time.Date(2026, 9, 5, 23, 30, 0, 0, zone) // the clock goes from midnight to one
	gift(t, s, models.Choices{Frequency: models.Once, Amount: 5000}, "visa", late)
	for on, want := range map[int]int{5: 1, 6: 0} {
		day := models.Period{From: time.Date(2026, 9, on, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 9, on, 0, 0, 0, 0, time.UTC)}
		o := overview(t, s, day, models.Filter{})
		in := day.In(zone)
		list, err := s.ListGifts(t.Context(), models.GiftQuery{Figure: models.GrossFigure, From: in.From, Until: in.Until}, 10)
		if err != nil {
			t.Fatal(err)
		}
		charges := 0
		for p, err := range s.ExportJournal(t.Context(), in) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind == models.Charged {
				charges++
			}
		}
		if int(o.Gifts) != want || int(list.Count) != want || charges != want {
			t.Errorf("September %d: the overview has %d, the list %d and the journal %d of %d", on, o.Gifts, list.Count, charges, want)
		}
	}
}

func TestLargeDonorsAreThoseWhoseYearComesToTheTotal(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		last := time.Date(2026, 12, 31, 23, 59, 59, 0, pacific(t)) // 2027 already, in UTC
		summer := time.Date(2026, 7, 4, 12, 0, 0, 0, pacific(t))
		back := func(name string, minor money.Minor) models.Fact {
			f := happens("re_"+name+":refund", models.RefundMade, minor)
			f.At = last.AddDate(0, 0, 20)
			return f
		}
		givesOn(t, s, "exactly@example.org", 3000_00, summer)
		givesOn(t, s, "exactly@example.org", 2000_00, last)
		givesOn(t, s, "short@example.org", 4999_99, summer)
		givesOn(t, s, "midnight@example.org", 4000_00, last)
		givesOn(t, s, "midnight@example.org", 1000_00, last.Add(time.Second))
		givesOn(t, s, "below@example.org", 5000_00, summer, back("below", 1))
		givesOn(t, s, "onto@example.org", 6000_00, summer, back("onto", 1000_00))
		givesOn(t, s, "lost@example.org", 9000_00, summer, append(movedBy("L", 9000_00), happens("dp_L:lost", models.DisputeLost, 0))...)
		givesOn(t, s, "won@example.org", 5000_00, summer, movedBy("W", 5000_00, -5000_00)...)
		givesOn(t, s, "alike@example.org", 2500_00, summer)
		check := aCheck(t)
		check.Amount, check.DonorEmail = 2500_00, " Alike@Example.ORG"
		enter(t, s, check)
		givesOn(t, s, "", 2500_00, summer) // whether these two are one person, nobody knows
		givesOn(t, s, "", 2500_00, summer)

		named := func(in models.Span, atLeast money.Minor) map[string]money.Minor {
			t.Helper()
			all := map[string]money.Minor{}
			for d, err := range s.ExportDonors(t.Context(), in, atLeast) {
				if err != nil {
					t.Fatal(err)
				}
				if all[d.Email] += d.Total; d.Email == "alike@example.org" && (d.Gifts != 2 || d.Address != "1 Main Street") {
					t.Errorf("of a donor whose address is spelled in two ways: %+v", d)
				}
			}
			return all
		}
		year := models.CivilYear(2026).In(pacific(t))
		for _, c := range []struct {
			what    string
			in      models.Span
			atLeast money.Minor
			want    map[string]money.Minor
		}{
			{"of 2026", year, 5000_00, map[string]money.Minor{
				"exactly@example.org": 5000_00, "onto@example.org": 5000_00, "won@example.org": 5000_00, "alike@example.org": 5000_00,
			}},
			{"of 2026, from a cent more", year, 5000_01, map[string]money.Minor{}},
			{"of 2027", models.CivilYear(2027).In(pacific(t)), 1000_00, map[string]money.Minor{"midnight@example.org": 1000_00}},
			{"of the campaign", models.Span{}, 5000_00, map[string]money.Minor{
				"exactly@example.org": 5000_00, "onto@example.org": 5000_00, "won@example.org": 5000_00, "alike@example.org": 5000_00,
				"midnight@example.org": 5000_00,
			}},
			{"of 2026, whatever they gave", year, 0, map[string]money.Minor{
				"exactly@example.org": 5000_00, "onto@example.org": 5000_00, "won@example.org": 5000_00, "alike@example.org": 5000_00,
				"midnight@example.org": 4000_00, "short@example.org": 4999_99, "below@example.org": 4999_99, "lost@example.org": 0, "": 5000_00,
			}},
		} {
			if diff := cmp.Diff(c.want, named(c.in, c.atLeast)); diff != "" {
				t.Errorf("donors %s (−want +got):\n%s", c.what, diff)
			}
		}
	})
}
