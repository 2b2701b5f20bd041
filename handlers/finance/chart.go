package finance

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// chartView is the gross of each day as stacked bars, in two sizes of which one
// is shown, and the same figures as a table.
type chartView struct {
	Heading string
	Says    string // what the picture shows, in a sentence
	Sizes   []drawing
	Legend  []legend
	Days    []dayLine
	Any     bool
}

// drawing is one size of it; all numbers are finished.
type drawing struct {
	Name          string // wide or narrow
	Width, Height int
	Left, Right   int
	Base          int
	Grid          []mark // with the amount each line stands for
	Bars          []bar
	Marks         []mark // the days on the axis
}

type mark struct{ At, Label, Anchor string }

// bar is one piece of a day's bar.
type bar struct{ Kind, X, Y, Width, Height string }

type legend struct {
	Kind, Name string
	Total      cell
}

// dayLine is one row of the table.
type dayLine struct {
	Day, Href                            string
	Gifts                                cell
	Once, Recurring, Offline             cell
	Gross, Refunded, Disputed, Fees, Net cell
}

// cell is a number in a table.
type cell struct {
	Value   string
	Nothing bool   // shown quietly, so that real amounts stand out
	Href    string // to what it is made of; "" if it is nothing
}

// to has the number lead to what it is made of.
func (c cell) to(href string) cell {
	if !c.Nothing {
		c.Href = href
	}
	return c
}

// number is a count in a table.
func number(n int64) cell { return cell{Value: thousands(n), Nothing: n == 0} }

func amount(m money.Minor) cell { return cell{Value: m.String(), Nothing: m == 0} }

// less is an amount that is taken off.
func less(m money.Minor) cell { return amount(-m) }

// bucket is the days that one bar stands for.
type bucket struct {
	from, to time.Time
	models.Day
}

// longest is how many bars there is room for.
const longest = 100

// buckets spreads the days of a look over bars of one length each: a day, a
// week or four weeks.
func buckets(o models.Overview, l look, today time.Time) (all []bucket, days int) {
	if len(o.Days) == 0 {
		return nil, 1
	}
	from, to := o.Days[0].On, o.Days[len(o.Days)-1].On
	if to.Before(today) && (l.period.To.IsZero() || !l.period.To.Before(today)) {
		to = today // days on which nothing came are days, too
	}
	if p := l.period; !p.From.IsZero() && !p.To.IsZero() && p.To.Sub(p.From) < longest*24*time.Hour {
		from = p.From
		if p.To.Before(today) {
			to = p.To
		}
	}
	span := int(to.Sub(from).Hours()/24) + 1
	days = 1
	for _, longer := range []int{7, 28, 364} {
		if (span+days-1)/days > longest {
			days = longer
		}
	}
	for at := from; !at.After(to); at = at.AddDate(0, 0, days) {
		last := at.AddDate(0, 0, days-1)
		if end := l.period.To; !end.IsZero() && last.After(end) {
			last = end // the last weeks of a period can be cut short
		}
		all = append(all, bucket{from: at, to: last, Day: models.Day{On: at}})
	}
	for _, day := range o.Days {
		b := &all[int(day.On.Sub(from).Hours()/24)/days]
		b.Add(day.DayFigures)
		b.Once += day.Once
		b.Recurring += day.Recurring
		b.Offline += day.Offline
	}
	return all, days
}

func chart(o models.Overview, l look, today time.Time) chartView {
	all, days := buckets(o, l, today)
	view := chartView{Heading: "Gross by day", Any: len(all) > 0}
	switch {
	case days == 7:
		view.Heading = "Gross by week"
	case days > 7:
		view.Heading = "Gross by " + strconv.Itoa(days/7) + " weeks"
	}
	if !view.Any {
		return view
	}
	var once, recurring, offline money.Minor
	highest := all[0]
	for _, b := range all {
		once, recurring, offline = once+b.Once, recurring+b.Recurring, offline+b.Offline
		if b.Gross > highest.Gross {
			highest = b
		}
		view.Days = append(view.Days, line(b, l))
	}
	view.Legend = []legend{
		{"once", "One time", l.gross(string(models.Once), once)},
		{"month", "Recurring", l.gross(models.Recurring, recurring)},
		{"off", "Offline", l.gross(models.OfflineKind, offline)},
	}
	view.Says = fmt.Sprintf("%s, %s to %s: %s in all, most on %s with %s.",
		view.Heading, short(all[0].from), short(all[len(all)-1].from), o.Gross, short(highest.from), highest.Gross)
	view.Sizes = []drawing{
		draw(drawing{Name: "wide", Width: 1200, Height: 230, Left: 52, Right: 1200, Base: 204}, all, 4, 14),
		draw(drawing{Name: "narrow", Width: 328, Height: 170, Left: 42, Right: 328, Base: 146}, all, 2, 4),
	}
	return view
}

