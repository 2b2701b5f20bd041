package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func claim(t *testing.T, s *models.Store) []models.Mail {
	t.Helper()
	mails, err := s.ClaimMail(t.Context(), 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// claimOne claims the one mail that must be due.
func claimOne(t *testing.T, s *models.Store) models.Mail {
	t.Helper()
	mails := claim(t, s)
	if len(mails) != 1 {
		t.Fatalf("%d mails are due and not one: %+v", len(mails), mails)
	}
	return mails[0]
}

// queue are the mails by their states.
func queue(t *testing.T, s *models.Store) map[models.MailState]int64 {
	t.Helper()
	count, err := s.MailQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// received books a gift and issues its receipt.
func received(t *testing.T, s *models.Store, email string) models.Donation {
	t.Helper()
	d := start(t, s)
	book(t, s, charged(d, "ch_1", email))
	issueAll(t, s)
	return d
}

func TestEachDocumentIsMailedOnceToWhoeverGave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := received(t, s, "reader@example.org")
		first := newest(t, s, d)
		mail := claimOne(t, s)
		want := models.Mail{
			Key: first.ID + ":receipt", Kind: models.MailReceipt, To: "reader@example.org", About: models.About{Receipt: first.ID},
			DonationID: d.ID, QueuedAt: storetest.Start, Attempts: 1,
		}
		if diff := cmp.Diff(want, mail); diff != "" {
			t.Errorf("the mail (−want +got):\n%s", diff)
		}
		ok(t, s.MailSent(t.Context(), mail.Key))
		clock.Advance(time.Hour)
		book(t, s, refundOf(d, "re_1", "ch_1", 50))
		issueAll(t, s)
		if mail := claimOne(t, s); mail.About.Receipt != newest(t, s, d).ID || mail.About.Receipt == first.ID {
			t.Errorf("after a refund the mail is %+v", mail)
		}
		sound(t, s)
	})
}

func TestAReceiptIsMailedOnceItsAddressIsKnown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := received(t, s, "")
		if mails := claim(t, s); len(mails) != 0 {
			t.Fatalf("to nobody: %+v", mails)
		}
		if err := s.ResendReceipt(t.Context(), newest(t, s, d).ID, "staff"); !errors.Is(err, models.ErrNoAddress) {
			t.Errorf("sending it again: %v", err)
		}
		book(t, s, typed(d, "cs_1", "typed@example.org", ""))
		issueAll(t, s)
		if mail := claimOne(t, s); mail.To != "typed@example.org" {
			t.Errorf("the mail is %+v", mail)
		}
		if got := documents(t, s, d); len(got) != 1 {
			t.Errorf("the documents are %v", got)
		}
		sound(t, s)
	})
}

