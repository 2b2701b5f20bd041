//go:build !race

package webhooks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// TestReceiptsFollowWhatStripeSays issues once a day, and reads what Stripe says
// of each gift by then.
func TestReceiptsFollowWhatStripeSays(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTampered(t, &storetest.Clock{}, address(t))
			b.subscribed()
			give := func(name, outcome string) models.Donation {
				choices := models.Choices{Frequency: models.Once, Amount: 20000, Tribute: models.NoTribute}
				return b.give(choices, name+"@example.org", outcome)
			}
			gifts := map[string]models.Donation{
				"kept": give("kept", "succeeds"), "lost": give("lost", "succeeds"), "won": give("won", "succeeds"),
				"bounced debit": give("bounced", "debit"), "cleared debit": give("cleared", "debit"),
			}
			b.later(time.Minute)
			b.ok(b.sim.FailDebit(t.Context(), b.chargeOf(gifts["bounced debit"]), true))
			b.ok(b.sim.SettleDebit(t.Context(), b.chargeOf(gifts["cleared debit"])))
			b.issueTomorrow()
			lost, won := b.dispute(gifts["lost"], stripesim.DisputeOptions{}), b.dispute(gifts["won"], stripesim.DisputeOptions{})
			b.issueTomorrow()
			b.ok(b.sim.LoseDispute(t.Context(), lost))
			b.ok(b.sim.WinDispute(t.Context(), won, true))
			b.issueTomorrow()
			want := map[string][]string{
				"kept": {"receipt 20000"}, "lost": {"receipt 20000", "void 0 dispute_lost"}, "won": {"receipt 20000"},
				"bounced debit": nil, "cleared debit": {"receipt 20000"},
			}
			if diff := cmp.Diff(want, b.documents(gifts)); diff != "" {
				t.Errorf("the documents (−want +got):\n%s", diff)
			}
			// A donor's name travels with the charge and the session.
			if diff := cmp.Diff([]string{"Sample Donor"}, b.books.rows("SELECT DISTINCT donor_name FROM donations")); diff != "" {
				t.Errorf("who gave (−want +got):\n%s", diff)
			}
			for _, breach := range b.breaches() {
				t.Errorf("%s does not hold: %s", breach.Predicate, breach.Found)
			}
		})
	}
}

// issueTomorrow lets a day pass and issues what is due then.
func (b *tampered) issueTomorrow() {
	b.t.Helper()
	b.later(24 * time.Hour)
	if _, err := b.store.IssueReceipts(b.t.Context(), 100); err != nil {
		b.t.Fatal(err)
	}
}

// documents are those of each gift.
func (b *tampered) documents(gifts map[string]models.Donation) map[string][]string {
	b.t.Helper()
	said := map[string][]string{}
	for name, d := range gifts {
		said[name] = nil
		all, err := b.store.ReceiptsOf(b.t.Context(), d.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, r := range all {
			one := fmt.Sprintf("%s %d", r.Kind, r.Amount)
			if r.Reason != "" {
				one += " " + string(r.Reason)
			}
			said[name] = append(said[name], one)
		}
	}
	return said
}
