//go:build !race

package models_test

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// reconciled are sound books that a sync has been through: a gift with its fee,
// and a payout of it with its members.
func reconciled(t *testing.T, s *models.Store) {
	t.Helper()
	d := start(t, s)
	event := models.Event{ID: "evt_1", Type: "charge.succeeded", ObjectID: "ch_1", Raw: []byte("{}"), APIVersion: "2023-10-16", Created: storetest.Start}
	fact := charged(d, "ch_1", "reader@example.org")
	fact.Object, fact.Evidence = "ch_1", "evt_1"
	if state, _, err := s.Receive(t.Context(), event, models.Reading{Facts: []models.Fact{fact}}); err != nil || state != models.EventBooked {
		t.Fatalf("the charge is %s, %v", state, err)
	}
	run, err := s.BeginSync(t.Context(), models.SyncPlan{Stages: []string{"all"}, BooksStart: storetest.Start.AddDate(0, 0, -1)})
	if err != nil {
		t.Fatal(err)
	}
	payout := models.Payout{
		ID: "po_1", Amount: 121000, Currency: "usd", Status: "paid", Automatic: true, Reconciliation: models.Reconciled, ArrivalOn: storetest.Start, CreatedAt: storetest.Start,
	}
	if _, err := s.Learn(t.Context(), models.Object{ID: "po_1", Raw: []byte("{}"), Reading: models.Reading{Payout: &payout}}); err != nil {
		t.Fatal(err)
	}
	members := []models.BalanceTransaction{
		{ID: "txn_1", Category: "charge", Source: "ch_1", Amount: 125050, Fee: 4050, Net: 121000, Currency: "usd", CreatedAt: storetest.Start},
		{ID: "txn_2", Category: "payout", Source: "po_1", Amount: -121000, Net: -121000, Currency: "usd", CreatedAt: storetest.Start},
	}
	other := models.BalanceTransaction{ID: "txn_3", Category: "fee", Amount: -300, Net: -300, Currency: "usd", CreatedAt: storetest.Start}
	if _, err := s.SettleTransactions(t.Context(), append(members, other)); err != nil {
		t.Fatal(err)
	}
	if err := s.ReadMembers(t.Context(), payout, members, 0, nil); err != nil {
		t.Fatal(err)
	}
	books, err := s.JournalBalance(t.Context())
	if err != nil || books.Sum != -300 || len(books.Unproven) > 0 {
		t.Fatalf("the journal holds %+v, %v", books, err)
	}
	balance := money.Minor(-300)
	if err := s.CompleteSync(t.Context(), run, &balance); err != nil {
		t.Fatal(err)
	}
}

// posting is SQL that posts a movement of so much, as of long ago, and of no gift or of the one there is.
func posting(key, kind, account, amount, gift string) string {
	return `INSERT INTO postings (key, kind, donation_id, at, posted_at, memo) SELECT '` + key + `', '` + kind + `', ` + gift + `, at, '2026-11-01 00:00:00+00:00', ''
		FROM postings WHERE key = 'ch_1:charge'; INSERT INTO posting_lines VALUES
		('` + key + `', 1, 'stripe:balance', ` + amount + `, 'usd'), ('` + key + `', 2, '` + account + `', -` + amount + `, 'usd')`
}

