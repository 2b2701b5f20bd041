// Package export turns the books into the tables that leave the house: gifts,
// the journal, payouts, donors, the newsletter's readers and what each article
// brought in, and the journal once more as accounting programs import it. It knows
// the columns and what stands in each, once for every form in which a table is
// written.
//
// A table is of one moment. It is made in a file that nobody else can open, so
// that no transaction of the books is open while somebody's network is waited
// for, and so that nothing is handed over of a table that could not be finished.
//
// It refuses to know where the file goes, and who may have it.
package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

// Books are what exports are made of.
type Books struct {
	Store    *models.Store
	Campaign models.Campaign // for its zone, its currency and its account codes
}

// Table is one that can be exported.
type Table string

// The tables there are.
const (
	Donations  Table = "donations"
	Journal    Table = "journal"
	Payouts    Table = "payouts"
	Donors     Table = "donors"
	Newsletter Table = "newsletter"
	Articles   Table = "articles"
)

// Tables are all of them.
func Tables() []Table { return []Table{Donations, Journal, Payouts, Donors, Newsletter, Articles} }

// Layout is one of the journal's.
type Layout string

// The layouts there are: the whole journal, and its days as accounting programs
// import them.
const (
	Whole      Layout = ""
	QuickBooks Layout = "quickbooks"
	Xero       Layout = "xero"
)

// Request says what is exported.
type Request struct {
	Table  Table
	Layout Layout        // of the journal only
	Period models.Period // days in the campaign's zone
	// Gifts narrows donations down to those that a list shows; nil for every
	// gift of the period that was received or of which other money moved.
	Gifts *models.GiftQuery
	// AtLeast narrows donors down to those whose total of the period is not
	// below it; 0 for every donor.
	AtLeast money.Minor
}

// ErrUnknown says that no such table, or no such layout of it, is exported.
var ErrUnknown = errors.New("no such export")

// kind is what is known of a table: its columns, and how its rows come to be.
type kind struct {
	columns []string
	rows    func(ctx context.Context, b Books, r Request, row Row) error
}

func (r Request) kind() (kind, error) {
	name := string(r.Table)
	if r.Layout != Whole {
		name += "/" + string(r.Layout)
	}
	k, known := kinds[name]
	if !known {
		return kind{}, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return k, nil
}

var kinds = map[string]kind{
	"donations":          {donationColumns, donations},
	"journal":            {journalColumns, journal},
	"journal/quickbooks": {quickBooksColumns, quickBooks},
	"journal/xero":       {xeroColumns, xero},
	"payouts":            {payoutColumns, payouts},
	"donors":             {donorColumns, donors},
	"newsletter":         {newsletterColumns, newsletter},
	"articles":           {articleColumns, articles},
}

// Columns are the names of a table's columns, in order. It returns ErrUnknown
// if there is no such table.
func Columns(r Request) ([]string, error) {
	k, err := r.kind()
	return k.columns, err
}

// Of is how many rows the table has, of what was counted.
func (t Table) Of(n models.ExportCounts) int64 {
	return map[Table]int64{Donations: n.Donations, Journal: n.Lines, Payouts: n.Payouts, Donors: n.Donors, Newsletter: n.Signups, Articles: n.Articles}[t]
}

// File names what is exported: "journal-xero-2027-06-01-to-2027-06-30.csv".
func (r Request) File(f sheet.Format) string {
	name := string(r.Table)
	if r.Layout != Whole {
		name += "-" + string(r.Layout)
	}
	if !r.Period.From.IsZero() {
		name += "-" + r.Period.From.Format(time.DateOnly)
	}
	if !r.Period.To.IsZero() {
		name += "-to-" + r.Period.To.Format(time.DateOnly)
	}
	if r.AtLeast > 0 {
		name += "-min-" + r.AtLeast.Decimal()
	}
	return name + "." + string(f)
}

// DonorsInWords says which donors are asked for, for the audit log; nothing
// where it is all of them.
func (r Request) DonorsInWords() []string {
	if r.AtLeast <= 0 {
		return nil
	}
	words := []string{"Total of " + r.AtLeast.Short() + " or more"}
	if !r.Period.From.IsZero() {
		words = append(words, "From "+r.Period.From.Format(time.DateOnly))
	}
	if !r.Period.To.IsZero() {
		words = append(words, "To "+r.Period.To.Format(time.DateOnly))
	}
	return words
}

// Made is an export that is ready to be handed over, in a file that has no name
// any more: it is gone once it is closed, or the program dies.
type Made struct {
	*os.File
	Rows int
	Size int64
}

// Count says how many rows it has.
func (m *Made) Count() string {
	if m.Rows == 1 {
		return "1 row"
	}
	return strconv.Itoa(m.Rows) + " rows"
}

// Row takes a row of a table that is being made.
type Row func(cells ...sheet.Cell) error

// Make makes an export in the folder for temporary files. progress, which may
// be nil, is told of rows as they are written. It returns ErrUnknown if there
// is no such export.
func (b Books) Make(ctx context.Context, r Request, f sheet.Format, progress func(rows int)) (*Made, error) {
	return inFile(func(w io.Writer) (int, error) { return b.Write(ctx, w, r, f, progress) })
}

// Make makes a table of rows that somebody else knows, likewise.
func Make(f sheet.Format, name string, columns []string, rows func(Row) error) (*Made, error) {
	return inFile(func(w io.Writer) (int, error) { return write(w, f, name, columns, rows, nil) })
}

func inFile(write func(io.Writer) (rows int, err error)) (*Made, error) {
	file, err := os.CreateTemp("", "appeal-export-*")
	if err != nil {
		return nil, fmt.Errorf("export: no folder to make it in, which TMPDIR can name: %w", err)
	}
	made := &Made{File: file}
	// Some systems remove no open file; there it is left to whoever cleans up.
	if err = os.Remove(file.Name()); errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	if err == nil {
		made.Rows, err = write(file)
	}
	if err == nil {
		made.Size, err = file.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return made, nil
}

// Write writes an export, and returns how many rows it has below the header.
// A transaction of the books, which stops nobody from writing, is open until it
// is done, so w must be no network. See Make for the rest.
func (b Books) Write(ctx context.Context, w io.Writer, r Request, f sheet.Format, progress func(rows int)) (int, error) {
	k, err := r.kind()
	if err != nil {
		return 0, err
	}
	return write(w, f, string(r.Table), k.columns, func(row Row) error { return k.rows(ctx, b, r, row) }, progress)
}

func write(w io.Writer, f sheet.Format, name string, columns []string, fill func(Row) error, progress func(rows int)) (int, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	table, err := sheet.New(f, out, name, columns...)
	if err != nil {
		return 0, err
	}
	rows := 0
	err = fill(func(cells ...sheet.Cell) error {
		if rows++; progress != nil {
			progress(rows)
		}
		return table.Row(cells...)
	})
	if err == nil {
		err = table.Close()
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return 0, fmt.Errorf("export: write the %s: %w", name, err)
	}
	return rows, nil
}
