// Package stripeapi asks things of Stripe: a payment page for a gift, the end
// of one, and what became of them all, one object or a list at a time.
//
// It refuses to book anything, and to interpret what it fetches: objects come
// back as the bytes Stripe sent, for webhooks to translate. It holds a client
// of its own; stripe-go's globals stay unset.
package stripeapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"golang.org/x/time/rate"

	"github.com/corruptionproject/appeal/models"
)

// Version is the API version that every request asks for and that webhook
// endpoints are pinned to.
const Version = stripe.APIVersion

var (
	// ErrUnavailable says that Stripe could not be reached in time, or its answer was
	// lost. What was asked for may have happened or not; asking again under
	// the same idempotency key is safe.
	ErrUnavailable = errors.New("stripe: no answer")
	// ErrBroken says that Stripe answered, each time, that something broke on its
	// side. It is an ErrUnavailable too: what was read may be there the next time.
	// But what was asked for under an idempotency key would be answered the
	// same, so that another try needs another one.
	ErrBroken = errors.New("stripe: broken")
	// ErrRefused says that Stripe answered, and said no. Asking the same again,
	// and under the same key, would be answered the same.
	ErrRefused = errors.New("stripe: refused")
	// ErrMissing says that in this mode Stripe has no object of an id that the
	// request named: the one asked for, the one that a page of a list was to
	// begin after, or one in a parameter.
	ErrMissing = errors.New("stripe: no such object")
	// ErrNotOpen says that the payment page is paid or expired already.
	ErrNotOpen = errors.New("stripe: the session is not open")
)

// Config says how to reach Stripe, and on whose behalf.
type Config struct {
	Key     string // sk_… or rk_…
	APIBase string // "" for Stripe's own
	BaseURL string // the service's public address, without a slash at the end
	// HTTP is used for every request; nil for one made here.
	HTTP *http.Client
	Log  *slog.Logger
}

// Client speaks to Stripe.
type Client struct {
	sc       *client.API
	key      string
	backend  stripe.Backend // for reading objects as the bytes Stripe sent
	campaign models.Campaign
	base     string
	products sync.Map // the ids of products that were found or made, by Purpose
	forgets  *rate.Limiter
}

// perTry is how long one try may take, so that a second still fits into the
// donor's budget.
const perTry = 3500 * time.Millisecond

// New makes a client for one campaign.
func New(campaign models.Campaign, c Config) *Client {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
			DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, TLSHandshakeTimeout: 3 * time.Second,
			ForceAttemptHTTP2: true,
		}}
	}
	measured := *c.HTTP
	measured.Transport = sized{measured.Transport}
	config := &stripe.BackendConfig{
		HTTPClient: &measured, LeveledLogger: quiet{c.Log}, EnableTelemetry: stripe.Bool(false),
		// Retries are ours (see try): stripe-go's sleep through the donor's
		// budget and do not retry a POST answered 500.
		MaxNetworkRetries: stripe.Int64(0),
	}
	if c.APIBase != "" {
		config.URL = stripe.String(strings.TrimSuffix(c.APIBase, "/"))
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, config)
	return &Client{
		sc:  client.New(c.Key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend}),
		key: c.Key, backend: backend, campaign: campaign, base: c.BaseURL, forgets: rate.NewLimiter(forgetPerSecond, forgetAtOnce),
	}
}

// sized sends requests with their length. stripe-go leaves it out, and so would
// send a form of a few hundred bytes in chunks, which Stripe takes, but not
// every proxy or stand-in on the way to it.
type sized struct{ next http.RoundTripper }

// RoundTrip measures the body and passes the request on.
func (s sized) RoundTrip(r *http.Request) (*http.Response, error) {
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength > 0 {
		return next.RoundTrip(r)
	}
	whole, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, fmt.Errorf("measure the request: %w", err)
	}
	known := r.Clone(r.Context())
	known.Body, known.ContentLength = io.NopCloser(bytes.NewReader(whole)), int64(len(whole))
	known.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil }
	return next.RoundTrip(known)
}

