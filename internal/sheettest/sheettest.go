// Package sheettest reads the tables that package sheet writes, as a
// spreadsheet would: for tests. It reads no more of a workbook than that.
package sheettest

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
)

// Table is a table that was read.
type Table struct {
	Columns []string
	Rows    []map[string]string // by column; of a workbook, numbers as they stand in it
}

// Read reads a table, of all sheets that it goes on in.
func Read(t testing.TB, f sheet.Format, content []byte) Table {
	t.Helper()
	var all [][]string
	var err error
	if f == sheet.XLSX {
		all, err = workbook(content)
	} else {
		all, err = csv.NewReader(bytes.NewReader(content)).ReadAll()
	}
	if err != nil || len(all) == 0 {
		t.Fatalf("%d rows of %s: %v", len(all), f, err)
	}
	table := Table{Columns: all[0]}
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[table.Columns[i]] = cell
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// Sum is what the amounts in a column come to; an empty cell is none.
func (table Table) Sum(t testing.TB, column string) money.Minor {
	t.Helper()
	var sum money.Minor
	for _, row := range table.Rows {
		sum += Amount(t, row[column])
	}
	return sum
}

// Amount reads what a cell of money holds.
func Amount(t testing.TB, cell string) money.Minor {
	t.Helper()
	if cell == "" {
		return 0
	}
	amount, err := money.Parse(strings.TrimPrefix(cell, "-"))
	if err != nil || !regexp.MustCompile(`^-?\d+\.\d\d$`).MatchString(cell) {
		t.Fatalf("%q is no amount: %v", cell, err)
	}
	if strings.HasPrefix(cell, "-") {
		return -amount
	}
	return amount
}

// cell is one of a sheet.
type cell struct {
	Place   string  `xml:"r,attr"`
	Kind    string  `xml:"t,attr"`
	Formula *string `xml:"f"`
	Value   string  `xml:"v"`
	Text    string  `xml:"is>t"`
}

func workbook(content []byte) ([][]string, error) {
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	var all [][]string
	for number := 1; ; number++ {
		file, err := files.Open(fmt.Sprintf("xl/worksheets/sheet%d.xml", number))
		if err != nil && number > 1 {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		rows, err := rowsIn(file)
		if err != nil {
			return nil, err
		}
		if number > 1 {
			rows = rows[1:] // the header again
		}
		all = append(all, rows...)
	}
}

func rowsIn(file io.Reader) ([][]string, error) {
	var read struct {
		Rows []struct {
			Cells []cell `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.NewDecoder(file).Decode(&read); err != nil {
		return nil, err
	}
	all := make([][]string, 0, len(read.Rows))
	for _, r := range read.Rows {
		row := make([]string, len(read.Rows[0].Cells))
		for _, c := range r.Cells {
			if c.Formula != nil {
				return nil, fmt.Errorf("%s is a formula: %s", c.Place, *c.Formula)
			}
			text := c.Value
			if c.Kind == "inlineStr" {
				text = unescaped(c.Text)
			}
			row[column(c.Place)] = text
		}
		all = append(all, row)
	}
	return all, nil
}

// column is the number of a cell's column, from 0 on.
func column(place string) int {
	n := 0
	for _, letter := range strings.TrimRight(place, "0123456789") {
		n = n*26 + int(letter-'A') + 1
	}
	return n - 1
}

var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped reads the characters that a workbook writes as _xHHHH_.
func unescaped(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
}
