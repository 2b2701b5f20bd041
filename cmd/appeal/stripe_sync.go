package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

type stripeSyncCommand struct {
	Since *time.Duration `help:"Read back this far, as 72h; left out, to where the last sync began, or to books_start of the campaign." placeholder:"DURATION"`
	Check bool           `help:"Exit with 1 if anything contradicts the books or differs from Stripe; otherwise done is 0, whatever was found."`
}

// pace makes Stripe's API be asked no faster than leaves room for donors.
func pace(stripe webhooks.Stripe, conf config.Config) webhooks.Stripe {
	perSecond := 15 // of the 25 that Stripe allows a test account
	if conf.Livemode() {
		perSecond = 50 // of 100
	}
	return webhooks.Pace(stripe, perSecond)
}

// newSyncer makes the one that both the command and the service use.
func newSyncer(store *models.Store, stripe webhooks.Stripe, c models.Campaign, log *slog.Logger) *webhooks.Syncer {
	return webhooks.NewSyncer(store, stripe, webhooks.SyncConfig{Slug: c.Slug, BooksStart: c.BooksStart, Holder: rand.Text(), Log: log})
}

// Run fetches what the webhooks missed, books it, and prints what it found.
func (s stripeSyncCommand) Run(p *program) error {
	conf, c, err := p.load(config.Stripe)
	if err != nil {
		return err
	}
	if s.Since != nil && *s.Since < 0 {
		return usage{errors.New("--since can't be negative")}
	}
	live := conf.Livemode()
	log := newLog(p.errs, conf.LogFormat, slog.LevelWarn)
	store, err := models.Connect(p.ctx, models.Options{
		URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency, Livemode: &live, BooksStart: c.BooksStart, Zone: c.Zone, Notices: c.Notices, Addresses: c.CollectAddress,
		Now: clock, Log: log,
	})
	if err != nil {
		return err
	}
	if err := openBooks(p.ctx, store, conf.AutoMigrate, log); err != nil {
		return errors.Join(err, store.Close())
	}
	if err := store.OpenBooks(p.ctx); err != nil { // an operator wants to migrate by hand, and has not
		return errors.Join(behind(err), store.Close())
	}
	client := stripeapi.New(c, stripeapi.Config{
		Key: conf.StripeSecretKey.Reveal(), APIBase: stripeAddress(conf), BaseURL: conf.BaseURL.String(), Log: log,
	})
	return errors.Join(s.sync(p, newSyncer(store, pace(client, conf), c, log), store), store.Close())
}

func (s stripeSyncCommand) sync(p *program, syncer *webhooks.Syncer, store *models.Store) error {
	var since *time.Time
	if s.Since != nil {
		at := store.Now().Add(-*s.Since)
		since = &at
	}
	// How much there is to read is not known before it is read.
	seen := isTerminal(p.errs)
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.errs), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(seen))
	stage := ""
	progress := func(now string, read int) {
		if !seen && now != stage { // a log: a line for each stage will do
			_, _ = fmt.Fprintf(p.errs, "reading %s\n", now) // that it can't be written stops nothing
		}
		stage = now
		bar.Describe("Reading " + now)
		show(bar, read)
	}
	var report webhooks.Report
	var err error
	until := time.NewTimer(patience)
	defer until.Stop()
	every(p.ctx, time.Second, func() bool {
		if report, err = syncer.Sync(p.ctx, since, progress); !errors.Is(err, webhooks.ErrSyncing) {
			return false
		}
		bar.Describe("Waiting for another process that syncs")
		show(bar, 0)
		select {
		case <-until.C:
			return false
		default:
			return true
		}
	})
	if finished := bar.Finish(); err == nil {
		err = finished
	}
	switch {
	case errors.Is(err, webhooks.ErrSyncing):
		return fmt.Errorf("%w: try again in a few minutes", err)
	case err != nil:
		return fmt.Errorf("%w; what was read is booked, and the next sync goes on from there", inPlainWords(err))
	}
	err = printReport(p, report)
	differs := func(f models.Finding) bool { return f.Kind.Differs() }
	if err == nil && s.Check && (len(report.Problems) > 0 || slices.ContainsFunc(report.Findings, differs)) {
		err = errFound
	}
	return err
}

// patience is how long the command waits for another process's sync to end; the
// lease of one that died has run out by then.
const patience = 3 * time.Minute

// mostListed bounds how many lines of one kind are printed.
const mostListed = 50

func printReport(p *program, r webhooks.Report) error {
	from := "from"
	if r.Resumed {
		from = "going on with a run that was broken off, from"
	}
	err := p.printf("Read Stripe %s %s on.\n", from, r.Since.UTC().Format(time.RFC3339))
	listed := func(title string, lines []string) {
		err = errors.Join(err, p.printf("%s: %d\n", title, len(lines)))
		for i, line := range lines {
			if i == mostListed {
				err = errors.Join(err, p.printf("  and %d more\n", len(lines)-i))
				return
			}
			err = errors.Join(err, p.printf("  %s\n", line))
		}
	}
	listed("Booked, and told by no event", moved(r.Booked))
	if len(r.Mended) > 0 {
		listed("Set right in the books' copy of Stripe's account", r.Mended)
	}
	listed("Contradicts the books and needs a person", r.Problems)
	var differ, people []string
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s %s: %s (%s %s)", f.Kind, f.Object, f.Detail, f.Amount.Decimal(), f.Currency)
		if f.ResolvedAt != nil {
			line += ", resolved by a person"
		}
		if f.Kind.Differs() {
			differ = append(differ, line)
		} else {
			people = append(people, line)
		}
	}
	listed("Differences from Stripe", differ)
	if len(people) > 0 {
		listed("In the books, and needs a person", people)
	}
	if r.Balance == nil {
		return errors.Join(err, p.printf("The balance did not stand still long enough to be compared; the next sync will.\n"))
	}
	err = errors.Join(err, p.printf("Balance at Stripe: %s\n", r.Balance.String()))
	if len(r.OnItsWay) == 0 {
		return err
	}
	var sum money.Minor
	var away []string
	for _, u := range r.OnItsWay {
		sum += u.Amount
		line := fmt.Sprintf("%s %s, made %s", u.Key, u.Amount.Decimal(), u.At.UTC().Format(time.RFC3339))
		if u.AskedAt == nil {
			line += ", too new to be asked after"
		}
		away = append(away, line)
	}
	err = errors.Join(err, p.printf("By the books: %s, of which %s is on its way: Stripe has not moved its balance for it yet\n", r.Books.String(), sum.String()))
	listed("On its way", away)
	return err
}

// moved are the keys that moved money; what else was learned says whose it is.
func moved(keys []string) []string {
	var money []string
	for _, key := range keys {
		_, kind, _ := strings.Cut(key, ":")
		if models.FactKind(kind).MovesMoney() {
			money = append(money, key)
		}
	}
	return money
}
