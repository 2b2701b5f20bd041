package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// last4 stands for a card's last digits. No hash has it within it, and no moment's
// microseconds, as they would have four digits now and then.
const last4 = "kq7z"

// eachAddress is storetest.Each, with the address of the books.
func eachAddress(t *testing.T, test func(t *testing.T, s *models.Store, clock *storetest.Clock, address string)) {
	t.Helper()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, url := &storetest.Clock{}, address(t)
			test(t, storetest.Open(t, url, clock), clock, url)
		})
	}
}

// canary is something of a person that is found wherever it stands, whatever
// its case.
func canary(n int) string { return fmt.Sprintf("kanari%02dvogel", n) }

// noCanary looks for any in all that the books hold.
func noCanary(t *testing.T, address string) {
	t.Helper()
	for line := range strings.Lines(storetest.Everything(t, address)) {
		if at := strings.Index(strings.ToLower(line), "kanari"); at >= 0 {
			t.Errorf("%.60s … %q", line, line[max(0, at-30):min(len(line), at+30)])
		}
	}
}

// erased erases somebody and does all that follows but at Stripe.
func erased(t *testing.T, s *models.Store, who string) models.Erasure {
	t.Helper()
	e, err := s.Erase(t.Context(), "admin@example.org", who)
	ok(t, err)
	return allErased(t, s, e.ID)
}

func allErased(t *testing.T, s *models.Store, id string) models.Erasure {
	t.Helper()
	e, found, err := s.ClaimErasure(t.Context(), id, time.Minute)
	if ok(t, err); !found {
		t.Fatal("there is nothing to finish")
	}
	for e.EventsAt == nil {
		e, _, err = s.EmptyEvents(t.Context(), e, 2, time.Minute)
		ok(t, err)
	}
	_, err = s.EndErasure(t.Context(), e, nil)
	ok(t, err)
	return e
}

// giver is a donor of whom something stands in every place: a gift with words, a
// monthly one that was renewed, and one by check.
type giver struct {
	email         string
	gift, monthly models.Donation
	offline       models.Donation
}

// gives has somebody give in every way, and answers the facts of it.
func gives(t *testing.T, s *models.Store) (giver, []models.Object) {
	t.Helper()
	g := giver{email: canary(1) + "@example.org"}
	words := choices
	words.Comment, words.Tribute, words.TributeName, words.Newsletter = canary(2), models.InMemory, canary(3), true
	var err error
	g.gift, err = s.StartDonation(t.Context(), "", 0, words)
	ok(t, err)
	words.Frequency, words.Newsletter = models.Monthly, false
	g.monthly, err = s.StartDonation(t.Context(), "", 0, words)
	ok(t, err)
	objects := g.tells()
	for _, o := range objects {
		_, err := s.Learn(t.Context(), o)
		ok(t, err)
	}
	g.offline, err = s.EnterOffline(t.Context(), models.NewOfflineGift{
		Amount: 300_00, Method: models.Check, ReceivedOn: day(2026, 11, 20), DonorName: canary(4), DonorEmail: strings.ToUpper(g.email),
		DonorAddress: canary(5), Reference: canary(6), Note: canary(7), Zone: time.UTC, EnteredBy: "finance@example.org",
	})
	ok(t, err)
	ok(t, s.AddNote(t.Context(), g.gift.ID, canary(8), "finance@example.org"))
	ok(t, s.RequestManageLink(t.Context(), g.email))
	ok(t, s.RequestNewsletter(t.Context(), g.email))
	return g, objects
}

