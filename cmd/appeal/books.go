package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/models"
)

// load reads the environment and the campaign that it names. All mistakes of
// one kind are reported at once.
func (p *program) load(need config.Need) (config.Config, models.Campaign, error) {
	conf, err := config.Load(need, p.getenv, os.ReadFile)
	if err != nil {
		return conf, models.Campaign{}, err
	}
	c, err := readCampaign(conf.CampaignDir)
	return conf, c, err
}

// readCampaign reads a campaign's folder, or the built-in one.
func readCampaign(dir string) (models.Campaign, error) {
	name := "built in"
	var c models.Campaign
	var err error
	if dir == "" {
		c, err = campaign.BuiltIn()
	} else {
		name = "in " + dir
		c, err = campaign.Load(dir)
	}
	if err != nil {
		return c, usage{fmt.Errorf("the campaign %s can't be used:\n%w", name, err)}
	}
	return c, nil
}

// connect opens the database of a command that only reads or migrates.
func (p *program) connect() (*models.Store, models.Campaign, error) {
	conf, c, err := p.load(config.Database)
	if err != nil {
		return nil, c, err
	}
	store, err := models.Connect(p.ctx, models.Options{URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency, BooksStart: c.BooksStart, Zone: c.Zone, Now: clock})
	return store, c, err
}

// withBooks opens the books, hands them to f, and closes them.
func (p *program) withBooks(f func(store *models.Store, c models.Campaign) error) error {
	store, c, err := p.connect()
	if err != nil {
		return err
	}
	err = behind(store.OpenBooks(p.ctx))
	if err == nil {
		err = f(store, c)
	}
	return errors.Join(err, store.Close())
}

// behind says what to do about a schema that is older than the program.
func behind(err error) error {
	if errors.Is(err, models.ErrSchemaBehind) {
		return fmt.Errorf("%w: run appeal migrate first", err)
	}
	return err
}

type totalsCommand struct {
	JSON bool   `help:"Print JSON: minor units beside the currency."`
	AsOf string `help:"The totals as they stood at the end of this day in the campaign's zone." placeholder:"YYYY-MM-DD"`

	Rebuild bool `help:"First reckon anew, from the facts and the journal, every figure that is kept beside them, and say what was not right. The service goes on meanwhile."`
}

// Run prints the totals.
func (t totalsCommand) Run(p *program) error {
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		var unsound error
		if t.Rebuild {
			if unsound = t.rebuild(p, store); unsound != nil && !errors.Is(unsound, errFound) {
				return unsound
			}
		}
		totals, err := t.read(p.ctx, store, c)
		if err != nil {
			return err
		}
		if t.JSON {
			err = json.NewEncoder(p.out).Encode(totals)
		} else {
			err = printTotals(p, totals)
		}
		return errors.Join(err, unsound)
	})
}

// rebuild reckons the figures anew. Where some were wrong it proves the books,
// and returns errFound if they are not sound now: what is wrong with the facts
// or the journal no reckoning mends.
func (t totalsCommand) rebuild(p *program, store *models.Store) error {
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(p.errs), progressbar.OptionSetDescription("Reckoning gifts"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetVisibility(isTerminal(p.errs)))
	rebuilt, err := store.RebuildFigures(p.ctx, models.Operator, func(gifts, all int64) {
		if gifts == 1 {
			bar.ChangeMax64(all)
		}
		if gifts%500 == 0 {
			show(bar, int(gifts))
		}
	})
	if err = errors.Join(err, bar.Exit()); err != nil {
		return err
	}
	to := *p
	if t.JSON {
		to.out = p.errs
	}
	if err := tellRebuilt(&to, rebuilt); err != nil || rebuilt.Nothing() {
		return err
	}
	breaches, err := store.Verify(p.ctx)
	if err != nil {
		return err
	}
	return tellBreaches(&to, breaches)
}

