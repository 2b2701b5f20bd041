package sheet

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// fileIn reads one of the files that a workbook is made of.
func fileIn(t *testing.T, content []byte, path string) string {
	t.Helper()
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := files.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestAWorkbookHoldsNumbersAsNumbersAndDaysAsDays(t *testing.T) {
	at := time.Date(2027, 6, 18, 14, 14, 9, 999, time.FixedZone("PT", -7*3600))
	var out bytes.Buffer
	table, err := New(XLSX, &out, "gifts", "words", "amount", "count", "at", "day", "flag", "none")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Row(Text("two & <three>"), Amount(-1000), Number(7), Time(&at), Day(at), Truth(true), Time(nil)); err != nil {
		t.Fatal(err)
	}
	if err := table.Row(Text("too few")); err == nil {
		t.Error("a row of another length was taken")
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	// 46556 is June 18, 2027 in Excel's days; 21:14:09 UTC of it is .88482638…, and no less.
	want := `<row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve">two &amp; &lt;three&gt;</t></is></c>` +
		`<c r="B2" s="1"><v>-10.00</v></c><c r="C2" s="2"><v>7</v></c><c r="D2" s="3"><v>46556.8848263889</v></c>` +
		`<c r="E2" s="4"><v>46556</v></c><c r="F2" t="inlineStr"><is><t xml:space="preserve">true</t></is></c></row>` + "\n"
	if got := fileIn(t, out.Bytes(), "xl/worksheets/sheet1.xml"); !strings.Contains(got, want) {
		t.Errorf("the row %s\nis not in\n%s", want, got)
	}
}

func TestWhatASheetCantHoldGoesOnInTheNextUnderTheSameHeader(t *testing.T) {
	var out bytes.Buffer
	b, err := newWorkbook(&out, "gifts", []string{"id"})
	if err != nil {
		t.Fatal(err)
	}
	b.most = 3
	for i := range int64(5) {
		if err := b.Row(Number(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for path, rows := range map[string]int{"xl/worksheets/sheet1.xml": 3, "xl/worksheets/sheet2.xml": 3, "xl/worksheets/sheet3.xml": 2} {
		got := fileIn(t, out.Bytes(), path)
		if strings.Count(got, "<row ") != rows || strings.Count(got, ">id<") != 1 {
			t.Errorf("%s has %d rows: %s", path, strings.Count(got, "<row "), got)
		}
	}
	if about := fileIn(t, out.Bytes(), "xl/workbook.xml"); !strings.Contains(about, `<sheet name="gifts 3" sheetId="3" r:id="rId3"/>`) {
		t.Errorf("the workbook says %s", about)
	}
}

func TestAWorkbooksTextsAreThoseThatItCanHold(t *testing.T) {
	for typed, want := range map[string]string{
		"one\r\ntwo\rthree\nfour": "one\ntwo\nthree\nfour",
		"_x0041_x0042_":           "_x005F_x0041_x005F_x0042_",
		"_xyz_":                   "_xyz_",
	} {
		if got := shown(typed); got != want {
			t.Errorf("%q is shown as %q, want %q", typed, got, want)
		}
	}
	long := strings.Repeat("😀", mostText/2)
	if diff := cmp.Diff(long, shown(long)); diff != "" {
		t.Error("a text that fits is cut")
	}
	for _, more := range []string{"a", "ab", "😀"} {
		got := shown(long + "a" + more)
		if units := len(utf16.Encode([]rune(got))); units > mostText || units < mostText-1 || !strings.HasSuffix(got, "😀…") && !strings.HasSuffix(got, "a…") {
			t.Errorf("a text of %d units is cut to %d, ending in %q", mostText+len(more), units, got[len(got)-8:])
		}
	}
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 29: "AD", 701: "ZZ", 702: "AAA"} {
		if got := letters(i); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
	}
}
