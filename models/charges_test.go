package models_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// Of one gift there can be several charges: a bank debit that failed is tried
// again with another, and now and then a gift is paid twice.

// ofCharge is a fact about one of a gift's charges.
func ofCharge(d models.Donation, charge, kind string, k models.FactKind, minor money.Minor) models.Fact {
	f := of(d, charge+":"+kind, k, minor)
	f.Object, f.Gift.Charge = charge, charge
	return f
}

// refundOf is a refund of one of a gift's charges.
func refundOf(d models.Donation, refund, charge string, minor money.Minor) models.Fact {
	f := of(d, refund+":refund", models.RefundMade, minor)
	f.Gift.Charge = charge
	return f
}

// bookAll books facts one by one; what must wait is told again.
func bookAll(t *testing.T, s *models.Store, facts []models.Fact) {
	t.Helper()
	for waiting := facts; len(waiting) > 0; {
		var again []models.Fact
		for _, f := range waiting {
			if book(t, s, f).State == models.EventWaiting {
				again = append(again, f)
			}
		}
		if len(again) == len(waiting) {
			t.Fatalf("%d facts wait for ever: %v", len(again), again)
		}
		waiting = again
	}
}

func TestADebitThatBouncedAndWasTriedAgainCountsOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		const seed, orders = 20261224, 40
		shuffle := rand.New(rand.NewPCG(seed, 0))
		for range orders {
			d := start(t, s)
			first, second := "py_1_"+d.ID, "py_2_"+d.ID
			cleared := charged(d, second, "reader@example.org")
			cleared.At = cleared.At.Add(96 * time.Hour)
			facts := []models.Fact{
				ofCharge(d, first, "pending", models.DebitPending, 0), ofCharge(d, first, "failed", models.PaymentFailed, 0),
				charged(d, first, "reader@example.org"), ofCharge(d, first, "failure", models.ChargeUndone, 125050),
				ofCharge(d, second, "pending", models.DebitPending, 0), cleared, refundOf(d, "re_"+d.ID, second, 50),
			}
			shuffle.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			bookAll(t, s, facts)
			now, err := s.FindDonation(t.Context(), d.Token)
			if err != nil || now.Status != models.PartiallyRefunded || now.ReceivedAt == nil || !now.ReceivedAt.Equal(cleared.At) {
				t.Errorf("seed %d: the gift is %s, received %v (%v), after %v", seed, now.Status, now.ReceivedAt, err, facts)
			}
		}
		want := models.Totals{
			Currency: "usd", Gross: orders * 125050, Refunded: orders * 50, Raised: orders * 125000, Net: orders * 125000,
			Gifts: orders, Donors: 1, StripeBalance: orders * 125000,
		}
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("seed %d: totals (−want +got):\n%s", seed, diff)
		}
		sound(t, s)
	})
}

func TestADebitUnderWayIsPendingThoughAnotherFailed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		steps := []struct {
			fact    models.Fact
			status  models.Status
			pending money.Minor
		}{
			{of(d, "cs_1:debit_pending", models.DebitPending, 0), models.Processing, 125050},
			{ofCharge(d, "py_1", "pending", models.DebitPending, 0), models.Processing, 125050},
			{ofCharge(d, "py_1", "failed", models.PaymentFailed, 0), models.Failed, 0},
			{ofCharge(d, "py_2", "pending", models.DebitPending, 0), models.Processing, 125050},
			{of(d, "cs_1:payment_failed", models.PaymentFailed, 0), models.Processing, 125050},
			{charged(d, "py_2", ""), models.Received, 0},
			{ofCharge(d, "py_2", "failure", models.ChargeUndone, 125050), models.Failed, 0},
		}
		for _, step := range steps {
			book(t, s, step.fact)
			if got := totals(t, s); got.Pending != step.pending || status(t, s, d) != step.status {
				t.Errorf("after %s the gift is %s and %s is pending, want %s and %s",
					step.fact.Key, status(t, s, d), got.Pending, step.status, step.pending)
			}
			sound(t, s)
		}
	})
}

func TestAGiftPaidTwiceCountsTwiceAndNeedsAPersonUntilOneGoesBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		one, other := start(t, s), start(t, s)
		for d, order := range map[models.Donation][2]string{one: {"ch_1", "ch_2"}, other: {"ch_4", "ch_3"}} {
			for _, charge := range order {
				if got := book(t, s, charged(d, charge, "reader@example.org")); got.State != models.EventBooked {
					t.Errorf("%s: %+v", charge, got)
				}
			}
		}
		got := totals(t, s)
		if got.Raised != 4*125050 || got.Gifts != 2 || got.Donors != 1 || got.StripeBalance != 4*125050 || got.NeedsAttention != 2 {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
		book(t, s, refundOf(one, "re_1", "ch_2", 125050), refundOf(other, "re_2", "ch_4", 125000))
		gifts, err := s.OverpaidGifts(t.Context())
		if err != nil || len(gifts) != 1 || gifts[0].ID != other.ID {
			t.Errorf("paid twice are %v, %v", gifts, err)
		}
		if got := totals(t, s); got.NeedsAttention != 1 || got.Gifts != 2 || status(t, s, one) != models.PartiallyRefunded {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
	})
}

func TestARefundIsOfItsOwnCharge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", ""))
		withdrawn := of(d, "txn_1:dispute", models.DisputeMoved, 125050)
		withdrawn.Gift.Charge = "ch_2"
		for _, early := range []models.Fact{refundOf(d, "re_1", "ch_2", 125050), withdrawn} {
			if got := book(t, s, early); got.State != models.EventWaiting {
				t.Errorf("%s, of a charge that is not booked: %+v", early.Key, got)
			}
		}
		book(t, s, charged(d, "ch_2", ""), refundOf(d, "re_1", "ch_2", 125050))
		if got := book(t, s, refundOf(d, "re_2", "ch_2", 1)); got.State != models.EventWaiting {
			t.Errorf("more than ch_2 captured goes back, though not more than both did: %+v", got)
		}
		if got := totals(t, s); got.Refunded != 125050 || got.Disputed != 0 || got.Raised != 125050 {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
	})
}

func TestNothingIsUndoneBeforeItWasMade(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", ""))
		failed := of(d, "re_1:refund_failed", models.RefundUndone, 500)
		for _, early := range []models.Fact{failed, ofCharge(d, "py_2", "failure", models.ChargeUndone, 125050)} {
			if got := book(t, s, early); got.State != models.EventWaiting {
				t.Errorf("%s: %+v", early.Key, got)
			}
		}
		if got := totals(t, s); got.Raised != 125050 {
			t.Errorf("totals are %+v", got)
		}
		// All of the charge went back by another refund: one that failed needs no room.
		book(t, s, refundOf(d, "re_2", "ch_1", 125050))
		if got := book(t, s, refundOf(d, "re_1", "ch_1", 500), failed); got.State != models.EventBooked {
			t.Errorf("a refund together with its failure: %+v", got)
		}
		sound(t, s)
	})
}