func TestOnlyTheLastOfSeveralDocumentsIsMailed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := received(t, s, "reader@example.org") // and before that is sent:
		book(t, s, refundOf(d, "re_1", "ch_1", 50))
		issueAll(t, s)
		if mail := claimOne(t, s); mail.About.Receipt != newest(t, s, d).ID {
			t.Errorf("the mail is %+v", mail)
		}
		if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 1, models.MailIsDropped: 1}, queue(t, s)); diff != "" {
			t.Errorf("the queue (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

// TestBooksMadeAnewMailNobody: what Stripe tells of old payments brings their
// documents back, and a person says whether anybody is mailed.
func TestBooksMadeAnewMailNobody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lost   bool // the form's gift is not in the books
		ago    time.Duration
		queued int64
		held   int64
	}{
		"a gift that has just been paid":              {false, time.Minute, 1, 0},
		"one that was told of a day late":             {false, 24 * time.Hour, 1, 0},
		"one of long ago":                             {false, 31 * 24 * time.Hour, 0, 1},
		"a new one whose form these books never took": {true, time.Minute, 1, 0},
		"an old one whose form they never took":       {true, 2 * time.Hour, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, storetest.InMemory(t), &storetest.Clock{})
			d := models.Donation{Token: "AAAAAAAAAAAAAAAAAAAAAA", AmountCharged: 125050}
			if !test.lost {
				d = start(t, s)
			}
			paid := charged(d, "ch_1", "reader@example.org")
			paid.At = storetest.Start.Add(-test.ago)
			book(t, s, paid)
			issueAll(t, s)
			// What follows from what is held is held too, if it is as old.
			back := refundOf(d, "re_1", "ch_1", 50)
			back.At = storetest.Start.Add(-25 * time.Hour)
			book(t, s, back)
			issueAll(t, s)
			count := queue(t, s)
			if count[models.MailIsQueued] != test.queued || count[models.MailIsHeld] != test.held || count[models.MailIsDropped] != 1 {
				t.Errorf("the queue is %v", count)
			}
			if test.held > 0 {
				held, err := s.ListMail(t.Context(), models.MailIsHeld, 10)
				if err != nil || len(held) != 1 {
					t.Fatalf("held are %+v, %v", held, err)
				}
				ok(t, s.RetryMail(t.Context(), models.Operator, held[0].Key))
			}
			if mail := claimOne(t, s); mail.To != "reader@example.org" {
				t.Errorf("the mail is %+v", mail)
			}
			sound(t, s)
		})
	}
}

// A donor learns of a refund within minutes, whatever became of the books.
func TestARefundOfAGiftWhoseReceiptIsHeldIsMailedAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.InMemory(t), &storetest.Clock{})
	d := models.Donation{Token: "AAAAAAAAAAAAAAAAAAAAAA", AmountCharged: 125050}
	paid := charged(d, "ch_1", "reader@example.org")
	paid.At = storetest.Start.AddDate(0, -2, 0)
	book(t, s, paid)
	issueAll(t, s)
	if count := queue(t, s); count[models.MailIsHeld] != 1 || count[models.MailIsQueued] != 0 {
		t.Fatalf("the queue is %v", count)
	}
	back := refundOf(d, "re_1", "ch_1", 125050)
	back.At = storetest.Start
	book(t, s, back)
	issueAll(t, s)
	if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 1, models.MailIsDropped: 1}, queue(t, s)); diff != "" {
		t.Errorf("the queue (−want +got):\n%s", diff)
	}
	sound(t, s)
}

func TestNoMailWaitsForTheStatementsOfAYear(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		for range 3 {
			g := aCheck(t)
			g.DonorEmail = fmt.Sprintf("donor-%d@example.org", clock.Now().Unix())
			enter(t, s, g)
			clock.Advance(time.Second)
		}
		if queued := queueAll(t, s); queued != 3 {
			t.Fatalf("%d statements wait", queued)
		}
		clock.Advance(time.Minute)
		issueAll(t, s)
		mails, err := s.ClaimMail(t.Context(), 3, time.Minute)
		ok(t, err)
		if len(mails) != 3 {
			t.Fatalf("%d mails are due", len(mails))
		}
		for _, m := range mails {
			if m.Kind == models.MailStatement {
				t.Errorf("%s goes before the receipts", m.Key)
			}
		}
	})
}

func TestAClaimedMailIsNobodyElsesUntilItsClaimEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		received(t, s, "reader@example.org")
		claimOne(t, s)
		if mails := claim(t, s); len(mails) != 0 {
			t.Errorf("claimed twice: %+v", mails)
		}
		clock.Advance(time.Minute) // whoever claimed it died
		mail := claimOne(t, s)
		if mail.Attempts != 2 {
			t.Errorf("it is try %d", mail.Attempts)
		}
		ok(t, s.MailSent(t.Context(), mail.Key))
		ok(t, s.MailFailed(t.Context(), mail.Key, "a late word of the first try"))
		ok(t, s.DropMail(t.Context(), mail.Key, "likewise"))
		clock.Advance(100 * time.Hour)
		if mails := claim(t, s); len(mails) != 0 || queue(t, s)[models.MailIsSent] != 1 {
			t.Errorf("after it was sent: %+v, %v", mails, queue(t, s))
		}
	})
}

