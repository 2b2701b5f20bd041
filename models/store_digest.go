package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// WriteLedger writes the journal and the state of every gift about which
// anything is known, in one canonical order. It holds what the books say and
// nothing of how they came to say it: no row numbers, no times of arrival,
// nothing of which days were closed then, or what was in suspense for a while. So two sets of books that were
// told the same, in whatever order, write the same. It names gifts by their
// tokens, and renewals by their invoices: not for logs or exports.
func (s *Store) WriteLedger(ctx context.Context, w io.Writer) error {
	db := s.db.WithContext(ctx)
	lines, err := db.Raw(`
		SELECT p.key, p.at, p.happened_at, l.account, l.amount, l.currency
		FROM postings p JOIN posting_lines l ON l.posting = p.key
		WHERE p.kind NOT IN ('suspense', 'explained')
		  AND p.key NOT IN (SELECT m.corrects FROM postings m WHERE m.kind = 'explained' AND m.corrects IS NOT NULL)
		ORDER BY COALESCE(p.happened_at, p.at), p.key, l.number`).Rows()
	if err != nil {
		return fmt.Errorf("models: read the journal: %w", err)
	}
	defer func() { _ = lines.Close() }() // read only: Err below tells what went wrong
	for lines.Next() {
		var key, account, currency string
		var at time.Time
		var amount int64
		var happened *time.Time
		if err := lines.Scan(&key, &at, &happened, &account, &amount, &currency); err != nil {
			return fmt.Errorf("models: read the journal: %w", err)
		}
		if happened != nil {
			at = *happened
		}
		if _, err := fmt.Fprintf(w, "%s %-24s %-18s %12d %s\n", at.UTC().Format(time.RFC3339), key, account, amount, currency); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("models: read the journal: %w", err)
	}
	gifts, err := db.Raw(`
		SELECT COALESCE(d.token, d.invoice_id, d.id) AS name, d.status, d.captured, d.refunded, d.disputed, d.fee_taken, d.pending
		FROM donations d WHERE EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = d.id) ORDER BY name`).Rows()
	if err != nil {
		return fmt.Errorf("models: read the gifts: %w", err)
	}
	defer func() { _ = gifts.Close() }()
	for gifts.Next() {
		var token, status string
		var captured, refunded, disputed, fees, pending int64
		if err := gifts.Scan(&token, &status, &captured, &refunded, &disputed, &fees, &pending); err != nil {
			return fmt.Errorf("models: read the gifts: %w", err)
		}
		_, err := fmt.Fprintf(w, "gift %s %s captured %d refunded %d disputed %d fees %d pending %d\n",
			token, status, captured, refunded, disputed, fees, pending)
		if err != nil {
			return err
		}
	}
	return gifts.Err()
}

// Digest is the SHA-256 of what WriteLedger writes, in hexadecimal.
func (s *Store) Digest(ctx context.Context) (string, error) {
	sum := sha256.New()
	if err := s.WriteLedger(ctx, sum); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
