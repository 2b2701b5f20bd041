package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// ClaimErasure claims an erasure that is not done and whose time has come: the
// one that is named, or "" for the oldest. Nobody else gets it for so long. found
// is false if there is none.
func (s *Store) ClaimErasure(ctx context.Context, id string, hold time.Duration) (e Erasure, found bool, err error) {
	if err := s.mustBeOpen(); err != nil {
		return Erasure{}, false, err
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		due := skipLocked(tx).Where("state = ? AND next_try_at <= ?", ErasureQueued, s.Now())
		if id != "" {
			due = due.Where("id = ?", id)
		}
		var all []Erasure
		if err := due.Order("next_try_at, id").Limit(1).Find(&all).Error; err != nil || len(all) == 0 {
			found = false
			return err
		}
		e, found = all[0], true
		e.Claims, e.Attempts, e.NextTryAt = e.Claims+1, e.Attempts+1, s.Now().Add(hold)
		return tx.Model(&Erasure{ID: e.ID}).Updates(map[string]any{"claims": e.Claims, "attempts": e.Attempts, "next_try_at": e.NextTryAt}).Error
	})
	if err != nil {
		return Erasure{}, false, fmt.Errorf("models: claim an erasure: %w", err)
	}
	return e, found, nil
}

// EmptyEvents looks at up to most raw events after those that an erasure has
// looked at, empties those that speak of the donor, and returns the erasure as it
// is then, and how many were looked at. Its claim is good for so long again. The
// last of these calls leaves EventsAt set.
func (s *Store) EmptyEvents(ctx context.Context, e Erasure, most int, hold time.Duration) (Erasure, int, error) {
	known, err := s.howKnown(ctx, e)
	if err != nil {
		return e, 0, fmt.Errorf("models: read by what somebody is known: %w", err)
	}
	var batch []Event
	err = s.db.WithContext(ctx).Select("id, type, created, raw").Where("id > ? AND emptied_at IS NULL", e.EventsAfter).Order("id").Limit(most).Find(&batch).Error
	if err != nil {
		return e, 0, fmt.Errorf("models: read the raw events: %w", err)
	}
	looked, now := len(batch), e
	now.NextTryAt = s.Now().Add(hold)
	if looked == most {
		now.EventsAfter = batch[looked-1].ID
	} else {
		at := s.Now()
		now.EventsAt = &at
	}
	batch = slices.DeleteFunc(batch, func(event Event) bool { return !known.speakIn(event) })
	emptyAll(batch) // which leaves the ids
	err = s.tx(ctx, func(tx *gorm.DB) error {
		if err := emptyBegun(tx, batch); err != nil {
			return err
		}
		if err := s.emptyThese(tx, batch); err != nil {
			return err
		}
		if now.EventsAt != nil { // what was on its way when the rows were emptied
			if err := s.emptyRows(tx, e.DonorID, nil); err != nil {
				return err
			}
		}
		// Not if something turned up meanwhile, and all are to be looked at again.
		err := tx.Model(&Erasure{}).Where("id = ? AND claims = ? AND events_after = ?", e.ID, e.Claims, e.EventsAfter).
			Updates(map[string]any{"events_after": now.EventsAfter, "events_at": now.EventsAt, "next_try_at": now.NextTryAt}).Error
		crash.Here(crash.EventsUnemptied)
		return err
	})
	if err != nil {
		return e, 0, fmt.Errorf("models: empty raw events: %w", err)
	}
	crash.Here(crash.EventsEmptied)
	if now.EventsAt != nil {
		err = s.settleFile(ctx)
	}
	return now, looked, err
}

// CountEvents is how many raw events an erasure has still to look at.
func (s *Store) CountEvents(ctx context.Context, e Erasure) (int64, error) {
	if e.EventsAt != nil {
		return 0, nil
	}
	var n int64
	err := s.db.WithContext(ctx).Model(&Event{}).Where("id > ? AND emptied_at IS NULL", e.EventsAfter).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("models: count the raw events: %w", err)
	}
	return n, nil
}

