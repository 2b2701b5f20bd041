package picture

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// ruler measures a character in parts of the type's size, kerned to the one
// before it. PNG is measured by the typeface it is set in; SVG is set in
// whatever serif a reader's machine has, and measured by the widest of those.
type ruler func(before, r rune, bold bool) float64

const (
	wordSpace = 0.28 // between two voices, of the smaller
	ellipsis  = "…"
)

// length is how long a text is at size 1.
func (m ruler) length(text string, bold bool) float64 {
	var sum float64
	before := rune(-1)
	for _, r := range text {
		sum += m(before, r, bold)
		before = r
	}
	return sum
}

// width is how long some runs are, one after the other.
func (m ruler) width(runs []run) float64 {
	var sum float64
	for i, r := range runs {
		if i > 0 {
			sum += wordSpace * r.size
		}
		sum += r.size * m.length(r.text, r.bold)
	}
	return sum
}

// fit makes runs as small as the width wants. Runs without text fall away.
func (m ruler) fit(runs []run, width float64) []run {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.text == "" })
	if full := m.width(runs); full > width {
		for i := range runs {
			runs[i].size *= width / full
		}
	}
	return runs
}

// name fits a name, which may be cut. A figure never is.
func (m ruler) name(r run, width float64) []run {
	const least = 0.75 // of its size; a name that is still too long is cut
	longest := width / (least * r.size)
	if m.length(r.text, r.bold) > longest {
		head := m.head(r.text, r.bold, longest-m.length(ellipsis, r.bold))
		r.text = strings.TrimRight(head, " ") + ellipsis
	}
	return m.fit([]run{r}, width)
}

// shorter is a text without its last character, and a sign for that.
func shorter(text string) string {
	text = strings.TrimSuffix(text, ellipsis)
	_, size := utf8.DecodeLastRuneInString(text)
	return strings.TrimRight(text[:len(text)-size], " ") + ellipsis
}

// wrap sets a headline in the largest size in which it fits, its lines about
// equally long, and cuts what fits in none.
func (m ruler) wrap(headline string) (size float64, lines []string) {
	words := strings.Fields(headline)
	for size = headlineMost; size >= headlineLeast; size -= 4 {
		room := shareInner / size
		lines, whole := m.broken(words, room)
		if whole && len(lines) <= headlineLines && float64(len(lines))*size*leading <= headlineRoom {
			return size, m.balanced(words, lines, room)
		}
	}
	size = headlineLeast
	lines, _ = m.broken(words, shareInner/size)
	if len(lines) > headlineLines {
		lines = lines[:headlineLines]
		last := &lines[headlineLines-1]
		for *last = shorter(*last + " "); m.length(*last, true) > shareInner/size && *last != ellipsis; {
			*last = shorter(*last)
		}
	}
	return size, lines
}

// broken fills lines with words; whole says that no word had to be broken.
func (m ruler) broken(words []string, room float64) (lines []string, whole bool) {
	whole = true
	at := ""
	for _, w := range words {
		if at != "" && m.length(at+" "+w, true) <= room {
			at += " " + w
			continue
		}
		if at != "" {
			lines = append(lines, at)
		}
		at = w
		for m.length(at, true) > room {
			whole = false
			head := m.head(at, true, room)
			lines = append(lines, head)
			at = at[len(head):]
		}
	}
	if at != "" {
		lines = append(lines, at)
	}
	return lines, whole
}

// head is as much of a long text as there is room for, and at the least one
// character.
func (m ruler) head(text string, bold bool, room float64) string {
	var sum float64
	before := rune(-1)
	for i, r := range text {
		if sum += m(before, r, bold); sum > room && i > 0 {
			return text[:i]
		}
		before = r
	}
	return text
}

// balanced makes the longest line as short as the number of lines allows.
func (m ruler) balanced(words, lines []string, room float64) []string {
	for room -= 0.25; room > 0; room -= 0.25 {
		tighter, whole := m.broken(words, room)
		if !whole || len(tighter) > len(lines) {
			break
		}
		lines = tighter
	}
	return lines
}

// widest is a guess at the widest of the serifs that machines come with
// (Georgia's and DejaVu Serif's figures), so that text set in any of them
// keeps within its picture.
func widest(_, r rune, bold bool) float64 {
	width := 0.62
	switch {
	case strings.ContainsRune(" .,:;'’·|!()ijl", r):
		width = 0.37
	case r >= '0' && r <= '9', r == '$':
		width = 0.65
	case r >= 'A' && r <= 'Z':
		width = 0.76
	case strings.ContainsRune("mwMW%@—", r):
		width = 0.98
	case r >= 0x1100:
		width = 1
	}
	if bold {
		width *= 1.09
	}
	return width
}
