package finance

import (
	"net/http"

	"github.com/corruptionproject/appeal/models"
)

const (
	giftsPath = "/finance/donations"
	// giftsPage is how many gifts one page of the list shows.
	giftsPage = 50
)

// asked is what an address asks the list for, and the query that it makes.
type asked struct {
	filters
	query models.GiftQuery
}

// parameters are those of the list, in the order in which it shows them.
var parameters = []string{"q", "figure", "donor", "status", "frequency", "channel", "article", "method", "offline", "import", "min", "max", "from", "to", "sort"}

func (r *Rooms) getGifts(v *visit) error {
	a := r.asked(v)
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
func (r *Rooms) asked(v *visit) asked {
	a := asked{filters: filtersOf(v, giftsPath, parameters)}
	if !v.sees() {
		a.forgetAddresses()
	}
	get := a.values.Get
	a.query = models.GiftQuery{
		Search: get("q"), Impersonal: !v.sees(), Figure: models.Figure(get("figure")), Donor: get("donor"), Status: models.Status(get("status")), Kind: get("frequency"),
		Channel: get("channel"), Article: get("article"), Method: get("method"), Offline: models.OfflineWanted(get("offline")), Import: get("import"), Sort: models.GiftSort(get("sort")),
	}
	a.query.Min = a.amount("min", "at least")
	a.query.Max = a.amount("max", "at most")
	span := a.days().In(r.Campaign.Zone)
	a.query.From, a.query.Until = span.From, span.Until
	return a
}
