package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// EnterOffline books a gift that came another way than through Stripe. The same
// form key again returns the gift that is kept already, or ErrConflict if that
// one is another. It returns ErrInFuture for a day that has not begun,
// ErrLatePostmark for a postmark after the day received, and ErrNotAGift where
// what a gift must have is missing.
func (s *Store) EnterOffline(ctx context.Context, g NewOfflineGift) (Donation, error) {
	if err := s.mustBeOpen(); err != nil {
		return Donation{}, err
	}
	if err := g.Check(s.Now()); err != nil {
		return Donation{}, err
	}
	var d Donation
	var again bool
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		if d, again, err = s.entered(tx, g); err != nil || again {
			return err
		}
		made, err := s.enter(tx, g)
		if err != nil {
			return err
		}
		d = made[0]
		crash.Here(crash.OfflineUnkept)
		return nil
	})
	if err != nil {
		return Donation{}, fmt.Errorf("models: enter an offline gift: %w", err)
	}
	if !again {
		crash.Here(crash.OfflineKept)
		s.commits.Add(1)
	}
	return d, nil
}

// Check refuses what can be no gift, as EnterOffline does: with ErrNotAGift,
// ErrInFuture or ErrLatePostmark.
func (g NewOfflineGift) Check(now time.Time) error {
	if g.Amount <= 0 || !slices.Contains(OfflineMethods(), g.Method) || g.ReceivedOn.IsZero() || strings.TrimSpace(g.EnteredBy) == "" {
		return ErrNotAGift
	}
	today := CivilDay(now.In(g.Zone))
	if g.ReceivedOn.After(today) || g.DatedOn != nil && g.DatedOn.After(today) {
		return ErrInFuture
	}
	if g.DatedOn != nil && g.DatedOn.After(g.ReceivedOn) {
		return ErrLatePostmark
	}
	if g.Method == Stock && strings.TrimSpace(g.Reference) == "" {
		return ErrNotAGift // its receipt names the shares, and no amount
	}
	return nil
}

// entered finds the gift that a form key stands for already.
func (s *Store) entered(tx *gorm.DB, g NewOfflineGift) (d Donation, again bool, err error) {
	if g.FormKey == "" {
		return Donation{}, false, nil
	}
	// Forms are sent by the hand of a person: one at a time is fast enough, and
	// of two sent at once the second finds the first.
	if err := s.dialect.takeTurns(tx, "offline gifts"); err != nil {
		return Donation{}, false, err
	}
	var kept OfflineGift
	err = tx.Where("form_key = ?", g.FormKey).Take(&kept).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Donation{}, false, nil
	}
	if err != nil {
		return Donation{}, false, fmt.Errorf("find the form key: %w", err)
	}
	if err := tx.Take(&d, "id = ?", kept.DonationID).Error; err != nil {
		return Donation{}, false, fmt.Errorf("find the gift of the form key: %w", err)
	}
	if d.AmountCharged != g.Amount || !kept.says(g) && !kept.says(g.forget()) {
		return Donation{}, false, ErrConflict
	}
	return d, true, nil
}

// forget takes the person out of what was entered. Of stock the receipt says what
// was given.
func (g NewOfflineGift) forget() NewOfflineGift {
	g.DonorName, g.DonorEmail, g.DonorAddress, g.Note = "", "", "", ""
	if g.Method != Stock {
		g.Reference = ""
	}
	return g
}

// says reports whether a form sent again says what is kept.
func (o OfflineGift) says(g NewOfflineGift) bool {
	return o.Method == g.Method && o.ReceivedOn.Equal(g.ReceivedOn) && sameTime(o.DatedOn, g.DatedOn) &&
		o.DonorName == g.DonorName && o.DonorEmail == g.DonorEmail && o.DonorAddress == g.DonorAddress &&
		o.Reference == g.Reference && o.Note == g.Note
}

// receivedAt is the time that a day stands for in the books: its noon in the
// campaign's zone, which falls on that day in nearly every other zone too; or
// now, if it is not noon yet.
func (g NewOfflineGift) receivedAt(now time.Time) time.Time {
	y, m, d := g.ReceivedOn.Date()
	noon := time.Date(y, m, d, 12, 0, 0, 0, g.Zone).UTC()
	if noon.After(now) {
		return now
	}
	return noon
}

// offline is what a named person says of this gift.
func (d Donation) offline(kind FactKind, at time.Time, evidence string) Fact {
	object := "off_" + strings.TrimPrefix(d.ID, "don_")
	return Fact{
		Key: object + ":" + string(kind), Kind: kind, Object: object,
		Money: money.Money{Minor: d.AmountCharged, Currency: d.Currency}, At: at, Evidence: evidence,
	}
}

// ReverseOffline takes back an offline gift that was entered wrongly, as of
// now. It returns ErrNotFound for any other gift, and ErrConflict if it is
// reversed already.
func (s *Store) ReverseOffline(ctx context.Context, donationID, reason, by string) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		d, err := takeGift(tx, donationID)
		if err != nil {
			return err
		}
		kept, err := findOffline(tx, donationID)
		if err != nil {
			return err
		}
		if kept.ReversedAt != nil {
			return ErrConflict
		}
		err = tx.Model(&OfflineGift{DonationID: donationID}).Updates(map[string]any{
			"reversed_at": s.Now(), "reversed_by": by, "reverse_reason": reason,
		}).Error
		if err != nil {
			return fmt.Errorf("keep the reason: %w", err)
		}
		if err := s.record(tx, d, d.offline(OfflineUndone, s.Now(), "reversed by "+by)); err != nil {
			return err
		}
		if _, err := s.putDown(tx, d); err != nil {
			return err
		}
		err = s.audit(tx, AuditEntry{Who: Actor(by), Act: OfflineReversed, Object: d.ID, Before: d.AmountCharged.String(), After: "reversed"})
		crash.Here(crash.OfflineUnkept)
		return err
	})
	if err != nil {
		return fmt.Errorf("models: reverse the offline gift %s: %w", donationID, err)
	}
	crash.Here(crash.OfflineKept)
	s.commits.Add(1)
	return nil
}

// FindOffline returns what was entered of an offline gift; ErrNotFound for any
// other.
func (s *Store) FindOffline(ctx context.Context, donationID string) (OfflineGift, error) {
	kept, err := findOffline(s.db.WithContext(ctx), donationID)
	if err != nil {
		return OfflineGift{}, fmt.Errorf("models: %w", err)
	}
	return kept, nil
}

func findOffline(db *gorm.DB, donationID string) (OfflineGift, error) {
	var kept OfflineGift
	err := db.Where("donation_id = ?", donationID).Take(&kept).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return OfflineGift{}, ErrNotFound
	}
	if err != nil {
		return OfflineGift{}, fmt.Errorf("find the offline gift: %w", err)
	}
	kept.ReceivedOn = kept.ReceivedOn.UTC()
	if kept.DatedOn != nil {
		day := kept.DatedOn.UTC()
		kept.DatedOn = &day
	}
	return kept, nil
}
