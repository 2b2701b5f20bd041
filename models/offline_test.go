package models_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// pacific is the zone of the built-in campaign. The clock of the tests begins
// at noon there, on 24 November 2026.
func pacific(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// aCheck is a check of $10,000 that was written and mailed before it came.
func aCheck(t *testing.T) models.NewOfflineGift {
	t.Helper()
	dated := day(2026, 11, 9)
	return models.NewOfflineGift{
		Amount: 1000000, Method: models.Check, ReceivedOn: day(2026, 11, 20), DatedOn: &dated,
		DonorName: "A Reader", DonorEmail: "Reader@Example.org ", DonorAddress: "1 Main Street", Reference: "1042", Note: "met at the event",
		Zone: pacific(t), EnteredBy: "staff@example.org",
	}
}

func enter(t *testing.T, s *models.Store, g models.NewOfflineGift) models.Donation {
	t.Helper()
	d, err := s.EnterOffline(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnOfflineGiftIsRaisedAndIsNotInStripesBalance(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		before := s.Commits()
		d := enter(t, s, aCheck(t))
		want := models.Totals{Currency: "usd", Raised: 1000000, Gross: 1000000, Offline: 1000000, Net: 1000000, Gifts: 1, Donors: 1}
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("totals (−want +got):\n%s", diff)
		}
		if d.Status != models.Received || d.Token != "" || !models.ValidReference(d.Reference) || d.DonorName != "A Reader" {
			t.Errorf("the gift is %+v", d)
		}
		if noon := time.Date(2026, 11, 20, 12, 0, 0, 0, pacific(t)); d.ReceivedAt == nil || !d.ReceivedAt.Equal(noon) {
			t.Errorf("it was received at %v, not at noon of its day", d.ReceivedAt)
		}
		if s.Commits() == before {
			t.Error("no cache can tell that the figures changed")
		}
		if p, err := s.Progress(t.Context()); err != nil || p.Raised != 1000000 || p.Gifts != 1 || p.LastGiftAt == nil {
			t.Errorf("the page is told %+v, %v", p, err)
		}
		kept, err := s.FindOffline(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		g := aCheck(t)
		wanted := models.OfflineGift{
			DonationID: d.ID, Method: g.Method, ReceivedOn: g.ReceivedOn, DatedOn: g.DatedOn, DonorName: g.DonorName, DonorEmail: g.DonorEmail,
			DonorAddress: g.DonorAddress, Reference: g.Reference, Note: g.Note, EnteredBy: g.EnteredBy, EnteredAt: storetest.Start,
		}
		if diff := cmp.Diff(wanted, kept); diff != "" {
			t.Errorf("what is kept of it (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

func TestTheReceiptOfAnOfflineGiftKnowsWhatWasEntered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := enter(t, s, aCheck(t))
		issue := func() []models.Receipt {
			t.Helper()
			if _, err := s.IssueReceipts(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			all, err := s.ReceiptsOf(t.Context(), d.ID)
			if err != nil || len(all) == 0 {
				t.Fatalf("%d documents, %v", len(all), err)
			}
			return all
		}
		doc, err := s.FindReceipt(t.Context(), issue()[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := s.FindOffline(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&kept, doc.Offline); diff != "" {
			t.Errorf("what was entered (−want +got):\n%s", diff)
		}
		if doc.Method != "check" || doc.DonorName != "A Reader" || doc.DonorAddress != "1 Main Street" || doc.DonorEmail != "reader@example.org" ||
			doc.Receipt.Kind != models.FirstReceipt || doc.Receipt.Amount != 1000000 {
			t.Errorf("the document is %+v", doc)
		}
		clock.Advance(time.Hour)
		if err := s.ReverseOffline(t.Context(), d.ID, "never came", "staff@example.org"); err != nil {
			t.Fatal(err)
		}
		if all := issue(); len(all) != 2 || all[1].Kind != models.VoidReceipt || all[1].Reason != models.ReasonReversal {
			t.Errorf("when it is reversed: %+v", all)
		}
		sound(t, s)
	})
}

func TestAGiftOfTodayIsReceivedNoLaterThanNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		g := aCheck(t)
		clock.Advance(18 * time.Hour) // six in the morning of the 25th there
		g.ReceivedOn = day(2026, 11, 25)
		if d := enter(t, s, g); !d.ReceivedAt.Equal(clock.Now()) {
			t.Errorf("received at %v, and it is %v", d.ReceivedAt, clock.Now())
		}
	})
}

func TestAFormSentAgainEntersOneGift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		g := aCheck(t)
		g.FormKey = "0123456789abcdef"
		var wait sync.WaitGroup
		ids := make([]string, 5)
		for i := range ids {
			wait.Go(func() {
				d, err := s.EnterOffline(t.Context(), g)
				if err != nil {
					t.Error(err)
				}
				ids[i] = d.ID
			})
		}
		wait.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Errorf("one form entered the gifts %q", ids)
			}
		}
		for name, change := range map[string]func(*models.NewOfflineGift){
			"another amount":   func(g *models.NewOfflineGift) { g.Amount++ },
			"another method":   func(g *models.NewOfflineGift) { g.Method = models.Wire },
			"another day":      func(g *models.NewOfflineGift) { g.ReceivedOn = day(2026, 11, 19) },
			"another postmark": func(g *models.NewOfflineGift) { g.DatedOn = nil },
			"another donor":    func(g *models.NewOfflineGift) { g.DonorName = "B Reader" },
		} {
			other := g
			change(&other)
			if _, err := s.EnterOffline(t.Context(), other); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s under the same key: %v", name, err)
			}
		}
		g.FormKey = ""
		enter(t, s, g)
		enter(t, s, g)
		if got := totals(t, s); got.Gifts != 3 || got.Donors != 1 || got.Offline != 3*g.Amount {
			t.Errorf("one with a key and two without come to %+v", got)
		}
		sound(t, s)
	})
}

func TestWhatIsNoOfflineGiftIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		today, tomorrow := day(2026, 11, 24), day(2026, 11, 25)
		for name, c := range map[string]struct {
			change func(*models.NewOfflineGift)
			want   error
		}{
			"no amount":              {func(g *models.NewOfflineGift) { g.Amount = 0 }, models.ErrNotAGift},
			"less than nothing":      {func(g *models.NewOfflineGift) { g.Amount = -1 }, models.ErrNotAGift},
			"no method":              {func(g *models.NewOfflineGift) { g.Method = "" }, models.ErrNotAGift},
			"a method there isn't":   {func(g *models.NewOfflineGift) { g.Method = "gold" }, models.ErrNotAGift},
			"no day":                 {func(g *models.NewOfflineGift) { g.ReceivedOn = time.Time{} }, models.ErrNotAGift},
			"nobody who says so":     {func(g *models.NewOfflineGift) { g.EnteredBy = " " }, models.ErrNotAGift},
			"received tomorrow":      {func(g *models.NewOfflineGift) { g.ReceivedOn = tomorrow }, models.ErrInFuture},
			"a postmark of tomorrow": {func(g *models.NewOfflineGift) { g.DatedOn = &tomorrow }, models.ErrInFuture},
			"mailed after it came":   {func(g *models.NewOfflineGift) { g.DatedOn = &today }, models.ErrLatePostmark},
			"stock without a name":   {func(g *models.NewOfflineGift) { g.Method, g.Reference = models.Stock, " " }, models.ErrNotAGift},
		} {
			g := aCheck(t)
			c.change(&g)
			if _, err := s.EnterOffline(t.Context(), g); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := totals(t, s); got != (models.Totals{Currency: "usd"}) {
			t.Errorf("something was booked: %+v", got)
		}
	})
}

// The day is over in London while it is not in San Francisco.
func TestTomorrowBeginsAtMidnightOfTheCampaignsZone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		g := aCheck(t)
		g.ReceivedOn = day(2026, 11, 25)
		clock.Advance(12*time.Hour - time.Microsecond)
		if _, err := s.EnterOffline(t.Context(), g); !errors.Is(err, models.ErrInFuture) {
			t.Errorf("before midnight: %v", err)
		}
		clock.Advance(time.Microsecond)
		enter(t, s, g)
	})
}

