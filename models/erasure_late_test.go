package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// waits has an event come that must be looked up before anybody knows whose it is.
func waits(t *testing.T, s *models.Store, clock *storetest.Clock, raw string) models.Event {
	t.Helper()
	_, _, err := s.Receive(t.Context(), models.Event{ID: "evt_w", Type: "charge.succeeded", ObjectID: "ch_1", Created: clock.Now(), Raw: []byte(raw)},
		models.Reading{State: models.EventWaiting, Problem: "looked up"})
	ok(t, err)
	clock.Advance(time.Hour)
	due, err := s.ClaimDue(t.Context(), 1)
	if ok(t, err); len(due) != 1 {
		t.Fatalf("%d events are due", len(due))
	}
	return due[0]
}

// pageTold is that somebody typed this address on the payment page. It names no object.
func pageTold(d models.Donation, email string) models.Fact {
	f := charged(d, "ch_1", email)
	f.Key, f.Kind, f.Object, f.Money.Minor, f.EmailRank = "cs_1:completed", models.Completed, "", 0, models.SessionEmail
	return f
}

func TestAGiftThatWasErasedBeforeItWasPaidIsForgottenByTheNamesThatItGetsThen(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		monthly := choices
		monthly.Frequency = models.Monthly
		d, err := s.StartDonation(t.Context(), "", 0, monthly)
		ok(t, err)
		e := erased(t, s, d.Reference)
		due := waits(t, s, clock, fmt.Sprintf(`{"id":"evt_w","data":{"object":{"id":"ch_1","invoice":"in_1","billing_details":{"email":"%s@example.org","name":%q}}}}`, canary(1), canary(2)))
		paid := charged(d, "ch_1", canary(1)+"@example.org")
		paid.Name, paid.Gift.Subscription, paid.Gift.Invoice, paid.Gift.PaymentIntent = canary(2), "sub_1", "in_1", "pi_1"
		_, err = s.Settle(t.Context(), due, models.Reading{Facts: []models.Fact{paid}})
		ok(t, err)
		allErased(t, s, e.ID)
		noCanary(t, address)
		at, err := s.KnownAtStripe(t.Context(), e)
		if ok(t, err); len(at.PaymentIntents) != 1 || len(at.Charges) != 1 || len(at.Subscriptions) != 1 {
			t.Errorf("Stripe is to forget %+v", at)
		}
	})
}

func TestTheWordsOfAGiftThatWasDeclinedGoWithWhoeverTriedAgain(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, address string) {
		words := choices
		words.Comment, words.Tribute, words.TributeName = canary(2), models.InMemory, canary(3)
		declined, err := s.StartDonation(t.Context(), "", 0, words)
		ok(t, err)
		raw := fmt.Sprintf(`{"id":"evt_d","data":{"object":{"id":"pi_1","metadata":{"appeal_token":%q},"receipt_email":"%s@example.org"}}}`, declined.Token, canary(1))
		_, _, err = s.Receive(t.Context(), models.Event{ID: "evt_d", Type: "payment_intent.payment_failed", ObjectID: "pi_1", Raw: []byte(raw)}, models.Reading{State: models.EventNoEffect})
		ok(t, err)
		paid, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(paid, "ch_2", canary(1)+"@example.org"))
		erased(t, s, canary(1)+"@example.org")
		noCanary(t, address)
	})
}

func TestTheWordsOfGiftsThatNobodyPaidGoByTheClock(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		words := choices
		words.Comment = canary(1)
		_, err := s.StartDonation(t.Context(), "", 0, words)
		ok(t, err)
		clock.Advance(models.PayloadsKept - time.Hour)
		if n, err := s.DropUnconfirmed(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("%d are dropped too early, %v", n, err)
		}
		clock.Advance(2 * time.Hour)
		if n, err := s.DropUnconfirmed(t.Context(), 10); n != 1 || err != nil {
			t.Errorf("%d are dropped, %v", n, err)
		}
		done, err := s.CompleteRetention(t.Context())
		if ok(t, err); done.Worded != 1 {
			t.Errorf("forgotten was %+v", done)
		}
		acts, err := s.ListAudit(t.Context(), models.AuditQuery{Act: models.WordsDropped}, 10)
		if ok(t, err); len(acts) != 1 || acts[0].After != "1" {
			t.Errorf("the log says %+v", acts)
		}
		noCanary(t, address)
	})
}

