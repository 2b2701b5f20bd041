package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/models"
)

type checkCommand struct{}

// finding is what one check came to. A warning alone does not fail the check.
type finding struct {
	err  error
	warn string
	note string // beside ok
}

// check is one line of what is printed.
type check struct {
	name string
	try  func() finding
}

// line is what is printed of a finding.
func (f finding) line() string {
	switch {
	case f.err != nil:
		return f.err.Error()
	case f.warn != "":
		return "warning: " + f.warn
	case f.note != "":
		return "ok (" + f.note + ")"
	}
	return "ok"
}

// Run tries everything the service rests on, and prints a line for each.
func (checkCommand) Run(p *program) error {
	conf, wrong := config.Load(config.Serve, p.getenv, os.ReadFile)
	c, unreadable := readCampaign(conf.CampaignDir)
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	failing := false
	checks := []check{
		{"configuration", func() finding { return finding{err: wrong} }},
		{"campaign", func() finding { return checkCampaign(conf, c, unreadable) }},
		{"accent", func() finding { return checkAccent(c, unreadable) }},
		{"database", func() finding {
			if unreadable != nil {
				return finding{err: errors.New("not tried: the campaign can't be read")}
			}
			return checkDatabase(ctx, conf, c)
		}},
		{"books", func() finding {
			if unreadable != nil {
				return finding{err: errors.New("not tried: the campaign can't be read")}
			}
			return checkBooks(ctx, conf, c)
		}},
	}
	checks = append(checks, stripeChecks(ctx, conf, c)...)
	checks = append(checks, check{"mail", func() finding { return checkMail(ctx, conf, wrong) }})
	for _, one := range checks {
		found := one.try()
		failing = failing || found.err != nil
		if err := say(p, one.name, "%s", oneLine(found.line())); err != nil {
			return err
		}
	}
	if wrong != nil {
		return usage{errors.New("the configuration can't be used")}
	}
	if failing {
		return errFound
	}
	return nil
}

func checkCampaign(conf config.Config, c models.Campaign, unreadable error) finding {
	if unreadable != nil {
		return finding{err: unreadable}
	}
	if err := campaign.Live(c); err != nil {
		if conf.Livemode() {
			return finding{err: err}
		}
		return finding{warn: "it can't take live gifts yet:\n" + err.Error()}
	}
	return finding{}
}

// checkAccent says how well the accent can be read. One that can't be is among
// the campaign's own mistakes.
func checkAccent(c models.Campaign, unreadable error) finding {
	if unreadable != nil {
		return finding{err: errors.New("not tried: the campaign can't be read")}
	}
	said, err := campaign.Contrast(c)
	return finding{err: err, note: said}
}

func checkDatabase(ctx context.Context, conf config.Config, c models.Campaign) finding {
	if conf.DatabaseURL.Reveal() == "" {
		return finding{err: errors.New("not tried: DATABASE_URL can't be read")}
	}
	live := conf.Livemode()
	store, err := models.Connect(ctx, models.Options{URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency, Livemode: &live})
	if err != nil {
		return finding{err: err}
	}
	err = store.OpenBooks(ctx)
	if errors.Is(err, models.ErrSchemaBehind) {
		return finding{warn: "the schema is behind: run appeal migrate, or let appeal serve do it", err: store.Close()}
	}
	if err == nil {
		err = store.Ready(ctx)
	}
	return finding{err: errors.Join(err, store.Close())}
}

// staleSync is after how long without a sync an operator is told.
const staleSync = 24 * time.Hour

// checkBooks tells how the books stand beside Stripe's own account, as the last
// sync found them.
func checkBooks(ctx context.Context, conf config.Config, c models.Campaign) (found finding) {
	store, err := models.Connect(ctx, models.Options{URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency})
	if err != nil {
		return finding{err: errors.New("not tried: the database comes first")}
	}
	defer func() { found.err = errors.Join(found.err, store.Close()) }()
	if err := store.OpenBooks(ctx); err != nil {
		return finding{warn: "not tried: the database comes first"}
	}
	totals, err := store.Totals(ctx)
	if err != nil {
		return finding{err: err}
	}
	open, err := store.OpenFindings(ctx)
	if err != nil {
		return finding{err: err}
	}
	differences := 0
	for _, f := range open {
		if f.Kind.Differs() {
			differences++
		}
	}
	last, synced, err := store.LastSync(ctx)
	switch {
	case err != nil:
		return finding{err: err}
	case totals.NeedsAttention > 0:
		return finding{warn: fmt.Sprintf("%d from Stripe need a person: see appeal stripe events", totals.NeedsAttention)}
	case differences > 0:
		return finding{warn: fmt.Sprintf("%d differences from Stripe's account: appeal stripe sync names them", differences)}
	case len(open) > 0:
		return finding{warn: fmt.Sprintf("%d gifts need a person, for a warning of fraud or a loss that can be won back: appeal stripe sync names them", len(open))}
	case !synced:
		return finding{note: "never compared with Stripe yet: appeal serve does, and appeal stripe sync"}
	case store.Now().Sub(last) > staleSync:
		return finding{warn: "the last sync with Stripe that reached its end was at " + last.UTC().Format(time.RFC3339) +
			": see the service's log, or run appeal stripe sync"}
	default:
		return finding{note: "agreed with Stripe's account at " + last.UTC().Format(time.RFC3339)}
	}
}
