package models_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestTwoMovementsOfOneDisputeAreTwoFindings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		at := clock.Now()
		taken := models.BalanceTransaction{ID: "txn_a", Category: "dispute", Source: "dp_9", Amount: -5000, Fee: 1500, Net: -6500, Currency: "usd", CreatedAt: at}
		given := models.BalanceTransaction{ID: "txn_b", Category: "dispute_reversal", Source: "dp_9", Amount: 5000, Net: 5000, Currency: "usd", CreatedAt: at}
		if _, err := s.SuspendTransactions(t.Context(), []models.BalanceTransaction{taken, given}); err != nil {
			t.Fatal(err)
		}
		found, err := s.NameDifferences(t.Context(), at.Add(-time.Hour), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]money.Minor{}
		for _, f := range found {
			got[f.Object] = f.Amount
		}
		if diff := cmp.Diff(map[string]money.Minor{"txn_a": -6500, "txn_b": 5000}, got); diff != "" {
			t.Errorf("found (−want +got):\n%s", diff)
		}
	})
}

func TestAGiftInEurosDiffersByTheDollarsThatTheBooksHaveOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		book(t, s, charged(start(t, s), "ch_1", "reader@example.org"))
		euros := models.BalanceTransaction{ID: "txn_1", Category: "charge", Source: "ch_1", Amount: 110000, Net: 110000, Currency: "eur", CreatedAt: clock.Now()}
		if _, err := s.SettleTransactions(t.Context(), []models.BalanceTransaction{euros}); err != nil {
			t.Fatal(err)
		}
		found, err := s.NameDifferences(t.Context(), clock.Now().Add(-time.Hour), nil)
		if err != nil || len(found) != 1 {
			t.Fatalf("found %+v, %v", found, err)
		}
		if f := found[0]; f.Amount != -125050 || f.Currency != "usd" || f.Detail != `moved 1100.00 for ch_1 in "eur", which these books do not keep` {
			t.Errorf("found %+v", f)
		}
		if got := overview(t, s, models.Period{}, models.Filter{}).Match; got.Amount != 125050 || got.Differences != 1 {
			t.Errorf("the overview says %+v", got)
		}
	})
}
