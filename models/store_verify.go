package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Breach is a predicate of the ledger that does not hold, with what breaks it.
type Breach struct {
	Predicate string // "I1"
	Rule      string // the predicate in words
	Found     string // what broke it: keys and ids, no personal data
}

// predicate is one rule, and a query that returns a row of text for each thing
// that breaks it. The numbers are those of docs/ledger.md.
type predicate struct {
	name, rule, query string
}

// predicates are those that the database alone can decide.
var predicates = slices.Concat(ledgerPredicates, mailPredicates)

// ledgerPredicates are those of the money.
var ledgerPredicates = []predicate{
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
	{"I4", "every fact that moves money is posted", `
		SELECT f.key || ': no posting' FROM facts f LEFT JOIN postings p ON p.key = f.key
		WHERE p.key IS NULL AND f.kind IN (` + quoted(moneyKinds()) + `)`},
	{"I5", "every posting rests on recorded evidence", `
		SELECT p.key || ': no fact' FROM postings p LEFT JOIN facts f ON f.key = p.key
		WHERE p.donation_id IS NOT NULL AND (f.key IS NULL OR f.donation_id <> p.donation_id OR f.evidence = '')
		UNION ALL
		SELECT f.key || ': its event ' || f.evidence || ' is not stored'
		FROM facts f LEFT JOIN events e ON e.id = f.evidence WHERE f.evidence LIKE 'evt\_%' ESCAPE '\' AND e.id IS NULL
		UNION ALL
		SELECT f.key || ': the object ' || f.evidence || ' is not stored'
		FROM facts f LEFT JOIN events e ON e.id = f.evidence WHERE f.evidence LIKE 'object\_%' ESCAPE '\' AND e.id IS NULL
		UNION ALL
		SELECT f.key || ': the balance transaction ' || f.evidence || ' is not kept'
		FROM facts f LEFT JOIN balance_transactions t ON t.id = f.evidence WHERE f.evidence LIKE 'txn\_%' ESCAPE '\' AND t.id IS NULL
		UNION ALL
		SELECT p.key || ': of no gift, and no payout or balance transaction bears it out'
		FROM postings p WHERE p.donation_id IS NULL AND p.kind <> 'opening'
		  AND NOT EXISTS (SELECT 1 FROM payouts o WHERE o.id = REPLACE(p.key, ':' || p.kind, '')
		                  AND (p.kind = 'payout' OR p.kind = 'payout_failed' AND o.failed_at IS NOT NULL))
		  AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = p.key AND t.category = 'payout_reversal')
		  AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.id = REPLACE(p.key, ':' || p.kind, ''))`},
	{"I5", "what is undone was made, with the same amount and for the same gift", `
		SELECT u.key || ': undoes ' || u.amount || ', made were ' || COALESCE(l.amount, 0)
		FROM (SELECT p.key, p.kind, p.donation_id, -n.amount AS amount,
		             CASE p.kind WHEN 'failure' THEN REPLACE(p.key, ':failure', ':charge')
		                         WHEN 'refund_failed' THEN REPLACE(p.key, ':refund_failed', ':refund')
		                         ELSE REPLACE(p.key, ':payout_failed', ':payout') END AS made
		      FROM postings p JOIN posting_lines n ON n.posting = p.key AND n.account = 'stripe:balance'
		      WHERE p.kind IN ('failure', 'refund_failed', 'payout_failed')) AS u
		LEFT JOIN postings m ON m.key = u.made
		LEFT JOIN posting_lines l ON l.posting = u.made AND l.account = 'stripe:balance'
		WHERE l.posting IS NULL AND NOT (u.kind = 'payout_failed' AND ` + beforeTheBooks + `)
		   OR l.amount <> u.amount OR COALESCE(m.donation_id, '') <> COALESCE(u.donation_id, '')`},
	{"I11", "the journal holds of each balance transaction what Stripe moved", `
		SELECT id || ': Stripe moved ' || net || ', the journal ' || held FROM (` + heldOf + `) AS held
		WHERE held <> net AND treatment <> 'other_currency'`},
	{"I11", "the journal, but for what is on its way, is what Stripe held when the last sync read it", `
		SELECT 'Stripe had ' || y.stripe || ', the journal has ' || y.journal || ', of which ' || y.away || ' was on its way or is newer'
		FROM (SELECT b.stripe_balance + (
		             SELECT COALESCE(SUM(t.net), 0) FROM balance_transactions t, books
		             WHERE t.currency = books.currency AND t.read_at > b.balance_at) AS stripe,
		             (SELECT COALESCE(SUM(l.amount), 0) FROM posting_lines l WHERE l.account = 'stripe:balance') AS journal,
		             (SELECT COALESCE(SUM(u.amount), 0) FROM (` + unproven + `) AS u LEFT JOIN unproven_postings a ON a.key = u.key
		              WHERE u.elsewhere OR a.missing = '' OR a.key IS NULL AND u.posted_at >= b.read_until) AS away
		      FROM sync_state b WHERE b.stripe_balance IS NOT NULL) AS y
		WHERE y.stripe <> y.journal - y.away`},
	{"I11", "each payout comes to the sum of its members", `
		SELECT id || ': of ' || amount || ', its members differ by ' || difference FROM payouts WHERE difference <> 0
		UNION ALL
		SELECT p.id || ': of ' || p.amount || ', its members come to ' || (COALESCE(SUM(t.net), 0) + p.from_before)
		FROM payouts p LEFT JOIN balance_transactions t ON t.payout_id = p.id AND t.source <> p.id
		WHERE p.members_read GROUP BY p.id, p.amount, p.from_before HAVING COALESCE(SUM(t.net), 0) + p.from_before <> p.amount`},
	{"I19", "a posting's time is that of what it posts, or where that day was closed the first that was open", `
		SELECT p.key || ': posted as of another time than its fact' FROM postings p JOIN facts f ON f.key = p.key
		WHERE f.at <> COALESCE(p.happened_at, p.at) OR p.at <> COALESCE(f.booked_at, f.at)
		UNION ALL
		SELECT p.key || ': booked late, and not when the open days began' FROM postings p
		WHERE p.happened_at IS NOT NULL AND NOT (p.happened_at < p.at AND p.at IN (SELECT until FROM closings))`},
	{"I6", "no charge gives back more than it captured", `
		SELECT f.donation_id || ': of ' || f.charge || ' captured ' || SUM(CASE WHEN l.account = 'income:donations' THEN -l.amount ELSE 0 END) ||
		       ', refunded ' || SUM(CASE WHEN l.account = 'contra:refunds' THEN l.amount ELSE 0 END)
		FROM facts f JOIN posting_lines l ON l.posting = f.key WHERE f.kind IN ('charge', 'failure', 'refund', 'refund_failed')
		GROUP BY f.donation_id, f.charge
		HAVING SUM(CASE WHEN l.account = 'contra:refunds' THEN l.amount ELSE 0 END) < 0
		    OR SUM(CASE WHEN l.account = 'contra:refunds' THEN l.amount ELSE 0 END) >
		       SUM(CASE WHEN l.account = 'income:donations' THEN -l.amount ELSE 0 END)`},
	{"I7", "no dispute gives back more than it took", `
		SELECT f.object || ': reinstated more than withdrawn by ' || -SUM(l.amount)
		FROM facts f JOIN posting_lines l ON l.posting = f.key AND l.account = 'contra:disputes'
		WHERE f.kind = 'dispute' GROUP BY f.object HAVING SUM(l.amount) < 0`},
	{"I8", "a gift's figures are those of its postings", perGift + `
		SELECT d.id || ': shown ' || d.captured || '−' || d.refunded || '−' || d.disputed || '−' || d.fee_taken ||
		       ', posted ' || COALESCE(g.captured, 0) || '−' || COALESCE(g.refunded, 0) || '−' || COALESCE(g.disputed, 0) || '−' || COALESCE(g.fees, 0)
		FROM donations d LEFT JOIN gifts g ON g.id = d.id
		WHERE d.captured <> COALESCE(g.captured, 0) OR d.refunded <> COALESCE(g.refunded, 0) OR d.disputed <> COALESCE(g.disputed, 0)
		   OR d.fee_taken <> COALESCE(g.fees, 0) OR d.pending <> COALESCE(g.pending, 0)
		   OR (CASE WHEN d.counted THEN 1 ELSE 0 END) <> COALESCE(g.counted, 0)`},
	{"I8", "a donor's gifts are those that count", `
		SELECT o.id || ': ' || o.gifts || ' kept, ' || COUNT(d.id) || ' found'
		FROM donors o LEFT JOIN donations d ON d.donor_id = o.id AND d.counted
		GROUP BY o.id, o.gifts HAVING o.gifts <> COUNT(d.id)`},
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
		SELECT 'gift ' || d.id || ' in books of no known mode' FROM donations d, books b WHERE b.livemode IS NULL
		UNION ALL
		SELECT 'event ' || e.id FROM events e, books b WHERE b.livemode IS NOT NULL AND e.livemode <> b.livemode
		UNION ALL
		SELECT 'gift ' || d.id FROM donations d, books b WHERE b.livemode IS NOT NULL AND d.livemode <> b.livemode`},
}

// beforeTheBooks holds of a payout that was made before the books start, so
// that only its coming back is posted.
const beforeTheBooks = `EXISTS (SELECT 1 FROM payouts o, sync_state y
	WHERE o.id = REPLACE(u.key, ':payout_failed', '') AND o.created_at < y.books_from)`

// signs is the query for I9, made from the same rules that posting follows:
// the debit line of a movement is positive and its credit line negative, but
// for the kinds that Stripe may move either way.
func signs() string {
	allowed := ""
	for kind, rule := range rules {
		debit, credit := "l.amount > 0", "l.amount < 0"
		if signed[kind] {
			debit, credit = "l.amount <> 0", "l.amount <> 0"
		}
		allowed += fmt.Sprintf(" OR (p.kind = '%s' AND (l.account = '%s' AND %s OR l.account = '%s' AND %s))",
			kind, rule.debit, debit, rule.credit, credit)
	}
	for _, kind := range []FactKind{Suspended, OtherMoved} {
		allowed += fmt.Sprintf(" OR (p.kind = 'explained' AND l.account IN ('%s', '%s'))", rules[kind].debit, rules[kind].credit)
	}
	return `SELECT l.posting || ': ' || l.account || ' ' || l.amount || ' in a ' || p.kind
		FROM posting_lines l JOIN postings p ON p.key = l.posting WHERE NOT (1 = 0` + allowed + `)`
}

// moneyKinds are the kinds of facts of a gift that are posted.
func moneyKinds() []FactKind {
	return []FactKind{Charged, ChargeUndone, RefundMade, RefundUndone, DisputeMoved, FeeKept, OfflineGiven, OfflineUndone}
}

func quoted(kinds []FactKind) string {
	words := make([]string, 0, len(kinds))
	for _, k := range kinds {
		words = append(words, "'"+string(k)+"'")
	}
	return strings.Join(words, ", ")
}

// mostShown bounds how many breaches of one predicate are named.
const mostShown = 20

func allPredicates() []predicate { return slices.Concat(predicates, offlinePredicates) }

// Predicates names what Verify checks.
func Predicates() []string {
	names := []string{"I2", "I13", "I20", "I21"}
	for _, p := range allPredicates() {
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return names
}

// Verify checks every predicate that the database alone can decide, all on one
// consistent view of it, and returns what breaks one: nothing, if the books
// are sound.
func (s *Store) Verify(ctx context.Context) ([]Breach, error) {
	var breaches []Breach
	err := s.snapshot(ctx, func(tx *gorm.DB) error {
		for _, p := range allPredicates() {
			found, err := p.check(tx)
			if err != nil {
				return err
			}
			breaches = append(breaches, found...)
		}
		for _, check := range []func(*gorm.DB) ([]Breach, error){s.verifyAppendOnly, verifyProgress, verifyGifts, verifyClosings} {
			found, err := check(tx)
			if err != nil {
				return err
			}
			breaches = append(breaches, found...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return breaches, nil
}

func (p predicate) check(tx *gorm.DB) ([]Breach, error) {
	var args []any
	if strings.Contains(p.query, "?") {
		args = []any{endOfTime, endOfTime} // perGift reckons up to a moment
	}
	var found []string
	if err := tx.Raw(p.query+fmt.Sprintf(" LIMIT %d", mostShown), args...).Scan(&found).Error; err != nil {
		return nil, fmt.Errorf("verify %s: %w", p.name, err)
	}
	breaches := make([]Breach, 0, len(found))
	for _, f := range found {
		breaches = append(breaches, Breach{p.name, p.rule, f})
	}
	return breaches, nil
}

// verifyGifts folds every gift's facts anew, by the code that booking uses, and
// compares what that gives with what is kept of the gift and of its days.
func verifyGifts(tx *gorm.DB) ([]Breach, error) {
	zone, err := zoneOf(tx)
	if err != nil {
		return nil, err
	}
	var breaches []Breach
	known := days{}
	err = eachGift(tx, func(d Donation, facts []storedFact) error {
		if zone != nil {
			known.join(daysOf(d, facts, zone))
		}
		began, err := whoBegan(tx, d)
		if err != nil {
			return err
		}
		f := fold(d.AmountCharged, began, facts)
		kept := openEnds{d.RefundsOpen, d.DisputesOpen, d.Refunding, d.Contested}
		if f.open != kept || f.status != d.Status || f.name != d.DonorName || f.address != d.DonorAddress || !sameTime(f.receivedAt, d.ReceivedAt) || !sameTime(f.refundedAt, d.RefundedAt) {
			breaches = append(breaches, Breach{"I8", "a gift's state is the fold of its facts", fmt.Sprintf("%s: shown %s, facts say %s", d.ID, d.Status, f.status)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verify the states: %w", err)
	}
	wrong, err := verifyDays(tx, known, zone)
	return append(breaches[:min(len(breaches), mostShown)], wrong...), err
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// verifyAppendOnly looks whether the triggers that keep the journal and the
// receipts are there and active.
func (s *Store) verifyAppendOnly(db *gorm.DB) ([]Breach, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'trigger'`
	wanted := []string{
		"postings_stay", "postings_are_kept", "posting_lines_stay", "posting_lines_are_kept", "receipts_stay", "receipts_are_kept",
		"closings_stay", "closings_are_kept", "postings_leave_closed_days",
	}
	if s.dialect == postgreSQL {
		query = `SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND n.nspname = current_schema()`
		wanted = []string{"postings_stay", "posting_lines_stay", "receipts_stay", "closings_stay", "postings_leave_closed_days"}
	}
	var names []string
	if err := db.Raw(query).Scan(&names).Error; err != nil {
		return nil, fmt.Errorf("verify I2: %w", err)
	}
	present := map[string]bool{}
	for _, name := range names {
		present[name] = true
	}
	var breaches []Breach
	for _, name := range wanted {
		if !present[name] {
			breaches = append(breaches, Breach{"I2", "postings and receipts are never changed or deleted, and closed days take none", "the trigger " + name + " is gone or off"})
		}
	}
	return breaches, nil
}

// verifyProgress compares the public figures with a reckoning from the journal.
func verifyProgress(db *gorm.DB) ([]Breach, error) {
	shown, err := sumChanges(db)
	if err != nil {
		return nil, err
	}
	reckoned, err := recomputed(db, nil)
	if err != nil {
		return nil, fmt.Errorf("verify I13: %w", err)
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
