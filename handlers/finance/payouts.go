package finance

import (
	"net/http"
	"slices"
	"strings"

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
	asked := filtersOf(v, payoutsPath, []string{"from", "to"})
	view := payoutsView{From: asked.values.Get("from"), To: asked.values.Get("to"), First: v.QueryParam("before") == ""}
	filter := models.PayoutFilter{Days: asked.days()}
	if view.Problem = strings.Join(asked.problems, " "); view.Problem != "" {
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
	view.Latest = asked.but("", "")
	if len(payouts) > payoutsPage {
		payouts = payouts[:payoutsPage]
		view.Older = asked.but("before", payouts[payoutsPage-1].ID)
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
	return payoutLink{payoutPath(p.ID), day(p.ArrivalOn), p.Amount.String()}
}

// linesIn are the lines of one part.
func linesIn(lines []models.PayoutLine, part models.PayoutPart) []models.PayoutLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l models.PayoutLine) bool { return l.Part != part })
}
