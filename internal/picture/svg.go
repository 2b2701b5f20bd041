package picture

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// serifs are what machines have. A picture in an <img> can load no font.
const serifs = "'Source Serif 4',Georgia,'Times New Roman',serif"

// SVG draws the tracker, 320 or 600 wide. Its words are text, and attributes
// carry all its looks: a style sheet would be refused by the policy that we
// send.
func (t Tracker) SVG(width int, theme Theme) []byte {
	d := t.draw(width, theme, widest)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="%[3]s">`,
		number(d.width), number(d.height), serifs)
	fmt.Fprintf(&out, "\n<title>%s</title>\n<desc>%s</desc>\n", escaped(d.title), escaped(d.description))
	for _, b := range d.boxes {
		fmt.Fprintf(&out, `<rect x="%s" y="%s" width="%s" height="%s"`, number(b.x), number(b.y), number(b.width), number(b.height))
		if b.radius > 0 {
			fmt.Fprintf(&out, ` rx="%s"`, number(b.radius))
		}
		fmt.Fprintf(&out, " fill=\"%s\"/>\n", escaped(b.colour))
	}
	for _, l := range d.lines {
		l.svg(&out)
	}
	out.WriteString("</svg>\n")
	return []byte(out.String())
}

func (l line) svg(out *strings.Builder) {
	if len(l.runs) == 0 {
		return
	}
	fmt.Fprintf(out, `<text x="%s" y="%s"`, number(l.x), number(l.y))
	if l.end {
		out.WriteString(` text-anchor="end"`)
	}
	out.WriteString(">")
	for i, r := range l.runs {
		if i > 0 {
			out.WriteString(" ")
		}
		weight := ""
		if r.bold {
			weight = ` font-weight="600"`
		}
		fmt.Fprintf(out, `<tspan font-size="%s"%s fill="%s">%s</tspan>`, number(r.size), weight, escaped(r.colour), escaped(r.text))
	}
	out.WriteString("</text>\n")
}

// number writes a measure as short as a hundredth of a pixel allows.
func number(n float64) string {
	return strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64)
}

func escaped(text string) string {
	var out strings.Builder
	// A strings.Builder takes all it is given.
	_ = xml.EscapeText(&out, []byte(text))
	return out.String()
}
