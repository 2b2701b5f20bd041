package finance

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

func rooms(t *testing.T) *Rooms {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	c.Zone = time.UTC
	c.Goal = 500_000_00
	c.Opens = time.Date(2027, 5, 3, 0, 0, 0, 0, time.UTC)
	c.Deadline = time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)
	return &Rooms{Config: Config{Campaign: c, Log: slog.New(slog.DiscardHandler)}}
}

func TestTheFirstRowIsTheSumItself(t *testing.T) {
	view := rooms(t).overview(models.Overview{
		DayFigures: models.DayFigures{Gross: 314_722_34, Refunded: 1_670_79, Disputed: 571_18, Fees: 9_773_80, Gifts: 4475},
		Totals:     models.Totals{Raised: 312_480_37, Donors: 4106}, LastWeek: 50_789_00, Median: 50_00,
	}, look{}, time.Date(2027, 6, 18, 21, 14, 0, 0, time.UTC))
	var row []string
	for _, f := range append(view.Key, view.Counts...) {
		row = append(row, f.Role+" "+f.Name+" "+f.Value)
	}
	want := []string{
		"total Gross $314,722.34", "minus Refunds $1,670.79", "minus Disputes held $571.18", "equals Raised $312,480.37",
		"minus Fees $9,773.80", "equals Net $302,706.57", " Gifts 4,475", " Donors 4,106", " Median $50.00",
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
	if got := view.Raised.Text + view.Toward + " " + view.Needs + " " + view.Average.Text + "."; got != "$312,480.37 toward $500,000 (62%), 13 days left. Needs $14,425 a day; the last 7 days averaged $7,255." {
		t.Error(got)
	}
}

func TestTheSentenceFollowsTheCampaign(t *testing.T) {
	r := rooms(t)
	day := func(month time.Month, day int) time.Time { return time.Date(2027, month, day, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		raised money.Minor
		now    time.Time
		want   string
	}{
		{0, day(5, 1), " toward $500,000 (0%), opens May 3, 2027.|"},
		{100_00, day(5, 3), " toward $500,000 (under 1%), 59 days left.|Needs $8,473 a day."},
		{499_999_99, day(6, 29), " toward $500,000 (99%), 2 days left.|Needs $1 a day; the last 7 days averaged $10."},
		{499_000_50, day(6, 30), " toward $500,000 (99%), last day.|Needs $999.50 more."},
		{600_000_00, day(6, 1), " toward $500,000 (120%), 30 days left.|The goal is met."},
		{400_000_00, day(7, 1), " toward $500,000 (80%), closed Jun 30, 2027.|"},
	} {
		toward, needs, average := r.toward(c.raised, 70_00, c.now)
		if average != "" {
			needs += " " + average + "."
		}
		if got := toward + "|" + needs; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
