package handlers_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const key = "0123456789abcdefABCDEF"

func onBoth(t *testing.T, o options, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		test(t, newSite(t, store, clock, o))
	})
}

func TestAGiftLeadsToThePaymentPageAndBack(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		posted := s.donate("amount", "$1,250.50", "cover_fees", "1", "src", "article-1", "comment", "Keep digging.")
		to := posted.header.Get("Location")
		if posted.status != http.StatusSeeOther || !strings.HasPrefix(to, s.simURL+"/pay/cs_test_") {
			t.Fatalf("answered %d to %q: %s", posted.status, to, posted.body)
		}
		page := s.get(to)
		// The least that leaves 1,250.50 after 2.9 % + 30¢.
		if !strings.Contains(page.body, "$1,288.16") {
			t.Errorf("the payment page does not ask for $1,288.16:\n%s", page.body)
		}
		s.pay(to, "Reader@Example.org", "succeeds")
		totals, err := s.store.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if totals.Gross != 128816 || totals.Gifts != 1 || totals.Donors != 1 {
			t.Errorf("totals are %+v", totals)
		}
		progress := s.get("/api/progress")
		if !strings.Contains(progress.body, `"raised":128816,"percent":0.2,"gifts":1,"donors":1`) {
			t.Errorf("the tracker says %s", progress.body)
		}
		if page := s.get("/"); !strings.Contains(page.body, "$1,288") {
			t.Error("the campaign page does not show it")
		}
	})
}

func TestAmountsThatAreRefused(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for _, typed := range []string{"1e3", "12.345", "٥", "2.99", "25000.01", "", "-5", "0", "abc", "1.000,00", "5\x000"} {
			got := s.donateJSON("amount", typed)
			told := got.refused(t)
			if got.status != http.StatusUnprocessableEntity || told.Error.Code != "invalid" || told.Error.Fields["amount"] == "" {
				t.Errorf("%q is answered %d %+v", typed, got.status, told)
			}
			page := s.donate("amount", typed)
			if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, "There is a problem") {
				t.Errorf("%q as a page is answered %d", typed, page.status)
			}
			if got := page.header.Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("%q as a page may be cached: %q", typed, got)
			}
		}
		for field, fields := range map[string][]string{
			"frequency":    {"amount", "50", "frequency", "yearly"},
			"comment":      {"amount", "50", "comment", strings.Repeat("é", 501)},
			"tribute_name": {"amount", "50", "tribute_name", strings.Repeat("é", 81)},
			"form_key":     {"amount", "50", "form_key", "short"},
			"amount":       {"once_amount", "50", "other_amount", "75"},
		} {
			if got := s.donateJSON(fields...); got.status != http.StatusUnprocessableEntity || got.refused(t).Error.Fields[field] == "" {
				t.Errorf("%v is answered %d %s", fields, got.status, got.body)
			}
		}
		if s.opened.Load() != 0 {
			t.Errorf("%d sessions were opened", s.opened.Load())
		}
	})
}

func TestTheSameFormTwiceIsOneCheckout(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		first := s.start("amount", "50", "form_key", key)
		if again := s.start("amount", "50.00", "form_key", key); again != first {
			t.Errorf("the same form leads to %+v, then to %+v", first, again)
		}
		if got := s.donateJSON("amount", "75", "form_key", key); got.status != http.StatusConflict || got.refused(t).Error.Code != "conflict" {
			t.Errorf("other choices are answered %d %s", got.status, got.body)
		}
		page := s.donate("amount", "75", "form_key", key)
		if page.status != http.StatusConflict || strings.Contains(page.body, key) || !strings.Contains(page.body, `name="form_key"`) {
			t.Errorf("the page after a conflict (%d) does not carry a new key", page.status)
		}
		if other := s.start("amount", "50"); other.Donation == first.Donation {
			t.Error("without a key, each post is a gift of its own")
		}
		s.pay(first.CheckoutURL, "reader@example.org", "succeeds")
		if paid := s.start("amount", "50", "form_key", key); paid.Donation != first.Donation || paid.CheckoutURL != s.address+"/thanks/"+first.Donation {
			t.Errorf("after payment the form leads to %+v", paid)
		}
		if got := s.donate("amount", "50", "form_key", key); got.status != http.StatusSeeOther || got.header.Get("Location") != s.address+"/thanks/"+first.Donation {
			t.Errorf("after payment the page is answered %d to %q", got.status, got.header.Get("Location"))
		}
	})
}

func TestFiftyClicksAtOnceOpenOneSession(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 1, Every: time.Hour}}, func(t *testing.T, s *site) {
		var wait sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{}
		for range 50 {
			wait.Go(func() {
				got := s.donateJSON("amount", "50", "form_key", key)
				mu.Lock()
				defer mu.Unlock()
				seen[got.body]++
				if got.status != http.StatusCreated {
					t.Errorf("answered %d %s", got.status, got.body)
				}
			})
		}
		wait.Wait()
		if len(seen) != 1 || s.opened.Load() != 1 {
			t.Errorf("%d sessions, %d different answers", s.opened.Load(), len(seen))
		}
	})
}

