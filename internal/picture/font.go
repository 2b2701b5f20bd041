package picture

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"github.com/corruptionproject/appeal/internal/typeface"
)

// serif is the typeface in its two weights. It only reads, so it may be
// shared; what is written to while reading is a pen's own.
type serif struct{ regular, bold *sfnt.Font }

// loaded reads the typeface when the first picture is asked for.
var loaded = sync.OnceValues(func() (serif, error) {
	regular, err := readFont(typeface.Regular)
	if err != nil {
		return serif{}, err
	}
	bold, err := readFont(typeface.Semibold)
	return serif{regular, bold}, err
})

func readFont(w typeface.Weight) (*sfnt.Font, error) {
	body, err := typeface.TTF(w)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	f, err := sfnt.Parse(body)
	if err != nil {
		return nil, fmt.Errorf("picture: %s: %w", w, err)
	}
	return f, nil
}

// pen reads glyphs of the typeface for one picture.
type pen struct {
	face   serif
	buffer sfnt.Buffer
}

func newPen() (*pen, error) {
	face, err := loaded()
	if err != nil {
		return nil, err
	}
	return &pen{face: face}, nil
}

func (p *pen) font(bold bool) *sfnt.Font {
	if bold {
		return p.face.bold
	}
	return p.face.regular
}

// glyph finds the drawing of a character. There is none of an emoji, say, or
// of Arabic: a character without one is left out.
func (p *pen) glyph(r rune, bold bool) (glyph sfnt.GlyphIndex, ok bool) {
	if r < 0 {
		return 0, false
	}
	glyph, err := p.font(bold).GlyphIndex(&p.buffer, r)
	return glyph, err == nil && glyph != 0
}

// em is fine enough a grid to measure on: 26.6 numbers at this size are font
// units.
const em = 1000

// measure is the ruler of the typeface.
func (p *pen) measure(before, r rune, bold bool) float64 {
	glyph, ok := p.glyph(r, bold)
	if !ok {
		return 0
	}
	advance, err := p.font(bold).GlyphAdvance(&p.buffer, glyph, fixed.I(em), font.HintingNone)
	if err != nil {
		return 0
	}
	if left, ok := p.glyph(before, bold); ok {
		if kern, err := p.font(bold).Kern(&p.buffer, left, glyph, fixed.I(em), font.HintingNone); err == nil {
			advance += kern
		}
	}
	return float64(advance) / 64 / em
}

// drawable is a text without the characters that would not show, and without
// the gaps that they leave. A mark that belongs on a letter, and makes no
// letter with it, falls away: nothing here would know where to put it.
func (p *pen) drawable(text string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if _, ok := p.glyph(r, true); ok {
			return r
		}
		if _, ok := p.glyph(r, false); ok {
			return r
		}
		return -1
	}, norm.NFC.String(text))
	return strings.Join(strings.Fields(kept), " ")
}
