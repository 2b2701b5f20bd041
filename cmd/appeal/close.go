package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/corruptionproject/appeal/models"
)

type closeCommand struct {
	Through string `help:"Close all days through this one." placeholder:"YYYY-MM-DD" xor:"which"`
	Look    bool   `help:"With --through, show what would be closed and what is still open in it, and close nothing."`
	Anyway  bool   `help:"With --through, close although something is open that can make these days wrong."`
	Reopen  bool   `help:"Open days again, with --from and --reason."`
	From    string `help:"With --reopen, the first day that is open again." placeholder:"YYYY-MM-DD" xor:"which"`
	Reason  string `help:"With --reopen, why: it stands in the audit log."`
}

// Run closes days, opens them again, or says until when they are closed.
func (c closeCommand) Run(p *program) error {
	switch {
	case c.Reopen && c.From == "":
		return usage{errors.New("--reopen needs --from, the first day that is to be open again")}
	case !c.Reopen && (c.From != "" || c.Reason != ""):
		return usage{errors.New("--from and --reason go with --reopen")}
	case c.Through == "" && (c.Look || c.Anyway):
		return usage{errors.New("--look and --anyway go with --through")}
	}
	return p.withBooks(func(store *models.Store, campaign models.Campaign) error {
		switch {
		case c.Reopen:
			return c.reopen(p, store)
		case c.Through != "":
			return c.close(p, store, campaign.Zone)
		default:
			return printClosings(p, store, campaign.Zone)
		}
	})
}

func (c closeCommand) close(p *program, store *models.Store, zone *time.Location) error {
	through, err := dayOf("--through", c.Through)
	if err != nil {
		return err
	}
	plan, err := store.PlanClosing(p.ctx, through)
	if err == nil {
		err = printPlan(p, plan)
	}
	if err == nil && !c.Look {
		_, err = store.CloseDays(p.ctx, models.Operator, through, c.Anyway)
	}
	switch {
	case errors.Is(err, models.ErrNotOver):
		return usage{fmt.Errorf("--through %s is not over in %s, and more is posted in it", c.Through, zone)}
	case errors.Is(err, models.ErrExists):
		return fmt.Errorf("%s is closed already; appeal close lists until when", c.Through)
	case errors.Is(err, models.ErrUnsettled):
		return errors.New("nothing was closed: settle first what hinders it, above, or close with --anyway")
	case err != nil:
		return err
	case c.Look:
		return p.printf("Nothing was closed: this is a look.\n")
	}
	return p.printf("Closed through %s. What comes late for these days is posted in the first moment after them, and says so.\n", c.Through)
}

func (c closeCommand) reopen(p *program, store *models.Store) error {
	from, err := dayOf("--from", c.From)
	if err != nil {
		return err
	}
	now, err := store.ReopenDays(p.ctx, models.Operator, from, c.Reason)
	switch {
	case errors.Is(err, models.ErrNoNote):
		return usage{errors.New("--reason says why, in up to 2,000 characters")}
	case errors.Is(err, models.ErrNotClosed):
		return fmt.Errorf("%s is not closed; appeal close lists until when", c.From)
	case err != nil:
		return err
	}
	return p.printf("Open again from %s; closed through %s. What was posted late stays where it is.\n", c.From, now.Through)
}

// printPlan shows the sums of what would be closed, and what is open in it.
func printPlan(p *program, plan models.ClosingPlan) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := fmt.Fprint(table, "\tGross\tRefunds\tDisputes\tFees\tNet\t\n"); err != nil {
		return err
	}
	for _, m := range append(plan.Months, models.ClosingMonth{Month: "All", DayFigures: plan.Sum}) {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t\n", m.Month, m.Gross, -m.Refunded, -m.Disputed, -m.Fees, m.Net()); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	day := plan.Through.Format(time.DateOnly)
	if err := p.printf("At the end of %s: %s at Stripe, %s on the way to the bank.\n", day, plan.Balances[models.StripeBalance], plan.Transit); err != nil {
		return err
	}
	for _, o := range plan.Open {
		mark := "open"
		if o.What.Hinders() {
			mark = "hinders"
		}
		if err := p.printf("%-8s %s\n", mark, o); err != nil {
			return err
		}
	}
	return nil
}

// mostClosings bounds how many are listed.
const mostClosings = 24

func printClosings(p *program, store *models.Store, zone *time.Location) error {
	all, err := store.ListClosings(p.ctx, mostClosings)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return p.printf("No day is closed.\n")
	}
	if err := p.printf("Closed through %s.\n", all[0].Through); err != nil {
		return err
	}
	for _, c := range all {
		did := "closed through"
		if c.Reopened {
			did = "opened again, closed through"
		}
		if err := p.printf("%s  %s %s by %s", c.ClosedAt.In(zone).Format("2006-01-02 15:04 MST"), did, c.Through, c.ClosedBy); err != nil {
			return err
		}
		if c.Reason != "" {
			if err := p.printf(": %s", oneLine(c.Reason)); err != nil {
				return err
			}
		}
		if err := p.printf("\n"); err != nil {
			return err
		}
	}
	return nil
}
