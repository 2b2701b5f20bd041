package stripesim

import "context"

// CancelSubscription ends a subscription now.
func (s *Simulator) CancelSubscription(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error {
		_, _, err := t.liveSubscription(id)
		if err == nil {
			_, err = t.endSubscription(id, "cancellation_requested", t.donorRequest())
		}
		return err
	})
}

// CancelAtPeriodEnd lets a subscription end with the period that runs, or, with false, go on after all.
func (s *Simulator) CancelAtPeriodEnd(ctx context.Context, id string, ends bool) error {
	return s.do(ctx, func(t *tx) error {
		return t.amend(id, func(sub *subscription) error {
			sub.cancelAtPeriodEnd(ends, t.now.Unix())
			return nil
		})
	})
}

// ChangeAmount gives a subscription's first item another amount, in minor units, from the next invoice on.
func (s *Simulator) ChangeAmount(ctx context.Context, id string, amount int64) error {
	return s.do(ctx, func(t *tx) error {
		return t.amend(id, func(sub *subscription) error {
			first := &sub.Items.Data[0]
			if amount < leastCharge(sub.Currency) || amount > maxAmount {
				return invalid("unit_amount", "parameter_invalid_integer", "The amount can't be charged: %d", amount)
			}
			p, err := t.newPrice(first.Price.Product, sub.Currency, amount, first.Price.Recurring)
			first.Price = p
			return err
		})
	})
}

// PauseSubscription stops a subscription's periods until ResumeSubscription.
func (s *Simulator) PauseSubscription(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error {
		if err := t.turn(id, subscriptionActive, subscriptionPaused, "customer.subscription.paused"); err != nil {
			return err
		}
		return t.cancelTimer(timerRenew, id)
	})
}

// ResumeSubscription lets a paused subscription go on. Where its period ended meanwhile, the next one begins now and is
// collected at once.
func (s *Simulator) ResumeSubscription(ctx context.Context, id string) error {
	return s.do(ctx, func(t *tx) error {
		if err := t.turn(id, subscriptionPaused, subscriptionActive, "customer.subscription.resumed"); err != nil {
			return err
		}
		sub, _, err := t.findSubscription(id)
		if err != nil {
			return err
		}
		if sub.CurrentPeriodEnd > t.now.Unix() {
			return t.renewAtEnd(sub)
		}
		by := t.donorRequest()
		if err := t.amend(id, func(sub *subscription) error {
			sub.CurrentPeriodEnd = t.now.Unix() // what was paused is not billed
			sub.BillingCycleAnchor = sub.CurrentPeriodEnd
			return nil
		}); err != nil {
			return err
		}
		inv, err := t.nextPeriod(id, by)
		if err != nil || inv.ID == "" {
			return err
		}
		return t.finalizeAndCollect(&inv, by)
	})
}

// turn moves a subscription from one state to another and tells it under the name of the change too.
func (t *tx) turn(id, from, to, kind string) error {
	by := t.donorRequest()
	sub, err := t.changeSubscription(id, by, func(sub *subscription, _ *subscriptionHidden) error {
		if sub.Status != from {
			return invalid("", "", "This subscription is %s, not %s.", sub.Status, from)
		}
		sub.Status = to
		return nil
	})
	if err != nil {
		return err
	}
	return t.emit(kind, sub, nil, by, atOnce)
}

// amend changes a subscription that has not ended.
func (t *tx) amend(id string, fn func(*subscription) error) error {
	if _, _, err := t.liveSubscription(id); err != nil {
		return err
	}
	_, err := t.changeSubscription(id, t.donorRequest(), func(sub *subscription, _ *subscriptionHidden) error { return fn(sub) })
	return err
}
