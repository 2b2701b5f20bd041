package campaign

import (
	"strings"
	"time"
	// A server without a zone database must still know when a campaign ends.
	_ "time/tzdata"

	"github.com/corruptionproject/appeal/models"
)

// beforeOpening is how long before the campaign the books start, unless the
// newsroom says otherwise: time enough for what the Stripe account did just
// before to be paid out inside the books.
const beforeOpening = 30 // days

// readMoments fills in the campaign's zone and dates.
func readMoments(b *block, c *models.Campaign) {
	c.Zone = readZone(b)
	opens, opensOK := readMoment(b, "opens", c.Zone, false)
	deadline, deadlineOK := readMoment(b, "deadline", c.Zone, true)
	if opensOK && deadlineOK && !opens.Before(deadline) {
		b.complain("opens", "the campaign opens after its deadline of line %d; swap them or mend one", b.lineOf("deadline"))
	}
	c.Opens, c.Deadline = opens, deadline

	c.BooksStart = opens.AddDate(0, 0, -beforeOpening)
	if typed := b.text("books_start"); typed != "" {
		start, ok := parseMoment(typed, c.Zone, false)
		switch {
		case !ok:
			b.complain("books_start", momentFault, typed)
		case opensOK && start.After(opens):
			b.complain("books_start", "the books must start before the campaign opens, or its first gifts are not in them")
		}
		c.BooksStart = start
	}

	c.AfterDeadline = models.AfterDeadline(b.text("after_deadline"))
	switch c.AfterDeadline {
	case "":
		c.AfterDeadline = models.CloseAtDeadline
	case models.CloseAtDeadline, models.AcceptAfter:
	default:
		b.complain("after_deadline", "%q is neither close (the form goes away) nor accept (gifts still count)", string(c.AfterDeadline))
	}
}

// readZone names where the campaign's days begin and end. On a mistake the
// dates are still read, in UTC, so that theirs are found too.
func readZone(b *block) *time.Location {
	name := b.needText("timezone", "the zone its dates are meant in, like America/New_York")
	if name == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	// "Local" and abbreviations would mean another time on another machine.
	if err != nil || (name != "UTC" && !strings.Contains(name, "/")) {
		b.complain("timezone", "%q is no time zone; write it like America/New_York", name)
		return time.UTC
	}
	return zone
}

const momentFault = "%q is no date and time there; write 2027-06-30 or 2027-06-30 23:59:59"

func readMoment(b *block, name string, zone *time.Location, end bool) (time.Time, bool) {
	typed := b.needText(name, "a date like 2027-06-30, or with its time 2027-06-30 23:59:59")
	if typed == "" {
		return time.Time{}, false
	}
	moment, ok := parseMoment(typed, zone, end)
	if !ok {
		b.complain(name, momentFault, typed)
	}
	return moment, ok
}

// parseMoment reads a date with or without its time. A date alone is the day's
// first second, or its last where it ends something. A time that the zone's
// clocks skip in spring is refused.
func parseMoment(typed string, zone *time.Location, end bool) (time.Time, bool) {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", time.DateOnly} {
		moment, err := time.ParseInLocation(layout, typed, zone)
		if err != nil {
			continue
		}
		if layout == time.DateOnly && end {
			y, m, d := moment.Date()
			return time.Date(y, m, d, 23, 59, 59, 0, zone), true
		}
		return moment, moment.Format(layout) == typed
	}
	return time.Time{}, false
}