func line(b bucket, l look) dayLine {
	day := short(b.from)
	if !b.to.Equal(b.from) {
		day += " – " + short(b.to)
	}
	at := l.during(b.from, b.to)
	return dayLine{
		Day: day, Href: at.address(), Gifts: number(b.Gifts).to(at.gifts(models.GiftsFigure)),
		Once: at.gross(string(models.Once), b.Once), Recurring: at.gross(models.Recurring, b.Recurring), Offline: at.gross(models.OfflineKind, b.Offline),
		Gross: amount(b.Gross).to(at.gifts(models.GrossFigure)), Refunded: less(b.Refunded).to(at.gifts(models.RefundsFigure)),
		Disputed: less(b.Disputed).to(at.gifts(models.DisputesFigure)), Fees: less(b.Fees).to(at.gifts(models.FeesFigure)),
		Net: amount(b.Net()).to(at.gifts(models.NetFigure)),
	}
}

// gross is what gifts of a kind came to, leading to them.
func (l look) gross(kind string, m money.Minor) cell {
	return amount(m).to(l.of(kind).gifts(models.GrossFigure))
}

// of is this look at one kind of gift, unless it is at one already: then all
// there is to see is of that.
func (l look) of(kind string) look {
	if l.filter.Frequency == "" {
		l.filter.Frequency = kind
	}
	return l
}

func short(day time.Time) string { return day.Format("Jan 2") }

// draw places the bars, the given number of lines behind them and as many days
// at most below. What a day took back is no bar: the table tells of it.
func draw(d drawing, all []bucket, lines, labels int) drawing {
	top := 12
	var highest money.Minor
	for _, b := range all {
		highest = max(highest, max(0, b.Once)+max(0, b.Recurring)+max(0, b.Offline))
	}
	step := roundStep(highest, lines)
	tenths := func(m money.Minor) int { return int(int64(m) * int64(d.Base-top) * 10 / (int64(step) * int64(lines))) }
	for i := range lines + 1 {
		at := d.Base - (d.Base-top)*i/lines
		d.Grid = append(d.Grid, mark{At: strconv.Itoa(at), Label: axis(step * money.Minor(i))})
	}
	each := (d.Right - d.Left) * 10 / len(all)
	wide := min(each*7/10, 480)
	for i, b := range all {
		x, y := d.Left*10+each*i+(each-wide)/2, d.Base*10
		for _, piece := range []struct {
			kind string
			of   money.Minor
		}{{"once", b.Once}, {"month", b.Recurring}, {"off", b.Offline}} {
			height := tenths(max(0, piece.of))
			if height == 0 {
				continue
			}
			gap := 0
			if y < d.Base*10 {
				gap = min(15, height-1) // paper between two pieces
			}
			y -= height
			d.Bars = append(d.Bars, bar{piece.kind, decimal(x), decimal(y), decimal(wide), decimal(height - gap)})
		}
	}
	// A label needs room to the one before and, but for the last, to the last.
	every := (len(all)-1)/labels + 1
	if every > 1 && every < 7 && len(all) > 14 {
		every = 7
	}
	for i := 0; i < len(all); i += every {
		if left := (len(all) - 1 - i) * each; left > 0 && left < 900 {
			break
		}
		d.Marks = append(d.Marks, d.mark(d.Left*10+each*i+each/2, all[i]))
	}
	if last := len(all) - 1; last%every != 0 || last > 0 && len(d.Marks) > 0 && d.Marks[len(d.Marks)-1].Label != short(all[last].from) {
		d.Marks = append(d.Marks, d.mark(d.Left*10+each*last+each/2, all[last]))
	}
	return d
}

// mark is a day's name below its bar, inside the picture.
func (d drawing) mark(x int, b bucket) mark {
	switch {
	case x < d.Left*10+300:
		return mark{strconv.Itoa(d.Left), short(b.from), "start"}
	case x > d.Right*10-300:
		return mark{strconv.Itoa(d.Right), short(b.from), "end"}
	default:
		return mark{decimal(x), short(b.from), "middle"}
	}
}

// roundStep is the least round amount of which so many reach above a sum.
func roundStep(highest money.Minor, lines int) money.Minor {
	for unit := money.Minor(100); ; unit *= 10 {
		for _, times := range []money.Minor{1, 2, 5} {
			if unit*times*money.Minor(lines) > highest {
				return unit * times
			}
		}
	}
}

// axis writes a round amount in few characters.
func axis(m money.Minor) string {
	switch {
	case m == 0:
		return "0"
	case m >= 1_000_000_00:
		return inUnits(m/1_000_000) + "m"
	case m >= 1_000_00:
		return inUnits(m/1_000) + "k"
	default:
		return m.Whole()
	}
}

func inUnits(m money.Minor) string {
	return strings.TrimSuffix(strings.TrimSuffix(m.String(), "0"), ".0")
}

// decimal writes tenths of a pixel.
func decimal(tenths int) string { return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10) }
