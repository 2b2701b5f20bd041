package models_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// issueAll issues until nothing is due.
func issueAll(t *testing.T, s *models.Store) {
	t.Helper()
	for {
		issued, err := s.IssueReceipts(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if issued == 0 {
			return
		}
	}
}

// documents are those of a gift: "2 amended 124550 refund".
func documents(t *testing.T, s *models.Store, d models.Donation) []string {
	t.Helper()
	all, err := s.ReceiptsOf(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range all {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%d %s %d %s", r.Number, r.Kind, r.Amount, r.Reason)))
	}
	return said
}

func newest(t *testing.T, s *models.Store, d models.Donation) models.Receipt {
	t.Helper()
	all, err := s.ReceiptsOf(t.Context(), d.ID)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	return all[len(all)-1]
}

// disputed are the movements of a dispute: what it took, and gave back.
func disputed(d models.Donation, dispute, charge string, taken, back money.Minor) []models.Fact {
	withdrawn, returned := of(d, dispute+"_w:dispute", models.DisputeMoved, taken), of(d, dispute+"_r:dispute", models.DisputeMoved, -back)
	withdrawn.Object, withdrawn.Gift.Charge, returned.Object, returned.Gift.Charge = dispute, charge, dispute, charge
	if back == 0 {
		return []models.Fact{withdrawn}
	}
	return []models.Fact{withdrawn, returned}
}

func lost(d models.Donation, dispute string) models.Fact {
	f := of(d, dispute+":lost", models.DisputeLost, 0)
	f.Object = dispute
	return f
}

func typed(d models.Donation, session, email, name string) models.Fact {
	f := of(d, session+":completed", models.Completed, 0)
	f.Email, f.Name, f.EmailRank = email, name, models.SessionEmail
	return f
}

func TestAReceiptIsIssuedOnceForAGiftAndKnowsAllOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		paid := charged(d, "ch_1", "billing@example.org")
		paid.Method, paid.Last4, paid.Name = "visa", "4242", "Billing Name"
		book(t, s, paid)
		book(t, s, typed(d, "cs_1", "typed@example.org", "  Sample Donor 1 "))
		for range 3 {
			issueAll(t, s)
		}
		if diff := cmp.Diff([]string{"1 receipt 125050"}, documents(t, s, d)); diff != "" {
			t.Fatalf("the documents (−want +got):\n%s", diff)
		}
		first := newest(t, s, d)
		doc, err := s.FindReceipt(t.Context(), first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, doc.Receipt); diff != "" || doc.Newest.ID != first.ID || doc.First != nil || doc.Replaced != nil {
			t.Errorf("the document is %+v, newest %s, first %v, replaces %v", doc.Receipt, doc.Newest.ID, doc.First, doc.Replaced)
		}
		got := []string{doc.Donation.ID, doc.Method, doc.Last4, doc.DonorName, doc.DonorEmail}
		if diff := cmp.Diff([]string{d.ID, "visa", "4242", "Sample Donor 1", "typed@example.org"}, got); diff != "" || doc.PaymentNo != 0 {
			t.Errorf("whose it is (−want +got):\n%s, payment %d", diff, doc.PaymentNo)
		}
		if _, err := s.FindReceipt(t.Context(), "rcpt_00000000000000000000000000"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown document: %v", err)
		}
		sound(t, s)
	})
}

