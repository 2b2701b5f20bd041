package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
)

func TestNoTextBeginsAFormula(t *testing.T) {
	var payloads []string
	for _, before := range []string{"", " ", "\u00a0", "\u200b", "\ufeff", " \u2003"} {
		for _, trigger := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "\x00", "|", "%", "＝", "＋", "－", "＠", "−"} {
			payloads = append(payloads, before+trigger+`1+1`, before+trigger+`cmd|' /C calc'!A0`, before+trigger+`HYPERLINK("https://x.example","y")`)
		}
	}
	var out bytes.Buffer
	table, err := sheet.New(sheet.CSV, &out, "table", "text", "amount")
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range payloads {
		if err := table.Row(sheet.Text(payload), sheet.Amount(-1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 1+len(payloads) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		if want := strings.ReplaceAll("'"+payloads[i], "\r", "\n"); row[0] != want {
			t.Errorf("%q is written as %q", payloads[i], row[0])
		}
		if amount, err := money.Parse(strings.TrimPrefix(row[1], "-")); err != nil || amount != 1000 || row[1][0] != '-' {
			t.Errorf("an amount is written as %q", row[1])
		}
	}
}

// Where decimals have a comma, spreadsheets split rows at semicolons, and see no
// quotes around a cell that begins behind a comma.
func TestNoTextBeginsAFormulaWhereSomethingElseSeparatesCells(t *testing.T) {
	texts := []string{`fine;=1+1`, `a;"=1+1`, `a; =1+1;+2`, "a\t=1+1", "a\n=1+1", "a\r\n=1+1", "a\r=1+1", `";=1+1`, "a;\u200b\"@SUM(1)", "=1;=2", ";;=1", ";\x00=1"}
	var out bytes.Buffer
	table, err := sheet.New(sheet.CSV, &out, "table", "id", "text", "amount")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if err := table.Row(sheet.Text("don_1"), sheet.Text(text), sheet.Amount(-1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	// Each piece is a cell for one that knows no quotes, or begins with one.
	for _, piece := range strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
		if begins := strings.TrimLeft(piece, " \"\u200b"); begins != "" && strings.ContainsRune("=+-@\x00", rune(begins[0])) {
			t.Errorf("a cell begins %q", piece)
		}
	}
	// One that splits at several characters at once sees the quotes.
	in := csv.NewReader(&out)
	rows, err := in.ReadAll()
	if err != nil || len(rows) != 1+len(texts) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		if want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(texts[i]); sheet.Said(row[1]) != want || row[2] != "-10.00" {
			t.Errorf("%q is read as %q", want, row)
		}
	}
	for _, text := range []string{"a;b", "a\tb"} {
		var one bytes.Buffer
		table, err := sheet.New(sheet.CSV, &one, "table", "text")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(table.Row(sheet.Text(text)), table.Close()); err != nil || !strings.Contains(one.String(), `"`+text+`"`) {
			t.Errorf("%q is written without quotes: %q, %v", text, one.String(), err)
		}
	}
}

func TestACellThatWasGuardedSaysWhatItSaid(t *testing.T) {
	for cell, want := range map[string]string{
		"'=1+1": "=1+1", "' -2": " -2", "''=1": "''=1", "'tis": "'tis", "'": "'", "": "", "=1": "=1", "o'neil": "o'neil",
		"a;'=1;'b\t'+2\n' -3\n-4": "a;=1;'b\t+2\n -3\n-4", "'\t'=1": "\t=1",
	} {
		if got := sheet.Said(cell); got != want {
			t.Errorf("%q says %q, not %q", cell, got, want)
		}
	}
}

func TestATableIsWrittenAsPromised(t *testing.T) {
	at := time.Date(2027, 6, 18, 14, 14, 9, 999, time.FixedZone("PT", -7*3600))
	var out bytes.Buffer
	table, err := sheet.New(sheet.CSV, &out, "table", "words", "at", "none", "amount")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"o'neil@example.org", "a, b", `say "no"`, "två = 2", "\xff"} {
		if err := table.Row(sheet.Text(words), sheet.Time(&at), sheet.Time(nil), sheet.Amount(123450)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Row(sheet.Text("too few")); err == nil {
		t.Error("a row of another length was taken")
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	rest := ",2027-06-18T21:14:09Z,,1234.50\r\n"
	want := "words,at,none,amount\r\no'neil@example.org" + rest + `"a, b"` + rest + `"say ""no"""` + rest + "två = 2" + rest + "\uFFFD" + rest
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("written (−want +got):\n%s", diff)
	}
}
