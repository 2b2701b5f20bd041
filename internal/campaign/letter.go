package campaign

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/corruptionproject/appeal/models"
)

// formMark is the line of the letter where the form stands on a phone.
const formMark = "<!-- form -->"

// markdown renders the letter. It stays in goldmark's safe mode, so that HTML
// that slipped through the checks below would still be left out.
var markdown = goldmark.New(goldmark.WithExtensions(extension.NewTypographer(
	// Plain characters, so that the page and the mail share them.
	extension.WithTypographicSubstitutions(extension.TypographicSubstitutions{
		extension.LeftSingleQuote:  []byte("‘"),
		extension.RightSingleQuote: []byte("’"),
		extension.LeftDoubleQuote:  []byte("“"),
		extension.RightDoubleQuote: []byte("”"),
		extension.EnDash:           []byte("–"),
		extension.EmDash:           []byte("—"),
		extension.Ellipsis:         []byte("…"),
		extension.Apostrophe:       []byte("’"),
	}))))

// readLetter makes HTML of letter.md, parted at the form mark. The letter is
// parsed once and its blocks are dealt out, so that a link defined at the end
// serves both parts.
func readLetter(source []byte, found *notes) models.Letter {
	whole := markdown.Parser().Parse(text.NewReader(source))
	opening, rest := ast.NewDocument(), ast.NewDocument()
	part, marked := opening, 0
	for node := whole.FirstChild(); node != nil; {
		next := node.NextSibling()
		if isFormMark(node, source) {
			if marked > 0 {
				found.add(letterFile, lineAt(node, source), "", "%s stands here again, after line %d; the form has one place", formMark, marked)
			}
			part, marked = rest, lineAt(node, source)
		} else {
			inspect(node, source, found)
			part.AppendChild(part, node)
		}
		node = next
	}
	letter := models.Letter{Opening: render(opening, source, found), Rest: render(rest, source, found)}
	switch {
	case letter.Opening == "":
		found.add(letterFile, marked, "", "nothing stands before the form; open the letter there")
	case marked > 0 && letter.Rest == "":
		found.add(letterFile, marked, "", "nothing stands after %s; take the line out, or move it up", formMark)
	}
	return letter
}

func isFormMark(node ast.Node, source []byte) bool {
	return node.Kind() == ast.KindHTMLBlock && strings.TrimSpace(string(node.Lines().Value(source))) == formMark
}

func render(part *ast.Document, source []byte, found *notes) string {
	var html bytes.Buffer
	if err := markdown.Renderer().Render(&html, source, part); err != nil {
		found.add(letterFile, 0, "", "can't be rendered: %v", err)
	}
	return strings.TrimSpace(html.String())
}

// inspect reports what the page would not show, so that no word of an editor
// vanishes silently.
func inspect(block ast.Node, source []byte, found *notes) {
	line := lineAt(block, source)
	// The walk's own error is only what the function returns, and that is nil.
	_ = ast.Walk(block, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if node.Type() == ast.TypeBlock && node.Lines().Len() > 0 {
			line = lineAt(node, source)
		}
		line := line
		if words := firstText(node); words != nil {
			line = lineOf(words.Segment.Start, source)
		}
		switch n := node.(type) {
		case *ast.HTMLBlock:
			found.add(letterFile, line, "", "HTML is not shown; write Markdown (the form's place is %s, alone on its line)", formMark)
		case *ast.RawHTML:
			found.add(letterFile, lineOf(n.Segments.At(0).Start, source), "", "HTML is not shown; write Markdown (the form's place is %s, alone on its line)", formMark)
		case *ast.Image:
			found.add(letterFile, line, "", "a picture is not shown in the letter; take it out")
		case *ast.Heading:
			if n.Level == 1 {
				found.add(letterFile, line, "", "a heading of the first level stands on the page already, the headline; use ##")
			}
		case *ast.Link:
			inspectLink(string(n.Destination), line, found)
		case *ast.AutoLink:
			target := string(n.URL(source))
			if n.AutoLinkType == ast.AutoLinkEmail {
				target = mailto + strings.TrimPrefix(target, mailto)
			}
			inspectLink(target, line, found)
		}
		return ast.WalkContinue, nil
	})
}

const mailto = "mailto:"

// inspectLink takes links that lead somewhere from wherever the letter is
// shown: in the page, in a frame on another site.
func inspectLink(target string, line int, found *notes) {
	address, isMail := strings.CutPrefix(target, mailto)
	if isMail && emailFault(address) == "" || urlFault(target) == "" {
		return
	}
	found.add(letterFile, line, "", "the link to %q is no whole web address, like https://newsroom.org/story", target)
}

// lineAt is the line of the file where a block begins, 0 where it has no text
// of its own.
func lineAt(node ast.Node, source []byte) int {
	for node != nil && node.Type() == ast.TypeBlock {
		if node.Lines().Len() > 0 {
			return lineOf(node.Lines().At(0).Start, source)
		}
		node = node.FirstChild()
	}
	return 0
}

func lineOf(at int, source []byte) int { return bytes.Count(source[:at], []byte("\n")) + 1 }

// firstText finds the first words inside a link or a picture, which tell where
// in its paragraph it stands.
func firstText(node ast.Node) *ast.Text {
	for ; node != nil && node.Type() == ast.TypeInline; node = node.FirstChild() {
		if words, ok := node.(*ast.Text); ok {
			return words
		}
	}
	return nil
}
