//go:build !race

package webhooks_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/webhooks"
)

// fails has the listings of some kinds fail.
func fails(err error, kinds ...stripeapi.Kind) func(stripeapi.Listing) (*stripeapi.Page, error) {
	return func(l stripeapi.Listing) (*stripeapi.Page, error) {
		for _, kind := range kinds {
			if l.Kind == kind && len(l.Filter) == 0 {
				return nil, err
			}
		}
		return nil, nil
	}
}

// A gift that was left and expired is told of by its session alone: a sync that
// never read the sessions has not read everything.
func TestASyncIsCompleteOnceEveryPartOfItWasRead(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			a := newAccount(t, clock, 1, nil)
			kept := a.keptIn(storetest.Open(t, address(t), clock))
			kept.give(once50, "reader@example.org", "succeeds")
			kept.open(once50)
			kept.later(3 * time.Hour)
			kept.agree(kept.sync())

			b := a.keptIn(storetest.Open(t, address(t), clock))
			stripe := b.between()
			stripe.list = fails(stripeapi.ErrRefused, stripeapi.Sessions)
			if _, err := b.syncer.Sync(t.Context(), nil, nil); !errors.Is(err, stripeapi.ErrRefused) {
				t.Fatalf("the sync says %v", err)
			}
			if got := b.totals(); got.Raised != 5000 || b.complete(storetest.Start) {
				t.Fatalf("%s is raised, complete: %t", got.Raised, b.complete(storetest.Start))
			}

			// Another process goes on, and is stopped.
			clock.Advance(time.Minute)
			ctx, stop := context.WithCancel(t.Context())
			stripe.list = func(stripeapi.Listing) (*stripeapi.Page, error) { stop(); return nil, ctx.Err() }
			if _, err := b.syncerAs("another", stripe).Sync(ctx, nil, nil); err == nil || b.complete(storetest.Start) {
				t.Fatalf("stopped, it says %v", err)
			}

			stripe.anew()
			clock.Advance(time.Minute)
			report := b.sync()
			b.agree(report)
			if !report.Resumed || !b.complete(clock.Now()) || len(stripe.of(stripeapi.Sessions)) != 1 || len(stripe.of(stripeapi.Charges)) != 0 {
				t.Errorf("resumed %t, complete %t; asked for %v", report.Resumed, b.complete(clock.Now()), stripe.listed)
			}
			if kept.digest() != b.digest() {
				t.Errorf("kept:\n%s\nrebuilt:\n%s", kept.ledger(), b.ledger())
			}
		})
	}
}

func TestAListingThatTimesOutKeepsNoOtherFromBeingRead(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		stripe.list = fails(stripeapi.ErrUnavailable, stripeapi.Sessions)
		for i := range 6 {
			if _, err := b.syncer.Sync(b.t.Context(), nil, nil); !errors.Is(err, stripeapi.ErrUnavailable) {
				b.t.Fatalf("the sync says %v", err)
			}
			b.give(once50, "reader@example.org", "succeeds")
			b.later(5 * time.Minute)
			// What was made since is read within three intervals.
			if got := b.totals(); i >= 3 && got.Gifts < int64(i-2) || got.Gifts == 0 {
				b.t.Errorf("after %d syncs %d gifts are booked", i+1, got.Gifts)
			}
		}
		if b.complete(storetest.Start) {
			b.t.Error("it calls itself complete")
		}
		stripe.anew()
		b.sync()
		b.later(5 * time.Minute)
		b.agree(b.sync())
		if got := b.totals(); got.Gifts != 7 {
			b.t.Errorf("in the end %d gifts are booked", got.Gifts)
		}
	})
}

func TestTwoListingsInARowThatTimeOutBreakTheSyncOff(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		stripe.list = fails(stripeapi.ErrUnavailable, stripeapi.Invoices, stripeapi.Charges)
		if _, err := b.syncer.Sync(b.t.Context(), nil, nil); !errors.Is(err, stripeapi.ErrUnavailable) {
			b.t.Fatalf("the sync says %v", err)
		}
		if asked := stripe.of(stripeapi.Refunds); len(asked) != 0 {
			b.t.Errorf("Stripe is down, and asked for %v", asked)
		}
		stripe.anew()
		b.agree(b.sync())
		if got := stripe.listed[0].Kind; got != stripeapi.Charges || len(stripe.of(stripeapi.Sessions)) != 0 || len(stripe.of(stripeapi.Invoices)) != 1 {
			b.t.Errorf("it goes on with %s; asked for %v", got, stripe.listed)
		}
	})
}

