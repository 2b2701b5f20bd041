// Package picture draws where a campaign stands as a picture: the tracker as
// SVG and PNG, and the image that networks show beside a link. A drawing is a
// list of boxes and lines of text, and two writers put it down.
//
// It refuses to find words or figures: it is handed both, finished, and knows
// no money, no date and no campaign. It reads nothing of the page's style
// sheet (a test holds the colours against it), loads no font from outside the
// binary, and leaves out characters that its typeface has no drawing for.
package picture

// Theme is the colours of a picture, each "#rrggbb".
type Theme struct {
	Sheet      string // the ground
	Ink, Quiet string // what is read first, and what explains it
	Field      string // the edge of the bar
	Bar, Track string
}

// Light and Dark are the colours of the pages.
var (
	Light = Theme{Sheet: "#f6f3ee", Ink: "#1a1714", Quiet: "#4a443d", Field: "#7a7268", Bar: "#b3201b", Track: "#e3dcd1"}
	Dark  = Theme{Sheet: "#1e1b17", Ink: "#f3eee6", Quiet: "#cfc7bb", Field: "#8f867a", Bar: "#ff8a80", Track: "#3b352e"}
)

// Bar is progress in parts of Whole.
type Bar struct {
	Fill, Mark, Whole int64 // Mark is where the goal stands once it is passed; 0 for none
}

// Tracker is what the tracker's picture says.
type Tracker struct {
	Kicker string // "The Corruption Project"
	Number string // "$312,480"
	Of     string // what follows it: "of $500,000"
	Fact   string // stands where the bar would, if there is none
	Foot   string // "Ends June 30"
	AsOf   string // "As of June 18"
	Bar    *Bar

	Title, Description string // for those who listen, in SVG
}

// Share is what the image beside a link says.
type Share struct {
	Newsroom, Kicker string
	Headline         string
	Number           string // "$312,480"
	Of               string // "raised as of June 18"
	Foot             string // "Goal: $500,000 by June 30"
	Bar              *Bar
}

// drawing is boxes and lines of text, in the order in which they are put down.
type drawing struct {
	width, height      float64
	boxes              []box
	lines              []line
	title, description string
}

type box struct {
	x, y, width, height float64
	radius              float64
	colour              string
}

// line is text on one baseline, in one or more voices.
type line struct {
	x, y float64
	end  bool // x is where it ends
	runs []run
}

type run struct {
	text   string
	size   float64
	bold   bool
	colour string
}

// bar adds the bar, which has an edge of one pixel as on the page.
func (d *drawing) bar(b Bar, x, y, width, height float64, t Theme) {
	edge := height / 12
	within := func(parts int64) float64 { return (width - 2*edge) * float64(parts) / float64(b.Whole) }
	d.boxes = append(d.boxes,
		box{x, y, width, height, 2 * edge, t.Field},
		box{x + edge, y + edge, width - 2*edge, height - 2*edge, edge, t.Track},
		box{x + edge, y + edge, within(min(b.Fill, b.Whole)), height - 2*edge, 0, t.Bar})
	if b.Mark > 0 {
		d.boxes = append(d.boxes, box{x + edge + within(b.Mark), y + edge, 3 * edge, height - 2*edge, 0, t.Ink})
	}
}

// trackerSize is the measures of a tracker of one width.
type trackerSize struct {
	width, height, pad                float64
	kicker, number, of, fact, foot    float64 // sizes of type
	kickerAt, numberAt, barAt, footAt float64 // baselines, and the bar's top
	bar                               float64
}

var (
	narrow = trackerSize{
		width: 320, height: 134, pad: 16, kicker: 15, number: 29, of: 18, fact: 17, foot: 14,
		kickerAt: 31, numberAt: 67, barAt: 80, footAt: 117, bar: 12,
	}
	wide = trackerSize{
		width: 600, height: 172, pad: 24, kicker: 17, number: 40, of: 24, fact: 20, foot: 17,
		kickerAt: 40, numberAt: 89, barAt: 106, footAt: 148, bar: 14,
	}
)

// Height is how tall the tracker of a width is, whatever it says, so that a
// page can keep the space. Widths are 320 and 600; any other is drawn as 320.
func Height(width int) int { return int(sizeOf(width).height) }

