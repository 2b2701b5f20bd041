package finance

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

const closePath = "/finance/close"

// How many closings and late postings the page shows.
const (
	closingsShown = 24
	lateShown     = 50
)

type closeView struct {
	Said     string
	Wrong    problems
	Closed   string // the last day that is closed, in words; "" for none
	Through  field
	Plan     *closePlanView // nil where the day can't be closed
	Late     []lateView
	MoreLate bool
	Closings []closingView
	From     field // of days to open again
	Reason   field
	Reopens  bool // the reader may open days again, and there are some
}

// closePlanView is what would be closed.
type closePlanView struct {
	Through, Day string
	Months       []monthView
	Sum          monthView
	Balances     []rung
	Hindering    []matterView
	Open         []matterView
}

type monthView struct {
	Month, Href                         string
	Gross, Refunds, Disputes, Fees, Net cell
}

type matterView struct{ Text, Href, Link string }

type lateView struct {
	Happened, Booked string
	What, Gift, Href string
	Amount           cell
}

type closingView struct{ When, Through, By, Reason string }

func (r *Rooms) getClose(v *visit) error {
	said := map[string]string{"closed": "The days are closed.", "reopened": "The days are open again."}[v.QueryParam("said")]
	return r.closePage(v, 0, closeView{Said: said}, v.QueryParam("through"))
}

// closePage shows what closing through a day would close: the last day of the
// first whole month that is open, unless another was typed. A status of 0 is
// for it to find.
func (r *Rooms) closePage(v *visit, status int, view closeView, typed string) error {
	ctx := v.ctx()
	last, err := r.Store.LastClosing(ctx)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	day, wrong := civil(typed)
	if typed == "" {
		day, wrong = r.monthToClose(last), ""
	}
	if wrong == "" {
		if wrong, err = r.planned(v, &view, day); err != nil {
			return err
		}
	}
	if wrong != "" && typed != "" {
		status = cmp.Or(status, http.StatusUnprocessableEntity)
		view.Wrong = append(view.Wrong, problem{"through", wrong})
	}
	view.Through = field{Name: "through", Label: "Close through", Kind: "date", Needed: true, Value: cmp.Or(typed, typedDay(day)), Problem: view.Wrong.on("through")}
	if last.Number > 0 {
		view.Closed = longDay(last.Through)
		view.Reopens = v.who.Role.Covers(models.Admin)
	}
	view.From.Name, view.From.Label, view.From.Kind, view.From.Needed = "from", "First day that is open again", "date", true
	view.Reason.Name, view.Reason.Label, view.Reason.Kind, view.Reason.Needed = "reason", "Why", "area", true
	view.From.Problem, view.Reason.Problem = view.Wrong.on("from"), view.Wrong.on("reason")
	if err := r.pastClosings(v, &view, last); err != nil {
		return err
	}
	return r.render(v, cmp.Or(status, http.StatusOK), "finance-close", "Month end", view)
}

// monthToClose is the last day of the first month that is not closed to its end.
func (r *Rooms) monthToClose(last models.Closing) time.Time {
	today := r.Now().In(r.Campaign.Zone)
	day := time.Date(today.Year(), today.Month(), 0, 0, 0, 0, 0, time.UTC)
	if last.Number == 0 {
		return day
	}
	open := last.Until.In(r.Campaign.Zone)
	if end := time.Date(open.Year(), open.Month()+1, 0, 0, 0, 0, 0, time.UTC); end.Before(day) {
		return end
	}
	return day
}

// planned adds what would be closed, or says why the day can't be.
func (r *Rooms) planned(v *visit, view *closeView, through time.Time) (wrong string, err error) {
	plan, err := r.Store.PlanClosing(v.ctx(), through)
	switch {
	case errors.Is(err, models.ErrNotOver):
		return "That day is not over yet. Choose an earlier one.", nil
	case errors.Is(err, models.ErrExists):
		return "That day is closed already. Choose a later one.", nil
	case err != nil:
		return "", err
	}
	p := &closePlanView{Through: typedDay(through), Day: longDay(typedDay(through)), Sum: monthOf("All of these", plan.Sum)}
	for _, m := range plan.Months {
		first, err := time.Parse("2006-01", m.Month)
		if err != nil {
			return "", err
		}
		row := monthOf(first.Format("January 2006"), m.DayFigures)
		row.Href = "/finance?" + url.Values{"from": {m.First}, "to": {min(typedDay(first.AddDate(0, 1, -1)), p.Through)}}.Encode()
		p.Months = append(p.Months, row)
	}
	p.Balances = []rung{
		{Name: "At Stripe", Value: plan.Balances[models.StripeBalance].String()},
		{Name: "At the bank, from Stripe", Value: (plan.Balances[models.Bank] - plan.Transit).String()},
		{Name: "On the way to the bank", Value: plan.Transit.String()},
		{Name: "Received offline", Value: plan.Balances[models.OfflineReceived].String()},
	}
	for _, o := range plan.Open {
		matter := matters[o.What]
		matter.Text = upper(o.String())
		if o.What.Hinders() {
			p.Hindering = append(p.Hindering, matter)
		} else {
			p.Open = append(p.Open, matter)
		}
	}
	view.Plan = p
	return "", nil
}

