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
	Raised    string // the first words of the sentence
	Toward    string // the rest of it
	Needs     string
	AsOf      string
	Key       []figure // the sum itself
	Counts    []figure
	Other     []figure
	Attention int64
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
	totals, err := r.Store.Totals(v.ctx())
	if err != nil {
		return err
	}
	return r.render(v, http.StatusOK, "finance-overview", "Overview", r.overview(totals, r.Now()))
}

// overview puts the totals into words. Its first row is the sum itself, so that
// whoever reads it can check it.
func (r *Rooms) overview(t models.Totals, now time.Time) overviewView {
	view := overviewView{AsOf: r.moment(now), Attention: t.NeedsAttention, Raised: t.Raised.String()}
	view.Toward, view.Needs = r.toward(t.Raised, now)
	part := func(role, name string, amount money.Minor, means string) figure {
		return figure{Role: role, Name: name, Value: amount.String(), Means: means, Nothing: role != "total" && role != "equals" && amount == 0}
	}
	count := func(name string, n int64, means string) figure {
		return figure{Name: name, Value: thousands(n), Means: means}
	}
	view.Key = []figure{
		part("total", "Gross", t.Gross, "all confirmed gifts"),
		part("minus", "Refunds", t.Refunded, "given back"),
		part("minus", "Disputes held", t.Disputed, "taken back by banks"),
		part("equals", "Raised", t.Raised, "what readers see"),
		part("minus", "Fees", t.Fees, "dispute fees included"),
		part("equals", "Net", t.Net, "after Stripe’s fees"),
	}
	view.Counts = []figure{count("Gifts", t.Gifts, "with renewals"), count("Donors", t.Donors, "people")}
	view.Other = []figure{
		part("", "Pending", t.Pending, "bank debits under way; in no other figure until they clear"),
		part("", "Offline", t.Offline, "of gross: checks and the like, which never were at Stripe"),
		count("Monthly and yearly givers", t.RecurringActive, "worth "+t.RecurringMonthly.String()+" a month"),
		part("", "Paid out", t.PaidOut, "sent to the bank so far"),
		part("", "In Stripe now", t.StripeBalance, "what the books say is there, waiting for a payout"),
		part("", "Other activity", t.OtherActivity, "money on the Stripe account that is not this campaign’s"),
	}
	return view
}

// toward says how far the campaign has come, and what it needs each day.
func (r *Rooms) toward(raised money.Minor, now time.Time) (toward, needs string) {
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
	if days > 1 {
		needs = "Needs " + perDay(left, days).Whole() + " a day."
	} else {
		needs = "Needs " + left.String() + " more."
	}
	return toward, needs
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
