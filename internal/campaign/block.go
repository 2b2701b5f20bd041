package campaign

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/corruptionproject/appeal/internal/money"
)

// block is one mapping of campaign.yaml while it is read. It remembers which
// keys were asked for, so that the code that reads a key is the only place
// that names it, and any other key is a mistake.
type block struct {
	found *notes
	path  string // "presets.once"; empty for the whole file
	line  int    // what is missing is reported here
	keys  []key
	asked []string
}

type key struct {
	name  string
	line  int
	value *yaml.Node
}

// item is one entry of a list.
type item struct {
	text string
	line int
	// afterComma: a comma and no space stand before it, on the same line.
	afterComma bool
}

// newBlock opens a mapping. What is no mapping is a mistake, and gives nil.
func newBlock(found *notes, path string, line int, node *yaml.Node) *block {
	b := &block{found: found, path: path, line: line}
	node = resolve(node)
	if node.Kind != yaml.MappingNode {
		found.add(settingsFile, line, path, "%s stands where settings should, each on a line of its own: \"name: value\"", kind(node))
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		if at := b.index(name.Value); at >= 0 {
			found.add(settingsFile, name.Line, b.at(name.Value), "stands here again, after line %d; keep one of them", b.keys[at].line)
			continue
		}
		b.keys = append(b.keys, key{name: name.Value, line: name.Line, value: resolve(node.Content[i+1])})
	}
	return b
}

func (b *block) index(name string) int {
	return slices.IndexFunc(b.keys, func(k key) bool { return k.name == name })
}

// at is a key's full name.
func (b *block) at(name string) string {
	if b.path == "" {
		return name
	}
	return b.path + "." + name
}

// lineOf is where a key stands, or where it should.
func (b *block) lineOf(name string) int {
	if at := b.index(name); at >= 0 {
		return b.keys[at].line
	}
	return b.line
}

// complain notes a mistake about a key, at its line.
func (b *block) complain(name, format string, args ...any) {
	b.found.add(settingsFile, b.lineOf(name), b.at(name), format, args...)
}

// find gives a key's value, nil if there is none. "key:" with nothing after it
// is none.
func (b *block) find(name string) *yaml.Node {
	b.asked = append(b.asked, name)
	at := b.index(name)
	if at < 0 || b.keys[at].value.Kind == yaml.ScalarNode && b.keys[at].value.Tag == "!!null" {
		return nil
	}
	return b.keys[at].value
}

// need is find for a key that must be there.
func (b *block) need(name, what string) *yaml.Node {
	node := b.find(name)
	if node == nil {
		b.complain(name, "is missing; write %s", what)
	}
	return node
}

// close reports every key that nobody asked for.
func (b *block) close() {
	for _, k := range b.keys {
		if slices.Contains(b.asked, k.name) {
			continue
		}
		meant := nearest(k.name, b.asked)
		switch {
		case meant != "":
			b.complain(k.name, "there is no such setting; did you mean %s?", meant)
		case threeDigits(k.name):
			b.complain(k.name, "inside { } a comma ends a value; write amounts there in quotes: \"25,000\"")
		default:
			b.complain(k.name, "there is no such setting; take it out")
		}
	}
}

// within opens the mapping under a key, nil if there is none.
func (b *block) within(name string) *block {
	node := b.find(name)
	if node == nil {
		return nil
	}
	return newBlock(b.found, b.at(name), b.lineOf(name), node)
}

// needWithin is within for a mapping that must be there.
func (b *block) needWithin(name, what string) *block {
	if b.need(name, what) == nil {
		return nil
	}
	return b.within(name)
}

// scalar gives a single value as it was typed, trimmed.
func (b *block) scalar(name string, node *yaml.Node, what string) (string, bool) {
	if node == nil {
		return "", false
	}
	if node.Kind != yaml.ScalarNode {
		b.complain(name, "%s stands where %s should", kind(node), what)
		return "", false
	}
	return strings.TrimSpace(node.Value), true
}

// lines reads text in which line breaks mean something. Optional: "" if the
// key is not there.
func (b *block) lines(name string) string {
	node := b.find(name)
	text, ok := b.scalar(name, node, "text")
	if ok && !textual(node) {
		b.complain(name, "%s is no text to the program that reads this file; put it in quotes", node.Value)
	}
	return text
}

