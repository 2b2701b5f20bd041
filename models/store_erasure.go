package models

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// PlanErasure says what erasing somebody would do. who is an e-mail, a donor's
// id, or a gift's reference or id. It returns ErrNotFound if nothing is known of
// them.
func (s *Store) PlanErasure(ctx context.Context, who string) (ErasurePlan, error) {
	var plan ErasurePlan
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		found, err := s.findErasable(tx, who)
		if err == nil {
			plan, err = s.planErasure(tx, found)
		}
		return err
	})
	if err != nil {
		return ErasurePlan{}, fmt.Errorf("models: plan an erasure: %w", err)
	}
	return plan, nil
}

// erasable is somebody who can be erased: a donor, a gift of which nobody knows
// yet whose it is, or an address that asked for the newsletter.
type erasable struct {
	donor Donor     // without an id if there is none yet
	gift  *Donation // that has no donor
	email string
}

// findErasable finds whom somebody means.
func (s *Store) findErasable(tx *gorm.DB, who string) (erasable, error) {
	who = strings.TrimSpace(who)
	if strings.Contains(who, "@") {
		return s.erasableAt(tx, FoldEmail(who))
	}
	if strings.HasPrefix(who, "donor_") {
		return erasableDonor(tx, "id = ?", who)
	}
	var gifts []Donation
	if err := tx.Where("id = ? OR reference = ?", who, strings.ToUpper(who)).Limit(1).Find(&gifts).Error; err != nil {
		return erasable{}, fmt.Errorf("find the gift: %w", err)
	}
	switch {
	case len(gifts) == 0:
		return erasable{}, ErrNotFound
	case gifts[0].DonorID == nil:
		return erasable{gift: &gifts[0]}, nil
	default:
		return erasableDonor(tx, "id = ?", *gifts[0].DonorID)
	}
}

func erasableDonor(tx *gorm.DB, query, value string) (erasable, error) {
	var donors []Donor
	if err := tx.Where(query, value).Limit(1).Find(&donors).Error; err != nil {
		return erasable{}, fmt.Errorf("find the donor: %w", err)
	}
	if len(donors) == 0 {
		return erasable{}, ErrNotFound
	}
	return erasable{donor: donors[0], email: derefOr(donors[0].Email)}, nil
}

func derefOr(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// erasableAt finds who gives from an address, reads the newsletter there, or was
// known by it before.
func (s *Store) erasableAt(tx *gorm.DB, email string) (erasable, error) {
	found, err := erasableDonor(tx, "email = ?", email)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	var signups int64
	if err := tx.Model(&Signup{}).Where("email = ?", email).Count(&signups).Error; err != nil {
		return erasable{}, fmt.Errorf("find the signup: %w", err)
	}
	if signups > 0 {
		return erasable{email: email}, nil
	}
	g, err := s.whoIsGone(tx)
	if err != nil || g.key == nil {
		return erasable{}, orNotFound(err)
	}
	return erasableDonor(tx, `id = (SELECT MAX(e.donor_id) FROM erasures e JOIN erased_addresses a ON a.erasure_id = e.id WHERE a.hash = ?)`, g.hash(email))
}

func (s *Store) planErasure(tx *gorm.DB, found erasable) (ErasurePlan, error) {
	plan := ErasurePlan{DonorID: found.donor.ID, Email: found.email}
	if found.gift != nil {
		plan.Gifts = 1
	}
	if plan.DonorID == "" {
		return plan, nil
	}
	var err error
	if plan.Erased, err = erasureOf(tx, plan.DonorID); err != nil {
		return plan, err
	}
	err = tx.Raw("SELECT COUNT(*), COALESCE(SUM(captured - refunded - disputed), 0) FROM donations WHERE donor_id = ?", plan.DonorID).
		Row().Scan(&plan.Gifts, &plan.Given)
	if err != nil {
		return plan, fmt.Errorf("sum their gifts: %w", err)
	}
	err = tx.Raw(`SELECT COUNT(*) FROM subscriptions WHERE status NOT IN ('canceled', 'incomplete_expired')
		AND id IN (SELECT subscription_id FROM donations WHERE donor_id = ?)`, plan.DonorID).Scan(&plan.Running).Error
	if err != nil {
		return plan, fmt.Errorf("count their repeated gifts: %w", err)
	}
	plan.Named, err = s.namedYears(tx, plan.DonorID)
	return plan, err
}

// namedYears are the years in which a donor's gifts come to NamedFrom or more.
func (s *Store) namedYears(tx *gorm.DB, donorID string) ([]int, error) {
	var gifts []Donation
	err := tx.Select("received_at, captured, refunded, disputed").Where("donor_id = ? AND received_at IS NOT NULL", donorID).
		Order("received_at").Find(&gifts).Error
	if err != nil {
		return nil, fmt.Errorf("read their gifts: %w", err)
	}
	var years []int
	var sum money.Minor
	for i, d := range gifts {
		year := d.ReceivedAt.In(s.zone.Load()).Year()
		sum += max(0, d.Captured-d.Refunded-d.Disputed)
		if i+1 < len(gifts) && gifts[i+1].ReceivedAt.In(s.zone.Load()).Year() == year {
			continue
		}
		if sum >= NamedFrom {
			years = append(years, year)
		}
		sum = 0
	}
	return years, nil
}

// erasureOf is the erasure of a donor; nil if there is none.
func erasureOf(tx *gorm.DB, donorID string) (*Erasure, error) {
	var all []Erasure
	if err := tx.Where("donor_id = ?", donorID).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("find the erasure: %w", err)
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // nobody asked to be erased, which is no error
	}
	return &all[0], nil
}

