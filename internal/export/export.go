// Package export writes tables that people open in a spreadsheet: UTF-8, a
// comma between cells, CRLF after each row, a header first, also where there
// are no rows.
//
// A spreadsheet takes a cell that begins like a formula for one, and what
// stands in an export was typed by strangers. So no text goes into a cell but
// through Text, which takes the power from it. Amounts and times go through
// functions of their own, so that they stay what they are: −10.00 is a number,
// and must still add up.
//
// It refuses to know what the rows are about.
package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/corruptionproject/appeal/internal/money"
)

// Cell is what stands in one column of a row, ready to be written.
type Cell struct{ text string }

// triggers are what a cell begins with that a spreadsheet may run, in the
// half-width and the full-width form, which some take for the same.
const triggers = "=+-@|%\u2212\uff1d\uff0b\uff0d\uff20\uff5c\uff05"

// Text is a cell of words. Words that a spreadsheet would take for a formula
// get an apostrophe in front, which makes them words.
func Text(s string) Cell {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for _, r := range s {
		switch {
		case unicode.IsControl(r) || strings.ContainsRune(triggers, r):
			return Cell{"'" + s}
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r): // what comes after may still be one
		default:
			return Cell{s}
		}
	}
	return Cell{s}
}

// Said is what a cell says that Text may have written: without the apostrophe
// that kept a formula from being run.
func Said(cell string) string {
	if rest, guarded := strings.CutPrefix(cell, "'"); guarded && Text(rest).text == cell {
		return rest
	}
	return cell
}

// Time is a cell of a moment, in UTC to the second; empty for none.
func Time(t *time.Time) Cell {
	if t == nil {
		return Cell{}
	}
	return Cell{t.UTC().Format("2006-01-02T15:04:05Z")}
}

// Amount is a cell of money, in decimal units with two places.
func Amount(m money.Minor) Cell { return Cell{m.Decimal()} }

// CSV writes one table.
type CSV struct {
	out     *csv.Writer
	columns int
}

// NewCSV begins a table with its header. What the columns are called is this
// program's own word.
func NewCSV(w io.Writer, columns ...string) (*CSV, error) {
	table := &CSV{out: csv.NewWriter(w), columns: len(columns)}
	table.out.UseCRLF = true
	if err := table.out.Write(columns); err != nil {
		return nil, fmt.Errorf("export: write the header: %w", err)
	}
	return table, nil
}

// Row writes a row, which must have as many cells as the header.
func (c *CSV) Row(cells ...Cell) error {
	if len(cells) != c.columns {
		return fmt.Errorf("export: a row of %d cells under a header of %d", len(cells), c.columns)
	}
	row := make([]string, 0, len(cells))
	for _, cell := range cells {
		row = append(row, cell.text)
	}
	if err := c.out.Write(row); err != nil {
		return fmt.Errorf("export: write a row: %w", err)
	}
	return nil
}

// Close writes what is still held back. It does not close the writer.
func (c *CSV) Close() error {
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return fmt.Errorf("export: write the table: %w", err)
	}
	return nil
}
