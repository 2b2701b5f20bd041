package handlers

import (
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
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
	v := sampleViews(t, sampleCampaign(t))
	for _, e := range receipttest.Cases() {
		d := e.Document()
		page, err := v.receipt(d, "/receipts/R.pdf", "")
		p := parse(t, page, err)
		p.in("h1", hasText(d.Heading))
		p.in(".tools a", hasAttr("href", "/receipts/R.pdf"))
		shown := textOf(p.all("article")[0])
		for _, words := range receipttest.Words(d) {
			if !strings.Contains(shown, words) {
				t.Errorf("%s: the page does not say %q", e.Name, words)
			}
		}
		if strings.Contains(string(page), "jordan@example.org") {
			t.Errorf("%s: the page tells the donor's address", e.Name)
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