func TestWhoseCardWasUsedKeepsTheNewsletterThatTheyRead(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, address string) {
		ok(t, s.RequestNewsletter(t.Context(), "spouse@example.org"))
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(d, "ch_1", "spouse@example.org"))
		tell(t, s, pageTold(d, canary(1)+"@example.org"))
		erased(t, s, canary(1)+"@example.org")
		noCanary(t, address)
		if all := storetest.Everything(t, address); !strings.Contains(all, "newsletter_signups") || !strings.Contains(all, "spouse@example.org") {
			t.Error("somebody else's newsletter is gone")
		}
	})
}

func TestAPayloadOfManyNamesIsKeptOnceSomebodyWasErased(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, _ string) {
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		erased(t, s, d.Reference)
		var names strings.Builder
		for n := range 10_000 {
			fmt.Fprintf(&names, `"ch_%05d",`, n)
		}
		raw := `{"id":"evt_many","data":{"object":{"note":"appeal_erased","lines":[` + names.String() + `"pi_last"]}}}`
		_, _, err = s.Receive(t.Context(), models.Event{ID: "evt_many", Type: "charge.updated", Raw: []byte(raw)}, models.Reading{State: models.EventNoEffect})
		ok(t, err)
		if e, err := s.FindEvent(t.Context(), "evt_many"); err != nil || e.EmptiedAt != nil {
			t.Errorf("what is of nobody who was erased is emptied, %v", err)
		}
	})
}

func TestWhatWasPaidOnASubscriptionFollowsWhoeverBeganItAndWasErased(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		before, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(before, "ch_0", canary(1)+"@example.org"))
		monthly := choices
		monthly.Frequency = models.Monthly
		d, err := s.StartDonation(t.Context(), "", 0, monthly)
		ok(t, err)
		first := charged(d, "ch_1", canary(2)+"@example.org") // the card is somebody else's
		first.Gift.Subscription, first.Gift.Invoice = "sub_1", "in_1"
		renewal := charged(d, "ch_2", canary(2)+"@example.org")
		renewal.At = storetest.Start.Add(time.Hour)
		renewal.Gift = models.GiftRef{
			Campaign: "corruption-project", Token: d.Token, Invoice: "in_2", Subscription: "sub_1", Renewal: true, Charge: "ch_2", Choices: d.Choices,
		}
		tell(t, s, first, renewal)
		clock.Advance(2 * time.Hour)
		e := erased(t, s, canary(1)+"@example.org")
		tell(t, s, pageTold(d, canary(1)+"@example.org"))
		allErased(t, s, e.ID)
		noCanary(t, address)
		at, err := s.KnownAtStripe(t.Context(), e)
		if ok(t, err); len(at.Charges) != 3 {
			t.Errorf("Stripe is to forget %+v", at)
		}
	})
}

func TestAStrangersEventIsKeptWholeAfterAnErasure(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, _ string) {
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(d, "ch_1", canary(1)+"@example.org"))
		tell(t, s, pageTold(d, canary(1)+"@example.org"))
		erased(t, s, canary(1)+"@example.org")
		raw := `{"id":"evt_s","data":{"object":{"id":"ch_stranger","receipt_email":"stranger@example.org"}}}`
		_, _, err = s.Receive(t.Context(), models.Event{ID: "evt_s", Type: "charge.succeeded", Created: clock.Now(), Raw: []byte(raw)}, models.Reading{State: models.EventForeign})
		ok(t, err)
		e, err := s.FindEvent(t.Context(), "evt_s")
		ok(t, err)
		if e.EmptiedAt != nil {
			t.Errorf("a stranger's event was emptied: %s", e.Raw)
		}
	})
}

