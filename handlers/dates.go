package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// nbsp keeps words on one line that lose their sense when parted: "11:59",
// "p.m." and "PT".
const nbsp = "\u00a0"

// day writes a date in the campaign's zone, with the year only where it is
// not the present one: "June 30", "June 30, 2027".
func (v *views) day(t, now time.Time) string {
	t, now = t.In(v.c.Zone), now.In(v.c.Zone)
	s := t.Month().String() + nbsp + strconv.Itoa(t.Day())
	if t.Year() != now.Year() {
		s += ", " + strconv.Itoa(t.Year())
	}
	return s
}

// date writes a date with its year, for what people keep: "June 18, 2027".
func (v *views) date(t time.Time) string {
	return strings.Replace(t.In(v.c.Zone).Format("January 2, 2006"), " ", nbsp, 1)
}

// again says when a gift that is first charged at t is charged again: "on the
// 24th of each month". Stripe charges at the same time of the same day in UTC,
// or on the last day of a month that has no such day
// (https://docs.stripe.com/billing/subscriptions/billing-cycle), so at a
// month's end the words name no day that Stripe may miss.
func (v *views) again(f models.Frequency, t time.Time) string {
	here, there := t.In(v.c.Zone), t.UTC()
	lastDay := there.Day() == 1 && here.Day() > 1 // the first of the next month in UTC
	late := max(here.Day(), there.Day()) >= 29
	switch {
	case f == models.Yearly && here.Month() == time.February && (lastDay || late):
		return "at the end of February each year"
	case f == models.Yearly:
		return "on " + here.Month().String() + nbsp + strconv.Itoa(here.Day()) + " each year"
	case lastDay:
		return "on the last day of each month"
	case late:
		return "on the " + ordinal(here.Day()) + " of each month, or at the end of shorter months"
	default:
		return "on the " + ordinal(here.Day()) + " of each month"
	}
}

// ordinal writes a day of a month: "1st", "22nd", "13th".
func ordinal(day int) string {
	suffix := "th"
	switch {
	case day%100 >= 11 && day%100 <= 13:
	case day%10 == 1:
		suffix = "st"
	case day%10 == 2:
		suffix = "nd"
	case day%10 == 3:
		suffix = "rd"
	}
	return strconv.Itoa(day) + suffix
}

// clock writes a time of day with its zone: "11:59 p.m. PT".
func (v *views) clock(t time.Time) string {
	t = t.In(v.c.Zone)
	half := "a.m."
	if t.Hour() >= 12 {
		half = "p.m."
	}
	return t.Format("3:04") + nbsp + half + nbsp + zoneName(t)
}

// moment is the clock alone today, with the date on any other day.
func (v *views) moment(t, now time.Time) string {
	if v.day(t, now) == v.day(now, now) {
		return v.clock(t)
	}
	return v.clock(t) + ", " + v.day(t, now)
}

// zoneName is what Americans call a zone all year: PT for PST and PDT alike.
// Other zones keep their own name, and one that has but a number says of what.
func zoneName(t time.Time) string {
	name := t.Format("MST")
	switch name {
	case "PST", "PDT", "MST", "MDT", "CST", "CDT", "EST", "EDT", "AKST", "AKDT":
		return strings.TrimRight(name, "SDT") + "T"
	}
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "GMT" + name
	}
	return name
}
