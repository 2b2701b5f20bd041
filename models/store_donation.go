package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// Opening is what a submitted form should lead to.
type Opening struct {
	// Step says what to do next.
	Step OpeningStep
	// Donation is the gift that the form key already stands for: the one to
	// reuse, the one that was paid, or the one to leave behind. It is zero for
	// OpenNew.
	Donation Donation
}

// OpeningStep is the next step for a submitted form.
type OpeningStep int

// What a submitted form can lead to.
const (
	OpenNew     OpeningStep = iota // a new gift
	OpenAgain                      // a new gift under the same key: the earlier payment page is closed or left
	ReuseOpened                    // the same payment page, if it has been made; else ask for it again
	AlreadyPaid                    // straight to the thank-you page
)

// unansweredFor is how long a payment page may be asked for again under the
// same idempotency key. Stripe wants at least 30 minutes between the making of
// a session and its expiry, and ours expires an hour after the form was sent.
const unansweredFor = 25 * time.Minute

// SessionLife is how long a payment page stays open after the form was sent.
const SessionLife = time.Hour

// PlanOpening says what a form sent with this key should lead to. An empty key
// always leads to a new gift. It returns ErrConflict if the key stands for
// other choices whose payment page is still open.
func (s *Store) PlanOpening(ctx context.Context, key string, choices Choices) (Opening, error) {
	if key == "" {
		return Opening{Step: OpenNew}, nil
	}
	var d Donation
	err := s.db.WithContext(ctx).Where("form_key = ?", key).Order("form_attempt DESC").Take(&d).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Opening{Step: OpenNew}, nil
	}
	if err != nil {
		return Opening{}, fmt.Errorf("models: find the form key: %w", err)
	}
	opening := Opening{Step: ReuseOpened, Donation: d}
	switch {
	case d.Status.PageDone():
		opening.Step = AlreadyPaid
	case d.left(s.Now()):
		opening.Step = OpenAgain
	case d.Choices != choices:
		return Opening{}, ErrConflict
	}
	return opening, nil
}

// left reports whether a donation's payment page is closed, was left, or can
// never be had.
func (d Donation) left(now time.Time) bool {
	switch {
	case d.Status == Expired, d.CancelledAt != nil, d.CheckoutState == CheckoutRefused:
		return true
	case d.ExpiresAt != nil:
		return !now.Before(*d.ExpiresAt)
	default:
		return now.Sub(d.CreatedAt) > unansweredFor
	}
}

// StartDonation keeps a new intended gift. after is the attempt under the same
// form key that this one follows, 0 for the first. If another process has
// started that attempt first, the other's is returned.
func (s *Store) StartDonation(ctx context.Context, key string, after int, choices Choices) (Donation, error) {
	if err := s.mustBeOpen(); err != nil {
		return Donation{}, err
	}
	d, err := s.newDonation(choices, s.Now())
	if err != nil {
		return Donation{}, err
	}
	d.FormAttempt = after + 1
	if key != "" {
		d.FormKey = &key
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		made := insertOnce(tx, &d)
		crash.Here(crash.IntentUnkept)
		if made.Error != nil || made.RowsAffected > 0 {
			return made.Error
		}
		first := Donation{}
		if err := tx.Where("form_key = ? AND form_attempt = ?", key, d.FormAttempt).Take(&first).Error; err != nil {
			return err
		}
		d = first
		return nil
	})
	if err != nil {
		return Donation{}, fmt.Errorf("models: start a gift: %w", err)
	}
	crash.Here(crash.IntentKept)
	if d.Choices != choices {
		return Donation{}, ErrConflict
	}
	return d, nil
}

// newDonation is an intended gift, with identifiers of its own.
func (s *Store) newDonation(choices Choices, at time.Time) (Donation, error) {
	id, err := s.ids.sortable("don_", at)
	if err != nil {
		return Donation{}, err
	}
	token, err := s.ids.token()
	if err != nil {
		return Donation{}, err
	}
	reference, err := s.ids.reference()
	if err != nil {
		return Donation{}, err
	}
	return Donation{
		ID: id, Token: token, Reference: reference, Livemode: s.Livemode(),
		Choices: choices, Currency: s.currency, AmountCharged: choices.Charged(), FormAttempt: 1,
		CheckoutState: CheckoutOpening, Status: Started, CreatedAt: at.UTC().Truncate(time.Microsecond),
	}, nil
}

