package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// fill writes a year of gifts of every kind into new books, far faster than
// webhooks could: as the rows that booking them would have left. What is summed
// up of them is then reckoned by the product itself. Books that hold gifts
// already are left as they are.
func fill(ctx context.Context, db *sql.DB, driver string, store *models.Store) error {
	if err := fillList(ctx, db, driver); err != nil {
		return err
	}
	var there int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM donations").Scan(&there); err != nil || there > 0 {
		return err
	}
	began := time.Now()
	fmt.Fprintf(os.Stderr, "bench: making %d gifts\n", *gifts)
	indexes, err := takeIndexes(ctx, db, driver)
	if err != nil {
		return err
	}
	for _, statement := range append(statements(driver), indexes...) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s…: %w", strings.TrimSpace(statement)[:40], err)
		}
	}
	if _, err := db.ExecContext(ctx, "ANALYZE"); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: made in %s; reckoning the days\n", time.Since(began).Round(time.Second))
	rebuilt, err := store.RebuildFigures(ctx, models.Operator, nil)
	if err != nil {
		return err
	}
	if rebuilt.Gifts+rebuilt.Donors > 0 || rebuilt.Public {
		return fmt.Errorf("the gifts are not as booking them would have left them: %s, %v", rebuilt, rebuilt.Found[0])
	}
	fmt.Fprintf(os.Stderr, "bench: ready after %s\n", time.Since(began).Round(time.Second))
	return nil
}

// fillList has as many readers on the newsletter's list as there are gifts.
func fillList(ctx context.Context, db *sql.DB, driver string) error {
	var there bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM newsletter_signups)").Scan(&there); err != nil || there {
		return err
	}
	at := moment(driver, fmt.Sprintf("i * 31536000 / %d", *gifts))
	_, err := db.ExecContext(ctx, fmt.Sprintf(`INSERT INTO newsletter_signups (email, source, requested_at, asked_at, confirmed_at)
		WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'reader' || i || '@example.org', 'page', %s, %s, %s FROM n`, *gifts, at, at, at))
	return err
}

