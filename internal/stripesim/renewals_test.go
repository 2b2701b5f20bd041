package stripesim

import (
	"context"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestPeriodsKeepToTheAnchorsDay(t *testing.T) {
	day := func(text string) int64 {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at.Unix()
	}
	for _, c := range []struct{ anchor, interval, start, end string }{
		{"2026-01-15", "month", "2026-01-15", "2026-02-15"},
		{"2026-01-31", "month", "2026-01-31", "2026-02-28"},
		{"2026-01-31", "month", "2026-02-28", "2026-03-31"},
		{"2026-12-31", "month", "2027-01-31", "2027-02-28"},
		{"2024-02-29", "year", "2024-02-29", "2025-02-28"},
		{"2024-02-29", "year", "2027-02-28", "2028-02-29"},
	} {
		sub := subscription{BillingCycleAnchor: day(c.anchor)}
		sub.Items.Data = []subscriptionItem{{Price: price{Recurring: every(c.interval)}}}
		if got := sub.periodAfter(day(c.start)); got != day(c.end) {
			t.Errorf("anchored at %s, every %s, from %s: %s, want %s", c.anchor, c.interval, c.start, time.Unix(got, 0).UTC(), c.end)
		}
	}
}

func TestASubscriptionRenews(t *testing.T) {
	const paid = "invoice.finalized payment_intent.created charge.succeeded payment_intent.succeeded invoice.paid invoice.payment_succeeded"
	t.Run("when its period is over, an hour after the draft", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		end := w.subscription(id).CurrentPeriodEnd
		w.pass(time.Unix(end, 0).Sub(w.clock()) - time.Second)
		w.expect("before the end", w.said(), "")
		w.pass(time.Second)
		w.expect("at the end", w.said(), "invoice.created customer.subscription.updated")
		if sub := w.subscription(id); sub.CurrentPeriodStart != end || sub.LatestInvoice.Status != "draft" || sub.Status != "active" {
			t.Errorf("seed %d: the period begins at %d, invoice %s", testSeed, sub.CurrentPeriodStart, sub.LatestInvoice.Status)
		}
		w.forget()
		w.pass(time.Hour)
		w.expect("an hour later", w.said(), paid)
		inv := w.subscription(id).LatestInvoice
		if inv.BillingReason != "subscription_cycle" || inv.AmountPaid != 1575 || len(inv.Charge.Metadata) != 0 || inv.PeriodEnd != end ||
			inv.Lines.Data[0].Period.Start != end || inv.Charge.BalanceTransaction.Fee != fee(1575) {
			t.Errorf("seed %d: the invoice is %+v", testSeed, inv)
		}
	})
	t.Run("when it is told to, beginning a period now", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.pass(time.Hour)
		w.did(w.sim.Renew(t.Context(), id))
		w.expect("events", w.said(), "invoice.created customer.subscription.updated "+paid)
		if sub := w.subscription(id); sub.CurrentPeriodStart != w.clock().Unix() || sub.CurrentPeriodEnd <= sub.CurrentPeriodStart {
			t.Errorf("seed %d: the period is %d to %d", testSeed, sub.CurrentPeriodStart, sub.CurrentPeriodEnd)
		}
	})
	t.Run("with its metadata as it was when the invoice was finalized", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		change := func(value string) {
			_, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{Metadata: map[string]string{"appeal_comment": value}})
			w.did("", err)
		}
		w.did(w.sim.BeginRenewal(t.Context(), id))
		change("while a draft")
		w.pass(time.Hour)
		w.deliver()
		change("too late")
		snapshot := w.subscription(id).LatestInvoice.SubscriptionDetails.Metadata
		if snapshot["appeal_comment"] != "while a draft" || snapshot["appeal_campaign"] != "corruption-project" {
			t.Errorf("seed %d: the invoice says %v", testSeed, snapshot)
		}
	})
	t.Run("with another amount, once that was changed", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did("", w.sim.ChangeAmount(t.Context(), id, 2500))
		w.expect("events", w.said(), "customer.subscription.updated")
		w.did(w.sim.Renew(t.Context(), id))
		if inv := w.subscription(id).LatestInvoice; inv.AmountPaid != 2575 || inv.Charge.Amount != 2575 {
			t.Errorf("seed %d: the invoice is of %d", testSeed, inv.AmountPaid)
		}
	})
	t.Run("for nothing, with no charge", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.RenewForNothing(t.Context(), id))
		w.expect("events", w.said(), "invoice.created customer.subscription.updated invoice.finalized invoice.paid invoice.payment_succeeded")
		inv := w.subscription(id).LatestInvoice
		if !inv.Paid || inv.Charge != nil || inv.PaymentIntent != nil || inv.AmountPaid != 0 || inv.Total != 1575 {
			t.Errorf("seed %d: the invoice is %+v", testSeed, inv)
		}
	})
	t.Run("by other means, with no charge", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.RenewOutOfBand(t.Context(), id))
		w.expect("events", w.said(), "invoice.created customer.subscription.updated invoice.finalized payment_intent.created payment_intent.canceled invoice.paid")
		if inv := w.subscription(id).LatestInvoice; !inv.Paid || !inv.PaidOutOfBand || inv.Charge != nil || inv.AmountPaid != 1575 {
			t.Errorf("seed %d: the invoice is %+v", testSeed, inv)
		}
	})
	t.Run("across a restart", func(t *testing.T) {
		file := stateFile(t)
		w := newWorld(t, file)
		id := w.subscribe()
		if err := w.sim.Close(); err != nil {
			t.Fatal(err)
		}
		w.open(file)
		w.pass(month)
		w.deliver()
		w.pass(time.Hour)
		w.deliver()
		if inv := w.subscription(id).LatestInvoice; !inv.Paid || inv.BillingReason != "subscription_cycle" {
			t.Errorf("seed %d: the invoice is %s, for %s", testSeed, inv.Status, inv.BillingReason)
		}
	})
	t.Run("whoever's product it is", func(t *testing.T) {
		w := newWorld(t, nil)
		id, err := w.sim.ForeignSubscription(t.Context(), "subscriber@example.org", "usd", 700)
		w.did(id, err)
		w.pass(month)
		w.deliver()
		w.pass(time.Hour)
		w.deliver()
		inv := w.subscription(id).LatestInvoice
		if !inv.Paid || inv.BillingReason != "subscription_cycle" || len(inv.SubscriptionDetails.Metadata) != 0 || w.heard("charge.succeeded") != 2 {
			t.Errorf("seed %d: the invoice is %+v", testSeed, inv)
		}
	})
}

