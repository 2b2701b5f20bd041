package models_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// list are the references that a query finds, and what they come to.
func list(t *testing.T, s *models.Store, q models.GiftQuery) (references []string, page models.GiftPage) {
	t.Helper()
	page, err := s.ListGifts(t.Context(), q, 50)
	ok(t, err)
	references = []string{}
	for _, g := range page.Gifts {
		references = append(references, g.Donation.Reference)
	}
	return references, page
}

func TestPagesOfTenThousandGiftsThatAreAlikeRepeatAndSkipNone(t *testing.T) {
	t.Parallel()
	const copies, most = 10_000, 1000
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		book(t, s, charged(start(t, s), "ch_1", "reader@example.org"))
		// All of one moment, and of no more than seven amounts.
		ok(t, tamper(fmt.Sprintf(`INSERT INTO donations (id, reference, livemode, frequency, amount, fees_covered, newsletter, comment, tribute, tribute_name,
			src, utm_source, utm_medium, utm_campaign, utm_content, currency, amount_charged, form_attempt, checkout_url, checkout_state, from_metadata,
			donor_id, status, received_at, captured, counted, created_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 'don_' || i, 'CP-' || i, d.livemode, d.frequency, d.amount, 0, d.newsletter, '', d.tribute, '', '', '', '', '', '', d.currency, 100 * (1 + i %% 7),
			1, '', d.checkout_state, d.from_metadata, d.donor_id, d.status, d.received_at, 100 * (1 + i %% 7), d.counted, d.created_at
			FROM n CROSS JOIN donations d`, copies)))
		for _, sort := range []models.GiftSort{models.NewestFirst, models.OldestFirst, models.LargestFirst, models.SmallestFirst} {
			seen := map[string]bool{}
			var before money.Minor
			for q := (models.GiftQuery{Sort: sort}); ; {
				page, err := s.ListGifts(t.Context(), q, most)
				ok(t, err)
				if page.Count != copies+1 {
					t.Fatalf("%q counts %d", sort, page.Count)
				}
				for _, g := range page.Gifts {
					if seen[g.Donation.ID] {
						t.Fatalf("%q shows %s twice", sort, g.Donation.ID)
					}
					worth := g.Donation.Worth()
					if sort == models.SmallestFirst && worth < before || sort == models.LargestFirst && len(seen) > 0 && worth > before {
						t.Fatalf("%q shows %s after %s", sort, worth, before)
					}
					seen[g.Donation.ID], before, q.After = true, worth, g.Donation.ID
				}
				if !page.More {
					break
				}
			}
			if len(seen) != copies+1 {
				t.Errorf("%q showed %d of %d gifts", sort, len(seen), copies+1)
			}
		}
	})
}

func TestAGiftIsFoundByWhatItIsCalled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		paid := charged(d, "ch_1", "Ruth_Castillo@Example.org")
		paid.Name, paid.Method, paid.Last4 = "Ruth Castillo", "visa", "4242"
		book(t, s, paid, of(d, "re_1:refund", models.RefundMade, 2500))
		check := enter(t, s, aCheck(t))
		start(t, s) // a payment page that was left is in no list
		offline, err := s.FindOffline(t.Context(), check.ID)
		ok(t, err)
		for typed, want := range map[string]string{
			"ruth_castillo@example.org": d.Reference, "CASTILLO\t": d.Reference, "castillo@": d.Reference, d.Reference: d.Reference, d.Reference[3:]: d.Reference,
			"ch_1": d.Reference, "pi_of_ch_1": d.Reference, "re_1": d.Reference, d.ID: d.Reference, "4242": d.Reference,
			offline.Reference: check.Reference, "%": "", "_astillo": "", "re_2": "", "4243": "", "nobody@example.org": "",
		} {
			got, _ := list(t, s, models.GiftQuery{Search: typed})
			if expected := slices.DeleteFunc([]string{want}, func(s string) bool { return s == "" }); !slices.Equal(got, expected) {
				t.Errorf("%q finds %v, want %v", typed, got, expected)
			}
			personal := slices.Contains([]string{"ruth_castillo@example.org", "CASTILLO\t", "castillo@"}, typed)
			if got, _ := list(t, s, models.GiftQuery{Search: typed, Impersonal: true}); personal && len(got) > 0 {
				t.Errorf("%q finds %v for who may see no person", typed, got)
			}
		}
		if all, page := list(t, s, models.GiftQuery{}); len(all) != 2 || page.Count != 2 || page.Gross != 125050+check.AmountCharged {
			t.Errorf("all are %v, %d of %s", all, page.Count, page.Gross)
		}
	})
}

