//go:build !race

package webhooks_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// mailed are the kinds of what waits to be sent beside receipts, in order.
func (b *bookkeeper) mailed() (kinds []models.MailKind) {
	b.t.Helper()
	mails, err := b.store.ListMail(b.t.Context(), models.MailIsQueued, 1000)
	b.ok(err)
	for _, m := range mails {
		if m.Kind != models.MailReceipt {
			kinds = append(kinds, m.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func TestWhatHappensToAMonthlyGiftIsToldOnceAndNotByBooksMadeAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		b := newAccount(t, clock, 3, shuffled(3)).keptIn(store).subscribed()
		d := b.give(models.Choices{Frequency: models.Monthly, Amount: 2500, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
		id := b.subscriptionOf(d)
		b.sync()
		tell := func() {
			t.Helper()
			b.later(5 * time.Minute)
			_, err := b.store.QueueExpiringCards(t.Context(), b.store.Now())
			b.ok(err)
		}
		expect := func(when string, want ...models.MailKind) {
			t.Helper()
			if diff := cmp.Diff(want, b.mailed()); diff != "" {
				t.Errorf("%s, what is to be sent (−want +got):\n%s", when, diff)
			}
		}
		tell()
		expect("paid")
		b.ok(b.sim.ExpireCard(t.Context(), id))
		b.sync()
		tell()
		tell()
		expect("its card expires", models.MailCardExpiring)
		b.ok(b.sim.ChangeAmount(t.Context(), id, 4000))
		tell()
		expect("its amount was changed", models.MailAmountChanged, models.MailCardExpiring)
		must[string](b)(b.sim.FailRenewal(t.Context(), id))
		tell()
		expect("a renewal failed", models.MailAmountChanged, models.MailCardExpiring, models.MailRenewalFailed)
		b.ok(b.sim.CancelAtPeriodEnd(t.Context(), id, true))
		tell()
		told := []models.MailKind{models.MailAmountChanged, models.MailCardExpiring, models.MailRenewalFailed, models.MailCancelled}
		expect("it was cancelled", told...)
		must[string](b)(b.sim.RecoverRenewal(t.Context(), id))
		b.ok(b.sim.CancelSubscription(t.Context(), id))
		tell()
		expect("it was paid after all, and has ended", models.MailAmountChanged, models.MailCardExpiring, models.MailCancelled)

		b.later(25 * time.Hour)
		b.sync()
		anew := b.keptIn(storetest.OpenFor(t, storetest.InMemory(t), slug, clock))
		anew.sync()
		anew.subscribed()
		anew.later(time.Hour)
		if _, err := anew.store.QueueExpiringCards(t.Context(), anew.store.Now()); err != nil {
			t.Fatal(err)
		}
		if got := anew.mailed(); len(got) > 0 {
			t.Errorf("books made anew mail %v", got)
		}
		if anew.digest() != b.digest() {
			t.Error("books made anew are others")
		}
	})
}
