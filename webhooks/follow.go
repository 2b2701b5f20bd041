package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// follower fetches from Stripe what an object or an event names without
// holding it, and reads it by the same translation as an event's payload.
type follower struct {
	stripe Stripe
	store  *models.Store
}

// errNotThat: Stripe answered with something else than was asked for.
var errNotThat = errors.New("Stripe's answer is not what was asked for")

// event fetches what an event speaks of, at the API version that this code
// understands.
func (f follower) event(ctx context.Context, e event) (models.Reading, error) {
	id := e.objectID()
	if id == "" {
		return models.Reading{State: models.EventAttention, Problem: "it speaks of nothing that has an id"}, nil
	}
	switch families[e.Type] {
	case ofSession:
		return f.session(ctx, id, e.Type == debitFailed, e.ID)
	case ofIntent:
		return f.intent(ctx, id, e.ID)
	case ofCharge:
		return f.charge(ctx, id, e.ID)
	case ofRefunds:
		return f.refunds(ctx, id, e.ID)
	case ofRefund:
		return f.refund(ctx, id, e.ID)
	case ofDispute:
		return f.dispute(ctx, id, e.ID)
	case ofInvoice:
		return f.invoice(ctx, id, e.ID)
	case ofSubscription:
		return f.subscription(ctx, id)
	case ofPayout:
		return f.payout(ctx, id)
	case ofWarning:
		return f.warning(ctx, id, e.ID)
	default:
		return noEffect, nil
	}
}

// object fetches an object by its id alone.
func (f follower) object(ctx context.Context, id, evidence string) (models.Reading, error) {
	prefix, _, _ := strings.Cut(id, "_")
	switch prefix {
	case "cs":
		return f.session(ctx, id, false, evidence)
	case "pi":
		return f.intent(ctx, id, evidence)
	case "ch", "py":
		return f.charge(ctx, id, evidence)
	case "re", "pyr":
		return f.refund(ctx, id, evidence)
	case "dp", "du":
		return f.dispute(ctx, id, evidence)
	case "in":
		return f.invoice(ctx, id, evidence)
	case "sub":
		return f.subscription(ctx, id)
	case "po":
		return f.payout(ctx, id)
	default:
		return noEffect, nil
	}
}

// fetch reads an object of a kind; name is what Stripe calls it.
func (f follower) fetch(ctx context.Context, kind stripeapi.Kind, name, id string, into any) error {
	raw, err := f.stripe.Fetch(ctx, kind, id)
	if err == nil && !decodes(raw, name, into) {
		err = errNotThat
	}
	return err
}

// owner says whose a charge is: by its own metadata, by the subscription
// behind its invoice, or by its payment intent.
func (f follower) owner(ctx context.Context, c charge) (models.GiftRef, error) {
	gift := chargeRef(c)
	if gift.Final {
		return gift, nil
	}
	if c.Invoice.ID != "" {
		var i invoice
		err := f.fetch(ctx, stripeapi.Invoices, "invoice", c.Invoice.ID, &i)
		if errors.Is(err, stripeapi.ErrMissing) {
			gift.Final = true
			return gift, nil
		}
		if err != nil {
			return gift, err
		}
		return f.invoiceOwner(ctx, i, c)
	}
	var i intent
	err := f.fetch(ctx, stripeapi.PaymentIntents, "payment_intent", c.PaymentIntent.ID, &i)
	if errors.Is(err, stripeapi.ErrMissing) {
		gift.Final = true
		return gift, nil
	}
	if err != nil {
		return gift, err
	}
	gift = intentRef(i)
	gift.Charge, gift.Final = c.ID, true
	return gift, nil
}

// invoiceOwner says whose an invoice is, and fetches its subscription if the
// invoice itself does not say.
func (f follower) invoiceOwner(ctx context.Context, i invoice, c charge) (models.GiftRef, error) {
	gift := invoiceRef(i)
	if !gift.Final {
		var s subscription
		err := f.fetch(ctx, stripeapi.Subscriptions, "subscription", i.Subscription.ID, &s)
		if err != nil && !errors.Is(err, stripeapi.ErrMissing) {
			return gift, err
		}
		i.Subscription.Object = &s
		gift = invoiceRef(i)
	}
	gift.Charge = cmp.Or(gift.Charge, c.ID)
	gift.PaymentIntent = cmp.Or(gift.PaymentIntent, c.PaymentIntent.ID)
	gift.Final = true
	return gift, nil
}

// charge fetches a charge, and whose it is.
func (f follower) charge(ctx context.Context, id, evidence string) (models.Reading, error) {
	var c charge
	if err := f.fetch(ctx, stripeapi.Charges, "charge", id, &c); err != nil {
		return models.Reading{}, err
	}
	return f.readCharge(ctx, c, evidence)
}

