package links_test

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/links"
)

const (
	receipt = "rcpt_01K0ABCDEFGHJKMNPQRSTVWXYZ"
	another = "rcpt_01K0ABCDEFGHJKMNPQRSTVWXY0"
)

var (
	signer = links.New(bytes.Repeat([]byte{7}, 32))
	now    = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	until  = time.Date(2030, 1, 1, 8, 0, 0, 0, time.UTC)
)

func TestALinkLeadsToItsReceipt(t *testing.T) {
	t.Parallel()
	token := signer.Receipt(receipt, until)
	if id, ok := signer.OpenReceipt(token, now); id != receipt || !ok {
		t.Errorf("%s opens %q, %v", token, id, ok)
	}
	if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("%s holds what an address must escape", token)
	}
}

func TestAnAlteredLinkLeadsNowhere(t *testing.T) {
	t.Parallel()
	token := signer.Receipt(receipt, until)
	for at := range len(token) {
		for bit := range 8 {
			altered := []byte(token)
			altered[at] ^= 1 << bit
			if id, ok := signer.OpenReceipt(string(altered), now); ok || id != "" {
				t.Fatalf("with bit %d of character %d altered it opens %q", bit, at, id)
			}
		}
	}
}

func TestASignatureIsGoodForItsOwnReceiptAndMomentAlone(t *testing.T) {
	t.Parallel()
	token, other := signer.Receipt(receipt, until), signer.Receipt(another, until)
	later := signer.Receipt(receipt, until.AddDate(10, 0, 0))
	for name, forged := range map[string]string{
		"another receipt":   other[:26] + token[26:],
		"a later end":       later[:33] + token[33:],
		"another key":       links.New(bytes.Repeat([]byte{8}, 32)).Receipt(receipt, until),
		"the id alone":      strings.TrimPrefix(receipt, "rcpt_"),
		"without signature": token[:33],
		"nothing":           "",
	} {
		if id, ok := signer.OpenReceipt(forged, now); ok || id != "" {
			t.Errorf("%s: %q opens %q", name, forged, id)
		}
	}
}

func TestALinkHasOneSpelling(t *testing.T) {
	t.Parallel()
	token := signer.Receipt(receipt, until)
	// 22 characters of base64 hold 132 bits, so the last one has 4 to spare.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	spare := token[:len(token)-1] + string(alphabet[last^1])
	if read, err := base64.RawURLEncoding.DecodeString(spare[33:]); err != nil || len(read) != 16 {
		t.Fatalf("a lax decoder reads %q: %v", read, err)
	}
	for name, variant := range map[string]string{
		"newline after": token + "\n", "newline within": token[:40] + "\n" + token[40:], "return before": "\r" + token,
		"padding": token + "==", "space": token + " ", "NUL": token + "\x00", "slash": token + "/",
		"prefix": "rcpt_" + token, "lower case": strings.ToLower(token[:33]) + token[33:], "spare bits": spare,
		"twice": token + token,
	} {
		if id, ok := signer.OpenReceipt(variant, now); ok || id != "" {
			t.Errorf("%s: %q opens %q", name, variant, id)
		}
	}
}

func TestALinkIsGoodToTheEndOfTheThirdYearAfterTheGiftInTheCampaignsZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, received, last string }{
		{"America/Los_Angeles", "2026-12-31T23:59:59-08:00", "2029-12-31T23:59:59-08:00"},
		{"America/Los_Angeles", "2027-01-01T00:00:00-08:00", "2030-12-31T23:59:59-08:00"},
		{"Asia/Kathmandu", "2026-06-01T00:00:00Z", "2029-12-31T23:59:59+05:45"},
		{"UTC", "2028-02-29T12:00:00Z", "2031-12-31T23:59:59Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		last := at(t, c.last)
		token := signer.Receipt(receipt, links.ReceiptUntil(at(t, c.received), zone))
		if _, ok := signer.OpenReceipt(token, last); !ok {
			t.Errorf("received %s: dead at %s", c.received, c.last)
		}
		if _, ok := signer.OpenReceipt(token, last.Add(time.Second)); ok {
			t.Errorf("received %s: alive a second after %s", c.received, c.last)
		}
	}
}

func TestTenThousandGuessesOpenNothing(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8([32]byte{1})
	token := signer.Receipt(receipt, until)
	for range 10_000 {
		var guess [16]byte
		if _, err := random.Read(guess[:]); err != nil {
			t.Fatal(err)
		}
		if id, ok := signer.OpenReceipt(token[:33]+base64.RawURLEncoding.EncodeToString(guess[:]), now); ok {
			t.Fatalf("a guess opens %s", id)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}
