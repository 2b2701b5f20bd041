package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// Receive stores an event raw and books what it says, in one transaction. If
// booking fails, the raw event is stored alone in a second one and waits. An
// event that is known already changes nothing but how often it came. When Receive returns without an
// error the event is durable; otherwise nothing of it is. due reports whether
// an event is now to be looked up: this one, or others that waited for it.
func (s *Store) Receive(ctx context.Context, e Event, reading Reading) (state EventState, due bool, err error) {
	if err := s.mustBeOpen(); err != nil {
		return "", false, err
	}
	got, err := s.receive(ctx, e, func(tx *gorm.DB) (booked, error) { return s.bookReading(tx, reading) })
	if err == nil || ctx.Err() != nil {
		return got.state, got.woke || got.state == EventWaiting, err
	}
	s.log.Warn("booking an event failed; it is stored alone and will be tried again", "event", e.ID, "type", e.Type, "error", err)
	got, second := s.receive(ctx, e, func(*gorm.DB) (booked, error) {
		return booked{state: EventWaiting, problem: "booking it failed"}, nil
	})
	if second != nil {
		return "", false, errors.Join(err, second)
	}
	return got.state, true, nil
}

func (s *Store) receive(ctx context.Context, e Event, settle func(tx *gorm.DB) (booked, error)) (booked, error) {
	var result booked
	crash.Here(crash.EventUnkept)
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		result, err = s.keep(tx, e, settle)
		crash.Here(crash.EventBooked)
		return err
	})
	if err != nil {
		return booked{}, fmt.Errorf("models: receive event %s: %w", e.ID, err)
	}
	s.commits.Add(1)
	return result, nil
}

// keep stores an event that is new and settles it: without persons, if it is of
// somebody who was erased.
func (s *Store) keep(tx *gorm.DB, e Event, settle func(tx *gorm.DB) (booked, error)) (booked, error) {
	g, err := s.whoIsGone(tx)
	if err != nil {
		return booked{}, err
	}
	sum := sha256.Sum256(e.Raw)
	e.SHA256 = hex.EncodeToString(sum[:])
	// Most are booked at once, and so written once.
	e.ReceivedAt, e.State, e.NextTryAt, e.FailingSince = s.Now(), EventBooked, nil, nil
	came := e.Raw
	erased := bears(came)
	if !erased {
		if erased, err = g.speaksOf(tx, e, came); err != nil {
			return booked{}, err
		}
	}
	if erased {
		e.Raw, e.EmptiedAt = emptied(came), &e.ReceivedAt
	}
	stored := insertOnce(tx, &e)
	if stored.Error != nil {
		return booked{}, stored.Error
	}
	if stored.RowsAffected == 0 {
		var known Event
		if err := tx.Select("state").Where("id = ?", e.ID).Take(&known).Error; err != nil {
			return booked{}, err
		}
		err := tx.Model(&Event{ID: e.ID}).Updates(map[string]any{"again": gorm.Expr("again + 1"), "again_at": e.ReceivedAt}).Error
		return booked{state: known.State}, err
	}
	result, err := settle(tx)
	if err != nil {
		return booked{}, err
	}
	if result.state != EventBooked || result.problem != "" {
		if err := s.keepState(tx, e, result); err != nil {
			return booked{}, err
		}
	}
	if erased {
		return result, emptyBegun(tx, []Event{{Raw: came}})
	}
	// What it told may have shown whose it is.
	if erased, err = g.speaksOf(tx, e, came); err == nil && erased {
		err = s.emptyThese(tx, []Event{{ID: e.ID, Raw: emptied(came)}})
	}
	return result, err
}

// evidence is the name under which an object is kept that no event brought: a
// later state of it is another, and so is another contradiction.
func (o Object) evidence(of []byte) string {
	sum := sha256.Sum256(of)
	return "object_" + o.ID + "_" + hex.EncodeToString(sum[:4])
}