// TestEachFateOfAGiftHasItsDocument issues after each step, as the service does.
func TestEachFateOfAGiftHasItsDocument(t *testing.T) {
	t.Parallel()
	type steps [][]models.Fact
	for name, fate := range map[string]struct {
		steps func(d models.Donation) steps
		want  []string
	}{
		"refunded in part, then whole": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, {refundOf(d, "re_1", "ch_1", 50)}, {refundOf(d, "re_2", "ch_1", 125000)}}
		}, []string{"1 receipt 125050", "2 amended 125000 refund", "3 void 0 refund"}},
		"refunded, and the refund fails": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, {refundOf(d, "re_1", "ch_1", 125050)}, {of(d, "re_1:refund_failed", models.RefundUndone, 125050)}}
		}, []string{"1 receipt 125050", "2 void 0 refund", "3 amended 125050 refund_undone"}},
		"refunded before its receipt": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", ""), refundOf(d, "re_1", "ch_1", 125050)}}
		}, []string{"1 receipt 125050", "2 void 0 refund"}},
		"disputed, and nobody knows yet": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, disputed(d, "dp_1", "ch_1", 125050, 0)}
		}, []string{"1 receipt 125050"}},
		"disputed and won": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, disputed(d, "dp_1", "ch_1", 125050, 125050)}
		}, []string{"1 receipt 125050"}},
		"disputed and lost": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, disputed(d, "dp_1", "ch_1", 125050, 0), {lost(d, "dp_1")}}
		}, []string{"1 receipt 125050", "2 void 0 dispute_lost"}},
		"lost, and given back after all": {func(d models.Donation) steps {
			moves := disputed(d, "dp_1", "ch_1", 125050, 125050)
			return steps{{charged(d, "ch_1", "")}, {moves[0], lost(d, "dp_1")}, {moves[1]}}
		}, []string{"1 receipt 125050", "2 void 0 dispute_lost", "3 amended 125050 dispute_won"}},
		"refunded and lost: nothing is left, and not less": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, append(disputed(d, "dp_1", "ch_1", 125050, 0), lost(d, "dp_1"), refundOf(d, "re_1", "ch_1", 125050))}
		}, []string{"1 receipt 125050", "2 void 0 dispute_lost"}},
		"a debit taken back before its receipt": {func(d models.Donation) steps {
			return steps{{charged(d, "py_1", ""), ofCharge(d, "py_1", "failure", models.ChargeUndone, 125050)}}
		}, nil},
		"a debit taken back after its receipt": {func(d models.Donation) steps {
			return steps{{charged(d, "py_1", "")}, {ofCharge(d, "py_1", "failure", models.ChargeUndone, 125050)}}
		}, []string{"1 receipt 125050", "2 void 0 reversal"}},
		"paid twice, and once is given back": {func(d models.Donation) steps {
			return steps{{charged(d, "ch_1", "")}, {charged(d, "ch_2", "")}, {refundOf(d, "re_1", "ch_2", 125050)}}
		}, []string{"1 receipt 125050", "2 amended 250100 payment", "3 amended 125050 refund"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, storetest.InMemory(t), &storetest.Clock{})
			d := start(t, s)
			for _, step := range fate.steps(d) {
				book(t, s, step...)
				issueAll(t, s)
			}
			if diff := cmp.Diff(fate.want, documents(t, s, d)); diff != "" {
				t.Errorf("the documents (−want +got):\n%s", diff)
			}
			sound(t, s)
		})
	}
}

// TestWhateverComesFirstTheLastDocumentSaysTheSame books what can happen to a
// gift in many orders, and issues whenever it pleases.
func TestWhateverComesFirstTheLastDocumentSaysTheSame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		for seed := range uint64(8) {
			r := rand.New(rand.NewPCG(seed, 0))
			d := start(t, s)
			facts := manyFates(d, fmt.Sprint(seed))
			r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			for waiting := facts; len(waiting) > 0; {
				var again []models.Fact
				for _, f := range waiting {
					if book(t, s, f).State == models.EventWaiting {
						again = append(again, f)
					} else if r.IntN(3) == 0 {
						issueAll(t, s)
					}
				}
				waiting = again
			}
			issueAll(t, s)
			// Twice 125050, less 500 refunded and 120000 lost.
			if got := newest(t, s, d); got.Amount != 129600 || got.Captured != 250100 || got.Refunded != 500 || got.Lost != 120000 {
				t.Errorf("in order %d the last document is %+v", seed, got)
			}
		}
		sound(t, s)
	})
}

// manyFates are a refund, one that failed, a dispute lost, one won, one that is
// open, a debit taken back, and a second payment.
func manyFates(d models.Donation, id string) []models.Fact {
	name := func(prefix string) string { return prefix + "_" + id }
	one, two, back := name("ch"), name("ch_second"), name("py")
	facts := []models.Fact{
		charged(d, one, "billing@example.org"), charged(d, two, ""), typed(d, name("cs"), "typed@example.org", "Sample Donor"),
		refundOf(d, name("re"), one, 500), refundOf(d, name("re_failed"), one, 700), of(d, name("re_failed")+":refund_failed", models.RefundUndone, 700),
		charged(d, back, ""), ofCharge(d, back, "failure", models.ChargeUndone, d.AmountCharged),
		lost(d, name("dp_lost")), lost(d, name("dp_won_later")),
	}
	facts = append(facts, disputed(d, name("dp_lost"), one, 120000, 0)...)
	facts = append(facts, disputed(d, name("dp_won"), two, 9000, 9000)...)
	facts = append(facts, disputed(d, name("dp_won_later"), two, 8000, 8000)...)
	return append(facts, disputed(d, name("dp_open"), two, 100, 0)...)
}

