package finance

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

type overviewView struct {
	Problem   string
	Raised    piece  // the first words of the sentence
	Toward    string // what follows them
	Needs     string // the rest of it, but for its last amount
	Average   piece  // the last
	Match     matchView
	Attention int64
	Calm      bool   // nothing needs a person, as far as this page tells
	Look      string // where what needs a person stands, for whoever may go there
	AsOf      string

	Periods periodsView
	Key     []figure // the sum itself
	Counts  []figure
	Chart   chartView

	Channels, Frequencies, Methods panelView
	Waiting                        []openView
	Payouts                        []depositView
	Account                        []piece // what is in Stripe, and has left it
}

// matchView says whether the books and Stripe agree.
type matchView struct {
	Good        bool
	Words, When string
	Items, Each string // how many differ, and where each stands, for whoever may go there
	After       string // what is said of them
}

// figure is one number, with what it says below it.
type figure struct {
	Name    string
	Value   string
	Means   string
	Role    string // in the sum: total, minus, equals; "" elsewhere
	Href    string // to what it is made of
	Nothing bool   // it is zero, and shown so quietly
}

func (r *Rooms) getOverview(v *visit) error {
	l, problem := lookOf(v.QueryParams())
	o, err := r.Store.Overview(v.ctx(), l.period, l.filter)
	if err != nil {
		return err
	}
	view := r.overview(o, l, r.Now())
	if v.sees() {
		view.Look = eventsPath
		if o.Match.Differences > 0 {
			view.Match.Each = eventsPath + "#differs"
			if o.Match.Resolved == o.Match.Differences {
				view.Match.Each = resolvedPath
			}
		}
	} else {
		view.Channels.maskRows()
		view.hideRooms()
	}
	status := http.StatusOK
	if view.Problem = problem; problem != "" {
		status = http.StatusUnprocessableEntity
		view.Periods.Custom = true
	}
	return r.render(v, status, "finance-overview", "Overview", view)
}

// hideRooms takes out the links to what a viewer may not see.
func (view *overviewView) hideRooms() {
	for i := range view.Waiting {
		if strings.HasPrefix(view.Waiting[i].Href, eventsPath) {
			view.Waiting[i].Href = ""
		}
	}
}

// overview puts the figures into words. Its first row is the sum itself, so that
// whoever reads it can check it.
func (r *Rooms) overview(o models.Overview, l look, now time.Time) overviewView {
	t := o.Totals
	view := overviewView{
		AsOf: r.moment(now), Attention: t.NeedsAttention, Raised: piece{t.Raised.String(), look{}.gifts(models.RaisedFigure)}, Match: r.match(o.Match),
		Periods: r.periods("/finance", l, now), Key: key(o, l), Counts: counts(o, l), Chart: chart(o, l, models.CivilDay(now.In(r.Campaign.Zone))),
		Waiting: r.waiting(o.Waiting), Payouts: payouts(o.Payouts), Account: account(t),
	}
	view.Calm = t.NeedsAttention == 0 && o.Waiting.Disputes.Count == 0 && o.Waiting.Unsent == 0 && o.Match.Differences == o.Match.Resolved
	view.Toward, view.Needs, view.Average.Text = r.toward(t.Raised, o.LastWeek, now)
	view.Average.Href = look{}.during(o.LastWeekFrom, o.LastWeekFrom.AddDate(0, 0, 6)).gifts(models.RaisedFigure)
	view.Channels, view.Frequencies, view.Methods = r.panels(o, l)
	return view
}

// account says how what is in Stripe comes about.
func account(t models.Totals) []piece {
	all := []piece{
		{Text: "In Stripe now " + t.StripeBalance.String() + ": net "}, {t.Net.String(), look{}.gifts(models.NetFigure)},
	}
	if t.Offline != 0 {
		all = append(all, piece{Text: " less offline "}, piece{t.Offline.String(), look{}.of(models.OfflineKind).gifts(models.GrossFigure)})
	}
	all = append(all, piece{Text: " less paid out "}, piece{t.PaidOut.String(), payoutsPath}, piece{Text: ", what is on its way to the bank included"})
	if t.OtherActivity != 0 {
		all = append(all, piece{Text: ", and " + t.OtherActivity.String() + " that is not this campaign’s"})
	}
	return append(all, piece{Text: "."})
}

