package finance

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

const (
	giftsPath = "/finance/donations"
	// giftsPage is how many gifts one page of the list shows.
	giftsPage = 50
	// nobody is the id of no donor.
	nobody = "none"
)

// asked is what an address asks the list for, and the query that it makes.
type asked struct {
	filters
	query models.GiftQuery
}

// parameters are those of the list, in the order in which it shows them.
var parameters = []string{"q", "figure", "donor", "status", "frequency", "channel", "method", "offline", "import", "min", "max", "from", "to", "sort"}

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
	a := asked{filters: filtersOf(v, giftsPath, parameters)}
	if !v.sees() {
		if err := r.forget(v, a.values); err != nil {
			return asked{}, err
		}
	}
	get := a.values.Get
	a.query = models.GiftQuery{
		Search: get("q"), Impersonal: !v.sees(), Figure: models.Figure(get("figure")), Donor: get("donor"), Status: models.Status(get("status")), Kind: get("frequency"),
		Channel: get("channel"), Method: get("method"), Offline: models.OfflineWanted(get("offline")), Import: get("import"), Sort: models.GiftSort(get("sort")),
	}
	a.query.Min = a.amount("min", "at least")
	a.query.Max = a.amount("max", "at most")
	span := a.days().In(r.Campaign.Zone)
	a.query.From, a.query.Until = span.From, span.Until
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
