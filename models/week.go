package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Week is what one week came to, all of one moment.
type Week struct {
	Period // Monday to Sunday
	DayFigures
	Monthly, Yearly int64       // of its gifts, those that began a monthly or yearly one
	Before          DayFigures  // of the week before
	Articles        []Article   // those that raised anything in it, the most first
	Total           money.Minor // raised in the whole campaign
}

// WeekTold is the week of which the newsroom is told at a moment, Monday to
// Sunday in the campaign's zone: from Monday at seven on, until the next at seven,
// the one before. There is none until a whole week of the campaign is over, and none after the one in
// which the campaign ended.
func (c Campaign) WeekTold(now time.Time) (week Period, ok bool) {
	here := now.In(c.Zone)
	today := CivilDay(here)
	monday := today.AddDate(0, 0, -(int(today.Weekday()+6) % 7))
	if monday.Equal(today) && here.Hour() < morningBegins {
		monday = monday.AddDate(0, 0, -7)
	}
	week = Period{monday.AddDate(0, 0, -7), monday.AddDate(0, 0, -1)}
	begun := !week.From.Before(CivilDay(c.Opens.In(c.Zone)))
	ended := c.AfterDeadline != AcceptAfter && week.From.After(CivilDay(c.Deadline.In(c.Zone)))
	return week, begun && !ended
}