func TestAListHoldsWhatEveryFilterAsksFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		begin := func(c models.Choices) models.Donation {
			c.Tribute = models.NoTribute
			d, err := s.StartDonation(t.Context(), "", 0, c)
			ok(t, err)
			return d
		}
		gives := func(charge, method string, c models.Choices) string {
			d := begin(c)
			paid := charged(d, charge, charge+"@example.org")
			paid.Method, paid.At = method, clock.Now()
			book(t, s, paid)
			clock.Advance(24 * time.Hour)
			return d.Reference
		}
		article := gives("ch_1", "visa", models.Choices{Frequency: models.Once, Amount: 50_00, Src: "county-contracts"})
		letter := gives("ch_2", "amex", models.Choices{Frequency: models.Monthly, Amount: 15_00, UTMSource: "letter", UTMMedium: "email"})
		direct := gives("ch_3", "visa", models.Choices{Frequency: models.Once, Amount: 75_00})
		check := enter(t, s, aCheck(t)).Reference
		left := begin(models.Choices{Frequency: models.Once, Amount: 10_00}).Reference
		letters, err := s.ListGifts(t.Context(), models.GiftQuery{Channel: "utm/letter/email"}, 1)
		ok(t, err)
		donor := *letters.Gifts[0].Donation.DonorID
		for name, c := range map[string]struct {
			q    models.GiftQuery
			want []string
		}{
			"an article":       {models.GiftQuery{Channel: "src/county-contracts"}, []string{article}},
			"a letter":         {models.GiftQuery{Channel: "utm/letter/email"}, []string{letter}},
			"a method":         {models.GiftQuery{Method: "visa", Sort: models.OldestFirst}, []string{article, direct}},
			"a frequency":      {models.GiftQuery{Kind: "monthly"}, []string{letter}},
			"renewals":         {models.GiftQuery{Kind: "monthly_renewal"}, []string{}},
			"one time":         {models.GiftQuery{Kind: "once"}, []string{direct, article}},
			"no link":          {models.GiftQuery{Channel: "direct"}, []string{direct}},
			"by hand":          {models.GiftQuery{Channel: "offline", Kind: "offline"}, []string{check}},
			"a donor":          {models.GiftQuery{Donor: donor}, []string{letter}},
			"offline":          {models.GiftQuery{Offline: models.OnlyOffline}, []string{check}},
			"online":           {models.GiftQuery{Offline: models.WithoutOffline}, []string{direct, letter, article}},
			"an amount":        {models.GiftQuery{Min: 50_00, Max: 75_00, Offline: models.WithoutOffline}, []string{direct, article}},
			"days":             {models.GiftQuery{From: storetest.Start.Add(time.Hour), Until: storetest.Start.Add(48 * time.Hour), Offline: models.WithoutOffline}, []string{letter}},
			"a status":         {models.GiftQuery{Status: models.Started}, []string{left}},
			"two that exclude": {models.GiftQuery{Method: "amex", Channel: "src/county-contracts"}, []string{}},
		} {
			got, page := list(t, s, c.q)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (−want +got):\n%s", name, diff)
			}
			var sum money.Minor
			for _, g := range page.Gifts {
				sum += g.Donation.Captured
			}
			if int64(len(got)) != page.Count || sum != page.Gross {
				t.Errorf("%s: it says %d of %s, and shows %d of %s", name, page.Count, page.Gross, len(got), sum)
			}
		}
	})
}

func TestAGiftsHistoryHoldsAllThatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := received(t, s, "reader@example.org")
		event := models.Event{ID: "evt_1", Type: "charge.refunded", ObjectID: "ch_1", Created: storetest.Start, Raw: []byte(`{"id":"evt_1"}`)}
		refund := of(d, "re_1:refund", models.RefundMade, 2500)
		refund.Evidence = event.ID
		for range 3 {
			_, _, err := s.Receive(t.Context(), event, models.Reading{Facts: []models.Fact{refund}})
			ok(t, err)
		}
		first := claimOne(t, s)
		ok(t, s.MailSent(t.Context(), first.Key))
		ok(t, s.ResendReceipt(t.Context(), newest(t, s, d).ID, "clerk@example.org"))
		ok(t, s.ResendReceipt(t.Context(), newest(t, s, d).ID, "clerk@example.org")) // it is on its way: no act
		clock.Advance(time.Second)
		ok(t, s.AddNote(t.Context(), d.ID, " called the donor ", "clerk@example.org"))
		for _, empty := range []string{"", " \n"} {
			if err := s.AddNote(t.Context(), d.ID, empty, "clerk@example.org"); !errors.Is(err, models.ErrNoNote) {
				t.Errorf("an empty note: %v", err)
			}
		}
		if err := s.AddNote(t.Context(), "don_none", "x", "clerk@example.org"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a note about no gift: %v", err)
		}
		h, err := s.FindHistory(t.Context(), d.ID)
		ok(t, err)
		if h.Email != "reader@example.org" || len(h.Facts) != 2 || len(h.Receipts) != 1 || len(h.Mails) != 2 || h.Entered != nil {
			t.Errorf("the history is %+v", h)
		}
		told := map[string]int{}
		for _, e := range h.Events {
			told[e.ID] = e.Again
		}
		if again, there := told["evt_1"]; !there || again != 2 || len(told) != 2 { // the other brought the charge
			t.Errorf("it was told of by %v", told)
		}
		if len(h.Acts) != 2 || h.Acts[0].Act != models.ReceiptResent || h.Acts[1].Act != models.NoteAdded || h.Acts[1].After != "" {
			t.Errorf("what was done is %+v", h.Acts)
		}
		if len(h.Notes) != 1 || h.Notes[0].Text != "called the donor" {
			t.Errorf("the notes are %+v", h.Notes)
		}
		if diff := cmp.Diff([]string{"ch_1", "pi_of_ch_1"}, h.Names); diff != "" {
			t.Error(diff)
		}
		if _, err := s.FindHistory(t.Context(), "don_none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the history of no gift: %v", err)
		}
		sound(t, s)
	})
}
