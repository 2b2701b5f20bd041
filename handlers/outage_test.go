package handlers_test

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// turnOffDatabase ends every connection for good; nothing in it can be read or
// written any more.
func (s *site) turnOffDatabase() {
	s.t.Helper()
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// expectPrivate checks an error page: its status, what it says, and that nobody
// keeps it.
func (a answer) expectPrivate(t *testing.T, what string, status int, says ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s is answered %d, want %d", what, a.status, status)
	}
	if got := a.header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("%s may be cached: %q", what, got)
	}
	for _, said := range says {
		if !strings.Contains(a.body, said) {
			t.Errorf("%s: the page does not say %q:\n%s", what, said, a.body)
		}
	}
}

func TestADatabaseThatFailsTakesNoGiftAndLosesNoWord(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		made := s.start("amount", "50")
		s.pay(made.CheckoutURL, "reader@example.org", "succeeds")
		if got := s.get("/"); got.status != http.StatusOK || !strings.Contains(got.body, "$50") {
			t.Fatalf("at first %d", got.status)
		}
		opened := s.opened.Load()
		s.turnOffDatabase()
		s.clock.Advance(time.Minute)

		page := s.get("/")
		if page.status != http.StatusOK || !strings.Contains(page.body, `<strong data-show="raised">$50</strong>`) || !strings.Contains(page.body, "As of ") {
			t.Errorf("the campaign page is answered %d:\n%s", page.status, page.body)
		}
		if got := s.get("/api/progress"); got.status != http.StatusOK || !strings.Contains(got.body, `"raised":5000,`) {
			t.Errorf("the tracker is answered %d %s", got.status, got.body)
		}
		posted := s.donate("once_amount", "other", "other_amount", "81", "comment", "Keep digging.", "form_key", key)
		posted.expectPrivate(t, "a gift", http.StatusServiceUnavailable,
			"Something on our side isn’t working.", "You have not been charged.", "mail a check to 123 Example Street", `value="81"`, "Keep digging.", key)
		if posted.header.Get("Retry-After") == "" {
			t.Error("when to try again is not said")
		}
		if got := s.donateJSON("amount", "81"); got.status != http.StatusServiceUnavailable || got.refused(t).Error.Code != "unavailable" {
			t.Errorf("a program is answered %d %s", got.status, got.body)
		}
		if s.opened.Load() != opened {
			t.Error("a session was opened that nobody knows of")
		}
		for _, path := range []string{"/thanks/" + made.Donation, "/?cancelled=" + made.Donation} {
			got := s.get(path)
			got.expectPrivate(t, path, http.StatusServiceUnavailable, "We can’t look up your gift just now", "A payment that went through is safe", "give again.", "Check again")
			if strings.Contains(got.body, "not been charged") {
				t.Errorf("%s: a gift that was paid is said not to be", path)
			}
		}
		s.get("/thanks/"+made.Donation+"/status", "Accept", "application/json").
			expectPrivate(t, "the status", http.StatusServiceUnavailable, `"code":"unavailable"`)
		s.do(http.MethodPost, "/newsletter", form("email", "reader@example.org"), "Content-Type", formType).
			expectPrivate(t, "a sign-up", http.StatusServiceUnavailable, "The newsletter list can’t be reached", "Nothing was changed.")
		if got := s.get("/readyz"); got.status != http.StatusServiceUnavailable {
			t.Errorf("it is ready: %d", got.status)
		}
	})
}

func TestAServiceThatNeverReadItsDatabaseSaysThatGivingIsPaused(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.turnOffDatabase()
		for _, got := range []answer{s.get("/"), s.get("/?amount=40"), s.donate("amount", "50")} {
			got.expectPrivate(t, "the page", http.StatusServiceUnavailable, "Giving is paused", "You have not been charged.",
				"Other ways to give", "123 Example Street", "giving@example.org")
		}
		if got := s.get("/nowhere"); got.status != http.StatusNotFound {
			t.Errorf("no page is answered %d", got.status)
		}
		s.get("/api/progress").expectPrivate(t, "the tracker", http.StatusServiceUnavailable, `"code":"unavailable"`)
	})
}

func TestWhatBreaksOnOurSideIsKnownByTheSameReferenceToReaderAndLog(t *testing.T) {
	log := &kept{}
	clock := &storetest.Clock{}
	store := storetest.Open(t, storetest.Databases()["SQLite"](t), clock)
	s := newSite(t, store, clock, options{log: slog.New(slog.NewTextHandler(log, nil)), lookup: panics{}})
	page := s.get("/thanks/" + s.start("amount", "50").Donation)
	page.expectPrivate(t, "a panic", http.StatusInternalServerError, "Something went wrong on our side", "before you try again")
	reference := regexp.MustCompile(`E-[A-Z2-7]{8}`).FindString(page.body)
	if reference == "" || strings.Count(log.String(), "reference="+reference) != 2 {
		t.Errorf("the page says %q, the log:\n%s", reference, log.String())
	}
	if strings.Contains(page.body, "canary") || strings.Contains(log.String(), "canary") {
		t.Error("what was panicked with is told")
	}
}