// Erase has the books forget somebody: who is as PlanErasure takes it. In one
// transaction their person goes out of every row but raw events, which a worker
// empties after it, as it does what Stripe keeps; and from then on nothing of it
// is taken in again. Money, receipts and counts stay as they are. Once more it
// changes nothing. It returns ErrNotFound if nothing is known of them.
func (s *Store) Erase(ctx context.Context, by Actor, who string) (Erasure, error) {
	if err := s.mustBeOpen(); err != nil {
		return Erasure{}, err
	}
	var done Erasure
	err := s.tx(ctx, func(tx *gorm.DB) error {
		// Whoever books began by asking who was erased. None of them is under way
		// any more once this goes on, and who comes later finds this one.
		if err := s.dialect.lockOut(tx, "erasure_key"); err != nil {
			return err
		}
		found, err := s.findErasable(tx, who)
		if err != nil {
			return err
		}
		if known, err := erasureOf(tx, found.donor.ID); err != nil || known != nil {
			if known != nil {
				done = *known
			}
			return err
		}
		done, err = s.erase(tx, by, found)
		crash.Here(crash.ErasureUnkept)
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("models: erase a donor: %w", err)
	}
	crash.Here(crash.ErasureKept)
	return done, nil
}

func (s *Store) erase(tx *gorm.DB, by Actor, found erasable) (Erasure, error) {
	now := s.Now()
	if err := s.ownDonor(tx, &found); err != nil {
		return Erasure{}, err
	}
	var gifts []Donation
	if err := forUpdate(tx).Select("id").Where("donor_id = ?", found.donor.ID).Order("id").Find(&gifts).Error; err != nil {
		return Erasure{}, fmt.Errorf("lock their gifts: %w", err)
	}
	if err := forUpdate(tx).Where("id = ?", found.donor.ID).Take(&found.donor).Error; err != nil {
		return Erasure{}, fmt.Errorf("lock the donor: %w", err)
	}
	e := Erasure{DonorID: found.donor.ID, AskedAt: now, AskedBy: by, State: ErasureQueued, NextTryAt: now}
	var err error
	if e.ID, err = s.ids.sortable("erasure_", now); err != nil {
		return Erasure{}, err
	}
	if err := tx.Create(&e).Error; err != nil {
		return Erasure{}, fmt.Errorf("keep the erasure: %w", err)
	}
	addresses, err := addressesOf(tx, found)
	if err != nil {
		return Erasure{}, err
	}
	if err := s.rememberGone(tx, e, addresses); err != nil {
		return Erasure{}, err
	}
	if err := s.emptyRows(tx, found.donor.ID, addresses); err != nil {
		return Erasure{}, err
	}
	if err := s.emptyElsewhere(tx, addresses); err != nil {
		return Erasure{}, err
	}
	// The object is no person: nothing is ever taken out of the log.
	return e, s.audit(tx, AuditEntry{Who: by, Act: DonorErased, Object: e.DonorID, After: counted(len(gifts), "gift")})
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// ownDonor gives a donor of its own to a gift, or an address, that has none.
func (s *Store) ownDonor(tx *gorm.DB, found *erasable) error {
	if found.donor.ID != "" {
		return nil
	}
	id, err := s.ids.sortable("donor_", s.Now())
	if err != nil {
		return err
	}
	found.donor = Donor{ID: id, CreatedAt: s.Now()}
	if err := tx.Create(&found.donor).Error; err != nil {
		return fmt.Errorf("keep the donor: %w", err)
	}
	if found.gift == nil {
		return nil
	}
	return tx.Model(&Donation{ID: found.gift.ID}).Update("donor_id", id).Error
}

// addressesOf are the addresses of somebody: the donor's, and those that they typed
// on payment pages, unless another donor gives from there. A card's may be that of
// somebody else, who reads the newsletter, say.
func addressesOf(tx *gorm.DB, found erasable) ([]string, error) {
	var all []string
	err := tx.Raw(`SELECT f.email FROM facts f JOIN donations d ON d.id = f.donation_id WHERE d.donor_id = @donor AND f.email <> '' AND f.email_rank = @typed
		  AND NOT EXISTS (SELECT 1 FROM donors o WHERE o.email = f.email AND o.id <> @donor)
		UNION SELECT email FROM donors WHERE id = @donor AND email IS NOT NULL
		UNION SELECT @email WHERE @email <> ''`, map[string]any{"donor": found.donor.ID, "email": found.email, "typed": SessionEmail}).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read their addresses: %w", err)
	}
	return all, nil
}

// rememberGone keeps by what somebody is known again: a keyed hash of each of
// their addresses.
func (s *Store) rememberGone(tx *gorm.DB, e Erasure, addresses []string) error {
	random, err := s.ids.bytes(32)
	if err != nil {
		return err
	}
	if err := insertOnce(tx, &erasureKey{ID: 1, Key: hex.EncodeToString(random)}).Error; err != nil {
		return fmt.Errorf("keep the key: %w", err)
	}
	g, err := s.whoIsGone(tx)
	if err != nil {
		return err
	}
	hashes := make([]erasedAddress, 0, len(addresses))
	for _, address := range addresses {
		hashes = append(hashes, erasedAddress{Hash: g.hash(address), ErasureID: e.ID})
	}
	return createAll(tx, "by what they are known again", hashes)
}

// FindErasure returns the erasure of a donor; ErrNotFound if there is none.
func (s *Store) FindErasure(ctx context.Context, donorID string) (Erasure, error) {
	e, err := erasureOf(s.db.WithContext(ctx), donorID)
	if err != nil {
		return Erasure{}, fmt.Errorf("models: %w", err)
	}
	if e == nil {
		return Erasure{}, ErrNotFound
	}
	e.AskedAt = e.AskedAt.UTC()
	return *e, nil
}

// FailingErasures returns the erasures that have failed for so long that staff
// are to look at them, the oldest first.
func (s *Store) FailingErasures(ctx context.Context) ([]Erasure, error) {
	var all []Erasure
	err := s.db.WithContext(ctx).Where(failingErasure, ErasureQueued, s.Now().Add(-erasurePatience)).Order("id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("models: list the erasures that fail: %w", err)
	}
	return all, nil
}

const failingErasure = "state = ? AND failing_since <= ?"

// erasurePause is how long an erasure is left alone after so many tries.
func erasurePause(attempts int) time.Duration {
	return min(eraseAgain<<min(max(attempts-1, 0), 10), longestErasePause)
}
