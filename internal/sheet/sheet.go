// Package sheet writes tables that people open in a spreadsheet, as CSV
// (UTF-8, a comma between cells, CRLF after each row) or as an Excel workbook,
// a header first, also where there are no rows. Either is written as its rows
// come, and keeps none of them.
//
// A spreadsheet takes a cell that begins like a formula for one, and what
// stands in a table was typed by strangers. So no text goes into a cell but
// through Text, which takes the power from it, in either form: a workbook is
// soon saved as CSV. Amounts and times go through functions of their own, so
// that they stay what they are: −10.00 is a number, and must still add up.
//
// It refuses to know what the rows are about.
package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/corruptionproject/appeal/internal/money"
)

// Format is a form in which tables are written.
type Format string

// The forms there are, by the endings of their files.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// ContentType is what a file of this form is called on the web.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Table is a table that is being written.
type Table interface {
	// Row writes a row, which must have as many cells as the header.
	Row(cells ...Cell) error
	// Close writes what is still held back: no table is whole without it. It
	// does not close the writer.
	Close() error
}

// New begins a table with its header. Its name is that of the sheet in a
// workbook. What it and the columns are called is this program's own word.
func New(f Format, w io.Writer, name string, columns ...string) (Table, error) {
	switch f {
	case CSV:
		return newComma(w, columns)
	case XLSX:
		return newWorkbook(w, name, columns)
	default:
		return nil, fmt.Errorf("sheet: no form is called %q", f)
	}
}

// Cell is what stands in one column of a row.
type Cell struct {
	kind kind
	text string    // as CSV has it
	at   time.Time // of a moment or a day
}

// kind is what a workbook shows a cell as.
type kind int

const (
	words kind = iota
	amount
	number
	moment
	day
)

// triggers are what a cell begins with that a spreadsheet may run, in the
// half-width and the full-width form, which some take for the same.
const triggers = "=+-@|%\u2212\uff1d\uff0b\uff0d\uff20\uff5c\uff05"

// separators end a cell for a spreadsheet that was told to split at something
// else than commas, as they do where decimals have a comma. Such a one sees no
// quotes around a cell, since they don't stand at the beginning of one for it,
// and takes what comes after a separator for a cell of its own.
const separators = ";\t\r\n"

// Text is a cell of words. Words that a spreadsheet would take for a formula
// get an apostrophe in front, which makes them words; so do those within a text
// that come after a separator.
func Text(s string) Cell {
	s = strings.ToValidUTF8(s, "\uFFFD")
	piece, rest := cutPiece(s)
	first := guarded(piece, unicode.IsControl)
	if rest == "" {
		return Cell{text: first}
	}
	var all strings.Builder
	all.WriteString(first)
	for rest != "" {
		piece, rest = cutPiece(rest)
		all.WriteString(guarded(piece, endsNothing))
	}
	return Cell{text: all.String()}
}

// cutPiece cuts off a text's first piece, with the separator that ends it.
func cutPiece(s string) (piece, rest string) {
	end := strings.IndexAny(s, separators) + 1
	if end == 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// guarded is a piece that begins no formula. wrong is what else it must not
// begin with.
func guarded(piece string, wrong func(rune) bool) string {
	for _, r := range piece {
		switch {
		case wrong(r) || strings.ContainsRune(triggers, r):
			return "'" + piece
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == '"': // what comes after may still be one
		default:
			return piece
		}
	}
	return piece
}

// endsNothing reports a control character that is no separator.
func endsNothing(r rune) bool {
	return unicode.IsControl(r) && !strings.ContainsRune(separators, r)
}

// Said is what a cell says that Text may have written: without the apostrophes
// that kept formulas from being run.
func Said(cell string) string {
	var all strings.Builder
	wrong := unicode.IsControl
	for rest := cell; rest != ""; wrong = endsNothing {
		var piece string
		piece, rest = cutPiece(rest)
		if said, is := strings.CutPrefix(piece, "'"); is && guarded(said, wrong) == piece {
			piece = said
		}
		all.WriteString(piece)
	}
	return all.String()
}

// Time is a cell of a moment, in UTC to the second; empty for none.
func Time(t *time.Time) Cell {
	if t == nil {
		return Cell{}
	}
	at := t.UTC()
	return Cell{moment, at.Format("2006-01-02T15:04:05Z"), at}
}

// Day is a cell of a day, that on which a moment stands in its own zone.
func Day(t time.Time) Cell { return DayAs(t, time.DateOnly) }

// DayAs is Day for a program that reads days of another layout of package time
// only. A workbook has none: it holds the day itself.
func DayAs(t time.Time, layout string) Cell {
	y, m, d := t.Date()
	return Cell{day, t.Format(layout), time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Amount is a cell of money, in decimal units with two places.
func Amount(m money.Minor) Cell { return Cell{kind: amount, text: m.Decimal()} }

// Number is a cell of a count.
func Number(n int64) Cell { return Cell{kind: number, text: strconv.FormatInt(n, 10)} }

// Truth is a cell of true or false, in words: LibreOffice makes a formula of a
// workbook's own.
func Truth(b bool) Cell { return Cell{text: strconv.FormatBool(b)} }

// fits refuses a row of another length than the header.
func fits(cells []Cell, columns int) error {
	if len(cells) != columns {
		return fmt.Errorf("sheet: a row of %d cells under a header of %d", len(cells), columns)
	}
	return nil
}
