package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// accountCheck tries what the service needs at Stripe, changing nothing there.
type accountCheck struct {
	ctx    context.Context
	conf   config.Config
	client *stripeapi.Client
	works  bool // the key does
}

// mend is what brings right what is wrong at Stripe.
const mend = "run appeal stripe setup"

var errKeyFirst = errors.New("not tried: the Stripe key comes first")

func stripeChecks(ctx context.Context, conf config.Config, c models.Campaign) []check {
	a := &accountCheck{ctx: ctx, conf: conf}
	if conf.BaseURL != nil && conf.StripeSecretKey.Reveal() != "" {
		a.client = stripeapi.New(c, stripeapi.Config{
			Key: conf.StripeSecretKey.Reveal(), APIBase: stripeAddress(conf), BaseURL: conf.BaseURL.String(),
		})
	}
	checks := []check{{"stripe key", a.key}}
	if strings.HasPrefix(conf.StripeSecretKey.Reveal(), "rk_") {
		checks = append(checks, check{"key permissions", a.permissions})
	}
	checks = append(checks, check{endpointLine, a.endpoint})
	if len(stripeapi.Purposes(c)) > 0 {
		checks = append(checks, check{"repeated gifts", a.repeated})
	}
	return checks
}

func (a *accountCheck) key() finding {
	if a.client == nil {
		return finding{err: errors.New("not tried: set STRIPE_SECRET_KEY, and an APPEAL_BASE_URL that can be read")}
	}
	mode := "test mode"
	if a.conf.Livemode() {
		mode = "live mode"
	}
	live, err := a.client.Livemode(a.ctx)
	var forbidden *stripeapi.ForbiddenError
	switch {
	case errors.Is(err, stripeapi.ErrUnavailable):
		return finding{err: inPlainWords(err)}
	case errors.As(err, &forbidden):
		a.works = true
		return finding{note: mode + ", as its name says"}
	case err != nil:
		return finding{err: errors.New("Stripe refused the key: check STRIPE_SECRET_KEY")}
	case live != a.conf.Livemode():
		return finding{err: errors.New("Stripe says the key is of the other mode than it looks")}
	}
	a.works = true
	return finding{note: mode}
}

// permissions tries each thing that a restricted key has to be allowed.
func (a *accountCheck) permissions() finding {
	if !a.works {
		return finding{err: errKeyFirst}
	}
	var lacks, unclear []string
	for _, resource := range stripeapi.Resources() {
		err := a.client.MayUse(a.ctx, resource)
		var forbidden *stripeapi.ForbiddenError
		switch {
		case errors.As(err, &forbidden) && forbidden.Permission != "":
			lacks = append(lacks, resource.Name+" ("+forbidden.Permission+")")
		case errors.As(err, &forbidden):
			lacks = append(lacks, resource.Name)
		case err != nil:
			unclear = append(unclear, resource.Name)
		}
	}
	var found finding
	if len(lacks) > 0 {
		found.err = fmt.Errorf("the key may not use %s: allow it in Stripe's Dashboard", strings.Join(lacks, ", "))
	}
	if len(unclear) > 0 {
		found.warn = "Stripe did not say whether the key may use " + strings.Join(unclear, ", ")
	}
	return found
}

// endpoint says whether Stripe sends here what the code handles. What loses
// events fails the check; what only makes them cost more is a warning.
func (a *accountCheck) endpoint() finding {
	if !a.works {
		return finding{err: errKeyFirst}
	}
	address := endpointAddress(a.conf)
	found, err := a.client.Endpoints(a.ctx, address, webhooks.EventTypes())
	switch {
	case err != nil:
		return unknown(err)
	case found.Current == nil && len(found.Old) == 0:
		return a.noEndpoint(address)
	case found.Current == nil:
		return finding{warn: fmt.Sprintf("%s has another API version than %s, so that each event costs a look-up: %s", found.Old[0].ID, stripeapi.Version, mend)}
	case !found.Current.Enabled:
		return finding{err: fmt.Errorf("%s is disabled at Stripe: %s", found.Current.ID, mend)}
	case len(found.Missing) > 0:
		return finding{err: fmt.Errorf("%s lacks events: %s: %s", found.Current.ID, strings.Join(found.Missing, ", "), mend)}
	case len(found.Extra) > 0:
		return finding{warn: fmt.Sprintf("%s is sent events that nothing handles: %s: %s", found.Current.ID, strings.Join(found.Extra, ", "), mend)}
	case len(found.Twins)+len(found.Old) > 0:
		return finding{warn: fmt.Sprintf("%s is as it should be, but there are others for %s: appeal stripe setup --dry-run says which", found.Current.ID, address)}
	}
	return finding{note: found.Current.ID}
}

// noEndpoint is an error where Stripe could reach the service. On one machine
// alone stripe listen, or whoever tries things out, sends the events.
func (a *accountCheck) noEndpoint(address string) finding {
	if private(a.conf.BaseURL) {
		return finding{warn: "Stripe has none for " + address + ": while developing, stripe listen takes its place"}
	}
	return finding{err: errors.New("Stripe has none for " + address + ": " + mend)}
}

// repeated looks for what monthly and yearly gifts need beside the endpoint.
func (a *accountCheck) repeated() finding {
	if !a.works {
		return finding{err: errKeyFirst}
	}
	parts, err := a.client.Parts(a.ctx)
	if err != nil {
		return unknown(err)
	}
	var wrong []string
	for _, part := range parts {
		switch {
		case part.ID == "":
			wrong = append(wrong, part.Name+" is missing")
		case len(part.Differs) > 0:
			wrong = append(wrong, part.Name+" differs: "+strings.Join(part.Differs, ", "))
		}
	}
	if len(wrong) > 0 {
		return finding{warn: strings.Join(wrong, "; ") + ": " + mend}
	}
	return finding{}
}

// unknown is what could not be looked at. A key that only serves needs no
// permission for what the set-up alone does.
func unknown(err error) finding {
	var forbidden *stripeapi.ForbiddenError
	if errors.As(err, &forbidden) {
		return finding{warn: "not looked at: " + err.Error()}
	}
	return finding{warn: "not looked at: " + inPlainWords(err).Error()}
}
