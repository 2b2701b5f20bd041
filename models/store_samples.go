package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// How many samples of a receipt one person may have mailed, and within how long.
const (
	MostSamples   = 5
	SamplesWithin = time.Hour
)

// MailSample queues a sample of a receipt to somebody on the staff. It is of no
// gift, and changes nothing but the outbox. It returns TooMany if they had as
// many as they may.
func (s *Store) MailSample(ctx context.Context, to Staff) error {
	err := s.act(ctx, "mail a sample", func(tx *gorm.DB) error {
		if _, err := findStaff(forUpdate(tx), "id = ?", to.ID); err != nil { // of two clicks at once, one counts the other
			return err
		}
		now := s.Now()
		var had []AuditEntry
		err := tx.Where("object = ? AND act = ? AND at > ?", to.Email, SampleMailed, now.Add(-SamplesWithin)).
			Order("id DESC").Limit(MostSamples).Find(&had).Error
		if err != nil {
			return fmt.Errorf("count those before: %w", err)
		}
		if len(had) == MostSamples {
			return TooMany{had[MostSamples-1].At.Add(SamplesWithin).Sub(now)}
		}
		id, err := s.ids.sortable("sample_", now)
		if err != nil {
			return err
		}
		if err := s.enqueue(tx, Mail{Key: id + ":" + string(MailSampleReceipt), Kind: MailSampleReceipt, About: About{Email: to.Email}, AskedBy: to.Email}); err != nil {
			return err
		}
		return s.audit(tx, AuditEntry{Who: to.Actor(), Act: SampleMailed, Object: to.Email})
	})
	return err
}
