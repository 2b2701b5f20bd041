package money_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
)

func ExampleParse() {
	amount, err := money.Parse("$1,250.50")
	fmt.Println(int64(amount), err)
	_, err = money.Parse("1e3")
	fmt.Println(err)
	// Output:
	// 125050 <nil>
	// not an amount of money
}

func ExampleMinor_String() {
	fmt.Println(money.Minor(123450), money.Minor(123450).Whole(), money.Minor(5000).Short(), money.Minor(-300))
	// Output: $1,234.50 $1,234 $50 −$3.00
}

func TestPeopleTypeAmountsInManyWays(t *testing.T) {
	for typed, want := range map[string]money.Minor{
		"75": 7500, "$75": 7500, " $ 75.00 ": 7500, "75.5": 7550, "75.": 7500, "19.99": 1999,
		"1,000": 100000, "1 000": 100000, "12,345,678.90": 1234567890, "007": 700, "0": 0, "0.01": 1,
		"3": 300, "25000": 2500000, "999999999": 99999999900,
	} {
		got, err := money.Parse(typed)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", typed, got, err, want)
		}
	}
}

func TestWhatIsNotPlainlyAnAmountIsRefused(t *testing.T) {
	for _, typed := range []string{
		"", " ", "$", "$$5", "5$", "1e3", "12.345", "1.000,00", "1,00", "1,0000", ",100", "1000,000", "-5", "+5", "−5",
		"٥", "５", "0x10", "1_000", "5 0", "1,000 000", "NaN", "Inf", "1.2.3", "ten", "9999999999", strings.Repeat("9", 400),
		"5\x00", ".", "$.", ".50", "1. 5", "١٢٣",
	} {
		if got, err := money.Parse(typed); err == nil {
			t.Errorf("Parse(%q) = %d; want an error", typed, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"75", "$1,250.50", "1e3", " 5", "٥"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		amount, err := money.Parse(typed)
		if err != nil {
			return
		}
		again, err := money.Parse(amount.String())
		if err != nil || again != amount {
			t.Fatalf("%q reads as %d, is written %q, and reads back as %d, %v", typed, amount, amount, again, err)
		}
	})
}

func TestCoveredFeesAreTheSmallestTotalThatLeavesTheWholeGift(t *testing.T) {
	rates := []money.FeeRate{{BasisPoints: 290, Fixed: 30}, {BasisPoints: 220, Fixed: 30}, {BasisPoints: 0, Fixed: 0}, {BasisPoints: 3333, Fixed: 1}}
	for _, rate := range rates {
		for gift := money.Minor(300); gift <= 120000; gift += 7 {
			total := rate.Covering(gift)
			if total-rate.Of(total) < gift {
				t.Fatalf("%+v: %d covering %d leaves %d", rate, total, gift, total-rate.Of(total))
			}
			if less := total - 1; less >= gift && less-rate.Of(less) >= gift {
				t.Fatalf("%+v: %d would already cover %d, not %d", rate, less, gift, total)
			}
		}
	}
	if got := rates[0].Covering(5000); got != 5180 {
		t.Errorf("covering $50 at 2.9%% + 30¢ is %s; want $51.80", got)
	}
}