func key(o models.Overview, l look) []figure {
	part := func(role string, of models.Figure, amount money.Minor, means string) figure {
		return figure{Role: role, Name: label(figureChoices, string(of)), Value: amount.String(), Means: means, Href: l.gifts(of), Nothing: role == "minus" && amount == 0}
	}
	gross, raised := "all confirmed gifts", "what readers see"
	if !l.whole() {
		gross, raised = "confirmed gifts", "of these gifts and days"
	}
	return []figure{
		part("total", models.GrossFigure, o.Gross, gross),
		part("minus", models.RefundsFigure, o.Refunded, "given back"),
		part("minus", models.DisputesFigure, o.Disputed, "taken back by banks"),
		part("equals", models.RaisedFigure, o.Raised(), raised),
		part("minus", models.FeesFigure, o.Fees, "dispute fees included"),
		part("equals", models.NetFigure, o.Net(), "after Stripe’s fees"),
	}
}

// counts are the figures beside the sum. Donors are counted for the whole
// campaign alone, and a median needs all gifts of its days.
func counts(o models.Overview, l look) []figure {
	gifts := l.gifts(models.GiftsFigure)
	all := []figure{{Name: "Gifts", Value: thousands(o.Gifts), Means: "with renewals", Href: gifts}}
	if l.whole() {
		all = append(all, figure{Name: "Donors", Value: thousands(o.Totals.Donors), Means: "people", Href: gifts})
	}
	if o.Median > 0 {
		all = append(all, figure{Name: "Median", Value: o.Median.String(), Means: "per gift", Href: gifts + "&sort=" + string(models.LargestFirst)})
	}
	return all
}

// match says how the books compared with Stripe's own account.
func (r *Rooms) match(m models.Match) matchView {
	if m.At == nil {
		return matchView{Words: "Not compared with Stripe yet.", When: "The first sync does that."}
	}
	when := "as of " + r.moment(*m.At) + "."
	if m.Differences == 0 {
		return matchView{Good: true, Words: "Matches Stripe", When: when + " Difference $0.00."}
	}
	after := " to look at."
	switch {
	case m.Resolved == m.Differences:
		after = ", resolved with a note and still different."
	case m.Resolved > 0:
		after = ", " + thousands(m.Differences-m.Resolved) + " to look at; the others were resolved and still differ."
	}
	return matchView{Words: "Difference " + m.Amount.String() + " from Stripe", When: when, Items: counted(m.Differences, "item", "items"), After: after}
}

// toward says how far the campaign has come, and what it needs each day.
func (r *Rooms) toward(raised, lastWeek money.Minor, now time.Time) (toward, needs, average string) {
	c := r.Campaign
	percent := strconv.FormatInt(c.PermilleRaised(raised)/10, 10) + "%"
	if raised > 0 && percent == "0%" {
		percent = "under 1%"
	}
	toward = " toward " + c.Goal.Short() + " (" + percent + ")"
	days := c.DaysLeft(now)
	left := c.Goal - raised
	switch {
	case now.Before(c.Opens):
		return toward + ", opens " + r.date(c.Opens) + ".", "", ""
	case now.After(c.Deadline):
		return toward + ", closed " + r.date(c.Deadline) + ".", "", ""
	case days == 1:
		toward += ", last day."
	default:
		toward += ", " + thousands(int64(days)) + " days left."
	}
	if left <= 0 {
		return toward, "The goal is met.", ""
	}
	if days == 1 {
		return toward, "Needs " + left.String() + " more.", ""
	}
	needs = "Needs " + perDay(left, days).Whole() + " a day"
	if now.Before(r.Campaign.Opens.AddDate(0, 0, 7)) {
		return toward, needs + ".", ""
	}
	return toward, needs + "; the last 7 days averaged", (max(0, lastWeek) / 7).Whole()
}

// perDay is what has to come each day, in whole dollars rounded up, so that
// that much every day is enough.
func perDay(left money.Minor, days int) money.Minor {
	each := money.Minor(100 * int64(days))
	return (left + each - 1) / each * 100
}

// thousands writes how many there are.
var thousands = money.Count
