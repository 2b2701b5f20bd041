package finance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

func TestTheChartHasABarForEachDayWithNothingOnItToo(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2027, 6, n, 0, 0, 0, 0, time.UTC) }
	gross := func(on time.Time, once, recurring, offline money.Minor) models.Day {
		return models.Day{On: on, Once: once, Recurring: recurring, Offline: offline, DayFigures: models.DayFigures{Gross: once + recurring + offline}}
	}
	o := models.Overview{Days: []models.Day{gross(day(2), 100_00, 50_00, 0), gross(day(4), 0, 0, 300_00), gross(day(5), -20_00, 0, 0)}}
	view := chart(o, look{}, day(6))
	var days []string
	for _, d := range view.Days {
		days = append(days, d.Day+" "+d.Gross.Value)
	}
	if diff := cmp.Diff([]string{"Jun 2 $150.00", "Jun 3 $0.00", "Jun 4 $300.00", "Jun 5 −$20.00", "Jun 6 $0.00"}, days); diff != "" {
		t.Error(diff)
	}
	wide := view.Sizes[0]
	// 192 pixels are $400. Where two pieces meet, the upper leaves paper between.
	want := []bar{{"once", "118.8", "156.0", "48.0", "48.0"}, {"month", "118.8", "132.0", "48.0", "22.5"}, {"off", "578.0", "60.0", "48.0", "144.0"}}
	for i := range want { // where they stand follows from the width
		want[i].X, want[i].Width = wide.Bars[i].X, wide.Bars[i].Width
	}
	if diff := cmp.Diff(want, wide.Bars); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mark{"12", "$400", ""}, wide.Grid[4]); diff != "" {
		t.Error(diff)
	}
}

func TestLongPeriodsAreDrawnByWeeksAndMoreAndLoseNothing(t *testing.T) {
	for _, c := range []struct {
		days    int
		heading string
	}{{1, "Gross by day"}, {100, "Gross by day"}, {101, "Gross by week"}, {700, "Gross by week"}, {701, "Gross by 4 weeks"}, {2800, "Gross by 4 weeks"}, {3000, "Gross by 52 weeks"}} {
		var o models.Overview
		first := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range c.days {
			o.Days = append(o.Days, models.Day{On: first.AddDate(0, 0, i), Once: 100, DayFigures: models.DayFigures{Gross: 100}})
			o.Gross += 100
		}
		view := chart(o, look{}, first)
		all, _ := buckets(o, look{}, first)
		var sum money.Minor
		for _, b := range all {
			sum += b.Gross
		}
		if view.Heading != c.heading || sum != o.Gross || len(view.Days) > longest {
			t.Errorf("%d days: %q, %d bars that come to %s", c.days, view.Heading, len(view.Days), sum)
		}
	}
}

func TestTheAxisEndsAboveTheTallestBarInFewCharacters(t *testing.T) {
	for highest, want := range map[money.Minor]string{
		0: "$4", 399_99: "$400", 400_00: "$800", 19_999_00: "$20k", 5_999_99: "$8k", 1_500_000_00: "$2m", 12_00: "$20",
	} {
		if got := axis(roundStep(highest, 4) * 4); got != want {
			t.Errorf("%s: %s, want %s", highest, got, want)
		}
	}
	if got := axis(1_500_00); got != "$1.5k" {
		t.Error(got)
	}
}