func TestAReaderWhoComesBackWithoutPayingGivesAnew(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		first := s.start("amount", "75", "cover_fees", "on", "form_key", key)
		page := s.get("/?cancelled=" + first.Donation)
		if page.status != http.StatusOK || page.header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("answered %d, %q", page.status, page.header.Get("Cache-Control"))
		}
		for _, said := range []string{"You left before paying.", "You have not been charged.", `value="75"`} {
			if !strings.Contains(page.body, said) {
				t.Errorf("the page does not say %q", said)
			}
		}
		second := s.start("amount", "75", "cover_fees", "on", "form_key", key)
		if second.Donation == first.Donation || second.CheckoutURL == first.CheckoutURL {
			t.Errorf("the same page again: %+v", second)
		}
		if left := s.get(first.CheckoutURL); !strings.Contains(left.body, "expired") {
			t.Errorf("the page that was left can still be paid:\n%s", left.body)
		}
		s.pay(second.CheckoutURL, "reader@example.org", "succeeds")
		if got := s.status(second.Donation); got != "received" {
			t.Errorf("the second is %s", got)
		}
		if got := s.get("/?cancelled=" + second.Donation); got.status != http.StatusSeeOther || got.header.Get("Location") != "/thanks/"+second.Donation {
			t.Errorf("back from a page that was paid: %d to %q", got.status, got.header.Get("Location"))
		}
	})
}

func TestAPageThatWasLeftAndPaidAllTheSameIsNotPaidTwice(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		first := s.start("amount", "75", "form_key", key)
		s.get("/?cancelled=" + first.Donation)
		s.pay(first.CheckoutURL, "reader@example.org", "never")
		if again := s.start("amount", "75", "form_key", key); again.CheckoutURL != s.address+"/thanks/"+first.Donation {
			t.Errorf("the form leads to %+v", again)
		}
		if got := s.status(first.Donation); got != "received" {
			t.Errorf("the gift is %s", got)
		}
	})
}

func TestAnExpiredPageIsFollowedByANewOne(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		first := s.start("amount", "75", "form_key", key)
		s.clock.Advance(61 * time.Minute)
		s.deliver()
		if got := s.status(first.Donation); got != "expired" {
			t.Errorf("the gift is %s", got)
		}
		if second := s.start("amount", "80", "form_key", key); second.Donation == first.Donation {
			t.Error("an expired page is given out again")
		}
	})
}

func TestStripeOutOfReachLosesNothing(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.down.Store(true)
		page := s.donate("once_amount", "other", "other_amount", "81", "cover_fees", "1", "form_key", key)
		if page.status != http.StatusServiceUnavailable || page.header.Get("Retry-After") == "" {
			t.Fatalf("answered %d", page.status)
		}
		for _, kept := range []string{"You have not been charged.", `value="81"`, key} {
			if !strings.Contains(page.body, kept) {
				t.Errorf("the page does not hold %q", kept)
			}
		}
		if got := s.donateJSON("amount", "81", "cover_fees", "1", "form_key", key); got.status != 503 || got.refused(t).Error.Code != "unavailable" {
			t.Errorf("a program is answered %d %s", got.status, got.body)
		}
		s.down.Store(false)
		s.start("amount", "81", "cover_fees", "1", "form_key", key)
		if s.opened.Load() != 1 {
			t.Errorf("%d sessions were opened", s.opened.Load())
		}
	})
}

func TestAnAddressOpensSoManyCheckoutsAndNoMore(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 3, Every: 20 * time.Second}}, func(t *testing.T, s *site) {
		for range 3 {
			s.start("amount", "50")
		}
		forged := s.do(http.MethodPost, "/donate", form("amount", "50"), "Content-Type", formType, "X-Forwarded-For", "203.0.113.9")
		if forged.status != http.StatusTooManyRequests || forged.header.Get("Retry-After") != "20" {
			t.Errorf("the fourth, under a forged address, is answered %d, Retry-After %q", forged.status, forged.header.Get("Retry-After"))
		}
		if got := s.donateJSON("amount", "50"); got.refused(t).Error.Code != "rate_limited" {
			t.Errorf("a program is told %s", got.body)
		}
		s.donateJSON("amount", "2") // invalid: draws nothing
		s.clock.Advance(20 * time.Second)
		first := s.start("amount", "50", "form_key", key)
		if again := s.start("amount", "50", "form_key", key); again != first {
			t.Error("the same form again draws on the limit")
		}
	})
}

func TestGiftsAreTakenWhileTheCampaignIsOpen(t *testing.T) {
	soon := options{campaign: func(c *models.Campaign) { c.Opens = storetest.Start.Add(time.Hour) }}
	onBoth(t, soon, func(t *testing.T, s *site) {
		page := s.donate("amount", "50")
		if page.status != http.StatusConflict || !strings.Contains(page.body, "Not open yet") {
			t.Errorf("too early: %d", page.status)
		}
		if got := s.donateJSON("amount", "50"); got.refused(t).Error.Code != "closed" {
			t.Errorf("a program is told %s", got.body)
		}
		s.clock.Advance(time.Hour)
		s.start("amount", "50")
		s.clock.Advance(365 * 24 * time.Hour)
		if page := s.donate("amount", "50"); page.status != http.StatusConflict || !strings.Contains(page.body, "has ended") {
			t.Errorf("too late: %d", page.status)
		}
	})
}
