package models_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// eachWithConn is storetest.Each, with a second way into the database: that of
// somebody who tampers with it.
func eachWithConn(t *testing.T, test func(t *testing.T, s *models.Store, tamper func(statements ...string) error)) {
	t.Helper()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			s := storetest.Open(t, url, &storetest.Clock{})
			test(t, s, tamperer(t, url))
		})
	}
}

// tamperer is a way into a database beside a Store.
func tamperer(t *testing.T, url string) func(statements ...string) error {
	t.Helper()
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	conn, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(statements ...string) error {
		for _, statement := range statements {
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestPostingsCanNeitherBeChangedNorDeleted(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		book(t, s, charged(start(t, s), "ch_1", ""))
		statements := []string{"UPDATE postings SET memo = 'x'", "DELETE FROM postings", "UPDATE posting_lines SET amount = 1", "DELETE FROM posting_lines"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			statements = append(statements, "INSERT OR REPLACE INTO posting_lines SELECT posting, number, account, 2 * amount, currency FROM posting_lines")
		}
		for _, statement := range statements {
			if err := tamper(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		sound(t, s)
	})
}

func TestVerifyCatchesEachPredicateBroken(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		unlock := []string{"DROP TRIGGER posting_lines_stay ON posting_lines", "DROP TRIGGER postings_stay ON postings"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			unlock = []string{
				"DROP TRIGGER posting_lines_stay", "DROP TRIGGER posting_lines_are_kept", "DROP TRIGGER postings_stay", "DROP TRIGGER postings_are_kept",
			}
		}
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		sound(t, s)
		if err := tamper(unlock...); err != nil {
			t.Fatal(err)
		}
		breaks := []struct{ predicate, how, undo string }{
			{"I1", "UPDATE posting_lines SET amount = amount - 1 WHERE number = 2", "UPDATE posting_lines SET amount = amount + 1 WHERE number = 2"},
			{"I4", "UPDATE facts SET amount = 1", "UPDATE facts SET amount = 125050"},
			{"I5", "UPDATE postings SET kind = kind; INSERT INTO postings (key, kind, donation_id, at, posted_at, memo) SELECT 'ch_x:charge', kind, donation_id, at, posted_at, '' FROM postings", "DELETE FROM postings WHERE key = 'ch_x:charge'"},
			{"I5", "UPDATE facts SET evidence = ''", "UPDATE facts SET evidence = 'of_ch_1'"},
			{"I5", "UPDATE facts SET evidence = 'evt_gone'", "UPDATE facts SET evidence = 'of_ch_1'"},
			{"I6", "INSERT INTO postings (key, kind, donation_id, at, posted_at, memo) SELECT 're_x:refund', 'refund', donation_id, at, posted_at, '' FROM postings; INSERT INTO posting_lines VALUES ('re_x:refund', 1, 'contra:refunds', 125051, 'usd'), ('re_x:refund', 2, 'stripe:balance', -125051, 'usd'); INSERT INTO facts (key, donation_id, kind, amount, currency, at, object, charge, email, email_rank, method, last4, evidence, recorded_at) SELECT 're_x:refund', donation_id, 'refund', 125051, 'usd', at, 're_x', charge, '', 0, '', '', 'x', at FROM facts", "DELETE FROM facts WHERE key = 're_x:refund'; DELETE FROM posting_lines WHERE posting = 're_x:refund'; DELETE FROM postings WHERE key = 're_x:refund'"},
			{"I7", "INSERT INTO postings (key, kind, donation_id, at, posted_at, memo) SELECT 'txn_x:dispute', 'dispute', donation_id, at, posted_at, '' FROM postings; INSERT INTO posting_lines VALUES ('txn_x:dispute', 1, 'contra:disputes', -1, 'usd'), ('txn_x:dispute', 2, 'stripe:balance', 1, 'usd'); INSERT INTO facts (key, donation_id, kind, amount, currency, at, object, email, email_rank, method, last4, evidence, recorded_at) SELECT 'txn_x:dispute', donation_id, 'dispute', -1, 'usd', at, 'dp_x', '', 0, '', '', 'x', at FROM facts", "DELETE FROM facts WHERE key = 'txn_x:dispute'; DELETE FROM posting_lines WHERE posting = 'txn_x:dispute'; DELETE FROM postings WHERE key = 'txn_x:dispute'"},
			{"I8", "UPDATE donations SET captured = 1", "UPDATE donations SET captured = 125050"},
			{"I8", "UPDATE donations SET status = 'expired'", "UPDATE donations SET status = 'received'"},
			{"I8", "UPDATE donations SET received_at = NULL", "UPDATE donations SET received_at = (SELECT at FROM postings)"},
			{"I8", "UPDATE donors SET gifts = gifts + 1", "UPDATE donors SET gifts = gifts - 1"},
			{"I9", "UPDATE posting_lines SET amount = -amount", "UPDATE posting_lines SET amount = -amount"},
			{"I10", "UPDATE posting_lines SET currency = 'eur'", "UPDATE posting_lines SET currency = 'usd'"},
			{"I13", "UPDATE progress_changes SET gross = gross + 1", "UPDATE progress_changes SET gross = gross - 1"},
			{"I13", "UPDATE progress_changes SET donors = donors + 1", "UPDATE progress_changes SET donors = donors - 1"},
			{"I15", "UPDATE donations SET amount_charged = 1", "UPDATE donations SET amount_charged = 125050"},
			{"I18", "UPDATE books SET livemode = NULL", "UPDATE books SET livemode = FALSE"},
			{"I19", "UPDATE facts SET at = '2020-01-01 00:00:00+00:00'", "UPDATE facts SET at = (SELECT at FROM postings)"},
			{"I18", "UPDATE donations SET livemode = TRUE", "UPDATE donations SET livemode = FALSE"},
		}
		for _, b := range breaks {
			if err := tamper(b.how); err != nil {
				t.Fatalf("%s: %v", b.how, err)
			}
			if !caught(t, s, b.predicate) {
				t.Errorf("%s was broken by %q, and not caught", b.predicate, b.how)
			}
			if err := tamper(b.undo); err != nil {
				t.Fatalf("%s: %v", b.undo, err)
			}
		}
		breaches, err := s.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range breaches {
			if b.Predicate != "I2" { // the triggers are gone, and that is caught as well
				t.Errorf("once mended, %s still fails: %s", b.Predicate, b.Found)
			}
		}
		if !caught(t, s, "I2") {
			t.Error("the triggers are gone, and it was not caught")
		}
	})
}

// TestVerifyCatchesKeysThatStandTwice breaks I3, which the schema itself makes
// impossible: so the tables' keys have to go first.
func TestVerifyCatchesKeysThatStandTwice(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		start(t, s)
		start(t, s)
		if strings.HasSuffix(t.Name(), "SQLite") {
			// A table without its constraints takes the place of the real one.
			err := tamper("PRAGMA foreign_keys=OFF", "CREATE TABLE loose AS SELECT * FROM donations", "ALTER TABLE donations RENAME TO firm",
				"ALTER TABLE loose RENAME TO donations", "UPDATE donations SET reference = 'CP-00000000'")
			if err != nil {
				t.Fatal(err)
			}
		} else if err := tamper("ALTER TABLE donations DROP CONSTRAINT donations_reference_key", "UPDATE donations SET reference = 'CP-00000000'"); err != nil {
			t.Fatal(err)
		}
		if !caught(t, s, "I3") {
			t.Error("two gifts of one reference, and not caught")
		}
	})
}

