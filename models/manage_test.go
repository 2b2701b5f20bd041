package models_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// askLink asks for a donor's link and returns the tokens that wait to be
// mailed to that address, the newest first.
func askLink(t *testing.T, s *models.Store, email string) []string {
	t.Helper()
	if err := s.RequestManageLink(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for _, m := range storetest.Queued(t, s, models.MailManageLink) {
		if m.To == models.FoldEmail(email) {
			tokens = append(tokens, m.About.Token)
		}
	}
	return tokens
}

func TestADonorsLinkOpensOneSessionOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		gave(t, s, "donor@example.org")
		link := askLink(t, s, " Donor@Example.ORG ")[0]
		for range 2 {
			if err := s.FindManageLink(t.Context(), link); err != nil {
				t.Fatalf("looking at it: %v", err)
			}
		}
		var mu sync.Mutex
		var sessions []string
		var wait sync.WaitGroup
		for range 4 { // two presses, in two tabs
			wait.Go(func() {
				session, err := s.OpenManageLink(t.Context(), link)
				if err != nil && !errors.Is(err, models.ErrNotFound) {
					t.Errorf("opening it: %v", err)
				}
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					sessions = append(sessions, session)
				}
			})
		}
		wait.Wait()
		if len(sessions) != 1 {
			t.Fatalf("one link opened %d sessions", len(sessions))
		}
		donor, err := s.ManageSession(t.Context(), sessions[0])
		if err != nil || *donor.Email != "donor@example.org" {
			t.Errorf("the session is %v's: %v", donor.Email, err)
		}
		clock.Advance(models.ManageSessionFor)
		for what, session := range map[string]string{"over": sessions[0], "the link's": link, "none": "AAAAAAAAAAAAAAAAAAAAAA", "not one": "x"} {
			if _, err := s.ManageSession(t.Context(), session); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a session that is %s: %v", what, err)
			}
		}
	})
}

func TestASessionEndsWhenItsDonorSignsOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		gave(t, s, "donor@example.org")
		session, err := s.OpenManageLink(t.Context(), askLink(t, s, "donor@example.org")[0])
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.EndManageSession(t.Context(), session); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.ManageSession(t.Context(), session); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("it goes on: %v", err)
		}
	})
}

func TestAnInboxIsMailedThreeLinksAnHourAndAStrangerNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		gave(t, s, "donor@example.org")
		var links []string
		for range 5 {
			links = askLink(t, s, "donor@example.org")
			if strange := askLink(t, s, "stranger@example.org"); len(strange) != 0 {
				t.Errorf("a stranger was mailed %v", strange)
			}
		}
		if len(links) != 3 || len(slices.Compact(slices.Sorted(slices.Values(links)))) != 3 {
			t.Errorf("%d links were mailed", len(links))
		}
		askLink(t, s, "donor+again@example.org") // the same inbox, which has had enough
		clock.Advance(30 * time.Minute)
		for _, link := range links {
			if _, err := s.OpenManageLink(t.Context(), link); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("after half an hour a link is answered %v", err)
			}
		}
		clock.Advance(30 * time.Minute)
		if links = askLink(t, s, "donor@example.org"); len(links) != 4 {
			t.Errorf("an hour later %d links were mailed", len(links))
		}
	})
}

func TestADonorSeesTheirGiftsAndNobodyElses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		first := gave(t, s, "donor@example.org")
		clock.Advance(time.Hour)
		second := gave(t, s, "Donor@example.org")
		gave(t, s, "other@example.org")
		who, err := s.OpenManageLink(t.Context(), askLink(t, s, "donor@example.org")[0])
		if err != nil {
			t.Fatal(err)
		}
		donor, err := s.ManageSession(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		gifts, err := s.GiftsOf(t.Context(), donor.ID)
		if err != nil {
			t.Fatal(err)
		}
		var references []string
		for _, g := range gifts {
			references = append(references, g.Donation.Reference)
			if g.Method != "visa" || g.Last4 != "4242" {
				t.Errorf("paid with %s %s", g.Method, g.Last4)
			}
		}
		if !slices.Equal(references, []string{second.Reference, first.Reference}) {
			t.Errorf("the gifts are %v", references)
		}
	})
}

func TestWhyAGiftWasEndedIsKeptWithItsEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		if err := s.KeepReason(t.Context(), "sub_unknown", "x"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a gift that was not ended here: %v", err)
		}
	})
}

// gave is a gift that was received from an address just now.
func gave(t *testing.T, s *models.Store, email string) models.Donation {
	t.Helper()
	d := start(t, s)
	paid := charged(d, "ch_"+d.Token, email)
	paid.At, paid.Method, paid.Last4 = s.Now(), "visa", "4242"
	book(t, s, paid)
	return d
}
