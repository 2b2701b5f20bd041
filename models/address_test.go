package models_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// collecting runs a test on both databases, with books of a campaign that asks
// for addresses.
func collecting(t *testing.T, test func(t *testing.T, s *models.Store)) {
	t.Helper()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			test(t, storetest.OpenWith(t, models.Options{URL: address(t), Slug: "corruption-project", Now: clock.Now, Addresses: true}))
		})
	}
}

// from is a fact with the address that its donor gave there.
func from(f models.Fact, address string) models.Fact {
	f.Address = address
	return f
}

func completed(d models.Donation, session, email, address string) models.Fact {
	f := of(d, session+":completed", models.Completed, 0)
	f.Email, f.Address, f.EmailRank = email, address, models.SessionEmail
	return f
}

func addressOf(t *testing.T, s *models.Store, id string) string {
	t.Helper()
	d, err := s.FindGift(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d.DonorAddress
}

func TestTheAddressIsThatOfThePaymentPageWhateverComesFirst(t *testing.T) {
	t.Parallel()
	collecting(t, func(t *testing.T, s *models.Store) {
		for _, first := range []string{"charge", "session"} {
			d := start(t, s)
			facts := []models.Fact{
				from(charged(d, "ch_"+first, "reader@example.org"), "1 Card Street\nOakland, CA 94607\nUS"),
				completed(d, "cs_"+first, "reader@example.org", "2 Page Street\nOakland, CA 94607\nUS"),
			}
			if first == "session" {
				slices.Reverse(facts)
			}
			book(t, s, facts[0])
			book(t, s, facts[1])
			if got := addressOf(t, s, d.ID); got != "2 Page Street\nOakland, CA 94607\nUS" {
				t.Errorf("%s first: %q", first, got)
			}
		}
		silent := start(t, s)
		book(t, s, from(charged(silent, "ch_silent", "reader@example.org"), "1 Card Street"), completed(silent, "cs_silent", "reader@example.org", ""))
		if got := addressOf(t, s, silent.ID); got != "1 Card Street" {
			t.Errorf("a page that says nothing takes the card's away: %q", got)
		}
		sound(t, s)
	})
}

// renewed books the next payment of a gift's subscription.
func renewed(t *testing.T, s *models.Store, d models.Donation, charge, address string) {
	t.Helper()
	again := from(charged(d, charge, "reader@example.org"), address)
	again.At = storetest.Start.Add(time.Hour)
	again.Gift = models.GiftRef{
		Campaign: "corruption-project", Token: d.Token, Invoice: "in_of_" + charge, Subscription: "sub_1", Renewal: true, Charge: charge, Choices: d.Choices,
	}
	book(t, s, again)
}

func TestARenewalBringsItsAddressOrHasThatOfWhoBegan(t *testing.T) {
	t.Parallel()
	collecting(t, func(t *testing.T, s *models.Store) {
		d := start(t, s)
		first := from(charged(d, "ch_1", "reader@example.org"), "1 Card Street")
		first.Gift.Invoice, first.Gift.Subscription = "in_1", "sub_1"
		book(t, s, first)
		renewed(t, s, d, "ch_2", "")
		renewed(t, s, d, "ch_3", "3 New Street")
		book(t, s, completed(d, "cs_1", "reader@example.org", "2 Page Street")) // after them all
		addresses := map[string]string{}
		page, err := s.ListGifts(t.Context(), models.GiftQuery{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range page.Gifts {
			invoice := ""
			if g.Donation.InvoiceID != nil {
				invoice = *g.Donation.InvoiceID
			}
			addresses[invoice] = g.Donation.DonorAddress
		}
		want := map[string]string{"in_1": "2 Page Street", "in_of_ch_2": "2 Page Street", "in_of_ch_3": "3 New Street"}
		if diff := cmp.Diff(want, addresses); diff != "" {
			t.Errorf("the addresses (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

func donors(t *testing.T, s *models.Store) map[string]string {
	t.Helper()
	all, err := storetest.All(s.ExportDonors(t.Context(), models.Span{}, 0))
	if err != nil {
		t.Fatal(err)
	}
	lives := map[string]string{}
	for _, d := range all {
		lives[d.Email] = d.Address
	}
	return lives
}

func TestADonorLivesWhereTheLatestGiftSaysWhicheverWayItCame(t *testing.T) {
	t.Parallel()
	collecting(t, func(t *testing.T, s *models.Store) {
		moved, kept := start(t, s), start(t, s)
		check := aCheck(t)
		check.DonorEmail, check.DonorAddress = "moved@example.org", "1 Check Street\nOakland" // received on 20 November
		enter(t, s, check)
		check.DonorEmail = "kept@example.org"
		enter(t, s, check)
		book(t, s, from(charged(moved, "ch_1", "moved@example.org"), "2 Card Street"), charged(kept, "ch_2", "kept@example.org")) // on the 24th
		want := map[string]string{"moved@example.org": "2 Card Street", "kept@example.org": "1 Check Street\nOakland"}
		if diff := cmp.Diff(want, donors(t, s)); diff != "" {
			t.Errorf("where they live (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

func TestACampaignThatAsksForNoAddressKeepsNoneOfStripes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, from(charged(d, "ch_1", "one@example.org"), "1 Wallet Street"), completed(d, "cs_1", "one@example.org", "1 Wallet Street"))
		check := aCheck(t)
		check.DonorEmail = "two@example.org"
		enter(t, s, check)
		want := map[string]string{"one@example.org": "", "two@example.org": "1 Main Street"}
		if diff := cmp.Diff(want, donors(t, s)); diff != "" {
			t.Errorf("where they live (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}
