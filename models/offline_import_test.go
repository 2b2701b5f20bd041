package models_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// severalChecks are as many: every third without an address, the others two by
// two from one donor, and the first from somebody who has given by card.
func severalChecks(t *testing.T, n int) []models.NewOfflineGift {
	t.Helper()
	all := make([]models.NewOfflineGift, 0, n)
	for i := range n {
		g := aCheck(t)
		g.Amount, g.DonorName, g.DonorEmail = money.Minor(1000+i), fmt.Sprintf("Reader %d", i), fmt.Sprintf("reader%d@example.org", i/2)
		if i%3 == 2 {
			g.DonorEmail = ""
		}
		all = append(all, g)
	}
	return all
}

func TestManyGiftsAtOnceAreBookedAsEachByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		book(t, s, charged(start(t, s), "ch_1", "reader0@example.org"))
		gifts := severalChecks(t, 7)
		before := s.Commits()
		if err := s.ImportOffline(t.Context(), "form", gifts); err != nil {
			t.Fatal(err)
		}
		if s.Commits() == before {
			t.Error("no cache can tell that the figures changed")
		}
		sound(t, s)
		one := storetest.Open(t, storetest.InMemory(t), clock)
		book(t, one, charged(start(t, one), "ch_1", "reader0@example.org"))
		for _, g := range gifts {
			enter(t, one, g)
		}
		if diff := cmp.Diff(totals(t, one), totals(t, s)); diff != "" {
			t.Errorf("totals (−each by itself +at once):\n%s", diff)
		}
		page, err := s.ListGifts(t.Context(), models.GiftQuery{Import: "form"}, 10)
		if err != nil || page.Count != 7 || page.Gross != 7021 {
			t.Errorf("listed are %d gifts of %v, %v", page.Count, page.Gross, err)
		}
		if issued, err := s.IssueReceipts(t.Context(), 20); err != nil || issued != 8 {
			t.Errorf("%d receipts are issued, %v", issued, err)
		}
	})
}

func TestAnImportIsSavedOnceAndWholly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		gifts := severalChecks(t, 3)
		gifts[2].ReceivedOn, gifts[2].DatedOn = day(2026, 11, 25), nil
		if err := s.ImportOffline(t.Context(), "form", gifts); !errors.Is(err, models.ErrInFuture) || totals(t, s) != (models.Totals{Currency: "usd"}) {
			t.Fatalf("with a gift of tomorrow: %v, %+v", err, totals(t, s))
		}
		gifts[2].ReceivedOn = day(2026, 11, 24)
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if err := s.ImportOffline(t.Context(), "form", gifts); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		other := append([]models.NewOfflineGift{}, gifts...)
		other[1].Amount++
		for name, list := range map[string][]models.NewOfflineGift{"another amount": other, "fewer": gifts[:2], "more": append(other[:0:0], append(gifts, gifts[0])...)} {
			if err := s.ImportOffline(t.Context(), "form", list); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s under the same form: %v", name, err)
			}
		}
		for name, c := range map[string]struct {
			form  string
			gifts []models.NewOfflineGift
		}{"no form": {"", gifts}, "no gift": {"other", nil}} {
			if err := s.ImportOffline(t.Context(), c.form, c.gifts); !errors.Is(err, models.ErrNotAGift) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := totals(t, s); got.Gifts != 3 || got.Offline != 3003 {
			t.Errorf("three gifts come to %+v", got)
		}
		sound(t, s)
	})
}

func TestAListNamesWhatMayStandInItTwice(t *testing.T) {
	t.Parallel()
	var gifts []models.NewOfflineGift
	for _, line := range []struct {
		name string
		on   int
	}{{"A Reader", 2}, {"B Reader", 2}, {" a  reader", 9}, {"A Reader", 17}, {"A Reader", 10}} {
		g := aCheck(t)
		g.DonorName, g.ReceivedOn = line.name, day(2026, 11, line.on)
		gifts = append(gifts, g)
	}
	if diff := cmp.Diff([]int{-1, -1, 0, -1, 2}, models.AlikeBefore(gifts)); diff != "" {
		t.Errorf("alike (−want +got):\n%s", diff)
	}
}
