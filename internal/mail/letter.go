package mail

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Letter is what a mail says, once. Text and HTML say the same because both
// are drawn from it. Every string is words, never markup, and each stands on
// one line: a line break in it becomes a space, so that nothing typed by a
// person looks like a line of the letter's own.
type Letter struct {
	Subject   string
	Preheader string // what an inbox shows beside the subject; not in the letter itself
	Heading   string
	Opening   []string // paragraphs before the blocks
	Signed    string   // "Clara Jeffery, Editor-in-Chief of Mother Jones"; "": nobody
	Blocks    []Block
	Actions   []Action
	Closing   []string // paragraphs after the actions
	Footer    []string // small print, a line each
}

// Block is a table of facts and the statements that belong to them.
type Block struct {
	Title      string
	Rows       []Row
	Statements []string // bold, each on one line of the text, however long: verbatim
}

// Row is one fact.
type Row struct {
	Name, Value string
	Total       bool // what the rows above come to
}

// Action is a link that a reader may follow.
type Action struct {
	Label   string
	URL     string // absolute: https, http or mailto
	Primary bool   // drawn as a button
}

const (
	// width is that of a paragraph in the text, in characters: RFC 5322 §2.1.1
	// asks for 78 at most.
	width = 76
	// longestWords bounds one string of a letter. Nothing that a person may
	// type here is as long.
	longestWords = 4000
)

// Text draws the letter for readers without HTML, lines ended by \n. A fact,
// a statement and an address are never broken over lines.
func (l Letter) Text() string {
	l = l.tidy()
	var parts []string
	add := func(lines ...string) { parts = append(parts, strings.Join(lines, "\n")) }
	if l.Heading != "" {
		add(wrap(l.Heading), strings.Repeat("=", min(width, utf8.RuneCountInString(l.Heading))))
	}
	for _, p := range l.Opening {
		add(wrap(p))
	}
	if l.Signed != "" {
		add(wrap(l.Signed))
	}
	for _, b := range l.Blocks {
		parts = append(parts, b.text()...)
	}
	for _, a := range l.Actions {
		add(a.Label+":", strings.TrimPrefix(a.URL, "mailto:"))
	}
	for _, p := range l.Closing {
		add(wrap(p))
	}
	if len(l.Footer) > 0 {
		lines := make([]string, len(l.Footer))
		for i, f := range l.Footer {
			lines[i] = wrap(f)
		}
		add(append([]string{strings.Repeat("-", 40)}, lines...)...)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// text draws a block: its title and rows, then a paragraph a statement.
func (b Block) text() []string {
	var lines []string
	if b.Title != "" {
		lines = append(lines, b.Title, strings.Repeat("-", min(width, utf8.RuneCountInString(b.Title))))
	}
	for _, r := range b.Rows {
		lines = append(lines, r.Name+": "+r.Value)
	}
	var parts []string
	if len(lines) > 0 {
		parts = append(parts, strings.Join(lines, "\n"))
	}
	return append(parts, b.Statements...)
}

//go:embed letter.html
var letterHTML string

var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

// HTML draws the letter for the rest: 600 pixels at most, down to a telephone,
// with nothing fetched from anywhere. An error is an action whose URL is none.
func (l Letter) HTML() (string, error) {
	for _, a := range l.Actions {
		u, err := url.Parse(a.URL)
		web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
		if !web && (err != nil || u.Scheme != "mailto" || u.Opaque == "") {
			return "", fmt.Errorf("%w: %q leads nowhere", ErrMessage, a.Label)
		}
	}
	var page bytes.Buffer
	if err := letterTemplate.Execute(&page, l.tidy()); err != nil {
		return "", fmt.Errorf("draw a letter: %w", err)
	}
	return page.String(), nil
}

// tidy is the letter with every string on a line of its own, and the empty
// ones gone.
func (l Letter) tidy() Letter {
	for _, s := range []*string{&l.Subject, &l.Preheader, &l.Heading, &l.Signed} {
		*s = oneLine(*s, longestWords)
	}
	l.Opening, l.Closing, l.Footer = tidyAll(l.Opening), tidyAll(l.Closing), tidyAll(l.Footer)
	blocks := make([]Block, len(l.Blocks))
	for i, b := range l.Blocks {
		blocks[i] = Block{Title: oneLine(b.Title, longestWords), Statements: tidyAll(b.Statements)}
		for _, r := range b.Rows {
			blocks[i].Rows = append(blocks[i].Rows, Row{Name: oneLine(r.Name, longestWords), Value: oneLine(r.Value, longestWords), Total: r.Total})
		}
	}
	l.Blocks = blocks
	actions := make([]Action, len(l.Actions))
	for i, a := range l.Actions {
		actions[i] = Action{Label: oneLine(a.Label, longestWords), URL: oneLine(a.URL, longestWords), Primary: a.Primary}
	}
	l.Actions = actions
	return l
}

func tidyAll(all []string) []string {
	var tidy []string
	for _, s := range all {
		if s = oneLine(s, longestWords); s != "" {
			tidy = append(tidy, s)
		}
	}
	return tidy
}

// wrap breaks a paragraph at its spaces. A word longer than a line stays whole.
func wrap(paragraph string) string {
	var out strings.Builder
	column := 0
	for i, word := range strings.Fields(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}
