package models_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func ask(t *testing.T, s *models.Store, email string) {
	t.Helper()
	if err := s.RequestNewsletter(t.Context(), email); err != nil {
		t.Fatal(err)
	}
}

// mails are those that ask to confirm, the newest first.
func mails(t *testing.T, s *models.Store) []models.Mail {
	t.Helper()
	return storetest.Queued(t, s, models.MailConfirmNewsletter)
}

// onList are the addresses that have confirmed.
func onList(t *testing.T, s *models.Store) []string {
	t.Helper()
	signups, err := storetest.All(s.ConfirmedSignups(t.Context(), models.Span{}))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, signup := range signups {
		all = append(all, signup.Email)
	}
	return all
}

func TestAnAddressIsOnTheListOnceItsReaderConfirms(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		ask(t, s, " Reader@Example.org ")
		sent := mails(t, s)
		if len(sent) != 1 || sent[0].To != "reader@example.org" || !models.ValidToken(sent[0].About.Token) {
			t.Fatalf("queued are %+v", sent)
		}
		if err := s.FindSignup(t.Context(), sent[0].About.Token); err != nil || len(onList(t, s)) != 0 {
			t.Fatalf("looking at the link: %v, on the list are %v", err, onList(t, s))
		}
		for range 2 {
			if err := s.ConfirmSignup(t.Context(), sent[0].About.Token); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Hour)
		}
		signups, err := storetest.All(s.ConfirmedSignups(t.Context(), models.Span{From: storetest.Start, Until: storetest.Start.Add(time.Microsecond)}))
		if err != nil || len(signups) != 1 || !signups[0].ConfirmedAt.Equal(storetest.Start) || signups[0].Source != models.FromPage {
			t.Errorf("on the list since the first confirmation: %+v, %v", signups, err)
		}
		ask(t, s, "reader@example.org")
		if len(mails(t, s)) != 1 {
			t.Error("who has confirmed is asked again")
		}
		sound(t, s)
	})
}

func TestALinkIsGoodForAWeekAndNoOtherTokenIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		ask(t, s, "reader@example.org")
		first := mails(t, s)[0].About.Token
		clock.Advance(time.Hour)
		ask(t, s, "reader@example.org")
		clock.Advance(7*24*time.Hour - time.Hour - time.Microsecond)
		if err := s.FindSignup(t.Context(), first); err != nil {
			t.Errorf("at the end of the week: %v", err)
		}
		clock.Advance(time.Microsecond)
		second := mails(t, s)[0].About.Token
		for name, token := range map[string]string{"expired": first, "unknown": "AAAAAAAAAAAAAAAAAAAAAA", "none": "", "no token": "'; --"} {
			if err := errors.Join(s.FindSignup(t.Context(), token), s.ConfirmSignup(t.Context(), token)); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.ConfirmSignup(t.Context(), second); err != nil || len(onList(t, s)) != 1 {
			t.Errorf("the newer link: %v", err)
		}
	})
}

func TestNobodysInboxCanBeFlooded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if err := s.RequestNewsletter(t.Context(), "reader@example.org"); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, step := range []struct {
			later time.Duration
			mails int
		}{{10*time.Minute - time.Microsecond, 1}, {time.Microsecond, 2}, {10 * time.Minute, 3}, {10 * time.Minute, 3}, {23 * time.Hour, 3}, {time.Hour, 4}} {
			clock.Advance(step.later)
			ask(t, s, "reader@example.org")
			if got := len(mails(t, s)); got != step.mails {
				t.Errorf("%s later %d mails were sent, want %d", step.later, got, step.mails)
			}
		}
		sound(t, s)
	})
}

func TestOneInboxIsNotFloodedUnderManySpellings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				if err := s.RequestNewsletter(t.Context(), fmt.Sprintf("a.reader+%d@example.org", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := len(mails(t, s)); got != 1 {
			t.Errorf("20 requests at once sent %d mails to one inbox", got)
		}
		for _, other := range []string{"another.reader@example.org", "areader@example.com", "+areader@example.org", "+other@example.org"} {
			before := len(mails(t, s))
			ask(t, s, other)
			if got := len(mails(t, s)); got != before+1 {
				t.Errorf("%s was kept from its mail by somebody else's", other)
			}
		}
		clock.Advance(10 * time.Minute)
		ask(t, s, "areader@example.org")
		if sent := mails(t, s)[0]; sent.To != "areader@example.org" {
			t.Errorf("the next mail of that inbox went to %s", sent.To)
		}
		sound(t, s)
	})
}

// ticked keeps an intended gift with the box for the newsletter as given.
func ticked(t *testing.T, s *models.Store, box bool) models.Donation {
	t.Helper()
	wished := choices
	wished.Newsletter = box
	d, err := s.StartDonation(t.Context(), "", 0, wished)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// finished is the fact that a reader finished the payment page, with the
// address typed there.
func finished(d models.Donation, session, email string) models.Fact {
	fact := of(d, session+":completed", models.Completed, 0)
	fact.Email, fact.EmailRank, fact.Gift.SessionID = email, models.SessionEmail, session
	return fact
}

// permutations are all orders of so many things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, shorter := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(shorter), at, n-1))
		}
	}
	return all
}

