package finance

import "time"

// A moment is told in the campaign's zone. A day of the calendar, which is kept
// as a UTC midnight, is the same day for everybody.

// moment writes a time: "Jun 18, 2027, 2:14 p.m. PDT".
func (r *Rooms) moment(t time.Time) string {
	t = t.In(r.Campaign.Zone)
	return t.Format("Jan 2, 2006, 3:04") + half(t) + t.Format("\u00a0MST")
}

// short is a moment without its year: "Jun 17, 9:54 a.m.".
func (r *Rooms) short(t time.Time) string {
	t = t.In(r.Campaign.Zone)
	return t.Format("Jan 2, 3:04") + half(t)
}

// second writes a moment to the second, and its year unless that is known.
func (r *Rooms) second(t time.Time, known int) string {
	t = t.In(r.Campaign.Zone)
	day := "Jan 2, "
	if t.Year() != known {
		day = "Jan 2, 2006, "
	}
	return t.Format(day+"3:04:05") + half(t)
}

func half(t time.Time) string {
	if t.Hour() >= 12 {
		return "\u00a0p.m."
	}
	return "\u00a0a.m."
}

// date writes the day of a moment.
func (r *Rooms) date(t time.Time) string { return t.In(r.Campaign.Zone).Format("Jan 2, 2006") }

// near is date without the year, where that is the year of another moment.
func (r *Rooms) near(t, to time.Time) string {
	if t.In(r.Campaign.Zone).Year() != to.In(r.Campaign.Zone).Year() {
		return r.date(t)
	}
	return t.In(r.Campaign.Zone).Format("Jan 2")
}

// shortDay writes a day of the calendar, and day its weekday too.
func shortDay(t time.Time) string { return t.UTC().Format("Jan 2, 2006") }
func day(t time.Time) string      { return t.UTC().Format("Mon, Jan 2, 2006") }

// longDay writes one in full, of which the books have the text.
func longDay(typed string) string {
	day, err := time.Parse(time.DateOnly, typed)
	if err != nil {
		return typed
	}
	return day.Format("January 2, 2006")
}
