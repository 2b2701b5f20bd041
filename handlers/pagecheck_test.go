package handlers

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// doc is a page to ask questions about, so that a test reads like the page:
// in("#ticker .number", hasText("$312,480")).
type doc struct {
	t    testing.TB
	raw  []byte
	root *html.Node
}

func parse(t testing.TB, page []byte, err error) doc {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc{t: t, raw: page, root: root}
}

// check is something that must hold of one element.
type check func(n *html.Node) (problem string)

// in finds the first element for a selector of tags, #ids, .classes and
// [name=value], one inside the other, and puts it to the checks.
func (d doc) in(selector string, checks ...check) {
	d.t.Helper()
	found := d.all(selector)
	if len(found) == 0 {
		d.t.Errorf("%s: not on the page", selector)
		return
	}
	for _, c := range checks {
		if problem := c(found[0]); problem != "" {
			d.t.Errorf("%s: %s", selector, problem)
		}
	}
}

func (d doc) none(selector string) {
	d.t.Helper()
	if found := d.all(selector); len(found) > 0 {
		d.t.Errorf("%s: on the page: %q", selector, textOf(found[0]))
	}
}

func (d doc) all(selector string) []*html.Node {
	at := []*html.Node{d.root}
	for _, part := range strings.Fields(selector) {
		var next []*html.Node
		seen := map[*html.Node]bool{}
		for _, from := range at {
			for n := range from.Descendants() {
				if n.Type == html.ElementNode && !seen[n] && matches(n, part) {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		at = next
	}
	return at
}

// matches reads one part of a selector, such as input.wide[name=src].
func matches(n *html.Node, part string) bool {
	head, attrs, _ := strings.Cut(part, "[")
	for a := range strings.SplitSeq(strings.TrimSuffix(attrs, "]"), "][") {
		name, value, valued := strings.Cut(a, "=")
		if got, has := attr(n, name); name != "" && (!has || valued && got != value) {
			return false
		}
	}
	head = strings.NewReplacer("#", " #", ".", " .").Replace(head)
	for _, word := range strings.Fields(head) {
		id, _ := attr(n, "id")
		class, _ := attr(n, "class")
		switch {
		case word[0] == '#' && id != word[1:],
			word[0] == '.' && !strings.Contains(" "+class+" ", " "+word[1:]+" "),
			word[0] != '#' && word[0] != '.' && n.Data != word:
			return false
		}
	}
	return true
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// textOf is what is read, with every run of space as one.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func hasText(want string) check {
	return func(n *html.Node) string {
		if got := textOf(n); !strings.Contains(got, want) {
			return "says " + got + ", not " + want
		}
		return ""
	}
}

func hasAttr(name, want string) check {
	return func(n *html.Node) string {
		if got, has := attr(n, name); !has || got != want {
			return name + " is " + got + ", not " + want
		}
		return ""
	}
}

func lacksAttr(name string) check {
	return func(n *html.Node) string {
		if got, has := attr(n, name); has {
			return "has " + name + "=" + got
		}
		return ""
	}
}