// AttachCheckout keeps the payment page that was made for a donation.
func (s *Store) AttachCheckout(ctx context.Context, d Donation, session CheckoutSession) error {
	err := s.changeDonation(ctx, d.ID, map[string]any{
		"session_id": session.SessionID, "checkout_url": session.CheckoutURL,
		"expires_at": session.ExpiresAt, "checkout_state": CheckoutOpen,
	})
	crash.Here(crash.SessionKept)
	return err
}

// RefuseCheckout marks a donation whose payment page Stripe refused to make,
// so that the next try has a token, and so an idempotency key, of its own.
func (s *Store) RefuseCheckout(ctx context.Context, d Donation) error {
	return s.changeDonation(ctx, d.ID, map[string]any{"checkout_state": CheckoutRefused})
}

// CancelCheckout marks that the reader came back without paying.
func (s *Store) CancelCheckout(ctx context.Context, d Donation) error {
	if d.CancelledAt != nil {
		return nil
	}
	return s.changeDonation(ctx, d.ID, map[string]any{"cancelled_at": s.Now()})
}

func (s *Store) changeDonation(ctx context.Context, id string, changes map[string]any) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		err := tx.Model(&Donation{ID: id}).Updates(changes).Error
		crash.Here(crash.SessionUnkept)
		return err
	})
	if err != nil {
		return fmt.Errorf("models: change gift %s: %w", id, err)
	}
	return nil
}

// FindDonation returns the gift with this token; ErrNotFound if there is none.
func (s *Store) FindDonation(ctx context.Context, token string) (Donation, error) {
	if !ValidToken(token) {
		return Donation{}, ErrNotFound
	}
	var d Donation
	err := s.db.WithContext(ctx).Where("token = ?", token).Take(&d).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Donation{}, ErrNotFound
	}
	if err != nil {
		return Donation{}, fmt.Errorf("models: find a gift: %w", err)
	}
	return d, nil
}

// lookEvery is how often Stripe may be asked about one gift whose thank-you
// page is open.
const lookEvery = 5 * time.Second

// ClaimLook reports whether it is this caller's turn to ask Stripe about a
// gift: once in 5 s, over all processes.
func (s *Store) ClaimLook(ctx context.Context, d Donation) (bool, error) {
	now := s.Now()
	if d.LookedAt != nil && now.Sub(*d.LookedAt) < lookEvery {
		return false, nil
	}
	var claimed bool
	err := s.tx(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&Donation{}).Where("id = ? AND (looked_at IS NULL OR looked_at <= ?)", d.ID, now.Add(-lookEvery)).
			Update("looked_at", now)
		claimed = done.RowsAffected > 0
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("models: claim a look-up: %w", err)
	}
	return claimed, nil
}

// overpaid holds of a gift of which more is paid, and has not gone back, than
// was agreed: it was charged twice.
const overpaid = "amount_charged < captured - refunded - disputed"

// OverpaidGifts returns the gifts that were charged twice and of which the
// surplus has not gone back: it counts, and a person must ask the donor.
func (s *Store) OverpaidGifts(ctx context.Context) ([]Donation, error) {
	var gifts []Donation
	if err := s.db.WithContext(ctx).Where(overpaid).Order("reference").Find(&gifts).Error; err != nil {
		return nil, fmt.Errorf("models: list the gifts that were paid twice: %w", err)
	}
	return gifts, nil
}

// FindGift returns the gift of an id; ErrNotFound if there is none.
func (s *Store) FindGift(ctx context.Context, id string) (Donation, error) {
	var d Donation
	err := s.db.WithContext(ctx).Where("id = ?", id).Take(&d).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Donation{}, ErrNotFound
	}
	if err != nil {
		return Donation{}, fmt.Errorf("models: find the gift %s: %w", id, err)
	}
	return d, nil
}
