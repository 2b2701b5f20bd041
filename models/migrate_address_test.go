package models

import "testing"

// What staff entered before stands with the gift as what Stripe tells does.
func TestAddressesThatWereEnteredStandWithTheirGifts(t *testing.T) {
	t.Parallel()
	onOldBooks(t, func(t *testing.T, s *Store) {
		migrateTo(t, s, 26)
		for _, statement := range []string{
			`INSERT INTO offline_gifts (donation_id, method, received_on, donor_name, donor_email, donor_address, reference, note, entered_by, entered_at, reversed_by, reverse_reason)
				VALUES ('don_1', 'check', '2026-11-20', 'A Reader', '', '1 Main Street', '', '', 'staff@example.org', '2026-11-20 20:00:00', '', '')`,
			"UPDATE facts SET kind = 'gift' WHERE kind = 'charge'",
		} {
			if err := s.db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var kept []string
		err := s.db.Raw("SELECT address FROM facts WHERE kind = 'gift' UNION ALL SELECT donor_address FROM donations").Scan(&kept).Error
		if err != nil || len(kept) != 2 || kept[0] != "1 Main Street" || kept[1] != "1 Main Street" {
			t.Errorf("kept are %q, %v", kept, err)
		}
	})
}
