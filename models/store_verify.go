package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Breach is a predicate of the ledger that does not hold, with what breaks it.
type Breach struct {
	Predicate string // "I1"
	Rule      string // the predicate in words
	Found     string // what broke it: keys and ids, no personal data
}

// predicate is one rule, and a query that returns a row of text for each thing
// that breaks it. The numbers are LEDGER.md's.
type predicate struct {
	name, rule, query string
}

// predicates are those that the database alone can decide.
var predicates = []predicate{
	{"I1", "the lines of a posting are two or more and sum to zero", `
		SELECT p.key || ': ' || COUNT(l.posting) || ' lines, sum ' || COALESCE(SUM(l.amount), 0)
		FROM postings p LEFT JOIN posting_lines l ON l.posting = p.key
		GROUP BY p.key HAVING COUNT(l.posting) < 2 OR SUM(l.amount) <> 0`},
	{"I3", "every key stands once", `
		SELECT 'posting ' || key FROM postings GROUP BY key HAVING COUNT(*) > 1
		UNION ALL SELECT 'event ' || id FROM events GROUP BY id HAVING COUNT(*) > 1
		UNION ALL SELECT 'reference ' || reference FROM donations GROUP BY reference HAVING COUNT(*) > 1`},
	{"I4", "every charge that is known is posted, with its amount", `
		SELECT f.key || ': captured ' || f.amount || ', posted ' || COALESCE(l.amount, 0)
		FROM facts f LEFT JOIN posting_lines l ON l.posting = f.key AND l.account = 'stripe:balance'
		WHERE f.kind = 'charge' AND (l.posting IS NULL OR l.amount <> f.amount OR l.currency <> f.currency)
		UNION ALL
		SELECT e.id || ': ' || e.object_id || ' has no posting'
		FROM events e LEFT JOIN postings p ON p.key = e.object_id || ':charge'
		WHERE e.type = 'charge.succeeded' AND e.state = 'booked' AND p.key IS NULL`},
	{"I5", "every posting rests on recorded evidence", `
		SELECT p.key || ': no fact' FROM postings p LEFT JOIN facts f ON f.key = p.key
		WHERE p.donation_id IS NOT NULL AND (f.key IS NULL OR f.donation_id <> p.donation_id)`},
	{"I8", "a gift's figures are those of its postings", perGift + `
		SELECT d.id || ': shown ' || d.captured || '−' || d.refunded || '−' || d.disputed || '−' || d.fee_taken ||
		       ', posted ' || COALESCE(g.captured, 0) || '−' || COALESCE(g.refunded, 0) || '−' || COALESCE(g.disputed, 0) || '−' || COALESCE(g.fees, 0)
		FROM donations d LEFT JOIN gifts g ON g.id = d.id
		WHERE d.captured <> COALESCE(g.captured, 0) OR d.refunded <> COALESCE(g.refunded, 0) OR d.disputed <> COALESCE(g.disputed, 0)
		   OR d.fee_taken <> COALESCE(g.fees, 0) OR d.pending <> COALESCE(g.pending, 0)
		   OR (CASE WHEN d.counted THEN 1 ELSE 0 END) <> COALESCE(g.counted, 0)`},
	{"I9", "each account's lines have the sign that their kind allows", signs()},
	{"I10", "the journal is kept in the books' one currency", `
		SELECT l.posting || ': ' || l.currency FROM posting_lines l WHERE l.currency <> (SELECT currency FROM books)`},
	{"I15", "a gift's payment, currency and amount agree with what was agreed", `
		SELECT d.id || ': agreed ' || d.amount_charged || ' ' || d.currency || ', ' || f.key || ' says ' || f.amount || ' ' || f.currency
		FROM facts f JOIN donations d ON d.id = f.donation_id
		WHERE f.kind = 'charge' AND (f.amount <> d.amount_charged OR f.currency <> d.currency)
		UNION ALL
		SELECT id || ': agreed ' || amount_charged || ', chosen ' || amount || ' + ' || fees_covered
		FROM donations WHERE amount_charged <> amount + fees_covered`},
	{"I18", "nothing of the other mode is in the books", `
		SELECT 'event ' || e.id FROM events e, books b WHERE b.livemode IS NOT NULL AND e.livemode <> b.livemode
		UNION ALL
		SELECT 'gift ' || d.id FROM donations d, books b WHERE b.livemode IS NOT NULL AND d.livemode <> b.livemode`},
}

