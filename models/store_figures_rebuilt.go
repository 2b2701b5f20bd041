package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
)

// rebuildBatch is how many gifts or donors are put right in one transaction.
const rebuildBatch = 500

// RebuildFigures reckons anew, from the facts and the journal, every figure that
// is kept beside them: the state of each gift, the gifts of each donor, the
// figures of days and the public ones. What differs is put right and named, and
// neither facts nor journal are touched.
//
// Bookings go on meanwhile. Everything is read on snapshots, and what is kept is
// put right by adding the difference, in short transactions; a booking adds its
// own, so it doesn't matter which comes first. One that is broken off leaves
// each figure as it was or right, and can be done again. visited is told of each
// gift that was looked at, and how many there are; it may be nil.
func (s *Store) RebuildFigures(ctx context.Context, by Actor, visited func(gift, all int64)) (Rebuilt, error) {
	var r Rebuilt
	if err := s.mustBeOpen(); err != nil {
		return r, err
	}
	// Gifts before donors, and donors before the public figures: what a booking
	// adds to those is reckoned from what is kept of the gift and its donor.
	off, before, err := s.rebuildGifts(ctx, by, &r, visited)
	if err == nil {
		err = s.rebuildDonors(ctx, by, &r)
	}
	if err == nil {
		err = s.correctFigures(ctx, by, &r, off, before)
	}
	if err != nil {
		return r, fmt.Errorf("models: rebuild the figures: %w", err)
	}
	return r, nil
}

// rebuildGifts puts the gifts right whose state is not that of their facts, and
// returns by how much the figures of days are off, on the same view of the books.
func (s *Store) rebuildGifts(ctx context.Context, by Actor, r *Rebuilt, visited func(gift, all int64)) (off tally, before correction, err error) {
	off = tally{days{}, days{}}
	err = s.snapshot(ctx, func(tx *gorm.DB) error {
		if before, err = correctionsOf(tx); err != nil {
			return err
		}
		zone, err := zoneOf(tx)
		if err != nil {
			return err
		}
		var wrong []string
		began := beginnings{}
		var seen, all int64
		if err := tx.Model(&Donation{}).Count(&all).Error; err != nil {
			return fmt.Errorf("count the gifts: %w", err)
		}
		err = eachGift(tx, func(d Donation, facts []storedFact) error {
			off.take(daysOf(d, facts, zone))
			f, err := began.foldAnew(tx, d, facts)
			if err != nil {
				return err
			}
			if seen++; visited != nil {
				visited(seen, all)
			}
			if d.holds(f) {
				return nil
			}
			if r.Gifts++; r.Gifts <= mostShown {
				r.Found = append(r.Found, giftBreach(d, f))
			}
			if wrong = append(wrong, d.ID); len(wrong) < rebuildBatch {
				return nil
			}
			err, wrong = s.refoldGifts(ctx, by, wrong), nil
			return err
		})
		if err == nil && len(wrong) > 0 {
			err = s.refoldGifts(ctx, by, wrong)
		}
		if err != nil {
			return err
		}
		kept, err := keptDays(tx)
		if err != nil {
			return err
		}
		found := kept.differences(off)
		r.Days = int64(len(found))
		r.Found = append(r.Found, found[:min(len(found), mostShown)]...)
		off.figures.leave(kept.figures)
		off.amounts.leave(kept.amounts)
		return nil
	})
	return off, before, err
}

// refoldGifts has gifts hold what their facts come to by now. The ids are in
// their order.
func (s *Store) refoldGifts(ctx context.Context, by Actor, ids []string) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		var gifts []Donation
		if err := forUpdate(tx).Where("id IN ?", ids).Order("id").Find(&gifts).Error; err != nil {
			return fmt.Errorf("read the gifts: %w", err)
		}
		for _, d := range gifts {
			facts, err := factsOf(tx, d.ID)
			if err != nil {
				return err
			}
			f, err := foldAnew(tx, d, facts)
			if err != nil {
				return err
			}
			d.hold(f)
			if err := tx.Model(&Donation{ID: d.ID}).Select(foldedColumns).Updates(d).Error; err != nil {
				return fmt.Errorf("keep the gift's state: %w", err)
			}
		}
		return s.audit(tx, AuditEntry{Who: by, Act: FiguresRebuilt, Object: "gifts", After: fmt.Sprintf("the state of %d", len(ids))})
	})
}

// miscounted are donors whose gifts are not those that count.
const miscounted = `SELECT o.id, o.gifts, COUNT(d.id) FROM donors o LEFT JOIN donations d ON d.donor_id = o.id AND d.counted
	GROUP BY o.id HAVING o.gifts <> COUNT(d.id)`

// rebuildDonors counts each donor's gifts anew.
func (s *Store) rebuildDonors(ctx context.Context, by Actor, r *Rebuilt) error {
	return s.snapshot(ctx, func(tx *gorm.DB) error {
		rows, err := tx.Raw(miscounted).Rows()
		if err != nil {
			return fmt.Errorf("find the donors who are miscounted: %w", err)
		}
		defer func() { _ = rows.Close() }() // read only: Err below tells what went wrong
		var wrong []string
		for rows.Next() {
			var id string
			var kept, found int64
			if err := rows.Scan(&id, &kept, &found); err != nil {
				return fmt.Errorf("find the donors who are miscounted: %w", err)
			}
			if r.Donors++; r.Donors <= mostShown {
				r.Found = append(r.Found, Breach{"I8", donorsRule, fmt.Sprintf("%s: %d kept, %d found", id, kept, found)})
			}
			if wrong = append(wrong, id); len(wrong) == rebuildBatch {
				if err := s.recountDonors(ctx, by, wrong); err != nil {
					return err
				}
				wrong = nil
			}
		}
		if err := rows.Err(); err != nil || len(wrong) == 0 {
			return err
		}
		return s.recountDonors(ctx, by, wrong)
	})
}

