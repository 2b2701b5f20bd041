package stripesim

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// APIVersion is the only version of Stripe's API the simulator speaks.
const APIVersion = "2023-10-16"

// Config says how a Simulator behaves. Only SecretKey and PublicURL are required.
type Config struct {
	// File is the SQLite file that keeps the state; empty or ":memory:" keeps it in memory.
	File string
	// Seed drives every id. The same seed, clock and calls give the same ids.
	Seed uint64
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// SecretKey is the one API key accepted. It must begin with sk_test_ or rk_test_.
	SecretKey string
	// Lacks names the permissions that a restricted key was not given: "charge_read" for neither reading nor writing
	// charges, "charge_write" for reading alone. They are Stripe's names without their rak_.
	Lacks []string
	// PublicURL is the origin donors reach the payment page at, as http://127.0.0.1:8090.
	PublicURL string
	// Log receives what went wrong in the background; discarded when nil.
	Log *slog.Logger
	// Transport carries webhooks; http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Rate limits each API endpoint to so many calls a second; 0 means no limit. Stripe's own is 25 in test mode
	// (https://docs.stripe.com/rate-limits).
	Rate int
	// LateFees is how long a charge waits for its balance transaction. 0 sets it at once; otherwise the charge
	// succeeds with none and charge.updated tells of it, as under asynchronous capture
	// (https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
	LateFees time.Duration
	// EventVersion is the API version events say they are rendered in when their endpoint does not pin one:
	// the account's default. APIVersion when empty.
	EventVersion string
	// Fault, when set, is asked before every API call and may spoil it.
	Fault func(*http.Request) Fault
	// Unmade, when set, is asked for each event's type; where it says true there never is such an event, neither as a
	// webhook nor in the list: Stripe failed to make it.
	Unmade func(kind string) bool
	// Sending, when set, is asked of each event how often its webhooks leave and how late, given its type and what would
	// be usual: they can be doubled, withheld (0 copies), late or, by different delays, out of order.
	Sending func(kind string, copies int, delay time.Duration) (int, time.Duration)
}

// Simulator is one Stripe account in test mode. It is safe for use by many goroutines.
type Simulator struct {
	cfg    Config
	host   string // of the public address, without its port
	db     *sql.DB
	mux    *http.ServeMux
	client *http.Client
	limits limits

	mu     sync.Mutex // one transaction at a time; also guards next
	next   uint64     // how many ids were made
	kept   uint64     // the value of next the file holds
	start  uint64     // the value of next when the file was opened
	busy   keysInUse
	flight *flight
	wake   chan struct{}

	requests atomic.Uint64 // how many API requests came since the start
}

// Open opens the simulator's file, creating it where missing.
// It fails when the key is not a test key, the public URL is not http(s), or the file can't be used.
func Open(cfg Config) (*Simulator, error) {
	if !strings.HasPrefix(cfg.SecretKey, "sk_test_") && !strings.HasPrefix(cfg.SecretKey, "rk_test_") {
		return nil, errors.New("stripesim: the secret key must begin with sk_test_ or rk_test_: there is no live mode here")
	}
	if len(cfg.Lacks) > 0 && !strings.HasPrefix(cfg.SecretKey, "rk_") {
		return nil, errors.New("stripesim: only a restricted key, rk_test_…, can lack a permission")
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	public, err := url.Parse(cfg.PublicURL)
	if err != nil || !isWebURL(cfg.PublicURL) {
		return nil, fmt.Errorf("stripesim: public URL %q is not an http or https origin", cfg.PublicURL)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the clock's default, for a simulator that runs in real time
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.EventVersion == "" {
		cfg.EventVersion = APIVersion
	}
	db, next, err := openFile(cfg.File)
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		cfg: cfg, host: public.Hostname(), db: db, next: next, kept: next, start: next,
		client: webhookClient(cfg.Transport),
		limits: limits{perSecond: cfg.Rate, now: cfg.Now},
		flight: newFlight(),
		wake:   make(chan struct{}, 1),
	}
	s.mux = s.routes()
	return s, nil
}

// Close closes the file. Run must have returned.
func (s *Simulator) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("stripesim: close: %w", err)
	}
	return nil
}

// ServeHTTP answers the API below /v1/, the payment page below /pay/ and the control page at ControlPath.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

// Run delivers webhooks and lets time pass (sessions expire, late fees arrive) until ctx ends; then it returns nil.
// Deliveries under way are given up and stay due.
func (s *Simulator) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	for ctx.Err() == nil {
		if err := s.tick(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		jobs, next, err := s.claim(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, j := range jobs {
			s.launch(ctx, &workers, j)
		}
		s.rest(ctx, len(jobs) > 0, next)
	}
	return nil
}

// rest waits until something is due, at most half a minute: a laptop that slept has a clock that jumped.
func (s *Simulator) rest(ctx context.Context, again bool, next time.Time) {
	if again {
		return
	}
	wait := 30 * time.Second
	if !next.IsZero() {
		wait = min(wait, max(time.Millisecond, next.Sub(s.cfg.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-timer.C:
	}
}

// Wake makes Run look again at once, for a test that moved its clock.
func (s *Simulator) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
