package models

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/pgtest"
)

// TestReceiptsThatWereOnlyMailsBecomeDue: before there were documents, a
// payment queued the mail of one, and none was ever sent.
func TestReceiptsThatWereOnlyMailsBecomeDue(t *testing.T) {
	t.Parallel()
	onOldBooks(t, func(t *testing.T, s *Store) {
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.OpenBooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if issued, err := s.IssueReceipts(t.Context(), 10); issued != 1 || err != nil {
			t.Fatalf("%d issued, %v", issued, err)
		}
		var kinds []MailKind
		if err := s.db.Raw("SELECT kind FROM outbox").Scan(&kinds).Error; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]MailKind{MailConfirmNewsletter}, kinds); diff != "" { // the gift has no address
			t.Errorf("the outbox (−want +got):\n%s", diff)
		}
		all, err := receiptsOf(s.db, "don_1")
		// Of its disputes one took money and is over.
		if err != nil || len(all) != 2 || all[1].Amount != 300 || all[1].Lost != 700 {
			t.Errorf("the documents are %+v, %v", all, err)
		}
	})
}

// onOldBooks runs a test on either database, with books as the seventh migration
// left them.
func onOldBooks(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	for name, address := range map[string]func() string{
		"SQLite":     func() string { return "sqlite:" + filepath.Join(t.TempDir(), "appeal.db") },
		"PostgreSQL": func() string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Connect(t.Context(), Options{URL: address(), Slug: "corruption-project", Currency: "usd"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			migrateTo(t, s, 7)
			oldBooks(t, s)
			test(t, s)
		})
	}
}

// migrateTo brings books to a migration of before.
func migrateTo(t *testing.T, s *Store, version int64) {
	t.Helper()
	history, err := s.history(t.Context())
	if err == nil {
		_, err = history.UpTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// oldBooks are books of before: a gift that was paid, and lost in part to one
// of two disputes.
func oldBooks(t *testing.T, s *Store) {
	t.Helper()
	now := s.Now()
	run := func(statement string, args ...any) {
		t.Helper()
		if err := s.db.Exec(statement, args...).Error; err != nil {
			t.Fatal(err)
		}
	}
	run(`INSERT INTO donations (id, token, reference, livemode, frequency, amount, fees_covered, newsletter, comment, tribute, tribute_name,
		src, utm_source, utm_medium, utm_campaign, utm_content, currency, amount_charged, form_attempt, checkout_url, checkout_state,
		from_metadata, status, captured, created_at)
		VALUES ('don_1', 'AAAAAAAAAAAAAAAAAAAAAA', 'CP-00000000', FALSE, 'once', 1000, 0, FALSE, '', 'none', '', '', '', '', '', '', 'usd', 1000, 1, '', 'open',
		FALSE, 'disputed', 1000, ?)`, now)
	for _, f := range []struct {
		key, kind, object string
		amount            int64
	}{
		{"ch_1:charge", "charge", "ch_1", 1000},
		{"txn_1:dispute", "dispute", "dp_lost", 700},
		{"dp_lost:closed", "dispute_closed", "dp_lost", 0},
		{"txn_2:dispute", "dispute", "dp_won", 50},
		{"txn_3:dispute", "dispute", "dp_won", -50},
		{"dp_won:closed", "dispute_closed", "dp_won", 0},
		{"txn_4:dispute", "dispute", "dp_open", 20},
	} {
		run(`INSERT INTO facts (key, donation_id, kind, amount, currency, at, object, charge, email, email_rank, method, last4, evidence, recorded_at)
			VALUES (?, 'don_1', ?, ?, 'usd', ?, ?, 'ch_1', '', 0, '', '', 'x', ?)`, f.key, f.kind, f.amount, now, f.object, now)
	}
	run(`INSERT INTO outbox (key, kind, donation_id, payload, state, next_try_at, created_at) VALUES
		('ch_1:charge:receipt', 'receipt', 'don_1', '{}', 'queued', ?, ?),
		('x:newsletter_confirm', 'newsletter_confirm', NULL, '{"email":"reader@example.org","token":"AAAAAAAAAAAAAAAAAAAAAA"}', 'queued', ?, ?)`, now, now, now, now)
}
