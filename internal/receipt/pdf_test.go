package receipt_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/models"
)

// pages reads a document's PDF back, as the text of each of its pages.
func pages(t *testing.T, d receipt.Document) []string {
	t.Helper()
	read := exec.CommandContext(t.Context(), "pdftotext", "-raw", "-enc", "UTF-8", "-", "-")
	read.Stdin = bytes.NewReader(printed(t, d))
	text, err := read.Output()
	if err != nil {
		t.Fatalf("pdftotext (it comes with poppler-utils, which .ci/provision installs): %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
}

func printed(t *testing.T, d receipt.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.PDF(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts are all the words of a document, in the order in which they are read.
func texts(d receipt.Document) []string {
	all := []string{d.Newsroom, d.Date, d.Notice, d.Greeting, d.Thanks, d.SignedName, d.SignedTitle, d.Heading, "Received by"}
	all = append(all, d.Organisation...)
	for _, f := range d.Facts {
		all = append(all, f.Name, f.Value)
	}
	for _, m := range d.Money {
		all = append(all, m.Name, m.Value)
	}
	all = append(all, d.Statements...)
	all = append(all, d.Schedule...)
	all = append(all, d.Disclosures...)
	return append(all, "Write to "+d.Help, "Reference "+d.Reference)
}

// packed is a text without its spaces, which a line's end swallows.
func packed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func TestThePDFSaysWhatTheDocumentSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, e := range receipttest.Cases() {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			d := e.Document()
			got := pages(t, d)
			if len(got) != 1 {
				t.Fatalf("it has %d pages", len(got))
			}
			if want, got := packed(strings.Join(texts(d), " ")), packed(got[0]); got != want {
				t.Errorf("the PDF reads\n%s\nand not\n%s", got, want)
			}
		})
	}
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	e := receipttest.Cases()[0]
	d := e.Document()
	if !bytes.Equal(printed(t, d), printed(t, d)) {
		t.Error("two PDFs of one document differ")
	}
}

func TestNamesOfEuropesAlphabetsArePrinted(t *testing.T) {
	for _, name := range []string{"Łukasz Żółć-Ångström", "Ελένη Παπαδοπούλου", "Наталія Їжакевич", "Nguyễn Thị Ánh", "Şükrü Iğdır", "Zoë d’Arc"} {
		d := receipt.Of(receipttest.Campaign(), receipttest.Gift(50_00, func(d *models.ReceiptDocument) { d.DonorName = name }), receipttest.Later)
		if got := pages(t, d)[0]; !strings.Contains(packed(got), packed(name)) || strings.Contains(got, "can’t print") {
			t.Errorf("%s reads\n%s", name, got)
		}
	}
}

func TestWhatCannotBePrintedIsSaidToBeMissing(t *testing.T) {
	d := receipt.Of(receipttest.Campaign(), receipttest.Gift(50_00, func(d *models.ReceiptDocument) { d.DonorName = "山田 Hanako 🦊" }), receipttest.Later)
	if got := pages(t, d)[0]; !strings.Contains(got, "?? Hanako ?") || !strings.Contains(got, "Letters that this file can’t print") {
		t.Errorf("it reads\n%s", got)
	}
}

func TestEverythingLongFitsOnePage(t *testing.T) {
	c := receipttest.Campaign()
	c.Organisation.LegalName = strings.Repeat("The Very Long Foundation for Independent News ", 5)
	c.Organisation.Name = strings.Repeat("Newsroom ", 12)
	for range 26 {
		c.Receipts.Disclosures = append(c.Receipts.Disclosures, strings.Repeat("A sentence that a state wants on receipts. ", 5))
	}
	d := receipt.Of(c, receipttest.Gift(100_00, receipttest.Monthly(7, nil), receipttest.Offline(models.Check, strings.Repeat("10", 90), nil), func(d *models.ReceiptDocument) {
		d.DonorName = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 6)
	}, receipttest.Amended(60_00, models.ReasonRefund)), receipttest.Later)
	got := pages(t, d)
	if len(got) != 1 {
		t.Fatalf("it has %d pages", len(got))
	}
	if want, got := packed(strings.Join(texts(d), " ")), packed(got[0]); got != want {
		t.Errorf("the PDF reads\n%s\nand not\n%s", got, want)
	}
}

func TestWhatNoPageHoldsGoesOnToAnother(t *testing.T) {
	c := receipttest.Campaign()
	for range 100 {
		c.Receipts.Disclosures = append(c.Receipts.Disclosures, strings.Repeat("A sentence that a state wants on receipts. ", 9))
	}
	d := receipt.Of(c, receipttest.Gift(100_00), receipttest.Later)
	got := pages(t, d)
	if len(got) < 2 {
		t.Fatalf("it has %d page", len(got))
	}
	if want, got := packed(strings.Join(texts(d), " ")), packed(strings.Join(got, " ")); got != want {
		t.Errorf("the PDF reads\n%s\nand not\n%s", got, want)
	}
}

func TestNothingThatSomebodyTypedDoesAnythingInThePDF(t *testing.T) {
	clean := printed(t, receipt.Of(receipttest.Campaign(), receipttest.Gift(50_00), receipttest.Later))
	for some := range slices.Chunk(hostile.Payloads(), 10) {
		var typed []string
		for _, p := range some {
			typed = append(typed, p.Text)
		}
		d := receipt.Of(receipttest.Campaign(), receipttest.Gift(50_00, receipttest.Offline(models.Check, strings.Join(typed, " "), nil), func(d *models.ReceiptDocument) {
			d.DonorName, d.DonorAddress = strings.Join(typed, " "), strings.Join(typed, "\n")
		}), receipttest.Later)
		body := printed(t, d)
		for _, acts := range []string{"/JavaScript", "/JS", "/URI", "/Launch", "/OpenAction", "/AA", "/EmbeddedFile", "/SubmitForm", "/AcroForm"} {
			if got, usual := bytes.Count(body, []byte(acts)), bytes.Count(clean, []byte(acts)); got != usual {
				t.Errorf("%s stands %d times in it, and %d where nothing of the kind was typed: %q", acts, got, usual, typed)
			}
		}
		for _, p := range some {
			if p.Name == "script" && !strings.Contains(packed(pages(t, d)[0]), packed(p.Text)) {
				t.Errorf("%q is not shown as typed", p.Text)
			}
		}
	}
}
