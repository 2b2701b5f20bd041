package models_test

import (
	"testing"
	"time"

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