// readCharge reads a charge that was fetched, and finds whose it is.
func (f follower) readCharge(ctx context.Context, c charge, evidence string) (models.Reading, error) {
	reading := readCharge(c, chargeRef(c), evidence)
	if reading.Empty() {
		return reading, nil
	}
	if err := f.whenTakenBack(ctx, &c.TakenBack); err != nil {
		return models.Reading{}, err
	}
	gift, err := f.owner(ctx, c)
	if err != nil {
		return models.Reading{}, err
	}
	return readCharge(c, gift, evidence), nil
}

// whenTakenBack fetches the balance transaction of money that came back, for
// its time, unless it came with the object.
func (f follower) whenTakenBack(ctx context.Context, back *ref[transaction]) error {
	if back.ID == "" || back.Object != nil {
		return nil
	}
	var t transaction
	if err := f.fetch(ctx, stripeapi.BalanceTransactions, "balance_transaction", back.ID, &t); err != nil {
		return err
	}
	back.Object = &t
	return nil
}

// ofCharge says whose it is what speaks of a charge, and, if the charge is not
// in the books, what the charge itself says.
func (f follower) ofCharge(ctx context.Context, id, evidence string) (models.GiftRef, models.Reading, error) {
	if id == "" {
		return models.GiftRef{Final: true}, models.Reading{}, nil
	}
	booked, err := f.store.ChargeBooked(ctx, id)
	if err != nil || booked {
		return models.GiftRef{Charge: id, Final: true}, models.Reading{}, err
	}
	var c charge
	if err := f.fetch(ctx, stripeapi.Charges, "charge", id, &c); err != nil {
		return models.GiftRef{}, models.Reading{}, err
	}
	if err := f.whenTakenBack(ctx, &c.TakenBack); err != nil {
		return models.GiftRef{}, models.Reading{}, err
	}
	gift, err := f.owner(ctx, c)
	if err != nil {
		return models.GiftRef{}, models.Reading{}, err
	}
	return gift, readCharge(c, gift, evidence), nil
}

// then adds what is read of something to what its charge says, which goes
// first: nothing can go back of what has not come.
func then(of, more models.Reading) models.Reading {
	if more.Empty() {
		more.Facts = of.Facts
		if !more.Empty() {
			more.State = ""
		}
		return more
	}
	more.Facts = append(of.Facts, more.Facts...)
	return more
}

// refunds lists a charge's refunds.
func (f follower) refunds(ctx context.Context, chargeID, evidence string) (models.Reading, error) {
	gift, of, err := f.ofCharge(ctx, chargeID, evidence)
	if err != nil {
		return models.Reading{}, err
	}
	var all []refund
	listing := stripeapi.Listing{Kind: stripeapi.Refunds, Filter: map[string]string{"charge": chargeID}}
	err = f.each(ctx, listing, func(raw json.RawMessage) error {
		var r refund
		if !decodes(raw, "refund", &r) {
			return errNotThat
		}
		all = append(all, r)
		return f.whenTakenBack(ctx, &all[len(all)-1].CameBack)
	})
	if err != nil {
		return models.Reading{}, err
	}
	return then(of, readRefunds(all, gift, evidence)), nil
}

// each reads a listing to its end.
func (f follower) each(ctx context.Context, l stripeapi.Listing, read func(json.RawMessage) error) error {
	for {
		page, err := f.stripe.List(ctx, l)
		if err != nil {
			return err
		}
		for _, raw := range page.Items {
			if err := read(raw); err != nil {
				return err
			}
		}
		if page.Last == "" {
			return nil
		}
		l.After = page.Last
	}
}

// refund fetches a refund and, since the one may need the failure of another,
// all of its charge's.
func (f follower) refund(ctx context.Context, id, evidence string) (models.Reading, error) {
	var r refund
	if err := f.fetch(ctx, stripeapi.Refunds, "refund", id, &r); err != nil {
		return models.Reading{}, err
	}
	if r.Charge.ID == "" {
		if err := f.whenTakenBack(ctx, &r.CameBack); err != nil {
			return models.Reading{}, err
		}
		return readRefund(r, models.GiftRef{PaymentIntent: r.PaymentIntent.ID, Final: true}, evidence), nil
	}
	return f.refunds(ctx, r.Charge.ID, evidence)
}

// dispute fetches a dispute, and whose it is.
func (f follower) dispute(ctx context.Context, id, evidence string) (models.Reading, error) {
	var d dispute
	if err := f.fetch(ctx, stripeapi.Disputes, "dispute", id, &d); err != nil {
		return models.Reading{}, err
	}
	return f.readDispute(ctx, d, evidence)
}

func (f follower) readDispute(ctx context.Context, d dispute, evidence string) (models.Reading, error) {
	gift, of, err := f.ofCharge(ctx, d.Charge.ID, evidence)
	if err != nil {
		return models.Reading{}, err
	}
	return then(of, readDispute(d, gift, evidence)), nil
}

// warning fetches an early fraud warning, and whose charge it is about.
func (f follower) warning(ctx context.Context, id, evidence string) (models.Reading, error) {
	var w warning
	if err := f.fetch(ctx, stripeapi.FraudWarnings, "radar.early_fraud_warning", id, &w); err != nil {
		return models.Reading{}, err
	}
	gift, of, err := f.ofCharge(ctx, w.Charge.ID, evidence)
	if errors.Is(err, stripeapi.ErrMissing) {
		return noEffect, nil // no money moved, and nobody's
	}
	if err != nil {
		return models.Reading{}, err
	}
	return then(of, readWarning(w, gift, evidence)), nil
}

