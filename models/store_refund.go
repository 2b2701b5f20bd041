package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// RefundTerms says what can be given back of a gift. It returns ErrNotFound.
func (s *Store) RefundTerms(ctx context.Context, donationID string) (RefundTerms, error) {
	d, err := s.FindGift(ctx, donationID)
	if err != nil {
		return RefundTerms{}, err
	}
	terms, err := s.refundTerms(s.db.WithContext(ctx), d)
	if err != nil {
		return RefundTerms{}, fmt.Errorf("models: what is left of a gift: %w", err)
	}
	return terms, nil
}

func (s *Store) refundTerms(tx *gorm.DB, d Donation) (RefundTerms, error) {
	facts, err := factsOf(tx, d.ID)
	if err != nil {
		return RefundTerms{}, err
	}
	terms := RefundTerms{Donation: d}
	var asked, coming []RefundRequest
	err = tx.Where("donation_id = ? AND (state IN ? OR state = ? AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.key = refund_requests.refund_id || ':refund'))",
		d.ID, []RefundState{RefundAsking, RefundUnanswered}, RefundTaken).Order("id").Find(&asked).Error
	if err != nil {
		return RefundTerms{}, fmt.Errorf("find what was asked: %w", err)
	}
	for _, r := range asked {
		if r.open(s.Now()) {
			terms.Open = append(terms.Open, r)
		} else {
			coming = append(coming, r)
		}
	}
	terms.leave(facts, coming)
	return terms, nil
}

// leave finds the charge of which the most is left.
func (t *RefundTerms) leave(facts []storedFact, coming []RefundRequest) {
	left := map[string]money.Minor{}
	var unnamed money.Minor // went back, and no charge is named
	for _, f := range facts {
		switch f.Kind {
		case Charged:
			left[f.Object] += f.Amount
		case ChargeUndone:
			left[f.Object] -= f.Amount
		case RefundMade, RefundUndone:
			amount := f.Amount
			if f.Kind == RefundUndone {
				amount = -amount
			}
			if f.Charge == "" {
				unnamed += amount
			} else {
				left[f.Charge] -= amount
			}
		case OfflineGiven:
			t.Offline = true
		default: // moves nothing between the donor and us
		}
	}
	for _, r := range coming {
		left[r.Charge] -= r.Amount
		t.Coming += r.Amount
	}
	for charge, of := range left {
		if of > t.Left || of == t.Left && charge < t.Charge {
			t.Charge, t.Left = charge, of
		}
	}
	t.Left -= unnamed
	for _, f := range facts {
		if f.Kind == Charged && f.Object == t.Charge {
			t.Method, t.Last4 = f.Method, f.Last4
		}
	}
}

// AskRefund keeps what somebody asks to be given back, before Stripe is asked.
// The same form key again returns the request that is kept already, or
// ErrConflict if that one is another. Else it returns ErrNotFound, ErrOfflineGift,
// ErrDisputed, ErrNothingLeft, ErrMoreThanLeft, ErrUnconfirmed or ErrUnanswered.
// The last word is Stripe's, which refuses what is more than it has.
func (s *Store) AskRefund(ctx context.Context, n NewRefund) (RefundRequest, error) {
	if err := s.mustBeOpen(); err != nil {
		return RefundRequest{}, err
	}
	var r RefundRequest
	err := s.tx(ctx, func(tx *gorm.DB) error {
		// Its lock makes forms that are sent at once take turns.
		d, err := lockDonation(tx, "id = ?", n.DonationID)
		if err != nil {
			return err
		}
		if r, err = findRefund(tx, n.FormKey); err != nil {
			return err
		}
		if r.ID == "" {
			r, err = s.askRefund(tx, d, n)
			crash.Here(crash.RefundUnkept)
			return err
		}
		if r.Again = true; !r.says(n) {
			return ErrConflict
		}
		return nil
	})
	if err != nil {
		return RefundRequest{}, fmt.Errorf("models: ask for a refund: %w", err)
	}
	crash.Here(crash.RefundKept)
	return r, nil
}

