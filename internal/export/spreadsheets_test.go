package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

var spreadsheets = flag.Bool("spreadsheets", false, "open every export in LibreOffice")

// splitting are texts that a spreadsheet which splits at other characters than
// commas would find a formula in.
var splitting = []string{
	`x;=1+1`, `x;"=1+1`, `x; =1+1;+2`, "x\t=1+1", "x\n=1+1", "x\r\n\r\n=1+1", `";=1+1`, ";=1+1", `x;=HYPERLINK("https://pwned.example","y")`, `x,=1+1`, `",=1+1`, "x;-1", "x;@SUM(1)", "x;+1",
	"=1+1", "+1+1", "-1+1", "@SUM(1)", " =1+1", `"=1+1`, "\u200b=1+1",
}

// hostileBooks hold every text that strangers type to break what shows it.
func hostileBooks(t *testing.T) export.Books {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	clock := &storetest.Clock{}
	store := storetest.Open(t, storetest.InMemory(t), clock)
	storetest.PaidOut(t, store, 0)
	texts := splitting
	for _, p := range hostile.Payloads() {
		texts = append(texts, p.Text)
	}
	for i, text := range texts {
		_, err := store.EnterOffline(t.Context(), models.NewOfflineGift{
			Amount: money.Minor(100 + i), ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Method: models.Check, DonorName: text, DonorAddress: text, Reference: text,
			DonorEmail: "donor" + strconv.Itoa(i) + "@example.org", Zone: c.Zone, EnteredBy: "ada@example.org",
		})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	const email = "=cmd|'/c calc'!a0@example.org"
	if err := store.RequestNewsletter(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	if err := store.ConfirmSignup(t.Context(), storetest.Queued(t, store, models.MailConfirmNewsletter)[0].About.Token); err != nil {
		t.Fatal(err)
	}
	return export.Books{Store: store, Campaign: c}
}

// TestLibreOffice opens every export as people do, and where something else
// separates cells:
//
//	go test -run TestLibreOffice ./internal/export -spreadsheets
//
// What LibreOffice read is looked at as its own file, in which a formula stands
// as one and a number as one, and as what it saves as CSV. It takes half a
// minute, and LibreOffice some 400 MB, so that make test does without.
func TestLibreOffice(t *testing.T) {
	if !*spreadsheets {
		return
	}
	books, dir := hostileBooks(t), t.TempDir()
	files := map[string]sheettest.Table{} // by their names without an ending
	for _, table := range export.Tables() {
		for _, layout := range []export.Layout{export.Whole, export.QuickBooks, export.Xero} {
			if layout != export.Whole && table != export.Journal {
				continue
			}
			r := export.Request{Table: table, Layout: layout}
			for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
				var out bytes.Buffer
				if _, err := books.Write(t.Context(), &out, r, f, nil); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, r.File(f))
				if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				if f == sheet.CSV {
					files[strings.TrimSuffix(r.File(f), ".csv")] = sheettest.Read(t, f, out.Bytes())
				}
			}
		}
	}
	const commas, semicolons, all = "44", "59", "9/44/59"
	for _, c := range []struct {
		name, ending, separators string
		whole                    bool // else only that nothing is a formula
	}{
		{"a workbook", ".xlsx", "", true},
		{"CSV", ".csv", commas, true},
		{"CSV, split at tabs, commas and semicolons", ".csv", all, true},
		{"CSV, split at semicolons", ".csv", semicolons, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := libreOffice(t, filepath.Join(dir, "*"+c.ending), c.separators)
			for name, file := range files {
				cells := cellsOf(t, name, saved(t, out, name+".fods"))
				if !c.whole {
					continue
				}
				numbersAddUp(t, name, file, cells)
				textsStay(t, name, file, saved(t, out, name+".csv"))
			}
		})
	}
}

