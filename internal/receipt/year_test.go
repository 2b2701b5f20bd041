package receipt_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/models"
)

// magazine is a gift that brought what is worth $36.00.
var magazine = models.YearGift{ReceivedAt: receipttest.Later, Amount: 100_00, Benefit: "A year of the magazine", BenefitValue: 36_00}

// yearOf sums what is in a year, as the books do.
func yearOf(gifts ...models.YearGift) models.YearSummary {
	y := models.YearSummary{Year: 2027, Gifts: gifts}
	for _, g := range gifts {
		y.Stands += g.Stands()
		if !y.Apart(g) {
			y.Summed, y.Benefits = y.Summed+g.Stands(), y.Benefits+min(g.BenefitValue, g.Stands())
		}
	}
	return y
}

func TestAYearSaysOfGoodsAndServicesWhatItsGiftsBroughtAndNotWhatTheCampaignNowPromises(t *testing.T) {
	t.Parallel()
	plain := models.YearGift{ReceivedAt: receipttest.Later, Amount: 50_00}
	promising := receipttest.Campaign()
	promising.Receipts.Benefit = models.Benefit{Description: "A mug", Value: 8_00, From: 20_00}
	for name, c := range map[string]struct {
		of   models.Campaign
		year models.YearSummary
		want []string
	}{
		"a gift that brought something, of a campaign that promises nothing any more": {receipttest.Campaign(), yearOf(magazine), []string{
			"Example Foundation for News provided what stands with a contribution in exchange for it, of that value by our good-faith estimate.",
		}},
		"two gifts, of which one brought something": {receipttest.Campaign(), yearOf(magazine, plain), []string{
			"Example Foundation for News provided what stands with a contribution in exchange for it, of that value by our good-faith estimate.",
			"Example Foundation for News provided no goods or services in exchange for the other contributions.",
		}},
		"a gift that was made before the campaign promised anything": {promising, yearOf(plain), []string{
			"Example Foundation for News provided no goods or services in exchange for these contributions.",
		}},
	} {
		got := receipt.OfYear(c.of, c.year).Statements
		if diff := cmp.Diff(c.want, got[:len(got)-2]); diff != "" {
			t.Errorf("%s (−want +got):\n%s", name, diff)
		}
	}
}

func TestAYearSubtractsWhatItsGiftsBrought(t *testing.T) {
	t.Parallel()
	partly := magazine
	partly.Refunded = 70_00 // $30.00 are left, and no deduction is less than nothing
	said := receipt.OfYear(receipttest.Campaign(), yearOf(magazine, partly, models.YearGift{ReceivedAt: receipttest.Later, Amount: 50_00}))
	want := []receipt.Line{
		{Name: "Given in 2027", Value: "$180.00"},
		{Name: "Value of what you received in return", Value: "−$66.00"},
		{Name: "Deductible contributions of 2027 (USD)", Value: "$114.00", Total: true},
	}
	if diff := cmp.Diff(want, said.Sums); diff != "" {
		t.Errorf("the sums (−want +got):\n%s", diff)
	}
	if !strings.Contains(strings.Join(said.Statements, " "), "limited to what you paid above the value of what you received in return, $114.00.") {
		t.Errorf("the statements are %q", said.Statements)
	}
}

func TestACheckCountsForTheYearInWhichItWasMailed(t *testing.T) {
	t.Parallel()
	before, same := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
	received := time.Date(2027, 1, 4, 12, 0, 0, 0, receipttest.Pacific).UTC()
	check := models.YearGift{Reference: "CP-1", ReceivedAt: received, Amount: 1_000_00, Method: models.Check, Postmark: &before}
	said := receipt.OfYear(receipttest.Campaign(), yearOf(check))
	if want := "Not in the total: $1,000.00, a check that was mailed on December 30, 2026 and counts for 2026 (received January 4, 2027, CP-1)."; !slices.Equal(said.Apart, []string{want}) {
		t.Errorf("it says %q", said.Apart)
	}
	if len(said.Sums) != 0 || strings.Contains(strings.Join(said.Statements, " "), "are tax-deductible") {
		t.Errorf("nothing counts in 2027, and it says %v, %q", said.Sums, said.Statements)
	}
	check.Postmark = &same
	if said = receipt.OfYear(receipttest.Campaign(), yearOf(check)); len(said.Apart) != 0 || said.Sums[0].Value != "$1,000.00" || receipt.GiftOfYear(check) != "postmark January 2, 2027" {
		t.Errorf("it says %+v", said)
	}
}
