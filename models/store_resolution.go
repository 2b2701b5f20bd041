package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Resolve closes a matter with a note on why: it stands on no list of what needs
// a person until it changes. No money moves by it, and a difference from Stripe
// goes on being counted. seen is the Mark of what whoever decides has read; "" is
// any. It returns ErrNoNote for a note that is empty or too long, ErrNotFound for
// what never was, and ErrExists if it is not open, or is not what was seen.
func (s *Store) Resolve(ctx context.Context, by Actor, kind FindingKind, object, seen, note string) error {
	note = strings.TrimSpace(note)
	if note == "" || len([]rune(note)) > MostOfNote {
		return ErrNoNote
	}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		m, err := s.findMatter(forUpdate(tx), kind, object)
		switch {
		case err != nil:
			return err
		case m.State != MatterOpen || seen != "" && seen != m.Mark():
			return ErrExists
		}
		act, before := EventResolvedBy, "needs a person"
		if kind == "" {
			err = tx.Model(&Event{ID: object}).Updates(map[string]any{"state": EventResolved, "next_try_at": nil, "failing_since": nil}).Error
		} else {
			act, before = FindingResolvedBy, string(kind)+" "+m.Amount.String()
			err = tx.Model(&Finding{}).Where("kind = ? AND object = ?", kind, object).Update("resolved_at", s.Now()).Error
		}
		if err != nil {
			return err
		}
		r := Resolution{Kind: kind, Object: object, Problem: m.Problem, Amount: m.Amount, At: s.Now(), Who: by, Note: note}
		if r.ID, err = s.ids.sortable("res_", r.At); err != nil {
			return err
		}
		if err := tx.Create(&r).Error; err != nil {
			return err
		}
		// Viewers read the log, so the words of the note are not in it.
		return s.audit(tx, AuditEntry{Who: by, Act: act, Object: object, Before: before, After: "resolved"})
	})
	if err != nil {
		return fmt.Errorf("models: resolve %s: %w", object, err)
	}
	return nil
}

// FindMatter returns an event, or a finding of a kind, as a matter; ErrNotFound
// if there is none.
func (s *Store) FindMatter(ctx context.Context, kind FindingKind, object string) (Matter, error) {
	m, err := s.findMatter(s.db.WithContext(ctx), kind, object)
	if err != nil {
		return Matter{}, fmt.Errorf("models: find %s: %w", object, err)
	}
	return m, nil
}

func (s *Store) findMatter(tx *gorm.DB, kind FindingKind, object string) (Matter, error) {
	m := Matter{Kind: kind, Object: object, State: MatterGone}
	if kind == "" {
		var found []Event
		if err := tx.Omit("raw").Where("id = ?", object).Find(&found).Error; err != nil || len(found) == 0 {
			return m, orNotFound(err)
		}
		e := found[0]
		m.Problem, m.Since = e.Problem, e.ReceivedAt.UTC()
		switch {
		case e.NeedsPerson(s.Now()):
			m.State = MatterOpen
		case e.State == EventResolved:
			m.State = MatterResolved
		}
		return m, nil
	}
	var found []Finding
	if err := tx.Where("kind = ? AND object = ?", kind, object).Find(&found).Error; err != nil || len(found) == 0 {
		return m, orNotFound(err)
	}
	f := found[0]
	m.Problem, m.Amount, m.Since = f.Detail, f.Amount, f.FoundAt.UTC()
	switch {
	case f.ClosedAt != nil:
	case f.ResolvedAt != nil:
		m.State = MatterResolved
	default:
		m.State = MatterOpen
	}
	return m, nil
}

func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

// ListResolutions returns up to most resolutions, the newest first; those before
// the one with an id, unless that is "".
func (s *Store) ListResolutions(ctx context.Context, before string, most int) ([]Resolution, error) {
	query, args := "", []any{EventAttention, EventWaiting, EventResolved}
	if before != "" {
		query, args = "WHERE r.id < ?", append(args, before)
	}
	var all []Resolution
	err := s.db.WithContext(ctx).Raw(`
		SELECT r.*, CASE WHEN e.state IN (?, ?) OR f.closed_at IS NULL AND f.resolved_at IS NULL AND f.object IS NOT NULL THEN 'open'
		                 WHEN e.state = ? OR f.closed_at IS NULL AND f.object IS NOT NULL THEN 'resolved' ELSE 'gone' END AS state
		FROM resolutions r LEFT JOIN events e ON r.kind = '' AND e.id = r.object LEFT JOIN findings f ON f.kind = r.kind AND f.object = r.object
		`+query+` ORDER BY r.id DESC LIMIT ?`, append(args, most)...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("models: list what was resolved: %w", err)
	}
	return all, nil
}