// emptyBegun takes the words out of gifts that nobody paid, of which payloads that
// speak of somebody who was erased tell: a card that was declined, and tried again
// in another gift.
func emptyBegun(tx *gorm.DB, events []Event) error {
	for _, event := range events {
		ids, _ := said(event.Raw)
		for some := range slices.Chunk(ids, mostAsked) {
			err := tx.Exec(`UPDATE donations SET comment = '', tribute_name = '' WHERE donor_id IS NULL AND (comment <> '' OR tribute_name <> '')
				AND (token IN @ids OR session_id IN @ids OR id IN (SELECT donation_id FROM gift_ids WHERE id IN @ids))`, map[string]any{"ids": some}).Error
			if err != nil {
				return fmt.Errorf("empty what was begun: %w", err)
			}
		}
	}
	return nil
}

// emptyThese keeps raw events out of which persons were taken, and takes them out
// of what staff wrote about these.
func (s *Store) emptyThese(tx *gorm.DB, events []Event) error {
	if _, err := writeEmptied(tx, s.Now(), events); err != nil {
		return err
	}
	for _, event := range events {
		if err := tx.Exec("UPDATE resolutions SET note = ? WHERE object = ?", erasedText, event.ID).Error; err != nil {
			return fmt.Errorf("empty what was written about %s: %w", event.ID, err)
		}
	}
	return nil
}

// knownBy is by what somebody who was erased is known.
type knownBy struct {
	gone
	ids, hashes map[string]bool
	asked       time.Time
}

// speakIn reports whether an event's payload speaks of them, as speaksOf does.
func (k knownBy) speakIn(e Event) bool {
	ids, addresses := said(e.Raw)
	if slices.ContainsFunc(ids, func(id string) bool { return k.ids[id] }) {
		return true
	}
	return (e.Type == ObjectRead || !e.Created.After(k.asked)) &&
		slices.ContainsFunc(addresses, func(a string) bool { return k.hashes[k.hash(a)] })
}

// howKnown reads by what somebody who was erased is known.
func (s *Store) howKnown(ctx context.Context, e Erasure) (knownBy, error) {
	k := knownBy{ids: map[string]bool{}, hashes: map[string]bool{}, asked: e.AskedAt}
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var err error
		if k.gone, err = s.whoIsGone(tx); err != nil {
			return err
		}
		var hashes []string
		if err := tx.Model(&erasedAddress{}).Where("erasure_id = ?", e.ID).Pluck("hash", &hashes).Error; err != nil {
			return err
		}
		for _, hash := range hashes {
			k.hashes[hash] = true
		}
		ids, err := stripeNames(tx, e.DonorID)
		for _, id := range ids {
			k.ids[id] = true
		}
		return err
	})
	return k, err
}

// stripeNames are all names by which payloads call a donor's gifts and
// subscriptions, and the customer.
func stripeNames(tx *gorm.DB, donorID string) ([]string, error) {
	var ids []string
	err := tx.Raw(`SELECT id FROM gift_ids WHERE donation_id IN `+theirGifts+`
		UNION SELECT object FROM facts WHERE object <> '' AND donation_id IN `+theirGifts+`
		UNION SELECT token FROM donations WHERE donor_id = @donor AND token IS NOT NULL
		UNION SELECT session_id FROM donations WHERE donor_id = @donor AND session_id IS NOT NULL
		UNION SELECT invoice_id FROM donations WHERE donor_id = @donor AND invoice_id IS NOT NULL
		UNION SELECT subscription_id FROM donations WHERE donor_id = @donor AND subscription_id IS NOT NULL
		UNION SELECT customer FROM subscriptions WHERE customer <> '' AND id IN `+theirSubs, map[string]any{"donor": donorID}).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read the names of their gifts: %w", err)
	}
	return ids, nil
}

