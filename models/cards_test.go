package models_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// repeated is a monthly gift that was paid a moment ago, with a card good to the
// end of a month.
func repeated(d models.Donation, id string, expires time.Time) models.Subscription {
	next := storetest.Start.AddDate(0, 1, 0)
	return models.Subscription{
		ID: id, Token: d.Token, Campaign: "corruption-project", Status: "active", Amount: 2500, Currency: "usd", Months: 1,
		PeriodEnd: &next, AsOf: storetest.Start, PaymentMethod: "pm_1",
		Card: models.Card{Brand: "visa", Last4: "4242", ExpMonth: int(expires.Month()), ExpYear: expires.Year()},
	}
}

func describe(t *testing.T, s *models.Store, sub models.Subscription) {
	t.Helper()
	learned, err := s.Learn(t.Context(), models.Object{ID: sub.ID, Raw: []byte("{}"), Reading: models.Reading{Subscription: &sub}})
	if err != nil || learned[0].State != models.EventBooked {
		t.Fatalf("%+v: %v", learned, err)
	}
}

// tellOfCards has donors told of cards that expire, and returns what is queued.
func tellOfCards(t *testing.T, s *models.Store) (keys []string) {
	t.Helper()
	if _, err := s.QueueExpiringCards(t.Context(), s.Now()); err != nil {
		t.Fatal(err)
	}
	for _, m := range storetest.Queued(t, s, models.MailCardExpiring) {
		keys = append(keys, m.Key)
	}
	return keys
}

func month(year int, m time.Month) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }

func TestADonorIsToldWhenTheNextPaymentFallsIntoTheCardsLastMonthOrAfterIt(t *testing.T) {
	t.Parallel()
	december, nextYear := month(2026, time.December), storetest.Start.AddDate(1, 0, 0)
	for name, c := range map[string]struct {
		expires time.Time
		change  func(*models.Subscription)
		wait    time.Duration
		told    bool
	}{
		"in its last month":                     {december, nil, 0, true},
		"after it":                              {month(2026, time.November), nil, 0, true},
		"a month before it":                     {month(2027, time.January), nil, 0, false},
		"a day later than that was so":          {december, nil, 25 * time.Hour, false},
		"a yearly gift, long before":            {month(2027, time.March), func(s *models.Subscription) { s.Months, s.PeriodEnd = 12, &nextYear }, 0, false},
		"a yearly gift, a month before the end": {month(2027, time.March), func(s *models.Subscription) { s.Months, s.PeriodEnd = 12, &nextYear }, 70 * 24 * time.Hour, true},
		"a gift that ends with its period":      {december, func(s *models.Subscription) { s.CancelsAtEnd = true }, 0, false},
		"a gift that has ended":                 {december, func(s *models.Subscription) { s.Status = "canceled" }, 0, false},
		"a gift whose payment is overdue":       {december, func(s *models.Subscription) { s.Status = "past_due" }, 0, true},
		"what is not paid with a card":          {december, func(s *models.Subscription) { s.Card = models.Card{} }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
				sub := repeated(start(t, s), "sub_1", c.expires)
				if c.change != nil {
					c.change(&sub)
				}
				describe(t, s, sub)
				// Whoever looks every day sees the day on which it is due.
				wait := c.wait
				for ; wait > 24*time.Hour && c.told; wait -= 12 * time.Hour {
					clock.Advance(12 * time.Hour)
					tellOfCards(t, s)
				}
				clock.Advance(wait)
				var want []string
				if c.told {
					want = []string{fmt.Sprintf("sub_1:card_expiring:%s", c.expires.Format("2006-01"))}
				}
				for range 2 {
					if diff := cmp.Diff(want, tellOfCards(t, s)); diff != "" {
						t.Errorf("queued (−want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

func TestAnExpiringCardIsToldToWhoeverBeganTheGift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		describe(t, s, repeated(d, "sub_1", month(2026, time.December)))
		tellOfCards(t, s)
		mails := storetest.Queued(t, s, models.MailCardExpiring)
		next := storetest.Start.AddDate(0, 1, 0)
		want := []models.Mail{{
			Key: "sub_1:card_expiring:2026-12", Kind: models.MailCardExpiring, To: "reader@example.org", DonationID: d.ID, QueuedAt: storetest.Start,
			About: models.About{Subscription: "sub_1", Amount: 2500, At: &next},
		}}
		if diff := cmp.Diff(want, mails); diff != "" {
			t.Errorf("to be sent (−want +got):\n%s", diff)
		}
	})
}

func TestWhatPaysASubscriptionIsKeptUntilSomethingElseDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		read := repeated(start(t, s), "sub_1", month(2027, time.March))
		event := read
		event.Card = models.Card{}
		known := func(when string, after time.Duration, sub models.Subscription, want models.Card) {
			t.Helper()
			sub.AsOf = storetest.Start.Add(after)
			describe(t, s, sub)
			got, err := s.FindSubscription(t.Context(), "sub_1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Card); diff != "" {
				t.Errorf("%s, the card (−want +got):\n%s", when, diff)
			}
		}
		known("after its first event", 0, event, models.Card{})
		known("read in the same second", 0, read, read.Card)
		known("after an event that names its id alone", time.Minute, event, read.Card)
		known("after what was so before", 30*time.Second, event, read.Card)
		event.PaymentMethod = "pm_2"
		known("after an event that names another", 2*time.Minute, event, models.Card{})
		read.PaymentMethod, read.Card.Last4, read.Card.ExpYear = "pm_2", "4444", 2030
		known("once that is read", 3*time.Minute, read, read.Card)
	})
}

func TestAnotherCardThatExpiresIsToldOfTooWheneverItCame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		sub := repeated(start(t, s), "sub_1", month(2027, time.March))
		describe(t, s, sub)
		clock.Advance(10 * 24 * time.Hour)
		sub.AsOf, sub.PaymentMethod, sub.Card.ExpYear, sub.Card.ExpMonth = s.Now(), "pm_2", 2026, 12
		describe(t, s, sub)
		if diff := cmp.Diff([]string{"sub_1:card_expiring:2026-12"}, tellOfCards(t, s)); diff != "" {
			t.Errorf("queued (−want +got):\n%s", diff)
		}
	})
}