// TestVerifyTellsWhatBreaksEachRule breaks one thing at a time, and asks for the
// rule and for the very thing: several queries stand behind one number.
func TestVerifyTellsWhatBreaksEachRule(t *testing.T) {
	t.Parallel()
	for _, b := range []struct{ name, how, rule, found string }{
		{
			"a charge that an event told of has no posting",
			"DELETE FROM posting_lines WHERE posting = 'ch_1:charge'; DELETE FROM postings WHERE key = 'ch_1:charge'; DELETE FROM facts WHERE key = 'ch_1:charge'",
			"every charge that is known is posted, with its amount", "evt_1: ch_1 has no posting",
		},
		{
			"a fact that moves money has no posting", "DELETE FROM posting_lines WHERE posting = 'txn_1:fee'; DELETE FROM postings WHERE key = 'txn_1:fee'",
			"every fact that moves money is posted", "txn_1:fee: no posting",
		},
		{
			"the object behind a fact is gone", "UPDATE facts SET evidence = 'object_gone' WHERE kind = 'charge'",
			"every posting rests on recorded evidence", "ch_1:charge: the object object_gone is not stored",
		},
		{
			"the event behind a fact is gone", "UPDATE facts SET evidence = 'evt_gone' WHERE kind = 'charge'",
			"every posting rests on recorded evidence", "ch_1:charge: its event evt_gone is not stored",
		},
		{
			"the balance transaction behind a fee is gone", "UPDATE facts SET evidence = 'txn_gone' WHERE kind = 'fee'",
			"every posting rests on recorded evidence", "txn_1:fee: the balance transaction txn_gone is not kept",
		},
		{
			"a gift's posting has no fact", "DELETE FROM facts WHERE kind = 'fee'",
			"every posting rests on recorded evidence", "txn_1:fee: no fact",
		},
		{
			"other activity has no balance transaction", posting("txn_gone:other", "other", "other:stripe", "5", "NULL"),
			"every posting rests on recorded evidence", "txn_gone:other: of no gift, and no payout or balance transaction bears it out",
		},
		{
			"a payout is unknown", posting("po_gone:payout", "payout", "bank", "5", "NULL"),
			"every posting rests on recorded evidence", "po_gone:payout: of no gift, and no payout or balance transaction bears it out",
		},
		{
			"a payout that did not come back is posted as if it had", posting("po_1:payout_failed", "payout_failed", "bank", "5", "NULL"),
			"every posting rests on recorded evidence", "po_1:payout_failed: of no gift, and no payout or balance transaction bears it out",
		},
		{
			"the journal holds another fee than Stripe took",
			"UPDATE posting_lines SET amount = amount - 1 WHERE posting = 'txn_1:fee' AND account = 'stripe:balance'",
			"the journal holds of each balance transaction what Stripe moved", "txn_1: Stripe moved 121000, the journal 120999",
		},
		{
			"Stripe held a cent more", "UPDATE sync_state SET stripe_balance = stripe_balance + 1",
			"the journal, but for what is on its way, is what Stripe held when the last sync read it",
			"Stripe had -299, the journal has -300, of which 0 was on its way or is newer",
		},
		{
			"a payment's balance transaction turns out another's", "UPDATE balance_transactions SET owns_movement = FALSE, movement = 'ch_2:charge' WHERE id = 'txn_1'",
			"the journal, but for what is on its way, is what Stripe held when the last sync read it", "Stripe had -300, the journal has -300, of which 125050 was on its way or is newer",
		},
		{
			"a posting that Stripe was never asked about", posting("ch_gone:charge", "charge", "income:donations", "5", "donation_id"),
			"the journal, but for what is on its way, is what Stripe held when the last sync read it", "Stripe had -300, the journal has -295, of which 0 was on its way or is newer",
		},
		{
			"a posting of a kind that moves no money at Stripe", posting("odd_1:odd", "odd", "other:stripe", "5", "NULL"),
			"the journal, but for what is on its way, is what Stripe held when the last sync read it", "Stripe had -300, the journal has -295, of which 0 was on its way or is newer",
		},
		{
			"a posting that Stripe did not know when it was asked",
			posting("ch_gone:charge", "charge", "income:donations", "5", "donation_id") +
				"; INSERT INTO unproven_postings VALUES ('ch_gone:charge', '2026-11-24 20:00:00+00:00', 'Stripe does not know it')",
			"the journal, but for what is on its way, is what Stripe held when the last sync read it", "Stripe had -300, the journal has -295, of which 0 was on its way or is newer",
		},
		{
			"a payout differed from its members when they were read", "UPDATE payouts SET difference = 7",
			"each payout comes to the sum of its members", "po_1: of 121000, its members differ by 7",
		},
		{
			"a payout's member went out with another since", "UPDATE balance_transactions SET payout_id = 'po_2' WHERE id = 'txn_1'",
			"each payout comes to the sum of its members", "po_1: of 121000, its members come to 0",
		},
	} {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			eachUnlocked(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
				reconciled(t, s)
				if found := breaches(t, s); len(found) > 0 {
					t.Fatalf("before anything is broken: %+v", found)
				}
				if err := tamper(strings.Split(b.how, "; ")...); err != nil {
					t.Fatal(err)
				}
				found := breaches(t, s)
				for _, f := range found {
					if f.Rule == b.rule && f.Found == b.found {
						return
					}
				}
				t.Errorf("not found: %s: %s\nbut %+v", b.rule, b.found, found)
			})
		})
	}
}

