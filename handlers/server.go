// Package handlers is the public site: HTTP in, pages out. It reads what
// readers send, asks models and Stripe, and renders what web holds.
//
// It refuses to book money, to write SQL and to interpret Stripe's objects. No
// text of the database's or of Stripe's reaches a reader: errors become
// statuses in one table (errors.go), and words in the views.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/live"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// Checkout makes and ends Stripe's payment pages.
type Checkout interface {
	OpenCheckout(ctx context.Context, d models.Donation) (models.CheckoutSession, error)
	CloseCheckout(ctx context.Context, sessionID string) error
}

// Lookup asks Stripe about one gift and books what it says.
type Lookup interface {
	// Look asks once in 5 s per gift at the most.
	Look(ctx context.Context, token string) error
	// Confirm asks at once, and reports whether its reader has been through the
	// payment page.
	Confirm(ctx context.Context, d models.Donation) (bool, error)
	// LookSubscription reads a repeated gift at once, and keeps what it is like.
	LookSubscription(ctx context.Context, id string) error
}

// Config is what the site is made of.
type Config struct {
	Campaign models.Campaign
	Store    *models.Store
	Links    links.Signer // of the addresses of receipts
	// Mailed: mail is sent, so a donor may be told that a receipt comes by it.
	Mailed   bool
	Checkout Checkout
	Lookup   Lookup
	// Recurring changes the gifts of donors who manage them.
	Recurring Recurring
	Web       *web.Web
	BaseURL   *url.URL // the public address
	// PaymentOrigin is an extra origin that the giving form may lead to: that
	// of STRIPE_API_BASE, where it is plain http. Stripe's own is https.
	PaymentOrigin  string
	TestMode       bool // no real money moves
	TrustedProxies []netip.Prefix
	DonateRate     Rate             // of new checkouts, and each apart of newsletter sign-ups, donors' links and donors' changes
	Webhook        echo.HandlerFunc // Stripe's door, exempt from the cross-site check
	WebhookPath    string
	Finance        Rooms // the staff's pages; nil for none
	// Demo is the article that appeal demo shows the appeal in; nil in a real
	// service. With it anybody can read captured mail, which has to be there.
	Demo     http.Handler
	Captured Captured
	Now      func() time.Time
	Log      *slog.Logger
}

// Rooms are pages that keep their own door. They register their addresses.
type Rooms interface{ Mount(e *echo.Echo) }

// Rate is how often one address may do something: Burst times at once, and once
// more every Every. A Burst of 0 is no limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// Server is the public site.
type Server struct {
	Config
	echo     *echo.Echo
	views    *views
	empty    donateForm // as everybody gets it
	feed     *live.Feed
	pages    readyPages
	opening  singleflight.Group
	limits   *limiter // of checkouts
	signups  *limiter // of requests for the newsletter
	manages  *limiter // of requests for a donor's link
	changes  *limiter // of what donors change about their gifts
	printer  printer
	draining atomic.Bool
	streams  atomic.Int64
	ready    readiness
	goal     goalMet
	turned   turnedAway
	stopping chan struct{}
}

// New makes the site. It fails on templates that do not parse or a campaign
// that can't be shown.
func New(c Config) (*Server, error) {
	if c.Store == nil || c.BaseURL == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("handlers: the store, the address, the clock and the log are needed")
	}
	if (c.Demo == nil) != (c.Captured == nil) {
		return nil, errors.New("handlers: the demo's article and its captured mail come together")
	}
	v, err := newViews(c.Campaign, siteInfo{BaseURL: c.BaseURL.String(), TestMode: c.TestMode, Web: c.Web})
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, echo: echo.New(), views: v, empty: prefilled(nil, c.Campaign), printer: newPrinter(), stopping: make(chan struct{})}
	s.limits, s.signups = newLimiter(c.DonateRate), newLimiter(c.DonateRate)
	s.manages, s.changes = newLimiter(c.DonateRate), newLimiter(c.DonateRate)
	s.feed = live.New(c.Store, s.encodeProgress, c.Now)
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = ipExtractor(c.TrustedProxies)
	s.echo.HTTPErrorHandler = s.handleError
	s.guard()
	s.routes()
	return s, nil
}

// ServeHTTP answers one request. HEAD is answered wherever GET is; Echo's
// router would call it a method not allowed.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = asGet(r)
	}
	s.echo.ServeHTTP(w, r)
}

// Routes are every address that is answered. Those of the finance rooms are
// named by who may come to them.
func (s *Server) Routes() []*echo.Route { return s.echo.Routes() }

// Run keeps progress fresh for watchers until ctx ends.
func (s *Server) Run(ctx context.Context) { s.feed.Run(ctx) }

// Drain says that the service is about to stop: it is no longer ready, and
// streams end. What is in flight is answered.
func (s *Server) Drain() {
	if s.draining.CompareAndSwap(false, true) {
		close(s.stopping)
	}
}

// ipExtractor believes forwarded addresses from the given proxies alone. Left
// to itself, Echo would believe anybody's.
func ipExtractor(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		options = append(options, echo.TrustIPRange(ipNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