// tells is what Stripe says of their gifts, with the person in each payload.
func (g giver) tells() []models.Object {
	of := func(d models.Donation, name, renewal string) []models.Fact {
		whole := charged(d, "ch_"+name, g.email)
		whole.EmailRank, whole.Name, whole.Last4, whole.Method = models.SessionEmail, canary(9), last4, "visa"
		whole.Gift.Choices = models.Choices{Frequency: d.Frequency, Tribute: d.Tribute, Comment: canary(2), TributeName: canary(3)}
		if d.Frequency == models.Monthly {
			whole.Gift.Subscription, whole.Gift.Invoice = "sub_"+name, "in_"+name
		}
		all := []models.Fact{whole}
		if renewal != "" {
			again := whole
			again.Key, again.Object, again.At = renewal+":charge", renewal, whole.At.Add(time.Minute)
			again.EmailRank, again.Gift.Renewal, again.Gift.Invoice = models.BillingEmail, true, "in_"+renewal
			again.Gift.PaymentIntent, again.Gift.Charge = "pi_of_"+renewal, renewal
			all = append(all, again)
		}
		return all
	}
	raw := func(id string) []byte {
		return fmt.Appendf(nil, `{"id":%q,"object":"charge","billing_details":{"email":%q,"name":%q,"address":{"line1":%q}},"payment_intent":"pi_of_%s"}`,
			id, strings.ToUpper(g.email), canary(9), canary(10), id)
	}
	sub := models.Subscription{
		ID: "sub_monthly", Token: g.monthly.Token, Customer: "cus_1", Status: "active", Amount: g.monthly.AmountCharged, Currency: "usd", Months: 1,
		AsOf: storetest.Start, PaymentMethod: "pm_1", Card: models.Card{Brand: "visa", Last4: last4, ExpMonth: 1, ExpYear: 2027}, Campaign: "corruption-project",
	}
	return []models.Object{
		{ID: "ch_once", Raw: raw("ch_once"), Reading: models.Reading{Facts: of(g.gift, "once", "")}},
		{ID: "ch_monthly", Raw: raw("ch_monthly"), Reading: models.Reading{Facts: of(g.monthly, "monthly", "")}},
		{ID: "sub_monthly", Raw: fmt.Appendf(nil, `{"id":"sub_monthly","customer":"cus_1","description":%q}`, canary(11)), Reading: models.Reading{Subscription: &sub}},
		{ID: "ch_again", Raw: raw("ch_again"), Reading: models.Reading{Facts: of(g.monthly, "monthly", "ch_again")[1:]}},
	}
}

// foreign are events that speak of somebody and are of no gift of the campaign.
func foreign(t *testing.T, s *models.Store, email string) {
	t.Helper()
	for i, raw := range []string{
		`{"id":"evt_0","data":{"object":{"id":"ch_ticket","receipt_email":"` + strings.ToUpper(email) + `","description":"` + canary(12) + `"}}}`,
		`{"id":"evt_1","data":{"object":{"id":"cus_1","name":"` + canary(13) + `"}}}`,
		`{"id":"evt_2","data":{"object":{"id":"ch_other","description":"Ticket of ` + strings.ReplaceAll(email, "@", `\u0040`) + `."}}}`,
		`{"id":"evt_3","data":{"object":{"id":"ch_stranger","receipt_email":"stranger@example.org"}}}`,
	} {
		_, _, err := s.Receive(t.Context(), models.Event{ID: fmt.Sprintf("evt_%d", i), Type: "charge.succeeded", Created: storetest.Start, Raw: []byte(raw)},
			models.Reading{State: models.EventForeign})
		ok(t, err)
	}
}

// tell books facts whose payload is one of Stripe's, with the person in it.
func tell(t *testing.T, s *models.Store, facts ...models.Fact) {
	t.Helper()
	for _, f := range facts {
		o := told(f)
		o.Raw = fmt.Appendf(nil, `{"id":%q,"charge":%q,"payment_intent":%q,"metadata":{"appeal_token":%q,"appeal_comment":%q},"billing_details":{"email":%q,"name":%q}}`,
			f.Key, f.Gift.Charge, f.Gift.PaymentIntent, f.Gift.Token, f.Gift.Choices.Comment, f.Email, f.Name)
		learned, err := s.Learn(t.Context(), o)
		if ok(t, err); learned[0].State != models.EventBooked {
			t.Fatalf("%s: %+v", f.Key, learned)
		}
	}
}

// moneyOf is all that must be as it was.
func moneyOf(t *testing.T, s *models.Store) (models.Totals, string) {
	t.Helper()
	digest, err := s.Digest(t.Context())
	ok(t, err)
	return totals(t, s), digest
}

func TestWhoIsErasedIsNowhereInTheBooksAndTheMoneyStays(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, address string) {
		g, _ := gives(t, s)
		foreign(t, s, g.email)
		stranger := start(t, s)
		book(t, s, charged(stranger, "ch_stranger", "stranger@example.org"))
		_, err := s.IssueReceipts(t.Context(), 50)
		ok(t, err)
		before, digest := moneyOf(t, s)
		if !strings.Contains(storetest.Everything(t, address), last4) {
			t.Error("the last digits of their card are nowhere to be forgotten")
		}

		e := erased(t, s, " "+strings.ToUpper(g.email))
		noCanary(t, address)
		if strings.Contains(storetest.Everything(t, address), last4) {
			t.Error("the last digits of their card are kept")
		}
		after, now := moneyOf(t, s)
		if diff := cmp.Diff(before, after); diff != "" || now != digest {
			t.Errorf("the money has changed (−before +after): %s%s ≠ %s", diff, now, digest)
		}
		sound(t, s)
		// Of others all is kept, raw events too.
		found, err := s.FindEvent(t.Context(), "evt_3")
		if ok(t, err); !strings.Contains(string(found.Raw), "stranger@example.org") || found.EmptiedAt != nil {
			t.Errorf("a stranger's event is %s", found.Raw)
		}
		for _, id := range []string{"evt_0", "evt_1", "evt_2"} {
			if found, err = s.FindEvent(t.Context(), id); err != nil || found.EmptiedAt == nil {
				t.Errorf("%s is %s, %v", id, found.Raw, err)
			}
		}
		// Once more, by any of their names, changes nothing.
		for _, who := range []string{g.email, g.gift.Reference, strings.ToLower(g.monthly.Reference), g.offline.ID, e.DonorID} {
			again, err := s.Erase(t.Context(), "other@example.org", who)
			if ok(t, err); again.ID != e.ID {
				t.Errorf("%s is erased again as %+v", who, again)
			}
		}
		plan, err := s.PlanErasure(t.Context(), g.gift.Reference)
		if ok(t, err); plan.Erased == nil || plan.Erased.AskedBy != "admin@example.org" || plan.Gifts != 4 || plan.Email != "" {
			t.Errorf("the plan is %+v", plan)
		}
		acts, err := s.ListAudit(t.Context(), models.AuditQuery{Act: models.DonorErased}, 5)
		if ok(t, err); len(acts) != 1 || acts[0].Object != e.DonorID || acts[0].After != "4 gifts" {
			t.Errorf("the log has %+v", acts)
		}
	})
}

