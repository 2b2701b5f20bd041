package finance

import (
	"encoding/csv"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

// The bounds of what is imported at once.
const (
	maxImport     = 2 << 20 // bytes
	maxImportRows = 5000
	maxColumns    = 100 // named or not; each costs memory, and a problem if it is none of ours
)

// importColumns are what a table of gifts can say of each: the fields of the
// form of one.
var importColumns = []string{"amount", "received_on", "dated_on", "method", "donor_name", "donor_email", "donor_address", "reference", "note"}

// table is a table of gifts as it was read.
type table struct {
	gifts []models.NewOfflineGift // those that could be saved
	lines []int                   // where each of them stands in the text
	wrong []lineProblem
}

// lineProblem is what keeps a line from being saved, and what to do about it.
type lineProblem struct {
	Line                 int // 0: the table as a whole
	Field, Typed, Advice string
}

// tableReader reads a table of gifts.
type tableReader struct {
	table
	in      *csv.Reader
	zone    *time.Location
	now     time.Time
	columns []string // what the header names; "" for a column without a name
	rows    int
}

// tidy makes all ends of lines alike, and takes away the mark with which some
// programs begin a text.
func tidy(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\uFEFF"))
}

// readTable reads a tidy text: a header that names columns, and below it a gift
// a line. It names everything that keeps a line from being saved.
func readTable(text string, zone *time.Location, now time.Time) table {
	r := tableReader{in: csv.NewReader(strings.NewReader(text)), zone: zone, now: now}
	r.in.Comma, r.in.FieldsPerRecord = delimiter(text), -1
	switch {
	case len(text) > maxImport:
		r.refuse(lineProblem{Advice: "That is more than 2 MB. Split it into several files."})
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		r.refuse(lineProblem{Advice: "That is no text in UTF-8. In your spreadsheet, save it as CSV in UTF-8, and choose that file."})
	case r.header():
		for r.row() {
		}
		if r.rows == 0 && len(r.wrong) == 0 {
			r.refuse(lineProblem{Advice: "There is no gift under the header. Write each on a line of its own."})
		}
	}
	return r.table
}

func (r *tableReader) refuse(p lineProblem) { r.wrong = append(r.wrong, p) }

// next reads a line that is not blank, and where it stands. What comes after one
// that is written wrongly can't be told.
func (r *tableReader) next() (cells []string, line int, ok bool) {
	for {
		cells, err := r.in.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			r.refuse(lineProblem{Line: bad.StartLine, Advice: "A quotation mark is missing, or one too many. Put the whole cell within quotation marks, and write each that stands in it twice. What comes after was not read."})
			return nil, 0, false
		case err != nil: // the end
			return nil, 0, false
		}
		if slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			line, _ = r.in.FieldPos(0)
			return cells, line, true
		}
	}
}

// header reads which columns there are, and reports whether gifts can be read
// by them.
func (r *tableReader) header() bool {
	cells, line, ok := r.next()
	if !ok {
		if len(r.wrong) == 0 {
			r.refuse(lineProblem{Advice: "Choose a file, or paste its lines."})
		}
		return false
	}
	if len(cells) > maxColumns {
		r.refuse(lineProblem{Line: line, Advice: "That is more than 100 columns. Take out those that are none of the fields below."})
		return false
	}
	for _, cell := range cells {
		name := strings.ReplaceAll(strings.ToLower(oneLine(cell)), " ", "_")
		switch {
		case name != "" && !slices.Contains(importColumns, name):
			r.refuse(lineProblem{line, "", cell, "There is no such field. Name the column as one of the fields below, or take it out."})
		case name != "" && slices.Contains(r.columns, name):
			r.refuse(lineProblem{line, name, cell, "Two columns have this name. Take one out."})
		}
		r.columns = append(r.columns, name)
	}
	for _, name := range []string{"amount", "received_on"} {
		if !slices.Contains(r.columns, name) {
			r.refuse(lineProblem{line, name, "", "The first line must name this column. Give each column its field’s name."})
		}
	}
	return len(r.wrong) == 0
}

// row reads a gift, and reports whether there may be another.
func (r *tableReader) row() bool {
	cells, line, ok := r.next()
	if !ok {
		return false
	}
	if r.rows++; r.rows > maxImportRows {
		r.refuse(lineProblem{Line: line, Advice: "That is more than 5,000 gifts. Split them into several files. What comes after was not read."})
		return false
	}
	typed, as := url.Values{"method": {string(models.Check)}}, map[string]string{}
	for i, cell := range cells {
		switch {
		case i < len(r.columns) && r.columns[i] != "":
			as[r.columns[i]] = cell
			typed.Set(r.columns[i], said(r.columns[i], cell))
		case strings.TrimSpace(cell) != "":
			r.refuse(lineProblem{line, "", cell, "No column has this cell. Put a text with " + delimiters[r.in.Comma] + " in it within quotation marks."})
			return true
		}
	}
	gift, wrong := readOffline(typed).gift(r.zone, r.now)
	for _, p := range wrong {
		if p.Field == "method" {
			p.Message = "Write one of check, wire, ach, stock, daf, qcd, cash and other; or nothing for a check."
		}
		r.refuse(lineProblem{line, p.Field, as[p.Field], p.Message})
	}
	if len(wrong) == 0 {
		r.gifts, r.lines = append(r.gifts, gift), append(r.lines, line)
	}
	return true
}

// said is what a cell says to the form of a gift. Spreadsheets write days and
// numbers in a way of their own.
func said(column, cell string) string {
	switch column {
	case "amount":
		return strings.TrimPrefix(cell, "'")
	case "received_on", "dated_on":
		cell = strings.TrimSpace(strings.TrimPrefix(cell, "'"))
		if day, err := time.Parse("1/2/2006", cell); err == nil {
			return day.Format(time.DateOnly)
		}
		return cell
	case "method":
		if cell = strings.ToLower(strings.TrimSpace(cell)); cell == "" {
			return string(models.Check)
		}
		return cell
	default:
		return sheet.Said(cell)
	}
}

// delimiters are what stands between cells, in words.
var delimiters = map[rune]string{',': "a comma", ';': "a semicolon", '\t': "a tab"}

// delimiter is what stands between the cells of a text: what its first line has
// most of.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	most := ','
	for _, other := range []rune{';', '\t'} {
		if strings.Count(first, string(other)) > strings.Count(first, string(most)) {
			most = other
		}
	}
	return most
}
