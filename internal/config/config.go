// Package config reads the environment, once, at start.
//
// It refuses a configuration that holds any mistake, and names every mistake
// at once, each by its variable and with how to mend it. It repeats no value,
// neither in an error nor when a Config is printed: a secret may have been
// pasted into the wrong variable. It touches nothing: whether a database or a
// key works is for others to find out.
package config

import (
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is what the environment says, with defaults where it says nothing.
// A command fills in only what it needs.
type Config struct {
	// What every command needs.
	DatabaseURL Secret // "sqlite:path" or "postgres://…"; holds a password
	CampaignDir string // empty: the built-in campaign
	LogFormat   LogFormat
	LogLevel    slog.Level

	// What speaks with Stripe needs these too.
	BaseURL         *url.URL // scheme and host alone
	StripeSecretKey Secret
	StripeAPIBase   *url.URL // nil: Stripe's own

	// What the service alone needs.
	Listen               string
	StripeWebhookSecrets []Secret // any of them may have signed
	SecretKey            Secret   // 32 bytes
	TrustedProxies       []netip.Prefix
	DonateRate           Rate
	AutoMigrate          bool
	SyncInterval         time.Duration // 0: never
	SMTP                 *SMTP         // nil: mail stays queued
	MailFrom             mail.Address  // whom mails are from; set if SMTP is
}

// Need says how much of the environment a command needs. What it does not
// need it does not read, so that no mistake there can stop it.
type Need int

// Each need includes the ones before it.
const (
	Database Need = iota // totals, verify, migrate, export, staff
	Stripe               // stripe setup, stripe sync
	Serve                // serve, check
)

// Livemode reports whether the Stripe key moves real money.
func (c Config) Livemode() bool {
	key := c.StripeSecretKey.Reveal()
	return strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_")
}

// Load reads what a command needs, os.Getenv and os.ReadFile in the program
// itself. A variable that is empty counts as not set. On any mistake the error
// is of type Mistakes and holds them all; the Config then holds what could be
// read, for a command that only looks (appeal check), and must not be run on.
func Load(need Need, getenv func(string) string, readFile func(string) ([]byte, error)) (Config, error) {
	e := &environment{getenv: getenv, readFile: readFile}
	var c Config
	e.forEveryCommand(&c)
	if need >= Stripe {
		e.forStripe(&c)
	}
	if need >= Serve {
		e.forServe(&c)
	}
	if len(e.mistakes) > 0 {
		return c, e.mistakes
	}
	return c, nil
}
