package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// at is a moment in the campaign's zone.
func at(t *testing.T, c models.Campaign, moment string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", moment, c.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestARepeatedGiftNamesTheDayItIsChargedAgain(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	for _, test := range []struct {
		frequency models.Frequency
		begun     string
		want      string
	}{
		{models.Monthly, "2026-11-01 10:00", "on the 1st of each month"},
		{models.Monthly, "2026-11-02 10:00", "on the 2nd of each month"},
		{models.Monthly, "2026-11-03 10:00", "on the 3rd of each month"},
		{models.Monthly, "2026-11-11 10:00", "on the 11th of each month"},
		{models.Monthly, "2026-11-12 10:00", "on the 12th of each month"},
		{models.Monthly, "2026-11-13 10:00", "on the 13th of each month"},
		{models.Monthly, "2026-11-21 10:00", "on the 21st of each month"},
		{models.Monthly, "2026-11-24 10:00", "on the 24th of each month"},
		{models.Monthly, "2026-11-24 23:59", "on the 24th of each month"}, // the 25th in UTC
		{models.Monthly, "2026-11-28 10:00", "on the 28th of each month"},
		{models.Monthly, "2026-11-28 23:00", "on the 28th of each month, or at the end of shorter months"}, // the 29th in UTC
		{models.Monthly, "2026-11-29 10:00", "on the 29th of each month, or at the end of shorter months"},
		{models.Monthly, "2026-12-31 10:00", "on the 31st of each month, or at the end of shorter months"},
		// The first in UTC, which is the evening before here.
		{models.Monthly, "2026-11-30 20:00", "on the last day of each month"},
		{models.Monthly, "2027-02-28 20:00", "on the last day of each month"},
		{models.Yearly, "2026-11-24 10:00", "on November 24 each year"},
		{models.Yearly, "2027-02-28 10:00", "on February 28 each year"},
		{models.Yearly, "2027-02-28 20:00", "at the end of February each year"},
		{models.Yearly, "2028-02-29 10:00", "at the end of February each year"},
	} {
		if got := v.again(test.frequency, at(t, c, test.begun)); strings.ReplaceAll(got, nbsp, " ") != test.want {
			t.Errorf("%s, begun %s: %q, want %q", test.frequency, test.begun, got, test.want)
		}
	}
}
