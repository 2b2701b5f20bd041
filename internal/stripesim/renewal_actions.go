package stripesim

import (
	"context"
	"errors"
)

// errNothingOpen says that no invoice of the subscription waits to be paid.
var errNothingOpen = errors.New("stripesim: the subscription has no open invoice")

// Renew ends a subscription's period now and collects the next one at once, without the hour an invoice is a draft for.
// The card behaves as FailRenewal and RecoverRenewal left it. It returns the invoice's id, empty where the subscription
// was to be canceled at the period's end and so has ended.
func (s *Simulator) Renew(ctx context.Context, id string) (bill string, err error) {
	return s.renew(ctx, id, (*tx).finalizeAndCollect)
}

// BeginRenewal ends a subscription's period now and leaves its invoice a draft: an hour later a timer finalizes and
// collects it. It returns the invoice's id, empty as with Renew.
func (s *Simulator) BeginRenewal(ctx context.Context, id string) (bill string, err error) {
	return s.renew(ctx, id, nil)
}

// FailRenewal lets the issuer decline: the open invoice once more where a renewal has failed already, else a new renewal.
// The card goes on declining, at each retry of the dunning schedule too, until RecoverRenewal or another card. The fourth
// failure is the last and ends the subscription. It returns the invoice's id.
func (s *Simulator) FailRenewal(ctx context.Context, id string) (bill string, err error) {
	err = s.do(ctx, func(t *tx) error {
		inv, err := t.failOnce(id)
		bill = inv.ID
		return err
	})
	return bill, err
}

// ExhaustRenewal lets a renewal fail as often as it is tried: then the subscription is canceled, or, where stays is true,
// left unpaid. It returns the invoice's id.
func (s *Simulator) ExhaustRenewal(ctx context.Context, id string, stays bool) (bill string, err error) {
	err = s.do(ctx, func(t *tx) error {
		if err := t.behave(id, func(hidden *subscriptionHidden) { hidden.StaysUnpaid = stays }); err != nil {
			return err
		}
		for {
			inv, err := t.failOnce(id)
			bill = inv.ID
			if err != nil || inv.NextPaymentAttempt == nil {
				return err
			}
		}
	})
	return bill, err
}

// AskRenewalAuthentication renews a subscription whose bank wants to hear from the donor first, and declines what is tried
// before that. RecoverRenewal is the donor's approval. It returns the invoice's id.
func (s *Simulator) AskRenewalAuthentication(ctx context.Context, id string) (bill string, err error) {
	return s.renew(ctx, id, func(t *tx, inv *invoice, by requestRef) error {
		if err := t.finalizeNow(inv, by); err != nil {
			return err
		}
		if err := t.askForAuthentication(inv, by); err != nil {
			return err
		}
		return t.behave(inv.Subscription, func(hidden *subscriptionHidden) { hidden.Declines = true })
	})
}

// RecoverRenewal mends the card and pays the open invoice with it. It returns the invoice's id, or an error when no
// invoice is open.
func (s *Simulator) RecoverRenewal(ctx context.Context, id string) (bill string, err error) {
	err = s.do(ctx, func(t *tx) error {
		if err := t.behave(id, func(hidden *subscriptionHidden) { hidden.Declines = false }); err != nil {
			return err
		}
		inv, err := t.openInvoice(id)
		if err != nil {
			return err
		}
		bill = inv.ID
		if _, pm, err := t.collection(&inv); err != nil {
			return err
		} else if pm.Card.expired(t.now) {
			if err := t.cardUntil(id, t.now.AddDate(3, 0, 0)); err != nil {
				return err
			}
		}
		return t.collect(&inv, t.donorRequest())
	})
	return bill, err
}

// RenewForNothing renews a subscription while a credit on the customer's balance covers the period: the invoice has its
// total, nothing is due on it, and it is paid with no charge. It returns the invoice's id.
func (s *Simulator) RenewForNothing(ctx context.Context, id string) (bill string, err error) {
	return s.renew(ctx, id, func(t *tx, inv *invoice, by requestRef) error {
		inv.StartingBalance, inv.AmountDue, inv.AmountRemaining = -inv.Total, 0, 0
		if err := t.finalizeNow(inv, by); err != nil {
			return err
		}
		return t.payNothing(inv, by, atOnce)
	})
}

