//go:build !race

package webhooks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// onItsWay are the postings that a report lists as such, by key.
func onItsWay(r webhooks.Report) map[string]money.Minor {
	all := map[string]money.Minor{}
	for _, u := range r.OnItsWay {
		all[u.Key] = u.Amount
	}
	return all
}

func TestWhatStripeHasNotMovedItsBalanceForIsListedAsOnItsWay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		b := newAccount(t, clock, 1, nil).keptIn(store).subscribed()
		b.agree(b.sync())
		d := b.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
		b.later(time.Hour)
		refund := b.refund(d, stripesim.RefundOptions{Amount: 1200, Pending: true, Unfunded: true})
		for _, when := range []time.Duration{time.Minute, 2 * time.Hour, 50 * time.Hour} { // too new to be asked after, then asked
			b.later(when)
			r := b.sync()
			if diff := cmp.Diff(map[string]money.Minor{refund + ":refund": -1200}, onItsWay(r)); diff != "" || len(r.Findings) > 0 {
				t.Errorf("after %s on its way (−want +got):\n%sfound %+v", when, diff, r.Findings)
			}
			if r.Books+1200 != *r.Balance {
				t.Errorf("the books have %s, Stripe %s", r.Books, *r.Balance)
			}
			sound(t, store)
		}
		b.ok(b.sim.SucceedRefund(t.Context(), refund))
		b.later(time.Hour)
		r := b.sync()
		if b.agree(r); len(r.OnItsWay) > 0 {
			t.Errorf("once it is moved, on its way: %v", onItsWay(r))
		}
	})
}

func TestEveryPostingIsAskedAfterHoweverManyAreNotProved(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	b := &faulty{tampered: openTampered(t, clock, "sqlite:"+t.TempDir()+"/b.db")}
	b.sync()
	b.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
	b.clock.Advance(2 * time.Hour)
	b.agreeBut(b.sync(), 0)
	const planted = 1100 // a sync asks after 500
	for i := range planted {
		b.invent(fmt.Sprintf("ch_gone%04d:charge", i), "charge", "income:donations", 100, true)
	}
	for _, named := range []int{500, 1000, planted, planted} {
		b.clock.Advance(time.Hour)
		b.agreeBut(b.sync(), named)
	}
}

// agreeBut holds a report against how many postings that Stripe lacks it should name.
func (b *faulty) agreeBut(r webhooks.Report, missing int) {
	b.t.Helper()
	for _, f := range r.Findings {
		if f.Kind != models.FoundPhantom {
			b.t.Errorf("found %s %s: %s", f.Kind, f.Object, f.Detail)
		}
	}
	if len(r.Findings) != missing {
		b.t.Errorf("%d findings, want %d", len(r.Findings), missing)
	}
}

func TestAPaymentFromBeforeTheBooksIsNamedAndNotCountedTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		a := newAccount(t, clock, 1, nil)
		early := a.keptIn(storetest.Open(t, "sqlite:"+t.TempDir()+"/other.db", clock)) // other books, in which the gift began
		d := early.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
		charge := early.chargeOf(d)
		early.later(48 * time.Hour)
		a.campaign.BooksStart = clock.Now()
		clock.Advance(time.Hour)
		b := a.keptIn(store).subscribed()
		b.agree(b.sync())
		b.refund(d, stripesim.RefundOptions{Amount: 100}) // whose webhook has its charge looked up
		b.later(2 * time.Hour)
		for range 2 {
			r := b.sync()
			if len(r.Findings) != 1 || r.Findings[0].Kind != models.FoundPhantom || r.Findings[0].Object != charge+":charge" || r.Findings[0].Amount != -5000 {
				t.Errorf("found %+v", r.Findings)
			}
			if r.Books-5000 != *r.Balance {
				t.Errorf("the books have %s, Stripe %s", r.Books, *r.Balance)
			}
			clock.Advance(time.Hour)
		}
	})
}
