package finance

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

const exportPath = "/finance/export"

// unpaid in ?also= has an export of gifts hold all that the list of gifts
// shows: bank debits under way and failed ones, too.
const unpaid = "unpaid"

// exportView is the page of what can be taken out of the books.
type exportView struct {
	Problem  string
	From, To string // as typed, where it is a day
	Whole    bool   // the whole campaign is exported
	Span     string // "Jun 12 – Jun 18, 2027"
	Tables   []exportRow
	Large    largeView
}

// largeView is the form for those who gave much in a year.
type largeView struct {
	MinTotal, Year string // as typed
	Published      string // from what on the campaign says that it names donors; "" where it names nobody
}

// exportRow is one table, in each form and layout.
type exportRow struct {
	ID, Name, What string
	Rows           string // "214 rows"
	Columns        []string
	Count          string // "30 columns"
	Files          []exportLink
	Layouts        []exportLink // what other programs import
}

// exportLink leads to a file. Its words say what of, for who hears them alone.
type exportLink struct{ Href, Form, Of string }

// exported are the tables in words.
var exported = map[export.Table]struct{ name, what, by string }{
	export.Donations:  {"Donations", "Every gift that was received, with what went back of it and what Stripe kept.", "the day on which it was received"},
	export.Journal:    {"Journal", "Every posting as debits and credits, with your own account codes.", "the day of the posting"},
	export.Payouts:    {"Payouts", "Every deposit to the bank, and what is in it.", "the day on which it arrives"},
	export.Donors:     {"Donors", "Who gave in these days, and how much.", "the days of their gifts"},
	export.Newsletter: {"Newsletter", "Every address that was confirmed.", "the day on which it was confirmed"},
	export.Articles:   {"Articles", "What each article brought in, renewals included.", "the days on which money moved"},
}

func (r *Rooms) getExports(v *visit) error {
	look, problem := lookOf(v.QueryParams())
	return r.exports(v, look.period, problem)
}

// realDay is what was typed if it is a day at all, since a field for days takes
// nothing else.
func realDay(typed string) string {
	if _, err := time.Parse(time.DateOnly, typed); err != nil {
		return ""
	}
	return typed
}