// RenewOutOfBand renews a subscription whose invoice staff mark as paid by other means: no charge is made. It returns the
// invoice's id.
func (s *Simulator) RenewOutOfBand(ctx context.Context, id string) (bill string, err error) {
	return s.renew(ctx, id, func(t *tx, inv *invoice, by requestRef) error {
		if err := t.finalizeNow(inv, by); err != nil {
			return err
		}
		return t.payElsewhere(inv, by)
	})
}

// VoidRenewal voids the open invoice of a failed renewal, or that of a new one. It returns the invoice's id.
func (s *Simulator) VoidRenewal(ctx context.Context, id string) (bill string, err error) {
	return s.closeRenewal(ctx, id, "void")
}

// WriteOffRenewal marks the open invoice of a failed renewal, or that of a new one, as uncollectible. It returns the
// invoice's id.
func (s *Simulator) WriteOffRenewal(ctx context.Context, id string) (bill string, err error) {
	return s.closeRenewal(ctx, id, "uncollectible")
}

func (s *Simulator) closeRenewal(ctx context.Context, id, status string) (bill string, err error) {
	err = s.do(ctx, func(t *tx) error {
		by := t.donorRequest()
		inv, err := t.openInvoice(id)
		if errors.Is(err, errNothingOpen) {
			if inv, err = t.nextPeriod(id, by); err == nil {
				err = t.finalizeNow(&inv, by)
			}
		}
		if err != nil {
			return err
		}
		bill = inv.ID
		return t.closeUnpaid(&inv, status, by)
	})
	return bill, err
}

// renew ends the period; then does with the new draft what is to be done, where there is one.
func (s *Simulator) renew(ctx context.Context, id string, then func(*tx, *invoice, requestRef) error) (bill string, err error) {
	err = s.do(ctx, func(t *tx) error {
		by := requestRef{}
		inv, err := t.nextPeriod(id, by)
		bill = inv.ID
		if err != nil || bill == "" || then == nil {
			return err
		}
		return then(t, &inv, by)
	})
	return bill, err
}

// finalizeNow makes a draft an open invoice before its hour is over.
func (t *tx) finalizeNow(inv *invoice, by requestRef) error {
	if err := t.cancelTimer(timerFinalize, inv.ID); err != nil {
		return err
	}
	return t.finalize(inv, by, atOnce)
}

// failOnce fails the open invoice, or a new renewal's.
func (t *tx) failOnce(id string) (invoice, error) {
	if err := t.behave(id, func(hidden *subscriptionHidden) { hidden.Declines = true }); err != nil {
		return invoice{}, err
	}
	inv, err := t.openInvoice(id)
	if errors.Is(err, errNothingOpen) {
		if inv, err = t.nextPeriod(id, requestRef{}); err == nil && inv.ID != "" {
			err = t.finalizeNow(&inv, requestRef{})
		}
	}
	if err != nil || inv.ID == "" {
		return inv, err
	}
	return inv, t.failRenewal(&inv, requestRef{})
}

// behave changes what the API does not show of a subscription.
func (t *tx) behave(id string, fn func(*subscriptionHidden)) error {
	_, err := t.changeSubscription(id, requestRef{}, func(_ *subscription, hidden *subscriptionHidden) error {
		fn(hidden)
		return nil
	})
	return err
}

// openInvoice is the latest invoice of a subscription that goes on, where it waits to be paid. It returns errNothingOpen otherwise.
func (t *tx) openInvoice(id string) (invoice, error) {
	sub, _, err := t.findSubscription(id)
	if err != nil {
		return invoice{}, err
	}
	if sub.LatestInvoice == nil || sub.Status == subscriptionIncomplete || sub.ended() {
		return invoice{}, errNothingOpen
	}
	inv, err := t.findInvoice(*sub.LatestInvoice)
	if err == nil && inv.Status != "open" {
		err = errNothingOpen
	}
	return inv, err
}