func tellRebuilt(p *program, r models.Rebuilt) error {
	if r.Nothing() {
		return p.printf("Every figure was right; nothing was changed.\n\n")
	}
	for _, f := range r.Found {
		if err := p.printf("was wrong  %s (%s): %s\n", f.Predicate, f.Rule, f.Found); err != nil {
			return err
		}
	}
	return p.printf("Put right: %s.\n\n", r)
}

func (t totalsCommand) read(ctx context.Context, store *models.Store, c models.Campaign) (models.Totals, error) {
	if t.AsOf == "" {
		return store.Totals(ctx)
	}
	day, err := dayOf("--as-of", t.AsOf)
	if err != nil {
		return models.Totals{}, err
	}
	return store.TotalsAsOf(ctx, models.DayEnds(day, c.Zone).Add(-time.Microsecond))
}

func printTotals(p *program, t models.Totals) error {
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range [][2]string{
		{"Gross", t.Gross.String()},
		{"− Refunded", t.Refunded.String()},
		{"− Disputed", t.Disputed.String()},
		{"= Raised", t.Raised.String()},
		{"− Fees", t.Fees.String()},
		{"= Net", t.Net.String()},
		{"", ""},
		{"Offline, in gross", t.Offline.String()},
		{"Pending, in nothing", t.Pending.String()},
		{"Gifts", count(t.Gifts)},
		{"Donors", count(t.Donors)},
		{"Recurring, active", count(t.RecurringActive)},
		{"Recurring, a month", t.RecurringMonthly.String()},
		{"Paid out", t.PaidOut.String()},
		{"Balance at Stripe", t.StripeBalance.String()},
		{"Other activity", t.OtherActivity.String()},
		{"Needs attention", count(t.NeedsAttention)},
		{"", ""},
		{"In transit, in paid out", t.InTransit.String()},
		{"Closed through", cmp.Or(t.ClosedThrough, "no day")},
		{"Booked late", count(t.Late)},
		{"Booked late, in net", t.LateNet.String()},
	} {
		if _, err := fmt.Fprintf(table, "%s\t%s\t\n", row[0], row[1]); err != nil {
			return err
		}
	}
	return table.Flush()
}

type verifyCommand struct{}

// Run checks the books. It fails if anything in them is unsound.
func (verifyCommand) Run(p *program) error {
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		breaches, err := store.Verify(p.ctx)
		if err != nil {
			return err
		}
		if err := tellBreaches(p, breaches); err != nil {
			return err
		}
		digest, err := store.Digest(p.ctx)
		if err != nil {
			return err
		}
		return p.printf("ok: %s hold\nledger digest %s\n", strings.Join(models.Predicates(), ", "), digest)
	})
}

// tellBreaches prints what breaks the books, and returns errFound if anything
// does.
func tellBreaches(p *program, breaches []models.Breach) error {
	for _, b := range breaches {
		if err := p.printf("%s (%s): %s\n", b.Predicate, b.Rule, b.Found); err != nil {
			return err
		}
	}
	if len(breaches) > 0 {
		return errFound
	}
	return nil
}

type migrateCommand struct {
	Status bool `help:"List the schema's steps, and change nothing."`
}

// Run brings the schema up to date, or lists its steps.
func (m migrateCommand) Run(p *program) error {
	store, _, err := p.connect()
	if err != nil {
		return err
	}
	if m.Status {
		err = listMigrations(p, store)
	} else {
		err = migrate(p, store)
	}
	return errors.Join(err, store.Close())
}

func listMigrations(p *program, store *models.Store) error {
	all, err := store.Migrations(p.ctx)
	if err != nil {
		return err
	}
	for _, step := range all {
		state := "pending"
		if step.Applied {
			state = "applied"
		}
		if err := p.printf("%-8s %s\n", state, step.Name); err != nil {
			return err
		}
	}
	return nil
}

func migrate(p *program, store *models.Store) error {
	steps, err := store.Migrate(p.ctx)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := p.printf("applied  %s\n", step.Name); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		if err := p.printf("the schema is up to date\n"); err != nil {
			return err
		}
	}
	return store.OpenBooks(p.ctx)
}
