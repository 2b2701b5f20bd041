package models

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	"gorm.io/gorm"
)

// What gifts are ordered and filtered by. The first two are written as in the
// indexes of migration 16, which serve them only so.
const (
	giftAt    = "COALESCE(received_at, created_at)"                              // Donation.At
	giftWorth = "(CASE WHEN captured > 0 THEN captured ELSE amount_charged END)" // Donation.Worth

	giftOffline = "EXISTS (SELECT 1 FROM offline_gifts o WHERE o.donation_id = donations.id)"
	giftKind    = "(CASE WHEN " + giftOffline + " THEN 'offline' WHEN renewal THEN frequency || '_renewal' ELSE frequency END)"
	giftChannel = "(CASE WHEN " + giftOffline + " THEN '" + OfflineChannel + "' WHEN utm_source <> '' OR utm_medium <> '' THEN 'utm/' || utm_source || '/' || utm_medium " +
		"WHEN src <> '' THEN 'src/' || src ELSE '" + DirectChannel + "' END)" // DonorGift.Channel
	giftArticle = "(CASE WHEN " + giftOffline + " THEN '" + OfflineChannel + "' WHEN src <> '' THEN 'src/' || src ELSE '" + NoArticle + "' END)" // DonorGift.Article
)

// giftOrders are the orders of a list: by what, and which side comes after.
var giftOrders = map[GiftSort]struct{ by, direction, after string }{
	NewestFirst:   {giftAt, "DESC", "<"},
	OldestFirst:   {giftAt, "ASC", ">"},
	LargestFirst:  {giftWorth, "DESC", "<"},
	SmallestFirst: {giftWorth, "ASC", ">"},
}

// ListGifts returns a page of up to most of the gifts that a query asks for,
// with what all of them come to, all of one moment.
func (s *Store) ListGifts(ctx context.Context, q GiftQuery, most int) (GiftPage, error) {
	var page GiftPage
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		wanted := q.wanted(tx.Model(&Donation{})).Session(&gorm.Session{})
		var err error
		if page.Count, page.Gross, page.Figure, err = q.sum(wanted); err != nil {
			return err
		}
		var found []followedGift
		if err := q.page(wanted).Select(q.columns()).Limit(most + 1).Find(&found).Error; err != nil {
			return fmt.Errorf("find them: %w", err)
		}
		if page.More = len(found) > most; page.More {
			found = found[:most]
		}
		gifts := make([]Donation, 0, len(found))
		for _, f := range found {
			gifts = append(gifts, f.Donation)
		}
		if page.Gifts, err = listed(tx, gifts); err != nil {
			return err
		}
		for i, f := range found {
			page.Gifts[i].Moved = f.Moved
		}
		return nil
	})
	if err != nil {
		return GiftPage{}, fmt.Errorf("models: list the gifts: %w", err)
	}
	return page, nil
}

// page leaves what comes after the last gift of the page before, in order.
func (q GiftQuery) page(wanted *gorm.DB) *gorm.DB {
	order, known := giftOrders[q.Sort]
	if !known {
		order = giftOrders[NewestFirst]
	}
	if q.After != "" {
		at := "(SELECT " + order.by + " FROM donations WHERE id = @after)"
		wanted = wanted.Where(order.by+" "+order.after+"= "+at+" AND ("+order.by+" "+order.after+" "+at+" OR id "+order.after+" @after)",
			sql.Named("after", q.After))
	}
	return wanted.Order(order.by + " " + order.direction).Order("id " + order.direction)
}

// wanted leaves the gifts that a query asks for.
func (q GiftQuery) wanted(db *gorm.DB) *gorm.DB {
	where := func(asked bool, condition string, values ...any) {
		if asked {
			db = db.Where(condition, values...)
		}
	}
	db = q.followed(db)
	figure, _ := q.figure()
	where(q.Status == "" && figure == "", "status NOT IN ?", []Status{Started, Expired})
	where(q.Status != "", "status = ?", q.Status)
	where(q.Moved, "(received_at IS NOT NULL OR captured <> 0 OR refunded <> 0 OR disputed <> 0 OR fee_taken <> 0)")
	where(q.Donor != "", "donor_id = ?", q.Donor)
	where(q.Kind == Recurring, giftKind+" IN ?", recurringKinds)
	where(q.Kind != "" && q.Kind != Recurring, giftKind+" = ?", q.Kind)
	where(q.Channel != "", giftChannel+" = ?", q.Channel)
	where(q.Article != "", giftArticle+" = ?", q.Article)
	where(q.Method != "" && !q.Figure.ofPeriod(), "id IN (SELECT donation_id FROM facts WHERE method = ? AND method <> '' AND kind IN ?)", q.Method, []FactKind{Charged, OfflineGiven})
	where(q.Offline == OnlyOffline, giftOffline)
	where(q.Offline == WithoutOffline, "NOT "+giftOffline)
	where(q.Import != "", `id IN (SELECT donation_id FROM offline_gifts WHERE form_key LIKE ? ESCAPE '\')`, literally(q.Import)+".%")
	where(q.Min > 0, giftWorth+" >= ?", q.Min)
	where(q.Max > 0, giftWorth+" <= ?", q.Max)
	moved := q.Figure.OfMoney() // then the days are those of the movements
	where(!moved && !q.From.IsZero(), giftAt+" >= ?", q.From.UTC())
	where(!moved && !q.Until.IsZero(), giftAt+" < ?", q.Until.UTC())
	if typed := strings.TrimSpace(q.Search); typed != "" {
		db = q.search(db, typed)
	}
	return db
}

