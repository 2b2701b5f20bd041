package models

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// errEnough says that whoever reads wants no more rows.
var errEnough = errors.New("no more rows are wanted")

// rowsOf hands over the rows that a query finds, one by one and all of one
// moment. It keeps none of them; writers neither wait for it nor make it wait.
// After an error comes nothing more.
func rowsOf[Row any](ctx context.Context, s *Store, what string, query func(tx *gorm.DB) *gorm.DB) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		err := s.snapshot(ctx, func(tx *gorm.DB) error { return eachRow(tx, query(tx), yield) })
		if err != nil && !errors.Is(err, errEnough) {
			var none Row
			yield(none, fmt.Errorf("models: export %s: %w", what, err))
		}
	}
}

func eachRow[Row any](tx, query *gorm.DB, yield func(Row, error) bool) (err error) {
	rows, err := query.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row Row
		if err := tx.ScanRows(rows, &row); err != nil {
			return err
		}
		if !yield(row, nil) {
			return errEnough
		}
	}
	return rows.Err()
}

// firstPayment is the payment of a gift d that stands, or else its first, as
// methodOf finds it.
const firstPayment = `(SELECT f.key FROM facts f WHERE f.donation_id = d.id AND f.kind IN ('charge', 'gift') ORDER BY
	CASE WHEN EXISTS (SELECT 1 FROM facts u WHERE u.donation_id = f.donation_id AND u.object = f.object AND u.kind IN ('failure', 'reversal')) THEN 1 ELSE 0 END,
	f.at, f.key LIMIT 1)`

// ExportGifts hands over the gifts that a query asks for, the oldest first,
// whatever order it asks for. A caller that stops early reads no further.
func (s *Store) ExportGifts(ctx context.Context, q GiftQuery) iter.Seq2[ExportedGift, error] {
	return rowsOf[ExportedGift](ctx, s, "the gifts", func(tx *gorm.DB) *gorm.DB {
		return tx.Table("(?) AS d", q.wanted(tx.Model(&Donation{})).Select("donations.*")).
			Select(`d.*, COALESCE(o.email, '') AS email, COALESCE(p.method, '') AS method, CASE WHEN p.kind = 'charge' THEN p.object ELSE '' END AS charge,
				COALESCE(t.payout_id, '') AS payout, COALESCE(g.reference, '') AS offline_reference,
				COALESCE((SELECT MAX(r.number) FROM receipts r WHERE r.donation_id = d.id), 0) AS receipt`).
			Joins("LEFT JOIN donors o ON o.id = d.donor_id").
			Joins("LEFT JOIN offline_gifts g ON g.donation_id = d.id").
			Joins("LEFT JOIN facts p ON p.key = " + firstPayment).
			Joins("LEFT JOIN balance_transactions t ON t.movement = p.key AND t.owns_movement").
			Order("COALESCE(d.received_at, d.created_at), d.id")
	})
}

// journalLines are the lines of the postings of a span, in order. A posting of
// a gift bears no payout: the balance transaction that moved it does, or took
// it as a fee.
const journalLines = `
	SELECT p.key, p.kind, p.donation_id, p.at, p.happened_at, p.memo, l.number, l.account, l.amount, l.currency,
	       COALESCE(NULLIF(p.payout, ''), t.payout_id, f.payout_id, '') AS payout
	FROM postings p JOIN posting_lines l ON l.posting = p.key
	LEFT JOIN balance_transactions t ON t.movement = p.key AND t.owns_movement
	LEFT JOIN balance_transactions f ON f.id = CASE WHEN p.kind IN ('fee', 'other', 'suspense', 'explained') THEN SUBSTR(p.key, 1, LENGTH(p.key) - LENGTH(p.kind) - 1) END
	WHERE p.at >= ? AND p.at < ? ORDER BY p.at, p.key, l.number`

type journalLine struct {
	Posting
	Number   int
	Account  Account
	Amount   money.Minor
	Currency money.Currency
}

// ExportJournal hands over the postings of a span with their lines, in the
// order of their times. Payout is the deposit that the money went out with,
// where that is known.
func (s *Store) ExportJournal(ctx context.Context, in Span) iter.Seq2[Posting, error] {
	from, until := in.ends()
	lines := rowsOf[journalLine](ctx, s, "the journal", func(tx *gorm.DB) *gorm.DB { return tx.Raw(journalLines, from, until) })
	return func(yield func(Posting, error) bool) {
		var now Posting
		for r, err := range lines {
			if err != nil {
				yield(Posting{}, err)
				return
			}
			if r.Key != now.Key {
				if now.Key != "" && !yield(now, nil) {
					return
				}
				now = r.Posting
			}
			now.Lines = append(now.Lines, Line{Posting: r.Key, Number: r.Number, Account: r.Account, Amount: r.Amount, Currency: r.Currency})
		}
		if now.Key != "" {
			yield(now, nil)
		}
	}
}