// exports is the page, for a period of which some problem may have been found.
func (r *Rooms) exports(v *visit, p models.Period, problem string) error {
	n, err := r.Store.CountExports(v.ctx(), p, r.Campaign.Zone)
	if err != nil {
		return err
	}
	view := exportView{Large: r.large(v), Problem: problem, From: realDay(v.QueryParam("from")), To: realDay(v.QueryParam("to")), Whole: p == models.Period{}, Span: spans(p)}
	for _, table := range export.Tables() {
		columns, err := export.Columns(export.Request{Table: table})
		if err != nil {
			return err
		}
		row := exportRow{
			ID: string(table), Name: exported[table].name, What: exported[table].what + " By " + exported[table].by + ".",
			Rows: counted(table.Of(n), "row", "rows"), Columns: columns, Count: counted(int64(len(columns)), "column", "columns"),
		}
		for _, f := range formats {
			row.Files = append(row.Files, exportLink{exportAt(table, f.format, p, export.Whole), f.name, row.Name})
		}
		if table == export.Journal {
			for _, l := range layouts {
				row.Layouts = append(row.Layouts, exportLink{exportAt(table, sheet.CSV, p, l.layout), l.name, "days of the journal"})
			}
		}
		view.Tables = append(view.Tables, row)
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return r.render(v, status, "finance-export", "Exports", view)
}

// scheduleB is the total of a year from which on Form 990 wants a contributor
// listed: Schedule B's general rule.
const scheduleB = 5000_00

// large is the form as it was sent, or for this year.
func (r *Rooms) large(v *visit) largeView {
	view := largeView{
		MinTotal: cmp.Or(v.QueryParam("min_total"), money.Minor(scheduleB).Decimal()),
		Year:     cmp.Or(v.QueryParam("year"), strconv.Itoa(r.Now().In(r.Campaign.Zone).Year())),
	}
	if from := r.Campaign.PublishDonorsFrom; from > 0 {
		view.Published = from.Short()
	}
	return view
}

// narrowDonors reads from what total on donors are asked for, and of which year.
func narrowDonors(r *export.Request, query url.Values) (problem string) {
	if typed := query.Get("min_total"); typed != "" {
		var err error
		if r.AtLeast, err = money.Parse(typed); err != nil {
			return "Enter the donors’ total in dollars, like 5000 or 5000.50."
		}
	}
	typed := strings.TrimSpace(query.Get("year"))
	if typed == "" {
		return ""
	}
	year, err := strconv.Atoi(typed)
	if err != nil || !models.IsYear(year) {
		return "Enter the year with four digits, like 2027."
	}
	if r.Period != (models.Period{}) {
		return "Ask for a year or for days, not for both."
	}
	r.Period = models.CivilYear(year)
	return ""
}

// formats and layouts are those that are offered, in words.
var (
	formats = []struct {
		format sheet.Format
		name   string
	}{{sheet.CSV, "CSV"}, {sheet.XLSX, "Excel"}}
	layouts = []struct {
		layout export.Layout
		name   string
	}{{export.QuickBooks, "QuickBooks Online"}, {export.Xero, "Xero"}}
)

// exportAt is the address of an export.
func exportAt(table export.Table, f sheet.Format, p models.Period, layout export.Layout) string {
	asked := url.Values{}
	for name, value := range map[string]string{"from": typedDay(p.From), "to": typedDay(p.To), "layout": string(layout)} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	return exportFile(table, f, asked)
}

func exportFile(table export.Table, f sheet.Format, asked url.Values) string {
	path := exportPath + "/" + string(table) + "." + string(f)
	if len(asked) == 0 {
		return path
	}
	return path + "?" + asked.Encode()
}

// exportLinks lead to the gifts that a list shows, in each form.
func (a asked) exportLinks(count string) []exportLink {
	asked := maps.Clone(a.values)
	asked.Del("sort") // a file is sorted by whoever opens it
	asked.Set("also", unpaid)
	links := make([]exportLink, 0, len(formats))
	for _, f := range formats {
		links = append(links, exportLink{exportFile(export.Donations, f.format, asked), f.name, count})
	}
	return links
}

// getExport hands a table over.
func (r *Rooms) getExport(v *visit) error {
	name, form, _ := strings.Cut(v.Param("file"), ".")
	request := export.Request{Table: export.Table(name), Layout: export.Layout(v.QueryParam("layout"))}
	format := sheet.Format(form)
	if _, err := export.Columns(request); err != nil || format != sheet.CSV && format != sheet.XLSX {
		return models.ErrNotFound
	}
	look, problem := lookOf(v.QueryParams())
	words := []string{}
	if request.Period = look.period; request.Table == export.Donations {
		a := r.asked(v)
		if problem == "" {
			problem = strings.Join(a.problems, " ")
		}
		a.query.Moved = v.QueryParam("also") != unpaid
		request.Gifts, words = &a.query, a.inWords()
	}
	if request.Table == export.Donors {
		if problem == "" {
			problem = narrowDonors(&request, v.QueryParams())
		}
		words = request.DonorsInWords()
	}
	if problem != "" {
		return r.exports(v, look.period, problem)
	}
	return r.handOver(v, request.File(format), format, words, func() (*export.Made, error) {
		return export.Books{Store: r.Store, Campaign: r.Campaign}.Make(v.ctx(), request, format, nil)
	})
}

// inWords says which gifts are asked for, for the audit log: whatever may name a
// donor is left out.
func (a asked) inWords() []string {
	words := []string{}
	for _, name := range parameters {
		switch value := a.values.Get(name); {
		case value == "" || name == "sort":
		case name == "q":
			words = append(words, "found by a search")
		case name == "donor":
			words = append(words, "one donor’s")
		default:
			words = append(words, masked(chipWords(name, value)))
		}
	}
	return words
}
