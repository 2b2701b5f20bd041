// Package links signs the addresses of receipts and opens them again, so that
// a link in a mail is good for years and no row has to be kept for it.
//
// It refuses to say why an address isn't good: unknown, altered and expired
// ones are told alike, in the same time. It keeps nothing, knows no database,
// and imports nothing of this module.
package links

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// Signer makes and opens links with one key, which is 32 random bytes.
type Signer struct{ key []byte }

// New returns the signer of a key. Whoever has it can make links.
func New(key []byte) Signer { return Signer{key: key} }

const (
	receiptPrefix = "rcpt_"
	idSize        = 26 // of a receipt's id without its prefix
	untilSize     = 7  // 35 bits of seconds reach beyond the year 3000
	macSize       = 16 // bytes of HMAC-SHA256 kept: 128 bits
)

// digits are those of Crockford's base32, in which ids are written, too.
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Receipt is the path segment that leads to a receipt until a moment, which is
// cut to the second: the id, the moment and their signature, in characters
// that need no escaping in an address.
func (s Signer) Receipt(id string, until time.Time) string {
	signed := strings.TrimPrefix(id, receiptPrefix) + stamp(until)
	return signed + s.mac(signed)
}

// OpenReceipt returns the id of the receipt that a segment leads to. It is not
// ok for one that this key didn't sign, that has another spelling than the
// signed one, or that has run out.
func (s Signer) OpenReceipt(token string, now time.Time) (id string, ok bool) {
	signed, mac := token, ""
	if len(token) > idSize+untilSize {
		signed, mac = token[:idSize+untilSize], token[idSize+untilSize:]
	}
	// Compared as text: a decoder would take line breaks and spare bits for
	// the same signature.
	if !hmac.Equal([]byte(mac), []byte(s.mac(signed))) {
		return "", false
	}
	if now.Unix() >= moment(signed[idSize:]) {
		return "", false
	}
	return receiptPrefix + signed[:idSize], true
}

// ReceiptUntil is when the link of a gift's receipt runs out: at the end of
// the third year after the one in which the gift was received, by the calendar
// of the campaign's zone. It is the first moment at which the link is dead.
func ReceiptUntil(received time.Time, zone *time.Location) time.Time {
	return time.Date(received.In(zone).Year()+4, time.January, 1, 0, 0, 0, 0, zone)
}

// mac signs a text as a receipt's, so that nothing else that is ever signed
// with the key can pass for one.
func (s Signer) mac(signed string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("receipt " + signed))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:macSize])
}

func stamp(t time.Time) string {
	var text [untilSize]byte
	seconds := max(0, t.Unix())
	for i := untilSize - 1; i >= 0; i-- {
		text[i] = digits[seconds&31]
		seconds >>= 5
	}
	return string(text[:])
}

// moment reads what stamp wrote: it is asked only about text that was signed.
func moment(text string) int64 {
	var seconds int64
	for _, digit := range text {
		seconds = seconds<<5 | int64(strings.IndexRune(digits, digit))
	}
	return seconds
}