// libreOffice opens files, and returns a folder with each as LibreOffice's own
// and as the CSV that it saves.
func libreOffice(t *testing.T, files, separators string) (folder string) {
	t.Helper()
	paths, err := filepath.Glob(files)
	if err != nil {
		t.Fatal(err)
	}
	out, profile := t.TempDir(), "-env:UserInstallation=file://"+t.TempDir()
	for _, to := range []string{"fods", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,0"} {
		args := []string{profile, "--headless", "--norestore", "--convert-to", to, "--outdir", out}
		if separators != "" { // UTF-8, from the first line on, in English, numbers as they are
			args = append(args, "--infilter=Text - txt - csv (StarCalc):"+separators+",34,76,1,,1033,false,true,false")
		}
		if said, err := exec.CommandContext(t.Context(), "soffice", append(args, paths...)...).CombinedOutput(); err != nil {
			t.Fatalf("soffice, which make spreadsheets installs: %v\n%s", err, said)
		}
	}
	return out
}

func saved(t *testing.T, folder, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// cell is one as LibreOffice has it.
type cell struct {
	Repeated int     `xml:"number-columns-repeated,attr"`
	Formula  *string `xml:"formula,attr"`
	Kind     string  `xml:"value-type,attr"`
	Value    string  `xml:"value,attr"`
}

// cellsOf are the rows of a file, of which no cell is a formula.
func cellsOf(t *testing.T, name string, own []byte) (rows [][]cell) {
	t.Helper()
	var read struct {
		Rows []struct {
			Cells []cell `xml:"table-cell"`
		} `xml:"body>spreadsheet>table>table-row"`
	}
	if err := xml.Unmarshal(own, &read); err != nil {
		t.Fatal(err)
	}
	for _, r := range read.Rows {
		var row []cell
		for _, c := range r.Cells {
			if c.Formula != nil {
				t.Errorf("%s: a cell is the formula %s", name, *c.Formula)
			}
			row = append(row, slices.Repeat([]cell{c}, max(1, c.Repeated))...)
		}
		rows = append(rows, row)
	}
	return rows
}

// numbersAddUp holds the columns of money to what LibreOffice has as numbers.
func numbersAddUp(t *testing.T, name string, file sheettest.Table, rows [][]cell) {
	t.Helper()
	for i, column := range file.Columns {
		if !slices.Contains(moneyColumns, column) || name == "donors" && column == "recurring" {
			continue
		}
		var sum money.Minor
		for n, row := range rows[1 : 1+len(file.Rows)] {
			c := row[i]
			if c.Kind == "" && file.Rows[n][column] == "" {
				continue
			}
			if c.Kind != "float" && c.Kind != "currency" {
				t.Errorf("%s: %s of row %d is %s, no number", name, column, n+1, c.Kind)
			}
			sum += decimal(t, c.Value)
		}
		if want := file.Sum(t, column); sum != want {
			t.Errorf("%s: %s comes to %s in LibreOffice, and to %s", name, column, sum, want)
		}
	}
}

var moneyColumns = strings.Split("amount,fees_covered,refunded,disputed,fee,net,debit,credit,Debits,Credits,*Amount,fees,refunds,disputes,other,difference,total,one_time,recurring,offline,gross,raised", ",")

// decimal reads a number as LibreOffice writes it: 5, 0.5, -10.25.
func decimal(t *testing.T, value string) money.Minor {
	t.Helper()
	units, cents, _ := strings.Cut(value, ".")
	return sheettest.Amount(t, units+"."+(cents + "00")[:max(2, len(cents))])
}

// textsStay holds the columns of strangers' words to what LibreOffice saves
// again.
func textsStay(t *testing.T, name string, file sheettest.Table, again []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(again)).ReadAll()
	if err != nil || len(rows) != 1+len(file.Rows) {
		t.Fatalf("%s: %d rows of %d are saved again, %v", name, len(rows), 1+len(file.Rows), err)
	}
	if diff := cmp.Diff(file.Columns, rows[0]); diff != "" {
		t.Errorf("%s: the header:\n%s", name, diff)
	}
	for i, column := range file.Columns {
		if !slices.Contains([]string{"donor_name", "donor_email", "offline_reference", "name", "email", "address", "memo", "id", "reference", "key", "account"}, column) {
			continue
		}
		for n, row := range rows[1:] {
			if want := readable(file.Rows[n][column]); readable(row[i]) != want {
				t.Errorf("%s: %s of row %d is %q, not %q", name, column, n+1, row[i], want)
			}
		}
	}
}

// readable is a text without what no cell can hold.
func readable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
}
