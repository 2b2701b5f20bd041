package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

type exportCommands struct {
	Donations  exportDonations  `cmd:"" help:"Every gift that was received, with what went back of it and what Stripe kept."`
	Journal    exportJournal    `cmd:"" help:"The journal as debits and credits, with the account codes of campaign.yaml."`
	Payouts    exportPayouts    `cmd:"" help:"Every deposit to the bank, and what is in it."`
	Donors     exportDonors     `cmd:"" help:"Who gave, and how much."`
	Newsletter exportNewsletter `cmd:"" help:"Who is on the newsletter's list: every address that was confirmed."`
	Articles   exportArticles   `cmd:"" help:"What each article brought in, renewals included."`
}

// exportFlags are those of every export.
type exportFlags struct {
	From   string `help:"From this day on, in the campaign's zone." placeholder:"YYYY-MM-DD"`
	To     string `help:"Up to the end of this day." placeholder:"YYYY-MM-DD"`
	Format string `default:"csv" enum:"csv,xlsx" help:"csv, or xlsx for a workbook with real numbers and dates."`
	Output string `short:"o" help:"Write to this file, readable by its owner alone, instead of to standard output. One that is there is replaced once the export is whole." placeholder:"FILE"`
}

type (
	exportDonations  struct{ exportFlags }
	exportPayouts    struct{ exportFlags }
	exportNewsletter struct{ exportFlags }
	exportArticles   struct{ exportFlags }
	exportDonors     struct {
		exportFlags
		MinTotal *string `help:"Only donors whose gifts of these days come to this or more, in dollars, less what went back." placeholder:"AMOUNT"`
		Year     *int    `help:"The gifts of one year, in the campaign's zone, in place of --from and --to." placeholder:"YYYY"`
	}
	exportJournal struct {
		exportFlags
		Layout string `enum:",quickbooks,xero" default:"" help:"quickbooks or xero: one entry a day, in the columns that QuickBooks Online or Xero imports. Left out, every posting." placeholder:"PROGRAM"`
	}
)

// Run exports the gifts.
func (e exportDonations) Run(p *program) error {
	return e.run(p, export.Request{Table: export.Donations})
}

// Run exports the journal.
func (e exportJournal) Run(p *program) error {
	return e.run(p, export.Request{Table: export.Journal, Layout: export.Layout(e.Layout)})
}

// Run exports the payouts.
func (e exportPayouts) Run(p *program) error {
	return e.run(p, export.Request{Table: export.Payouts})
}

// Run exports the donors.
func (e exportDonors) Run(p *program) error {
	r := export.Request{Table: export.Donors}
	if e.MinTotal != nil {
		var err error
		if r.AtLeast, err = money.Parse(*e.MinTotal); err != nil {
			return usage{fmt.Errorf("--min-total %q is no amount in dollars like 5000", *e.MinTotal)}
		}
	}
	if e.Year != nil {
		if !models.IsYear(*e.Year) {
			return usage{fmt.Errorf("--year %d is no year like 2026", *e.Year)}
		}
		if e.From != "" || e.To != "" {
			return usage{errors.New("--year stands in place of --from and --to: give one or the other")}
		}
		days := models.CivilYear(*e.Year)
		e.From, e.To = days.From.Format(time.DateOnly), days.To.Format(time.DateOnly)
	}
	return e.run(p, r)
}

// Run exports the newsletter's list.
func (e exportNewsletter) Run(p *program) error {
	return e.run(p, export.Request{Table: export.Newsletter})
}

// Run exports what the articles brought in.
func (e exportArticles) Run(p *program) error {
	return e.run(p, export.Request{Table: export.Articles})
}

func (f exportFlags) run(p *program, r export.Request) error {
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		var err error
		if r.Period, err = f.period(); err != nil {
			return err
		}
		made, err := f.make(p, export.Books{Store: store, Campaign: c}, r)
		if err != nil {
			return err
		}
		// Before a row leaves the house.
		err = store.NoteExport(p.ctx, models.Operator, r.File(f.format()), strings.Join(append([]string{made.Count()}, r.DonorsInWords()...), "; "))
		if err == nil {
			err = f.handOver(p, made)
		}
		return errors.Join(err, made.Close())
	})
}

func (f exportFlags) format() sheet.Format { return sheet.Format(f.Format) }

// make makes the export, with a bar where somebody looks on.
func (f exportFlags) make(p *program, b export.Books, r export.Request) (*export.Made, error) {
	if !isTerminal(p.errs) {
		return b.Make(p.ctx, r, f.format(), nil)
	}
	total, err := rowsExpected(p.ctx, b, r)
	if err != nil {
		return nil, err
	}
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.errs), progressbar.OptionSetDescription("Exporting the "+string(r.Table)),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	made, err := b.Make(p.ctx, r, f.format(), func(rows int) { show(bar, rows) })
	return made, errors.Join(err, bar.Exit())
}

// rowsExpected is how many rows an export is about to have; -1 if that is known
// only at its end.
func rowsExpected(ctx context.Context, b export.Books, r export.Request) (int64, error) {
	if r.Layout != export.Whole || r.AtLeast > 0 {
		return -1, nil
	}
	n, err := b.Store.CountExports(ctx, r.Period, b.Campaign.Zone)
	return r.Table.Of(n), err
}

// handOver writes what was made where it is asked for.
func (f exportFlags) handOver(p *program, made io.Reader) error {
	if f.Output == "" {
		_, err := io.Copy(p.out, made)
		return err
	}
	about, err := os.Stat(f.Output)
	if err == nil && !about.Mode().IsRegular() { // a pipe or a device is no file to replace
		file, err := os.OpenFile(f.Output, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("can't write the export: %w", err)
		}
		_, err = io.Copy(file, made)
		return errors.Join(err, file.Close())
	}
	if err := replace(f.Output, made); err != nil {
		return fmt.Errorf("can't write the export: %w", err)
	}
	return nil
}

// replace writes a file that is there whole, or not at all: whatever stood
// under its name stays until then.
func replace(name string, content io.Reader) error {
	if linked, err := filepath.EvalSymlinks(name); err == nil {
		name = linked
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// period is what --from and --to ask for.
func (f exportFlags) period() (p models.Period, err error) {
	for _, end := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", f.From, &p.From}, {"--to", f.To, &p.To}} {
		if end.text == "" {
			continue
		}
		if *end.into, err = dayOf(end.flag, end.text); err != nil {
			return p, err
		}
	}
	if !p.To.IsZero() && p.To.Before(p.From) {
		return p, usage{fmt.Errorf("--from %s is after --to %s", f.From, f.To)}
	}
	return p, nil
}

// dayOf reads a day, as a UTC midnight.
func dayOf(flag, text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, usage{fmt.Errorf("%s %q is no date like 2027-06-30", flag, text)}
	}
	return day, nil
}