// takeIndexes drops all indexes, and returns how they are made again: over what
// is already there they are made in a fraction of the time.
func takeIndexes(ctx context.Context, db *sql.DB, driver string) (made []string, err error) {
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if driver != "sqlite" {
		query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drop []string
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, err
		}
		drop, made = append(drop, "DROP INDEX "+name), append(made, definition)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// moment is an SQL expression of the moment so many seconds after the start of
// the year.
func moment(driver, seconds string) string {
	const start = 1767225600 // Jan 1, 2026
	if driver == "sqlite" {
		return fmt.Sprintf("strftime('%%Y-%%m-%%d %%H:%%M:%%S+00:00', %d + (%s), 'unixepoch')", start, seconds)
	}
	return fmt.Sprintf("to_timestamp(%d + (%s))", start, seconds)
}

// statements fill the tables. Each gift's number decides its fate: two in a
// hundred are refunded whole and two in part, one in a thousand is disputed, and
// the last few refunds, disputes and bank debits are under way.
func statements(driver string) []string {
	replace := strings.NewReplacer(
		"@gifts", fmt.Sprint(*gifts), "@received", moment(driver, fmt.Sprintf("i * 31536000 / %d", *gifts)), "@later", moment(driver, fmt.Sprintf("i * 31536000 / %d + 86400 * (1 + i %% 20)", *gifts)),
		"@now", moment(driver, "31536000"),
		"@numbers", fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)", *gifts),
		"@id", "CAST(100000000 + i AS TEXT)", "@whole", "i % 50 = 0", "@part", "i % 50 = 1", "@taken", "i % 997 = 3",
		"@open", fmt.Sprintf("((i %% 50 = 0 OR i %% 50 = 1) AND i %% 997 <> 3 AND i >= %d - 1500)", *gifts),
		"@contested", fmt.Sprintf("(i %% 997 = 3 AND i >= %d - 20000)", *gifts),
		"@frequency", "CASE WHEN i % 10 < 7 THEN 'once' WHEN i % 10 < 9 THEN 'monthly' ELSE 'yearly' END",
		"@method", "CASE i % 7 WHEN 0 THEN 'mastercard' WHEN 1 THEN 'amex' WHEN 2 THEN 'us_bank_account' WHEN 3 THEN 'link' ELSE 'visa' END",
		"@amount", "(500 + 500 * (i * 7919 % 60) + CASE WHEN i % 3 = 0 THEN 45 + 15 * (i * 7919 % 60) ELSE 0 END)",
	)
	var all []string
	for _, s := range []string{
		`INSERT INTO donors (id, email, gifts, created_at) @numbers SELECT 'dnr_' || @id, 'reader' || i || '@example.org', 0, @received FROM n WHERE i <= @gifts / 2`,
		`INSERT INTO donations (id, token, reference, livemode, frequency, amount, fees_covered, newsletter, comment, tribute, tribute_name, src, utm_source, utm_medium, utm_campaign, utm_content,
			currency, amount_charged, form_attempt, checkout_url, checkout_state, from_metadata, donor_id, status, received_at, refunded_at, captured, refunded, disputed, fee_taken, counted, pending, created_at,
			subscription_id, renewal, refunds_open, refunding, disputes_open, contested)
		 @numbers SELECT 'don_' || @id, '0000000000000' || @id, 'CP-' || @id, FALSE, @frequency, @amount, 0, FALSE, '', 'none', '',
			CASE WHEN i % 4 = 1 THEN 'article-' || (i * 31 % 20) ELSE '' END, CASE WHEN i % 4 > 1 THEN 'letter-' || (i * 17 % 10) ELSE '' END, CASE WHEN i % 4 > 1 THEN 'email' ELSE '' END, '', '',
			'usd', @amount, 1, '', 'open', FALSE, 'dnr_' || CAST(100000001 + i % (@gifts / 2) AS TEXT),
			CASE WHEN @taken THEN 'disputed' WHEN @whole THEN 'refunded' WHEN @part THEN 'partially_refunded' ELSE 'received' END,
			@received, CASE WHEN (@whole OR @part) AND NOT @taken THEN @later END, @amount, CASE WHEN @taken THEN 0 WHEN @whole THEN @amount WHEN @part THEN 100 ELSE 0 END, CASE WHEN @taken THEN @amount ELSE 0 END, @amount / 40 + 30,
			NOT (@whole OR @taken), 0, @received,
			CASE WHEN i % 10 < 7 THEN NULL ELSE 'sub_' || CAST(100000000 + i % 20000 AS TEXT) END, i % 10 >= 7 AND i > 20000,
			CASE WHEN @open THEN 1 ELSE 0 END, CASE WHEN NOT @open THEN 0 WHEN @whole THEN @amount ELSE 100 END,
			CASE WHEN @contested THEN 1 ELSE 0 END, CASE WHEN @contested THEN @amount ELSE 0 END FROM n`,
		`INSERT INTO donations (id, token, reference, livemode, frequency, amount, fees_covered, newsletter, comment, tribute, tribute_name, src, utm_source, utm_medium, utm_campaign, utm_content,
			currency, amount_charged, form_attempt, checkout_url, checkout_state, from_metadata, status, pending, created_at)
		 @numbers SELECT 'pen_' || @id, '0000000000001' || @id, 'CQ-' || @id, FALSE, 'once', @amount, 0, FALSE, '', 'none', '', '', '', '', '', '',
			'usd', @amount, 1, '', 'open', FALSE, CASE WHEN i % 100 = 0 THEN 'processing' ELSE 'expired' END, CASE WHEN i % 100 = 0 THEN @amount ELSE 0 END, @received FROM n WHERE i <= @gifts / 20`,
		`UPDATE donors SET gifts = counted.gifts FROM (SELECT donor_id, COUNT(*) AS gifts FROM donations WHERE counted GROUP BY donor_id) AS counted WHERE counted.donor_id = donors.id`,
		`INSERT INTO facts (key, donation_id, kind, amount, currency, at, email, email_rank, name, method, last4, evidence, recorded_at, object, charge)
		 SELECT id || ':told', id, CASE status WHEN 'processing' THEN 'debit_pending' ELSE 'session_expired' END, 0, 'usd', created_at, '', 0, '', '', '', 'object_', created_at, '', ''
		 FROM donations WHERE received_at IS NULL`,
		facts("'ch_' || @id || ':charge'", "charge", "@amount", "@received", "'ch_' || @id", "@method", "TRUE"),
		facts("'txn_' || @id || ':fee'", "fee", "@amount / 40 + 30", "@received", "'ch_' || @id", "''", "TRUE"),
		facts("'re_' || @id || ':refund'", "refund", "CASE WHEN @whole THEN @amount ELSE 100 END", "@later", "'re_' || @id", "''", "(@whole OR @part) AND NOT @taken"),
		facts("'re_' || @id || ':refund_settled'", "refund_settled", "0", "@later", "'re_' || @id", "''", "(@whole OR @part) AND NOT @taken AND i < @gifts - 1500"),
		facts("'dp_' || @id || ':opened'", "dispute_opened", "0", "@later", "'dp_' || @id", "''", "@taken"),
		facts("'txn_' || @id || ':dispute'", "dispute", "@amount", "@later", "'dp_' || @id", "''", "@taken"),
		facts("'dp_' || @id || ':closed'", "dispute_closed", "0", "@later", "'dp_' || @id", "''", "@taken AND i < @gifts - 20000"),
		`INSERT INTO postings (key, kind, donation_id, at, posted_at, memo) SELECT key, kind, donation_id, at, at, 'object_' FROM facts WHERE kind IN ('charge', 'fee', 'refund', 'dispute')`,
		`INSERT INTO posting_lines (posting, number, account, amount, currency) SELECT key, 1,
			CASE kind WHEN 'charge' THEN 'stripe:balance' WHEN 'fee' THEN 'expense:fees' WHEN 'refund' THEN 'contra:refunds' ELSE 'contra:disputes' END, amount, 'usd' FROM facts WHERE kind IN ('charge', 'fee', 'refund', 'dispute')`,
		`INSERT INTO posting_lines (posting, number, account, amount, currency) SELECT key, 2,
			CASE kind WHEN 'charge' THEN 'income:donations' ELSE 'stripe:balance' END, -amount, 'usd' FROM facts WHERE kind IN ('charge', 'fee', 'refund', 'dispute')`,
		`INSERT INTO subscriptions (id, token, customer, status, amount, currency, months, cancels_at_end, as_of)
		 SELECT subscription_id, token, 'cus_', CASE WHEN id LIKE '%77' THEN 'past_due' ELSE 'active' END, amount, 'usd', 1, FALSE, created_at FROM donations WHERE subscription_id IS NOT NULL AND NOT renewal`,
		`INSERT INTO payouts (id, amount, currency, status, automatic, reconciliation, arrival_on, created_at, members_read)
		 @numbers SELECT 'po_' || @id, 100000 + i, 'usd', 'paid', TRUE, 'completed', @now, @now, TRUE FROM n WHERE i <= 250`,
		`INSERT INTO postings (key, kind, at, posted_at, memo) SELECT id || ':payout', 'payout', created_at, created_at, id FROM payouts`,
		`INSERT INTO posting_lines (posting, number, account, amount, currency) SELECT id || ':payout', 1, 'bank', amount, 'usd' FROM payouts`,
		`INSERT INTO posting_lines (posting, number, account, amount, currency) SELECT id || ':payout', 2, 'stripe:balance', -amount, 'usd' FROM payouts`,
		`INSERT INTO progress_changes (gross, refunded, disputed, offline, fees, pending, gifts, donors, changed_at, gift_at)
		 SELECT SUM(captured), SUM(refunded), SUM(disputed), 0, SUM(fee_taken), SUM(pending), SUM(CASE WHEN counted THEN 1 ELSE 0 END), COUNT(DISTINCT CASE WHEN counted THEN donor_id END), 1, 1 FROM donations`,
	} {
		// Twice: what a place stands for has places of its own.
		all = append(all, replace.Replace(replace.Replace(s)))
	}
	return all
}

// facts are one kind of fact of the gifts for which a condition holds.
func facts(key, kind, amount, at, object, method, where string) string {
	return `INSERT INTO facts (key, donation_id, kind, amount, currency, at, email, email_rank, name, method, last4, evidence, recorded_at, object, charge)
		@numbers SELECT ` + key + `, 'don_' || @id, '` + kind + `', ` + amount + `, 'usd', ` + at + `, '', 0, '', ` + method + `, '', 'object_', ` + at + `, ` + object + `, 'ch_' || @id FROM n WHERE ` + where
}
