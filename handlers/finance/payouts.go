package finance

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// payoutsPage is how many payouts one page of the list shows.
const payoutsPage = 50

type payoutsView struct {
	From, To string // as asked for
	Problem  string
	Count    string
	Sent     string
	Differs  []payoutLink // those that do not add up
	More     int          // how many of these are not named
	Rows     []payoutRow
	First    bool   // this is the first page
	Latest   string // the address of the first page
	Older    string // of the page of what arrived before these; "" for none
}

type payoutLink struct{ Href, Day, Amount string }

type payoutRow struct {
	payoutLink
	ID     string
	Status status
	Gifts  string
	Fees   cell
	Refund cell
	Held   cell // disputes
	Other  cell
	Differ cell
	Opened bool
	Marked bool
}

// status is a word with a shape, so that it is not told by colour alone.
type status struct{ Word, Shape string }

// payoutStatus puts Stripe's words into ours.
func payoutStatus(p models.Payout) status {
	switch p.Status {
	case "paid":
		return status{"Paid", "disc"}
	case "failed":
		return status{"Failed, the money came back", "triangle"}
	case "canceled":
		return status{"Cancelled, the money stayed", "hook"}
	case "pending", "in_transit":
		return status{"On its way", "half"}
	default:
		return status{p.Status, "ring"}
	}
}

func (r *Rooms) getPayouts(v *visit) error {
	view := payoutsView{From: v.QueryParam("from"), To: v.QueryParam("to"), First: v.QueryParam("before") == ""}
	filter, problem := daysAsked(view.From, view.To)
	if problem != "" {
		view.Problem = problem
		return r.render(v, http.StatusUnprocessableEntity, "finance-payouts", "Payouts", view)
	}
	sum, err := r.Store.SumPayouts(v.ctx(), filter)
	if err != nil {
		return err
	}
	filter.Before, filter.Most = v.QueryParam("before"), payoutsPage+1
	payouts, err := r.Store.ListPayouts(v.ctx(), filter)
	if err != nil {
		return err
	}
	view.Count, view.Sent = counted(sum.Paid, "payout", "payouts"), sum.Amount.String()
	const named = 5
	for _, p := range sum.Differs[:min(named, len(sum.Differs))] {
		view.Differs = append(view.Differs, linkTo(p))
	}
	view.More = len(sum.Differs) - len(view.Differs)
	view.Latest = payoutsAt(view.From, view.To, "")
	if len(payouts) > payoutsPage {
		payouts = payouts[:payoutsPage]
		view.Older = payoutsAt(view.From, view.To, payouts[payoutsPage-1].ID)
	}
	for _, p := range payouts {
		view.Rows = append(view.Rows, rowOf(p))
	}
	return r.render(v, http.StatusOK, "finance-payouts", "Payouts", view)
}

func rowOf(p models.PayoutSum) payoutRow {
	row := payoutRow{
		payoutLink: linkTo(p.Payout), ID: p.ID, Status: payoutStatus(p.Payout), Opened: p.Opened(), Marked: p.MarkedAt != nil,
		Gifts: p.Parts[models.GiftsPart].Amount.String(), Fees: amount(p.Fees()), Refund: amount(p.Parts[models.RefundsPart].Amount),
		Held: amount(p.Parts[models.DisputesPart].Amount), Other: amount(p.Other()), Differ: amount(p.Differs()),
	}
	if p.Opened() && !p.AddsUp() {
		row.Differ.Nothing = false
	}
	return row
}

func linkTo(p models.Payout) payoutLink {
	return payoutLink{payoutsPath + "/" + url.PathEscape(p.ID), day(p.ArrivalOn), p.Amount.String()}
}

// payoutsAt is the address of a page of the list.
func payoutsAt(from, to, before string) string {
	asked := url.Values{}
	for name, value := range map[string]string{"from": from, "to": to, "before": before} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	if len(asked) == 0 {
		return payoutsPath
	}
	return payoutsPath + "?" + asked.Encode()
}

// daysAsked reads two days of arrival, both included.
func daysAsked(from, to string) (f models.PayoutFilter, problem string) {
	for _, asked := range []struct {
		typed string
		into  **time.Time
	}{{from, &f.From}, {to, &f.To}} {
		if asked.typed == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, asked.typed)
		if err != nil {
			return f, "Type days like 2027-06-30."
		}
		*asked.into = &day
	}
	if f.From != nil && f.To != nil && f.To.Before(*f.From) {
		return f, "The first day is after the last."
	}
	return f, ""
}

// linesIn are the lines of one part.
func linesIn(lines []models.PayoutLine, part models.PayoutPart) []models.PayoutLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l models.PayoutLine) bool { return l.Part != part })
}
