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
	Raised    string // the first words of the sentence
	Toward    string // the rest of it
	Needs     string
	Match     matchView
	Attention int64
	Look      string // where what needs a person stands, for whoever may go there
	AsOf      string

	Periods periodsView
	Key     []figure // the sum itself
	Counts  []figure
	Chart   chartView

	Channels, Frequencies, Methods panelView
	Waiting                        []openView
	Payouts                        []depositView
	Account                        string // what is in Stripe, and has left it
}

// matchView says whether the books and Stripe agree.
type matchView struct {
	Good        bool
	Words, When string
}

// figure is one number, with what it says below it.
type figure struct {
	Name    string
	Value   string
	Means   string
	Role    string // in the sum: total, minus, equals; "" elsewhere
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
		AsOf: r.moment(now), Attention: t.NeedsAttention, Raised: t.Raised.String(), Match: r.match(o.Match),
		Periods: r.periods(l, now), Key: key(o, l), Counts: counts(o, l), Chart: chart(o, l, civilDay(now.In(r.Campaign.Zone))),
		Waiting: r.waiting(o.Waiting), Payouts: payouts(o.Payouts),
		Account: "Paid out so far " + t.PaidOut.String() + ". In Stripe now " + t.StripeBalance.String() + ", a payout that has not left included.",
	}
	if t.OtherActivity != 0 {
		view.Account += " " + t.OtherActivity.String() + " on the Stripe account is not this campaign’s."
	}
	view.Toward, view.Needs = r.toward(t.Raised, o.LastWeek, now)
	view.Channels, view.Frequencies, view.Methods = r.panels(o, l)
	return view
}

func key(o models.Overview, l look) []figure {
	part := func(role, name string, amount money.Minor, means string) figure {
		return figure{Role: role, Name: name, Value: amount.String(), Means: means, Nothing: role == "minus" && amount == 0}
	}
	gross, raised := "all confirmed gifts", "what readers see"
	if !l.whole() {
		gross, raised = "confirmed gifts", "of these gifts and days"
	}
	return []figure{
		part("total", "Gross", o.Gross, gross),
		part("minus", "Refunds", o.Refunded, "given back"),
		part("minus", "Disputes held", o.Disputed, "taken back by banks"),
		part("equals", "Raised", o.Raised(), raised),
		part("minus", "Fees", o.Fees, "dispute fees included"),
		part("equals", "Net", o.Net(), "after Stripe’s fees"),
	}
}

// counts are the figures beside the sum. Donors are counted for the whole
// campaign alone, and a median needs all gifts of its days.
func counts(o models.Overview, l look) []figure {
	all := []figure{{Name: "Gifts", Value: thousands(o.Gifts), Means: "with renewals"}}
	if l.whole() {
		all = append(all, figure{Name: "Donors", Value: thousands(o.Totals.Donors), Means: "people"})
	}
	if o.Median > 0 {
		all = append(all, figure{Name: "Median", Value: o.Median.String(), Means: "per gift"})
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
	return matchView{
		Words: "Difference " + m.Amount.String() + " from Stripe",
		When:  when + " " + counted(m.Differences, "item", "items") + " to look at: appeal stripe sync names each.",
	}
}

// toward says how far the campaign has come, and what it needs each day.
func (r *Rooms) toward(raised, lastWeek money.Minor, now time.Time) (toward, needs string) {
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
		return toward + ", opens " + r.date(c.Opens) + ".", ""
	case now.After(c.Deadline):
		return toward + ", closed " + r.date(c.Deadline) + ".", ""
	case days == 1:
		toward += ", last day."
	default:
		toward += ", " + thousands(int64(days)) + " days left."
	}
	if left <= 0 {
		return toward, "The goal is met."
	}
	if days == 1 {
		return toward, "Needs " + left.String() + " more."
	}
	needs = "Needs " + perDay(left, days).Whole() + " a day"
	if !now.Before(r.Campaign.Opens.AddDate(0, 0, 7)) {
		needs += "; the last 7 days averaged " + (max(0, lastWeek) / 7).Whole()
	}
	return toward, needs + "."
}

// perDay is what has to come each day, in whole dollars rounded up, so that
// that much every day is enough.
func perDay(left money.Minor, days int) money.Minor {
	each := money.Minor(100 * int64(days))
	return (left + each - 1) / each * 100
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// moment writes a time in the campaign's zone: "Jun 18, 2027, 2:14 p.m. PDT".
func (r *Rooms) moment(t time.Time) string {
	t = t.In(r.Campaign.Zone)
	half := "a.m."
	if t.Hour() >= 12 {
		half = "p.m."
	}
	return t.Format("Jan 2, 2006, 3:04") + "\u00a0" + half + t.Format("\u00a0MST")
}

// date writes a day in the campaign's zone.
func (r *Rooms) date(t time.Time) string { return t.In(r.Campaign.Zone).Format("Jan 2, 2006") }
