package models

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"
)

// crockford is Douglas Crockford's base32: no I, L, O or U, so that it can be
// read aloud.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ids makes identifiers from an injected source of randomness.
type ids struct{ random io.Reader }

func (g ids) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(g.random, b); err != nil {
		return nil, fmt.Errorf("models: read randomness: %w", err)
	}
	return b, nil
}

// token is 128 random bits, 22 characters of base64url.
func (g ids) token() (string, error) {
	b, err := g.bytes(16)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// ValidToken reports whether s has the form of a token.
func ValidToken(s string) bool {
	// The length too: the decoder passes over line breaks.
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 16 && len(s) == base64.RawURLEncoding.EncodedLen(16)
}

// reference is what donors quote: "CP-" and 40 random bits.
func (g ids) reference() (string, error) {
	b, err := g.bytes(8)
	if err != nil {
		return "", err
	}
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return referencePrefix + string(b), nil
}

// referenceOf is the reference of a renewal: it follows from the invoice, so
// that books rebuilt from Stripe give it again. try tells apart the few whose
// first is taken.
func referenceOf(invoice string, try int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "reference %d of %s", try, invoice))
	b := sum[:8]
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return referencePrefix + string(b)
}

const referencePrefix = "CP-"

// ValidReference reports whether s has the form of a reference.
func ValidReference(s string) bool {
	if len(s) != len(referencePrefix)+8 || s[:len(referencePrefix)] != referencePrefix {
		return false
	}
	for _, r := range s[len(referencePrefix):] {
		if r >= 'a' || (r < '0' || r > '9') && (r < 'A' || r > 'Z' || r == 'I' || r == 'L' || r == 'O' || r == 'U') {
			return false
		}
	}
	return true
}

// sortable is an opaque id that sorts by the time it was made: 48 bits of
// milliseconds, then 80 random bits, in base32.
func (g ids) sortable(prefix string, at time.Time) (string, error) {
	random, err := g.bytes(16)
	if err != nil {
		return "", err
	}
	for i := range random {
		random[i] = crockford[random[i]&31]
	}
	return prefix + sortableTime(at) + string(random), nil
}

// sortableTime is what all sortable ids of a millisecond begin with, after
// their prefix.
func sortableTime(at time.Time) string {
	id := make([]byte, 10)
	ms := uint64(max(0, at.UnixMilli()))
	for i := 9; i >= 0; i-- {
		id[i] = crockford[ms&31]
		ms >>= 5
	}
	return string(id)
}