func caught(t *testing.T, s *models.Store, predicate string) bool {
	t.Helper()
	breaches, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		if b.Predicate == predicate {
			return true
		}
	}
	return false
}

func TestABookingThatFailsAtItsLastStatementLeavesNothing(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		d := start(t, s)
		fail := []string{
			`CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$ LANGUAGE plpgsql`,
			`CREATE TRIGGER refuse BEFORE UPDATE OF status ON donations FOR EACH STATEMENT EXECUTE FUNCTION refuse()`,
		}
		mend := "DROP TRIGGER refuse ON donations"
		if strings.HasSuffix(t.Name(), "SQLite") {
			fail = []string{"CREATE TRIGGER refuse BEFORE UPDATE OF status ON donations BEGIN SELECT RAISE(ABORT, 'refused'); END"}
			mend = "DROP TRIGGER refuse"
		}
		if err := tamper(fail...); err != nil {
			t.Fatal(err)
		}
		fact := charged(d, "ch_1", "reader@example.org")
		if _, err := s.Learn(t.Context(), told(fact)); err == nil {
			t.Fatal("booking did not fail")
		}
		digest, err := s.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		empty := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if got := totals(t, s); got != (models.Totals{Currency: "usd"}) || digest != empty {
			t.Errorf("something stayed: %+v, digest %s", got, digest)
		}
		// The event that brought it is kept all the same, and booked once it can be.
		event := models.Event{ID: "evt_1", Type: "charge.succeeded", ObjectID: "ch_1", Raw: []byte("{}"), APIVersion: "2023-10-16", Created: storetest.Start}
		state, _, err := s.Receive(t.Context(), event, models.Reading{Facts: []models.Fact{fact}})
		if err != nil || state != models.EventWaiting {
			t.Fatalf("the event is %s, %v", state, err)
		}
		if err := tamper(mend); err != nil {
			t.Fatal(err)
		}
		due, err := s.ClaimDue(t.Context(), 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("%d events are due, %v", len(due), err)
		}
		if state, err := s.Settle(t.Context(), due[0], models.Reading{Facts: []models.Fact{fact}}); err != nil || state != models.EventBooked {
			t.Fatalf("the event is %s, %v", state, err)
		}
		if got := totals(t, s); got.Gross != 125050 || got.Gifts != 1 {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
	})
}

