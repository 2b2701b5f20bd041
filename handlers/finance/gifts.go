package finance

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

const (
	giftsPath = "/finance/donations"
	// giftsPage is how many gifts one page of the list shows.
	giftsPage = 50
	// nobody is the id of no donor.
	nobody = "none"
)

// asked is what an address asks the list for: the filters as they came, so that
// every link of the page can carry them on, and the query that they make.
type asked struct {
	values   url.Values // of parameters that are known and not empty; without the page
	query    models.GiftQuery
	problems []string // filters that could not be read
}

// parameters are those of the list, in the order in which it shows them.
var parameters = []string{"q", "figure", "donor", "status", "frequency", "channel", "method", "offline", "min", "max", "from", "to", "sort"}

func (r *Rooms) getGifts(v *visit) error {
	a, err := r.asked(v)
	if err != nil {
		return err
	}
	a.query.After = v.QueryParam("after")
	page, err := r.Store.ListGifts(v.ctx(), a.query, giftsPage)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(a.problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return r.render(v, status, "finance-donations", "Donations", r.gifts(a, page, v.sees()))
}

// sees reports whether whoever came may see donors.
func (v *visit) sees() bool { return v.who.Role.Covers(models.Finance) }

// asked reads the address.
func (r *Rooms) asked(v *visit) (asked, error) {
	a := asked{values: url.Values{}}
	for _, name := range parameters {
		if typed := strings.TrimSpace(v.QueryParam(name)); typed != "" {
			a.values.Set(name, typed)
		}
	}
	if !v.sees() {
		if err := r.forget(v, a.values); err != nil {
			return asked{}, err
		}
	}
	get := a.values.Get
	a.query = models.GiftQuery{
		Search: get("q"), Impersonal: !v.sees(), Figure: models.Figure(get("figure")), Donor: get("donor"), Status: models.Status(get("status")), Kind: get("frequency"),
		Channel: get("channel"), Method: get("method"), Offline: models.OfflineWanted(get("offline")), Sort: models.GiftSort(get("sort")),
	}
	a.query.Min = a.amount("min", "at least")
	a.query.Max = a.amount("max", "at most")
	a.query.From = a.day("from", r.Campaign.Zone)
	if to := a.day("to", r.Campaign.Zone); !to.IsZero() {
		a.query.Until = to.AddDate(0, 0, 1)
	}
	return a, nil
}

// forget takes every e-mail out of an address that somebody asks for who may
// not see donors, so that no page repeats it. One that is searched for stands
// for its donor's id from then on; in any other place it finds nothing.
func (r *Rooms) forget(v *visit, values url.Values) error {
	for _, name := range parameters { // the search first: what finds nothing goes before it
		typed := values.Get(name)
		if !strings.Contains(typed, "@") {
			continue
		}
		values.Del(name)
		donor := nobody
		if name == "q" {
			found, err := r.Store.FindDonor(v.ctx(), typed)
			if err != nil && !errors.Is(err, models.ErrNotFound) {
				return err
			}
			donor = cmp.Or(found, nobody)
		}
		values.Set("donor", donor)
	}
	return nil
}

// amount and day read a filter. One that can't be read filters nothing, and is
// said to be a problem.
func (a *asked) amount(name, label string) money.Minor {
	typed := a.values.Get(name)
	if typed == "" {
		return 0
	}
	amount, err := money.Parse(typed)
	if err != nil {
		a.problems = append(a.problems, "Enter the amount ("+label+") in dollars, like 75 or 75.50.")
	}
	return amount
}

func (a *asked) day(name string, zone *time.Location) time.Time {
	typed := a.values.Get(name)
	if typed == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, zone)
	if err != nil {
		a.problems = append(a.problems, "Enter the day ("+name+") as year-month-day, like 2027-06-18.")
		return time.Time{}
	}
	return day
}

// but is the address of the list with one filter changed, on its first page. An
// empty value takes the filter away.
func (a asked) but(name, value string) string {
	changed := url.Values{}
	for n, all := range a.values {
		changed[n] = slices.Clone(all)
	}
	if changed.Set(name, value); value == "" {
		changed.Del(name)
	}
	if len(changed) == 0 {
		return giftsPath
	}
	return giftsPath + "?" + changed.Encode()
}
