package models

import (
	"context"
	"fmt"
	"iter"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// givenIn asks for the gifts of a span of which money moved.
func givenIn(in Span) GiftQuery { return GiftQuery{Moved: true, From: in.From, Until: in.Until} }

// givenGift is what of a gift its donor's row is made of. A gift whose donor is
// not known is a donor of its own.
type givenGift struct {
	Donor         string
	Email         string
	DonorName     string
	DonorAddress  string
	ReceivedAt    *time.Time
	CreatedAt     time.Time
	Stands        money.Minor
	Counted       bool
	Subscriptions int64
}

// givenGifts asks for the gifts of a span, each donor's together. Whose run on is
// counted once for all donors: an office that passes many gifts on has thousands.
func givenGifts(tx *gorm.DB, in Span) *gorm.DB {
	return tx.Table("(?) AS d", givenIn(in).wanted(tx.Model(&Donation{})).Select("donations.*")).
		Select(`COALESCE(d.donor_id, d.id) AS donor, COALESCE(o.email, '') AS email, d.donor_name, d.donor_address,
			d.received_at, d.created_at, d.captured - d.refunded - d.disputed AS stands, d.counted,
			COALESCE(r.subscriptions, 0) AS subscriptions`).
		Joins("LEFT JOIN donors o ON o.id = d.donor_id").
		Joins(`LEFT JOIN (SELECT x.donor_id, COUNT(*) AS subscriptions FROM subscriptions s JOIN donations x ON x.subscription_id = s.id
			WHERE s.status IN ('active', 'past_due') AND x.captured > 0 GROUP BY x.donor_id) r ON r.donor_id = d.donor_id`).
		Order("COALESCE(d.donor_id, d.id), COALESCE(d.received_at, d.created_at), d.id")
}

// ExportDonors hands over who gave in a span, and what, by the donors' ids. Of
// those whose total is below atLeast it says nothing; 0 leaves nobody out.
func (s *Store) ExportDonors(ctx context.Context, in Span, atLeast money.Minor) iter.Seq2[DonorGiving, error] {
	gifts := rowsOf[givenGift](ctx, s, "the donors", func(tx *gorm.DB) *gorm.DB { return givenGifts(tx, in) })
	return func(yield func(DonorGiving, error) bool) {
		var now DonorGiving
		for g, err := range gifts {
			if err != nil {
				yield(DonorGiving{}, err)
				return
			}
			if g.Donor != now.ID {
				if now.wanted(atLeast) && !yield(now, nil) {
					return
				}
				now = DonorGiving{ID: g.Donor, Email: g.Email, First: g.at(), Recurring: g.Subscriptions > 0}
			}
			now.add(g)
		}
		if now.wanted(atLeast) {
			yield(now, nil)
		}
	}
}

func (g givenGift) at() time.Time {
	return Donation{ReceivedAt: g.ReceivedAt, CreatedAt: g.CreatedAt}.At()
}

// wanted reports whether there is a donor at all, and one of such a total.
func (d *DonorGiving) wanted(atLeast money.Minor) bool {
	return d.ID != "" && (atLeast <= 0 || d.Total >= atLeast)
}

func (d *DonorGiving) add(g givenGift) {
	d.Last, d.Total, d.Gifts = g.at(), d.Total+g.Stands, d.Gifts+gifts(g.Counted)
	if g.DonorName != "" {
		d.Name = g.DonorName
	}
	if g.DonorAddress != "" {
		d.Address = g.DonorAddress
	}
}

// CountExports counts what each export of a period has, all of one moment.
func (s *Store) CountExports(ctx context.Context, p Period, zone *time.Location) (ExportCounts, error) {
	in := p.In(zone)
	from, until := in.ends()
	var n ExportCounts
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		gifts := givenIn(in).wanted(tx.Model(&Donation{}))
		err := gifts.Select("COUNT(*), COUNT(DISTINCT COALESCE(donor_id, id))").Row().Scan(&n.Donations, &n.Donors)
		if err != nil {
			return err
		}
		err = tx.Raw("SELECT COUNT(*) FROM postings p JOIN posting_lines l ON l.posting = p.key WHERE p.at >= ? AND p.at < ?", from, until).Row().Scan(&n.Lines)
		if err != nil {
			return err
		}
		if err := (PayoutFilter{Days: p}).among(tx.Model(&Payout{})).Count(&n.Payouts).Error; err != nil {
			return err
		}
		articles, days := articlesOf(p)
		if err := tx.Raw("SELECT COUNT(*) FROM ("+articles+") AS a", days...).Row().Scan(&n.Articles); err != nil {
			return err
		}
		return signups(tx, in).Count(&n.Signups).Error
	})
	if err != nil {
		return ExportCounts{}, fmt.Errorf("models: count what is exported: %w", err)
	}
	return n, nil
}

// ExportPayouts hands over the payouts that arrived on a period's days with
// what is in each, the first to arrive first. They are few, so they are read at
// once.
func (s *Store) ExportPayouts(ctx context.Context, p Period) iter.Seq2[PayoutSum, error] {
	return func(yield func(PayoutSum, error) bool) {
		all, err := s.ListPayouts(ctx, PayoutFilter{Days: p})
		if err != nil {
			yield(PayoutSum{}, err)
			return
		}
		for i := range all {
			if !yield(all[len(all)-1-i], nil) {
				return
			}
		}
	}
}
