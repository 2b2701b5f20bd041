package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/outbox"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
	"github.com/corruptionproject/appeal/webhooks"
)

type serveCommand struct{}

// Run serves until it is told to stop.
func (serveCommand) Run(p *program) error {
	conf, c, err := p.load(config.Serve)
	if err != nil {
		return err
	}
	if conf.Livemode() {
		if err := campaign.Live(c); err != nil {
			return usage{fmt.Errorf("this campaign can't take live gifts yet:\n%w", err)}
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", conf.Listen)
	if err != nil {
		return fmt.Errorf("can't listen on %s: %w; free it, or set APPEAL_LISTEN", conf.Listen, err)
	}
	return serve(p.ctx, conf, c, door{Listener: listener}, newLog(p.errs, conf.LogFormat, conf.LogLevel))
}

// door is where the service is reached, and what it shows there to whoever
// tries it: the demo's article and the mail it keeps, and in a real service
// nothing.
type door struct {
	net.Listener
	demo     http.Handler
	captured letterbox
}

// letterbox takes mail that nobody is to be sent, and shows it.
type letterbox interface {
	mail.Sender
	handlers.Captured
	erasure.Folder
}

// postOffice is how mail leaves and whom it is from. The sender is nil where
// mail stays queued.
func (d door) postOffice(conf config.Config, c models.Campaign) (mail.Sender, mail.Address) {
	if d.captured != nil {
		return d.captured, mail.Address{Name: c.Organisation.Name, Email: "giving@example.org"}
	}
	return newSender(conf), mail.Address{Name: conf.MailFrom.Name, Email: conf.MailFrom.Address}
}

// folder is where captured mail is; nil where mail is sent.
func (d door) folder() erasure.Folder {
	if d.captured == nil {
		return nil
	}
	return d.captured
}

// serve is the service: every part made once, top to bottom, and stopped in
// reverse. It owns the listener.
func serve(ctx context.Context, conf config.Config, c models.Campaign, listener door, log *slog.Logger) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(listener.Close()))
		}
	}()
	live := conf.Livemode()
	store, err := models.Connect(ctx, models.Options{
		URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency, Livemode: &live, BooksStart: c.BooksStart, Zone: c.Zone, Notices: c.Notices, Addresses: c.CollectAddress,
		Now: clock, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := openBooks(ctx, store, conf.AutoMigrate, log); err != nil {
		return err
	}
	pages, err := web.New(web.Options{Light: web.Tones(c.Look.Light), Dark: web.Tones(c.Look.Dark)})
	if err != nil {
		return err
	}
	stripe := stripeapi.New(c, stripeapi.Config{
		Key: conf.StripeSecretKey.Reveal(), APIBase: stripeAddress(conf), BaseURL: conf.BaseURL.String(), Log: log,
	})
	reading := pace(stripe, conf)
	resolver := webhooks.NewResolver(store, reading, log)
	door := &webhooks.Door{Store: store, Secrets: secrets(conf), Livemode: live, Resolver: resolver, Log: log}
	sender, from := listener.postOffice(conf, c)
	version, revision := built()
	rooms, err := finance.New(finance.Config{
		Campaign: c, Store: store, Web: pages, BaseURL: conf.BaseURL, TestMode: !live, Key: []byte(conf.SecretKey.Reveal()),
		Refunds: stripe, Lookup: resolver, Now: store.Now, Log: log, Folder: conf.CampaignDir, Mailed: sender != nil,
		Version: version, Commit: revision, SyncEvery: conf.SyncInterval,
	})
	if err != nil {
		return err
	}
	signer := links.New([]byte(conf.SecretKey.Reveal()))
	letters := &outbox.Worker{
		Store: store, Sender: sender, Campaign: c, Links: signer, BaseURL: conf.BaseURL, From: from, TestMode: !live, Log: log,
	}
	site, err := handlers.New(handlers.Config{ //nolint:contextcheck // each call carries its request, context and all
		Campaign: c, Store: store, Links: signer, Mailed: sender != nil, Checkout: stripe, Lookup: resolver, Recurring: stripe,
		Web: pages, BaseURL: conf.BaseURL,
		PaymentOrigin: paymentOrigin(conf), TestMode: !live, TrustedProxies: conf.TrustedProxies,
		DonateRate: handlers.Rate(conf.DonateRate), Webhook: door.Receive, WebhookPath: webhooks.Path, Finance: rooms,
		Demo: listener.demo, Captured: listener.captured, Now: store.Now, Log: log,
	})
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { resolver.Run(working) })
	workers.Go(func() { site.Run(working) })
	if conf.SyncInterval > 0 {
		syncer := newSyncer(store, reading, c, log)
		workers.Go(func() { syncer.Run(working, conf.SyncInterval) })
	}
	workers.Go(func() { letters.Run(working) })
	workers.Go(func() {
		(&erasure.Worker{Store: store, Stripe: stripe, Mail: listener.folder(), Log: log}).Run(working)
	})
	workers.Go(func() { foldProgress(working, store, log) })
	workers.Go(func() { tellByTheClock(working, store, c, log) })
	workers.Go(func() { forgetByTheClock(working, store, log) })
	serving, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	workers.Go(func() {
		if err := openLate(working, store); err != nil {
			refuse(err)
		}
	})
	defer workers.Wait()
	defer stop()
	err = listen(serving, listener, site, log)
	if why := context.Cause(serving); errors.Is(why, models.ErrOtherBooks) {
		err = errors.Join(err, why)
	}
	return err
}

