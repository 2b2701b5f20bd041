package stripesim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"strings"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// id makes the next id: the prefix and n characters that depend on the seed and on how many ids came before.
func (t *tx) id(prefix string, n int) string {
	return spell(prefix, n, t.draw())
}

// token makes a 22-character base64url token, of 128 bits.
func (t *tx) token() string {
	sum := t.draw()
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// draw is the next random value. The count of them is kept in the file, so a restart repeats none.
func (t *tx) draw() [32]byte {
	t.sim.next++
	return digest("object", t.sim.cfg.Seed, t.sim.next)
}

func digest(purpose string, numbers ...uint64) [32]byte {
	b := []byte(purpose)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return sha256.Sum256(b)
}

// spell writes a random value as a prefix and n letters and digits.
func spell(prefix string, n int, sum [32]byte) string {
	num, base, digit := new(big.Int).SetBytes(sum[:]), big.NewInt(62), new(big.Int)
	var b strings.Builder
	b.WriteString(prefix)
	for i := range n {
		if i == 40 { // 256 bits are used up
			sum = sha256.Sum256(sum[:])
			num.SetBytes(sum[:])
		}
		num.DivMod(num, base, digit)
		b.WriteByte(base62[digit.Int64()])
	}
	return b.String()
}