func sizeOf(width int) trackerSize {
	if width == int(wide.width) {
		return wide
	}
	return narrow
}

// draw lays the tracker out, with text measured by a ruler.
func (t Tracker) draw(width int, theme Theme, r ruler) drawing {
	s := sizeOf(width)
	inner := s.width - 2*s.pad
	d := drawing{width: s.width, height: s.height, title: t.Title, description: t.Description, boxes: []box{
		{0, 0, s.width, s.height, 0, theme.Sheet},
		{0, 0, s.width, 3, 0, theme.Ink},
	}}
	left := func(y float64, runs ...run) {
		d.lines = append(d.lines, line{x: s.pad, y: y, runs: r.fit(runs, inner)})
	}
	kicker := r.name(run{t.Kicker, s.kicker, true, theme.Quiet}, inner)
	d.lines = append(d.lines, line{x: s.pad, y: s.kickerAt, runs: kicker})
	left(s.numberAt, run{t.Number, s.number, true, theme.Ink}, run{t.Of, s.of, false, theme.Quiet})
	if t.Bar != nil {
		d.bar(*t.Bar, s.pad, s.barAt, inner, s.bar, theme)
	} else {
		left(s.barAt+s.bar, run{t.Fact, s.fact, false, theme.Ink})
	}
	// Both ends of the last line shrink alike, where it is full.
	gap := s.foot
	foot, asOf := run{t.Foot, s.foot, false, theme.Quiet}, run{t.AsOf, s.foot, false, theme.Quiet}
	if full := r.width([]run{foot}) + gap + r.width([]run{asOf}); full > inner {
		foot.size, asOf.size = s.foot*inner/full, s.foot*inner/full
	}
	left(s.footAt, foot)
	d.lines = append(d.lines, line{x: s.width - s.pad, y: s.footAt, end: true, runs: r.fit([]run{asOf}, inner)})
	return d
}

// The image beside a link. Networks crop and round what they show, so nothing
// stands within margin of its edges; and they show it small, so nothing is
// smaller than 36.
const (
	shareWidth, shareHeight = 1200, 630
	margin                  = 60
	shareInner              = shareWidth - 2*margin
	headlineLines           = 3
	headlineMost            = 72
	headlineLeast           = 44
	headlineTop             = 132 // below the rule
	headlineRoom            = 242 // down to the number
	leading                 = 1.09
)

func (s Share) draw(theme Theme, r ruler) drawing {
	d := drawing{width: shareWidth, height: shareHeight, boxes: []box{
		{0, 0, shareWidth, shareHeight, 0, theme.Sheet},
		{margin, 114, shareInner, 5, 0, theme.Ink},
	}}
	newsroom := r.name(run{s.Newsroom, 40, true, theme.Ink}, shareInner)
	d.lines = append(d.lines, line{x: margin, y: 96, runs: newsroom})
	if room := shareInner - r.width(newsroom) - 60; room > 240 {
		kicker := r.name(run{s.Kicker, 36, false, theme.Quiet}, room)
		d.lines = append(d.lines, line{x: shareWidth - margin, y: 96, end: true, runs: kicker})
	}
	size, headline := r.wrap(s.Headline)
	spare := headlineRoom - float64(len(headline))*size*leading
	for i, text := range headline {
		y := headlineTop + spare*0.4 + size*(1+leading*float64(i))
		d.lines = append(d.lines, line{x: margin, y: y, runs: []run{{text, size, true, theme.Ink}}})
	}
	number := r.fit([]run{{s.Number, 64, true, theme.Ink}, {s.Of, 40, false, theme.Quiet}}, shareInner)
	foot := r.fit([]run{{s.Foot, 38, false, theme.Quiet}}, shareInner)
	numberAt, footAt := 462.0, 558.0
	if s.Bar != nil {
		d.bar(*s.Bar, margin, 486, shareInner, 24, theme)
	} else {
		numberAt = 496
	}
	d.lines = append(d.lines, line{x: margin, y: numberAt, runs: number}, line{x: margin, y: footAt, runs: foot})
	return d
}