// Learn books what objects say that were fetched without an event to ask for
// them, in one transaction. Of those that bring news, or that contradict the
// books, the raw text is kept beside the events; those that say nothing new
// leave no trace. What is not theirs to tell yet (a charge that has not come) is
// left for the next time they are read.
func (s *Store) Learn(ctx context.Context, objects ...Object) ([]Learned, error) {
	if err := s.mustBeOpen(); err != nil {
		return nil, err
	}
	var learned []Learned
	err := s.tx(ctx, func(tx *gorm.DB) error {
		learned = learned[:0]
		for _, o := range objects {
			one, err := s.learn(tx, o)
			if err != nil {
				return fmt.Errorf("object %s: %w", o.ID, err)
			}
			learned = append(learned, one)
		}
		crash.Here(crash.ObjectsLearned)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("models: learn: %w", err)
	}
	crash.Here(crash.ObjectsKept)
	s.commits.Add(1)
	return learned, nil
}

func (s *Store) learn(tx *gorm.DB, o Object) (Learned, error) {
	name := o.evidence(o.Raw)
	for i := range o.Reading.Facts {
		o.Reading.Facts[i].Evidence = name
	}
	got, err := s.bookReading(tx, o.Reading)
	if err != nil {
		return Learned{}, err
	}
	one := Learned{Object: o.ID, State: got.state, Problem: got.problem, News: got.news}
	if len(got.news) == 0 && got.state != EventAttention {
		return one, nil
	}
	state := EventBooked
	if got.state == EventAttention {
		state = EventAttention
		known, err := contradicted(tx, o.ID, got.problem)
		if err != nil || known && len(got.news) == 0 {
			return one, err
		}
		if len(got.news) == 0 {
			name = o.evidence([]byte(got.problem))
		}
	}
	_, err = s.keep(tx, Event{
		ID: name, Type: ObjectRead, ObjectID: o.ID, Created: s.Now(), Livemode: s.Livemode(), Raw: o.Raw,
	}, func(*gorm.DB) (booked, error) { return booked{state: state, problem: got.problem}, nil })
	return one, err
}

// SetAside keeps an object that could not be read or booked: waiting, to be
// looked up again, or for staff. The same trouble with the same object is kept once.
func (s *Store) SetAside(ctx context.Context, o Object, state EventState, problem string) error {
	_, _, err := s.Receive(ctx, Event{
		ID: o.evidence([]byte(problem)), Type: ObjectRead, ObjectID: o.ID, Created: s.Now(), Livemode: s.Livemode(), Raw: o.Raw,
	}, Reading{State: state, Problem: problem})
	return err
}

// contradicted reports whether the same contradiction of an object is before
// staff already, or was resolved by them, as an event or an object read: one is
// enough.
func contradicted(tx *gorm.DB, object, problem string) (bool, error) {
	var n int64
	err := tx.Model(&Event{}).Where("object_id = ? AND state IN ? AND problem = ?", object, []EventState{EventAttention, EventResolved}, problem).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for the same contradiction: %w", err)
	}
	return n > 0, nil
}

// Settle books what looking up a waiting event at Stripe brought, and closes
// the event unless it must wait on.
func (s *Store) Settle(ctx context.Context, e Event, reading Reading) (EventState, error) {
	var got booked
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		if got, err = s.bookReading(tx, reading); err != nil {
			return err
		}
		err = s.keepState(tx, e, got)
		crash.Here(crash.LookupBooked)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("models: settle event %s: %w", e.ID, err)
	}
	crash.Here(crash.LookupSettled)
	s.commits.Add(1)
	return got.state, nil
}

// Postpone keeps an event waiting after a try that failed, and says why.
func (s *Store) Postpone(ctx context.Context, e Event, why string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error { return s.keepState(tx, e, booked{state: EventWaiting, problem: why}) })
	if err != nil {
		return fmt.Errorf("models: postpone event %s: %w", e.ID, err)
	}
	return nil
}

