package stripesim

import (
	"context"
	"encoding/json"
	"fmt"
)

// repeated is a subscription with its payer's address and its latest invoice, as the control page's actions need them.
type repeated struct {
	subscription
	email string
	bill  invoice
}

func (r repeated) currency() string { return r.Currency }

// renews tells whether a period follows the one that runs.
func (r repeated) renews() bool {
	return r.Status == subscriptionActive || r.Status == subscriptionPastDue || r.Status == subscriptionUnpaid
}

// owing tells whether a renewal has failed and can still be paid.
func (r repeated) owing() bool { return r.renews() && r.bill.Status == "open" }

// quiet tells whether nothing is open, so that a renewal would be a new one.
func (r repeated) quiet() bool { return r.renews() && !r.owing() && !r.CancelAtPeriodEnd }

// states say in words how the subscription stands.
func (r repeated) states() []string {
	out := []string{words(r.Status)}
	if r.CancelAtPeriodEnd && !r.ended() {
		out = append(out, "ends with its period")
	}
	if r.owing() {
		out = append(out, fmt.Sprintf("open invoice, tried %d times", r.bill.AttemptCount))
	}
	if r.bill.Status == "draft" {
		out = append(out, "draft invoice")
	}
	return out
}

// renewing is an action that ends in a renewal's invoice.
func renewing(do func(*Simulator, context.Context, string) (string, error)) func(context.Context, *Simulator, repeated, int64) error {
	return func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
		_, err := do(s, ctx, r.ID)
		return err
	}
}

// subscriptionActions is what can happen to a subscription, in the order of the page.
var subscriptionActions = []action[repeated]{
	{"renew", "Renew now", "The subscription renewed.", false, repeated.renews, renewing((*Simulator).Renew)},
	{"begin", "Renew, an hour as a draft", "The next invoice is a draft for an hour.", false, repeated.quiet, renewing((*Simulator).BeginRenewal)},
	{"fail", "Renewal fails", "A try to renew failed.", false, repeated.renews, renewing((*Simulator).FailRenewal)},
	{
		"ask", "Renewal needs the donor’s bank", "The bank wants to hear from the donor.", false, repeated.quiet,
		renewing((*Simulator).AskRenewalAuthentication),
	},
	{"recover", "Open invoice is paid", "The open invoice was paid.", false, repeated.owing, renewing((*Simulator).RecoverRenewal)},
	{
		"exhaust", "Every try fails, and it ends", "Every try failed, and the subscription is canceled.", false, repeated.renews,
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			_, err := s.ExhaustRenewal(ctx, r.ID, false)
			return err
		},
	},
	{
		"exhaust-unpaid", "Every try fails, and it stays unpaid", "Every try failed, and the subscription is unpaid.", false, repeated.renews,
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			_, err := s.ExhaustRenewal(ctx, r.ID, true)
			return err
		},
	},
	{"nothing", "Renew for nothing", "It renewed, and a credit paid for it.", false, repeated.quiet, renewing((*Simulator).RenewForNothing)},
	{"elsewhere", "Renew, paid elsewhere", "It renewed, and was paid by other means.", false, repeated.quiet, renewing((*Simulator).RenewOutOfBand)},
	{"void", "Invoice is voided", "The invoice was voided.", false, repeated.owing, renewing((*Simulator).VoidRenewal)},
	{"write-off", "Invoice is given up", "The invoice is uncollectible.", false, repeated.owing, renewing((*Simulator).WriteOffRenewal)},
	{
		"amount", "Change the amount", "The next invoice has the new amount.", true, func(r repeated) bool { return !r.ended() },
		func(ctx context.Context, s *Simulator, r repeated, amount int64) error {
			return s.ChangeAmount(ctx, r.ID, amount)
		},
	},
	{
		"expire", "Card expires this month", "Its card expires with this month.", false, repeated.renews,
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error { return s.ExpireCard(ctx, r.ID) },
	},
	{
		"pause", "Pause", "The subscription is paused.", false, func(r repeated) bool { return r.Status == subscriptionActive },
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			return s.PauseSubscription(ctx, r.ID)
		},
	},
	{
		"resume", "Resume", "The subscription goes on.", false, func(r repeated) bool { return r.Status == subscriptionPaused },
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			return s.ResumeSubscription(ctx, r.ID)
		},
	},
	{
		"end", "End with the period", "It ends with its period.", false, func(r repeated) bool { return r.renews() && !r.CancelAtPeriodEnd },
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			return s.CancelAtPeriodEnd(ctx, r.ID, true)
		},
	},
	{
		"keep", "Don’t end after all", "It does not end.", false, func(r repeated) bool { return r.renews() && r.CancelAtPeriodEnd },
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			return s.CancelAtPeriodEnd(ctx, r.ID, false)
		},
	},
	{
		"cancel", "Cancel now", "The subscription is canceled.", false, func(r repeated) bool { return !r.ended() },
		func(ctx context.Context, s *Simulator, r repeated, _ int64) error {
			return s.CancelSubscription(ctx, r.ID)
		},
	},
}

func (t *tx) findRepeated(id string) (repeated, error) {
	sub, _, err := t.findSubscription(id)
	if err != nil {
		return repeated{}, err
	}
	return t.repeatedOf(sub)
}

func (t *tx) repeatedOf(sub subscription) (repeated, error) {
	r := repeated{subscription: sub}
	var who customer
	if err := t.load(customerKind, sub.Customer, &who, nil); err != nil {
		return r, err
	}
	if who.Email != nil {
		r.email = *who.Email
	}
	if sub.LatestInvoice == nil {
		return r, nil
	}
	var err error
	r.bill, err = t.findInvoice(*sub.LatestInvoice)
	return r, err
}

// latestSubscriptions are the newest subscriptions as the page shows them.
func (t *tx) latestSubscriptions(n int) (out []paymentLine, err error) {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC LIMIT ?`, subscriptionKind, n)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		var sub subscription
		if err := json.Unmarshal(row.body, &sub); err != nil {
			return nil, fmt.Errorf("stripesim: decode %s: %w", row.id, err)
		}
		r, err := t.repeatedOf(sub)
		if err != nil {
			return nil, err
		}
		out = append(out, paymentLine{
			ID: r.ID, Amount: display(r.total(), r.Currency) + " every " + r.interval(), When: "until " + day(r.CurrentPeriodEnd),
			Email: r.email, States: r.states(), Actions: buttons(subscriptionActions, r, ControlPath+"/subscriptions/"+r.ID),
		})
	}
	return out, nil
}
