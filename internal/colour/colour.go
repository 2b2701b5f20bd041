// Package colour makes the tones of a campaign's pages from its one accent
// colour, in light and in dark, and tells whether they can be read.
//
// It holds the grounds that the accent stands on, as the style sheet has them,
// and refuses an accent that can't be read there (WCAG 2.2: 4.5 to 1 for words,
// 3 to 1 for the bar and the edges of controls), with the nearest that can. It
// knows no page, no file and no campaign.
package colour

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Colour is one of sRGB's.
type Colour struct{ R, G, B uint8 }

var shape = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Parse reads a colour as style sheets write it: "#b3201b".
func Parse(s string) (Colour, error) {
	s = strings.ToLower(s)
	if !shape.MatchString(s) {
		return Colour{}, errors.New("a colour is # and six digits, 0-9 and a-f")
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return Colour{}, fmt.Errorf("colour: %w", err)
	}
	return Colour{uint8(n >> 16), uint8(n >> 8 & 0xff), uint8(n & 0xff)}, nil //nolint:gosec // six digits fill three bytes
}

// String writes a colour as Parse reads it.
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Contrast is WCAG's ratio between two colours, from 1 to 21.
func Contrast(a, b Colour) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + flare) / (min(la, lb) + flare)
}

// flare is the light that WCAG takes every screen to reflect.
const flare = 0.05

// luminance is WCAG's relative luminance, from 0 to 1.
func (c Colour) luminance() float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// hsl takes a colour apart into hue (0 to 6), saturation and lightness.
func (c Colour) hsl() (hue, saturation, lightness float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	top, bottom := max(r, g, b), min(r, g, b)
	lightness, span := (top+bottom)/2, top-bottom
	if span == 0 {
		return 0, 0, lightness
	}
	switch top {
	case r:
		hue = math.Mod((g-b)/span+6, 6)
	case g:
		hue = (b-r)/span + 2
	default:
		hue = (r-g)/span + 4
	}
	return hue, span / (1 - math.Abs(2*lightness-1)), lightness
}

func fromHSL(hue, saturation, lightness float64) Colour {
	span := (1 - math.Abs(2*lightness-1)) * saturation
	between := span * (1 - math.Abs(math.Mod(hue, 2)-1))
	var r, g, b float64
	switch int(hue) {
	case 0:
		r, g = span, between
	case 1:
		r, g = between, span
	case 2:
		g, b = span, between
	case 3:
		g, b = between, span
	case 4:
		r, b = between, span
	default:
		r, b = span, between
	}
	part := func(x float64) uint8 { return uint8(math.Round(255 * min(1, max(0, x+lightness-span/2)))) }
	return Colour{part(r), part(g), part(b)}
}

// tone is the colour of the same hue with a certain luminance, its saturation
// as it is or a share of it. Luminance rises with lightness, so halving finds
// it.
func (c Colour) tone(luminance, share float64) Colour {
	hue, saturation, _ := c.hsl()
	low, high := 0.0, 1.0
	for range 16 {
		middle := (low + high) / 2
		if fromHSL(hue, saturation*share, middle).luminance() < luminance {
			low = middle
		} else {
			high = middle
		}
	}
	return fromHSL(hue, saturation*share, high)
}