// text reads one piece of running text, "" if the key is not there.
func (b *block) text(name string) string {
	return unwrapped(b.lines(name))
}

// unwrapped makes one line of text that was wrapped in the file. No-break
// spaces stay: an editor set them.
func unwrapped(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), " ")
}

// needText is text for a key that must hold some.
func (b *block) needText(name, what string) string {
	text := b.text(name)
	if text == "" && b.scalarOrNone(name) {
		b.complain(name, "is missing; write %s", what)
	}
	return text
}

// scalarOrNone tells an empty value from one of a wrong kind, which was
// reported already.
func (b *block) scalarOrNone(name string) bool {
	at := b.index(name)
	return at < 0 || b.keys[at].value.Kind == yaml.ScalarNode
}

// amount reads dollars as people write them. Without the key it is the
// fallback; false says that what stands there can't be read.
func (b *block) amount(name string, fallback money.Minor) (money.Minor, bool) {
	node := b.find(name)
	if node == nil {
		return fallback, true
	}
	typed, ok := b.scalar(name, node, "an amount in dollars")
	if !ok {
		return 0, false
	}
	return b.parseAmount(name, item{text: typed, line: b.lineOf(name)})
}

func (b *block) parseAmount(name string, typed item) (money.Minor, bool) {
	amount, err := money.Parse(typed.text)
	if err != nil {
		b.found.add(settingsFile, typed.line, b.at(name), "%q can't be read as dollars; write it like 25, $25.50 or 500,000", typed.text)
		return 0, false
	}
	return amount, true
}

// whole reads a whole number from nothing up to a bound, the fallback without
// the key.
func (b *block) whole(name string, most, fallback int64) int64 {
	node := b.find(name)
	if node == nil {
		return fallback
	}
	typed, ok := b.scalar(name, node, "a whole number")
	if !ok {
		return fallback
	}
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || n < 0 || n > most {
		b.complain(name, "%q is no whole number from 0 to %d", typed, most)
		return fallback
	}
	return n
}

// flag reads true or false; without the key it is false.
func (b *block) flag(name string) bool {
	node := b.find(name)
	if node == nil {
		return false
	}
	typed, ok := b.scalar(name, node, "true or false")
	if ok && typed != "true" && typed != "false" {
		b.complain(name, "%q is neither true nor false", typed)
	}
	return typed == "true"
}

// list reads a list of single values; false says there is no such key.
func (b *block) list(name string) ([]item, bool) {
	node := b.find(name)
	if node == nil {
		return nil, false
	}
	if node.Kind != yaml.SequenceNode {
		b.complain(name, "%s stands where a list should: [one, another]", kind(node))
		return nil, true
	}
	var items []item
	for i, entry := range node.Content {
		line, after := entry.Line, i > 0 && touches(node.Content[i-1], entry)
		entry = resolve(entry)
		text := unwrapped(entry.Value)
		if entry.Kind != yaml.ScalarNode || text == "" {
			b.found.add(settingsFile, line, b.at(name), "%s stands where one entry of the list should", kind(entry))
			continue
		}
		items = append(items, item{text: text, line: line, afterComma: after})
	}
	return items, true
}

// touches tells that one entry follows another with a comma alone between
// them, as in [1,000].
func touches(entry, next *yaml.Node) bool {
	return next.Line == entry.Line && next.Column == entry.Column+len(entry.Value)+1
}

// threeDigits tells what may have been the end of an amount.
func threeDigits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil && len(s) == 3
}

// resolve follows an alias (*name) to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// textual tells text from what YAML takes for something else. Numbers and
// dates pass: as typed, they are text enough.
func textual(node *yaml.Node) bool {
	return slices.Contains([]string{"!!str", "!!int", "!!float", "!!timestamp"}, node.ShortTag())
}

// kind says in words what stands somewhere.
func kind(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.MappingNode:
		return "a group of settings"
	case strings.TrimSpace(node.Value) == "":
		return "nothing"
	default:
		return "a single value"
	}
}