func TestAListThatGoesRoundIsLeft(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		for name, second := range map[string]error{"its cursor is always gone": stripeapi.ErrMissing, "its cursor stands still": nil} {
			stripe.anew()
			stripe.list = func(l stripeapi.Listing) (*stripeapi.Page, error) {
				if l.Kind != stripeapi.Charges {
					return nil, nil
				}
				if l.After == "" {
					return &stripeapi.Page{Last: "ch_gone"}, nil
				}
				return &stripeapi.Page{Last: "ch_gone"}, second
			}
			b.clock.Advance(time.Hour)
			if _, err := b.syncer.Sync(b.t.Context(), nil, nil); err == nil || b.complete(storetest.Start) {
				b.t.Errorf("%s: the sync says %v", name, err)
			}
			if asked := stripe.of(stripeapi.Charges); len(asked) > 4 || len(stripe.of(stripeapi.BalanceTransactions)) == 0 {
				b.t.Errorf("%s: asked for %v", name, stripe.listed)
			}
		}
		stripe.anew()
		b.agree(b.sync())
	})
}

// broken breaks a sync off at the second page of the payments, a while after the first
// was asked for, and returns where that page begins.
func (b *bookkeeper) broken(stripe *between) string {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	at := ""
	stripe.list = func(l stripeapi.Listing) (*stripeapi.Page, error) {
		if l.Kind != stripeapi.Charges {
			return nil, nil
		}
		if at = l.After; at == "" {
			b.clock.Advance(11 * time.Minute)
			return nil, nil
		}
		stop()
		return nil, ctx.Err()
	}
	if _, err := b.syncer.Sync(ctx, nil, nil); !errors.Is(err, context.Canceled) || at == "" {
		b.t.Fatalf("the sync says %v at %q", err, at)
	}
	stripe.anew()
	return at
}

func TestALongSyncThatIsBrokenOffGoesOnWhereItWas(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		for range 120 {
			must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 900}))
		}
		b.later(5 * time.Minute)
		at := b.broken(stripe)
		b.clock.Advance(9 * time.Minute)
		report := b.sync()
		b.agree(report)
		if first := stripe.listed[0]; !report.Resumed || first.Kind != stripeapi.Charges || first.After != at {
			b.t.Errorf("resumed %t, it goes on with %v, want what is after %s", report.Resumed, first, at)
		}
		if again := stripe.of(stripeapi.Sessions); len(again) != 0 {
			b.t.Errorf("it reads again %v", again)
		}
	})
}

func TestASyncThatGotNowhereForTenMinutesBeginsAnew(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		for range 120 {
			must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 900}))
		}
		b.later(5 * time.Minute)
		b.broken(stripe)
		b.clock.Advance(10 * time.Minute)
		report := b.sync()
		b.agree(report)
		if first := stripe.listed[0]; report.Resumed || first.Kind != stripeapi.Sessions {
			b.t.Errorf("resumed %t, it begins with %v", report.Resumed, first)
		}
	})
}

func TestOneProcessSyncsAtATime(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		other := b.syncerAs("another", b.client)
		var beside, after error
		var took webhooks.Report
		stripe.list = func(l stripeapi.Listing) (*stripeapi.Page, error) {
			if l.Kind == stripeapi.Charges {
				_, beside = other.Sync(b.t.Context(), nil, nil)
				b.clock.Advance(3 * time.Minute) // nothing was heard of the first for longer than its lease
				took, after = other.Sync(b.t.Context(), nil, nil)
			}
			return nil, nil
		}
		_, first := b.syncer.Sync(b.t.Context(), nil, nil)
		if !errors.Is(beside, webhooks.ErrSyncing) {
			b.t.Errorf("beside the first, the second says %v", beside)
		}
		if after != nil || !took.Resumed || !b.complete(b.clock.Now()) {
			b.t.Errorf("taking over, the second says %v, resumed %t", after, took.Resumed)
		}
		// Its lease was given back, not renewed: the first may take it again, but
		// what it read was of a run that is over.
		if first != nil && !errors.Is(first, webhooks.ErrSyncing) {
			b.t.Errorf("the first says %v", first)
		}
		stripe.anew()
		b.agree(b.sync())
	})
}

func TestWhoLostTheLeaseStops(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		stripe.list = func(l stripeapi.Listing) (*stripeapi.Page, error) {
			if l.Kind == stripeapi.Charges {
				b.clock.Advance(3 * time.Minute)
				mine, err := b.store.Lease(b.t.Context(), "sync", "another", time.Minute)
				if b.ok(err); !mine {
					b.t.Error("a lease that has run out can't be taken")
				}
			}
			return nil, nil
		}
		if _, err := b.syncer.Sync(b.t.Context(), nil, nil); !errors.Is(err, webhooks.ErrSyncing) || b.complete(storetest.Start) {
			b.t.Errorf("it says %v", err)
		}
		if after := stripe.of(stripeapi.Refunds); len(after) != 0 {
			b.t.Errorf("it goes on to ask for %v", after)
		}
		if err := b.syncer.Fees(b.t.Context()); !errors.Is(err, webhooks.ErrSyncing) {
			b.t.Errorf("reading the fees, it says %v", err)
		}
		stripe.anew()
		b.clock.Advance(2 * time.Minute)
		b.agree(b.sync())
	})
}
