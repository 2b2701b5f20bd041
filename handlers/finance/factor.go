package finance

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/corruptionproject/appeal/models"
)

// sealer keeps second factors so that the database alone opens nothing.
type sealer struct{ cipher.AEAD }

// newSealer derives its key from the service's secret key.
func newSealer(key []byte) (sealer, error) {
	if len(key) < 32 {
		return sealer{}, errors.New("finance: a secret key of 32 bytes is needed")
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "appeal: second factors of staff", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("finance: derive a key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return sealer{}, fmt.Errorf("finance: use the key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("finance: use the key: %w", err)
	}
	return sealer{aead}, nil
}

// close seals a secret for one purpose and one person.
func (s sealer) close(secret, purpose string, who models.Staff) string {
	return base64.RawURLEncoding.EncodeToString(s.Seal(nil, nil, []byte(secret), []byte(purpose+" "+who.ID))) //nolint:gosec // it makes a nonce of its own
}

// open is its reverse; false for what was not sealed so.
func (s sealer) open(sealed, purpose string, who models.Staff) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", false
	}
	secret, err := s.Open(nil, nil, raw, []byte(purpose+" "+who.ID))
	return string(secret), err == nil
}

// What is sealed: a factor that is used, and one that is being set up.
const (
	inUse     = "factor"
	beingMade = "set-up"
)

// stepLength is how long one code is shown (RFC 6238).
const stepLength = 30 * time.Second

// stepOf finds the time step of which a typed code is the code: this one, or
// its neighbours, as clocks differ.
func stepOf(secret, typed string, now time.Time) (step int64, good bool) {
	typed = strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	this := now.Unix() / int64(stepLength/time.Second)
	for s := this - 1; s <= this+1; s++ {
		code, err := hotp.GenerateCode(secret, uint64(s)) //nolint:gosec // no time before 1970
		if err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			step, good = s, true
		}
	}
	return step, good
}

// secondFactor reports whether a code is right for whoever has a second factor:
// one from the app that was not used yet, or a recovery code, which is used up.
func (r *Rooms) secondFactor(v *visit, who models.Staff, code string) (bool, error) {
	if who.Factor == "" {
		return true, nil
	}
	secret, ok := r.seal.open(who.Factor, inUse, who)
	if !ok {
		return false, errors.New("finance: a second factor can't be opened; was APPEAL_SECRET_KEY changed?")
	}
	if step, good := stepOf(secret, code, r.Now()); good {
		return r.Store.UseStep(v.ctx(), who.ID, step)
	}
	return r.Store.UseRecoveryCode(v.ctx(), who, code)
}

// newFactor is a second factor that somebody may set up.
type newFactor struct {
	Secret  string // to type, in groups of four
	Picture template.HTML
	Sealed  string // comes back with the form
}

// newFactor shows a secret as a picture for an app and as letters to type;
// where there is none yet, a new one.
func (r *Rooms) newFactor(who models.Staff, secret string) (newFactor, error) {
	raw, err := unpadded.DecodeString(secret)
	if err != nil || secret == "" {
		raw = make([]byte, 20) // RFC 4226 wants 160 bits
		if _, err := rand.Read(raw); err != nil {
			return newFactor{}, fmt.Errorf("finance: make a second factor: %w", err)
		}
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: r.Campaign.Title, AccountName: who.Email, Secret: raw})
	if err != nil {
		return newFactor{}, fmt.Errorf("finance: make a second factor: %w", err)
	}
	picture, err := qrCode(key.URL())
	if err != nil {
		return newFactor{}, err
	}
	return newFactor{Secret: grouped(key.Secret()), Picture: picture, Sealed: r.seal.close(key.Secret(), beingMade, who)}, nil
}

// unpadded is how apps write a secret.
var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

func grouped(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// qrCode draws a QR code. It brings its own light ground, with the four modules
// of margin that readers need: on dark ground few can read one.
func qrCode(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("finance: draw a QR code: %w", err)
	}
	const margin = 4
	size := code.Bounds().Dx()
	whole := strconv.Itoa(size + 2*margin)
	var b strings.Builder
	b.WriteString(`<svg class="qr" role="img" aria-label="QR code for an authenticator app" viewBox="0 0 ` + whole + ` ` + whole +
		`" shape-rendering="crispEdges"><path fill="#ffffff" d="M0 0h` + whole + `v` + whole + `H0z"/><path fill="#000000" d="`)
	for y := range size {
		for x := range size {
			if red, _, _, _ := code.At(x, y).RGBA(); red == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // numbers and words written here
}
