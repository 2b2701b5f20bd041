package stripesim

import (
	"errors"
	"net/http"
	"time"
)

// subscriptionMode is the mode of a session that begins a subscription.
const subscriptionMode = "subscription"

// subscriptionPlan is subscription_data, kept until the donor submits, and then what was made of it: the session itself
// names its customer, subscription and invoice only once it is complete.
type subscriptionPlan struct {
	Metadata     map[string]string `json:"metadata,omitempty"`
	Description  *string           `json:"description,omitempty"`
	Customer     string            `json:"customer,omitempty"`
	Subscription string            `json:"subscription,omitempty"`
	Invoice      string            `json:"invoice,omitempty"`
	Intent       string            `json:"intent,omitempty"`
}

// intentOf is the id of the intent that collects a session's total, empty before the donor first submits. In subscription
// mode the session never names it.
func (hidden *sessionHidden) intentOf(cs session) string {
	if cs.PaymentIntent != nil {
		return *cs.PaymentIntent
	}
	return hidden.Plan.Intent
}

// readSubscriptionData reads subscription_data and refuses what belongs to the other mode.
func (c *call) readSubscriptionData(cs *session, hidden *sessionHidden) error {
	p := c.params
	if cs.Mode != subscriptionMode {
		if p.at("subscription_data").given() {
			return invalid("subscription_data", "", "You can not pass `subscription_data` in `%s` mode.", cs.Mode)
		}
		for _, item := range hidden.Items {
			if item.Price.Recurring != nil {
				return invalid("line_items", "", "You specified `%s` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.", cs.Mode)
			}
		}
		return nil
	}
	for _, name := range []string{"submit_type", "payment_intent_data", "customer_creation"} {
		if p.at(name).given() {
			return invalid(name, "", "You can not pass `%s` in `subscription` mode.", name)
		}
	}
	for _, item := range hidden.Items {
		if item.Price.Recurring == nil {
			return invalid("line_items", "", "You must provide at least one recurring price in `subscription` mode when using prices; the simulator knows no others there.")
		}
		if item.Price.Recurring.Interval != hidden.Items[0].Price.Recurring.Interval {
			return invalid("line_items", "", "Checkout does not currently support multiple prices with different billing intervals.")
		}
	}
	data := p.at("subscription_data")
	var err error
	if hidden.Plan.Metadata, err = data.at("metadata").metadata(); err != nil {
		return err
	}
	hidden.Plan.Description, err = data.at("description").optional(500)
	return err
}

// readCustomer reads the customer who is to pay, where the product knows one already.
func (c *call) readCustomer(cs *session, hidden *sessionHidden) error {
	n := c.params.at("customer")
	id, err := n.text(255)
	if err != nil || id == "" {
		return err
	}
	for _, other := range []string{"customer_email", "customer_creation"} {
		if c.params.at(other).given() {
			return invalid(n.name, "", "You may only specify one of these parameters: customer, %s.", other)
		}
	}
	who, err := c.findCustomer(id)
	if err != nil {
		var e *apiError
		if errors.As(err, &e) {
			e.Status, e.Param = http.StatusBadRequest, n.name
		}
		return err
	}
	cs.Customer = &who.ID
	if who.Email != nil {
		hidden.Email = *who.Email
	}
	if who.Name != nil {
		hidden.Name = *who.Name
	}
	return nil
}

// subscribe does what the donor chose in a session in subscription mode. As at Stripe a first try that fails leaves an
// incomplete subscription, which the next try completes.
func (t *tx) subscribe(cs session, hidden sessionHidden, by requestRef, o outcome) (session, error) {
	if err := t.beginSubscription(cs, &hidden, by, o.how); err != nil {
		return cs, err
	}
	inv, err := t.findInvoice(hidden.Plan.Invoice)
	if err != nil {
		return cs, err
	}
	switch o.Value {
	case "declined":
		if err := t.declineInvoice(&inv, by); err != nil {
			return cs, err
		}
		return cs, t.saveSession(cs, hidden)
	case "authenticate":
		var pi paymentIntent
		if err := t.load(intentKind, hidden.Plan.Intent, &pi, nil); err != nil {
			return cs, err
		}
		if err := t.askAuthentication(cs, hidden, pi, by); err != nil {
			return cs, err
		}
		return cs, t.tellTry(inv.ID, "invoice.payment_action_required", by)
	default:
		return t.completeSubscription(cs, hidden, nil, by, o.how)
	}
}

