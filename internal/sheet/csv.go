package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
)

// comma writes a table as CSV.
type comma struct {
	out *csv.Writer
	row []string // taken again for each row
}

func newComma(w io.Writer, columns []string) (*comma, error) {
	c := &comma{out: csv.NewWriter(w), row: make([]string, len(columns))}
	c.out.UseCRLF = true
	if err := c.out.Write(columns); err != nil {
		return nil, fmt.Errorf("sheet: write the header: %w", err)
	}
	return c, nil
}

// Row writes a row.
func (c *comma) Row(cells ...Cell) error {
	if err := fits(cells, len(c.row)); err != nil {
		return err
	}
	for i, cell := range cells {
		c.row[i] = cell.text
	}
	if err := c.out.Write(c.row); err != nil {
		return fmt.Errorf("sheet: write a row: %w", err)
	}
	return nil
}

// Close writes what is still held back.
func (c *comma) Close() error {
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return fmt.Errorf("sheet: write the table: %w", err)
	}
	return nil
}
