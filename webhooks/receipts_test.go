//go:build !race

package webhooks_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestNoReceiptIsQueuedForMoneyThatNeverCleared(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTampered(t, &storetest.Clock{}, address(t))
			b.subscribed()
			choices := models.Choices{Frequency: models.Once, Amount: 20000, Tribute: models.NoTribute}
			bounced, cleared := b.give(choices, "one@example.org", "debit"), b.give(choices, "two@example.org", "debit")
			b.later(time.Minute)
			b.ok(b.sim.FailDebit(t.Context(), b.chargeOf(bounced), true))
			b.ok(b.sim.SettleDebit(t.Context(), b.chargeOf(cleared)))
			b.later(time.Hour)
			if got := b.books.rows("SELECT COUNT(*) FROM postings WHERE kind IN ('charge', 'failure')"); got[0] != "3" {
				t.Fatalf("%s movements are booked, not 3", got[0])
			}
			want := []string{b.chargeOf(cleared) + ":charge:receipt"}
			if diff := cmp.Diff(want, b.books.rows("SELECT key FROM outbox")); diff != "" {
				t.Errorf("the outbox (−want +got):\n%s", diff)
			}
			for _, breach := range b.breaches() {
				t.Errorf("%s does not hold: %s", breach.Predicate, breach.Found)
			}
		})
	}
}