func TestAStrangerWhoseCardWasDeclinedKeepsTheirWordsAfterAnErasure(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, _ string) {
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(d, "ch_1", canary(1)+"@example.org"))
		tell(t, s, pageTold(d, canary(1)+"@example.org"))
		erased(t, s, canary(1)+"@example.org")
		words := choices
		words.Comment, words.Tribute, words.TributeName = "Keep going!", models.InMemory, "Grandmother"
		o, err := s.StartDonation(t.Context(), "", 0, words)
		ok(t, err)
		// The card is declined; the reader tries another on the same page.
		raw := fmt.Sprintf(`{"id":"evt_d","data":{"object":{"id":"pi_9","metadata":{"appeal_token":%q},"receipt_email":"other@example.org"}}}`, o.Token)
		_, _, err = s.Receive(t.Context(), models.Event{ID: "evt_d", Type: "payment_intent.payment_failed", ObjectID: "pi_9", Raw: []byte(raw)}, models.Reading{State: models.EventNoEffect})
		ok(t, err)
		tell(t, s, charged(o, "ch_9", "other@example.org"))
		g, err := s.FindGift(t.Context(), o.ID)
		ok(t, err)
		if g.Comment == "" || g.TributeName == "" {
			t.Errorf("a stranger's gift lost its words: %q %q", g.Comment, g.TributeName)
		}
	})
}

func TestWhoWasErasedAndGivesAgainKeepsTheirWords(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, _ string) {
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		tell(t, s, charged(d, "ch_1", "again@example.org"))
		erased(t, s, "again@example.org")
		clock.Advance(24 * time.Hour)
		words := choices
		words.Comment = "I changed my mind"
		o, err := s.StartDonation(t.Context(), "", 0, words)
		ok(t, err)
		raw := fmt.Sprintf(`{"id":"evt_d","data":{"object":{"id":"pi_9","metadata":{"appeal_token":%q},"receipt_email":"again@example.org"}}}`, o.Token)
		_, _, err = s.Receive(t.Context(), models.Event{ID: "evt_d", Type: "payment_intent.payment_failed", ObjectID: "pi_9", Created: clock.Now(), Raw: []byte(raw)}, models.Reading{State: models.EventNoEffect})
		ok(t, err)
		paid := charged(o, "ch_9", "again@example.org")
		paid.At = clock.Now()
		tell(t, s, paid)
		g, err := s.FindGift(t.Context(), o.ID)
		ok(t, err)
		if g.Comment == "" {
			t.Errorf("who gave again lost their words")
		}
	})
}

func TestAnErasureForWhichSomethingTurnedUpIsEndedByNoneWhoDidNotSeeIt(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, _ string) {
		d, err := s.StartDonation(t.Context(), "", 0, choices)
		ok(t, err)
		e, err := s.Erase(t.Context(), "admin@example.org", d.Reference)
		ok(t, err)
		claimed := func() models.Erasure {
			t.Helper()
			at, found, err := s.ClaimErasure(t.Context(), e.ID, time.Minute)
			if ok(t, err); !found {
				t.Fatal("it is not due")
			}
			for at.EventsAt == nil {
				at, _, err = s.EmptyEvents(t.Context(), at, 2, time.Minute)
				ok(t, err)
			}
			return at
		}
		service := claimed() // which is at Stripe
		tell(t, s, charged(d, "ch_1", canary(1)+"@example.org"))
		command := claimed() // which knows no Stripe
		ended, err := s.EndErasure(t.Context(), service, nil)
		if ok(t, err); ended {
			t.Error("it is ended, and Stripe was never asked to forget ch_1")
		}
		ok(t, s.LeaveErasure(t.Context(), command, ""))
		service = claimed()
		if ended, err = s.EndErasure(t.Context(), service, nil); err != nil || !ended {
			t.Errorf("it isn't ended: %v", err)
		}
	})
}
