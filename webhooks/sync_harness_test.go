//go:build !race

package webhooks_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

var (
	once50  = models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}
	monthly = models.Choices{Frequency: models.Monthly, Amount: 5000, Tribute: models.NoTribute}
)

// between stands between a syncer and Stripe: it keeps what is asked, and
// answers some of it itself. Where list and fetch return nothing, Stripe does.
type between struct {
	webhooks.Stripe
	list   func(stripeapi.Listing) (*stripeapi.Page, error)
	fetch  func(kind stripeapi.Kind, id string) (json.RawMessage, error)
	listed []stripeapi.Listing
	mu     sync.Mutex // a resolver asks for several at once
	looked map[stripeapi.Kind]int
}

func (s *between) List(ctx context.Context, l stripeapi.Listing) (stripeapi.Page, error) {
	s.listed = append(s.listed, l)
	if s.list != nil {
		if page, err := s.list(l); err != nil || page != nil {
			return *orNone(page), err
		}
	}
	return s.Stripe.List(ctx, l)
}

func orNone(page *stripeapi.Page) *stripeapi.Page {
	if page == nil {
		return &stripeapi.Page{}
	}
	return page
}

func (s *between) Fetch(ctx context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error) {
	s.mu.Lock()
	s.looked[kind]++
	s.mu.Unlock()
	if s.fetch != nil {
		if raw, err := s.fetch(kind, id); err != nil || raw != nil {
			return raw, err
		}
	}
	return s.Stripe.Fetch(ctx, kind, id)
}

// of are the listings of one kind.
func (s *between) of(kind stripeapi.Kind) (found []stripeapi.Listing) {
	for _, l := range s.listed {
		if l.Kind == kind {
			found = append(found, l)
		}
	}
	return found
}

// anew forgets what was asked, and answers nothing itself any more.
func (s *between) anew() {
	s.list, s.fetch, s.listed = nil, nil, nil
	clear(s.looked)
}

// between puts one between the books' syncer and Stripe.
func (b *bookkeeper) between() *between {
	s := &between{Stripe: b.client, looked: map[stripeapi.Kind]int{}}
	b.syncer, b.resolver = b.syncerAs("test", s), webhooks.NewResolver(b.store, s, slog.New(slog.DiscardHandler))
	return s
}

func (b *bookkeeper) syncerAs(holder string, stripe webhooks.Stripe) *webhooks.Syncer {
	return webhooks.NewSyncer(b.store, stripe, webhooks.SyncConfig{
		Slug: b.campaign.Slug, BooksStart: b.campaign.BooksStart, Holder: holder, Log: slog.New(slog.DiscardHandler),
	})
}

// complete reports whether a sync has reached its end since a moment.
func (b *bookkeeper) complete(since time.Time) bool {
	b.t.Helper()
	last, any, err := b.store.LastSync(b.t.Context())
	b.ok(err)
	return any && !last.Before(since)
}

// untold has a test look at books that webhooks tell nothing, on both databases,
// and at an account with one gift in it.
func untold(t *testing.T, test func(b *bookkeeper, stripe *between)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		b := newAccount(t, clock, 1, nil).keptIn(store)
		b.give(once50, "reader@example.org", "succeeds")
		b.later(5 * time.Minute)
		test(b, b.between())
	})
}
