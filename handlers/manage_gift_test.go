package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/models"
)

// subscription is what the books have of the gift that a donor began.
func (d donor) subscription(email string) models.DonorSubscription {
	d.t.Helper()
	session := strings.TrimPrefix(d.cookie, "manage=")
	who, err := d.store.ManageSession(d.t.Context(), session)
	if err != nil {
		d.t.Fatal(err)
	}
	subs, err := d.store.SubscriptionsOf(d.t.Context(), who.ID)
	if err != nil || len(subs) != 1 || *who.Email != email {
		d.t.Fatalf("%v has %d repeated gifts: %v", who.Email, len(subs), err)
	}
	return subs[0]
}

// monthPasses is the time in which a monthly gift is charged again.
func (s *site) monthPasses() {
	s.t.Helper()
	s.clock.Advance(31 * 24 * time.Hour)
	s.deliver()
	for range 3 { // the invoice stays a draft for an hour, and what waits for another event is tried again
		s.clock.Advance(2 * time.Hour)
		s.settle()
	}
}

func (s *site) gifts() int64 {
	s.t.Helper()
	totals, err := s.store.Totals(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return totals.Gifts
}

func TestACancelledGiftIsNotChargedAgain(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		cancel := "/manage/gifts/" + reference + "/cancel"
		me.get(cancel).expectSays(t, http.StatusOK, "Cancel your $15 monthly gift?", "Your past gifts aren’t affected.", "Keep it")
		for range 2 { // pressed twice, it is cancelled once
			me.post(cancel).expectSays(t, http.StatusOK, "Cancelled.", "You won’t be charged again.")
		}
		if sub := me.subscription("donor@example.org"); !sub.Ended() || sub.Cancelled == nil {
			t.Errorf("the books have it as %s, cancelled at %v", sub.Status, sub.Cancelled)
		}
		me.post("/manage/gifts/"+reference+"/reason", "reason", strings.Repeat("x", 501)).expectSays(t, http.StatusUnprocessableEntity, "Shorten your note")
		me.post("/manage/gifts/"+reference+"/reason", "reason", "I lost my job.").expectSays(t, http.StatusOK, "Our staff will read it.")
		if page := me.get("/manage"); strings.Contains(page.body, cancel) || !strings.Contains(page.body, "Received") {
			t.Errorf("the page still offers to cancel it, or lost the past: %s", page.body)
		}
		me.post("/manage/gifts/"+reference+"/amount", "amount", "20").expectSays(t, http.StatusOK, "Cancelled.")
		s.monthPasses()
		if got := s.gifts(); got != 1 {
			t.Errorf("%d gifts are in the books", got)
		}
	})
}

func TestAChangedAmountIsChargedFromTheNextPaymentOn(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org", "cover_fees", "1")
		me := s.signIn("donor@example.org")
		amount := "/manage/gifts/" + reference + "/amount"
		me.get(amount).expectSays(t, http.StatusOK, "Now it is $15.76 a month. The new amount is charged from December 24 on. Nothing is charged today.",
			`value="15"`, `name="cover_fees" value="1" checked`)
		for typed, want := range map[string]string{"": "Enter an amount", "much": "Enter an amount in dollars", "0.50": "The smallest gift"} {
			me.post(amount, "amount", typed).expectSays(t, http.StatusUnprocessableEntity, "There is a problem", want)
		}
		me.post(amount, "amount", "$20", "cover_fees", "1").expectSays(t, http.StatusOK, "Changed to $20.91 a month.", "That is $20, and $0.91 for card fees.")
		if sub := me.subscription("donor@example.org"); sub.Amount != 2091 || sub.FeesCovered != 91 {
			t.Errorf("the books have %d, %d of it fees", sub.Amount, sub.FeesCovered)
		}
		if s.gifts() != 1 {
			t.Error("something was charged at once")
		}
		s.monthPasses()
		me = s.signIn("donor@example.org")
		me.get("/manage/year/2026").expectSays(t, http.StatusOK, "$15.76", "$20.91", "$36.67")
		// Without the fees, and with them again: a line goes, and comes.
		me.post(amount, "amount", "10").expectSays(t, http.StatusOK, "Changed to $10 a month.")
		if sub := me.subscription("donor@example.org"); sub.Amount != 1000 || sub.FeesCovered != 0 {
			t.Errorf("the books have %d, %d of it fees", sub.Amount, sub.FeesCovered)
		}
		me.post(amount, "amount", "10", "cover_fees", "1").expectSays(t, http.StatusOK, "Changed to $10.61 a month.")
	})
}

