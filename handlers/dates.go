package handlers

import (
	"strconv"
	"strings"
	"time"
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
// Zones without such a name keep their own.
func zoneName(t time.Time) string {
	name := t.Format("MST")
	switch name {
	case "PST", "PDT", "MST", "MDT", "CST", "CDT", "EST", "EDT", "AKST", "AKDT":
		return strings.TrimRight(name, "SDT") + "T"
	}
	return name
}
