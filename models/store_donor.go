package models

import (
	"fmt"

	"gorm.io/gorm"
)

// recount finds whose gift it now is and keeps each donor's number of counted
// gifts. It returns the donor and by how much the number of donors changed.
func (s *Store) recount(tx *gorm.DB, d Donation, f figures) (donorID *string, change int64, err error) {
	donorID = d.DonorID
	if owner, err := s.donorOf(tx, d, f); err != nil {
		return nil, 0, err
	} else if owner != "" {
		donorID = &owner
	}
	moved := d.DonorID != nil && donorID != nil && *d.DonorID != *donorID
	if d.Counted && (!f.counted || moved) {
		if change, err = s.countGift(tx, *d.DonorID, -1); err != nil {
			return nil, 0, err
		}
	}
	if f.counted && (!d.Counted || moved) {
		more, err := s.countGift(tx, *donorID, 1)
		if err != nil {
			return nil, 0, err
		}
		change += more
	}
	return donorID, change, nil
}

// donorOf returns the id of the donor whose e-mail the facts give, or a donor
// of its own for a paid gift that has none; "" while nobody has given yet.
func (s *Store) donorOf(tx *gorm.DB, d Donation, f figures) (string, error) {
	if f.email == "" && (!f.counted || d.DonorID != nil) {
		return "", nil
	}
	if f.email != "" {
		if known, err := donorAt(tx, f.email); err != nil || known != "" {
			return known, err
		}
	}
	id, err := s.ids.sortable("donor_", s.Now())
	if err != nil {
		return "", err
	}
	donor := Donor{ID: id, CreatedAt: s.Now()}
	if f.email != "" {
		donor.Email = &f.email
	}
	made := insertOnce(tx, &donor)
	if made.Error != nil {
		return "", fmt.Errorf("keep the donor: %w", made.Error)
	}
	if made.RowsAffected > 0 {
		return id, nil
	}
	return donorAt(tx, f.email) // of another gift, booked at once
}

// donorAt is the id of the donor with an e-mail, "" if nobody has it.
func donorAt(tx *gorm.DB, email string) (string, error) {
	var known []string
	if err := tx.Model(&Donor{}).Where("email = ?", email).Limit(1).Pluck("id", &known).Error; err != nil {
		return "", fmt.Errorf("find the donor: %w", err)
	}
	if len(known) == 0 {
		return "", nil
	}
	return known[0], nil
}

// countGift adds to a donor's counted gifts and returns by how much that
// changes the number of donors. The row's own lock makes two gifts of one
// donor, booked at once, count the donor once.
func (s *Store) countGift(tx *gorm.DB, donorID string, by int64) (int64, error) {
	var now int64
	err := tx.Raw("UPDATE donors SET gifts = gifts + ? WHERE id = ? RETURNING gifts", by, donorID).Row().Scan(&now)
	switch {
	case err != nil:
		return 0, fmt.Errorf("count the donor's gifts: %w", err)
	case by > 0 && now == 1:
		return 1, nil
	case by < 0 && now == 0:
		return -1, nil
	}
	return 0, nil
}

// gifts is by how many a gift counts.
func gifts(counted bool) int64 {
	if counted {
		return 1
	}
	return 0
}