// beginSubscription makes the customer, the subscription and its first invoice at the first try; later ones bring a card.
func (t *tx) beginSubscription(cs session, hidden *sessionHidden, by requestRef, how sending) error {
	plan := &hidden.Plan
	if plan.Customer == "" && cs.Customer != nil {
		plan.Customer = *cs.Customer
	}
	if plan.Customer == "" {
		id, err := t.newCustomer(hidden.payer, by, how)
		if err != nil {
			return err
		}
		plan.Customer = *id
	}
	pm, err := t.newMethod(plan.Customer, hidden.billing(), cards[0])
	if err != nil {
		return err
	}
	if plan.Subscription != "" {
		sub, quiet, err := t.findSubscription(plan.Subscription)
		if err != nil {
			return err
		}
		sub.DefaultPaymentMethod = &pm.ID
		return t.update(sub.ID, sub.Customer, sub, quiet)
	}
	sub := t.newSubscription(plan.Customer, hidden.Items, *plan)
	sub.DefaultPaymentMethod = &pm.ID
	inv, err := t.startBilling(sub, by, how)
	plan.Subscription, plan.Invoice = sub.ID, inv.ID
	if inv.PaymentIntent != nil {
		plan.Intent = *inv.PaymentIntent
	}
	return err
}

// startBilling stores a new subscription, incomplete, and its first invoice, open.
func (t *tx) startBilling(sub subscription, by requestRef, how sending) (invoice, error) {
	id := t.id("in_1", 23)
	sub.LatestInvoice = &id
	if err := t.insert(subscriptionKind, sub.ID, sub.Customer, sub.Created, sub, subscriptionHidden{}); err != nil {
		return invoice{}, err
	}
	if err := t.emit("customer.subscription.created", sub, nil, by, how); err != nil {
		return invoice{}, err
	}
	inv, err := t.draftInvoice(sub, reasonCreate, linePeriod{Start: sub.Created, End: sub.Created}, by, how)
	if err != nil {
		return inv, err
	}
	return inv, t.finalize(&inv, by, how)
}

// completeSubscription pays the first invoice and completes the session.
func (t *tx) completeSubscription(cs session, hidden sessionHidden, proof *threeDSecure, by requestRef, how sending) (session, error) {
	plan := hidden.Plan
	inv, err := t.findInvoice(plan.Invoice)
	if err != nil {
		return cs, err
	}
	if err := t.activate(&inv, proof, by, how); err != nil {
		return cs, err
	}
	cs.complete(hidden.payer)
	cs.Customer, cs.Subscription, cs.Invoice = &plan.Customer, &plan.Subscription, &plan.Invoice
	if err := t.saveSession(cs, hidden); err != nil {
		return cs, err
	}
	if err := t.cancelTimer(timerExpire, cs.ID); err != nil {
		return cs, err
	}
	return cs, t.emit("checkout.session.completed", cs, nil, requestRef{}, how)
}

// activate pays a subscription's first invoice; from then on it renews.
func (t *tx) activate(inv *invoice, proof *threeDSecure, by requestRef, how sending) error {
	if err := t.chargeInvoice(inv, proof, by, how); err != nil {
		return err
	}
	if err := t.paidUp(*inv, by, how); err != nil {
		return err
	}
	sub, _, err := t.findSubscription(inv.Subscription)
	if err != nil {
		return err
	}
	return t.renewAtEnd(sub)
}

// renewAtEnd sets the timer of a subscription's next period.
func (t *tx) renewAtEnd(sub subscription) error {
	return t.at(time.Unix(sub.CurrentPeriodEnd, 0), timerRenew, sub.ID)
}

// tellTry counts a try of an invoice at which no charge was made, and tells what it came to.
func (t *tx) tellTry(id, kind string, by requestRef) error {
	inv, err := t.findInvoice(id)
	if err != nil {
		return err
	}
	inv.try(nil)
	if err := t.saveInvoice(inv); err != nil {
		return err
	}
	return t.emit(kind, inv, nil, by, atOnce)
}

// expireSubscription ends what an expired session left incomplete, its invoice void.
func (t *tx) expireSubscription(plan subscriptionPlan, by requestRef) error {
	if plan.Subscription == "" {
		return nil
	}
	if _, err := t.changeSubscription(plan.Subscription, by, func(sub *subscription, _ *subscriptionHidden) error {
		now := t.now.Unix()
		sub.Status, sub.EndedAt = subscriptionExpired, &now
		return nil
	}); err != nil {
		return err
	}
	inv, err := t.findInvoice(plan.Invoice)
	if err != nil {
		return err
	}
	return t.closeUnpaid(&inv, "void", by)
}