// grace is how long requests in flight may take once the service stops.
const grace = 10 * time.Second

// listen answers until ctx ends, then refuses new connections and finishes
// what is in flight.
func listen(ctx context.Context, listener net.Listener, site *handlers.Server, log *slog.Logger) error {
	server := &http.Server{
		Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	log.Info("listening", "address", listener.Addr().String())
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	site.Drain()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop within %s: %w", grace, err), server.Close())
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// openBooks brings the schema up to date, unless an operator wants to do that,
// and makes sure that these are the campaign's own books.
func openBooks(ctx context.Context, store *models.Store, migrate bool, log *slog.Logger) error {
	if migrate {
		steps, err := store.Migrate(ctx)
		if err != nil {
			return err
		}
		for _, step := range steps {
			log.Info("migrated", "step", step.Name)
		}
	}
	err := store.OpenBooks(ctx)
	if !migrate && errors.Is(err, models.ErrSchemaBehind) {
		log.Warn("the schema is behind: waiting for appeal migrate")
		return nil
	}
	return err
}

// openLate opens the books of a service that started before its schema was
// ready. It returns an error if they prove to be another campaign's.
func openLate(ctx context.Context, store *models.Store) error {
	var err error
	every(ctx, 2*time.Second, func() bool {
		err = store.OpenBooks(ctx)
		return err != nil && !errors.Is(err, models.ErrOtherBooks)
	})
	if errors.Is(err, models.ErrOtherBooks) {
		return err
	}
	return nil
}

// foldProgress keeps the rows few that progress and the figures of days are
// summed from.
func foldProgress(ctx context.Context, store *models.Store, log *slog.Logger) {
	every(ctx, 30*time.Second, func() bool {
		if err := store.FoldProgress(ctx); err != nil && ctx.Err() == nil {
			log.Warn("the progress could not be folded", "error", err)
		}
		if err := store.FoldDays(ctx); err != nil && ctx.Err() == nil {
			log.Warn("the figures of days could not be folded", "error", err)
		}
		return true
	})
}

// betweenCards is how often cards that expire are looked for: far more often
// than their news gets old, so that a service that was down misses few.
const betweenCards = 5 * time.Minute

// tellByTheClock has donors told that the card of a monthly or yearly gift
// expires, in one process at a time, finance each morning what waits, and the
// newsroom each Monday what the week came to.
func tellByTheClock(ctx context.Context, store *models.Store, c models.Campaign, log *slog.Logger) {
	holder := rand.Text()
	every(ctx, betweenCards, func() bool {
		mine, err := store.Lease(ctx, models.CardsLease, holder, betweenCards)
		if err == nil && mine {
			_, err = store.QueueExpiringCards(ctx, store.Now())
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("cards that expire could not be looked for", "error", err)
		}
		if err := store.QueueMorning(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrBooksClosed) {
			log.Warn("what waits in the morning could not be looked for", "error", err)
		}
		if week, ok := c.WeekTold(store.Now()); ok {
			if err := store.QueueWeekly(ctx, week); err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrBooksClosed) {
				log.Warn("the mail of the week could not be queued", "error", err)
			}
		}
		return true
	})
}

// every does something now and then until it returns false or ctx ends.
func every(ctx context.Context, pause time.Duration, do func() bool) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for do() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func secrets(conf config.Config) []string {
	var all []string
	for _, secret := range conf.StripeWebhookSecrets {
		all = append(all, secret.Reveal())
	}
	return all
}

// stripeAddress is where Stripe's API is, "" for Stripe's own.
func stripeAddress(conf config.Config) string {
	if conf.StripeAPIBase == nil {
		return ""
	}
	return conf.StripeAPIBase.String()
}

// paymentOrigin is what the giving form may lead to beside https: a stand-in
// for Stripe serves its payment page over plain http, from the API's origin.
func paymentOrigin(conf config.Config) string {
	if conf.StripeAPIBase == nil || conf.StripeAPIBase.Scheme != "http" {
		return ""
	}
	return conf.StripeAPIBase.Scheme + "://" + conf.StripeAPIBase.Host
}

// newLog writes lines for a person where a person reads, and JSON elsewhere.
func newLog(w io.Writer, format config.LogFormat, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == config.LogText || format == config.LogAuto && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	about, err := file.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}
