package webhooks_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// FuzzTranslation reads objects of every family. Nothing in them may end the
// service, and what is booked is the amount that Stripe's own library reads in
// them, whatever else they say.
func FuzzTranslation(f *testing.F) {
	for _, s := range stories(f) {
		for _, e := range s.events {
			f.Add(e.eventType, strings.ReplaceAll(e.object, "TOKEN", "AAAAAAAAAAAAAAAAAAAAAA"))
		}
	}
	f.Fuzz(func(t *testing.T, eventType, object string) {
		if !json.Valid([]byte(object)) {
			return
		}
		event, err := json.Marshal(map[string]any{
			"id": "evt_1", "object": "event", "type": eventType, "api_version": stripeapi.Version, "livemode": false,
			"data": map[string]any{"object": json.RawMessage(object)},
		})
		if err != nil {
			t.Fatal(err)
		}
		reading, ok := webhooks.Understand(event)
		if !ok {
			return
		}
		if strings.Contains(reading.Problem, "could not be understood") {
			t.Fatalf("%s: %s", reading.Problem, object)
		}
		for _, fact := range reading.Facts {
			asBooked(t, fact, []byte(object))
		}
		if p := reading.Payout; p != nil {
			var said stripe.Payout
			if json.Unmarshal([]byte(object), &said) == nil && (said.Amount != int64(p.Amount) || string(said.Currency) != string(p.Currency)) {
				t.Errorf("the payout is booked as %d %s: %s", p.Amount, p.Currency, object)
			}
		}
	})
}

// asBooked compares what a fact moves with what Stripe's library reads. An
// object that the library can't read has nothing to compare with.
func asBooked(t *testing.T, fact models.Fact, object []byte) {
	t.Helper()
	var moves []int64
	var currency stripe.Currency
	switch fact.Kind {
	case models.Charged, models.ChargeUndone:
		c, ok := chargeIn(object)
		if !ok {
			return
		}
		moves, currency = []int64{c.AmountCaptured}, c.Currency
		if c.Status == stripe.ChargeStatusFailed {
			moves[0] = c.Amount // what came and went was the whole
		} else if c.Status != stripe.ChargeStatusSucceeded || !c.Paid || !c.Captured || fact.Kind == models.ChargeUndone {
			t.Errorf("%s is booked of a charge that is not paid: %s", fact.Key, object)
		}
	case models.RefundMade, models.RefundUndone:
		var r stripe.Refund
		if json.Unmarshal(object, &r) != nil {
			return
		}
		moves, currency = []int64{r.Amount}, r.Currency
	case models.DisputeMoved, models.FeeKept:
		var d stripe.Dispute
		if json.Unmarshal(object, &d) != nil {
			return
		}
		for _, txn := range d.BalanceTransactions {
			if txn == nil || !strings.HasPrefix(fact.Key, txn.ID+":") {
				continue
			}
			currency = txn.Currency
			if moves = append(moves, -txn.Amount); fact.Kind == models.FeeKept {
				moves[len(moves)-1] = txn.Fee
			}
		}
	default:
		if fact.Kind.MovesMoney() {
			t.Errorf("%s moves money: %s", fact.Key, object)
		}
		return
	}
	for _, amount := range moves {
		if amount == int64(fact.Money.Minor) && (len(moves) > 1 || string(currency) == string(fact.Money.Currency)) {
			return
		}
	}
	t.Errorf("%s is booked as %d %s, Stripe says %v %s: %s", fact.Key, fact.Money.Minor, fact.Money.Currency, moves, currency, object)
}

// chargeIn finds the charge of an object: itself, or what it holds in full.
func chargeIn(object []byte) (stripe.Charge, bool) {
	var kind struct{ Object string }
	if json.Unmarshal(object, &kind) != nil {
		return stripe.Charge{}, false
	}
	var found *stripe.Charge
	switch kind.Object {
	case "charge":
		var c stripe.Charge
		if json.Unmarshal(object, &c) == nil {
			found = &c
		}
	case "payment_intent":
		var i stripe.PaymentIntent
		if json.Unmarshal(object, &i) == nil {
			found = i.LatestCharge
		}
	case "invoice":
		var i stripe.Invoice
		if json.Unmarshal(object, &i) == nil {
			found = i.Charge
		}
	case "checkout.session":
		var s stripe.CheckoutSession
		if json.Unmarshal(object, &s) == nil && s.PaymentIntent != nil {
			found = s.PaymentIntent.LatestCharge
		} else if s.Invoice != nil {
			found = s.Invoice.Charge
		}
	}
	if found == nil {
		return stripe.Charge{}, false
	}
	return *found, true
}

// breaking is a Stripe whose answers break the code that reads them, until it
// is mended.
type breaking struct {
	atHand
	mended atomic.Bool
}

func (b *breaking) Fetch(ctx context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error) {
	if !b.mended.Load() {
		panic("a mistake of ours")
	}
	return b.atHand.Fetch(ctx, kind, id)
}

func TestAMistakeInReadingLosesNoEventAndEndsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		r := newRound(t, store, clock)
		stripe := &breaking{atHand: r.api}
		r.entrance = entranceBeside(t, store, store.Now, stripe, r.door.Log)
		told := r.another(storyNamed(t, "another-api-version"), "with a mistake")
		for i := range told.events {
			r.hear(told, i)
		}
		r.settle(clock.Advance)
		if got := r.totals(); got.Gross != 0 || got.NeedsAttention != int64(len(told.events)) {
			t.Fatalf("%d events need a person, and %d are booked", got.NeedsAttention, got.Gross)
		}
		stripe.mended.Store(true)
		for _, e := range told.events {
			if err := store.Replay(t.Context(), models.Operator, told.words.Replace(e.id)); err != nil {
				t.Fatal(err)
			}
		}
		r.settle(clock.Advance)
		r.check()
	})
}
