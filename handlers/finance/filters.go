package finance

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// filters are those that the address of a list asks for, as they came, so that
// every link of the page can carry them on.
type filters struct {
	path     string     // of the list
	values   url.Values // of parameters that are known and not empty; without the page
	problems []string   // filters that could not be read
}

// filtersOf reads the address of a list.
func filtersOf(v *visit, path string, known []string) filters {
	f := filters{path: path, values: url.Values{}}
	for _, name := range known {
		if typed := strings.TrimSpace(v.QueryParam(name)); typed != "" {
			f.values.Set(name, typed)
		}
	}
	return f
}

// amount and days read filters. One that can't be read filters nothing, and is
// said to be a problem.
func (f *filters) amount(name, label string) money.Minor {
	typed := f.values.Get(name)
	if typed == "" {
		return 0
	}
	amount, err := money.Parse(typed)
	if err != nil {
		f.problems = append(f.problems, "Enter the amount ("+label+") in dollars, like 75 or 75.50.")
	}
	return amount
}

// days are those from one to another, both included.
func (f *filters) days() models.Period {
	p := models.Period{From: f.day("from"), To: f.day("to")}
	if !p.To.IsZero() && p.To.Before(p.From) {
		f.problems = append(f.problems, "The first day is after the last.")
	}
	return p
}

func (f *filters) day(name string) time.Time {
	typed := f.values.Get(name)
	if typed == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, typed)
	if err != nil {
		f.problems = append(f.problems, "Enter the day ("+name+") as year-month-day, like 2027-06-18.")
		return time.Time{}
	}
	return day
}

// but is the address of the list with one filter changed, on its first page. An
// empty value takes the filter away.
func (f filters) but(name, value string) string {
	changed := url.Values{}
	for n, all := range f.values {
		changed[n] = slices.Clone(all)
	}
	if changed.Set(name, value); value == "" {
		changed.Del(name)
	}
	if len(changed) == 0 {
		return f.path
	}
	return f.path + "?" + changed.Encode()
}
