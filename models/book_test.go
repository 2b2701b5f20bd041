package models_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

var choices = models.Choices{Frequency: models.Once, Amount: 125050, Tribute: models.NoTribute}

// start keeps an intended gift of $1,250.50.
func start(t *testing.T, s *models.Store) models.Donation {
	t.Helper()
	d, err := s.StartDonation(t.Context(), "", 0, choices)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// charged is the fact that Stripe charged a gift in full.
func charged(d models.Donation, charge, email string) models.Fact {
	agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
	return models.Fact{
		Key: charge + ":charge", Kind: models.Charged, Object: charge, Money: agreed, Agreed: &agreed, At: storetest.Start,
		Gift:  models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_of_" + charge, Charge: charge},
		Email: email, EmailRank: models.BillingEmail, Evidence: "of_" + charge,
	}
}

// of is a fact about a gift that moves so much.
func of(d models.Donation, key string, kind models.FactKind, minor money.Minor) models.Fact {
	return models.Fact{
		Key: key, Kind: kind, Money: money.Money{Minor: minor, Currency: "usd"}, At: storetest.Start.Add(time.Hour),
		Object: strings.TrimSuffix(strings.TrimSuffix(key, "_failed"), ":refund"),
		Gift:   models.GiftRef{Campaign: "corruption-project", Token: d.Token}, Evidence: "of_" + key,
	}
}

// told is an object that says these facts.
func told(facts ...models.Fact) models.Object {
	return models.Object{ID: "obj_1", Raw: fmt.Append(nil, facts), Reading: models.Reading{Facts: facts}}
}

func book(t *testing.T, s *models.Store, facts ...models.Fact) models.Learned {
	t.Helper()
	learned, err := s.Learn(t.Context(), told(facts...))
	if err != nil {
		t.Fatal(err)
	}
	return learned[0]
}

func totals(t *testing.T, s *models.Store) models.Totals {
	t.Helper()
	got, err := s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func sound(t *testing.T, s *models.Store) {
	t.Helper()
	breaches, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Errorf("%s does not hold (%s): %s", b.Predicate, b.Rule, b.Found)
	}
}

func status(t *testing.T, s *models.Store, d models.Donation) models.Status {
	t.Helper()
	found, err := s.FindDonation(t.Context(), d.Token)
	if err != nil {
		t.Fatal(err)
	}
	return found.Status
}

func TestAChargeIsBookedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		for range 3 {
			if got := book(t, s, charged(d, "ch_1", " Reader@Example.org ")); got.State != models.EventBooked {
				t.Fatalf("booking says %+v", got)
			}
		}
		want := models.Totals{Currency: "usd", Raised: 125050, Gross: 125050, Net: 125050, Gifts: 1, Donors: 1, StripeBalance: 125050}
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("totals (−want +got):\n%s", diff)
		}
		if got := status(t, s, d); got != models.Received {
			t.Errorf("the gift is %s", got)
		}
		sound(t, s)
	})
}

func TestTwentyAtOnceBookOneCharge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() { book(t, s, charged(d, "ch_1", "reader@example.org")) })
		}
		wait.Wait()
		if got := totals(t, s); got.Gifts != 1 || got.Gross != 125050 || got.Donors != 1 {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
	})
}

func TestOneDonorOfManyGiftsIsCountedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		var wait sync.WaitGroup
		for i := range 12 {
			d := start(t, s)
			email := []string{"one@example.org", " ONE@example.org", "two@example.org", ""}[i%4]
			wait.Go(func() { book(t, s, charged(d, fmt.Sprintf("ch_%d", i), email)) })
		}
		wait.Wait()
		// Two addresses, and three gifts without any, each a donor of its own.
		if got := totals(t, s); got.Gifts != 12 || got.Donors != 5 {
			t.Errorf("%d gifts by %d donors; want 12 by 5", got.Gifts, got.Donors)
		}
		sound(t, s)
	})
}

func TestTheAddressTypedOnThePaymentPageDecidesWhoseGiftItIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		first, second := start(t, s), start(t, s)
		book(t, s, charged(first, "ch_1", "one@example.org"), charged(second, "ch_2", ""))
		if got := totals(t, s); got.Donors != 2 {
			t.Fatalf("%d donors before the sessions are known", got.Donors)
		}
		completed := of(second, "cs_2:completed", models.Completed, 0)
		completed.Email, completed.EmailRank = "one@example.org", models.SessionEmail
		book(t, s, completed)
		if got := totals(t, s); got.Donors != 1 || got.Gifts != 2 {
			t.Errorf("%d gifts by %d donors; want 2 by 1", got.Gifts, got.Donors)
		}
		sound(t, s)
	})
}