func TestWhoIsErasedIsNotBroughtBackByWhatIsToldAgain(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		g, objects := gives(t, s)
		clock.Advance(time.Hour)
		before, digest := moneyOf(t, s)
		erased(t, s, g.gift.Reference)

		// All of it told again, as news and as events, a known event and a new one.
		for i, o := range objects {
			_, err := s.Learn(t.Context(), o)
			ok(t, err)
			o.Raw = []byte(strings.ReplaceAll(string(o.Raw), `{"id"`, `{"again":1,"id"`))
			_, _, err = s.Receive(t.Context(), models.Event{ID: fmt.Sprintf("evt_again_%d", i), Type: "charge.updated", Created: clock.Now(), Raw: o.Raw}, o.Reading)
			ok(t, err)
			ok(t, s.SetAside(t.Context(), o, models.EventAttention, "it contradicts"))
		}
		after, now := moneyOf(t, s)
		if after.NeedsAttention = before.NeedsAttention; !cmp.Equal(before, after) || now != digest {
			t.Errorf("the money has changed: %+v ≠ %+v", after, before)
		}
		// Then what is new about their gifts: a refund, a renewal, the session of one.
		late := g.tells()[3]
		late.ID, late.Raw = "ch_late", []byte(strings.ReplaceAll(string(late.Raw), "ch_again", "ch_late"))
		f := &late.Reading.Facts[0]
		f.Key, f.Object, f.At, f.Evidence = "ch_late:charge", "ch_late", clock.Now().Add(time.Hour), "of_ch_late"
		f.Gift.Invoice, f.Gift.PaymentIntent, f.Gift.Charge = "in_late", "pi_of_ch_late", "ch_late"
		refund := told(of(g.gift, "re_1:refund", models.RefundMade, 100_00))
		refund.Raw = fmt.Appendf(nil, `{"id":"re_1","charge":"ch_once","note":%q}`, canary(14))
		_, err := s.Learn(t.Context(), late, refund)
		ok(t, err)
		noCanary(t, address)
		after = totals(t, s)
		if after.Donors != before.Donors || after.Gifts != before.Gifts+1 || after.Refunded != 100_00 {
			t.Errorf("totals are %+v", after)
		}
		sound(t, s)
	})
}

func TestAGiftThatTurnsUpAfterAnErasureIsThatDonorsAndBringsNoPerson(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		g, _ := gives(t, s)
		clock.Advance(24 * time.Hour)
		before := totals(t, s)
		e := erased(t, s, g.email)
		// Given before, and told only now: with the words of its metadata, and its
		// address last.
		fact := charged(models.Donation{Token: "AAAAAAAAAAAAAAAAAAAAAA", AmountCharged: 20_00}, "ch_missed", "")
		fact.Gift.Choices = models.Choices{Frequency: models.Once, Tribute: models.InHonor, Comment: canary(15), TributeName: canary(16)}
		session := models.Fact{
			Key: "cs_missed:completed", Kind: models.Completed, Money: fact.Money, At: fact.At, Evidence: "of_session", Email: g.email, Name: canary(9), EmailRank: models.SessionEmail,
			Gift: models.GiftRef{Campaign: "corruption-project", Token: fact.Gift.Token, SessionID: "cs_missed"},
		}
		tell(t, s, fact, session)
		_, err := s.EnterOffline(t.Context(), models.NewOfflineGift{
			Amount: 10_00, Method: models.Cash, ReceivedOn: day(2026, 11, 1), DonorName: canary(4), DonorEmail: g.email, DonorAddress: canary(5), Zone: time.UTC, EnteredBy: "finance@example.org",
		})
		ok(t, err)
		allErased(t, s, e.ID) // it is begun again, at Stripe too
		noCanary(t, address)
		after := totals(t, s)
		if after.Donors != before.Donors || after.Gifts != before.Gifts+2 || after.Gross != before.Gross+30_00 {
			t.Errorf("totals are %+v", after)
		}
		sound(t, s)

		// What is given after it is another donor's, with all of the person.
		again := start(t, s)
		anew := charged(again, "ch_anew", g.email)
		anew.At, anew.Name = clock.Now().Add(time.Minute), "Ruth Castillo"
		book(t, s, anew)
		gift, err := s.FindHistory(t.Context(), again.ID)
		if ok(t, err); gift.Email != g.email || gift.Donation.DonorName != "Ruth Castillo" || *gift.Donation.DonorID == e.DonorID {
			t.Errorf("a new gift is %+v", gift.ListedGift)
		}
		if got := totals(t, s); got.Donors != before.Donors+1 {
			t.Errorf("%d donors", got.Donors)
		}
		sound(t, s)
	})
}