func TestAMailIsTriedForThreeDaysAndThenAPersonIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		received(t, s, "reader@example.org")
		clock.Advance(1000 * time.Hour) // nothing could be sent until now, and that costs it nothing
		begun := clock.Now()
		var pauses []time.Duration
		key, last := "", begun
		for {
			waiting, err := s.ListMail(t.Context(), models.MailIsQueued, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(waiting) == 0 {
				break
			}
			clock.Advance(max(0, waiting[0].NextTryAt.Sub(clock.Now())))
			key = claimOne(t, s).Key
			pauses, last = append(pauses, clock.Now().Sub(last)), clock.Now()
			ok(t, s.MailFailed(t.Context(), key, "421 <reader@example.org>: try\r\nagain\x00 later "+strings.Repeat("x", 400)))
		}
		want := []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, 64 * time.Minute, 2 * time.Hour, 2 * time.Hour}
		if diff := cmp.Diff(want, pauses[:len(want)]); diff != "" {
			t.Errorf("the first pauses (−want +got):\n%s", diff)
		}
		if tried := clock.Now().Sub(begun); tried < 72*time.Hour || tried > 74*time.Hour {
			t.Errorf("it was tried for %s", tried)
		}
		failed, err := s.ListMail(t.Context(), models.MailIsFailed, 10)
		if err != nil || len(failed) != 1 || failed[0].Key != key || failed[0].EndedAt == nil {
			t.Fatalf("failed are %+v, %v", failed, err)
		}
		problem := failed[0].Problem
		if !strings.HasPrefix(problem, "421 (address) try again later xxx") || len(problem) != 300 {
			t.Errorf("it failed for %q", problem)
		}
		ok(t, s.RetryMail(t.Context(), models.Operator, key))
		if mail := claimOne(t, s); mail.To != "reader@example.org" || mail.About.Receipt == "" || mail.Attempts != 1 {
			t.Errorf("once retried it is %+v", mail)
		}
		if err := s.RetryMail(t.Context(), models.Operator, key); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("retrying what is under way: %v", err)
		}
	})
}

func TestWhatWasSentOrDroppedKeepsNoToken(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		ask(t, s, "one@example.org")
		ask(t, s, "two@example.org")
		mails := claim(t, s)
		if len(mails) != 2 || mails[0].To != mails[0].About.Email || !models.ValidToken(mails[0].About.Token) {
			t.Fatalf("claimed are %+v", mails)
		}
		ok(t, s.MailSent(t.Context(), mails[0].Key))
		ok(t, s.DropMail(t.Context(), mails[1].Key, "the link is good no longer"))
		// The schema itself would refuse to keep one.
		ok(t, tamper("CREATE TABLE empty (payload TEXT NOT NULL CHECK (payload = '{}'))", "INSERT INTO empty SELECT payload FROM outbox"))
		sound(t, s)
	})
}

func TestAReceiptIsSentAgainWhenAPersonAsks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := received(t, s, "reader@example.org")
		receipt := newest(t, s, d).ID
		ok(t, s.ResendReceipt(t.Context(), receipt, "staff")) // it is on its way: nothing is added
		first := claimOne(t, s)
		ok(t, s.MailSent(t.Context(), first.Key))
		for range 2 {
			ok(t, s.ResendReceipt(t.Context(), receipt, "staff"))
		}
		again := claimOne(t, s)
		if again.Key == first.Key || again.About.Receipt != receipt || again.AskedBy != "staff" || first.AskedBy != "" {
			t.Errorf("again it is %+v", again)
		}
		if err := s.ResendReceipt(t.Context(), "rcpt_00000000000000000000000000", "staff"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown document: %v", err)
		}
		sound(t, s)
	})
}
