package receipt_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/models"
)

// asking is a campaign that offers these frequencies.
func asking(offered ...models.Frequency) models.Campaign {
	c := receipttest.Campaign()
	c.Frequencies, c.Least, c.Fee = offered, 3_00, money.FeeRate{BasisPoints: 290, Fixed: 30}
	c.Presets = map[models.Frequency]models.Presets{}
	for _, f := range offered {
		c.Presets[f] = models.Presets{Amounts: []money.Minor{25_00, 50_00}, Default: 50_00}
	}
	return c
}

func TestASampleSaysSoWhereverAReceiptSaysWhatItIs(t *testing.T) {
	d := receipt.Sample(asking(models.Once), receipttest.Later)
	if want := "This is a sample; no gift was made."; d.Notice != want {
		t.Errorf("the notice is %q", d.Notice)
	}
	for name, said := range map[string]string{
		"Sample: Receipt for your $51.80 gift to Mother Jones": d.Subject, "Sample of a receipt for your contribution": d.Heading,
		"Receipt No. SAMPLE": d.Number, "SAMPLE": d.Reference,
	} {
		if said != name {
			t.Errorf("it says %q, want %q", said, name)
		}
	}
	if d.Title != d.Number || !slices.Contains(d.Facts, receipt.Fact{Name: "Receipt number", Value: "No. SAMPLE"}) {
		t.Errorf("its number is %q and %v", d.Title, d.Facts)
	}
	if d.Statements[0] != verbatim || d.Money[len(d.Money)-1].Value != "$51.80" {
		t.Errorf("it shows %q and %v, and not what a receipt shows", d.Statements[0], d.Money)
	}
	var pdf bytes.Buffer
	if err := d.PDF(&pdf); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-")) {
		t.Errorf("the PDF is %d bytes, %v", pdf.Len(), err)
	}
}

func TestASampleShowsWhatTheCampaignsReceiptsCanShow(t *testing.T) {
	monthly := receipt.Sample(asking(models.Monthly), receipttest.Later)
	if !strings.HasPrefix(strings.Join(monthly.Schedule, " "), "You give $51.80 a month until you cancel") {
		t.Errorf("a monthly campaign's says %q", monthly.Schedule)
	}
	c := asking(models.Once, models.Monthly)
	c.Receipts = models.ReceiptSettings{
		Disclosures: []string{"FLORIDA: A COPY …"}, Benefit: models.Benefit{Description: "A year of the magazine", Value: 36_00, From: 100_00},
	}
	c.Presets[models.Once] = models.Presets{Amounts: []money.Minor{25_00}} // none is chosen at first
	given := receipt.Sample(c, receipttest.Later)
	if said := given.Statements[0]; !strings.Contains(said, "A year of the magazine. Its value, by our good-faith estimate, is $36.00.") {
		t.Errorf("of what donors get it says %q", said)
	}
	if len(given.Disclosures) != 1 || given.Money[0].Value != "$100.00" {
		t.Errorf("it shows %q and %v", given.Disclosures, given.Money)
	}
}
