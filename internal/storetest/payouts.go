package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// PaidOut books a gift of $50.00, a refund of $20.00 of it, a ticket of $45.00
// that is no gift, and, where unknown is not 0, a charge that nobody can
// explain; then the payout po_1 that sends it all, and its lines. It returns
// the gift.
func PaidOut(t testing.TB, s *models.Store, unknown money.Minor) models.Donation {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := s.StartDonation(ctx, "", 0, models.Choices{Frequency: models.Once, Amount: 50_00, Tribute: models.NoTribute})
	ok(err)
	usd := func(m money.Minor) money.Money { return money.Money{Minor: m, Currency: "usd"} }
	gift := models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_1", Charge: "ch_1"}
	agreed := usd(50_00)
	learn(ctx, t, s, "ch_1", models.Reading{Facts: []models.Fact{
		{
			Key: "ch_1:charge", Kind: models.Charged, Object: "ch_1", Money: agreed, Agreed: &agreed, At: Start, Gift: gift,
			Email: "ruth@example.org", Name: "Ruth Castillo", EmailRank: models.SessionEmail, Method: "visa", Last4: "4242",
		},
		{Key: "re_1:refund", Kind: models.RefundMade, Object: "re_1", Money: usd(20_00), At: Start.Add(time.Hour), Gift: gift},
	}})
	moved := func(id, category, source string, amount, fee money.Minor) models.BalanceTransaction {
		return models.BalanceTransaction{
			ID: id, Category: category, Source: source, Amount: amount, Fee: fee, Net: amount - fee, Currency: "usd", CreatedAt: Start.Add(time.Hour),
			Foreign: source == "ch_ticket",
		}
	}
	sent := 50_00 - 1_75 - 20_00 + 45_00 - 1_61 + unknown
	members := []models.BalanceTransaction{
		moved("txn_gift", "charge", "ch_1", 50_00, 1_75), moved("txn_refund", "refund", "re_1", -20_00, 0),
		moved("txn_ticket", "charge", "ch_ticket", 45_00, 1_61), moved("txn_payout", "payout", "po_1", -sent, 0),
	}
	if unknown != 0 {
		members = append(members, moved("txn_unknown", "charge", "ch_unknown", unknown, 0))
	}
	p := models.Payout{
		ID: "po_1", Amount: sent, Currency: "usd", Status: "paid", Automatic: true, Reconciliation: models.Reconciled,
		ArrivalOn: time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), CreatedAt: Start.Add(24 * time.Hour),
	}
	learn(ctx, t, s, "po_1", models.Reading{Payout: &p})
	_, err = s.SuspendTransactions(ctx, members)
	ok(err)
	ok(s.ReadMembers(ctx, p, members, 0, nil))
	return d
}

// learn books what an object says.
func learn(ctx context.Context, t testing.TB, s *models.Store, id string, r models.Reading) {
	t.Helper()
	learned, err := s.Learn(ctx, models.Object{ID: id, Raw: fmt.Append(nil, id), Reading: r})
	if err != nil || learned[0].State != models.EventBooked {
		t.Fatalf("%s: %+v, %v", id, learned, err)
	}
}
