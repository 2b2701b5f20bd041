package stripesim

import "errors"

// What time does to subscriptions and their invoices.
const (
	timerRenew    = "renew"    // a subscription's period is over
	timerFinalize = "finalize" // a draft's hour is over
	timerRetry    = "retry"    // a failed invoice is tried again
)

// fireRenewal is what a timer of a subscription or an invoice does.
func (t *tx) fireRenewal(each timer) error {
	if each.kind == timerRenew {
		_, err := t.nextPeriod(each.object, requestRef{})
		return err
	}
	inv, err := t.findInvoice(each.object)
	if err != nil {
		return err
	}
	switch {
	case each.kind == timerFinalize && inv.Status == "draft":
		return t.finalizeAndCollect(&inv, requestRef{})
	case each.kind == timerRetry && inv.Status == "open":
		return t.collect(&inv, requestRef{})
	default:
		return nil
	}
}

func (t *tx) finalizeAndCollect(inv *invoice, by requestRef) error {
	if err := t.cancelTimer(timerFinalize, inv.ID); err != nil {
		return err
	}
	if err := t.finalize(inv, by, atOnce); err != nil {
		return err
	}
	return t.collect(inv, by)
}

var errNotRenewing = errors.New("stripesim: the subscription does not renew: it is over, paused, or was never paid for")

// nextPeriod ends a subscription's period. One that is to be canceled then ends with it, and the invoice's id is empty;
// others begin the next period and get its invoice, a draft for an hour. A period ended before its time was cut short:
// the new one begins now, and so will those after it. It returns errNotRenewing where no period follows.
func (t *tx) nextPeriod(id string, by requestRef) (inv invoice, err error) {
	sub, _, err := t.findSubscription(id)
	if err != nil {
		return inv, err
	}
	switch sub.Status {
	case subscriptionActive, subscriptionPastDue, subscriptionUnpaid:
	default:
		return inv, errNotRenewing
	}
	if sub.CancelAtPeriodEnd {
		_, err = t.endSubscription(id, "cancellation_requested", by)
		return inv, err
	}
	sub, err = t.changeSubscription(id, by, func(sub *subscription, _ *subscriptionHidden) (err error) {
		over := sub.advance(t.now.Unix())
		id := t.id("in_1", 23)
		sub.LatestInvoice = &id
		inv, err = t.draftInvoice(*sub, reasonCycle, over, by, atOnce)
		return err
	})
	if err != nil {
		return inv, err
	}
	if err := t.renewAtEnd(sub); err != nil {
		return inv, err
	}
	if sub.Status == subscriptionUnpaid { // its drafts wait for a person
		inv.AutoAdvance = false
		return inv, t.saveInvoice(inv)
	}
	return inv, t.at(t.now.Add(draftTime), timerFinalize, inv.ID)
}

// advance moves a subscription into its next period and returns the one that is over.
func (sub *subscription) advance(now int64) linePeriod {
	over := linePeriod{Start: sub.CurrentPeriodStart, End: sub.CurrentPeriodEnd}
	if now < over.End {
		over.End, sub.BillingCycleAnchor = now, now
	}
	sub.CurrentPeriodStart = over.End
	sub.CurrentPeriodEnd = sub.periodAfter(over.End)
	return over
}
