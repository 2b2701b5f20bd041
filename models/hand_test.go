package models_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestFactsThatComeTogetherLeaveTheBooksOfThoseThatComeOneByOne(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []string
			for _, together := range []bool{true, false} {
				s := storetest.Open(t, address(t), &storetest.Clock{})
				d := start(t, s)
				charge := charged(d, "ch_1", "reader@example.org")
				page := of(d, "cs_1:completed", models.Completed, 0)
				page.Email, page.EmailRank, page.Name, page.Gift.SessionID = "typed@example.org", models.SessionEmail, "A Reader", "cs_1"
				// A refund that names its charge by an id that came with that charge.
				byCharge := of(d, "re_2:refund", models.RefundMade, 50)
				byCharge.Gift = models.GiftRef{Charge: "ch_1"}
				facts := []models.Fact{charge, of(d, "re_1:refund", models.RefundMade, 100), byCharge, page, of(d, "re_1:refund_failed", models.RefundUndone, 100)}
				if together {
					facts = append(facts, facts...) // and once more
					book(t, s, facts...)
				}
				for _, f := range facts {
					book(t, s, f)
				}
				var ledger strings.Builder
				ok(t, s.WriteLedger(t.Context(), &ledger))
				got := totals(t, s)
				all = append(all, fmt.Sprintf("%s%d raised, %d gifts, %d donors", ledger.String(), got.Raised, got.Gifts, got.Donors))
				sound(t, s)
			}
			if diff := cmp.Diff(all[1], all[0]); diff != "" {
				t.Errorf("the books (−one by one +together):\n%s", diff)
			}
		})
	}
}

func TestAFactOfTwoGiftsNeedsAPersonThoughBothComeTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		one, other := start(t, s), start(t, s)
		mine, theirs := charged(one, "ch_1", ""), charged(other, "ch_1", "")
		for range 2 {
			got := book(t, s, mine, theirs)
			if got.State != models.EventAttention || !strings.Contains(got.Problem, "is booked already, for the gift "+one.ID) {
				t.Errorf("it is %+v", got)
			}
		}
		if got := totals(t, s); got.Gifts != 1 || got.Raised != one.AmountCharged {
			t.Errorf("the totals are %+v", got)
		}
		sound(t, s)
	})
}
