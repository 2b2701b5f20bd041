package stripesim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text reads an optional string of at most limit characters. An empty one is refused, as Stripe does.
func (n *node) text(limit int) (string, error) {
	if !n.given() {
		return "", nil
	}
	if !n.leaf {
		return "", invalid(n.name, "", "Invalid string: %s", n.name)
	}
	if n.value == "" {
		return "", invalid(n.name, "parameter_invalid_empty",
			"You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; however '%s' cannot be unset.", n.name, n.name)
	}
	if utf8.RuneCountInString(n.value) > limit {
		return "", invalid(n.name, "", "Invalid string: %s must be at most %d characters", n.name, limit)
	}
	return n.value, nil
}

// required is text that must be there.
func (n *node) required(limit int) (string, error) {
	if !n.given() {
		return "", missingParam(n.name)
	}
	return n.text(limit)
}

// optional is text that is null when not given.
func (n *node) optional(limit int) (*string, error) {
	s, err := n.text(limit)
	if err != nil || s == "" {
		return nil, err
	}
	return &s, nil
}

// integer reads an optional whole number; given tells whether it was there.
func (n *node) integer() (v int64, given bool, err error) {
	s, err := n.text(32)
	if err != nil || s == "" {
		return 0, false, err
	}
	v, err = strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, true, invalid(n.name, "parameter_invalid_integer", "Invalid integer: %s", s)
	}
	return v, true, nil
}

// oneOf reads an optional word out of a list.
func (n *node) oneOf(words ...string) (string, error) {
	s, err := n.text(100)
	if err != nil || s == "" || slices.Contains(words, s) {
		return s, err
	}
	return "", invalid(n.name, "", "Invalid %s: must be one of %s", n.name, strings.Join(words, ", "))
}

// flag reads an optional boolean; given tells whether it was there.
func (n *node) flag() (v, given bool, err error) {
	s, err := n.text(5)
	if err != nil || s == "" {
		return false, false, err
	}
	if s != "true" && s != "false" {
		return false, true, invalid(n.name, "", "Invalid boolean: %s", s)
	}
	return s == "true", true, nil
}

// webURL reads an optional http or https address.
func (n *node) webURL() (string, error) {
	s, err := n.text(5000)
	if err != nil || s == "" {
		return "", err
	}
	// The placeholder's braces are Stripe's own and need no escaping.
	if !isWebURL(strings.ReplaceAll(s, sessionPlaceholder, "id")) {
		return "", invalid(n.name, "url_invalid", "Not a valid URL")
	}
	return s, nil
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// settable is text that an update sets, leaves as it was where not given, or unsets with an empty value.
func (n *node) settable(limit int, was *string) (*string, error) {
	switch {
	case !n.given():
		return was, nil
	case n.leaf && n.value == "":
		return nil, nil
	}
	return n.optional(limit)
}

// settableURL is settable for an http or https address.
func (n *node) settableURL(was *string) (*string, error) {
	v, err := n.settable(5000, was)
	if err != nil || v == nil || v == was {
		return v, err
	}
	_, err = n.webURL()
	return v, err
}

// setFlag changes a boolean where one is given.
func (n *node) setFlag(v *bool) error {
	set, given, err := n.flag()
	if err == nil && given {
		*v = set
	}
	return err
}

// changes are what an update makes of metadata: keys given are set, empty ones and, for an empty hash, all are unset,
// the others stay.
func (n *node) changes(was map[string]string) (map[string]string, error) {
	out, err := n.metadata()
	if err != nil || n.leaf {
		return out, err
	}
	for key, value := range was {
		if n.kids[key] == nil {
			out[key] = value
		}
	}
	return out, nil
}

// metadata reads a set of free keys, with Stripe's limits (https://docs.stripe.com/api/metadata): 50 keys of 40 characters,
// values of 500. An empty value unsets its key.
func (n *node) metadata() (map[string]string, error) {
	out := map[string]string{}
	if n.leaf && n.value != "" {
		return nil, invalid(n.name, "", "Invalid hash: %s", n.name)
	}
	for _, key := range sortedKeys(n.kids) {
		kid := n.kids[key]
		switch {
		case !kid.leaf:
			return nil, invalid(kid.name, "", "Metadata values must be strings, but for key '%s' you passed in a value of type hash", key)
		case utf8.RuneCountInString(key) > 40:
			return nil, invalid(n.name, "", "Metadata keys must be at most 40 characters: '%s'", key)
		case utf8.RuneCountInString(kid.value) > 500:
			return nil, invalid(n.name, "", "Metadata values can have up to 500 characters, but you passed in a value that is %d characters. Invalid value: %s",
				utf8.RuneCountInString(kid.value), key)
		case kid.value != "":
			out[key] = kid.value
		}
	}
	if len(out) > 50 {
		return nil, invalid(n.name, "", "You can only specify up to 50 keys, you passed in %d keys", len(out))
	}
	return out, nil
}