var (
	anID       = regexp.MustCompile(`^[a-z]+_[A-Za-z0-9_]+$`)
	fourDigits = regexp.MustCompile(`^[0-9]{4}$`)
)

// search leaves the gifts that what was typed can mean. What it looks like says
// where to look, so that an index can answer.
func (q GiftQuery) search(db *gorm.DB, typed string) *gorm.DB {
	named := sql.Named("typed", typed)
	switch {
	case anID.MatchString(typed):
		return db.Where(`(id = @typed OR subscription_id = @typed
			OR id IN (SELECT donation_id FROM gift_ids WHERE id IN (@typed, (SELECT object_id FROM events WHERE id = @typed)))
			OR id IN (SELECT donation_id FROM facts WHERE object IN (@typed, (SELECT object_id FROM events WHERE id = @typed)) AND object <> '')
			OR id IN (SELECT donation_id FROM receipts WHERE id = @typed)
			OR id IN (SELECT p.donation_id FROM balance_transactions t JOIN postings p ON p.key = t.movement
				WHERE t.payout_id = @typed AND p.donation_id IS NOT NULL))`, named)
	case fourDigits.MatchString(typed):
		return db.Where(`(id IN (SELECT donation_id FROM facts WHERE last4 = @typed AND last4 <> '')
			OR id IN (SELECT donation_id FROM offline_gifts WHERE reference = @typed))`, named)
	}
	condition := "reference IN @references OR id IN (SELECT donation_id FROM offline_gifts WHERE reference = @typed)"
	if !q.Impersonal {
		condition += ` OR LOWER(donor_name) LIKE LOWER(@part) ESCAPE '\' OR donor_id IN (SELECT id FROM donors WHERE email LIKE LOWER(@part) ESCAPE '\')`
	}
	reference := strings.ToUpper(typed)
	part := "%" + literally(typed) + "%"
	return db.Where("("+condition+")", named, sql.Named("references", []string{reference, referencePrefix + reference}), sql.Named("part", part))
}

// literally makes of a text a pattern that it alone is like.
func literally(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// listed are gifts with what a list shows beside them.
func listed(tx *gorm.DB, found []Donation) ([]ListedGift, error) {
	ids := make([]string, 0, len(found))
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	gifts, err := withWhatIsTheirs(tx.Where("donation_id IN ?", ids).Session(&gorm.Session{}), found)
	if err != nil {
		return nil, err
	}
	emails, err := emailsOf(tx, found)
	if err != nil {
		return nil, err
	}
	payouts, err := payoutsOf(tx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]ListedGift, 0, len(gifts))
	for _, g := range gifts {
		one := ListedGift{DonorGift: g}
		if id := g.Donation.DonorID; id != nil {
			one.Email = emails[*id]
		}
		for _, p := range payouts[g.Donation.ID] {
			if p.Movement == Charged {
				one.Payout = &p.Payout
				break
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// emailsOf are the addresses of the donors of gifts, by donor.
func emailsOf(tx *gorm.DB, gifts []Donation) (map[string]string, error) {
	var ids []string
	for _, d := range gifts {
		if d.DonorID != nil {
			ids = append(ids, *d.DonorID)
		}
	}
	var donors []Donor
	if err := tx.Where("id IN ? AND email IS NOT NULL", ids).Find(&donors).Error; err != nil {
		return nil, fmt.Errorf("find the donors: %w", err)
	}
	emails := map[string]string{}
	for _, d := range donors {
		emails[d.ID] = *d.Email
	}
	return emails, nil
}

// payoutsOf are the deposits that the movements of gifts went out with, by
// gift, in the order of the movements.
func payoutsOf(tx *gorm.DB, gifts []string) (map[string][]GiftPayout, error) {
	var rows []struct {
		DonationID string
		GiftPayout
	}
	err := tx.Raw(`SELECT m.donation_id, m.kind AS movement, t.net, p.* FROM postings m
		JOIN balance_transactions t ON t.movement = m.key AND t.owns_movement JOIN payouts p ON p.id = t.payout_id
		WHERE m.donation_id IN ? ORDER BY t.created_at, t.id`, gifts).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find the payouts: %w", err)
	}
	of := map[string][]GiftPayout{}
	for _, row := range rows {
		of[row.DonationID] = append(of[row.DonationID], row.GiftPayout)
	}
	return of, nil
}