// KnownAtStripe is what Stripe knows an erased donor by.
func (s *Store) KnownAtStripe(ctx context.Context, e Erasure) (AtStripe, error) {
	ids, err := stripeNames(s.db.WithContext(ctx), e.DonorID)
	if err != nil {
		return AtStripe{}, fmt.Errorf("models: %w", err)
	}
	var at AtStripe
	for _, id := range ids {
		for prefix, into := range map[string]*[]string{
			"pi_": &at.PaymentIntents, "ch_": &at.Charges, "py_": &at.Charges, "cus_": &at.Customers, "sub_": &at.Subscriptions,
		} {
			if strings.HasPrefix(id, prefix) {
				*into = append(*into, id)
			}
		}
	}
	return at, nil
}

// EndErasure keeps that Stripe has forgotten, and all that is left is done, but
// for the objects of Stripe's that it would not change. One for which something
// turned up meanwhile goes on: ended is false.
func (s *Store) EndErasure(ctx context.Context, e Erasure, unchanged []string) (ended bool, err error) {
	left := ""
	if len(unchanged) > 0 {
		left = "Stripe would not change " + strings.Join(unchanged, ", ")
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&Erasure{}).Where("id = ? AND claims = ? AND events_at IS NOT NULL", e.ID, e.Claims).Updates(map[string]any{
			"state": ErasureDone, "stripe_at": s.Now(), "problem": plain(left), "failing_since": nil,
		})
		ended = done.RowsAffected > 0
		crash.Here(crash.ErasureUnended)
		return done.Error
	})
	if err == nil {
		crash.Here(crash.ErasureEnded)
		err = s.settleFile(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("models: end an erasure: %w", err)
	}
	return ended, nil
}

// settleFile has what was overwritten be so on the disk too, as far as that is
// ours to say. While somebody reads for long, it is left to the next of its kind.
func (s *Store) settleFile(ctx context.Context) error {
	for try := range 20 {
		settled, err := s.dialect.settleFile(ctx, s.db)
		if err == nil && !settled {
			err = pause(ctx, time.Duration(try+1)*10*time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("models: settle the file: %w", err)
		}
		if settled {
			break
		}
	}
	return nil
}

// LeaveErasure keeps why an erasure could not go on, "" where nothing failed and
// another is to do the rest. It is tried again: at once then, and else with a
// pause that doubles up to two hours.
func (s *Store) LeaveErasure(ctx context.Context, e Erasure, problem string) error {
	changes := map[string]any{"next_try_at": s.Now()}
	if problem != "" {
		changes["problem"] = plain(problem)
		changes["next_try_at"] = s.Now().Add(erasurePause(e.Attempts))
		changes["failing_since"] = gorm.Expr("COALESCE(failing_since, ?)", s.Now())
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&Erasure{}).Where("id = ? AND state = ? AND claims = ?", e.ID, ErasureQueued, e.Claims).Updates(changes).Error
	})
	if err != nil {
		return fmt.Errorf("models: leave an erasure: %w", err)
	}
	return nil
}

// ErasedAmong reports whether any of these addresses was, or any of these
// references is of, somebody who was erased.
func (s *Store) ErasedAmong(ctx context.Context, addresses, references []string) (bool, error) {
	var n int64
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		g, err := s.whoIsGone(tx)
		if err != nil || g.key == nil {
			return err
		}
		var hashes []string
		for _, a := range addresses {
			hashes = append(hashes, g.hash(a))
		}
		return tx.Raw(`SELECT COUNT(*) FROM (SELECT 1 AS one FROM erased_addresses WHERE hash IN @hashes
			UNION ALL SELECT 1 FROM donations d JOIN donors o ON o.id = d.donor_id WHERE d.reference IN @references AND o.erased_at IS NOT NULL) AS found`,
			map[string]any{"hashes": hashes, "references": references}).Scan(&n).Error
	})
	if err != nil {
		return false, fmt.Errorf("models: look for who was erased: %w", err)
	}
	return n > 0, nil
}