func TestAReversedOfflineGiftLeavesTheFigures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := enter(t, s, aCheck(t))
		stays := aCheck(t)
		stays.Amount, stays.DonorEmail = 700, ""
		enter(t, s, stays)
		clock.Advance(48 * time.Hour)
		if err := s.ReverseOffline(t.Context(), d.ID, "entered twice", "other@example.org"); err != nil {
			t.Fatal(err)
		}
		want := models.Totals{Currency: "usd", Raised: 700, Gross: 700, Offline: 700, Net: 700, Gifts: 1, Donors: 1}
		if diff := cmp.Diff(want, totals(t, s)); diff != "" {
			t.Errorf("totals (−want +got):\n%s", diff)
		}
		if as, err := s.TotalsAsOf(t.Context(), clock.Now()); err != nil || as != want {
			t.Errorf("as of now: %+v, %v", as, err)
		}
		as, err := s.TotalsAsOf(t.Context(), clock.Now().Add(-time.Hour))
		if err != nil || as.Offline != 1000700 || as.Gross != 1000700 || as.Gifts != 2 || as.Donors != 2 {
			t.Errorf("before the reversal: %+v, %v", as, err)
		}
		kept, err := s.FindOffline(t.Context(), d.ID)
		if err != nil || kept.ReversedAt == nil || kept.ReversedBy != "other@example.org" || kept.ReverseReason != "entered twice" {
			t.Errorf("what is kept of it: %+v, %v", kept, err)
		}
		if err := s.ReverseOffline(t.Context(), d.ID, "again", "other@example.org"); !errors.Is(err, models.ErrConflict) {
			t.Errorf("reversed twice: %v", err)
		}
		sound(t, s)
	})
}

func TestAGiftThroughStripeIsNotReversed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", "reader@example.org"))
		for _, id := range []string{d.ID, "don_unknown"} {
			if err := s.ReverseOffline(t.Context(), id, "wrong", "staff@example.org"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
			if _, err := s.FindOffline(t.Context(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if got := totals(t, s); got.Gross != 125050 {
			t.Errorf("gross %v", got.Gross)
		}
	})
}

func TestADonorIsTheSameByEitherWay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		book(t, s, charged(start(t, s), "ch_1", "reader@example.org"))
		enter(t, s, aCheck(t)) // typed as "Reader@Example.org "
		nameless := aCheck(t)
		nameless.DonorEmail = ""
		enter(t, s, nameless)
		enter(t, s, nameless)
		if got := totals(t, s); got.Gifts != 4 || got.Donors != 3 {
			t.Errorf("%d gifts of %d donors, where one gave twice and two gave no address", got.Gifts, got.Donors)
		}
		sound(t, s)
	})
}

func TestLikelyDoublesAreOfTheSameAmountAndNameWithinAWeek(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		enters := func(name string, amount money.Minor, on time.Time) models.Donation {
			g := aCheck(t)
			g.DonorName, g.Amount, g.ReceivedOn, g.DatedOn = name, amount, on, nil
			return enter(t, s, g)
		}
		first := enters("a  READER", 1000000, day(2026, 11, 6))
		last := enters("A Reader", 1000000, day(2026, 11, 20))
		enters("A Reader", 1000000, day(2026, 11, 5))
		enters("A Reader", 1000000, day(2026, 11, 21))
		enters("A Reader", 999999, day(2026, 11, 13))
		enters("B Reader", 1000000, day(2026, 11, 13))
		wrong := enters("A Reader", 1000000, day(2026, 11, 13))
		if err := s.ReverseOffline(t.Context(), wrong.ID, "wrong", "staff@example.org"); err != nil {
			t.Fatal(err)
		}
		g := aCheck(t)
		g.ReceivedOn = day(2026, 11, 13)
		doubles, err := s.LikelyDoubles(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		want := []models.Double{
			{DonationID: first.ID, Reference: first.Reference, DonorName: "a  READER", Amount: 1000000, ReceivedAt: first.ReceivedAt.UTC(), Offline: true},
			{DonationID: last.ID, Reference: last.Reference, DonorName: "A Reader", Amount: 1000000, ReceivedAt: last.ReceivedAt.UTC(), Offline: true},
		}
		if diff := cmp.Diff([][]models.Double{want}, doubles); diff != "" {
			t.Errorf("doubles (−want +got):\n%s", diff)
		}
	})
}
