package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// looksPerSecond bounds what open thank-you pages may ask of Stripe in all. Its
// own limit (25 requests a second in test mode, 100 live) is shared with donors
// who are about to pay; unpaid pages, however many, must not use it up.
const looksPerSecond = 5

// Look asks Stripe about one gift whose outcome is open and books what it
// says, so that a gift whose events never come is counted all the same. It
// asks once in 5 s at the most, over all processes; a caller that comes
// earlier gets no error and no news.
func (r *Resolver) Look(ctx context.Context, token string) error {
	d, err := r.store.FindDonation(ctx, token)
	if err != nil || !d.Status.Undecided() || d.SessionID == nil || !r.looks.AllowN(r.store.Now(), 1) {
		return err
	}
	turn, err := r.store.ClaimLook(ctx, d)
	if err != nil || !turn {
		return err
	}
	return r.lookAt(ctx, *d.SessionID)
}

// Confirm asks Stripe about a gift at once and reports whether its reader has
// been through the payment page.
func (r *Resolver) Confirm(ctx context.Context, d models.Donation) (bool, error) {
	if d.SessionID != nil {
		if err := r.lookAt(ctx, *d.SessionID); err != nil {
			return false, err
		}
	}
	now, err := r.store.FindDonation(ctx, d.Token)
	if err != nil {
		return false, err
	}
	return now.Status.PageDone(), nil
}

func (r *Resolver) lookAt(ctx context.Context, sessionID string) error {
	raw, err := r.stripe.Session(ctx, sessionID)
	if err != nil {
		return fmt.Errorf("look up a gift: %w", err)
	}
	reading, err := r.followSession(ctx, raw, "", sessionID)
	if err != nil || len(reading.Facts) == 0 {
		return err
	}
	booked, err := r.store.Book(ctx, reading.Facts...)
	if err != nil || booked.State != models.EventAttention {
		return err
	}
	// No event brought this, and yet a person must see it: it is kept beside
	// the events, under a name of its own.
	r.log.Error("a gift that was looked up contradicts the books", "session", sessionID, "problem", booked.Problem)
	_, err = r.store.Receive(ctx, models.Event{
		ID: "lookup_" + sessionID, Type: "appeal.lookup", ObjectID: sessionID, Created: r.store.Now(), Livemode: r.store.Livemode(),
		APIVersion: stripeapi.Version, Raw: raw,
	}, models.Reading{State: models.EventAttention, Problem: booked.Problem})
	return err
}

// followSession reads a fetched session and fetches what the answer names
// without holding it.
func (r *Resolver) followSession(ctx context.Context, raw json.RawMessage, eventType, evidence string) (models.Reading, error) {
	var s session
	if !decodes(raw, &s) || s.ID == "" {
		return models.Reading{}, errNotThat
	}
	reading := readSession(s, eventType == debitFailed, evidence)
	if s.PaymentStatus != "paid" || s.PaymentIntent.ID == "" ||
		s.PaymentIntent.Object != nil && s.PaymentIntent.Object.LatestCharge.Object != nil {
		return reading, nil
	}
	fetched, err := r.stripe.PaymentIntent(ctx, s.PaymentIntent.ID)
	if errors.Is(err, stripeapi.ErrMissing) {
		return reading, nil
	}
	if err != nil {
		return models.Reading{}, err
	}
	paid, err := r.followIntent(ctx, fetched, evidence)
	if err != nil {
		return models.Reading{}, err
	}
	reading.Facts = append(paid.Facts, reading.Facts...)
	return reading, nil
}