// findRefund finds the request that a form key stands for; the zero one for none.
func findRefund(tx *gorm.DB, key string) (r RefundRequest, err error) {
	if key == "" {
		return r, nil
	}
	err = tx.Where("form_key = ?", key).Take(&r).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return r, fmt.Errorf("find the form key: %w", err)
	}
	return r, nil
}

func (s *Store) askRefund(tx *gorm.DB, d Donation, n NewRefund) (RefundRequest, error) {
	terms, err := s.refundTerms(tx, d)
	if err != nil {
		return RefundRequest{}, err
	}
	amount, err := terms.allows(n)
	if err != nil {
		return RefundRequest{}, err
	}
	r := RefundRequest{
		DonationID: d.ID, Charge: terms.Charge, Amount: amount, Whole: n.Amount == 0, Reason: n.Reason,
		AskedBy: n.By, AskedAt: s.Now(), State: RefundAsking,
	}
	if r.ID, err = s.ids.sortable("refund_", s.Now()); err != nil {
		return RefundRequest{}, err
	}
	r.FormKey = cmp.Or(n.FormKey, r.ID)
	err = tx.Create(&r).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // the same form, for another gift at the same moment
		return RefundRequest{}, ErrConflict
	}
	if err != nil {
		return RefundRequest{}, fmt.Errorf("keep what is asked: %w", err)
	}
	if n.Note != "" {
		if err := s.note(tx, GiftNote{DonationID: d.ID, Who: n.By, Text: "Refund of " + amount.String() + ": " + n.Note}); err != nil {
			return RefundRequest{}, err
		}
	}
	return r, s.audit(tx, AuditEntry{Who: n.By, Act: RefundAskedFor, Object: d.ID, After: r.inWords()})
}

// inWords is a request for the audit log, which names no donor.
func (r RefundRequest) inWords() string {
	if r.Reason == "" {
		return r.Amount.String()
	}
	return fmt.Sprintf("%s, %s", r.Amount, r.Reason)
}

// KeepRefund keeps that Stripe has made a refund that was asked for. Once more it
// changes nothing.
func (s *Store) KeepRefund(ctx context.Context, r RefundRequest, refundID string) error {
	err := s.endRefund(ctx, r, map[string]any{"state": RefundTaken, "refund_id": refundID}, AuditEntry{
		Who: r.AskedBy, Act: RefundMadeBy, Object: r.DonationID, After: r.Amount.String() + ", " + refundID,
	})
	if err == nil {
		crash.Here(crash.RefundEnded)
	}
	return err
}

// RefuseRefund keeps that Stripe refused a refund, which it would do again.
func (s *Store) RefuseRefund(ctx context.Context, r RefundRequest) error {
	return s.endRefund(ctx, r, map[string]any{"state": RefundRefused}, AuditEntry{
		Who: r.AskedBy, Act: RefundRefusedTo, Object: r.DonationID, Before: r.Amount.String(), After: "refused by Stripe",
	})
}

func (s *Store) endRefund(ctx context.Context, r RefundRequest, changes map[string]any, e AuditEntry) error {
	changes["ended_at"] = s.Now()
	return s.act(ctx, "end a refund", func(tx *gorm.DB) error {
		done := stillAsked(tx, r).Updates(changes)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return s.audit(tx, e)
	})
}

// LeaveRefund keeps that Stripe did not answer. spent says that it would give the
// same answer to the same idempotency key again.
func (s *Store) LeaveRefund(ctx context.Context, r RefundRequest, spent bool) error {
	changes := map[string]any{"state": RefundUnanswered}
	if spent {
		changes["attempt"] = r.Attempt + 1
	}
	return s.act(ctx, "leave a refund open", func(tx *gorm.DB) error {
		return stillAsked(tx, r).Where("attempt = ?", r.Attempt).Updates(changes).Error
	})
}

func stillAsked(tx *gorm.DB, r RefundRequest) *gorm.DB {
	return tx.Model(&RefundRequest{ID: r.ID}).Where("state IN ?", []RefundState{RefundAsking, RefundUnanswered})
}