// upper begins a sentence.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// matters say where what is open is looked at.
var matters = map[models.OpenKind]matterView{
	models.StripeUnread:    {},
	models.EventsUnbooked:  {Href: eventsPath, Link: "Look at them"},
	models.BooksDiffer:     {Href: eventsPath, Link: "Look at them"},
	models.DebitsPending:   {Href: giftsPath + "?status=processing", Link: "Show them"},
	models.PayoutsUnmarked: {Href: payoutsPath, Link: "Go to the payouts"},
}

func monthOf(name string, f models.DayFigures) monthView {
	return monthView{
		Month: name, Gross: amount(f.Gross), Refunds: less(f.Refunded), Disputes: less(f.Disputed), Fees: less(f.Fees), Net: cell{Value: f.Net().String()},
	}
}

// pastClosings adds what was closed before, and what came late since.
func (r *Rooms) pastClosings(v *visit, view *closeView, last models.Closing) error {
	closings, err := r.Store.ListClosings(v.ctx(), closingsShown)
	if err != nil {
		return err
	}
	for _, c := range closings {
		row := closingView{When: r.moment(c.ClosedAt), Through: "Closed through " + longDay(c.Through), By: string(c.ClosedBy), Reason: c.Reason}
		if c.Reopened {
			row.Through = "Opened again, closed through " + longDay(c.Through)
		}
		view.Closings = append(view.Closings, row)
	}
	if last.Number == 0 {
		return nil
	}
	late, err := r.Store.LatePostings(v.ctx(), time.Time{}, lateShown+1)
	if err != nil {
		return err
	}
	view.MoreLate = len(late) > lateShown
	for _, p := range late[:min(len(late), lateShown)] {
		row := lateView{Happened: r.date(p.HappenedAt), Booked: r.date(p.At), What: lateWords[p.Kind], Amount: amount(p.Amount)}
		if row.What == "" {
			row.What = "Movement on the Stripe account"
		}
		if p.DonationID != "" {
			row.Gift, row.Href = p.Reference, giftPath(p.DonationID)
		}
		view.Late = append(view.Late, row)
	}
	return nil
}

var lateWords = map[models.FactKind]string{
	models.Charged: "Payment", models.ChargeUndone: "Payment taken back", models.RefundMade: "Refund", models.RefundUndone: "Refund undone",
	models.DisputeMoved: "Dispute", models.FeeKept: "Stripe’s fee", models.OfflineGiven: "Offline gift", models.OfflineUndone: "Offline gift reversed",
	models.PaidOut: "Payout", models.PayoutUndone: "Payout that came back",
}

func (r *Rooms) postClose(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	typed := sent.Get("through")
	through, wrong := civil(typed)
	if wrong != "" { // which the page finds again
		return r.closePage(v, http.StatusUnprocessableEntity, closeView{}, typed)
	}
	if typed == "" {
		view := closeView{Wrong: problems{{"through", "Type the last day that is to be closed."}}}
		return r.closePage(v, http.StatusUnprocessableEntity, view, "")
	}
	_, err = r.Store.CloseDays(v.ctx(), v.who.Actor(), through, sent.Get("anyway") != "")
	switch {
	case errors.Is(err, models.ErrUnsettled):
		view := closeView{Wrong: problems{{"anyway", "Something is open that can make these days wrong. Settle it first, or say that you close all the same."}}}
		return r.closePage(v, http.StatusUnprocessableEntity, view, typed)
	case errors.Is(err, models.ErrNotOver):
		return r.closePage(v, http.StatusUnprocessableEntity, closeView{}, typed)
	case errors.Is(err, models.ErrExists):
		return r.closePage(v, http.StatusConflict, closeView{}, typed)
	case err != nil:
		return err
	}
	return back(v, closePath, "closed")
}

func (r *Rooms) postReopen(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	view := closeView{From: field{Value: sent.Get("from")}, Reason: field{Value: lines(sent.Get("reason"))}}
	from, wrong := civil(view.From.Value)
	if wrong != "" || view.From.Value == "" {
		view.Wrong = problems{{"from", cmp.Or(wrong, "Type the first day that is to be open again.")}}
		return r.closePage(v, http.StatusUnprocessableEntity, view, "")
	}
	_, err = r.Store.ReopenDays(v.ctx(), v.who.Actor(), from, view.Reason.Value)
	switch {
	case errors.Is(err, models.ErrNoNote):
		view.Wrong = problems{{"reason", "Say why, in up to 2,000 characters: it stands in the audit log."}}
	case errors.Is(err, models.ErrNotClosed):
		view.Wrong = problems{{"from", "That day is open already."}}
	case err != nil:
		return err
	default:
		return back(v, closePath, "reopened")
	}
	return r.closePage(v, http.StatusUnprocessableEntity, view, "")
}

// civil reads a day as forms send it, as UTC midnight; "" is none.
func civil(typed string) (day time.Time, wrong string) {
	if typed == "" {
		return time.Time{}, ""
	}
	day, err := time.Parse(time.DateOnly, typed)
	if err != nil {
		return time.Time{}, "Type days like 2027-06-30."
	}
	return day, ""
}