// quiet keeps stripe-go's own log lines, which may quote request and answer,
// out of ours.
type quiet struct{ log *slog.Logger }

func (q quiet) Debugf(string, ...any) {}
func (q quiet) Infof(string, ...any)  {}
func (q quiet) Warnf(string, ...any)  { q.log.Debug("stripe-go warns") }
func (q quiet) Errorf(string, ...any) { q.log.Debug("stripe-go reports an error") }

// tries is how often one thing is asked for within its budget.
const tries = 3

// try asks until there is an answer, the tries are used up, or ctx ends. The
// idempotency key, where there is one, is the same each time.
func try(ctx context.Context, ask func(ctx context.Context) error) error {
	return tryFor(ctx, perTry, ask)
}

// tryFor is try with so much time for each one.
func tryFor(ctx context.Context, each time.Duration, ask func(ctx context.Context) error) error {
	var err error
	for i := range tries {
		if i > 0 {
			wait := time.NewTimer(time.Duration(i*i) * 250 * time.Millisecond)
			select {
			case <-wait.C:
			case <-ctx.Done():
				wait.Stop()
				return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
			}
		}
		once, cancel := context.WithTimeout(ctx, each)
		err = ask(once)
		cancel()
		if !worthAnotherTry(err) || ctx.Err() != nil {
			break
		}
	}
	return classify(err)
}

func worthAnotherTry(err error) bool {
	var answer *stripe.Error
	if !errors.As(err, &answer) {
		return err != nil
	}
	if answer.Code == stripe.ErrorCodeIdempotencyKeyInUse {
		return true
	}
	return answer.HTTPStatusCode == http.StatusTooManyRequests || answer.HTTPStatusCode >= 500 || answer.HTTPStatusCode == http.StatusConflict
}

// classify turns Stripe's errors into the few that callers tell apart. Their
// text stays inside: it may quote what was sent.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var answer *stripe.Error
	switch {
	case !errors.As(err, &answer):
		return fmt.Errorf("%w: %w", ErrUnavailable, withoutURL(err))
	case answer.Code == stripe.ErrorCodeResourceMissing:
		return fmt.Errorf("%w (%s)", ErrMissing, answer.RequestID)
	case answer.HTTPStatusCode == http.StatusForbidden:
		return forbidden(answer.Msg)
	case answer.HTTPStatusCode == http.StatusTooManyRequests, answer.HTTPStatusCode == http.StatusConflict:
		// Decided before the idempotency layer: nothing was made.
		return fmt.Errorf("%w: status %d (%s)", ErrUnavailable, answer.HTTPStatusCode, answer.RequestID)
	case answer.HTTPStatusCode >= 500:
		return fmt.Errorf("%w: %w: status %d (%s)", ErrUnavailable, ErrBroken, answer.HTTPStatusCode, answer.RequestID)
	default:
		return fmt.Errorf("%w: %s (%s)", ErrRefused, whatWasSaid(answer), answer.RequestID)
	}
}

// whatWasSaid is of Stripe's refusal what can quote nobody: the kind, the code,
// and the parameter's name.
func whatWasSaid(answer *stripe.Error) string {
	said := []string{"status " + strconv.Itoa(answer.HTTPStatusCode), string(answer.Type)}
	if answer.Code != "" {
		said = append(said, string(answer.Code))
	}
	if answer.Param != "" {
		said = append(said, "parameter "+answer.Param)
	}
	return strings.Join(said, ", ")
}

// withoutURL keeps an address with an object's id in it out of logs.
func withoutURL(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &op):
		return op
	default:
		return errors.New("unreadable answer")
	}
}

// Livemode asks for the account's balance, the cheapest proof that the key
// works, and reports the mode Stripe says it is for.
func (c *Client) Livemode(ctx context.Context) (bool, error) {
	var live bool
	err := try(ctx, func(ctx context.Context) error {
		balance, err := c.sc.Balance.Get(&stripe.BalanceParams{Params: stripe.Params{Context: ctx}})
		if err == nil {
			live = balance.Livemode
		}
		return err
	})
	return live, err
}
