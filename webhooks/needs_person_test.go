//go:build !race

package webhooks_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

func TestAWarningOfFraudAndALossTwiceOverAreNamedUntilNothingCanBeSaved(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"told by webhooks": true, "told by nobody": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
				b := newAccount(t, clock, 1, nil).keptIn(store)
				if told {
					b.subscribed()
				}
				b.agree(b.sync())
				gift := func() models.Donation {
					t.Helper()
					return b.give(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}, "reader@example.org", "succeeds")
				}
				refunded, disputed, twice := gift(), gift(), gift()
				stands := func(want map[string]money.Minor) {
					t.Helper()
					b.later(2 * time.Hour)
					report := b.sync()
					b.agree(report)
					got := map[string]money.Minor{}
					for _, f := range report.Findings {
						got[string(f.Kind)+" "+f.Object] = f.Amount
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("findings (−want +got):\n%s", diff)
					}
					if n := b.totals().NeedsAttention; n != 0 {
						t.Errorf("%d events need attention", n)
					}
				}
				stands(map[string]money.Minor{})

				for _, d := range []models.Donation{refunded, disputed} {
					must[string](b)(b.sim.WarnOfFraud(t.Context(), b.chargeOf(d)))
				}
				b.refund(refunded, stripesim.RefundOptions{Amount: 1000})
				b.refund(twice, stripesim.RefundOptions{Amount: 2000})
				stands(map[string]money.Minor{"fraud_warning " + b.chargeOf(refunded): 4000, "fraud_warning " + b.chargeOf(disputed): 5000})

				b.refund(refunded, stripesim.RefundOptions{})
				b.dispute(disputed, stripesim.DisputeOptions{})
				second := b.dispute(twice, stripesim.DisputeOptions{Amount: 5000})
				stands(map[string]money.Minor{"lost_twice " + b.chargeOf(twice): 2000})

				b.ok(b.sim.WinDispute(t.Context(), second, true))
				stands(map[string]money.Minor{})
			})
		})
	}
}
