package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func onTheWay() Tracker {
	return Tracker{
		Kicker: "The Corruption Project", Number: "$312,480", Of: "of $500,000", Foot: "Ends June 30", AsOf: "As of June 18",
		Bar:   &Bar{Fill: 62_496, Whole: 100_000},
		Title: "Corruption Project: $312,480 raised of $500,000 as of June 18", Description: "62% of the goal.",
	}
}

func aLink() Share {
	return Share{
		Newsroom: "Mother Jones", Kicker: "The Corruption Project", Headline: "Corruption is a system. Help us cover it like one.",
		Number: "$312,480", Of: "raised as of June 18", Foot: "Goal: $500,000 by June 30", Bar: &Bar{Fill: 62_496, Whole: 100_000},
	}
}

// hostile is what a campaign's folder may hold, and a picture must bear.
var hostile = map[string]string{
	"markup":          `"><script>alert('1')</script>&amp;]]>`,
	"very long":       strings.Repeat("Accountability in the county and its courts, ", 40),
	"one long word":   strings.Repeat("Rechtsschutzversicherungs", 30),
	"right to left":   "مشروع الفساد \u202eabc שחיתות",
	"emoji":           "🗞️ Follow the money 💸💸💸",
	"emoji alone":     strings.Repeat("💸", 500),
	"other alphabets": "Łódź, Kraków, Αθήνα, Москва, 東京, ไทย",
	"marks":           "Z̸̢̛͎a̷l̴g̵o " + strings.Repeat("\u0301", 300),
	"no text":         "\x00\x01\ufffe\xff\xfe",
	"spaces":          " \t\n\u00a0\u2003 ",
	"nothing":         "",
}

