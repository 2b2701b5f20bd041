package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

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

// kindOf says which kind of object a family of events speaks of.
var kindOf = map[family]stripeapi.Kind{
	ofSession: stripeapi.Sessions, ofIntent: stripeapi.PaymentIntents, ofCharge: stripeapi.Charges, ofRefund: stripeapi.Refunds,
	ofDispute: stripeapi.Disputes, ofInvoice: stripeapi.Invoices, ofSubscription: stripeapi.Subscriptions, ofPayout: stripeapi.Payouts,
	ofWarning: stripeapi.FraudWarnings,
}

// event fetches what an event speaks of, at the API version that this code
// understands.
func (f follower) event(ctx context.Context, e event) (reading models.Reading, err error) {
	defer rescue(&reading)
	reading, err = f.pointedAt(ctx, e)
	// It was read after the event was made, whatever our clock says.
	if made := utc(e.Created); reading.Dispute != nil && reading.Dispute.AsOf.Before(made) {
		reading.Dispute.AsOf = made
	}
	return whenDecided(reading, e), err
}

func (f follower) pointedAt(ctx context.Context, e event) (models.Reading, error) {
	id := e.objectID()
	switch {
	case id == "":
		return models.Reading{State: models.EventAttention, Problem: "it speaks of nothing that has an id"}, nil
	case families[e.Type] == ofRefunds:
		return f.refunds(ctx, id, e.ID)
	case e.Type == debitFailed:
		var s session
		if err := f.fetch(ctx, stripeapi.Sessions, "checkout.session", id, &s); err != nil {
			return models.Reading{}, err
		}
		return f.readSession(ctx, s, true, e.ID)
	case renewalFailed[e.Type]:
		return f.failedInvoice(ctx, e)
	}
	kind, known := kindOf[families[e.Type]]
	if !known {
		return noEffect, nil
	}
	_, reading, err := f.object(ctx, kind, id, e.ID)
	return reading, err
}

// prefixes tell an object's kind by its id (https://docs.stripe.com/api).
var prefixes = map[string]stripeapi.Kind{
	"cs": stripeapi.Sessions, "pi": stripeapi.PaymentIntents, "ch": stripeapi.Charges, "py": stripeapi.Charges,
	"re": stripeapi.Refunds, "pyr": stripeapi.Refunds, "dp": stripeapi.Disputes, "du": stripeapi.Disputes, "in": stripeapi.Invoices,
	"sub": stripeapi.Subscriptions, "po": stripeapi.Payouts,
}

// byID fetches an object by its id alone.
func (f follower) byID(ctx context.Context, id, evidence string) (json.RawMessage, models.Reading, error) {
	prefix, _, _ := strings.Cut(id, "_")
	kind, known := prefixes[prefix]
	if !known {
		return nil, noEffect, nil
	}
	return f.object(ctx, kind, id, evidence)
}

// object fetches an object and reads it.
func (f follower) object(ctx context.Context, kind stripeapi.Kind, id, evidence string) (json.RawMessage, models.Reading, error) {
	asked := f.store.Now().Truncate(time.Second) // as Stripe's events count time
	raw, err := f.stripe.Fetch(ctx, kind, id)
	if err != nil {
		return nil, models.Reading{}, err
	}
	reading, err := f.read(ctx, kind, raw, evidence, asked)
	return raw, reading, err
}

// read reads an object that was fetched or listed, and fetches what it names
// without holding it. asked is when it was asked for: what a later event says
// of it stands.
func (f follower) read(ctx context.Context, kind stripeapi.Kind, raw json.RawMessage, evidence string, asked time.Time) (reading models.Reading, err error) {
	defer rescue(&reading)
	switch kind {
	case stripeapi.Sessions:
		var s session
		if decodes(raw, "checkout.session", &s) {
			return f.readSession(ctx, s, false, evidence)
		}
	case stripeapi.PaymentIntents:
		var i intent
		if decodes(raw, "payment_intent", &i) {
			return f.readIntent(ctx, i, evidence)
		}
	case stripeapi.Charges:
		var c charge
		if decodes(raw, "charge", &c) {
			return f.readCharge(ctx, c, evidence)
		}
	case stripeapi.Refunds:
		var r refund
		if decodes(raw, "refund", &r) {
			return f.readRefund(ctx, r, evidence)
		}
	case stripeapi.Disputes:
		var d dispute
		if decodes(raw, "dispute", &d) {
			return f.readDispute(ctx, d, evidence, asked)
		}
	case stripeapi.Invoices:
		var i invoice
		if decodes(raw, "invoice", &i) {
			return f.readInvoice(ctx, i, evidence)
		}
	case stripeapi.Subscriptions:
		var s subscription
		if decodes(raw, "subscription", &s) {
			return readSubscription(s, asked), nil
		}
	case stripeapi.Payouts:
		var p payout
		if decodes(raw, "payout", &p) {
			err = f.whenTakenBack(ctx, &p.CameBack)
			return readPayout(p), err
		}
	case stripeapi.FraudWarnings:
		var w warning
		if decodes(raw, "radar.early_fraud_warning", &w) {
			return f.readWarning(ctx, w, evidence)
		}
	default:
	}
	return models.Reading{}, errNotThat
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

// readRefund reads a refund and, since the one may need the failure of another,
// all of its charge's.
func (f follower) readRefund(ctx context.Context, r refund, evidence string) (models.Reading, error) {
	if r.Charge.ID != "" {
		return f.refunds(ctx, r.Charge.ID, evidence)
	}
	if err := f.whenTakenBack(ctx, &r.CameBack); err != nil {
		return models.Reading{}, err
	}
	return readRefund(r, models.GiftRef{PaymentIntent: r.PaymentIntent.ID, Final: true}, evidence), nil
}

func (f follower) readDispute(ctx context.Context, d dispute, evidence string, asked time.Time) (models.Reading, error) {
	gift, of, err := f.ofCharge(ctx, d.Charge.ID, evidence)
	if err != nil {
		return models.Reading{}, err
	}
	return then(of, readDispute(d, gift, evidence, asked)), nil
}

func (f follower) readWarning(ctx context.Context, w warning, evidence string) (models.Reading, error) {
	gift, of, err := f.ofCharge(ctx, w.Charge.ID, evidence)
	if errors.Is(err, stripeapi.ErrMissing) {
		return noEffect, nil // no money moved, and nobody's
	}
	if err != nil {
		return models.Reading{}, err
	}
	return then(of, readWarning(w, gift, evidence)), nil
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
		_, paid, err = f.object(ctx, stripeapi.PaymentIntents, s.PaymentIntent.ID, evidence)
	case s.Invoice.Object != nil:
		paid, err = f.readInvoice(ctx, *s.Invoice.Object, evidence)
	case s.Invoice.ID != "":
		_, paid, err = f.object(ctx, stripeapi.Invoices, s.Invoice.ID, evidence)
	}
	if errors.Is(err, stripeapi.ErrMissing) {
		return reading, nil
	}
	if err != nil {
		return models.Reading{}, err
	}
	return then(reading, paid), nil
}