// panics is a look-up with a mistake in it.
type panics struct{}

func (panics) Look(context.Context, string) error { panic("canary") }

func (panics) Confirm(context.Context, models.Donation) (bool, error) { panic("canary") }

func (panics) LookSubscription(context.Context, string) error { panic("canary") }

func TestAnUnknownGiftIsNotSaidToBeUnpaid(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for _, path := range []string{"/thanks/AAAAAAAAAAAAAAAAAAAAAA", "/thanks/short", "/?cancelled=AAAAAAAAAAAAAAAAAAAAAA"} {
			s.get(path).expectPrivate(t, path, http.StatusNotFound, "We can’t find this gift", "If you paid, write to giving@example.org")
		}
	})
}

func TestAReaderIsToldHowLongToWait(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 1, Every: 45 * time.Second}}, func(t *testing.T, s *site) {
		s.start("amount", "50")
		page := s.donate("amount", "81", "form_key", key)
		page.expectPrivate(t, "the second", http.StatusTooManyRequests, "Too many tries.", "You have not been charged.", "Wait 45 seconds, then try again.", `value="81"`, key)
		if page.header.Get("Retry-After") != "45" {
			t.Errorf("Retry-After is %q", page.header.Get("Retry-After"))
		}
	})
}

func TestAReaderWhoseBankPaymentFailedTriesAgainWithEverythingKept(t *testing.T) {
	banks := options{campaign: func(c *models.Campaign) { c.BankDebits = true }}
	onBoth(t, banks, func(t *testing.T, s *site) {
		made := s.start("amount", "81", "comment", "Keep digging.", "tribute", "memory", "tribute_name", "A. Reader", "src", "article-7")
		s.pay(made.CheckoutURL, "reader@example.org", "debit")
		if got := s.get("/"); !strings.Contains(got.body, `<span data-show="pending">$81</span> in bank payments still to clear`) {
			t.Errorf("the page does not tell of a bank payment under way:\n%s", got.body)
		}
		s.bounce(made.CheckoutURL)
		if got := s.get("/thanks/" + made.Donation); !strings.Contains(got.body, "Your payment didn’t go through.") {
			t.Fatalf("the gift did not fail:\n%s", got.body)
		}
		s.get("/?cancelled="+made.Donation).expectPrivate(t, "trying again", http.StatusOK, "Your payment didn’t go through.", "You have not been charged.",
			`value="81"`, "Keep digging.", `value="memory" checked`, "A. Reader", `name="src" value="article-7"`, `<details class="fold" open>`)
		if again := s.start("amount", "81"); again.Donation == made.Donation {
			t.Error("the failed gift is taken up again")
		}
	})
}

// bounce lets the bank refuse the debit of a payment page.
func (s *site) bounce(checkoutURL string) {
	s.t.Helper()
	charge, err := s.sim.ChargeOf(s.t.Context(), path.Base(checkoutURL))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.sim.FailDebit(s.t.Context(), charge, false); err != nil {
		s.t.Fatal(err)
	}
	s.deliver()
}

func TestThePageTellsTheDayOnWhichTheGoalWasMet(t *testing.T) {
	small := options{campaign: func(c *models.Campaign) {
		c.Goal = money.Minor(100_00)
		c.Stretch = models.Stretch{Purpose: "a second year", Goal: 200_00}
	}}
	onBoth(t, small, func(t *testing.T, s *site) {
		s.pay(s.start("amount", "60").CheckoutURL, "one@example.org", "succeeds")
		if got := s.get("/"); strings.Contains(got.body, "Reached on") {
			t.Error("a goal is said to be met that is not")
		}
		s.clock.Advance(48 * time.Hour)
		s.pay(s.start("amount", "60").CheckoutURL, "two@example.org", "succeeds")
		s.clock.Advance(48 * time.Hour)
		s.pay(s.start("amount", "60").CheckoutURL, "three@example.org", "succeeds")
		page := s.get("/")
		for _, said := range []string{"Goal met: ", "Reached on November\u00a026. Gifts now go further: a second year. Next mark: $200."} {
			if !strings.Contains(page.body, said) {
				t.Errorf("the page does not say %q:\n%s", said, page.body)
			}
		}
	})
}
