package receipt_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/models"
)

var update = flag.Bool("update", false, "write the golden documents anew")

// written is a document as the golden files hold it: every field, in the order
// of the page.
func written(d receipt.Document) string {
	var b strings.Builder
	line := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				fmt.Fprintf(&b, "%-13s %s\n", name, v)
			}
		}
	}
	line("subject", d.Subject)
	line("title", d.Title)
	line("number", d.Number)
	line("newsroom", d.Newsroom)
	line("date", d.Date)
	line("notice", d.Notice)
	if d.Void {
		line("void", "yes")
	}
	if d.Superseded {
		line("superseded", "yes")
	}
	line("greeting", d.Greeting)
	line("thanks", d.Thanks)
	line("signed", d.SignedName, d.SignedTitle)
	line("heading", d.Heading)
	line("organisation", d.Organisation...)
	for _, f := range d.Facts {
		line("fact", f.Name+" | "+f.Value)
	}
	for _, m := range d.Money {
		kind := "money"
		if m.Total {
			kind = "total"
		}
		line(kind, m.Name+" | "+m.Value)
	}
	line("statement", d.Statements...)
	line("schedule", d.Schedule...)
	line("disclosure", d.Disclosures...)
	line("help", d.Help)
	line("reference", d.Reference)
	line("issued", d.Issued.Format("2006-01-02 15:04:05 MST"))
	return b.String()
}

func golden(name string) string {
	return filepath.Join("testdata", strings.ReplaceAll(strings.NewReplacer(",", "", "'", "").Replace(name), " ", "-")+".golden")
}

func TestEveryCaseHasItsWords(t *testing.T) {
	names := map[string]bool{}
	for _, e := range receipttest.Cases() {
		file := golden(e.Name)
		names[file] = true
		t.Run(e.Name, func(t *testing.T) {
			got := written(e.Document())
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-golden +said)\n%s", diff)
			}
		})
	}
	kept, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(kept) != len(names) {
		t.Errorf("there are %d golden files for %d cases (%v)", len(kept), len(names), err)
	}
}

// The words that the deduction of $250 and more hangs on, letter for letter.
const verbatim = "Example Foundation for News provided no goods or services in exchange for this contribution."

func TestTheSentenceOfGoodsAndServicesStandsOnEveryDocument(t *testing.T) {
	for _, e := range receipttest.Cases() {
		got := e.Document().Statements[0]
		switch {
		case e.Of.Donation.Benefit != "": // had, whatever went back
			want := "In exchange for this contribution Example Foundation for News provided: A year of the magazine, in print. Its value, by our good-faith estimate, is $36.00."
			if got != want {
				t.Errorf("%s: says %q", e.Name, got)
			}
		case e.Campaign.Organisation.InReturn != "":
			if got != e.Campaign.Organisation.InReturn {
				t.Errorf("%s: says %q", e.Name, got)
			}
		case got != verbatim:
			t.Errorf("%s: says %q", e.Name, got)
		}
	}
}

func TestADocumentTellsNothingThatAReceiptNeedsNot(t *testing.T) {
	for _, e := range receipttest.Cases() {
		said := written(e.Document())
		for _, never := range []string{"jordan@example.org", "don_1", "rcpt_", "sub_1", "staff alone", "finance@"} {
			if strings.Contains(said, never) {
				t.Errorf("%s: tells %s", e.Name, never)
			}
		}
	}
}

func TestWhatIsNotToBeDeductedIsNeverCalledDeductible(t *testing.T) {
	for _, e := range receipttest.Cases() {
		apart := e.Of.Offline != nil && (e.Of.Offline.Method == models.DAF || e.Of.Offline.Method == models.QCD)
		if !apart && !e.Campaign.Organisation.NotDeductible && e.Of.Newest.Kind != models.VoidReceipt && e.Of.Newest.ID == e.Of.Receipt.ID {
			continue
		}
		said := written(e.Document())
		if strings.Contains(said, "is tax-deductible") || strings.Contains(said, "Deductible contribution") {
			t.Errorf("%s: calls it deductible:\n%s", e.Name, said)
		}
	}
}

func TestSecuritiesHaveNoValue(t *testing.T) {
	for _, e := range receipttest.Cases() {
		if e.Of.Offline == nil || e.Of.Offline.Method != models.Stock {
			continue
		}
		if said := written(e.Document()); strings.Contains(said, "$") || strings.Contains(said, "7,431") {
			t.Errorf("%s: values the securities:\n%s", e.Name, said)
		}
	}
}
