package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong in a campaign folder, and how to mend it.
type Mistake struct {
	File string // campaign.yaml or letter.md
	Line int    // 0: the file as a whole
	Key  string // which setting, "presets.once.default"; empty in a letter
	Text string
}

// String writes a mistake as editors of text files know it:
// "campaign.yaml:12: deadline: …".
func (m Mistake) String() string {
	var s strings.Builder
	s.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&s, ":%d", m.Line)
	}
	if m.Key != "" {
		s.WriteString(": " + m.Key)
	}
	return s.String() + ": " + m.Text
}

// Mistakes is the error of a folder that is refused: all that is wrong with
// it, in the order of its lines.
type Mistakes []Mistake

// Error writes one mistake a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "\n")
}

// notes gathers mistakes while the files are read.
type notes struct{ list Mistakes }

func (n *notes) add(file string, line int, key, format string, args ...any) {
	n.list = append(n.list, Mistake{File: file, Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// err gives all that was gathered, or nil if there was nothing.
func (n *notes) err() error {
	if len(n.list) == 0 {
		return nil
	}
	slices.SortStableFunc(n.list, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	// One tag of HTML opens and closes: said once is enough.
	return slices.Compact(n.list)
}
