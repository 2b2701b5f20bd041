package models

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// audit writes down acts, in the transaction of what they change, so that
// neither is ever without the other.
func (s *Store) audit(tx *gorm.DB, acts ...AuditEntry) error {
	now := s.Now()
	for i := range acts {
		id, err := s.ids.sortable(auditPrefix, now)
		if err != nil {
			return err
		}
		acts[i].ID, acts[i].At = id, now
	}
	return createAll(tx, "what was done", acts)
}

// auditPrefix is what the ids of acts begin with.
const auditPrefix = "act_"

// ListAudit returns up to most of the acts that a query asks for, the newest
// first.
func (s *Store) ListAudit(ctx context.Context, q AuditQuery, most int) ([]ListedAct, error) {
	var listed []ListedAct
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var found []AuditEntry
		if err := q.wanted(tx).Order("id DESC").Limit(most).Find(&found).Error; err != nil {
			return err
		}
		var err error
		listed, err = withGifts(tx, found)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: list the audit log: %w", err)
	}
	return listed, nil
}

// CountAudit is how many acts a query asks for.
func (s *Store) CountAudit(ctx context.Context, q AuditQuery) (int64, error) {
	var n int64
	if err := q.wanted(s.db.WithContext(ctx)).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("models: count the audit log: %w", err)
	}
	return n, nil
}

// wanted leaves the acts that a query asks for. Their ids begin with the time,
// so the days and the page are ranges of the primary key.
func (q AuditQuery) wanted(db *gorm.DB) *gorm.DB {
	db = db.Model(&AuditEntry{})
	where := func(asked bool, condition string, values ...any) {
		if asked {
			db = db.Where(condition, values...)
		}
	}
	where(q.Who != "", "who = ?", q.Who)
	where(q.Act != "", "act = ?", q.Act)
	reference := strings.ToUpper(q.Object)
	where(q.Object != "", "(object = ? OR object IN (SELECT id FROM donations WHERE reference IN ?))",
		q.Object, []string{reference, referencePrefix + reference})
	where(!q.From.IsZero(), "id >= ?", auditPrefix+sortableTime(q.From))
	where(!q.Until.IsZero(), "id < ?", auditPrefix+sortableTime(q.Until))
	where(q.Before != "", "id < ?", q.Before)
	return db
}

// withGifts are acts with the gifts that they were upon.
func withGifts(tx *gorm.DB, acts []AuditEntry) ([]ListedAct, error) {
	objects := make([]string, 0, len(acts))
	for _, a := range acts {
		objects = append(objects, a.Object)
	}
	var gifts []struct{ Object, ID, Reference string }
	err := tx.Raw(`SELECT id AS object, id, reference FROM donations WHERE id IN @objects
		UNION ALL SELECT o.key, d.id, d.reference FROM outbox o JOIN donations d ON d.id = o.donation_id WHERE o.key IN @objects`,
		sql.Named("objects", objects)).Scan(&gifts).Error
	if err != nil {
		return nil, fmt.Errorf("find their gifts: %w", err)
	}
	listed := make([]ListedAct, 0, len(acts))
	for _, a := range acts {
		one := ListedAct{AuditEntry: a}
		for _, g := range gifts {
			if g.Object == a.Object {
				one.Gift, one.Reference = g.ID, g.Reference
			}
		}
		listed = append(listed, one)
	}
	return listed, nil
}

// NoteExport writes down that somebody takes a table out of the rooms, before
// they get it: its name, and in words what was asked of it.
func (s *Store) NoteExport(ctx context.Context, by Actor, table, asked string) error {
	return s.act(ctx, "write down an export", func(tx *gorm.DB) error {
		return s.audit(tx, AuditEntry{Who: by, Act: Exported, Object: table, After: asked})
	})
}
