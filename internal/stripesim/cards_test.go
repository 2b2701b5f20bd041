package stripesim

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestACardExpires(t *testing.T) {
	w := newWorld(t, nil)
	id := w.subscribe()
	w.did("", w.sim.ExpireCard(t.Context(), id))
	w.expect("at once", w.said(), "payment_method.updated")
	now := w.clock().UTC()
	card := w.subscription(id).DefaultPaymentMethod.Card
	if card.ExpMonth != int64(now.Month()) || card.ExpYear != int64(now.Year()) {
		t.Errorf("seed %d: the card expires in %d/%d, and it is %s", testSeed, card.ExpMonth, card.ExpYear, now)
	}
	w.forget()
	w.did(w.sim.Renew(t.Context(), id))
	w.deliver()
	if w.heard("invoice.paid") != 1 || w.heard("invoice.payment_failed") != 0 {
		t.Errorf("seed %d: in its last month the card was declined", testSeed)
	}
	w.pass(time.Unix(w.subscription(id).CurrentPeriodEnd, 0).Sub(w.clock()))
	w.deliver()
	w.pass(time.Hour)
	w.deliver()
	p := &stripe.ChargeListParams{}
	p.Limit = stripe.Int64(1)
	charges := w.api.Charges.List(p)
	if !charges.Next() || charges.Charge().FailureCode != "expired_card" || w.heard("invoice.payment_failed") != 1 {
		t.Errorf("seed %d: after its last month the card was not declined: %v", testSeed, charges.Err())
	}
	w.did(w.sim.RecoverRenewal(t.Context(), id))
	w.deliver()
	if sub := w.subscription(id); sub.Status != "active" || sub.DefaultPaymentMethod.Card.ExpYear <= int64(now.Year()) {
		t.Errorf("seed %d: mended, it is %s, with a card to %d", testSeed, sub.Status, sub.DefaultPaymentMethod.Card.ExpYear)
	}
}
