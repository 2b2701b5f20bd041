package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/demosite"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" help:"Where the page is served (default ${default}). The Stripe simulator takes the first free port above." placeholder:"ADDR"`
	Data   string `default:"./appeal-data" type:"path" help:"Where books and simulator are kept between runs (default ${default})." placeholder:"DIR"`
	Sample int    `help:"First fill an empty database with this many past gifts, made in the simulator and booked by its webhooks." placeholder:"N"`
}

// keys are the demo's own secrets, made on first use and kept in its folder.
type keys struct {
	Stripe  string `json:"stripe_key"`
	Webhook string `json:"webhook_secret"`
	Links   string `json:"link_key"`
	Seed    uint64 `json:"seed"`
}

// Run serves the product and a stand-in for Stripe beside it, which speak with
// each other over HTTP and no other way.
func (d demoCommand) Run(p *program) error {
	if d.Sample < 0 {
		return usage{errors.New("--sample can't be negative")}
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return fmt.Errorf("can't make %s: %w; choose another with --data", d.Data, err)
	}
	k, err := readKeys(filepath.Join(d.Data, "demo-keys.json"))
	if err != nil {
		return err
	}
	site, stripe, err := d.listen(p.ctx)
	if err != nil {
		return err
	}
	conf, err := d.config(k, p.getenv("APPEAL_CAMPAIGN"), site, stripe)
	if err != nil {
		return errors.Join(err, site.Close(), stripe.Close())
	}
	c, err := readCampaign(conf.CampaignDir)
	if err != nil {
		return errors.Join(err, site.Close(), stripe.Close())
	}
	return d.serve(p, conf, c, k, site, stripe)
}

// listen takes the page's address, and for the simulator the first free port
// above it.
func (d demoCommand) listen(ctx context.Context) (site, stripe net.Listener, err error) {
	var lc net.ListenConfig
	site, err = lc.Listen(ctx, "tcp", d.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("can't listen on %s: %w; choose another address with --listen", d.Listen, err)
	}
	host, port, err := net.SplitHostPort(site.Addr().String())
	if err != nil {
		return nil, nil, errors.Join(err, site.Close())
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, nil, errors.Join(err, site.Close())
	}
	const tried = 100
	for next := first + 1; next <= min(first+tried, 65535); next++ {
		if stripe, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(next))); err == nil {
			return site, stripe, nil
		}
	}
	return nil, nil, errors.Join(fmt.Errorf("no free port above %d for the simulator: %w", first, err), site.Close())
}

// origin is where a browser on this machine reaches a listener.
func origin(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "http://" + l.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// config is the environment that the service would be given, read by the same
// code.
func (d demoCommand) config(k keys, folder string, site, stripe net.Listener) (config.Config, error) {
	env := map[string]string{
		"APPEAL_LISTEN": site.Addr().String(), "APPEAL_BASE_URL": origin(site),
		"DATABASE_URL":      "sqlite:" + filepath.Join(d.Data, "appeal.db"),
		"STRIPE_SECRET_KEY": k.Stripe, "STRIPE_WEBHOOK_SECRET": k.Webhook, "STRIPE_API_BASE": origin(stripe),
		"APPEAL_SECRET_KEY": k.Links, "APPEAL_CAMPAIGN": folder,
	}
	return config.Load(config.Serve, func(name string) string { return env[name] }, os.ReadFile)
}

func (d demoCommand) serve(p *program, conf config.Config, c models.Campaign, k keys, site, stripe net.Listener) error {
	log := slog.New(slog.NewTextHandler(p.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
	sim, err := stripesim.Open(stripesim.Config{
		File: filepath.Join(d.Data, "stripe.db"), Seed: k.Seed, SecretKey: k.Stripe, PublicURL: origin(stripe), Log: log,
	})
	if err != nil {
		return errors.Join(err, site.Close(), stripe.Close())
	}
	captured, err := mail.OpenCapture(filepath.Join(d.Data, "mail"), clock)
	if err != nil {
		return errors.Join(err, sim.Close(), site.Close(), stripe.Close())
	}
	// Whichever ends first, by a signal or a failure, ends the others; the
	// simulator goes last, so that a gift in flight still has its Stripe.
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	simulating, stopSimulator := context.WithCancel(context.WithoutCancel(p.ctx))
	defer stopSimulator()
	var failed [3]error
	var service, simulator sync.WaitGroup
	simulator.Go(func() { defer stop(); failed[0] = serveSimulator(simulating, stripe, sim) })
	service.Go(func() { defer stop(); failed[1] = serve(ctx, conf, c, door{site, article(conf, c), captured}, log) })
	service.Go(func() {
		err := d.welcome(ctx, p, conf, c, sim)
		if err != nil && p.ctx.Err() == nil { // else it was told to stop in the middle of it
			failed[2] = err
			stop()
		}
	})
	service.Wait()
	stopSimulator()
	simulator.Wait()
	return errors.Join(append(failed[:], captured.Close(), sim.Close())...)
}

// article is the page on which the demo shows the appeal inside an article.
func article(conf config.Config, c models.Campaign) http.Handler {
	return demosite.Site{
		Newsroom: c.Organisation.Name, Campaign: c.Named(), Address: strings.TrimSuffix(conf.BaseURL.String(), "/"),
	}.Handler()
}

func serveSimulator(ctx context.Context, listener net.Listener, sim *stripesim.Simulator) error {
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	ctx, halt := context.WithCancel(ctx)
	defer halt()
	delivering := make(chan error, 1)
	go func() { delivering <- sim.Run(ctx) }()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		halt()
		return errors.Join(fmt.Errorf("serve the simulator: %w", err), <-delivering)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(stopping)
	if stopped := <-delivering; stopped != nil && !errors.Is(stopped, context.Canceled) {
		err = errors.Join(err, stopped)
	}
	return err
}

// welcome connects the simulator to the service, makes the sample gifts, and
// says where to look.
func (d demoCommand) welcome(ctx context.Context, p *program, conf config.Config, c models.Campaign, sim *stripesim.Simulator) error {
	_, err := sim.RegisterEndpoint(ctx, stripesim.Endpoint{
		URL: conf.BaseURL.String() + webhooks.Path, Secret: conf.StripeWebhookSecrets[0].Reveal(), APIVersion: stripeapi.Version,
		Events: webhooks.EventTypes(),
	})
	if err != nil {
		return err
	}
	if err := awaitReady(ctx, conf.BaseURL); err != nil {
		return err
	}
	if d.Sample > 0 {
		if err := d.fill(ctx, p, conf, c, sim); err != nil {
			return err
		}
	}
	login, err := d.staff(ctx, conf, c)
	if err != nil {
		return err
	}
	return p.printf("\nThe campaign:     %s/\nIn an article:    %s/demo/article\nFinance:          %s\n  Email:          %s\n  Password:       %s\n"+
		"Stripe simulator: %s (no money can move)\nRefund, dispute:  %s\nCaptured mail:    %s\nData:             %s\n\nStop with Ctrl-C.\n",
		conf.BaseURL, conf.BaseURL, conf.BaseURL.JoinPath("finance"), demoStaff, login, conf.StripeAPIBase,
		conf.StripeAPIBase.JoinPath(stripesim.ControlPath), conf.BaseURL.JoinPath("demo", "mail"), d.Data)
}

// awaitReady waits until the service answers that it is ready.
func awaitReady(ctx context.Context, base *url.URL) error {
	var err error
	every(ctx, 50*time.Millisecond, func() bool {
		var request *http.Request
		request, err = http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("readyz").String(), nil)
		if err != nil {
			return false
		}
		answer, failure := http.DefaultClient.Do(request)
		if failure != nil {
			return true
		}
		err = answer.Body.Close()
		return answer.StatusCode != http.StatusOK && err == nil
	})
	return errors.Join(err, ctx.Err())
}

// fill makes past gifts, if the books have none yet, and waits until the last
// of their webhooks is booked.
func (d demoCommand) fill(ctx context.Context, p *program, conf config.Config, c models.Campaign, sim *stripesim.Simulator) error {
	store, err := models.Connect(ctx, models.Options{URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency})
	if err != nil {
		return err
	}
	totals, err := store.Totals(ctx)
	if err != nil || totals.Gifts > 0 {
		if err == nil {
			err = p.printf("There are %d gifts already, so no samples are made. Choose another --data for a new start.\n", totals.Gifts)
		}
		return errors.Join(err, store.Close())
	}
	return errors.Join(d.makeSamples(ctx, p, c, sim, store), store.Close())
}

func (d demoCommand) makeSamples(ctx context.Context, p *program, c models.Campaign, sim *stripesim.Simulator, store *models.Store) error {
	bar := progressbar.NewOptions(2*d.Sample, progressbar.OptionSetWriter(p.errs), progressbar.OptionSetDescription("Making sample gifts"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	now := store.Now()
	from := now.AddDate(0, 0, -60)
	if c.Opens.After(from) && c.Opens.Before(now) {
		from = c.Opens
	}
	var presets []int64
	for _, preset := range c.Presets[models.Once].Amounts {
		presets = append(presets, int64(preset))
	}
	err := sim.Sample(ctx, stripesim.SampleOptions{
		N: d.Sample, Campaign: c.Slug, Currency: string(c.Currency), From: from, To: now, Zone: c.Zone, Presets: presets,
		Product: c.Title + " — one-time gift", FeeBasisPoints: c.Fee.BasisPoints, FeeFixed: int64(c.Fee.Fixed), Addresses: c.CollectAddress, Aftermath: true,
	}, func(made int) { show(bar, made) })
	if err != nil {
		return err
	}
	every(ctx, 100*time.Millisecond, func() bool {
		var totals models.Totals
		var waiting int
		if totals, err = store.Totals(ctx); err != nil {
			return false
		}
		show(bar, d.Sample+int(min(totals.Gifts, int64(d.Sample))))
		waiting, err = sim.Undelivered(ctx)
		return err == nil && waiting > 0
	})
	if err := errors.Join(err, ctx.Err(), bar.Finish()); err != nil {
		return err
	}
	return p.printf("%d sample gifts made and booked.\n", d.Sample)
}

// show moves the bar. That it can't be drawn stops nothing.
func show(bar *progressbar.ProgressBar, at int) { _ = bar.Set(at) }

// readKeys reads the demo's secrets, or makes them, in a file that only its
// owner can read.
func readKeys(path string) (keys, error) {
	var k keys
	stored, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(stored, &k); err != nil {
			return k, fmt.Errorf("%s can't be read: %w; remove it, or choose another --data", path, err)
		}
		return k, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	var random [32]byte
	if _, err := io.ReadFull(rand.Reader, random[:]); err != nil {
		return k, err
	}
	k = keys{
		Stripe: "sk_test_" + rand.Text(), Webhook: "whsec_" + rand.Text(), Links: hex.EncodeToString(random[:]),
		Seed: binary.BigEndian.Uint64(random[:8]) >> 1,
	}
	encoded, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return k, err
	}
	return k, os.WriteFile(path, append(encoded, '\n'), 0o600)
}
