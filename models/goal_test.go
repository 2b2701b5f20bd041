package models_test

import (
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestTheDayOfAGoalIsThatOfTheFirstPaymentThatReachedIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		expect := func(when string, raised money.Minor, want time.Time) {
			t.Helper()
			if got, err := s.ReachedAt(t.Context(), raised); err != nil || !got.Equal(want) {
				t.Errorf("%s, %d was reached at %s (%v), want %s", when, raised, got, err, want)
			}
		}
		expect("before any gift", 1, time.Time{})
		first, second, third := start(t, s), start(t, s), start(t, s)
		at := func(d models.Donation, charge string, after time.Duration) models.Fact {
			f := charged(d, charge, "")
			f.At = storetest.Start.Add(after)
			return f
		}
		// What came second is told first.
		book(t, s, at(second, "ch_2", 2*time.Hour))
		expect("with one gift", 125050, storetest.Start.Add(2*time.Hour))
		book(t, s, at(first, "ch_1", time.Hour))
		expect("with an earlier one", 125050, storetest.Start.Add(time.Hour))
		expect("with an earlier one", 250100, storetest.Start.Add(2*time.Hour))
		expect("with an earlier one", 250101, time.Time{})
		// A refund takes the number back, and not the day.
		back := of(first, "re_1:refund", models.RefundMade, 125050)
		back.At = storetest.Start.Add(3 * time.Hour)
		book(t, s, back, at(third, "ch_3", 4*time.Hour))
		expect("after a refund and a third", 250100, storetest.Start.Add(2*time.Hour))
		expect("after a refund and a third", 375150, time.Time{})
	})
}