// TestVerifyAcceptsWhatIsOnItsWay has postings that no balance transaction
// proves, each for a reason that verify knows.
func TestVerifyAcceptsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	eachUnlocked(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		reconciled(t, s)
		d := start(t, s)
		newer := charged(d, "ch_2", "reader@example.org") // booked since the sync
		refund := of(d, "re_2:refund", models.RefundMade, 1000)
		book(t, s, newer, refund)
		if found := breaches(t, s); len(found) > 0 {
			t.Errorf("what is newer than the sync: %+v", found)
		}
		// Long ago, and Stripe has said that it has it.
		if err := tamper("UPDATE postings SET posted_at = '2026-11-01 00:00:00+00:00'"); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"ch_2:charge", "re_2:refund"} {
			if err := s.KeepAnswer(t.Context(), key, ""); err != nil {
				t.Fatal(err)
			}
		}
		if found := breaches(t, s); len(found) > 0 {
			t.Errorf("what Stripe has said that it has: %+v", found)
		}
		// Or moved into another currency's balance.
		elsewhere := []models.BalanceTransaction{
			{ID: "txn_8", Category: "charge", Source: "ch_2", Amount: 110000, Net: 110000, Currency: "eur", CreatedAt: storetest.Start},
			{ID: "txn_9", Category: "refund", Source: "re_2", Amount: -900, Net: -900, Currency: "eur", CreatedAt: storetest.Start},
		}
		if _, err := s.SettleTransactions(t.Context(), elsewhere); err != nil {
			t.Fatal(err)
		}
		if err := tamper("DELETE FROM unproven_postings"); err != nil {
			t.Fatal(err)
		}
		if found := breaches(t, s); len(found) > 0 {
			t.Errorf("what moved another currency's balance: %+v", found)
		}
	})
}

func TestVerifyCountsWhatWasReadSinceTheLastSync(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		reconciled(t, s)
		clock.Advance(time.Minute)
		book(t, s, charged(start(t, s), "ch_2", "reader@example.org"))
		if _, err := s.SettleTransactions(t.Context(), []models.BalanceTransaction{
			{ID: "txn_8", Category: "charge", Source: "ch_2", Amount: 125050, Fee: 4050, Net: 121000, Currency: "usd", CreatedAt: storetest.Start},
		}); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
	})
}

// TestAPayoutThatCameBackIsBorneOutByWhenOrByItsBalanceTransaction is told that
// a payout failed before it is told when.
func TestAPayoutThatCameBackIsBorneOutByWhenOrByItsBalanceTransaction(t *testing.T) {
	t.Parallel()
	eachUnlocked(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		reconciled(t, s)
		payout := models.Payout{ID: "po_2", Amount: 50, Currency: "usd", Status: "failed", ArrivalOn: storetest.Start, CreatedAt: storetest.Start}
		for _, failed := range []*time.Time{nil, &payout.CreatedAt} {
			payout.FailedAt = failed
			if _, err := s.Learn(t.Context(), models.Object{ID: "po_2", Raw: []byte("{}"), Reading: models.Reading{Payout: &payout}}); err != nil {
				t.Fatal(err)
			}
			if found := breaches(t, s); len(found) > 0 {
				t.Errorf("came back at %v: %+v", failed, found)
			}
		}
		if _, err := s.SettleTransactions(t.Context(), []models.BalanceTransaction{
			{ID: "txn_6", Category: "payout", Source: "po_2", Amount: -50, Net: -50, Currency: "usd", CreatedAt: storetest.Start},
			{ID: "txn_7", Category: "payout_reversal", Source: "po_2", Amount: 50, Net: 50, Currency: "usd", CreatedAt: storetest.Start},
		}); err != nil {
			t.Fatal(err)
		}
		if err := tamper("UPDATE payouts SET failed_at = NULL"); err != nil {
			t.Fatal(err)
		}
		if found := breaches(t, s); len(found) > 0 {
			t.Errorf("by its balance transaction: %+v", found)
		}
	})
}

// eachUnlocked is eachWithConn, with the triggers gone that keep the journal.
func eachUnlocked(t *testing.T, test func(t *testing.T, s *models.Store, tamper func(...string) error)) {
	t.Helper()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		unlock := []string{"DROP TRIGGER posting_lines_stay ON posting_lines", "DROP TRIGGER postings_stay ON postings"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			unlock = []string{
				"DROP TRIGGER posting_lines_stay", "DROP TRIGGER posting_lines_are_kept", "DROP TRIGGER postings_stay", "DROP TRIGGER postings_are_kept",
			}
		}
		if err := tamper(unlock...); err != nil {
			t.Fatal(err)
		}
		test(t, s, tamper)
	})
}

// breaches is what does not hold, but for the triggers that were dropped.
func breaches(t *testing.T, s *models.Store) (found []models.Breach) {
	t.Helper()
	all, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.Predicate != "I2" {
			found = append(found, b)
		}
	}
	return found
}