// recountDonors has donors bear the number of their gifts that count by now.
func (s *Store) recountDonors(ctx context.Context, by Actor, ids []string) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		// Whoever books a gift of theirs changes their row before it commits: with
		// the row held, and in a statement that begins after that, the gifts are
		// those that the row has to agree with.
		if err := forUpdate(tx).Select("id").Where("id IN ?", ids).Order("id").Find(&[]Donor{}).Error; err != nil {
			return fmt.Errorf("hold the donors: %w", err)
		}
		err := tx.Exec(`UPDATE donors SET gifts = (SELECT COUNT(*) FROM donations d WHERE d.donor_id = donors.id AND d.counted) WHERE id IN ?`, ids).Error
		if err != nil {
			return fmt.Errorf("count the donors' gifts: %w", err)
		}
		return s.audit(tx, AuditEntry{Who: by, Act: FiguresRebuilt, Object: "donors", After: fmt.Sprintf("the gifts of %d", len(ids))})
	})
}

// correction is how often the sums were corrected, and in which zone their days
// are: a difference that was reckoned before another correction must not be
// added after it.
type correction struct {
	times int64
	zone  string
}

// errCorrected is told to whoever rebuilds while another does, and comes second.
var errCorrected = errors.New("another rebuild ended meanwhile: begin again")

// sums is the object of the acts that corrected the sums.
const sums = "sums"

func correctionsOf(tx *gorm.DB) (correction, error) {
	var c correction
	err := tx.Raw("SELECT (SELECT COUNT(*) FROM audit_log WHERE act = ? AND object = ?), zone FROM books", FiguresRebuilt, sums).Row().Scan(&c.times, &c.zone)
	if err != nil {
		return c, fmt.Errorf("read how often the sums were corrected: %w", err)
	}
	return c, nil
}

// correctFigures adds to the figures of days, and to the public ones, what they
// are off by.
func (s *Store) correctFigures(ctx context.Context, by Actor, r *Rebuilt, off tally, before correction) error {
	var lacks progressChange
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		var found []Breach
		var err error
		if lacks, found, err = progressLacks(tx); err != nil {
			return err
		}
		r.Public = len(found) > 0
		r.Found = append(r.Found, found...)
		return nil
	})
	if err != nil {
		return err
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		// One after the other, and none while days are reckoned in another zone.
		if err := s.dialect.lockTable(tx, "day_changes"); err != nil {
			return fmt.Errorf("wait for the bookings under way: %w", err)
		}
		if now, err := correctionsOf(tx); err != nil {
			return err
		} else if now != before {
			return errCorrected
		}
		if err := off.add(tx); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM day_figures WHERE gross = 0 AND refunded = 0 AND disputed = 0 AND fees = 0 AND gifts = 0").Error; err != nil {
			return fmt.Errorf("drop what came to nothing: %w", err)
		}
		if err := tx.Exec("DELETE FROM day_amounts WHERE gifts = 0").Error; err != nil {
			return fmt.Errorf("drop what came to nothing: %w", err)
		}
		if r.Public {
			lacks.ChangedAt = s.Now().UnixMicro()
			if err := tx.Create(&lacks).Error; err != nil {
				return fmt.Errorf("correct the public figures: %w", err)
			}
		}
		err := s.audit(tx, AuditEntry{Who: by, Act: FiguresRebuilt, Object: sums, After: r.String()})
		crash.Here(crash.FiguresUnkept)
		return err
	})
	crash.Here(crash.FiguresKept)
	return err
}

// progressLacks is what the public figures lack to be those of the journal.
func progressLacks(tx *gorm.DB) (lacks progressChange, found []Breach, err error) {
	shown, err := sumChanges(tx)
	if err != nil {
		return lacks, nil, err
	}
	reckoned, err := recomputed(tx, nil)
	if err != nil {
		return lacks, nil, err
	}
	lacks = progressChange{
		Gross: reckoned.Gross - shown.Gross, Refunded: reckoned.Refunded - shown.Refunded, Disputed: reckoned.Disputed - shown.Disputed,
		Offline: reckoned.Offline - shown.Offline, Fees: reckoned.Fees - shown.Fees, Pending: reckoned.Pending - shown.Pending,
		Gifts: reckoned.Gifts - shown.Gifts, Donors: reckoned.Donors - shown.Donors,
	}
	if lacks == (progressChange{}) {
		return lacks, nil, nil
	}
	if shown.GiftAt == 0 && reckoned.Gifts > 0 { // nothing is left that would say when the last one was counted
		var last storedFact
		if err := tx.Where("kind IN ?", []FactKind{Charged, OfflineGiven}).Order("recorded_at DESC").Limit(1).Find(&last).Error; err != nil {
			return lacks, nil, fmt.Errorf("find the last gift: %w", err)
		}
		lacks.GiftAt = last.RecordedAt.UnixMicro()
	}
	return lacks, []Breach{progressBreach(shown, reckoned)}, nil
}
