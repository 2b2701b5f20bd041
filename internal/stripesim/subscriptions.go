package stripesim

import (
	"cmp"
	"errors"
	"net/http"
	"time"
)

const subscriptionKind = "subscription"

// The states of a subscription the simulator brings about (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
const (
	subscriptionIncomplete = "incomplete"         // its first invoice is unpaid
	subscriptionExpired    = "incomplete_expired" // and never was paid
	subscriptionActive     = "active"
	subscriptionPastDue    = "past_due" // a renewal failed and will be tried again
	subscriptionUnpaid     = "unpaid"   // it will not; the subscription stays
	subscriptionPaused     = "paused"
	subscriptionCanceled   = "canceled"
)

// subscription is a promise to pay the same again each period. Fields of type any are those the simulator never fills.
type subscription struct {
	ID                    string              `json:"id"`
	Object                string              `json:"object"`
	Application           any                 `json:"application"`
	ApplicationFeePercent any                 `json:"application_fee_percent"`
	AutomaticTax          subscriptionTax     `json:"automatic_tax"`
	BillingCycleAnchor    int64               `json:"billing_cycle_anchor"`
	BillingCycleConfig    any                 `json:"billing_cycle_anchor_config"`
	BillingThresholds     any                 `json:"billing_thresholds"`
	CancelAt              *int64              `json:"cancel_at"`
	CancelAtPeriodEnd     bool                `json:"cancel_at_period_end"`
	CanceledAt            *int64              `json:"canceled_at"`
	CancellationDetails   cancellationDetails `json:"cancellation_details"`
	CollectionMethod      string              `json:"collection_method"`
	Created               int64               `json:"created"`
	Currency              string              `json:"currency"`
	CurrentPeriodEnd      int64               `json:"current_period_end"`
	CurrentPeriodStart    int64               `json:"current_period_start"`
	Customer              string              `json:"customer"`
	DaysUntilDue          any                 `json:"days_until_due"`
	DefaultPaymentMethod  *string             `json:"default_payment_method"`
	DefaultSource         any                 `json:"default_source"`
	DefaultTaxRates       []any               `json:"default_tax_rates"`
	Description           *string             `json:"description"`
	Discount              any                 `json:"discount"`
	EndedAt               *int64              `json:"ended_at"`
	Items                 subscriptionItems   `json:"items"`
	LatestInvoice         *string             `json:"latest_invoice"`
	Livemode              bool                `json:"livemode"`
	Metadata              map[string]string   `json:"metadata"`
	NextPendingInvoice    any                 `json:"next_pending_invoice_item_invoice"`
	OnBehalfOf            any                 `json:"on_behalf_of"`
	PauseCollection       any                 `json:"pause_collection"`
	PaymentSettings       paymentSettings     `json:"payment_settings"`
	PendingInvoiceItem    any                 `json:"pending_invoice_item_interval"`
	PendingSetupIntent    any                 `json:"pending_setup_intent"`
	PendingUpdate         any                 `json:"pending_update"`
	Schedule              any                 `json:"schedule"`
	StartDate             int64               `json:"start_date"`
	Status                string              `json:"status"`
	TestClock             any                 `json:"test_clock"`
	TransferData          any                 `json:"transfer_data"`
	TrialEnd              any                 `json:"trial_end"`
	TrialSettings         any                 `json:"trial_settings"`
	TrialStart            any                 `json:"trial_start"`
}

type subscriptionTax struct {
	Enabled   bool `json:"enabled"`
	Liability any  `json:"liability"`
}

// cancellationDetails say why a subscription ends: cancellation_requested or payment_failed.
type cancellationDetails struct {
	Comment  *string `json:"comment"`
	Feedback *string `json:"feedback"`
	Reason   *string `json:"reason"`
}

type paymentSettings struct {
	MethodOptions any      `json:"payment_method_options"`
	MethodTypes   []string `json:"payment_method_types"`
	SaveDefault   string   `json:"save_default_payment_method"`
}

// subscriptionItems is the list object inside a subscription: few enough for one page.
type subscriptionItems struct {
	Object  string             `json:"object"`
	Data    []subscriptionItem `json:"data"`
	HasMore bool               `json:"has_more"`
	URL     string             `json:"url"`
}

// subscriptionItem is one price of a subscription. It is kept inside its subscription and nowhere else.
type subscriptionItem struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	BillingThresholds any               `json:"billing_thresholds"`
	Created           int64             `json:"created"`
	Metadata          map[string]string `json:"metadata"`
	Price             price             `json:"price"`
	Quantity          int64             `json:"quantity"`
	Subscription      string            `json:"subscription"`
	TaxRates          []any             `json:"tax_rates"`
}

// subscriptionHidden is what the API does not show.
type subscriptionHidden struct {
	// Declines makes the issuer refuse every try until the subscription is mended or gets another card.
	Declines bool `json:"declines,omitempty"`
	// StaysUnpaid is the account's choice for when all tries have failed: the subscription stays, unpaid, instead of ending.
	StaysUnpaid bool `json:"stays_unpaid,omitempty"`
}

// total is what a period costs.
func (sub *subscription) total() (sum int64) {
	for _, item := range sub.Items.Data {
		sum += item.Price.UnitAmount * item.Quantity
	}
	return sum
}