func TestTheBooksAreOneCampaignsInOneCurrencyAndMode(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			storetest.Open(t, url, &storetest.Clock{})
			live, test := true, false
			for name, o := range map[string]models.Options{
				"another campaign": {Slug: "other", Currency: "usd", Livemode: &test},
				"another currency": {Slug: "corruption-project", Currency: "eur", Livemode: &test},
				"the other mode":   {Slug: "corruption-project", Currency: "usd", Livemode: &live},
			} {
				o.URL = url
				s, err := models.Connect(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.OpenBooks(t.Context()); !errors.Is(err, models.ErrOtherBooks) {
					t.Errorf("%s: %v", name, err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTotalsAsOfADayHoldWhatStripeSaysWasCharged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		first, second := charged(start(t, s), "ch_1", "one@example.org"), charged(start(t, s), "ch_2", "two@example.org")
		second.At = second.At.Add(48 * time.Hour)
		book(t, s, first, second)
		for moment, gifts := range map[time.Time]int64{first.At.Add(-time.Second): 0, first.At: 1, second.At: 2} {
			got, err := s.TotalsAsOf(t.Context(), moment)
			if err != nil {
				t.Fatal(err)
			}
			want := money.Minor(gifts) * 125050
			if got.Gifts != gifts || got.Donors != gifts || got.Raised != want || got.StripeBalance != want {
				t.Errorf("as of %s: %+v", moment, got)
			}
		}
	})
}

func TestMigratingAtOnceFromSeveralReplicas(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			ended := make(chan error)
			for range 3 {
				go func() {
					s, err := models.Connect(t.Context(), models.Options{URL: url, Slug: "corruption-project", Currency: "usd"})
					if err == nil {
						_, err = s.Migrate(t.Context())
						err = errors.Join(err, s.OpenBooks(t.Context()), s.Close())
					}
					ended <- err
				}()
			}
			for range 3 {
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestVerifyCatchesWhatIsUndoneAndWasNeverMade breaks I5: a movement that undoes
// another must have it, with the same amount.
func TestVerifyCatchesWhatIsUndoneAndWasNeverMade(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		d := start(t, s)
		book(t, s, charged(d, "py_1", ""), ofCharge(d, "py_1", "failure", models.ChargeUndone, 125050), charged(d, "py_2", ""),
			refundOf(d, "re_1", "py_2", 500), of(d, "re_1:refund_failed", models.RefundUndone, 500))
		at, later := storetest.Start, storetest.Start.Add(time.Hour)
		payout := models.Payout{ID: "po_1", Amount: 700, Currency: "usd", Status: "failed", CreatedAt: at, ArrivalOn: at, FailedAt: &later}
		if _, err := s.Learn(t.Context(), models.Object{ID: "po_1", Raw: []byte("{}"), Reading: models.Reading{Payout: &payout}}); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		unlock := "DROP TRIGGER posting_lines_stay ON posting_lines; DROP TRIGGER postings_stay ON postings"
		if strings.HasSuffix(t.Name(), "SQLite") {
			unlock = "DROP TRIGGER posting_lines_stay; DROP TRIGGER posting_lines_are_kept; DROP TRIGGER postings_stay; DROP TRIGGER postings_are_kept"
		}
		if err := tamper(unlock); err != nil {
			t.Fatal(err)
		}
		for made, undone := range map[string]string{"py_1:charge": "py_1:failure", "re_1:refund": "re_1:refund_failed", "po_1:payout": "po_1:payout_failed"} {
			for _, how := range []string{
				"UPDATE posting_lines SET amount = amount * 2 WHERE posting = '" + made + "'", "DELETE FROM posting_lines WHERE posting = '" + made + "'",
			} {
				if err := tamper(how); err != nil {
					t.Fatal(err)
				}
				breaches, err := s.Verify(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(breaches, func(b models.Breach) bool {
					return b.Predicate == "I5" && strings.HasPrefix(b.Found, undone+": undoes")
				}) {
					t.Errorf("after %s, %s was not caught: %v", how, undone, breaches)
				}
			}
		}
	})
}