// everyFate is all that can happen to one gift, so that every kind of fact is
// folded and posted.
func everyFate(d models.Donation) []models.Fact {
	refused := of(d, "cs_1:expired", models.SessionExpired, 0)
	completed := of(d, "cs_1:completed", models.Completed, 0)
	completed.Email, completed.EmailRank = "typed@example.org", models.SessionEmail
	withdrawn, reinstated := of(d, "txn_2:dispute", models.DisputeMoved, 122500), of(d, "txn_3:dispute", models.DisputeMoved, -122500)
	withdrawn.Object, reinstated.Object = "dp_1", "dp_1"
	return []models.Fact{
		charged(d, "ch_1", "billing@example.org"), completed, refused,
		of(d, "txn_1:fee", models.FeeKept, 3656),
		of(d, "re_1:refund", models.RefundMade, 5000), of(d, "re_1:refund_failed", models.RefundUndone, 5000),
		of(d, "re_2:refund", models.RefundMade, 2550),
		withdrawn, reinstated, of(d, "txn_2:fee", models.FeeKept, 1500),
	}
}

func TestTheOrderOfFactsCannotMatter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		const seed = 20261124
		shuffle := rand.New(rand.NewPCG(seed, 0))
		const orders = 40
		for range orders {
			d := start(t, s)
			facts := everyFate(d)
			facts = append(facts, facts[shuffle.IntN(len(facts))])
			shuffle.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			// What needs its payment first waits, and is told again.
			for waiting := facts; len(waiting) > 0; {
				var again []models.Fact
				for _, f := range waiting {
					told := f
					told.Key, told.Object, told.Gift.PaymentIntent, told.Gift.Charge = d.ID+f.Key, d.ID+f.Object, "", d.ID+"ch_1"
					if book(t, s, told).State == models.EventWaiting {
						again = append(again, f)
					}
				}
				if len(again) == len(waiting) {
					t.Fatalf("seed %d: %d facts wait for ever", seed, len(again))
				}
				waiting = again
			}
			if got := status(t, s, d); got != models.PartiallyRefunded {
				t.Fatalf("seed %d: the gift is %s after %v", seed, got, facts)
			}
		}
		got := totals(t, s)
		want := models.Totals{
			Currency: "usd", Gross: orders * 125050, Refunded: orders * 2550, Raised: orders * 122500, Fees: orders * 5156,
			Net: orders * 117344, Gifts: orders, Donors: 1, StripeBalance: orders * 117344,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d: totals (−want +got):\n%s", seed, diff)
		}
		sound(t, s)
	})
}

func TestAGiftLeavesTheCountWhenItIsAllGivenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"), of(d, "re_1:refund", models.RefundMade, 125050))
		if got := totals(t, s); got.Gifts != 0 || got.Donors != 0 || got.Raised != 0 || got.Gross != 125050 {
			t.Errorf("after a full refund: %+v", got)
		}
		if got := status(t, s, d); got != models.Refunded {
			t.Errorf("the gift is %s", got)
		}
		book(t, s, of(d, "re_1:refund_failed", models.RefundUndone, 125050))
		if got := totals(t, s); got.Gifts != 1 || got.Donors != 1 || got.Raised != 125050 {
			t.Errorf("after the refund failed: %+v", got)
		}
		sound(t, s)
	})
}

func TestWhatContradictsTheBooksIsNotPosted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		short := charged(d, "ch_short", "")
		short.Money.Minor, short.Agreed = 100, &money.Money{Minor: 100, Currency: "usd"}
		euros := charged(d, "ch_eur", "")
		euros.Money.Currency = "eur"
		stranger := charged(d, "ch_stranger", "")
		stranger.Reference = "AAAAAAAAAAAAAAAAAAAAAA"
		tokenless := charged(d, "ch_tokenless", "")
		tokenless.Gift.Token = ""
		for _, wrong := range []models.Fact{short, euros, stranger, tokenless} {
			if got := book(t, s, wrong); got.State != models.EventAttention || got.Problem == "" {
				t.Errorf("%s: booking says %+v", wrong.Key, got)
			}
		}
		book(t, s, charged(d, "ch_1", ""))
		if got := totals(t, s); got.Gross != 125050 || got.Gifts != 1 {
			t.Errorf("totals are %+v", got)
		}
		sound(t, s)
	})
}

