package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/models"
)

type statementsCommand struct {
	Year int  `required:"" help:"The year, by the campaign's zone. It must have ended." placeholder:"YYYY"`
	Send bool `help:"Queue the statements, for the service to send. Left out, nothing is queued, and what would be is listed."`
}

// Run lists the yearly statements, and queues them where that is asked for. A
// run that was broken off is gone on with by the next.
func (s statementsCommand) Run(p *program) error {
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		if !models.IsYear(s.Year) {
			return usage{fmt.Errorf("--year %d is no year like 2026", s.Year)}
		}
		if !models.YearEnded(s.Year, c.Zone, store.Now()) {
			return usage{fmt.Errorf("%d has not ended yet in %s, and more gifts may come", s.Year, c.Zone)}
		}
		if s.Send {
			// Every line of a statement names its receipt, by its number.
			if err := issueAll(p, store); err != nil {
				return err
			}
		}
		plan, err := store.PlanStatements(p.ctx, s.Year, c.Zone)
		if err != nil {
			return err
		}
		if err := printStatements(p, plan, c.Zone); err != nil {
			return err
		}
		switch {
		case plan.Sum() != plan.Journal:
			return fmt.Errorf("the ledger has %s for the gifts of %d, and they come to %s: nothing was queued; appeal verify tells what is wrong",
				plan.Journal, s.Year, plan.Sum())
		case !s.Send:
			return p.printf("Nothing was queued. With --send, the statements due are.\n")
		}
		queued, err := s.queue(p, store, c.Zone, plan.Due.Donors)
		if err != nil {
			return fmt.Errorf("%w; the %d statements queued so far stay so, and the same command goes on from there", err, queued)
		}
		return p.printf("Queued %s; the service sends them.\n", statements(int64(queued)))
	})
}

// inOne is how many donors one transaction looks at.
const inOne = 200

// issueAll issues every receipt that is due, as the service does.
func issueAll(p *program, store *models.Store) error {
	for {
		if issued, err := store.IssueReceipts(p.ctx, inOne); err != nil || issued == 0 {
			return err
		}
	}
}

func (s statementsCommand) queue(p *program, store *models.Store, zone *time.Location, due int64) (queued int, err error) {
	bar := progressbar.NewOptions64(due, progressbar.OptionSetWriter(p.errs), progressbar.OptionSetDescription("Queueing statements"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(isTerminal(p.errs)))
	for after := ""; ; {
		more, last, err := store.QueueStatements(p.ctx, s.Year, zone, after, inOne)
		if err != nil {
			return queued, errors.Join(err, bar.Exit())
		}
		queued += more
		show(bar, queued)
		if last == "" {
			return queued, bar.Finish()
		}
		after = last
	}
}

// printStatements lists what becomes of a year's gifts, which adds up to what
// the ledger has for them.
func printStatements(p *program, plan models.StatementPlan, zone *time.Location) error {
	if err := p.printf("Gifts received in %d in %s, less what went back:\n", plan.Year, zone); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := fmt.Fprint(table, "\tDonors\tGifts\tSum\t\n"); err != nil {
		return err
	}
	for _, row := range []struct {
		what  string
		share models.Share
	}{
		{"Statements due", plan.Due},
		{"Queued or sent before", plan.Queued},
		{"Left out, no e-mail address", plan.NoEmail},
		{"Left out, a receipt is held for a person to release", plan.Held},
		{"Left out, more went back than was given", plan.Overdone},
	} {
		if _, err := fmt.Fprintf(table, "%s\t%d\t%d\t%s\t\n", row.what, row.share.Donors, row.share.Gifts, row.share.Sum); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(table, "The ledger\t\t\t%s\t\n", plan.Journal); err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if plan.Due.Apart == 0 {
		return nil
	}
	return p.printf("Of what is due, %s was stock, came from a fund or a retirement account, or was a check mailed in another year: listed apart, and not summed as deductible.\n", plan.Due.Apart)
}

func statements(n int64) string {
	if n == 1 {
		return "1 statement"
	}
	return fmt.Sprintf("%d statements", n)
}