// interval is the length of a period: all items share it.
func (sub *subscription) interval() string {
	for _, item := range sub.Items.Data {
		if item.Price.Recurring != nil {
			return item.Price.Recurring.Interval
		}
	}
	return "month"
}

// ended tells whether the subscription will never change again.
func (sub *subscription) ended() bool {
	return sub.Status == subscriptionCanceled || sub.Status == subscriptionExpired
}

// periodAfter is when the period that begins at start ends: so many whole months or years after the anchor, on its day or
// the last of a shorter month (https://docs.stripe.com/billing/subscriptions/billing-cycle).
func (sub *subscription) periodAfter(start int64) int64 {
	anchor, step := time.Unix(sub.BillingCycleAnchor, 0).UTC(), 1
	if sub.interval() == "year" {
		step = 12
	}
	began := time.Unix(start, 0).UTC()
	n := (began.Year()-anchor.Year())*12 + int(began.Month()) - int(anchor.Month())
	for n -= n % step; ; n += step {
		if end := monthsAfter(anchor, n); end.Unix() > start {
			return end.Unix()
		}
	}
}

// monthsAfter adds months without running over into the next one: January 31 is followed by the last of February.
func monthsAfter(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// newSubscription is a subscription whose first invoice is not paid yet; it is not stored.
func (t *tx) newSubscription(customer string, items []lineItem, plan subscriptionPlan) subscription {
	now := t.now.Unix()
	sub := subscription{
		ID: t.id("sub_1", 23), Object: subscriptionKind, BillingCycleAnchor: now, CollectionMethod: "charge_automatically",
		Created: now, StartDate: now, CurrentPeriodStart: now, Currency: items[0].Currency, Customer: customer, DefaultTaxRates: []any{},
		Description: plan.Description, Metadata: plan.Metadata, Status: subscriptionIncomplete,
		PaymentSettings: paymentSettings{MethodTypes: []string{"card"}, SaveDefault: "off"},
	}
	if sub.Metadata == nil {
		sub.Metadata = map[string]string{}
	}
	sub.Items = subscriptionItems{Object: "list", URL: "/v1/subscription_items?subscription=" + sub.ID}
	for _, line := range items {
		sub.Items.Data = append(sub.Items.Data, t.newItem(sub.ID, line.Price, line.Quantity))
	}
	sub.CurrentPeriodEnd = sub.periodAfter(now)
	return sub
}

func (t *tx) newItem(subscription string, p price, quantity int64) subscriptionItem {
	return subscriptionItem{
		ID: t.id("si_", 14), Object: "subscription_item", Created: t.now.Unix(), Metadata: map[string]string{},
		Price: p, Quantity: quantity, Subscription: subscription, TaxRates: []any{},
	}
}

// findSubscription loads a subscription. It returns Stripe's 404 when there is none.
func (t *tx) findSubscription(id string) (sub subscription, hidden subscriptionHidden, err error) {
	err = t.load(subscriptionKind, id, &sub, &hidden)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, subscriptionKind, id, "id")
	}
	return sub, hidden, err
}

// changeSubscription loads a subscription, lets fn change it, stores it and tells what is different, where anything is.
func (t *tx) changeSubscription(id string, by requestRef, fn func(*subscription, *subscriptionHidden) error) (subscription, error) {
	sub, hidden, err := t.findSubscription(id)
	if err != nil {
		return sub, err
	}
	before, err := fields(sub)
	if err != nil {
		return sub, err
	}
	if err := fn(&sub, &hidden); err != nil {
		return sub, err
	}
	if err := t.update(sub.ID, sub.Customer, sub, hidden); err != nil {
		return sub, err
	}
	previous, err := changedSince(before, sub)
	if err != nil || len(previous) == 0 {
		return sub, err
	}
	return sub, t.emit("customer.subscription.updated", sub, previous, by, atOnce)
}

// setStatus moves a subscription into a state that is not an end.
func (t *tx) setStatus(id, status string, by requestRef) error {
	_, err := t.changeSubscription(id, by, func(sub *subscription, _ *subscriptionHidden) error {
		sub.Status = status
		return nil
	})
	return err
}

// endSubscription cancels a subscription for good: nothing is collected any more, not even an invoice still open.
func (t *tx) endSubscription(id, reason string, by requestRef) (subscription, error) {
	sub, hidden, err := t.findSubscription(id)
	if err != nil {
		return sub, err
	}
	now := t.now.Unix()
	sub.Status, sub.EndedAt = subscriptionCanceled, &now
	sub.CanceledAt = cmp.Or(sub.CanceledAt, &now)
	sub.CancellationDetails.Reason = cmp.Or(sub.CancellationDetails.Reason, &reason)
	if err := t.update(sub.ID, sub.Customer, sub, hidden); err != nil {
		return sub, err
	}
	if err := t.cancelTimer(timerRenew, sub.ID); err != nil {
		return sub, err
	}
	if err := t.stopCollecting(sub.ID, by); err != nil {
		return sub, err
	}
	return sub, t.emit("customer.subscription.deleted", sub, nil, by, atOnce)
}
