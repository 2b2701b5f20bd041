package models_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// disputes books that a bank disputes a gift, as Stripe describes it at a moment.
func disputes(t *testing.T, s *models.Store, d models.Donation, is models.Dispute) {
	t.Helper()
	opened := models.Fact{
		Key: is.ID + ":opened", Kind: models.DisputeOpened, Object: is.ID, Money: money.Money{Currency: "usd"}, At: storetest.Start,
		Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_" + d.ID, Charge: "ch_" + d.ID},
	}
	if _, err := s.Learn(t.Context(), models.Object{ID: is.ID, Raw: []byte(is.Status), Reading: models.Reading{Facts: []models.Fact{opened}, Dispute: &is}}); err != nil {
		t.Fatal(err)
	}
}

// due is a moment so many hours after the start.
func due(hours int) *time.Time {
	at := storetest.Start.Add(time.Duration(hours) * time.Hour)
	return &at
}

func TestDisputesStandByTheirDeadlineAndThoseAnsweredLast(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		for _, is := range []models.Dispute{
			{ID: "dp_a", Status: "under_review", RespondBy: due(1)},
			{ID: "dp_b", Status: "needs_response", RespondBy: due(90), Amount: 100},
			{ID: "dp_c", Status: "needs_response"},
			{ID: "dp_d", Status: "warning_needs_response", RespondBy: due(20), Amount: 100},
			{ID: "dp_e", Status: "needs_response", RespondBy: due(-20), Amount: 100},
		} {
			is.AsOf = clock.Now()
			disputes(t, s, d, is)
		}
		open, err := s.OpenDisputes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, one := range open {
			order = append(order, one.ID)
		}
		if diff := cmp.Diff([]string{"dp_e", "dp_d", "dp_b", "dp_c", "dp_a"}, order); diff != "" {
			t.Errorf("(−want +got):\n%s", diff)
		}
		w := overview(t, s, models.Period{}, models.Filter{}).Waiting
		if w.Disputes != (models.UnderWay{Count: 4, Amount: 300}) || w.Reviewed.Count != 1 || w.AnswerBy == nil || !w.AnswerBy.Equal(*due(-20)) {
			t.Errorf("waiting are %+v", w)
		}
	})
}

func TestWhatStripeSaidLastOfADisputeStandsWhateverComesLast(t *testing.T) {
	t.Parallel()
	said := []models.Dispute{
		{Status: "warning_needs_response", RespondBy: due(10), AsOf: storetest.Start},
		{Status: "warning_under_review", RespondBy: due(10), AsOf: storetest.Start}, // in the same second
		{Status: "needs_response", RespondBy: due(50), AsOf: *due(1)},
		{Status: "needs_response", RespondBy: due(30), AsOf: *due(2)},
	}
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		for n, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 3, 0, 1}, {1, 3, 0, 2, 2}} {
			id := "dp_" + string(rune('a'+n))
			for _, i := range order {
				is := said[i]
				is.ID = id
				disputes(t, s, d, is)
			}
		}
		open, err := s.OpenDisputes(t.Context())
		if err != nil || len(open) != 4 {
			t.Fatalf("open are %v, %v", open, err)
		}
		for _, one := range open {
			if one.Status != "needs_response" || one.RespondBy == nil || !one.RespondBy.Equal(*due(30)) {
				t.Errorf("%s is %s, to be answered by %v", one.ID, one.Status, one.RespondBy)
			}
		}
	})
}