func TestManyWhoIssueAtOnceLeaveNoGapAndNothingTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		const gifts = 30
		var all []models.Donation
		for i := range gifts {
			d := start(t, s)
			all = append(all, d)
			book(t, s, charged(d, fmt.Sprintf("ch_%d", i), "reader@example.org"))
		}
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				for range gifts {
					if _, err := s.IssueReceipts(t.Context(), 5); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i, d := range all {
			wait.Go(func() { book(t, s, refundOf(d, fmt.Sprintf("re_%d", i), fmt.Sprintf("ch_%d", i), 50)) })
		}
		wait.Wait()
		issueAll(t, s)
		for _, d := range all {
			if got := newest(t, s, d); got.Amount != 125000 || got.Kind != models.AmendedReceipt {
				t.Errorf("a gift's last document is %+v", got)
			}
		}
		sound(t, s)
	})
}

func TestAGiftWhoseReceiptFailsKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		bad, good := start(t, s), start(t, s)
		book(t, s, charged(bad, "ch_1", ""))
		book(t, s, charged(good, "ch_2", ""))
		refuse := []string{"ALTER TABLE receipts ADD CONSTRAINT refuse CHECK (donation_id <> '" + bad.ID + "')"}
		mend := "ALTER TABLE receipts DROP CONSTRAINT refuse"
		if strings.HasSuffix(t.Name(), "SQLite") {
			refuse = []string{"CREATE TRIGGER refuse BEFORE INSERT ON receipts WHEN NEW.donation_id = '" + bad.ID + "' BEGIN SELECT RAISE(ABORT, 'refused'); END"}
			mend = "DROP TRIGGER refuse"
		}
		if err := tamper(refuse...); err != nil {
			t.Fatal(err)
		}
		if issued, err := s.IssueReceipts(t.Context(), 10); issued != 1 || err == nil {
			t.Fatalf("%d issued, %v", issued, err)
		}
		if got := documents(t, s, good); len(got) != 1 {
			t.Errorf("the good gift has %v", got)
		}
		if issued, err := s.IssueReceipts(t.Context(), 10); issued != 0 || err != nil {
			t.Errorf("at once again: %d issued, %v", issued, err)
		}
		if err := tamper(mend, "UPDATE receipts_due SET not_before = since"); err != nil {
			t.Fatal(err)
		}
		issueAll(t, s)
		if diff := cmp.Diff([]string{"2 receipt 125050"}, documents(t, s, bad)); diff != "" {
			t.Errorf("once mended (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

func TestThePaymentsOfASubscriptionAreNumberedAndBearItsDonorsName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		monthly := func(f models.Fact, renewal bool, invoice string, month int) models.Fact {
			f.Gift.Renewal, f.Gift.Invoice, f.Gift.Subscription, f.At = renewal, invoice, "sub_1", storetest.Start.AddDate(0, month, 0)
			return f
		}
		second, third := charged(d, "ch_2", ""), charged(d, "ch_3", "")
		second.Name = "Name on the Card"
		book(t, s, monthly(third, true, "in_3", 2))
		book(t, s, monthly(second, true, "in_2", 1))
		book(t, s, monthly(charged(d, "ch_1", ""), false, "in_1", 0))
		issueAll(t, s) // nobody's address is known
		book(t, s, monthly(typed(d, "cs_1", "typed@example.org", "Sample Donor 1"), false, "in_1", 0))
		issueAll(t, s)
		mails, err := s.ClaimMail(t.Context(), 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		got := map[int]string{}
		for _, m := range mails {
			doc, err := s.FindReceipt(t.Context(), m.About.Receipt)
			if err != nil {
				t.Fatal(err)
			}
			got[doc.PaymentNo] = doc.DonorName + " " + m.To
		}
		want := map[int]string{
			1: "Sample Donor 1 typed@example.org", 2: "Name on the Card typed@example.org", 3: "Sample Donor 1 typed@example.org",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the payments (−want +got):\n%s", diff)
		}
		// One whose invoice is read last gets its address with the subscription.
		fourth := charged(d, "ch_4", "")
		fourth.Gift.Renewal, fourth.Gift.Invoice = true, "in_4"
		book(t, s, fourth)
		issueAll(t, s)
		if mails := claim(t, s); len(mails) != 0 {
			t.Fatalf("to nobody: %+v", mails)
		}
		book(t, s, monthly(of(d, "in_4:paid", models.InvoicePaid, 0), true, "in_4", 3))
		issueAll(t, s)
		if mail := claimOne(t, s); mail.To != "typed@example.org" {
			t.Errorf("the mail is %+v", mail)
		}
		sound(t, s)
	})
}