// signs is the query for I9, made from the same rules that posting follows:
// the debit line of a movement is positive and its credit line negative. Only a
// dispute's may be the other way round, since a reinstatement is its mirror.
func signs() string {
	allowed := ""
	for kind, rule := range rules {
		debit, credit := "l.amount > 0", "l.amount < 0"
		if kind == DisputeMoved {
			debit, credit = "l.amount <> 0", "l.amount <> 0"
		}
		allowed += fmt.Sprintf(" OR (p.kind = '%s' AND (l.account = '%s' AND %s OR l.account = '%s' AND %s))",
			kind, rule.debit, debit, rule.credit, credit)
	}
	return `SELECT l.posting || ': ' || l.account || ' ' || l.amount || ' in a ' || p.kind
		FROM posting_lines l JOIN postings p ON p.key = l.posting WHERE NOT (1 = 0` + allowed + `)`
}

// mostShown bounds how many breaches of one predicate are named.
const mostShown = 20

// Verify checks every predicate that the database alone can decide, and
// returns what breaks one: nothing, if the books are sound.
func (s *Store) Verify(ctx context.Context) ([]Breach, error) {
	db := s.db.WithContext(ctx)
	var breaches []Breach
	for _, p := range predicates {
		var found []string
		query, args := p.query, []any{}
		if p.name == "I8" {
			args = []any{endOfTime, endOfTime}
		}
		if err := db.Raw(query+fmt.Sprintf(" LIMIT %d", mostShown), args...).Scan(&found).Error; err != nil {
			return nil, fmt.Errorf("models: verify %s: %w", p.name, err)
		}
		for _, f := range found {
			breaches = append(breaches, Breach{p.name, p.rule, f})
		}
	}
	for _, check := range []func(*gorm.DB) ([]Breach, error){s.verifyAppendOnly, verifyProgress} {
		found, err := check(db)
		if err != nil {
			return nil, err
		}
		breaches = append(breaches, found...)
	}
	return breaches, nil
}

// verifyAppendOnly looks whether the triggers that keep the journal are there
// and active.
func (s *Store) verifyAppendOnly(db *gorm.DB) ([]Breach, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'trigger'`
	wanted := []string{"postings_stay", "postings_are_kept", "posting_lines_stay", "posting_lines_are_kept"}
	if s.dialect == postgreSQL {
		query = `SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND n.nspname = current_schema()`
		wanted = []string{"postings_stay", "posting_lines_stay"}
	}
	var names []string
	if err := db.Raw(query).Scan(&names).Error; err != nil {
		return nil, fmt.Errorf("models: verify I2: %w", err)
	}
	present := map[string]bool{}
	for _, name := range names {
		present[name] = true
	}
	var breaches []Breach
	for _, name := range wanted {
		if !present[name] {
			breaches = append(breaches, Breach{"I2", "postings are never changed or deleted", "the trigger " + name + " is gone or off"})
		}
	}
	return breaches, nil
}

// verifyProgress compares the public figures with a reckoning from the journal.
func verifyProgress(db *gorm.DB) ([]Breach, error) {
	var shown, reckoned progressChange
	// One statement each would do on SQLite; on PostgreSQL a booking between
	// the two would look like a breach, so both read one snapshot.
	err := db.Transaction(func(tx *gorm.DB) error {
		if tx.Name() == "postgres" {
			if err := tx.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").Error; err != nil {
				return err
			}
		}
		var err error
		if shown, err = sumChanges(tx); err != nil {
			return err
		}
		reckoned, err = recomputed(tx, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: verify I13: %w", err)
	}
	shown.ChangedAt, shown.GiftAt = 0, 0
	if shown == reckoned {
		return nil, nil
	}
	return []Breach{{"I13", "the public figures are those of the journal", fmt.Sprintf(
		"shown %s, journal %s", figuresInWords(shown), figuresInWords(reckoned))}}, nil
}

func figuresInWords(c progressChange) string {
	return fmt.Sprintf("gross %s refunded %s disputed %s offline %s fees %s pending %s gifts %d donors %d",
		c.Gross.Decimal(), c.Refunded.Decimal(), c.Disputed.Decimal(), c.Offline.Decimal(), c.Fees.Decimal(), c.Pending.Decimal(), c.Gifts, c.Donors)
}
