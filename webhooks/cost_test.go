//go:build !race

package webhooks_test

import (
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
)

// asked is how many objects were looked up one by one.
func (s *between) asked() (n int) {
	for _, times := range s.looked {
		n += times
	}
	return n
}

func TestAFeeIsReadWithoutLookingAtWhatElseIsInTheAccount(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		b.agree(b.sync())
		d := b.give(once50, "second@example.org", "succeeds")
		for range 20 {
			b.refunded(must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 2222})))
		}
		b.ok(b.resolver.Look(b.t.Context(), d.Token))
		b.later(5 * time.Minute)
		before := b.totals().Fees
		stripe.anew()
		b.ok(b.syncer.Fees(b.t.Context()))
		if got := b.totals().Fees; got <= before {
			b.t.Errorf("the fees are still %s", got)
		}
		if stripe.asked() != 0 || len(stripe.listed) != 1 {
			b.t.Errorf("asked for %v, listed %v", stripe.looked, stripe.listed)
		}
		b.agree(b.sync())
	})
}

// Payments that carry our name and no token stay in suspense for good.
func TestWhatStaysUnexplainedIsLookedAtLessAndLessOften(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		const odd = 7
		for range odd {
			must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{
				Amount: 5000, Metadata: map[string]string{stripeapi.MetaCampaign: b.campaign.Slug},
			}))
		}
		b.later(5 * time.Minute)
		looks := 0
		var days []int
		for hour := range 6 * 24 {
			stripe.anew()
			b.clock.Advance(time.Hour)
			report := b.sync()
			if n := stripe.looked[stripeapi.Charges]; n > 0 {
				looks++
				days = append(days, hour/24)
			}
			if len(report.Findings) != odd {
				b.t.Fatalf("after %d hours there are %d findings", hour, len(report.Findings))
			}
		}
		// At first sight, at the next sync, and then after 1, 2, 4, … hours.
		if looks < 8 || looks > 9 {
			b.t.Errorf("looked at %d times, on the days %v", looks, days)
		}
	})
}

func TestOfSubscriptionsOnlyNewOnesAreListedAndOursAreReadInTurn(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		d := b.give(monthly, "second@example.org", "succeeds")
		for range 3 {
			must[string](b)(b.sim.ForeignSubscription(b.t.Context(), "other@example.org", "usd", 700))
		}
		b.later(time.Hour)
		b.agree(b.sync())
		if first := stripe.of(stripeapi.Subscriptions); len(first) != 1 || !first[0].Since.IsZero() {
			b.t.Errorf("at first it lists %v", first)
		}
		ours := b.subscriptionOf(d)
		b.later(time.Hour)
		b.ok(b.sim.CancelSubscription(b.t.Context(), ours))
		stripe.anew()
		b.agree(b.sync())
		for _, l := range stripe.of(stripeapi.Subscriptions) {
			if l.Since.IsZero() {
				b.t.Errorf("it lists all there ever were: %v", l)
			}
		}
		if n := stripe.looked[stripeapi.Subscriptions]; n != 1 {
			b.t.Errorf("%d subscriptions were looked at", n)
		}
		if sub, err := b.store.FindSubscription(b.t.Context(), ours); err != nil || !sub.Ended() {
			b.t.Errorf("ours is %+v, %v", sub, err)
		}
	})
}
