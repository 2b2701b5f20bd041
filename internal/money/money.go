// Package money holds amounts as whole minor units (cents of a dollar), reads
// what people type, and writes what people read.
//
// It refuses floats: no amount passes through one, in either direction. It
// knows nothing of databases, Stripe or pages.
package money

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// Minor is an amount in the minor unit of the books' one currency: 1250 is
// $12.50. Negative amounts are money that left.
type Minor int64

// Currency is a lower-case ISO 4217 code, written as Stripe writes it: "usd".
type Currency string

// Money is an amount that comes from outside, where the currency can't be
// taken for granted.
type Money struct {
	Minor    Minor
	Currency Currency
}

// ErrNotAnAmount says that a typed amount can't be read as one.
var ErrNotAnAmount = errors.New("not an amount of money")

// maxTyped bounds the digits before the point, so that no typed number can
// overflow: 999,999,999 dollars is beyond any gift.
const maxTyped = 9

// Parse reads an amount in dollars as people type it: "75", "$75", " 75.50 ",
// "1,250". Only the digits 0 to 9 count, commas (or single spaces) stand only
// where thousands do, and at most two decimals follow one point. It returns
// ErrNotAnAmount for all else: "1e3", "12.345", "1.000,00", "-5", "٥".
func Parse(typed string) (Minor, error) {
	s := strings.TrimSpace(typed)
	s = strings.TrimSpace(strings.TrimPrefix(s, "$"))
	whole, decimals, _ := strings.Cut(s, ".")
	dollars, ok := ungroup(whole)
	if !ok || !digits(dollars) || len(decimals) > 2 || (decimals != "" && !digits(decimals)) {
		return 0, ErrNotAnAmount
	}
	dollars = strings.TrimLeft(dollars, "0")
	if len(dollars) > maxTyped {
		return 0, ErrNotAnAmount
	}
	minor, err := strconv.ParseInt(dollars+(decimals + "00")[:2], 10, 64)
	if err != nil {
		return 0, ErrNotAnAmount
	}
	return Minor(minor), nil
}

// ungroup takes out thousands separators, if each stands where it belongs.
func ungroup(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if r != ' ' && unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, s)
	separator := ","
	if strings.Contains(s, " ") {
		separator = " "
	}
	groups := strings.Split(s, separator)
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && (g == "" || len(g) > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func digits(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// String writes the amount for receipts and finance: "$1,234.50", "−$3.00"
// with a real minus sign (U+2212).
func (m Minor) String() string {
	sign, u := "", uint64(m) //nolint:gosec // wraps for a negative amount, which the next lines mend
	if m < 0 {
		sign, u = "−", -uint64(m) //nolint:gosec // right for the least amount, too, which has no negation
	}
	cents := strconv.FormatUint(u%100, 10)
	if len(cents) < 2 {
		cents = "0" + cents
	}
	return sign + "$" + grouped(u/100) + "." + cents
}

// Whole writes a sum for public pages: whole dollars, cut toward zero,
// "$1,234".
func (m Minor) Whole() string {
	s := m.String()
	return s[:len(s)-3]
}

// Short writes one gift's amount: cents only where it has any, "$50" or
// "$1,250.50".
func (m Minor) Short() string {
	if m%100 == 0 {
		return m.Whole()
	}
	return m.String()
}

// Decimal writes the amount as a plain decimal number with two places, as
// forms and spreadsheets want it: "1234.50", "-3.00".
func (m Minor) Decimal() string {
	s := strings.ReplaceAll(strings.Replace(m.String(), "$", "", 1), ",", "")
	return strings.Replace(s, "−", "-", 1)
}

// Count writes how many there are: "4,106".
func Count(n int64) string {
	if n < 0 {
		return "−" + grouped(-uint64(n)) //nolint:gosec // right for the least number, too, which has no negation
	}
	return grouped(uint64(n))
}

func grouped(u uint64) string {
	s := strconv.FormatUint(u, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// FeeRate is what the card processor keeps of a payment: a share in basis
// points (290 is 2.9 %) and a fixed part.
type FeeRate struct {
	BasisPoints int64 `yaml:"basis_points"`
	Fixed       Minor `yaml:"fixed_cents"`
}

// Of reckons the fee on a payment: the share rounded half up to a cent, plus
// the fixed part.
func (f FeeRate) Of(total Minor) Minor {
	return Minor((int64(total)*f.BasisPoints+5000)/10000) + f.Fixed
}

// Covering returns the smallest total that leaves the whole gift once the fee
// is taken: the least t with t − fee(t) ≥ gift. The reader who covers fees is
// charged exactly t, and is shown t − gift before paying.
func (f FeeRate) Covering(gift Minor) Minor {
	// A lower bound first (the fee on t is at least the fee on the gift), then
	// single cents: the rate is far below 100 %, so this ends at once.
	t := gift + f.Of(gift)
	for t-f.Of(t) < gift {
		short := gift - (t - f.Of(t))
		t += short
	}
	for t > gift && t-1-f.Of(t-1) >= gift {
		t--
	}
	return t
}
