package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

type checkCommand struct{}

// finding is what one check came to. A warning alone does not fail the check.
type finding struct {
	err  error
	warn string
}

// Run tries everything the service rests on, and prints a line for each.
func (checkCommand) Run(p *program) error {
	conf, wrong := config.Load(config.Serve, p.getenv, os.ReadFile)
	c, unreadable := readCampaign(conf.CampaignDir)
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	failing := false
	for _, check := range []struct {
		name string
		try  func() finding
	}{
		{"configuration", func() finding { return finding{err: wrong} }},
		{"campaign", func() finding { return checkCampaign(conf, c, unreadable) }},
		{"database", func() finding {
			if unreadable != nil {
				return finding{err: errors.New("not tried: the campaign can't be read")}
			}
			return checkDatabase(ctx, conf, c)
		}},
		{"stripe key", func() finding { return checkStripe(ctx, conf, c) }},
	} {
		found := check.try()
		said := "ok"
		switch {
		case found.err != nil:
			said, failing = found.err.Error(), true
		case found.warn != "":
			said = "warning: " + found.warn
		}
		if err := p.printf("%-14s %s\n", check.name+":", oneLine(said)); err != nil {
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

func checkStripe(ctx context.Context, conf config.Config, c models.Campaign) finding {
	if conf.StripeSecretKey.Reveal() == "" {
		return finding{err: errors.New("not tried: set STRIPE_SECRET_KEY")}
	}
	stripe := stripeapi.New(c, stripeapi.Config{Key: conf.StripeSecretKey.Reveal(), APIBase: stripeAddress(conf)})
	live, err := stripe.Livemode(ctx)
	switch {
	case errors.Is(err, stripeapi.ErrUnavailable):
		return finding{err: errors.New("Stripe did not answer: check the network, and STRIPE_API_BASE if it is set")}
	case err != nil:
		return finding{err: errors.New("Stripe refused the key: check STRIPE_SECRET_KEY; a restricted key needs to read the balance")}
	case live != conf.Livemode():
		return finding{err: errors.New("Stripe says the key is of the other mode than it looks")}
	}
	return finding{}
}