func TestARenewalFails(t *testing.T) {
	const failed = "charge.failed payment_intent.payment_failed invoice.payment_failed"
	const renewal = "invoice.created customer.subscription.updated invoice.finalized payment_intent.created "
	t.Run("and recovers", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.FailRenewal(t.Context(), id))
		w.expect("the first try", w.said(), renewal+failed+" customer.subscription.updated")
		sub := w.subscription(id)
		if inv := sub.LatestInvoice; sub.Status != "past_due" || inv.AttemptCount != 1 || inv.NextPaymentAttempt != w.clock().Add(72*time.Hour).Unix() {
			t.Errorf("seed %d: %s after try %d", testSeed, sub.Status, inv.AttemptCount)
		}
		w.forget()
		w.did(w.sim.FailRenewal(t.Context(), id))
		w.expect("the second", w.said(), failed)
		w.forget()
		w.did(w.sim.RecoverRenewal(t.Context(), id))
		w.expect("the third", w.said(), "charge.succeeded payment_intent.succeeded invoice.paid invoice.payment_succeeded customer.subscription.updated")
		sub = w.subscription(id)
		if inv := sub.LatestInvoice; sub.Status != "active" || inv.AttemptCount != 3 || inv.NextPaymentAttempt != 0 {
			t.Errorf("seed %d: %s after try %d", testSeed, sub.Status, inv.AttemptCount)
		}
		if _, err := w.sim.RecoverRenewal(t.Context(), id); err == nil {
			t.Errorf("seed %d: it was paid twice", testSeed)
		}
	})
	t.Run("is tried again by itself, and ends the subscription after the fourth time", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.FailRenewal(t.Context(), id))
		for _, wait := range retryAfter {
			w.deliver()
			w.forget()
			w.pass(wait)
			w.deliver()
		}
		w.expect("the last try", w.said(), failed+" invoice.updated customer.subscription.deleted")
		sub := w.subscription(id)
		if sub.Status != "canceled" || sub.CancellationDetails.Reason != "payment_failed" || sub.LatestInvoice.AttemptCount != 4 ||
			sub.LatestInvoice.Status != "open" || sub.EndedAt != w.clock().Unix() {
			t.Errorf("seed %d: it is %+v", testSeed, sub)
		}
		w.forget()
		w.pass(2 * month)
		w.expect("afterwards", w.said(), "")
	})
	t.Run("until the donor brings another card", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.FailRenewal(t.Context(), id))
		card := w.subscription(id).DefaultPaymentMethod.ID
		_, err := w.api.Subscriptions.Update(id, &stripe.SubscriptionParams{DefaultPaymentMethod: &card})
		w.did("", err)
		w.pass(retryAfter[0])
		w.deliver()
		if sub := w.subscription(id); sub.Status != "active" || sub.LatestInvoice.AttemptCount != 2 {
			t.Errorf("seed %d: it is %s", testSeed, sub.Status)
		}
	})
	t.Run("for good, and the subscription is canceled or left unpaid", func(t *testing.T) {
		for stays, want := range map[bool]stripe.SubscriptionStatus{false: "canceled", true: "unpaid"} {
			w := newWorld(t, nil)
			id := w.subscribe()
			w.did(w.sim.ExhaustRenewal(t.Context(), id, stays))
			if sub := w.subscription(id); sub.Status != want || sub.LatestInvoice.AttemptCount != 4 || sub.LatestInvoice.NextPaymentAttempt != 0 {
				t.Errorf("seed %d: it is %s after try %d", testSeed, sub.Status, sub.LatestInvoice.AttemptCount)
			}
			w.deliver()
			if n := w.heard("invoice.payment_failed"); n != 4 {
				t.Errorf("seed %d: told %d times", testSeed, n)
			}
		}
	})
	t.Run("for want of an answer to the bank", func(t *testing.T) {
		w := newWorld(t, nil)
		id := w.subscribe()
		w.did(w.sim.AskRenewalAuthentication(t.Context(), id))
		w.expect("events", w.said(), renewal+"payment_intent.requires_action invoice.payment_failed invoice.payment_action_required customer.subscription.updated")
		w.did(w.sim.RecoverRenewal(t.Context(), id))
		if sub := w.subscription(id); sub.Status != "active" || !sub.LatestInvoice.Paid {
			t.Errorf("seed %d: it is %s", testSeed, sub.Status)
		}
	})
	t.Run("and its invoice is voided or given up", func(t *testing.T) {
		for kind, act := range map[string]func(*Simulator) func(context.Context, string) (string, error){
			"payment_intent.canceled invoice.voided": func(s *Simulator) func(context.Context, string) (string, error) { return s.VoidRenewal },
			"invoice.marked_uncollectible":           func(s *Simulator) func(context.Context, string) (string, error) { return s.WriteOffRenewal },
		} {
			w := newWorld(t, nil)
			id := w.subscribe()
			w.did(w.sim.FailRenewal(t.Context(), id))
			w.deliver()
			w.forget()
			w.did(act(w.sim)(t.Context(), id))
			w.expect("events", w.said(), kind+" customer.subscription.updated")
			w.forget()
			w.pass(retryAfter[0])
			w.expect("no retry", w.said(), "")
		}
	})
}