// intent fetches a payment intent, its charge, and whose it is.
func (f follower) intent(ctx context.Context, id, evidence string) (models.Reading, error) {
	var i intent
	if err := f.fetch(ctx, stripeapi.PaymentIntents, "payment_intent", id, &i); err != nil {
		return models.Reading{}, err
	}
	return f.readIntent(ctx, i, evidence)
}

func (f follower) readIntent(ctx context.Context, i intent, evidence string) (models.Reading, error) {
	if i.LatestCharge.Object == nil && i.LatestCharge.ID != "" {
		var c charge
		if err := f.fetch(ctx, stripeapi.Charges, "charge", i.LatestCharge.ID, &c); err != nil && !errors.Is(err, stripeapi.ErrMissing) {
			return models.Reading{}, err
		}
		i.LatestCharge.Object = &c
	}
	if c := i.LatestCharge.Object; c != nil {
		if err := f.whenTakenBack(ctx, &c.TakenBack); err != nil {
			return models.Reading{}, err
		}
	}
	gift := intentRef(i)
	if i.Invoice.ID != "" {
		owner, err := f.owner(ctx, charge{PaymentIntent: ref[struct{}]{ID: i.ID}, Invoice: i.Invoice})
		if err != nil {
			return models.Reading{}, err
		}
		gift = owner
	}
	return readIntent(i, gift, evidence), nil
}

// invoice fetches an invoice, its charge, and whose it is.
func (f follower) invoice(ctx context.Context, id, evidence string) (models.Reading, error) {
	var i invoice
	if err := f.fetch(ctx, stripeapi.Invoices, "invoice", id, &i); err != nil {
		return models.Reading{}, err
	}
	return f.readInvoice(ctx, i, evidence)
}

func (f follower) readInvoice(ctx context.Context, i invoice, evidence string) (models.Reading, error) {
	if i.Charge.Object == nil && i.Charge.ID != "" {
		var c charge
		if err := f.fetch(ctx, stripeapi.Charges, "charge", i.Charge.ID, &c); err != nil && !errors.Is(err, stripeapi.ErrMissing) {
			return models.Reading{}, err
		}
		i.Charge.Object = &c
	}
	gift, err := f.invoiceOwner(ctx, i, charge{})
	if err != nil {
		return models.Reading{}, err
	}
	return readInvoice(i, gift, evidence), nil
}

// session fetches a session and what of its payment the answer names without
// holding it. failed: its bank debit came to nothing.
func (f follower) session(ctx context.Context, id string, failed bool, evidence string) (models.Reading, error) {
	var s session
	if err := f.fetch(ctx, stripeapi.Sessions, "checkout.session", id, &s); err != nil {
		return models.Reading{}, err
	}
	return f.readSession(ctx, s, failed, evidence)
}

func (f follower) readSession(ctx context.Context, s session, failed bool, evidence string) (models.Reading, error) {
	reading := readSession(s, failed, evidence)
	if s.Status != "complete" || s.charge() != nil && s.charge().TakenBack.ID == "" {
		return reading, nil
	}
	var paid models.Reading
	var err error
	switch {
	case s.PaymentIntent.Object != nil:
		paid, err = f.readIntent(ctx, *s.PaymentIntent.Object, evidence)
	case s.PaymentIntent.ID != "":
		paid, err = f.intent(ctx, s.PaymentIntent.ID, evidence)
	case s.Invoice.Object != nil:
		paid, err = f.readInvoice(ctx, *s.Invoice.Object, evidence)
	case s.Invoice.ID != "":
		paid, err = f.invoice(ctx, s.Invoice.ID, evidence)
	}
	if errors.Is(err, stripeapi.ErrMissing) {
		return reading, nil
	}
	if err != nil {
		return models.Reading{}, err
	}
	return then(paid, reading), nil
}

// subscription fetches a subscription. It is so now, and so stands against
// every event of it that is older.
func (f follower) subscription(ctx context.Context, id string) (models.Reading, error) {
	var s subscription
	if err := f.fetch(ctx, stripeapi.Subscriptions, "subscription", id, &s); err != nil {
		return models.Reading{}, err
	}
	return readSubscription(s, f.store.Now()), nil
}

// payout fetches a payout and when its money came back, if it did.
func (f follower) payout(ctx context.Context, id string) (models.Reading, error) {
	var p payout
	if err := f.fetch(ctx, stripeapi.Payouts, "payout", id, &p); err != nil {
		return models.Reading{}, err
	}
	return f.readPayout(ctx, p)
}

func (f follower) readPayout(ctx context.Context, p payout) (models.Reading, error) {
	if err := f.whenTakenBack(ctx, &p.CameBack); err != nil {
		return models.Reading{}, err
	}
	return readPayout(p), nil
}