func decoded(t *testing.T, body []byte, err error) image.Image {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheColoursAreThePages(t *testing.T) {
	style, err := os.ReadFile("../../web/static/css/app.css")
	if err != nil {
		t.Fatal(err)
	}
	first, rest, found := strings.Cut(string(style), "prefers-color-scheme:dark")
	if !found {
		t.Fatal("the style sheet has no dark theme")
	}
	for name, c := range map[string]struct {
		theme Theme
		style string
	}{"light": {Light, first}, "dark": {Dark, rest}} {
		for token, got := range map[string]string{
			"sheet": c.theme.Sheet, "ink": c.theme.Ink, "ink-2": c.theme.Quiet, "field": c.theme.Field, "bar": c.theme.Bar, "track": c.theme.Track,
		} {
			want := regexp.MustCompile(`--` + token + `:(#[0-9a-f]{6})`).FindStringSubmatch(c.style)
			if want == nil || got != want[1] {
				t.Errorf("%s: --%s is %v in the style sheet and %s here", name, token, want, got)
			}
		}
	}
}

// everyWay calls for each width, scale and theme there is.
func everyWay(t *testing.T, draw func(t *testing.T, width, scale int, theme Theme)) {
	t.Helper()
	for name, theme := range map[string]Theme{"light": Light, "dark": Dark} {
		for _, width := range []int{320, 600} {
			for scale := range 2 {
				t.Run(fmt.Sprintf("%s, %d wide, %d×", name, width, scale+1), func(t *testing.T) { draw(t, width, scale+1, theme) })
			}
		}
	}
}

func TestTheBarIsAsLongAsTheShareOfTheGoal(t *testing.T) {
	everyWay(t, func(t *testing.T, width, scale int, theme Theme) {
		s := sizeOf(width)
		for _, permille := range []int64{1, 10, 333, 500, 624, 999, 1000} {
			tracker := onTheWay()
			tracker.Bar.Fill = permille * tracker.Bar.Whole / 1000
			body, err := tracker.PNG(width, scale, theme)
			m := decoded(t, body, err)
			if m.Bounds().Dx() != width*scale || m.Bounds().Dy() != Height(width)*scale {
				t.Fatalf("it is %v", m.Bounds())
			}
			filled, inside := barOf(m, int(s.barAt+s.bar/2)*scale, theme)
			if want := inside * int(permille) / 1000; filled < want-1 || filled > want+1 {
				t.Errorf("%d thousandths fill %d of %d pixels", permille, filled, inside)
			}
			if edge := 3 * scale; inside < (width-2*int(s.pad))*scale-edge {
				t.Errorf("the bar is %d pixels long", inside)
			}
		}
	})
}

func TestTheSharesBarIsAsLongAsTheShareOfTheGoal(t *testing.T) {
	for _, permille := range []int64{1, 250, 624, 1000} {
		s := aLink()
		s.Bar.Fill = permille * s.Bar.Whole / 1000
		body, err := s.PNG(Light)
		filled, inside := barOf(decoded(t, body, err), 498, Light)
		if want := inside * int(permille) / 1000; filled < want-1 || filled > want+1 || inside < 1070 {
			t.Errorf("%d thousandths fill %d of %d pixels", permille, filled, inside)
		}
	}
}

func TestBeyondTheGoalAMarkStandsWhereItWas(t *testing.T) {
	tracker := onTheWay()
	tracker.Bar.Fill, tracker.Bar.Mark = 86_956, 83_000
	body, err := tracker.PNG(600, 1, Light)
	m := decoded(t, body, err)
	const inside, first = 550, 25 // a pixel of edge on either side
	for x := range inside {
		is := m.At(first+x, 113) == at(Light.Ink)
		if should := x >= inside*83/100 && x < inside*83/100+4; is && !should {
			t.Errorf("the mark stands at %d", x)
		}
		if x == inside*83/100+1 && !is {
			t.Errorf("no mark at %d", x)
		}
	}
	filled, _ := barOf(m, 113, Light)
	if want := inside * 86_956 / 100_000; filled < want-5 || filled > want+1 {
		t.Errorf("%d pixels are filled", filled) // the mark hides a few
	}
}

func at(hex string) color.Color { return rgb(hex) }

// barOf counts along one row the pixels of the bar, and of its inside.
func barOf(m image.Image, y int, theme Theme) (filled, inside int) {
	for x := range m.Bounds().Dx() {
		switch m.At(x, y) {
		case at(theme.Bar):
			filled++
			inside++
		case at(theme.Track):
			inside++
		}
	}
	return filled, inside
}

func TestPicturesKeepWithinTheirBudgets(t *testing.T) {
	long := onTheWay()
	long.Kicker, long.Number, long.Of = hostile["very long"], "Goal met: $12,345,678", "of $20,000,000"
	for name, tracker := range map[string]Tracker{"usual": onTheWay(), "long": long} {
		everyWay(t, func(t *testing.T, width, scale int, theme Theme) {
			body, err := tracker.PNG(width, scale, theme)
			if err != nil || len(body) > 20<<10 {
				t.Errorf("%s: the PNG has %d bytes: %v", name, len(body), err)
			}
			if drawn := tracker.SVG(width, theme); len(drawn) > 6<<10 {
				t.Errorf("%s: the SVG has %d bytes", name, len(drawn))
			}
		})
	}
	for name, words := range hostile {
		s := aLink()
		s.Newsroom, s.Kicker, s.Headline = words, words, words
		if body, err := s.PNG(Light); err != nil || len(body) > 200<<10 {
			t.Errorf("%s: the image beside a link has %d bytes: %v", name, len(body), err)
		}
	}
}

// Networks crop what they show: 60 pixels at each side stay empty.
func TestTheImageBesideALinkLeavesItsEdgesEmpty(t *testing.T) {
	for name, words := range hostile {
		s := aLink()
		s.Newsroom, s.Kicker, s.Headline = words, words, words
		s.Number, s.Of, s.Foot = "Goal met: $112,345,678", "raised as of 11:59 p.m. PT, September 30", "$112,345,678 of $120,000,000 by September 30, 2027"
		body, err := s.PNG(Light)
		m := decoded(t, body, err)
		if m.Bounds() != image.Rect(0, 0, 1200, 630) {
			t.Fatalf("it is %v", m.Bounds())
		}
		within := image.Rect(60, 60, 1140, 570)
		for y := range 630 {
			for x := range 1200 {
				if !image.Pt(x, y).In(within) && m.At(x, y) != at(Light.Sheet) {
					t.Fatalf("%s: something stands at %d, %d", name, x, y)
				}
			}
		}
	}
}

func TestAHeadlineTakesThreeLinesAtTheMost(t *testing.T) {
	p, err := newPen()
	if err != nil {
		t.Fatal(err)
	}
	r := ruler(p.measure)
	for headline, want := range map[string]struct {
		lines int
		size  float64
	}{
		"Who owns the river?":                                {1, 72},
		"Corruption is a system. Help us cover it like one.": {2, 72},
		"When the river rises again, who will have written down what the county knew, and when it knew?":                                           {3, 72},
		"When the river rises again, who will have written down what the county knew, when it knew it, and whom it told in those long three days?": {3, 48},
	} {
		size, lines := r.wrap(headline)
		if len(lines) != want.lines || size != want.size {
			t.Errorf("%q is set in %v at %v", headline, lines, size)
		}
		if strings.Join(lines, " ") != headline {
			t.Errorf("%q became %q", headline, lines)
		}
	}
	for name, words := range hostile {
		size, lines := r.wrap(p.drawable(words))
		if len(lines) > 3 {
			t.Errorf("%s: %d lines", name, len(lines))
		}
		for _, line := range lines {
			if size*r.length(line, true) > shareInner {
				t.Errorf("%s: %q is too long", name, line)
			}
		}
		if n := len(lines); n == 3 && len(words) > 500 && !strings.HasSuffix(lines[2], ellipsis) {
			t.Errorf("%s: it is cut without a sign: %q", name, lines[2])
		}
	}
}

// Whatever serif the reader's machine sets them in: figures are never cut, and
// never leave the picture.
func TestLongFiguresFitIntoTheSmallestPicture(t *testing.T) {
	tracker := onTheWay()
	tracker.Number, tracker.Of = "$12,345,678", "of $20,000,000"
	tracker.Foot, tracker.AsOf = "$112,345,678 of $120,000,000", "As of 11:59 p.m. PT, September 30"
	p, err := newPen()
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]ruler{"SVG": widest, "PNG": p.measure} {
		last := float64(0)
		for _, l := range tracker.draw(320, Light, r).lines {
			start, end := l.x, l.x+r.width(l.runs)
			if l.end {
				start, end = l.x-r.width(l.runs), l.x
			}
			if start < 16-0.01 || end > 304.01 {
				t.Errorf("%s: %v reaches from %.1f to %.1f", name, l.runs, start, end)
			}
			if l.end && start < last+4 {
				t.Errorf("%s: %v runs into what stands before it", name, l.runs)
			}
			last = end
			for _, r := range l.runs {
				if strings.Contains(r.text, ellipsis) || r.size < 7 {
					t.Errorf("%s: %q is set in %.1f", name, r.text, r.size)
				}
			}
		}
	}
}

