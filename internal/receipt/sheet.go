package receipt

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"github.com/corruptionproject/appeal/internal/typeface"
)

// A Letter page in points, with an inch left free at its sides.
const (
	pageWidth, pageHeight = 612.0, 792.0
	left, right           = 72.0, pageWidth - 72
	top, bottom           = 58.0, pageHeight - 44
)

// shade is the one thing that sets words apart beside weight and size.
type shade int

const (
	black shade = 0
	quiet shade = 70 // dark enough for a contrast of 9 to 1 on white
	hair  shade = 170
)

// style is how a piece of text is set.
type style struct {
	size  float64 // points, before scaling
	bold  bool
	shade shade
}

// sheet is a page while it is written, from its top down. Everything on it is
// scaled by one factor, so that a document that is too long for the page is
// set smaller as a whole.
type sheet struct {
	pdf      *fpdf.Fpdf
	scale    float64
	y        float64 // how far down it is written
	dry      bool    // measured, and not written
	reach    float64 // how far down it would be written, measured
	lost     bool    // a character could not be set
	drawable func(rune) bool
}

const family = "Source Serif 4"

// newSheet opens a document with its fonts. Its bytes follow from what is
// written and from the moment alone.
func newSheet(title string, at time.Time) (*sheet, error) {
	regular, err := typeface.TTF(typeface.Regular)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	bold, err := typeface.TTF(typeface.Semibold)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	drawable, err := glyphs()
	if err != nil {
		return nil, fmt.Errorf("receipt: read the typeface: %w", err)
	}
	pdf := fpdf.New("P", "pt", "Letter", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetProducer("Appeal", false)
	pdf.SetTitle(title, true)
	pdf.SetLang("en-US")
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes(family, "", regular)
	pdf.AddUTF8FontFromBytes(family, "B", bold)
	pdf.AddPage()
	return &sheet{pdf: pdf, scale: 1, drawable: drawable}, nil
}

// glyphs tells the characters that both weights have a drawing for.
var glyphs = sync.OnceValues(func() (func(rune) bool, error) {
	var fonts []*sfnt.Font
	for _, weight := range []typeface.Weight{typeface.Regular, typeface.Semibold} {
		body, err := typeface.TTF(weight)
		if err != nil {
			return nil, err
		}
		font, err := sfnt.Parse(body)
		if err != nil {
			return nil, err
		}
		fonts = append(fonts, font)
	}
	return func(r rune) bool {
		var buffer sfnt.Buffer
		for _, font := range fonts {
			// What lies beyond the first plane, the PDF's encoding can't hold.
			if glyph, err := font.GlyphIndex(&buffer, r); r > 0xFFFF || err != nil || glyph == 0 {
				return false
			}
		}
		return true
	}, nil
})

// set is a text as it can be printed: a mark that belongs on a letter and
// makes none with it falls away, and what has no drawing becomes "?".
func (s *sheet) set(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		case !s.drawable(r):
			s.lost = true
			return '?'
		default:
			return r
		}
	}, norm.NFC.String(text))
}

func (s *sheet) use(st style) {
	weight := ""
	if st.bold {
		weight = "B"
	}
	s.pdf.SetFont(family, weight, st.size*s.scale)
	s.pdf.SetTextColor(int(st.shade), int(st.shade), int(st.shade))
}

// down leaves a space free.
func (s *sheet) down(points float64) { s.y += points * s.scale }

// lines breaks a text so that each line fits a width, at its spaces, or within
// a word that is too long for any line.
func (s *sheet) lines(text string, width float64, st style) []string {
	s.use(st)
	var all []string
	line := ""
	for _, word := range strings.Fields(s.set(text)) {
		together := strings.TrimSpace(line + " " + word)
		if s.pdf.GetStringWidth(together) <= width {
			line = together
			continue
		}
		if line != "" {
			all = append(all, line)
		}
		for line = word; s.pdf.GetStringWidth(line) > width; {
			head := s.head(line, width)
			all, line = append(all, head), line[len(head):]
		}
	}
	if line != "" {
		all = append(all, line)
	}
	return all
}

// head is as much of a word as fits a width, and one character at the least.
func (s *sheet) head(word string, width float64) string {
	end := 0
	for at, r := range word {
		next := at + len(string(r))
		if end > 0 && s.pdf.GetStringWidth(word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}

// write puts a text at x, as many lines as it takes, and moves down past it.
func (s *sheet) write(text string, x, width float64, st style) {
	leading := st.size * s.scale * 1.35
	for _, line := range s.lines(text, width, st) {
		s.turn(leading)
		s.y += leading
		s.put(line, x, s.y-leading*0.26, st)
	}
}

// turn goes on to another page where this one has no such height left. Only a
// document that is too long at the smallest size comes to that.
func (s *sheet) turn(height float64) {
	switch {
	case s.dry:
		s.reach = max(s.reach, s.y+height)
	case s.y+height > bottom:
		s.pdf.AddPage()
		s.y = top
	}
}

func (s *sheet) put(line string, x, baseline float64, st style) {
	if s.dry {
		return
	}
	s.use(st)
	s.pdf.Text(x, baseline, line)
}

// writeRight puts one line against the right margin.
func (s *sheet) writeRight(text string, baseline float64, st style) {
	s.use(st)
	text = s.set(text)
	s.put(text, right-s.pdf.GetStringWidth(text), baseline, st)
}

// rule draws a line across the page.
func (s *sheet) rule(weight float64, of shade) {
	if s.dry {
		return
	}
	s.pdf.SetDrawColor(int(of), int(of), int(of))
	s.pdf.SetLineWidth(weight * s.scale)
	s.pdf.Line(left, s.y, right, s.y)
}

func (s *sheet) output(w io.Writer) error {
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("receipt: write the PDF: %w", err)
	}
	return nil
}
