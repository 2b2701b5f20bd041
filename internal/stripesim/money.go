package stripesim

import (
	"fmt"
	"strconv"
	"strings"
)

// currencies are those the simulator takes, with the least that can be charged in minor units
// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
var currencies = map[string]int64{
	"usd": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400,
	"huf": 17500, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
}

func knownCurrency(code string) bool { return currencies[code] > 0 }

func leastCharge(code string) int64 { return currencies[code] }

// zeroDecimal tells whether the currency's minor unit is its whole one (https://docs.stripe.com/currencies#zero-decimal).
func zeroDecimal(code string) bool { return code == "jpy" || code == "krw" }

// display writes an amount for the payment page: $1,234.50, EUR 12.00, JPY 500.
func display(minor int64, code string) string {
	whole, cents := minor, ""
	if !zeroDecimal(code) {
		whole, cents = minor/100, fmt.Sprintf(".%02d", minor%100)
	}
	digits := strconv.FormatInt(whole, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if code == "usd" {
		return "$" + b.String() + cents
	}
	return strings.ToUpper(code) + " " + b.String() + cents
}

// fee is Stripe's price for a domestic card: 2.9 % rounded half up, and 30 minor units.
func fee(amount int64) int64 { return percentage(amount, 290) + 30 }

// percentage is a rate in basis points of an amount, rounded half up.
func percentage(amount, basisPoints int64) int64 { return (amount*basisPoints + 5000) / 10000 }

// withFees is the smallest total that leaves at least the gift after a fee of basisPoints and fixed.
func withFees(gift, basisPoints, fixed int64) int64 {
	// The answer lies at or a cent or two around this bound; step to the exact one.
	t := (gift + fixed) * 10000 / (10000 - basisPoints)
	for t > gift && t-1-percentage(t-1, basisPoints)-fixed >= gift {
		t--
	}
	for t-percentage(t, basisPoints)-fixed < gift {
		t++
	}
	return t
}
