package finance

import (
	"net/url"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// look is what of the books is looked at: a page's address says all of it, so
// that the address restores the view.
type look struct {
	period models.Period
	filter models.Filter
}

// lookOf reads an address. problem says which date is none, and then the whole
// campaign is looked at.
func lookOf(query url.Values) (l look, problem string) {
	l.filter = models.Filter{Channel: query.Get("channel"), Frequency: query.Get("frequency"), Method: query.Get("method"), Article: query.Get("article")}
	var p models.Period
	for _, end := range []struct {
		name, word string
		into       *time.Time
	}{{"from", "first", &p.From}, {"to", "last", &p.To}} {
		typed := query.Get(end.name)
		if typed == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, typed)
		if err != nil {
			return l, "The " + end.word + " day isn’t a date like 2027-06-18. This is the whole campaign."
		}
		*end.into = day
	}
	if !p.To.IsZero() && p.To.Before(p.From) {
		return l, "The last day is before the first. This is the whole campaign."
	}
	l.period = p
	return l, ""
}

// address is that of the overview with this look.
func (l look) address() string { return l.on("/finance") }

// on is the address of a page with this look.
func (l look) on(page string) string {
	values := url.Values{}
	for _, field := range l.fields() {
		values.Set(field.Name, field.Value)
	}
	if len(values) == 0 {
		return page
	}
	return page + "?" + values.Encode()
}

// gifts is the address of the gifts that add up to a figure of this look.
func (l look) gifts(f models.Figure) string {
	values := url.Values{"figure": {string(f)}}
	for _, field := range l.fields() {
		values.Set(field.Name, field.Value)
	}
	return giftsPath + "?" + values.Encode()
}

// part is one of an address: a name and its value.
type part struct{ Name, Value string }

func (l look) fields() []part {
	var all []part
	add := func(name, value string) {
		if value != "" {
			all = append(all, part{name, value})
		}
	}
	add("from", typedDay(l.period.From))
	add("to", typedDay(l.period.To))
	return append(all, l.filters()...)
}

func (l look) filters() []part {
	var all []part
	for _, f := range []part{{"channel", l.filter.Channel}, {"frequency", l.filter.Frequency}, {"method", l.filter.Method}, {"article", l.filter.Article}} {
		if f.Value != "" {
			all = append(all, f)
		}
	}
	return all
}

// only is the same look at one more kind of gift, or at all kinds for "".
func (l look) only(name, value string) look {
	switch name {
	case "channel":
		l.filter.Channel = value
	case "frequency":
		l.filter.Frequency = value
	case "method":
		l.filter.Method = value
	case "article":
		l.filter.Article = value
	}
	return l
}

func (l look) whole() bool { return l == look{} }

func (l look) during(from, to time.Time) look {
	l.period = models.Period{From: from, To: to}
	return l
}

func typedDay(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// periods are the ones that are offered, as of today.
type periodsView struct {
	Page       string // whose periods they are
	Presets    []roomLink
	Custom     bool
	From, To   string
	Filters    []part
	Spans      string // "Jun 12 – Jun 18, 2027"; "" for the whole campaign
	OnlyFilter []roomLink
}

func (r *Rooms) periods(page string, l look, now time.Time) periodsView {
	today := models.CivilDay(now.In(r.Campaign.Zone))
	view := periodsView{Page: page, From: typedDay(l.period.From), To: typedDay(l.period.To), Filters: l.filters(), Custom: l.period != models.Period{}, Spans: spans(l.period)}
	for _, preset := range []struct {
		name string
		look look
	}{
		{"Today", l.during(today, today)},
		{"7 days", l.during(today.AddDate(0, 0, -6), today)},
		{"30 days", l.during(today.AddDate(0, 0, -29), today)},
		{"Campaign", l.during(time.Time{}, time.Time{})},
	} {
		here := preset.look == l
		view.Custom = view.Custom && !here
		view.Presets = append(view.Presets, roomLink{preset.name, preset.look.on(page), here})
	}
	for _, f := range l.filters() {
		view.OnlyFilter = append(view.OnlyFilter, roomLink{Label: named(f.Name, f.Value), Href: l.only(f.Name, "").on(page)})
	}
	return view
}

// spans writes a period.
func spans(p models.Period) string {
	const day = "Jan 2, 2006"
	switch {
	case p == models.Period{}:
		return ""
	case p.From.IsZero():
		return "until " + p.To.Format(day)
	case p.To.IsZero():
		return "since " + p.From.Format(day)
	case p.From.Equal(p.To):
		return p.From.Format(day)
	case p.From.Year() == p.To.Year():
		return p.From.Format("Jan 2") + " – " + p.To.Format(day)
	default:
		return p.From.Format(day) + " – " + p.To.Format(day)
	}
}
