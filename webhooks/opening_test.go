//go:build !race

package webhooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

func TestWhatTheAccountHeldBeforeTheBooksStartIsPaidOutWithTheRest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		a := newAccount(t, clock, 1, nil)
		must[string](&bookkeeper{account: a})(a.sim.TakeForeignCharge(t.Context(), stripesim.ForeignCharge{Amount: 2222}))
		clock.Advance(time.Hour)
		a.campaign.BooksStart = clock.Now()
		clock.Advance(time.Hour)
		b := a.keptIn(store).subscribed()
		b.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
		b.later(5 * time.Minute)
		b.agree(b.sync())
		opening := b.totals().OtherActivity
		if opening <= 0 {
			t.Fatalf("the opening balance is %s", opening)
		}
		payout := must[string](b)(a.sim.PayOut(t.Context(), stripesim.PayoutOptions{Everything: true}))
		b.ok(a.sim.SendPayout(t.Context(), payout))
		b.ok(a.sim.ReconcilePayout(t.Context(), payout))
		b.ok(a.sim.LandPayout(t.Context(), payout))
		b.later(5 * time.Minute)
		b.agree(b.sync())
		if got := b.totals(); got.StripeBalance != 0 || got.OtherActivity != opening {
			t.Errorf("after the payout %s is left, other activity is %s", got.StripeBalance, got.OtherActivity)
		}
	})
}

func TestAPayoutFromBeforeTheBooksStartIsInTheOpeningBalanceAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		a := newAccount(t, clock, 1, nil)
		payouts := &bookkeeper{account: a}
		sent := func() string {
			must[string](payouts)(a.sim.TakeForeignCharge(t.Context(), stripesim.ForeignCharge{Amount: 2222}))
			clock.Advance(time.Hour)
			payout := must[string](payouts)(a.sim.PayOut(t.Context(), stripesim.PayoutOptions{Everything: true}))
			payouts.ok(a.sim.SendPayout(t.Context(), payout))
			return payout
		}
		landing, failing := sent(), sent()
		clock.Advance(time.Hour)
		a.campaign.BooksStart = clock.Now()
		clock.Advance(time.Hour)
		b := a.keptIn(store).subscribed()
		b.agree(b.sync())
		for _, payout := range []string{landing, failing} {
			b.ok(a.sim.ReconcilePayout(t.Context(), payout))
			b.ok(a.sim.LandPayout(t.Context(), payout))
		}
		b.later(5 * time.Minute)
		b.agree(b.sync())
		if got := b.totals(); got.PaidOut != 0 || got.StripeBalance != 0 {
			t.Errorf("of payouts from before the books %s is paid out and %s is left", got.PaidOut, got.StripeBalance)
		}
		b.ok(a.sim.FailPayout(t.Context(), failing))
		b.later(5 * time.Minute)
		b.agree(b.sync())
		if got := b.totals(); got.StripeBalance <= 0 || got.PaidOut != -got.StripeBalance {
			t.Errorf("of the payout that came back %s is paid out and %s is left", got.PaidOut, got.StripeBalance)
		}
	})
}

func TestBooksThatBeganBeforeTheirStartAreRebuiltWithTheSameGiftsAndFigures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		a := newAccount(t, clock, 1, nil)
		a.campaign.BooksStart = clock.Now().AddDate(0, 0, 10)
		kept := a.keptIn(store).subscribed()
		kept.agree(kept.sync())
		clock.Advance(24 * time.Hour)
		must[string](kept)(a.sim.TakeForeignCharge(t.Context(), stripesim.ForeignCharge{Amount: 120000}))
		kept.later(time.Hour)
		kept.agree(kept.sync())
		clock.Advance(10 * 24 * time.Hour)
		kept.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
		kept.later(time.Hour)
		kept.agree(kept.sync())

		rebuilt := a.keptIn(storetest.Open(t, "sqlite:"+t.TempDir()+"/again.db", clock))
		rebuilt.agree(rebuilt.sync())
		if diff := cmp.Diff(kept.totals(), rebuilt.totals()); diff != "" {
			t.Errorf("totals (−kept +rebuilt):\n%s", diff)
		}
		if diff := cmp.Diff(gifts(kept.ledger()), gifts(rebuilt.ledger())); diff != "" {
			t.Errorf("gifts (−kept +rebuilt):\n%s", diff)
		}
	})
}

// gifts is a ledger without the account's other activity and what it began with.
func gifts(ledger string) (lines []string) {
	for line := range strings.Lines(ledger) {
		if !strings.Contains(line, ":other ") && !strings.Contains(line, "opening:stripe ") {
			lines = append(lines, line)
		}
	}
	return lines
}