func TestAnAmountIsChangedThoughTheBooksAreBehindStripe(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		for _, typed := range []string{"20", "10", "20"} { // within a second, of which the books keep one amount
			me.post("/manage/gifts/"+reference+"/amount", "amount", typed).expectSays(t, http.StatusOK, "Changed to $"+typed+" a month.")
		}
		s.monthPasses()
		s.signIn("donor@example.org").get("/manage/year/2026").expectSays(t, http.StatusOK, "$15.00", "$20.00", "$35.00")
	})
}

func TestTheCardIsChangedAtStripe(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		led := me.post("/manage/gifts/" + reference + "/payment")
		to := led.header.Get("Location")
		if led.status != http.StatusSeeOther || !strings.HasPrefix(to, s.simURL+"/portal/") {
			t.Fatalf("answered %d to %q", led.status, to)
		}
		s.get(to).expectSays(t, http.StatusOK, s.address+"/manage")
		// What it is paid with is the customer's default now, and known all the same.
		sub := me.subscription("donor@example.org")
		if err := s.later.LookSubscription(t.Context(), sub.ID); err != nil {
			t.Fatal(err)
		}
		if now := me.subscription("donor@example.org"); now.PaymentMethod == "" || now.Card.ExpYear == 0 || now.Last4 != "4242" {
			t.Errorf("the books have it paid with %q, %+v", now.PaymentMethod, now.Card)
		}
		s.monthPasses()
		if got := s.gifts(); got != 2 {
			t.Errorf("%d gifts are in the books", got)
		}
	})
}

func TestWhileStripeIsOutOfReachNothingIsSaidToHaveChanged(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		s.down.Store(true)
		for path, said := range map[string]string{"cancel": "Keep it", "amount": `value="20"`, "payment": "Your giving"} {
			me.post("/manage/gifts/"+reference+"/"+path, "amount", "20").
				expectSays(t, http.StatusServiceUnavailable, "We couldn’t reach our payment provider", "Please try again", said)
		}
		s.down.Store(false)
		if sub := me.subscription("donor@example.org"); sub.Stopped() || sub.Amount != 1500 {
			t.Errorf("the books have it stopped: %t, at %d", sub.Stopped(), sub.Amount)
		}
		me.post("/manage/gifts/"+reference+"/cancel").expectSays(t, http.StatusOK, "Cancelled.")
	})
}

func TestAPaymentThatFailedIsToldWithTheWayToMendIt(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		if _, err := s.sim.FailRenewal(t.Context(), me.subscription("donor@example.org").ID); err != nil {
			t.Fatal(err)
		}
		s.settle()
		me.get("/manage").expectSays(t, http.StatusOK, "payment didn’t go through.", "/manage/gifts/"+reference+"/payment")
	})
}

func TestOneNetworksDonorsChangeTheirGiftsSoOftenOnly(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 2, Every: time.Minute}}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		me := s.signIn("donor@example.org")
		amount := "/manage/gifts/" + reference + "/amount"
		for _, typed := range []string{"16", "17"} {
			me.post(amount, "amount", typed).expectSays(t, http.StatusOK, "$"+typed)
		}
		limited := me.post(amount, "amount", "18")
		limited.expectSays(t, http.StatusTooManyRequests, "Too many changes", "Nothing was changed this time.")
		if limited.header.Get("Retry-After") != "60" || me.subscription("donor@example.org").Amount != 17_00 {
			t.Errorf("Retry-After is %q, the amount %s", limited.header.Get("Retry-After"), me.subscription("donor@example.org").Amount)
		}
		me.get(amount).expectSays(t, http.StatusOK, "$17")
	})
}
