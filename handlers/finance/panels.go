package finance

import (
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// panelView is a table of the kinds of gifts, whose last row is the whole.
type panelView struct {
	ID, Heading, Aside, Kind string
	All                      string
	Share, Fees              bool // which columns it has beside gifts and gross
	Rows                     []panelRow
	Total                    panelRow
	Note                     string
}

type panelRow struct {
	Name, Href  string
	Here        bool // the page shows these alone
	Gifts       string
	Gross, Fees cell
	Share       string
	Bar         int // of 72
}

func (r *Rooms) panels(o models.Overview, l look) (channels, frequencies, methods panelView) {
	channels = panel(panelView{ID: "channels", Heading: "Where gifts came from", Aside: "Choose a row to filter the page", Kind: "Channel", All: "All channels", Share: true},
		"channel", o, o.Channels, l)
	frequencies = panel(panelView{ID: "frequencies", Heading: "Frequency", Kind: "Type", All: "All gifts"}, "frequency", o, o.Frequencies, l)
	if t := o.Totals; t.RecurringActive > 0 {
		frequencies.Note = counted(t.RecurringActive, "recurring giver", "recurring givers") + " now, worth " + t.RecurringMonthly.String() + " a month."
	}
	methods = panel(panelView{ID: "methods", Heading: "Method", Kind: "Paid with", All: "All methods", Fees: true}, "method", o, o.Methods, l)
	return channels, frequencies, methods
}

func panel(view panelView, name string, o models.Overview, parts []models.Part, l look) panelView {
	chosen := map[string]string{"channel": l.filter.Channel, "frequency": l.filter.Frequency, "method": l.filter.Method}[name]
	for _, part := range parts {
		row := panelRow{
			Name: named(name, part.Name), Href: l.only(name, part.Name).address(), Here: chosen != "" && chosen == part.Name,
			Gifts: thousands(part.Gifts), Gross: amount(part.Gross), Fees: amount(part.Fees),
		}
		row.Share, row.Bar = share(part.Gross, o.Gross)
		view.Rows = append(view.Rows, row)
	}
	view.Total = panelRow{Name: view.All, Gifts: thousands(o.Gifts), Gross: amount(o.Gross), Fees: amount(o.Fees)}
	view.Total.Share, _ = share(o.Gross, o.Gross)
	return view
}

// maskRows keeps addresses from whoever may see none: a link's maker can have
// written one into it. Such a row leads nowhere, as its address would tell.
func (p panelView) maskRows() {
	for i, row := range p.Rows {
		if name := masked(row.Name); name != row.Name {
			p.Rows[i].Name, p.Rows[i].Href = name, ""
		}
	}
}

// share is a part of the whole in percent, rounded, and as a bar of 72.
func share(part, whole money.Minor) (percent string, bar int) {
	if whole <= 0 || part <= 0 {
		return "0.0%", 0
	}
	permille := (int64(part)*2000/int64(whole) + 1) / 2
	return strconv.FormatInt(permille/10, 10) + "." + strconv.FormatInt(permille%10, 10) + "%", int(int64(part) * 72 / int64(whole))
}

// named puts a kind of gifts into words.
func named(of, name string) string {
	if of == "channel" {
		return channelName(name)
	}
	if known, ok := kinds[name]; ok {
		return known
	}
	words := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

// kinds are frequencies, Stripe's names of what is paid with
// (https://docs.stripe.com/api/charges/object) and the ways of offline gifts.
var kinds = map[string]string{
	"": "Not known", string(models.Once): "One time", string(models.Monthly): "Monthly, first payment", string(models.Yearly): "Yearly, first payment",
	models.MonthlyRenewal: "Monthly, renewal", models.YearlyRenewal: "Yearly, renewal", models.OfflineKind: "Offline",
	"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "Eftpos",
	"us_bank_account": "US bank account", "ach": "ACH transfer", "daf": "Donor-advised fund", "qcd": "Qualified distribution",
}

// channelName names the way on which gifts came: the words of the link, as
// whoever made it wrote them.
func channelName(channel string) string {
	switch {
	case channel == models.DirectChannel:
		return "Direct"
	case channel == models.OfflineChannel:
		return "Offline"
	case strings.HasPrefix(channel, "src/"):
		return strings.TrimPrefix(channel, "src/")
	default:
		return strings.Trim(strings.ReplaceAll(strings.TrimPrefix(channel, "utm/"), "/", " / "), " /")
	}
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// openView is what is under way, a row each.
type openView struct {
	Name, Href, Count, Amount string
	When                      string // by when; "" if there is no day
	Urgent                    bool
}

func (r *Rooms) waiting(w models.Waiting) []openView {
	var rows []openView
	for _, kind := range []struct {
		name, href, when string
		of               models.UnderWay
		urgent           bool
	}{
		{"Disputes to answer", eventsPath + "#disputes", r.firstBy(w.AnswerBy), w.Disputes, true},
		{"Disputes answered", eventsPath + "#disputes", "", w.Reviewed, false},
		{"Bank debits clearing", filters{path: giftsPath}.but("status", string(models.Processing)), "", w.Debits, false},
		{"Refunds on their way", "", "", w.Refunds, false},
		{"Recurring gifts failing", "", "", w.Failing, false},
	} {
		if kind.of.Count > 0 {
			rows = append(rows, openView{kind.name, kind.href, thousands(kind.of.Count), kind.of.Amount.String(), kind.when, kind.urgent})
		}
	}
	return rows
}

// firstBy is by when the first of several disputes is to be answered.
func (r *Rooms) firstBy(by *time.Time) string {
	if by == nil {
		return ""
	}
	day := by.In(r.Campaign.Zone).Format("Jan 2")
	if by.Before(r.Now()) {
		return "overdue since " + day
	}
	return "respond by " + day
}

// depositView is one deposit.
type depositView struct {
	Href, Arrives, Shape, Status string
	Amount                       cell
}

// payoutStates are Stripe's words for a payout
// (https://docs.stripe.com/api/payouts/object#payout_object-status), with shape.
var payoutStates = map[string][2]string{
	"paid": {"full", "Paid"}, "in_transit": {"half", "On its way"}, "pending": {"ring", "Not started"},
	"failed": {"back", "Came back"}, "canceled": {"back", "Canceled"},
}

func payouts(all []models.Payout) []depositView {
	var rows []depositView
	for _, p := range all {
		state, known := payoutStates[p.Status]
		if !known {
			state = [2]string{"ring", p.Status}
		}
		rows = append(rows, depositView{payoutsPath + "/" + p.ID, p.ArrivalOn.Format("Mon Jan 2, 2006"), state[0], state[1], amount(p.Amount)})
	}
	return rows
}
