package webhooks

import (
	"context"
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
	if err != nil || !d.Status.Undecided() || d.SessionID == nil {
		return err
	}
	// The gift's own turn comes first: one page that asks all the time must not
	// use up what all pages share.
	turn, err := r.store.ClaimLook(ctx, d)
	if err != nil || !turn || !r.looks.AllowN(r.store.Now(), 1) {
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
	raw, err := r.follow.stripe.Fetch(ctx, stripeapi.Sessions, sessionID)
	if err != nil {
		return fmt.Errorf("look up a gift: %w", err)
	}
	reading, err := r.follow.read(ctx, stripeapi.Sessions, raw, sessionID, r.store.Now())
	if err != nil {
		return fmt.Errorf("look up a gift: %w", err)
	}
	if reading.Empty() {
		if reading.Problem != "" {
			r.log.Error("a gift that was looked up can't be read", "session", sessionID, "problem", reading.Problem)
		}
		return nil
	}
	learned, err := r.store.Learn(ctx, models.Object{ID: sessionID, Raw: raw, Reading: reading})
	if err != nil {
		return err
	}
	if learned[0].State == models.EventAttention {
		r.log.Error("a gift that was looked up contradicts the books", "session", sessionID, "problem", learned[0].Problem)
	}
	return nil
}

// LookSubscription reads one subscription from Stripe at once and keeps what it
// says, so that what a donor has just changed is seen before its event comes.
func (r *Resolver) LookSubscription(ctx context.Context, id string) error {
	raw, reading, err := r.follow.object(ctx, stripeapi.Subscriptions, id, id)
	if err != nil {
		return fmt.Errorf("look up a subscription: %w", err)
	}
	if _, err := r.store.Learn(ctx, models.Object{ID: id, Raw: raw, Reading: reading}); err != nil {
		return err
	}
	return nil
}

// LookRefund reads one refund from Stripe at once and books what Stripe says of
// its charge's refunds, so that what staff have just given back is seen before
// its event comes.
func (r *Resolver) LookRefund(ctx context.Context, id string) error {
	raw, reading, err := r.follow.object(ctx, stripeapi.Refunds, id, id)
	if err != nil {
		return fmt.Errorf("look up a refund: %w", err)
	}
	_, err = r.store.Learn(ctx, models.Object{ID: id, Raw: raw, Reading: reading})
	return err
}
