package models_test

import (
	"errors"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// backOf is a fact of one charge.
func backOf(d models.Donation, charge, refund string, kind models.FactKind, minor money.Minor) models.Fact {
	fact := of(d, refund+":"+string(kind), kind, minor)
	fact.Object, fact.Gift.Charge = refund, charge
	return fact
}

func terms(t *testing.T, s *models.Store, d models.Donation) models.RefundTerms {
	t.Helper()
	got, err := s.RefundTerms(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWhatIsLeftToRefundIsOfOneCharge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s) // $1,250.50
		if got := terms(t, s, d); !errors.Is(got.Refusal(), models.ErrNothingLeft) {
			t.Errorf("before it is paid: %+v", got)
		}
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		book(t, s, charged(d, "ch_2", "reader@example.org")) // a tab left open
		book(t, s, backOf(d, "ch_1", "re_1", models.RefundMade, 50))
		if got := terms(t, s, d); got.Charge != "ch_2" || got.Left != 125050 || got.Refusal() != nil {
			t.Errorf("of two charges: %+v", got)
		}
		book(t, s, backOf(d, "ch_2", "re_2", models.RefundMade, 125050))
		if got := terms(t, s, d); got.Charge != "ch_1" || got.Left != 125000 {
			t.Errorf("the second is gone: %+v", got)
		}
		book(t, s, backOf(d, "ch_2", "re_2", models.RefundUndone, 125050))
		if got := terms(t, s, d); got.Charge != "ch_2" || got.Left != 125050 {
			t.Errorf("it came back: %+v", got)
		}
		book(t, s, backOf(d, "ch_2", "dp_1", models.DisputeMoved, 125050))
		if got := terms(t, s, d); !errors.Is(got.Refusal(), models.ErrDisputed) {
			t.Errorf("disputed: %+v", got)
		}
		if _, err := s.RefundTerms(t.Context(), "don_nobody"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of no gift: %v", err)
		}
		if got := terms(t, s, enter(t, s, aCheck(t))); !errors.Is(got.Refusal(), models.ErrOfflineGift) {
			t.Errorf("of a check: %+v", got)
		}
	})
}

func TestARefundThatWasBrokenOffIsAskedForAgainBeforeAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		ask := func(key string, amount money.Minor) (models.RefundRequest, error) {
			return s.AskRefund(t.Context(), models.NewRefund{DonationID: d.ID, Amount: amount, FormKey: key, By: "clerk@example.org"})
		}
		first, err := ask("first", 1000)
		if err != nil || first.Again || first.Charge != "ch_1" {
			t.Fatalf("%+v, %v", first, err)
		}
		if _, err := ask("beside it", 500); err != nil { // another, while the first is on its way
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := ask("after it", 500); !errors.Is(err, models.ErrUnanswered) {
			t.Errorf("while two are open: %v", err)
		}
		if open := terms(t, s, d).Open; len(open) != 2 || open[0].FormKey != "first" {
			t.Errorf("open are %+v", open)
		}
		for _, key := range []string{"first", "beside it"} {
			again, err := ask(key, map[string]money.Minor{"first": 1000, "beside it": 500}[key])
			if err != nil || !again.Again {
				t.Fatalf("%s: %+v, %v", key, again, err)
			}
			for range 2 {
				ok(t, s.KeepRefund(t.Context(), again, "re_of_"+again.ID))
			}
			ok(t, s.LeaveRefund(t.Context(), again, true)) // said late: it is taken
			ok(t, s.RefuseRefund(t.Context(), again))
			if now, err := ask(key, again.Amount); err != nil || now.State != models.RefundTaken || *now.RefundID != "re_of_"+again.ID || now.Attempt != 0 {
				t.Errorf("%s: %+v, %v", key, now, err)
			}
		}
		if _, err := ask("after it", 500); err != nil {
			t.Errorf("none is open: %v", err)
		}
		if got := totals(t, s); got.Refunded != 0 {
			t.Errorf("the books changed by what was asked: %+v", got)
		}
		sound(t, s)
	})
}

func TestWhatStripeHasRefundedIsNotLeftThoughTheBooksHaveNotHeard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		ask := func(key string, amount money.Minor) (models.RefundRequest, error) {
			return s.AskRefund(t.Context(), models.NewRefund{DonationID: d.ID, Amount: amount, Confirmed: amount, FormKey: key, By: "clerk@example.org"})
		}
		left := func(when string, want, coming money.Minor) {
			t.Helper()
			if got := terms(t, s, d); got.Left != want || got.Coming != coming || len(got.Open) != 0 {
				t.Errorf("%s: left are %s, coming %s, open %d; want %s and %s", when, got.Left, got.Coming, len(got.Open), want, coming)
			}
		}
		first, err := ask("first", 100000)
		ok(t, err)
		left("Stripe is being asked", 25050, 100000)
		if _, err := ask("second", 100000); !errors.Is(err, models.ErrMoreThanLeft) {
			t.Errorf("as much again: %v", err)
		}
		ok(t, s.KeepRefund(t.Context(), first, "re_1"))
		clock.Advance(2 * time.Minute)
		left("Stripe has made it", 25050, 100000)
		if _, err := ask("third", 100000); !errors.Is(err, models.ErrMoreThanLeft) {
			t.Errorf("as much again: %v", err)
		}
		book(t, s, backOf(d, "ch_1", "re_1", models.RefundMade, 100000))
		left("the books have heard", 25050, 0)
		book(t, s, backOf(d, "ch_1", "re_1", models.RefundUndone, 100000))
		left("it came back", 125050, 0)
	})
}
