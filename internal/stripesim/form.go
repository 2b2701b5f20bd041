package stripesim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxFields = 1000 // more than any call needs: 100 lines of 8 fields, and metadata
	maxDepth  = 6
)

// node is a parameter tree: Stripe's form encoding nests with brackets, a[b][0][c]=v, and appends with a[]=v.
type node struct {
	name  string // as the client wrote it, for error messages
	value string
	leaf  bool
	kids  map[string]*node
}

// parseForm decodes a query or form body. It returns an apiError for what Stripe can't read either.
func parseForm(encoded string) (*node, error) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, invalid("", "", "Invalid request: the parameters are not form-encoded.")
	}
	if len(values) > maxFields {
		return nil, invalid("", "", "Invalid request: more than %d parameters.", maxFields)
	}
	root := &node{}
	for _, key := range sortedKeys(values) {
		if !utf8.ValidString(key) {
			return nil, invalid("", "", "Invalid request: a parameter's name is not UTF-8.")
		}
		for _, value := range values[key] {
			if !utf8.ValidString(value) {
				return nil, invalid(key, "", "Invalid string: %s is not UTF-8.", key)
			}
			if err := root.set(key, value); err != nil {
				return nil, err
			}
		}
	}
	return root, nil
}

// set walks to the place a key names and puts the value there.
func (n *node) set(key, value string) error {
	path, ok := splitKey(key)
	if !ok {
		return invalid(key, "parameter_unknown", "Received unknown parameter: %s", key)
	}
	for i, part := range path {
		if n.leaf {
			return invalid(n.name, "", "Invalid %s: it is given both as a value and as a hash", n.name)
		}
		if part == "" { // a[]: the next free index
			part = strconv.Itoa(len(n.kids))
		}
		kid := n.kids[part]
		if kid == nil {
			kid = &node{name: joinName(n.name, part)}
			if n.kids == nil {
				n.kids = map[string]*node{}
			}
			n.kids[part] = kid
		}
		n = kid
		if i == len(path)-1 && (n.leaf || n.kids != nil) {
			return invalid(n.name, "", "Invalid %s: it is given twice", n.name)
		}
	}
	n.leaf, n.value = true, value
	return nil
}

// splitKey cuts a[b][c] into a, b, c.
func splitKey(key string) ([]string, bool) {
	head, rest, nested := strings.Cut(key, "[")
	path := []string{head}
	if head == "" || strings.Contains(head, "]") {
		return nil, false
	}
	for nested {
		var part string
		var closed bool
		part, rest, closed = strings.Cut(rest, "]")
		if !closed || strings.Contains(part, "[") || len(path) == maxDepth {
			return nil, false
		}
		path = append(path, part)
		if rest == "" {
			return path, true
		}
		if rest[0] != '[' {
			return nil, false
		}
		rest = rest[1:]
	}
	return path, true
}

func joinName(parent, part string) string {
	if parent == "" {
		return part
	}
	return parent + "[" + part + "]"
}

// at is the node below, or an empty one that knows its name, so that lookups chain.
func (n *node) at(path ...string) *node {
	for _, part := range path {
		kid := n.kids[part]
		if kid == nil {
			kid = &node{name: joinName(n.name, part)}
		}
		n = kid
	}
	return n
}

func (n *node) given() bool { return n.leaf || n.kids != nil }

// items are an array's elements in index order.
func (n *node) items() []*node {
	keys := make([]string, 0, len(n.kids))
	for k := range n.kids {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	out := make([]*node, 0, len(keys))
	for _, k := range keys {
		out = append(out, n.kids[k])
	}
	return out
}

// onlyKnown reports the first parameter outside allowed; expand[] is always allowed. A pattern names arrays with [] and free keys with [*].
func (n *node) onlyKnown(allowed []string) error {
	return n.check("", func(pattern string) bool {
		return pattern == "expand[]" || slices.Contains(allowed, pattern)
	})
}

func (n *node) check(pattern string, known func(string) bool) error {
	if n.leaf && !known(pattern) {
		return invalid(n.name, "parameter_unknown", "Received unknown parameter: %s", n.name)
	}
	for _, key := range sortedKeys(n.kids) {
		kid, next := n.kids[key], joinName(pattern, key)
		if _, err := strconv.ParseUint(key, 10, 16); err == nil && pattern != "" && !strings.HasSuffix(pattern, "metadata") &&
			!strings.HasSuffix(pattern, "metadata]") {
			next = pattern + "[]"
		} else if free := pattern + "[*]"; known(free) {
			next = free
		}
		if err := kid.check(next, known); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
