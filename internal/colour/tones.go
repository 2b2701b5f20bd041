package colour

import "fmt"

// Tones are all that is drawn in the accent, on a light page or on a dark one.
type Tones struct {
	Accent      Colour // the edge and the check mark of what is selected
	Soft        Colour // the ground of what is selected
	Button      Colour
	ButtonHover Colour
	OnButton    Colour // the words on both
	Bar         Colour // what is raised
}

// The accent of a campaign that names none: a red, and the red that reads as
// the same one on a dark page.
var (
	House     = Colour{0xb3, 0x20, 0x1b}
	HouseDark = Colour{0xff, 0x8a, 0x80}
)

// Grounds are what the accent stands on, and the ink that stands on its soft
// tone. The style sheet has the same.
type Grounds struct{ Paper, Sheet, Card, Track, Ink Colour }

// The grounds of the light page and of the dark one.
var (
	LightGrounds = Grounds{
		Paper: Colour{0xff, 0xff, 0xff}, Sheet: Colour{0xf6, 0xf3, 0xee}, Card: Colour{0xff, 0xff, 0xff},
		Track: Colour{0xe3, 0xdc, 0xd1}, Ink: Colour{0x1a, 0x17, 0x14},
	}
	DarkGrounds = Grounds{
		Paper: Colour{0x14, 0x12, 0x0f}, Sheet: Colour{0x1e, 0x1b, 0x17}, Card: Colour{0x14, 0x12, 0x0f},
		Track: Colour{0x3b, 0x35, 0x2e}, Ink: Colour{0xf3, 0xee, 0xe6},
	}
)

var white = Colour{0xff, 0xff, 0xff}

// What WCAG 2.2 asks for.
const (
	wordsNeed = 4.5 // 1.4.3
	edgesNeed = 3.0 // 1.4.11
)

// How far the tones stand from each other: the ratios of the house red's own.
const (
	hoverStep    = 1.36 // the button under a pointer is so much darker
	softOnWhite  = 1.16
	darkOnPaper  = 8.2   // an accent for the dark page, where none is named
	darkButton   = 0.15  // luminance: white words 5.2 to 1, and 3.3 to 1 on the sheet
	darkHover    = 0.11  // luminance
	darkSoft     = 0.016 // luminance
	darkButtonOf = 0.84  // of the saturation: the same tone glows on a dark page
	darkSoftOf   = 0.5
)

// Light makes the tones of the light page.
func Light(accent Colour) Tones {
	return Tones{
		Accent: accent, Button: accent, Bar: accent, OnButton: white,
		ButtonHover: accent.tone(max(0, (accent.luminance()+flare)/hoverStep-flare), 1),
		Soft:        accent.tone((1+flare)/softOnWhite-flare, 1),
	}
}

// Dark makes those of the dark page: bar and edges in an accent that is bright
// enough, and the button in the light page's accent, as far as that can be.
func Dark(accent, bright Colour) Tones {
	return Tones{
		Accent: bright, Bar: bright, OnButton: white,
		Button:      accent.tone(darkButton, darkButtonOf),
		ButtonHover: accent.tone(darkHover, darkButtonOf),
		Soft:        accent.tone(darkSoft, darkSoftOf),
	}
}

// Brightened is the accent that the dark page gets where none is named.
func Brightened(accent Colour) Colour {
	return accent.tone((DarkGrounds.Paper.luminance()+flare)*darkOnPaper-flare, 1)
}

// Pair is two colours of which one is seen on the other.
type Pair struct {
	Of          string // what is drawn, in words
	Front, Back Colour
	Need        float64
}

// Ratio is the contrast of a pair.
func (p Pair) Ratio() float64 { return Contrast(p.Front, p.Back) }

// Pairs are all that must be told apart where these tones are drawn, the most
// demanding first.
func (t Tones) Pairs(on Grounds) []Pair {
	return []Pair{
		{"the words on the button", t.OnButton, t.Button, wordsNeed},
		{"the words on the button under a pointer", t.OnButton, t.ButtonHover, wordsNeed},
		{"the bar on its track", t.Bar, on.Track, edgesNeed},
		{"the edge of what is selected", t.Accent, on.Sheet, edgesNeed},
		{"the check mark of what is selected", t.Accent, t.Soft, edgesNeed},
		{"the button on the form", t.Button, on.Sheet, edgesNeed},
		{"the words of what is selected", on.Ink, t.Soft, wordsNeed},
	}
}

// Fault says which pair can't be told apart, "" if all can.
func (t Tones) Fault(on Grounds) string {
	for _, p := range t.Pairs(on) {
		if got := p.Ratio(); got < p.Need {
			return fmt.Sprintf("%s: %s on %s is %.2f to 1, and %.1f to 1 is needed", p.Of, p.Front, p.Back, got, p.Need)
		}
	}
	return ""
}

// NearestLight is the lightest tone of an accent that the light page can be
// drawn in.
func NearestLight(accent Colour) Colour {
	return nearest(accent, -1, func(c Colour) bool { return Light(c).Fault(LightGrounds) == "" })
}

// NearestDark is the darkest that the dark page can.
func NearestDark(accent, bright Colour) Colour {
	return nearest(bright, 1, func(c Colour) bool { return Dark(accent, c).Fault(DarkGrounds) == "" })
}

// nearest halves its way from a colour to black, or to white, until it has the
// first that will do; whatever lies beyond that will do as well.
func nearest(from Colour, direction float64, will func(Colour) bool) Colour {
	hue, saturation, refused := from.hsl()
	taken := max(0, direction)
	for range 12 {
		middle := (refused + taken) / 2
		if will(fromHSL(hue, saturation, middle)) {
			taken = middle
		} else {
			refused = middle
		}
	}
	return fromHSL(hue, saturation, taken)
}
