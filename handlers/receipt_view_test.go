package handlers

import (
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// receiptOf is the document of a gift that was paid by card.
func receiptOf(c models.Campaign) models.ReceiptDocument {
	at := june18(c).UTC()
	first := models.Receipt{ID: "rcpt_1", Number: 42, Kind: models.FirstReceipt, Amount: 51_80, IssuedAt: at}
	return models.ReceiptDocument{
		Receipt: first, Newest: first, Method: "visa", Last4: "4242", DonorName: "Jordan Sample", DonorEmail: "jordan@example.org",
		Donation: models.Donation{
			Reference: "CP-K7QM2FXA", Livemode: true, ReceivedAt: &at,
			Choices: models.Choices{Frequency: models.Once, Amount: 50_00, FeesCovered: 1_80},
		},
	}
}

func TestTheReceiptsPageSaysAllThatItsDocumentSays(t *testing.T) {
	c := sampleCampaign(t)
	c.Receipts.Disclosures = []string{"A sentence that a state wants."}
	changed := receiptOf(c)
	changed.Receipt = models.Receipt{ID: "rcpt_2", Number: 43, Kind: models.AmendedReceipt, Reason: models.ReasonRefund, Amount: 40_00, IssuedAt: changed.Receipt.IssuedAt}
	changed.First, changed.Replaced, changed.Newest = &changed.Newest, &changed.Newest, changed.Receipt
	monthly := receiptOf(c)
	monthly.Subscription, monthly.PaymentNo, monthly.Donation.Frequency = &models.Subscription{Status: "active", Amount: 51_80}, 3, models.Monthly
	for name, of := range map[string]models.ReceiptDocument{"first": receiptOf(c), "amended": changed, "monthly": monthly} {
		d := receipt.Of(c, of, june18(c))
		page, err := sampleViews(t, c).receipt(d, "/receipts/R.pdf", "")
		p := parse(t, page, err)
		p.in("h1", hasText(d.Heading))
		p.in(".tools a", hasAttr("href", "/receipts/R.pdf"))
		shown := textOf(p.all("article")[0])
		said := append([]string{d.Newsroom, d.Date, d.Notice, d.Greeting, d.Thanks, d.SignedName, d.SignedTitle, d.Help, d.Reference}, d.Organisation...)
		for _, f := range d.Facts {
			said = append(said, f.Name, f.Value)
		}
		for _, m := range d.Money {
			said = append(said, m.Name, m.Value)
		}
		for _, words := range [][]string{d.Statements, d.Schedule, d.Disclosures} {
			said = append(said, words...)
		}
		for _, words := range said {
			if !strings.Contains(shown, words) {
				t.Errorf("%s: the page does not say %q", name, words)
			}
		}
		if strings.Contains(string(page), "jordan@example.org") {
			t.Errorf("%s: the page tells the donor's address", name)
		}
	}
}

func TestAReceiptShowsWhatWasTypedAndDoesNothingOfIt(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	clean := receiptOf(c)
	plain, err := v.receipt(receipt.Of(c, clean, june18(c)), "/receipts/R.pdf", "")
	usual := len(parse(t, plain, err).all("[id]")) + strings.Count(string(plain), "<")
	for _, p := range hostile.Payloads() {
		d := receiptOf(c)
		d.DonorName = p.Text
		page, err := v.receipt(receipt.Of(c, d, june18(c)), "/receipts/R.pdf", "")
		got := parse(t, page, err)
		if n := len(got.all("[id]")) + strings.Count(string(page), "<"); n != usual {
			t.Errorf("%s: it adds to the page's markup", p.Name)
		}
		if want := strings.Join(strings.Fields(p.Text), " "); !strings.Contains(p.Text, "\x00") && !strings.Contains(strings.Join(strings.Fields(textOf(got.all(".facts")[0])), " "), want) {
			t.Errorf("%s: it is not shown as typed", p.Name)
		}
	}
}

func TestAThankYouPageLeadsToTheReceiptOnceThereIsOne(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	gift := paid(c, models.Received)
	for _, g := range []struct {
		given
		linked, mailed bool
	}{
		{given{Donation: gift}, false, false},
		{given{Donation: gift, receipt: "/receipts/R"}, true, false},
		{given{Donation: gift, receipt: "/receipts/R", mailed: true}, true, true},
	} {
		page, err := v.thanks(g.given, onTheWay(c), june18(c))
		p := parse(t, page, err)
		if got := len(p.all(".tools a")) == 1; got != g.linked {
			t.Errorf("with the receipt %q the page leads to it: %v", g.receipt, got)
		}
		if got := strings.Contains(textOf(p.all("main")[0]), "We have emailed your receipt."); got != g.mailed {
			t.Errorf("mailed %v, and the page says so: %v", g.mailed, got)
		}
	}
}