func TestAChargeThatTheBooksLackMakesItsGift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		total := money.Money{Minor: 5180, Currency: "usd"}
		fact := models.Fact{
			Key: "ch_9:charge", Kind: models.Charged, Money: total, Agreed: &total, At: storetest.Start, Email: "reader@example.org",
			EmailRank: models.BillingEmail, Evidence: "object",
			Gift: models.GiftRef{
				Charge: "ch_9", Campaign: "corruption-project", Token: "AAAAAAAAAAAAAAAAAAAAAA", Reference: "CP-0123ABCD",
				Choices: models.Choices{Frequency: models.Once, FeesCovered: 180, Tribute: models.NoTribute, Src: "article-1"},
			},
		}
		if got := book(t, s, fact); got.State != models.EventBooked {
			t.Fatalf("booking says %+v", got)
		}
		d, err := s.FindDonation(t.Context(), "AAAAAAAAAAAAAAAAAAAAAA")
		if err != nil {
			t.Fatal(err)
		}
		if d.Amount != 5000 || d.FeesCovered != 180 || d.Reference != "CP-0123ABCD" || d.Src != "article-1" || d.Status != models.Received {
			t.Errorf("the gift is %+v", d)
		}
		sound(t, s)
	})
}

func TestAGiftMadeFromMetadataIsTheSameWhicheverObjectComesFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		total := money.Money{Minor: 5000, Currency: "usd"}
		made := map[string]models.Choices{}
		for _, token := range []string{"AAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBA"} {
			public := models.Choices{Frequency: models.Once, Tribute: models.InMemory}
			private := public
			private.Comment, private.TributeName = "for the courts desk", "a teacher"
			charge := models.Fact{
				Key: "ch_" + token + ":charge", Kind: models.Charged, Money: total, Agreed: &total, At: storetest.Start, Evidence: "object",
				Gift: models.GiftRef{Campaign: "corruption-project", Token: token, Choices: private},
			}
			session := models.Fact{
				Key: "cs_" + token + ":completed", Kind: models.Completed, Agreed: &total, At: storetest.Start, Evidence: "object",
				Gift: models.GiftRef{Campaign: "corruption-project", Token: token, Choices: public, SessionID: "cs_" + token},
			}
			if token[0] == 'A' {
				book(t, s, charge, session)
			} else {
				book(t, s, session, charge)
			}
			d, err := s.FindDonation(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			if d.SessionID == nil || *d.SessionID != "cs_"+token {
				t.Errorf("%s: the session is %v", token, d.SessionID)
			}
			made[token[:1]] = d.Choices
		}
		if diff := cmp.Diff(made["A"], made["B"]); diff != "" || made["A"].Comment == "" {
			t.Errorf("charge first, or session first:\n%s", diff)
		}
		sound(t, s)
	})
}

func TestAFactBelongsToOneGift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		first, second := start(t, s), start(t, s)
		book(t, s, charged(first, "ch_1", ""))
		if got := book(t, s, charged(second, "ch_1", "")); got.State != models.EventAttention {
			t.Errorf("the same charge under another gift: %+v", got)
		}
		if got := totals(t, s); got.Gross != 125050 {
			t.Errorf("totals are %+v", got)
		}
	})
}

func TestNothingIsWrittenBeforeTheBooksAreOpen(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := models.Connect(t.Context(), models.Options{URL: address(t), Slug: "corruption-project", Currency: "usd"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, started := s.StartDonation(t.Context(), "", 0, choices)
			_, booked := s.Learn(t.Context(), told())
			_, _, received := s.Receive(t.Context(), models.Event{ID: "evt_1"}, models.Reading{State: models.EventNoEffect})
			for _, err := range []error{started, booked, received, s.Ready(t.Context())} {
				if !errors.Is(err, models.ErrBooksClosed) {
					t.Errorf("it says %v", err)
				}
			}
		})
	}
}

func TestWhatIsNotOursIsBookedNowhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		other := charged(d, "ch_1", "")
		other.Gift.Campaign = "another-campaign"
		if got := book(t, s, other); got.State != models.EventForeign {
			t.Errorf("another campaign's charge: %+v", got)
		}
		unnamed := charged(d, "ch_2", "")
		unnamed.Gift = models.GiftRef{PaymentIntent: "pi_unknown"}
		if got := book(t, s, unnamed); got.State != models.EventWaiting {
			t.Errorf("a charge that names nobody: %+v", got)
		}
		unnamed.Gift.Final = true
		if got := book(t, s, unnamed); got.State != models.EventForeign {
			t.Errorf("the same, once it was looked up: %+v", got)
		}
		if got := totals(t, s); got.Gross != 0 {
			t.Errorf("totals are %+v", got)
		}
	})
}

func TestChangesOfProgressFoldWithoutChangingTheFigures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		var wait sync.WaitGroup
		for i := range 300 {
			d := start(t, s)
			book(t, s, charged(d, fmt.Sprintf("ch_%d", i), fmt.Sprintf("reader-%d@example.org", i)))
			clock.Advance(time.Second)
		}
		before, err := s.Progress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			wait.Go(func() {
				if err := s.FoldProgress(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		after, err := s.Progress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("folding changed the figures (−before +after):\n%s", diff)
		}
		if after.Gifts != 300 {
			t.Errorf("%d gifts", after.Gifts)
		}
		sound(t, s)
	})
}