func TestATickedBoxAsksTheAddressOfThePaymentPageOnceInWhateverOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		for i, order := range permutations(4) {
			d := ticked(t, s, true)
			typed := fmt.Sprintf("typed-%d@example.org", i)
			charge, paid := fmt.Sprintf("ch_%d", i), of(d, fmt.Sprintf("pi_%d:paid", i), models.IntentPaid, 0)
			facts := []models.Fact{
				charged(d, charge, "billing@example.org"), finished(d, fmt.Sprintf("cs_%d", i), typed), paid,
				of(d, fmt.Sprintf("re_%d:refund", i), models.RefundMade, 125050),
			}
			clock.Advance(time.Minute) // the newest mail is this gift's
			for range 3 {              // told again and again; what follows a charge waits for it
				for _, at := range order {
					book(t, s, facts[at], facts[at])
				}
			}
			if sent := mails(t, s); len(sent) != i+1 || sent[0].To != typed {
				t.Fatalf("order %v: %d mails for %d gifts, the newest to %s", order, len(sent), i+1, sent[0].To)
			}
		}
		sound(t, s)
	})
}

func TestABoxIsActedUponOncePaidAndTheAddressKnown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		told := func(what string, want int, facts ...models.Fact) {
			t.Helper()
			book(t, s, facts...)
			if got := len(mails(t, s)); got != want {
				t.Errorf("%s: %d mails, want %d", what, got, want)
			}
			sound(t, s)
		}
		unticked, late, debit := ticked(t, s, false), ticked(t, s, true), ticked(t, s, true)
		told("nobody ticked it", 0, charged(unticked, "ch_1", "one@example.org"), finished(unticked, "cs_1", "one@example.org"))
		told("paid, no address yet", 0, charged(late, "ch_2", ""))
		told("then the address", 1, finished(late, "cs_2", "two@example.org"))
		told("an address, not paid yet", 1, finished(debit, "cs_3", "three@example.org"))
		told("then paid", 2, charged(debit, "ch_3", "three@example.org"))
		confirmed := mails(t, s)[0].About.Token
		if err := s.ConfirmSignup(t.Context(), confirmed); err != nil {
			t.Fatal(err)
		}
		again := ticked(t, s, true)
		told("ticked by who is on the list", 2, charged(again, "ch_4", ""), finished(again, "cs_4", onList(t, s)[0]))
	})
}

func TestBooksRebuiltFromStripeAskNobodyAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		lost := models.Donation{Token: "AAAAAAAAAAAAAAAAAAAAAA", AmountCharged: 125050}
		charge, session := charged(lost, "ch_1", "reader@example.org"), finished(lost, "cs_1", "reader@example.org")
		charge.Gift.Choices = models.Choices{Frequency: models.Once, Tribute: models.NoTribute, Newsletter: true}
		book(t, s, charge, session)
		if d, err := s.FindDonation(t.Context(), lost.Token); err != nil || !d.Newsletter || len(mails(t, s)) != 0 {
			t.Errorf("the gift is %+v (%v), queued are %+v", d, err, mails(t, s))
		}
		sound(t, s)
	})
}

func TestVerifyCatchesNewsletterMailThatIsMissingOrTooMuch(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		d := ticked(t, s, true)
		book(t, s, charged(d, "ch_1", ""), finished(d, "cs_1", "reader@example.org"))
		ask(t, s, "other@example.org")
		sound(t, s)
		asked := "'2026-11-24 20:00:00+00:00'"
		for _, b := range []struct{ how, undo string }{
			{"UPDATE outbox SET key = 'x' || key WHERE kind = 'newsletter_confirm'", "UPDATE outbox SET key = SUBSTR(key, 2) WHERE kind = 'newsletter_confirm'"},
			{"UPDATE newsletter_links SET token_hash = 'x' || token_hash", "UPDATE newsletter_links SET token_hash = SUBSTR(token_hash, 2)"},
			{"UPDATE donations SET newsletter_asked_at = NULL", "UPDATE donations SET newsletter_asked_at = " + asked},
			{"UPDATE donations SET newsletter = FALSE", "UPDATE donations SET newsletter = TRUE"},
			{"UPDATE donations SET from_metadata = TRUE", "UPDATE donations SET from_metadata = FALSE"},
		} {
			if err := tamper(b.how); err != nil {
				t.Fatalf("%s: %v", b.how, err)
			}
			if !caught(t, s, "I17") {
				t.Errorf("broken by %q, and not caught", b.how)
			}
			if err := tamper(b.undo); err != nil {
				t.Fatalf("%s: %v", b.undo, err)
			}
		}
		sound(t, s)
	})
}

func TestAnUnpaidGiftIsNeverActedUpon(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		d := ticked(t, s, true)
		book(t, s, finished(d, "cs_1", "reader@example.org"))
		sound(t, s)
		if err := tamper("UPDATE donations SET newsletter_asked_at = '2026-11-24 20:00:00+00:00'"); err != nil {
			t.Fatal(err)
		}
		if !caught(t, s, "I17") || len(mails(t, s)) != 0 {
			t.Error("an unpaid gift was acted upon, and it was not caught")
		}
	})
}

func TestNoTokenOfANewsletterLinkStandsInItsTable(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		ask(t, s, "reader@example.org")
		token := mails(t, s)[0].About.Token
		// A row that it matched would refuse to be without its time.
		if err := tamper("UPDATE newsletter_links SET expires_at = NULL WHERE token_hash LIKE '%" + token + "%'"); err != nil {
			t.Errorf("a row holds the token: %v", err)
		}
		if err := tamper("UPDATE newsletter_links SET expires_at = NULL WHERE email = 'reader@example.org'"); err == nil {
			t.Error("a row without its time was taken, so this shows nothing")
		}
	})
}
