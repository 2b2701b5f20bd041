package sheet

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// What a sheet can hold, and a cell, in UTF-16 units
// (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
const (
	mostRows = 1 << 20
	mostText = 32767
)

// workbook writes a table as an Excel workbook (ECMA-376, part 1): a zip of a
// few files of XML, of which the sheets grow as rows come. What a sheet can't
// hold goes on in the next, under the same header.
type workbook struct {
	zip     *zip.Writer
	sheet   *bufio.Writer // of the sheet that is being written
	name    string
	columns []string
	letters []string // of the columns: A, B, …
	sheets  int
	rows    int // of this sheet, its header included
	most    int // of a sheet; a test makes it small
}

func newWorkbook(w io.Writer, name string, columns []string) (*workbook, error) {
	b := &workbook{zip: zip.NewWriter(w), name: name, columns: columns, most: mostRows}
	b.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	for i := range columns {
		b.letters = append(b.letters, letters(i))
	}
	if err := b.begin(); err != nil {
		return nil, fmt.Errorf("sheet: begin the workbook: %w", err)
	}
	return b, nil
}

// Row writes a row.
func (b *workbook) Row(cells ...Cell) error {
	if err := fits(cells, len(b.columns)); err != nil {
		return err
	}
	if b.rows == b.most {
		if err := b.end(); err != nil {
			return err
		}
		if err := b.begin(); err != nil {
			return fmt.Errorf("sheet: begin another sheet: %w", err)
		}
	}
	if err := b.row(cells); err != nil {
		return fmt.Errorf("sheet: write a row: %w", err)
	}
	return nil
}

// Close ends the last sheet, and writes the files that say what the sheets are.
func (b *workbook) Close() error {
	if err := b.end(); err != nil {
		return err
	}
	for _, f := range b.about() {
		w, err := b.zip.Create(f.path)
		if err == nil {
			_, err = io.WriteString(w, xml.Header+f.content)
		}
		if err != nil {
			return fmt.Errorf("sheet: end the workbook: %w", err)
		}
	}
	if err := b.zip.Close(); err != nil {
		return fmt.Errorf("sheet: end the workbook: %w", err)
	}
	return nil
}

// begin begins a sheet with its header, which stays in sight.
func (b *workbook) begin() error {
	b.sheets++
	w, err := b.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", b.sheets))
	if err != nil {
		return err
	}
	b.sheet, b.rows = bufio.NewWriterSize(w, 64<<10), 0
	_, _ = b.sheet.WriteString(xml.Header + `<worksheet xmlns="` + mainSpace + `"><sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	header := make([]Cell, 0, len(b.columns))
	for i, column := range b.columns {
		_, _ = fmt.Fprintf(b.sheet, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, max(14, len(column)+3))
		header = append(header, Cell{text: column})
	}
	_, _ = b.sheet.WriteString("</cols><sheetData>") // a bufio.Writer keeps its error for the next write
	return b.row(header)
}

func (b *workbook) row(cells []Cell) error {
	b.rows++
	at := strconv.Itoa(b.rows)
	_, _ = b.sheet.WriteString(`<row r="` + at + `">`)
	for i, c := range cells {
		if c.text == "" {
			continue
		}
		style := ` s="` + strconv.Itoa(int(c.kind)) + `"`
		switch {
		case b.rows == 1:
			style = headerStyle
		case c.kind == words:
			style = ""
		}
		_, _ = b.sheet.WriteString(`<c r="` + b.letters[i] + at + `"` + style)
		c.write(b.sheet)
	}
	_, err := b.sheet.WriteString("</row>\n")
	return err
}

// write writes what a cell holds, from the end of its tag's name on.
func (c Cell) write(w *bufio.Writer) {
	value := c.text
	switch c.kind {
	case words:
		_, _ = w.WriteString(` t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(w, []byte(shown(c.text)))
		_, _ = w.WriteString("</t></is></c>")
		return
	case moment, day:
		value = serial(c.at)
	case amount, number:
	}
	_, _ = w.WriteString("><v>" + value + "</v></c>")
}

func (b *workbook) end() error {
	_, _ = b.sheet.WriteString("</sheetData></worksheet>")
	if err := b.sheet.Flush(); err != nil {
		return fmt.Errorf("sheet: end a sheet: %w", err)
	}
	return nil
}

// letters name a column: A to Z, then AA, AB and so on.
func letters(i int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if i < len(alphabet) {
		return alphabet[i : i+1]
	}
	return letters(i/len(alphabet)-1) + letters(i%len(alphabet))
}

// serial is a moment as a workbook counts it: the days since the end of 1899,
// and the part of the day that has passed.
func serial(t time.Time) string {
	seconds := t.Unix() - time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
	const aDay = 24 * 60 * 60
	if seconds%aDay == 0 {
		return strconv.FormatInt(seconds/aDay, 10)
	}
	// Rounded up, and far below a second: programs cut what is below one off.
	const places = 10_000_000_000
	return fmt.Sprintf("%d.%010d", seconds/aDay, (seconds%aDay*places+aDay-1)/aDay)
}

// escaped is how a workbook writes a character that XML can't hold, _x000D_,
// and how what only looks so begins.
var escaped = regexp.MustCompile(`_(x[0-9A-Fa-f]{4})`)

// shown are words as a workbook can hold them: no longer than a cell may be,
// lines ended in its one way, and nothing in them read as another character.
func shown(s string) string {
	if strings.ContainsRune(s, '\r') {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	}
	if len(s) > mostText {
		s = cut(s)
	}
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllString(s, "_x005F_$1")
	}
	return s
}

// cut leaves as much of a text as a cell can hold, and says that it is cut.
func cut(s string) string {
	const ellipsis = "…" // one unit
	units, fits := 0, 0  // fits: where it is cut if it is too long
	for i, r := range s {
		if units < mostText {
			fits = i
		}
		if units += utf16.RuneLen(r); units > mostText {
			return s[:fits] + ellipsis
		}
	}
	return s
}

const (
	mainSpace    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	officeSpace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageSpace = "http://schemas.openxmlformats.org/package/2006/"
	mainType     = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	headerStyle = ` s="5"`
)

// part is one of the files that a workbook is made of.
type part struct{ path, content string }

// about are the files that say what the sheets are and how cells look. The
// styles stand in the order of the kinds, that of the header last.
func (b *workbook) about() []part {
	var types, sheets, relations strings.Builder
	for i := 1; i <= b.sheets; i++ {
		name := b.name
		if i > 1 {
			name += " " + strconv.Itoa(i)
		}
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i, mainType)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name, i, i)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, officeSpace, i)
	}
	return []part{
		{"[Content_Types].xml", `<Types xmlns="` + packageSpace + `content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + mainType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + mainType + `styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packageSpace + `relationships"><Relationship Id="rId1" Type="` + officeSpace +
			`/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + officeSpace + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packageSpace + `relationships">` + relations.String() +
			`<Relationship Id="styles" Type="` + officeSpace + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/>` +
			`<numFmt numFmtId="165" formatCode="yyyy\-mm\-dd"/></numFmts>` +
			`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">` +
			style(general) + style(twoPlaces) + style(whole) + style(164) + style(165) +
			`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>` +
			`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	}
}

// Formats of numbers that every workbook has: anything, 0 and 0.00.
const (
	general   = 0
	whole     = 1
	twoPlaces = 2
)

func style(format int) string {
	return fmt.Sprintf(`<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`, format)
}
