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
