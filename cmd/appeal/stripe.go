package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/webhooks"
)

// stripeCommands are those that have to do with the Stripe account alone.
type stripeCommands struct {
	Setup  stripeSetupCommand  `cmd:"" help:"Make or update at Stripe what the service needs: the webhook endpoint for APPEAL_BASE_URL, the products of monthly gifts, and the billing portal. Prints the endpoint's signing secret once."`
	Sync   stripeSyncCommand   `cmd:"" help:"Fetch from Stripe whatever the webhooks missed, book it, and compare the books with Stripe's own account. From an empty database it restores every online gift."`
	Events stripeEventsCommand `cmd:"" help:"List what came from Stripe and is not settled: what waits, and what needs attention."`
	Replay stripeReplayCommand `cmd:"" help:"Have events that need attention tried again, after a fix."`
}

// endpointAddress is where Stripe is to send its events.
func endpointAddress(conf config.Config) string { return conf.BaseURL.String() + webhooks.Path }

// stripeReaches reports whether Stripe's servers could send to the service. A
// stand-in for Stripe runs where it can.
func stripeReaches(conf config.Config) bool {
	return conf.StripeAPIBase != nil || !private(conf.BaseURL)
}

// private reports whether an address means something on one machine or in one
// network only.
func private(address *url.URL) bool {
	host := address.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
	}
	if !strings.Contains(host, ".") {
		return true
	}
	for _, end := range []string{".localhost", ".local", ".internal", ".test"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// inPlainWords tells an operator what an answer of Stripe means and what to
// do. Stripe's own text may quote the key, and is nowhere in it.
func inPlainWords(err error) error {
	var forbidden *stripeapi.ForbiddenError
	switch {
	case errors.Is(err, stripeapi.ErrUnavailable):
		return errors.New("Stripe did not answer: check the network, and STRIPE_API_BASE if it is set")
	case errors.As(err, &forbidden):
		return fmt.Errorf("%w: give the key that in Stripe's Dashboard, or use another key for this command", err)
	default:
		return err
	}
}
