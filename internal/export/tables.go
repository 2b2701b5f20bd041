package export

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

// Columns are promised: one that is added later goes to the right.

var donationColumns = []string{
	"id", "reference", "received_at", "date", "status", "frequency", "method", "donor_id", "donor_name", "donor_email", "currency",
	"amount", "fees_covered", "refunded", "disputed", "fee", "net", "src", "utm_source", "utm_medium", "utm_campaign", "utm_content",
	"tribute", "tribute_name", "comment", "newsletter", "receipt", "charge", "payout", "offline_reference",
}

// donations have what was received as their amount, so that the columns come to
// the totals; of a gift that was not, that is nothing.
func donations(ctx context.Context, b Books, r Request, row Row) error {
	in := r.Period.In(b.Campaign.Zone)
	wanted := models.GiftQuery{Moved: true, From: in.From, Until: in.Until}
	if r.Gifts != nil {
		wanted = *r.Gifts
	}
	for g, err := range b.Store.ExportGifts(ctx, wanted) {
		if err != nil {
			return err
		}
		donor := g.ID // without a known address, a donor of its own
		if g.DonorID != nil {
			donor = *g.DonorID
		}
		receipt := sheet.Cell{}
		if g.Receipt > 0 {
			receipt = sheet.Number(g.Receipt)
		}
		err := row(
			sheet.Text(g.ID), sheet.Text(g.Reference), sheet.Time(g.ReceivedAt), sheet.Day(g.At().In(b.Campaign.Zone)), sheet.Text(string(g.Status)),
			sheet.Text(string(g.Frequency)), sheet.Text(g.Method), sheet.Text(donor), sheet.Text(g.DonorName), sheet.Text(g.Email),
			sheet.Text(string(g.Currency)), sheet.Amount(g.Captured), sheet.Amount(g.FeesCovered), sheet.Amount(g.Refunded), sheet.Amount(g.Disputed),
			sheet.Amount(g.FeeTaken), sheet.Amount(g.Net()), sheet.Text(g.Src), sheet.Text(g.UTMSource), sheet.Text(g.UTMMedium),
			sheet.Text(g.UTMCampaign), sheet.Text(g.UTMContent), sheet.Text(string(g.Tribute)), sheet.Text(g.TributeName), sheet.Text(g.Comment),
			sheet.Truth(g.Newsletter), receipt, sheet.Text(g.Charge), sheet.Text(g.Payout), sheet.Text(g.OfflineReference),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

var journalColumns = []string{
	"posting", "at", "date", "key", "account", "code", "debit", "credit", "currency", "donation", "payout", "memo",
}

// journal numbers the postings of this table from 1; what names one for good is
// its key.
func journal(ctx context.Context, b Books, r Request, row Row) error {
	number := int64(0)
	return b.postings(ctx, r, func(p models.Posting) error {
		number++
		for _, l := range p.Lines {
			donation := ""
			if p.DonationID != nil {
				donation = *p.DonationID
			}
			err := row(
				sheet.Number(number), sheet.Time(&p.At), sheet.Day(p.At.In(b.Campaign.Zone)), sheet.Text(p.Key), sheet.Text(string(l.Account)),
				sheet.Text(b.Campaign.Accounts[l.Account]), sheet.Amount(max(l.Amount, 0)), sheet.Amount(max(-l.Amount, 0)),
				sheet.Text(string(l.Currency)), sheet.Text(donation), sheet.Text(p.Payout), sheet.Text(memo(p, b.Campaign.Zone)),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// memo is what a posting rests on, and that it is of a day that was closed when
// it came.
func memo(p models.Posting, zone *time.Location) string {
	if !p.Late() {
		return p.Memo
	}
	late := "of " + p.HappenedAt.In(zone).Format(time.DateOnly) + ", booked late"
	if p.Memo == "" {
		return late
	}
	return late + "; " + p.Memo
}

// postings goes through the journal. It goes past no posting whose debits are
// not its credits.
func (b Books) postings(ctx context.Context, r Request, each func(models.Posting) error) error {
	for p, err := range b.Store.ExportJournal(ctx, r.Period.In(b.Campaign.Zone)) {
		if err := cmp.Or(err, p.Balanced()); err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

var payoutColumns = []string{
	"payout", "arrival_date", "status", "currency", "amount", "gifts", "fees", "refunds", "disputes", "other", "difference",
}

// payouts have their parts with the signs with which they add up to the amount.
// What is in one that is not opened, nobody knows: these cells are empty.
func payouts(ctx context.Context, b Books, r Request, row Row) error {
	for p, err := range b.Store.ExportPayouts(ctx, r.Period) {
		if err != nil {
			return err
		}
		cells := []sheet.Cell{
			sheet.Text(p.ID), sheet.Day(p.ArrivalOn.UTC()), sheet.Text(p.Status), sheet.Text(string(p.Currency)), sheet.Amount(p.Amount),
		}
		for _, m := range []money.Minor{
			p.Parts[models.GiftsPart].Amount, p.Fees(), p.Parts[models.RefundsPart].Amount, p.Parts[models.DisputesPart].Amount, p.Other(), p.Differs(),
		} {
			cell := sheet.Cell{}
			if p.Opened() {
				cell = sheet.Amount(m)
			}
			cells = append(cells, cell)
		}
		if err := row(cells...); err != nil {
			return err
		}
	}
	return nil
}

var donorColumns = []string{"id", "name", "email", "address", "first_gift", "last_gift", "gifts", "total", "recurring"}

func donors(ctx context.Context, b Books, r Request, row Row) error {
	for d, err := range b.Store.ExportDonors(ctx, r.Period.In(b.Campaign.Zone), r.AtLeast) {
		if err != nil {
			return err
		}
		err := row(
			sheet.Text(d.ID), sheet.Text(d.Name), sheet.Text(d.Email), sheet.Text(inOneLine(d.Address)), sheet.Time(&d.First), sheet.Time(&d.Last),
			sheet.Number(d.Gifts), sheet.Amount(d.Total), sheet.Truth(d.Recurring),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// inOneLine is an address that is kept in lines as on an envelope: a row of a
// table is one line, whatever reads it.
func inOneLine(address string) string {
	lines := strings.FieldsFunc(address, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, ", ")
}

var newsletterColumns = []string{"email", "requested_at", "confirmed_at", "source"}

func newsletter(ctx context.Context, b Books, r Request, row Row) error {
	for s, err := range b.Store.ConfirmedSignups(ctx, r.Period.In(b.Campaign.Zone)) {
		if err != nil {
			return err
		}
		if err := row(sheet.Text(s.Email), sheet.Time(&s.RequestedAt), sheet.Time(s.ConfirmedAt), sheet.Text(string(s.Source))); err != nil {
			return err
		}
	}
	return nil
}

var articleColumns = []string{
	"article", "kind", "gifts", "currency", "one_time", "recurring", "offline", "gross", "refunded", "disputed", "raised", "fees", "net",
}

// articles have two rows without an article, told apart by their kind, so that
// the columns come to the totals.
func articles(ctx context.Context, b Books, r Request, row Row) error {
	for a, err := range b.Store.Articles(ctx, r.Period) {
		if err != nil {
			return err
		}
		article, is := strings.CutPrefix(a.Name, "src/")
		kind := "article"
		if !is {
			article, kind = "", a.Name
		}
		err := row(
			sheet.Text(article), sheet.Text(kind), sheet.Number(a.Gifts), sheet.Text(string(b.Campaign.Currency)), sheet.Amount(a.Once),
			sheet.Amount(a.Recurring), sheet.Amount(a.Offline), sheet.Amount(a.Gross), sheet.Amount(a.Refunded), sheet.Amount(a.Disputed),
			sheet.Amount(a.Raised()), sheet.Amount(a.Fees), sheet.Amount(a.Net()),
		)
		if err != nil {
			return err
		}
	}
	return nil
}
