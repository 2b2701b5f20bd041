package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestAMonthlyGiftLeadsToAPageThatSaysSo(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		// As the page's own form sends it without a script: both sets of amounts.
		answer := s.donate("frequency", "monthly", "once_amount", "50", "monthly_amount", "25", "other_amount", "", "cover_fees", "1", "form_key", key)
		if answer.status != http.StatusSeeOther {
			t.Fatalf("answered %d %s", answer.status, answer.body)
		}
		page := s.get(answer.header.Get("Location"))
		for _, said := range []string{"$25.00", "Corruption Project — monthly gift", "Card fees you chose to cover", "every month"} {
			if !strings.Contains(page.body, said) {
				t.Errorf("the payment page does not say %q:\n%s", said, page.body)
			}
		}
		again := s.start("frequency", "monthly", "monthly_amount", "25", "cover_fees", "1", "form_key", key)
		if again.CheckoutURL != answer.header.Get("Location") || s.opened.Load() != 1 {
			t.Errorf("the same form led to %s after %s", again.CheckoutURL, answer.header.Get("Location"))
		}
		if once := s.donateJSON("frequency", "once", "once_amount", "25", "cover_fees", "1", "form_key", key); once.status != http.StatusConflict {
			t.Errorf("the same key for another frequency is answered %d", once.status)
		}
		s.pay(again.CheckoutURL, "reader@example.org", "succeeds")
		thanks := s.get("/thanks/" + again.Donation)
		for _, said := range []string{"Thank you. You’re giving $25 a month.", "on the 24th of each month until you cancel, next on December\u00a024, 2026."} {
			if !strings.Contains(thanks.body, said) {
				t.Errorf("the thank-you page does not say %q:\n%s", said, thanks.body)
			}
		}
	})
}

func TestAMonthlyChoiceIsKeptWheneverTheFormComesBack(t *testing.T) {
	const chosen, amount = `id="frequency-monthly" name="frequency" value="monthly" checked`, `name="monthly_amount" value="25" checked`
	onBoth(t, options{}, func(t *testing.T, s *site) {
		fields := []string{"frequency", "monthly", "monthly_amount", "25", "once_amount", "100", "form_key", key}
		kept := func(what string, page answer, status int, words ...string) {
			t.Helper()
			if page.status != status {
				t.Errorf("%s is answered %d", what, page.status)
			}
			for _, words := range append(words, chosen) {
				if !strings.Contains(page.body, words) {
					t.Errorf("%s: the page does not hold %q", what, words)
				}
			}
		}
		kept("a link", s.get("/?amount=25&frequency=monthly"), http.StatusOK, amount)
		kept("a link with an amount of its own", s.get("/?amount=40&frequency=monthly"), http.StatusOK, `value="40"`, `name="monthly_amount" value="other" checked`)
		kept("another amount typed", s.donate(append(fields, "other_amount", "75")...), http.StatusUnprocessableEntity,
			"You chose $25 and also typed $75. Pick one.", amount, `name="once_amount" value="100" checked`)
		s.down.Store(true)
		kept("Stripe out of reach", s.donate(fields...), http.StatusServiceUnavailable, "You have not been charged.", amount)
		s.down.Store(false)
		left := s.start(fields...)
		kept("coming back", s.get("/?cancelled="+left.Donation), http.StatusOK, "You left before paying.", amount, `name="once_amount" value="50" checked`)
		got := s.donateJSON("frequency", "monthly", "monthly_amount", "250")
		if told := got.refused(t).Error.Fields["amount"]; told != "Choose an amount" {
			t.Errorf("a preset of the other set is answered %q", told)
		}
	})
}

func TestTheDayOfAMonthlyGiftIsTodaysAlsoAfterMidnight(t *testing.T) {
	lastMinute := time.Date(2026, 11, 25, 7, 59, 0, 0, time.UTC) // of the 24th, in the campaign's zone
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.clock.Advance(lastMinute.Sub(storetest.Start))
		for _, day := range []string{"24th", "25th"} {
			if page := s.get("/"); !strings.Contains(page.body, "today and on the "+day+" of each month") {
				t.Errorf("the page does not name the %s", day)
			}
			s.clock.Advance(time.Minute)
		}
	})
}

func TestAYearlyGiftIsTakenWhereItIsOffered(t *testing.T) {
	yearly := options{campaign: func(c *models.Campaign) {
		c.Frequencies = append(c.Frequencies, models.Yearly)
		c.Presets[models.Yearly] = c.Presets[models.Once]
	}}
	onBoth(t, yearly, func(t *testing.T, s *site) {
		made := s.start("frequency", "yearly", "yearly_amount", "100")
		if page := s.get(made.CheckoutURL); !strings.Contains(page.body, "every year") {
			t.Errorf("the payment page does not say so:\n%s", page.body)
		}
	})
}
