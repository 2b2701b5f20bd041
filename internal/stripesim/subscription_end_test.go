package stripesim

import (
	"testing"
)

func TestASubscriptionEnds(t *testing.T) {
	t.Run("now", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		sub, err := w.api.Subscriptions.Cancel(id, nil)
		if err != nil || sub.Status != "canceled" || sub.EndedAt == 0 || sub.CanceledAt == 0 {
			t.Fatalf("seed %d: %v, %v", testSeed, sub, err)
		}
		w.expect("events", w.said(), "customer.subscription.deleted")
		if _, err := w.api.Subscriptions.Cancel(id, nil); err == nil {
			t.Errorf("seed %d: it was canceled twice", testSeed)
		}
		if w.sim.CancelSubscription(t.Context(), id) == nil || w.sim.CancelAtPeriodEnd(t.Context(), id, true) == nil {
			t.Errorf("seed %d: it was canceled once more", testSeed)
		}
	})
	t.Run("with its period", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did("", w.sim.CancelAtPeriodEnd(t.Context(), id, true))
		w.expect("at once", w.said(), "customer.subscription.updated")
		if sub := w.subscription(id); sub.Status != "active" || !sub.CancelAtPeriodEnd || sub.CancelAt != sub.CurrentPeriodEnd {
			t.Errorf("seed %d: it is %s", testSeed, sub.Status)
		}
		w.forget()
		w.pass(month)
		w.expect("at the end", w.said(), "customer.subscription.deleted")
	})
	t.Run("not, when the donor thinks again", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did("", w.sim.CancelAtPeriodEnd(t.Context(), id, true))
		w.did("", w.sim.CancelAtPeriodEnd(t.Context(), id, false))
		w.deliver()
		w.forget()
		w.pass(month)
		w.expect("at the end", w.said(), "invoice.created customer.subscription.updated")
	})
	t.Run("with its customer", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		who := w.subscription(id).Customer.ID
		if _, err := w.api.Customers.Del(who, nil); err != nil {
			t.Fatal(err)
		}
		w.expect("events", w.said(), "customer.subscription.deleted customer.deleted")
		if got, err := w.api.Customers.Get(who, nil); err != nil || !got.Deleted {
			t.Errorf("seed %d: %v, %v", testSeed, got, err)
		}
	})
}

func TestASubscriptionPauses(t *testing.T) {
	w := newWorld(t, nil)
	id := w.subscribe()
	w.did("", w.sim.PauseSubscription(t.Context(), id))
	w.expect("at once", w.said(), "customer.subscription.updated customer.subscription.paused")
	w.forget()
	w.pass(2 * month)
	w.expect("meanwhile", w.said(), "")
	if _, err := w.sim.Renew(t.Context(), id); err == nil {
		t.Errorf("seed %d: it renewed", testSeed)
	}
	w.did("", w.sim.ResumeSubscription(t.Context(), id))
	w.deliver()
	sub := w.subscription(id)
	if sub.Status != "active" || sub.CurrentPeriodStart != w.clock().Unix() || w.heard("customer.subscription.resumed") != 1 || w.heard("invoice.paid") != 1 {
		t.Errorf("seed %d: %s from %d", testSeed, sub.Status, sub.CurrentPeriodStart)
	}
}