func TestSomebodyElsesGiftKeepsItsOwnAddressOnly(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, clock *storetest.Clock, address string) {
		mine := canary(1) + "@example.org"
		theirs := start(t, s)
		session := charged(theirs, "ch_1", "spouse@example.org")
		session.EmailRank, session.Name = models.SessionEmail, "Ruth Castillo"
		card := of(theirs, "ch_1:paid", models.IntentPaid, 0)
		card.Email, card.EmailRank, card.Name = mine, models.ReceiptEmail, canary(9)
		tell(t, s, session, card)
		tell(t, s, charged(start(t, s), "ch_2", mine))
		before := totals(t, s)
		clock.Advance(2 * time.Hour)
		erased(t, s, mine)
		tell(t, s, card)
		later := card
		later.Key, later.Kind = "ch_1:invoice", models.InvoicePaid
		tell(t, s, later)
		noCanary(t, address)
		h, err := s.FindHistory(t.Context(), theirs.ID)
		if ok(t, err); h.Email != "spouse@example.org" || h.Donation.DonorName != "Ruth Castillo" {
			t.Errorf("their gift is %+v", h.ListedGift)
		}
		if after := totals(t, s); after.Donors != before.Donors || after.Gifts != before.Gifts {
			t.Errorf("totals are %+v, were %+v", after, before)
		}
		sound(t, s)
	})
}

func TestWhoNeverGaveIsErasedToo(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, s *models.Store, _ *storetest.Clock, address string) {
		reader := canary(1) + "@example.org"
		ok(t, s.RequestNewsletter(t.Context(), reader))
		begun := start(t, s)
		erased(t, s, reader)
		e := erased(t, s, begun.Reference)
		noCanary(t, address)
		// The gift that nobody knew whose it was can still be paid.
		tell(t, s, charged(begun, "ch_1", canary(2)+"@example.org"))
		noCanary(t, address)
		d, err := s.FindGift(t.Context(), begun.ID)
		if ok(t, err); d.DonorID == nil || *d.DonorID != e.DonorID || totals(t, s).Donors != 1 {
			t.Errorf("the gift is %+v", d)
		}
		sound(t, s)
		for _, nobody := range []string{"nobody@example.org", "donor_0", "CP-00000000", ""} {
			if _, err := s.Erase(t.Context(), "admin@example.org", nobody); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("erasing %q: %v", nobody, err)
			}
			if _, err := s.PlanErasure(t.Context(), nobody); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("planning to erase %q: %v", nobody, err)
			}
		}
	})
}

func TestThePlanNamesTheYearsThatTheTaxOfficeAsksFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		for i, gift := range []struct {
			amount money.Minor
			day    time.Time
		}{{4_999_99, day(2024, 1, 2)}, {2_500_00, day(2025, 3, 4)}, {2_500_00, day(2025, 12, 31)}, {6_000_00, day(2026, 1, 1)}} {
			_, err := s.EnterOffline(t.Context(), models.NewOfflineGift{
				Amount: gift.amount, Method: models.Wire, ReceivedOn: gift.day, DonorEmail: "large@example.org", Reference: fmt.Sprint(i), Zone: time.UTC, EnteredBy: "f",
			})
			ok(t, err)
		}
		plan, err := s.PlanErasure(t.Context(), "large@example.org")
		ok(t, err)
		want := models.ErasurePlan{DonorID: plan.DonorID, Email: "large@example.org", Gifts: 4, Given: 15_999_99, Named: []int{2025, 2026}}
		if diff := cmp.Diff(want, plan); diff != "" {
			t.Errorf("the plan (−want +got):\n%s", diff)
		}
	})
}