func TestReceiptsCanNeitherBeChangedNorDeleted(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		book(t, s, charged(start(t, s), "ch_1", ""))
		issueAll(t, s)
		statements := []string{"UPDATE receipts SET amount = 1", "DELETE FROM receipts"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			statements = append(statements, "INSERT OR REPLACE INTO receipts SELECT 'rec_x', number, donation_id, kind, amount, captured, refunded, lost, reason, replaces, issued_at FROM receipts")
		}
		for _, statement := range statements {
			if err := tamper(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		sound(t, s)
	})
}

func TestVerifyCatchesReceiptsThatAreWrong(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		unlock := []string{"DROP TRIGGER receipts_stay ON receipts"}
		if strings.HasSuffix(t.Name(), "SQLite") {
			unlock = []string{"DROP TRIGGER receipts_stay", "DROP TRIGGER receipts_are_kept"}
		}
		d, other := start(t, s), start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		book(t, s, charged(other, "ch_2", "other@example.org"))
		issueAll(t, s)
		book(t, s, refundOf(d, "re_1", "ch_1", 50))
		issueAll(t, s)
		sound(t, s)
		if err := tamper(unlock...); err != nil {
			t.Fatal(err)
		}
		if !caught(t, s, "I2") {
			t.Error("the triggers are gone, and it was not caught")
		}
		third := newest(t, s, d).ID
		for _, b := range []struct{ predicate, how, undo string }{
			{"I3", "UPDATE receipts SET number = 4 WHERE number = 3", "UPDATE receipts SET number = 3 WHERE number = 4"},
			{"I3", "UPDATE receipts SET number = -number", "UPDATE receipts SET number = -number"},
			{"I16", "UPDATE receipts SET donation_id = '" + d.ID + "' WHERE number = 2", "UPDATE receipts SET donation_id = '" + other.ID + "' WHERE number = 2"},
			{"I16", "UPDATE receipts SET amount = amount + 1, captured = captured + 1 WHERE number = 3", "UPDATE receipts SET amount = amount - 1, captured = captured - 1 WHERE number = 3"},
			{"I16", "UPDATE receipts SET amount = amount + 1 WHERE number = 1", "UPDATE receipts SET amount = amount - 1 WHERE number = 1"},
			{"I16", "UPDATE receipts SET kind = 'void' WHERE number = 3", "UPDATE receipts SET kind = 'amended' WHERE number = 3"},
			{"I16", "UPDATE receipts SET replaces = NULL WHERE number = 3", "UPDATE receipts SET replaces = (SELECT id FROM receipts WHERE number = 1) WHERE number = 3"},
			{"I17", "UPDATE outbox SET key = 'x' || key WHERE key LIKE '" + third + "%'", "UPDATE outbox SET key = SUBSTR(key, 2) WHERE key LIKE 'x%'"},
			{"I17", "UPDATE outbox SET donation_id = '" + other.ID + "' WHERE key LIKE '" + third + "%'", "UPDATE outbox SET donation_id = '" + d.ID + "' WHERE key LIKE '" + third + "%'"},
			{"I17", "UPDATE outbox SET state = 'dropped' WHERE key LIKE '" + third + "%'", "UPDATE outbox SET state = 'queued' WHERE key LIKE '" + third + "%'"},
			{
				"I17", "UPDATE outbox SET payload = REPLACE(payload, '" + third + "', '" + newest(t, s, other).ID + "') WHERE key LIKE '" + third + "%'",
				`UPDATE outbox SET payload = '{"receipt":"` + third + `"}' WHERE key LIKE '` + third + "%'",
			},
			{"I17", "UPDATE outbox SET key = key || ':2' WHERE key LIKE '" + third + "%'", "UPDATE outbox SET key = REPLACE(key, ':2', '') WHERE key LIKE '" + third + "%'"},
		} {
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
			if b.Predicate != "I2" {
				t.Errorf("once mended, %s still fails: %s", b.Predicate, b.Found)
			}
		}
	})
}

// TestVerifyCatchesAGiftWithoutItsReceipt breaks I16: the mark that one is due
// is lost.
func TestVerifyCatchesAGiftWithoutItsReceipt(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", ""))
		sound(t, s)
		lose := func() {
			if err := tamper("DELETE FROM receipts_due"); err != nil {
				t.Fatal(err)
			}
			if !caught(t, s, "I16") {
				t.Error("it was not caught")
			}
		}
		lose()
		book(t, s, refundOf(d, "re_1", "ch_1", 50))
		issueAll(t, s)
		book(t, s, append(disputed(d, "dp_1", "ch_1", 125000, 0), lost(d, "dp_1"))...)
		lose()
	})
}