// keepState writes what became of an event. One that waits is tried again:
// soon at first, then with backoff, and at once when what it waits for comes.
func (s *Store) keepState(tx *gorm.DB, e Event, got booked) error {
	changes := map[string]any{"object_id": e.ObjectID, "state": got.state, "problem": got.problem, "next_try_at": nil, "failing_since": nil}
	if got.state == EventWaiting {
		now := s.Now()
		changes["next_try_at"] = now.Add(waitFor(e.Attempts, got.problem))
		changes["failing_since"] = now
		if e.FailingSince != nil {
			changes["failing_since"] = *e.FailingSince
		}
	}
	// Only as it was claimed: whoever settled it meanwhile has the last word.
	done := tx.Model(&Event{}).Where("id = ? AND state = ? AND attempts = ?", e.ID, e.State, e.Attempts).Updates(changes)
	if done.Error != nil {
		return fmt.Errorf("keep the event's state: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return nil
	}
	if got.state != EventWaiting && got.state != EventAttention {
		if e.Attempts == 0 {
			return nil // it never waited
		}
		if err := tx.Where("event_id = ?", e.ID).Delete(&eventWait{}).Error; err != nil {
			return fmt.Errorf("forget what the event waited for: %w", err)
		}
		return nil
	}
	for _, id := range got.waitsFor {
		if err := insertOnce(tx, &eventWait{ID: id, EventID: e.ID}).Error; err != nil {
			return fmt.Errorf("keep what the event waits for: %w", err)
		}
	}
	return nil
}

// eventWait is an id that an event waits for.
type eventWait struct {
	ID      string `gorm:"primaryKey"`
	EventID string `gorm:"primaryKey"`
}

func (eventWait) TableName() string { return "event_waits" }

// wakeWaiting makes due at once the events that wait for one of these ids, and
// those that needed a person because nothing was known of it, resolved or not.
func (s *Store) wakeWaiting(tx *gorm.DB, ids []string) (bool, error) {
	done := tx.Model(&Event{}).
		Where("id IN (SELECT event_id FROM event_waits WHERE id IN ?) AND (state = ? AND next_try_at > ? OR state IN ?)",
			ids, EventWaiting, s.Now(), []EventState{EventAttention, EventResolved}).
		Updates(map[string]any{"state": EventWaiting, "next_try_at": s.Now()})
	if done.Error != nil {
		return false, fmt.Errorf("wake what waited: %w", done.Error)
	}
	return done.RowsAffected > 0, nil
}

// Replay makes an event that needs a person, waits or was resolved be tried again
// from the start: after a fix, it is booked like any other. It returns ErrNotFound for
// an event that never came; one that is settled stays as it is.
func (s *Store) Replay(ctx context.Context, by Actor, id string) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&Event{}).Where("id = ? AND state IN ?", id, []EventState{EventAttention, EventWaiting, EventResolved}).
			Updates(map[string]any{"state": EventWaiting, "attempts": 0, "next_try_at": s.Now(), "failing_since": s.Now()})
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected > 0 {
			return s.audit(tx, AuditEntry{Who: by, Act: EventReplayed, Object: id})
		}
		var e Event
		err := tx.Select("id").Where("id = ?", id).Take(&e).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("models: replay event %s: %w", id, err)
	}
	return nil
}

// claimFor is how long a claimed event is left alone by others. Whoever
// claimed it and died is followed by another after that.
const claimFor = time.Minute

// ClaimDue claims up to most waiting events whose time has come, oldest
// first. A claim lasts a minute, so that two processes do not look up the same.
func (s *Store) ClaimDue(ctx context.Context, most int) ([]Event, error) {
	var due []Event
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		err := skipLocked(tx).Where("state = ? AND next_try_at <= ?", EventWaiting, now).Order("next_try_at").Limit(most).Find(&due).Error
		if err != nil || len(due) == 0 {
			return err
		}
		claimed := make([]string, 0, len(due))
		for i := range due {
			claimed = append(claimed, due[i].ID)
			due[i].Attempts++
		}
		err = tx.Model(&Event{}).Where("id IN ?", claimed).
			Updates(map[string]any{"attempts": gorm.Expr("attempts + 1"), "next_try_at": now.Add(claimFor)}).Error
		crash.Here(crash.ClaimUnkept)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: claim waiting events: %w", err)
	}
	if len(due) > 0 {
		crash.Here(crash.ClaimKept)
	}
	return due, nil
}

// NextDue tells when the next waiting event's time comes; ok is false if none
// waits.
func (s *Store) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	var next Event
	err = s.db.WithContext(ctx).Select("next_try_at").
		Where("state = ? AND next_try_at IS NOT NULL", EventWaiting).Order("next_try_at").Take(&next).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("models: find the next waiting event: %w", err)
	}
	return *next.NextTryAt, true, nil
}

// ChargeBooked reports whether the payment of this Stripe charge is in the
// journal.
func (s *Store) ChargeBooked(ctx context.Context, charge string) (bool, error) {
	var n int64
	err := s.db.WithContext(ctx).Model(&Posting{}).Where("key = ?", charge+":charge").Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("models: look for the charge %s: %w", charge, err)
	}
	return n > 0, nil
}

// OpenEvents returns the events that wait or need attention, the oldest first,
// without their raw text.
func (s *Store) OpenEvents(ctx context.Context) ([]Event, error) {
	var events []Event
	err := s.db.WithContext(ctx).Omit("raw").Where("state IN ?", []EventState{EventAttention, EventWaiting}).
		Order("received_at, id").Find(&events).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the open events: %w", err)
	}
	return events, nil
}

// FindEvent returns an event as it was stored; ErrNotFound if it never came.
func (s *Store) FindEvent(ctx context.Context, id string) (Event, error) {
	var e Event
	err := s.db.WithContext(ctx).Where("id = ?", id).Take(&e).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Event{}, ErrNotFound
	}
	if err != nil {
		return Event{}, fmt.Errorf("models: find event %s: %w", id, err)
	}
	return e, nil
}
