package models_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// donorOf is a donor of the example: a gift, and what happens to it.
type donorOf struct {
	t      *testing.T
	s      *models.Store
	letter string
}

// gives has the donor pay so much, of which Stripe keeps a fee.
func (o donorOf) gives(minor, fee money.Minor, then ...models.Fact) {
	o.t.Helper()
	d := o.intends(minor)
	charge := "ch_" + d.ID
	kept := of(d, "txn_"+charge+":fee", models.FeeKept, fee)
	for _, f := range append([]models.Fact{charged(d, charge, o.letter+"@example.org"), kept}, then...) {
		f.Gift.Token, f.Gift.Charge = d.Token, charge
		o.book(f)
	}
}

func (o donorOf) intends(minor money.Minor) models.Donation {
	o.t.Helper()
	d, err := o.s.StartDonation(o.t.Context(), "", 0, models.Choices{Frequency: models.Once, Amount: minor, Tribute: models.NoTribute})
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

func (o donorOf) book(f models.Fact) {
	o.t.Helper()
	if got := book(o.t, o.s, f); got.State != models.EventBooked {
		o.t.Errorf("%s: %s is %s: %s", o.letter, f.Key, got.State, got.Problem)
	}
}

// happens is something that happens to a gift.
func happens(key string, kind models.FactKind, minor money.Minor) models.Fact {
	return of(models.Donation{}, key, kind, minor)
}

func TestTheExampleOfHowTheNumberIsCountedIsRightToTheCent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		donor := func(letter string) donorOf { return donorOf{t, s, letter} }
		dispute := func(letter string, moves ...money.Minor) []models.Fact {
			all := []models.Fact{happens("txn_"+letter+":fee", models.FeeKept, 1500)}
			for i, minor := range moves {
				moved := happens(fmt.Sprintf("txn_%s%d:dispute", letter, i), models.DisputeMoved, minor)
				moved.Object = "dp_" + letter
				all = append(all, moved)
			}
			return all
		}
		donor("A").gives(5180, 180)
		donor("B").gives(1500, 74)
		donor("B").gives(1500, 74)
		donor("C").gives(20000, 160)
		donor("D").gives(10000, 320, happens("re_D:refund", models.RefundMade, 4000))
		donor("E").gives(2500, 103, happens("re_E:refund", models.RefundMade, 2500), happens("re_E:refund_failed", models.RefundUndone, 2500))
		donor("F").gives(8000, 262, dispute("F", 8000, -8000)...)
		donor("G").gives(6000, 204, dispute("G", 6000)...)
		donor("H").gives(3000, 117, append(dispute("H", 3000), happens("re_H:refund", models.RefundMade, 3000))...)
		check := aCheck(t)
		check.Amount, check.DonorEmail = 50000, "I@example.org"
		enter(t, s, check)
		bounced := donor("J").intends(7500)
		donor("J").book(ofCharge(bounced, "py_J", "pending", models.DebitPending, 0))
		donor("J").book(ofCharge(bounced, "py_J", "failed", models.PaymentFailed, 0))
		foreign := models.BalanceTransaction{
			ID: "txn_K", Category: "charge", Source: "ch_K", Amount: 3000, Net: 3000, Currency: "eur", CreatedAt: storetest.Start, Foreign: true,
		}
		settle(t, s, foreign)

		want := models.Totals{
			Currency: "usd", Gross: 107680, Refunded: 7000, Disputed: 9000, Raised: 91680, Offline: 50000, Fees: 5994, Net: 85686,
			Gifts: 8, Donors: 7, StripeBalance: 35686,
		}
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("totals (−want +got):\n%s", diff)
		}
		sound(t, s)

		// Where Stripe turns K's euros into dollars, they are in the balance and in no other figure.
		foreign.ID, foreign.Currency, foreign.Amount, foreign.Net = "txn_K_usd", "usd", 3200, 3077
		settle(t, s, foreign)
		want.StripeBalance, want.OtherActivity = 35686+3077, 3077
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("totals, K settled in dollars (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

// settle gives a line of Stripe's own account its place.
func settle(t *testing.T, s *models.Store, line models.BalanceTransaction) {
	t.Helper()
	if _, err := s.SuspendTransactions(t.Context(), []models.BalanceTransaction{line}); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", line.ID, err))
	}
}
