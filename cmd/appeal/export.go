package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/models"
)

type exportCommands struct {
	Newsletter exportNewsletter `cmd:"" help:"Who is on the newsletter's list: every address that was confirmed."`
}

// exportFlags are those of every export.
type exportFlags struct {
	From   string `help:"From this day on, in the campaign's zone." placeholder:"YYYY-MM-DD"`
	To     string `help:"Up to the end of this day." placeholder:"YYYY-MM-DD"`
	Format string `default:"csv" help:"csv, the only one yet."`
	Output string `short:"o" help:"Write to this file, readable by its owner alone, instead of to standard output." placeholder:"FILE"`
}

// period is what --from and --to ask for: from one moment on and before
// another.
func (f exportFlags) period(zone *time.Location) (from, before time.Time, err error) {
	from, before = time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if f.From != "" {
		if from, err = dayOf("--from", f.From, zone); err != nil {
			return from, before, err
		}
	}
	if f.To != "" {
		last, err := dayOf("--to", f.To, zone)
		if err != nil {
			return from, before, err
		}
		before = last.AddDate(0, 0, 1)
	}
	if !from.Before(before) {
		return from, before, usage{fmt.Errorf("--from %s is after --to %s", f.From, f.To)}
	}
	return from, before, nil
}

func dayOf(flag, text string, zone *time.Location) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return day, usage{fmt.Errorf("%s %q is no date like 2027-06-30", flag, text)}
	}
	return day, nil
}

// into has a table written where it is asked for.
func (f exportFlags) into(p *program, write func(io.Writer) error) error {
	if f.Output == "" {
		return write(p.out)
	}
	file, err := os.OpenFile(f.Output, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("can't write the export: %w", err)
	}
	return errors.Join(write(file), file.Close())
}

type exportNewsletter struct{ exportFlags }

// Run writes the list.
func (e exportNewsletter) Run(p *program) error {
	if e.Format != "csv" {
		return usage{fmt.Errorf("--format %s is not built: only csv is", e.Format)}
	}
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		from, before, err := e.period(c.Zone)
		if err != nil {
			return err
		}
		signups, err := store.ConfirmedSignups(p.ctx, from, before)
		if err != nil {
			return err
		}
		return e.into(p, func(w io.Writer) error { return writeNewsletter(w, signups) })
	})
}

func writeNewsletter(w io.Writer, signups []models.Signup) error {
	table, err := export.NewCSV(w, "email", "requested_at", "confirmed_at", "source")
	if err != nil {
		return err
	}
	for _, s := range signups {
		err := table.Row(export.Text(s.Email), export.Time(&s.RequestedAt), export.Time(s.ConfirmedAt), export.Text(string(s.Source)))
		if err != nil {
			return err
		}
	}
	return table.Close()
}
