package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value that prints, logs and marshals as "[set]" or "[not set]",
// whatever it holds. Reveal is the only way to it.
type Secret struct {
	// A pointer, because fmt calls no method on what lies in an unexported
	// field of somebody's struct: it would print a string, but prints an
	// address.
	value *string
}

// NewSecret hides a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal gives the value itself, for the one place that uses it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String tells only whether there is a value.
func (s Secret) String() string {
	if s.value == nil {
		return "[not set]"
	}
	return "[set]"
}

// Format prints String for every verb, also for those that make no sense.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for JSON, XML, YAML and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is String, quoted.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue is String, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
