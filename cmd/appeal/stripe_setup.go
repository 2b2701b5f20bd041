package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

type stripeSetupCommand struct {
	DryRun    bool `help:"Say what would be done, and change nothing."`
	DeleteOld bool `help:"Delete endpoints for the same address with another API version. One that this run replaces stays until the next."`
}

// Run compares what is at Stripe with what the service needs, and mends it.
func (s stripeSetupCommand) Run(p *program) error {
	conf, c, err := p.load(config.Stripe)
	if err != nil {
		return err
	}
	if !stripeReaches(conf) {
		return usage{errors.New("Stripe can't reach " + conf.BaseURL.String() +
			": set APPEAL_BASE_URL to the public address; on this machine alone, stripe listen takes the endpoint's place")}
	}
	return s.setUp(p, conf, c)
}

func (s stripeSetupCommand) setUp(p *program, conf config.Config, c models.Campaign) error {
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Minute)
	defer cancel()
	client := stripeapi.New(c, stripeapi.Config{
		Key: conf.StripeSecretKey.Reveal(), APIBase: stripeAddress(conf), BaseURL: conf.BaseURL.String(),
	})
	if err := s.endpoint(ctx, p, client, endpointAddress(conf)); err != nil {
		return inPlainWords(err)
	}
	parts, err := client.Parts(ctx)
	if err != nil {
		return inPlainWords(err)
	}
	for _, part := range parts {
		if err := s.part(ctx, p, part); err != nil {
			return inPlainWords(err)
		}
	}
	return nil
}

// say prints the line about one thing.
func say(p *program, name, format string, args ...any) error {
	return p.printf("%-18s "+format+"\n", append([]any{name + ":"}, args...)...)
}

// part mends one product or the portal.
func (s stripeSetupCommand) part(ctx context.Context, p *program, part stripeapi.Part) error {
	switch {
	case part.ID == "" && s.DryRun:
		return say(p, part.Name, "would be made")
	case part.ID == "":
		id, err := part.Mend(ctx)
		if err != nil {
			return err
		}
		return say(p, part.Name, "made %s", id)
	case len(part.Differs) == 0:
		return say(p, part.Name, "found %s, nothing to change", part.ID)
	case s.DryRun:
		return say(p, part.Name, "would change %s: %s", part.ID, strings.Join(part.Differs, "; "))
	}
	id, err := part.Mend(ctx)
	if err != nil {
		return err
	}
	return say(p, part.Name, "changed %s: %s", id, strings.Join(part.Differs, "; "))
}

const endpointLine = "webhook endpoint"

// endpoint sees to the webhook endpoint, and to others at its address.
func (s stripeSetupCommand) endpoint(ctx context.Context, p *program, client *stripeapi.Client, address string) error {
	types := webhooks.EventTypes()
	found, err := client.Endpoints(ctx, address, types)
	if err != nil {
		return err
	}
	switch {
	case found.Current == nil && s.DryRun:
		err = say(p, endpointLine, "would be made for %s (API version %s, %d event types)", address, stripeapi.Version, len(types))
	case found.Current == nil:
		err = s.makeEndpoint(ctx, p, client, address, types)
	default:
		err = s.changeEndpoint(ctx, p, client, found, types)
	}
	for _, twin := range found.Twins {
		err = errors.Join(err, say(p, "another endpoint", "%s has the same address and version; in the Dashboard, delete the one whose secret the service does not have", twin.ID))
	}
	for _, old := range found.Old {
		err = errors.Join(err, s.oldEndpoint(ctx, p, client, old, found.Current == nil))
	}
	return err
}

func (stripeSetupCommand) makeEndpoint(ctx context.Context, p *program, client *stripeapi.Client, address string, types []string) error {
	id, secret, err := client.MakeEndpoint(ctx, address, types)
	if err != nil {
		return err
	}
	return errors.Join(
		say(p, endpointLine, "made %s for %s (API version %s, %d event types)", id, address, stripeapi.Version, len(types)),
		say(p, "signing secret", "%s (shown this once: put it into STRIPE_WEBHOOK_SECRET)", secret))
}

func (s stripeSetupCommand) changeEndpoint(ctx context.Context, p *program, client *stripeapi.Client, found stripeapi.Endpoints, types []string) error {
	const where = "its signing secret can be seen in the Dashboard alone"
	id, differs := found.Current.ID, endpointDiffers(found)
	switch {
	case len(differs) == 0:
		return say(p, endpointLine, "found %s, nothing to change; %s", id, where)
	case s.DryRun:
		return say(p, endpointLine, "would change %s: %s", id, strings.Join(differs, "; "))
	}
	if err := client.ChangeEndpoint(ctx, id, types); err != nil {
		return err
	}
	return say(p, endpointLine, "changed %s: %s; %s", id, strings.Join(differs, "; "), where)
}

// endpointDiffers are the changes that an endpoint needs, each as what is done
// to it.
func endpointDiffers(found stripeapi.Endpoints) []string {
	var differs []string
	if !found.Current.Enabled {
		differs = append(differs, "enabled again")
	}
	if len(found.Missing) > 0 {
		differs = append(differs, "events added: "+strings.Join(found.Missing, ", "))
	}
	if len(found.Extra) > 0 {
		differs = append(differs, "events removed: "+strings.Join(found.Extra, ", "))
	}
	return differs
}

// oldEndpoint sees to an endpoint of another version. replaced says that there
// was none of the right version before this run: the service does not know the
// new one's secret yet, so the old one goes on delivering.
func (s stripeSetupCommand) oldEndpoint(ctx context.Context, p *program, client *stripeapi.Client, old stripeapi.Endpoint, replaced bool) error {
	const line = "old endpoint"
	version := "the account's API version"
	if old.Version != "" {
		version = "API version " + old.Version
	}
	switch {
	case replaced || !s.DeleteOld:
		return say(p, line, "%s has %s, which can't be changed; it is left as it is. Put both secrets into STRIPE_WEBHOOK_SECRET, with a comma between, restart the service, then run appeal stripe setup --delete-old", old.ID, version)
	case s.DryRun:
		return say(p, line, "would delete %s (%s)", old.ID, version)
	}
	if err := client.DeleteEndpoint(ctx, old.ID); err != nil {
		return err
	}
	return say(p, line, "deleted %s (%s); its secret can leave STRIPE_WEBHOOK_SECRET", old.ID, version)
}
