package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// comma writes a table as CSV (RFC 4180). What only some spreadsheets would
// split a cell at makes it a quoted one, too: they offer to split at several
// characters at once.
type comma struct {
	out     *bufio.Writer
	columns int
}

func newComma(w io.Writer, columns []string) (*comma, error) {
	c := &comma{out: bufio.NewWriter(w), columns: len(columns)}
	header := make([]Cell, 0, len(columns))
	for _, column := range columns {
		header = append(header, Cell{text: column})
	}
	if err := c.Row(header...); err != nil {
		return nil, err
	}
	return c, nil
}

// Row writes a row.
func (c *comma) Row(cells ...Cell) error {
	if err := fits(cells, c.columns); err != nil {
		return err
	}
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(',') // a bufio.Writer keeps its error for the next write
		}
		if strings.ContainsAny(cell.text, separators+`,"`) || strings.HasPrefix(cell.text, " ") {
			_, _ = c.out.WriteString(`"` + inQuotes.Replace(cell.text) + `"`)
			continue
		}
		_, _ = c.out.WriteString(cell.text)
	}
	if _, err := c.out.WriteString("\r\n"); err != nil {
		return fmt.Errorf("sheet: write a row: %w", err)
	}
	return nil
}

// inQuotes makes words those of a quoted cell. Its lines end as rows do.
var inQuotes = strings.NewReplacer(`"`, `""`, "\r\n", "\r\n", "\n", "\r\n", "\r", "\r\n")

// Close writes what is still held back.
func (c *comma) Close() error {
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("sheet: write the table: %w", err)
	}
	return nil
}
