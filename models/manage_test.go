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
		// What is asked for once more leaves the same rows, in the same time, as a
		// stranger's: a mail to nobody.
		if all := len(storetest.Queued(t, s, models.MailManageLink)); all != 10 {
			t.Errorf("10 requests left %d mails", all)
		}
		clock.Advance(30 * time.Minute)
		for _, link := range links {
			if _, err := s.OpenManageLink(t.Context(), link); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("after half an hour a link is answered %v", err)
			}
		}
		clock.Advance(30 * time.Minute)
		if links = askLink(t, s, "donor@example.org"); len(links) != 1 {
			t.Errorf("an hour later %d links wait to be mailed, with those that are good for nothing", len(links))
		}
	})
}

func TestWhoAsksWithAnotherSpellingOfAnInboxUsesUpNothingOfItsDonors(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		gave(t, s, "donor@example.org")
		for _, spelling := range []string{"donor+1@example.org", "d.onor@example.org", "do.nor+2@example.org", "d.o.nor@example.org"} {
			if links := askLink(t, s, spelling); len(links) != 0 {
				t.Errorf("%s was mailed a link", spelling)
			}
		}
		if links := askLink(t, s, "donor@example.org"); len(links) != 1 {
			t.Errorf("then the donor was mailed %d links", len(links))
		}
	})
}

func TestOfLinksThatAreGoodForNothingNothingIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		gave(t, s, "donor@example.org")
		for _, email := range []string{"donor@example.org", "stranger@example.org", "another@example.org"} {
			askLink(t, s, email)
		}
		claimed, err := s.ClaimMail(t.Context(), 50, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range claimed {
			if m.Kind != models.MailManageLink {
				continue
			}
			if m.To == "" {
				err = s.DropMail(t.Context(), m.Key, "no e-mail address is known")
			} else {
				err = s.MailSent(t.Context(), m.Key)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(time.Hour)
		askLink(t, s, "stranger@example.org")
		for _, state := range []models.MailState{models.MailIsSent, models.MailIsDropped} {
			kept, err := s.ListMail(t.Context(), state, 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range kept {
				if m.Kind == models.MailManageLink {
					t.Errorf("a mail that was %s is kept for good", state)
				}
			}
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
