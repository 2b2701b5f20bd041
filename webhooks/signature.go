package webhooks

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

// tolerance is how far a signature's timestamp may be off our clock, either
// way: Stripe's own default, which stripe-go applies to the past alone.
const tolerance = 300 * time.Second

var (
	errNotSigned = errors.New("not signed by a secret we know")
	errSkewed    = errors.New("signed more than 300 s off our clock")
)

// verify checks the signature of the exact bytes received against each secret
// (several, while one replaces another) and its time against our clock.
func verify(payload []byte, header string, secrets []string, now time.Time) error {
	signed := errNotSigned
	for _, secret := range secrets {
		// An empty secret would verify anybody's signature with an empty key.
		if secret != "" && webhook.ValidatePayloadIgnoringTolerance(payload, header, secret) == nil {
			signed = nil
			break
		}
	}
	if signed != nil {
		return signed
	}
	at, ok := signedAt(header)
	if off := now.Sub(at); !ok || off > tolerance || off < -tolerance {
		return errSkewed
	}
	return nil
}

// signedAt reads the header's timestamp; ok is false where it has none or
// several.
func signedAt(header string) (at time.Time, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		value, found := strings.CutPrefix(part, "t=")
		if !found {
			continue
		}
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || ok {
			return time.Time{}, false
		}
		at, ok = time.Unix(seconds, 0), true
	}
	return at, ok
}