func TestAnSVGIsXMLWhateverItsWordsAre(t *testing.T) {
	for name, words := range hostile {
		tracker := onTheWay()
		tracker.Kicker, tracker.Title, tracker.Description, tracker.Fact = words, words, words, words
		for _, bar := range []*Bar{tracker.Bar, nil} {
			tracker.Bar = bar
			elements, attributes := read(t, name, tracker.SVG(320, Light))
			for e := range elements {
				if !slices.Contains([]string{"svg", "title", "desc", "rect", "text", "tspan"}, e) {
					t.Errorf("%s: <%s>", name, e)
				}
			}
			for a := range attributes {
				if a == "style" || a == "class" || strings.HasPrefix(a, "on") || a == "href" {
					t.Errorf("%s: %s=", name, a)
				}
			}
		}
	}
	tracker := onTheWay()
	tracker.Title = `Bread & "Roses" <1912>`
	if body := string(tracker.SVG(600, Dark)); !strings.Contains(body, "<title>Bread &amp; &#34;Roses&#34; &lt;1912&gt;</title>") {
		t.Errorf("it says\n%s", body)
	}
}

func read(t *testing.T, name string, body []byte) (elements, attributes map[string]bool) {
	t.Helper()
	elements, attributes = map[string]bool{}, map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, attributes
		}
		if err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, body)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local] = true
			for _, a := range e.Attr {
				attributes[a.Name.Local] = true
			}
		}
	}
}

func TestTypeIsKernedAtEverySize(t *testing.T) {
	p, err := newPen()
	if err != nil {
		t.Fatal(err)
	}
	r := ruler(p.measure)
	apart := r.length("A", true) + r.length("V", true)
	if together := r.length("AV", true); together > apart-0.04 || together < apart-0.2 {
		t.Errorf("A and V take %.3f together and %.3f apart", together, apart)
	}
}

func TestWhatTheTypefaceCannotDrawIsLeftOut(t *testing.T) {
	p, err := newPen()
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"🗞️ Follow the money 💸": "Follow the money", "Łódź & Москва": "Łódź & Москва", "東京": "", "a\u00a0b": "a b", "Cafe\u0301 q\u0301": "Café q", "\x00": "",
	} {
		if got := p.drawable(words); got != want {
			t.Errorf("%q is drawn as %q", words, got)
		}
	}
}
