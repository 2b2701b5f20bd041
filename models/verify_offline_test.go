//go:build !race

package models_test

import (
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

// TestVerifyTellsWhatIsWrongWithAnOfflineGift breaks one thing at a time in
// books that hold one gift and another that was reversed.
func TestVerifyTellsWhatIsWrongWithAnOfflineGift(t *testing.T) {
	t.Parallel()
	const booked = "an offline gift is posted as it was entered, and reversed where a person said so"
	const another = `SELECT donation_id FROM offline_gifts WHERE reversed_at IS NULL`
	const reversed = `SELECT donation_id FROM offline_gifts WHERE reversed_at IS NOT NULL`
	for _, b := range []struct{ name, how, rule, found string }{
		{"nobody entered it", "DELETE FROM offline_gifts WHERE reversed_at IS NULL", booked, "OFF:gift: nobody entered it"},
		{"it is not posted", "UPDATE postings SET kind = 'charge' WHERE donation_id = (" + another + ")", booked, "DON: entered with 700, posted 0"},
		{
			"it is posted with another amount",
			"UPDATE donations SET amount_charged = 800, amount = 800 WHERE id = (" + another + ")", booked, "DON: entered with 800, posted 700",
		},
		{
			"its reversal is not posted", "UPDATE offline_gifts SET reversed_at = entered_at WHERE donation_id = (" + another + ")",
			booked, "DON: its reversal is said and not posted, or posted and not said",
		},
		{
			"nobody reversed it", "UPDATE offline_gifts SET reversed_at = NULL, note = 'reversed'",
			booked, "GONE: its reversal is said and not posted, or posted and not said",
		},
		{
			"its reversal names another", "UPDATE postings SET corrects = NULL WHERE donation_id = (" + reversed + ")",
			booked, "OFFGONE:reversal: is no mirror of anything",
		},
		{
			"its reversal is of another amount", "UPDATE posting_lines SET amount = amount - 1 WHERE account = 'offline:received' AND amount < 0",
			booked, "OFFGONE:reversal: is no mirror of OFFGONE:gift",
		},
		{
			"a statement of nobody", `INSERT INTO outbox (key, kind, payload, state, next_try_at, created_at)
			SELECT 'donor_x:2026:statement', 'statement', '{}', 'queued', made_at, made_at FROM books`,
			"every statement is of a donor and a year", "donor_x:2026:statement: of no donor",
		},
	} {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			eachUnlocked(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
				g := aCheck(t)
				g.Amount = 700
				d, gone := enter(t, s, g), enter(t, s, aCheck(t))
				if err := s.ReverseOffline(t.Context(), gone.ID, "wrong", "staff@example.org"); err != nil {
					t.Fatal(err)
				}
				if found := breaches(t, s); len(found) > 0 {
					t.Fatalf("unsound before: %+v", found)
				}
				if err := tamper(b.how); err != nil {
					t.Fatal(err)
				}
				off := func(id string) string { return strings.Replace(id, "don_", "off_", 1) }
				want := strings.NewReplacer("OFFGONE", off(gone.ID), "OFF", off(d.ID), "GONE", gone.ID, "DON", d.ID).Replace(b.found)
				found := breaches(t, s)
				for _, f := range found {
					if f.Rule == b.rule && f.Found == want {
						return
					}
				}
				t.Errorf("not found: %s: %s\nbut %+v", b.rule, want, found)
			})
		})
	}
}
