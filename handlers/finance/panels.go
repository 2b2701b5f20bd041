package finance

import (
	"strconv"
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
	Note                     []piece
}

// piece is a part of a sentence, which may lead to what it says.
type piece struct{ Text, Href string }

type panelRow struct {
	Name, Href  string
	Here        bool // the page shows these alone
	Gifts       cell
	Gross, Fees cell
	Share       string
	Bar         int // of 72
}

func (r *Rooms) panels(o models.Overview, l look) (channels, frequencies, methods panelView) {
	channels = panel(panelView{ID: "channels", Heading: "Where gifts came from", Aside: "Choose a row to filter the page", Kind: "Channel", All: "All channels", Share: true},
		"channel", o, o.Channels, l)
	frequencies = panel(panelView{ID: "frequencies", Heading: "Frequency", Kind: "Type", All: "All gifts"}, "frequency", o, o.Frequencies, l)
	if t := o.Totals; t.RecurringActive > 0 {
		givers := giftsPath + "?figure=" + string(models.RecurringNow)
		frequencies.Note = []piece{
			{Text: counted(t.RecurringActive, "recurring giver", "recurring givers"), Href: givers},
			{Text: " now, worth "},
			{Text: t.RecurringMonthly.String(), Href: givers},
			{Text: " a month."},
		}
	}
	methods = panel(panelView{ID: "methods", Heading: "Method", Kind: "Paid with", All: "All methods", Fees: true}, "method", o, o.Methods, l)
	return channels, frequencies, methods
}

func panel(view panelView, name string, o models.Overview, parts []models.Part, l look) panelView {
	chosen := map[string]string{"channel": l.filter.Channel, "frequency": l.filter.Frequency, "method": l.filter.Method}[name]
	for _, part := range parts {
		at := l.only(name, part.Name)
		row := at.row(part.DayFigures)
		row.Name, row.Href, row.Here = named(name, part.Name), at.address(), chosen == part.Name
		row.Share, row.Bar = share(part.Gross, o.Gross)
		view.Rows = append(view.Rows, row)
	}
	view.Total = l.row(o.DayFigures)
	view.Total.Name = view.All
	view.Total.Share, _ = share(o.Gross, o.Gross)
	return view
}

// row are the figures of a look, each leading to its gifts.
func (l look) row(f models.DayFigures) panelRow {
	return panelRow{
		Gifts: number(f.Gifts).to(l.gifts(models.GiftsFigure)), Gross: amount(f.Gross).to(l.gifts(models.GrossFigure)), Fees: amount(f.Fees).to(l.gifts(models.FeesFigure)),
	}
}

// maskRows keeps addresses from whoever may see none: a link's maker can have
// written one into it. Such a row leads nowhere, as its address would tell.
func (p panelView) maskRows() {
	for i, row := range p.Rows {
		if name := masked(row.Name); name != row.Name {
			p.Rows[i].Name, p.Rows[i].Href = name, ""
			p.Rows[i].Gifts.Href, p.Rows[i].Gross.Href, p.Rows[i].Fees.Href = "", "", ""
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
	switch of {
	case "channel":
		return channelWords(name)
	case "article":
		return articleWords(name)
	case "method":
		return methodWords(name)
	default:
		return kindWords(name)
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
		{label(figureChoices, string(models.DebitsUnderWay)), look{}.gifts(models.DebitsUnderWay), "", w.Debits, false},
		{label(figureChoices, string(models.RefundsUnderWay)), look{}.gifts(models.RefundsUnderWay), "", w.Refunds, false},
		{label(figureChoices, string(models.FailingNow)), look{}.gifts(models.FailingNow), "", w.Failing, false},
	} {
		if kind.of.Count > 0 {
			rows = append(rows, openView{kind.name, kind.href, thousands(kind.of.Count), kind.of.Amount.String(), kind.when, kind.urgent})
		}
	}
	if w.Unsent > 0 {
		rows = append(rows, openView{Name: "Mail not sent", Href: eventsPath + "#mail", Count: thousands(w.Unsent), Amount: "–"})
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
	Href, Arrives string
	Status        status
	Amount        cell
}

func payouts(all []models.Payout) []depositView {
	var rows []depositView
	for _, p := range all {
		rows = append(rows, depositView{linkTo(p).Href, day(p.ArrivalOn), payoutStatus(p), amount(p.Amount)})
	}
	return rows
}
