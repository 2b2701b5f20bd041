package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// givesOn has a donor pay so much through Stripe at a moment, and whatever
// happens to the gift happen.
func givesOn(t *testing.T, s *models.Store, email string, minor money.Minor, at time.Time, then ...models.Fact) models.Donation {
	t.Helper()
	d, err := s.StartDonation(t.Context(), "", 0, models.Choices{Frequency: models.Once, Amount: minor, Tribute: models.NoTribute})
	if err != nil {
		t.Fatal(err)
	}
	paid := charged(d, "ch_"+d.ID, email)
	paid.At = at
	for _, f := range append([]models.Fact{paid}, then...) {
		f.Gift.Token, f.Gift.Charge = d.Token, "ch_"+d.ID
		if f.Kind == models.ChargeUndone {
			f.Key, f.Object = "ch_"+d.ID+":failure", "ch_"+d.ID
		}
		if got := book(t, s, f); got.State != models.EventBooked {
			t.Fatalf("%s is %s: %s", f.Key, got.State, got.Problem)
		}
	}
	return d
}

// movedBy are the movements of one dispute.
func movedBy(name string, moves ...money.Minor) []models.Fact {
	all := make([]models.Fact, 0, len(moves))
	for i, minor := range moves {
		moved := happens(fmt.Sprintf("txn_%s%d:dispute", name, i), models.DisputeMoved, minor)
		moved.Object = "dp_" + name
		all = append(all, moved)
	}
	return all
}

// yearOfFates books a year in which gifts meet every fate, and the last moment
// of it and the first of the next. What stands of 2026 is, in dollars:
// A 50, B 60, D 30, F 100, G 10, H 15, I 18,100.
func yearOfFates(t *testing.T, s *models.Store) (lastMoment time.Time) {
	t.Helper()
	lastMoment = time.Date(2026, 12, 31, 23, 59, 59, 0, pacific(t))
	summer := time.Date(2026, 7, 4, 12, 0, 0, 0, pacific(t))
	late := happens("re_B:refund", models.RefundMade, 4000)
	late.At = lastMoment.AddDate(0, 0, 20)
	givesOn(t, s, "a@example.org", 5000, lastMoment)
	givesOn(t, s, "a@example.org", 2000, lastMoment.Add(time.Second))
	givesOn(t, s, "b@example.org", 10000, summer, late)
	givesOn(t, s, "c@example.org", 10000, summer, happens("re_C:refund", models.RefundMade, 10000))
	givesOn(t, s, "d@example.org", 10000, summer, movedBy("D", 10000)...)
	givesOn(t, s, "d@example.org", 3000, summer)
	givesOn(t, s, "e@example.org", 10000, summer, append(movedBy("E", 10000), happens("dp_E:lost", models.DisputeLost, 0))...)
	givesOn(t, s, "f@example.org", 10000, summer, movedBy("F", 10000, -10000)...)
	givesOn(t, s, "g@example.org", 10000, summer, append(movedBy("G", 10000), happens("re_G:refund", models.RefundMade, 10000))...)
	givesOn(t, s, "g@example.org", 1000, summer)
	givesOn(t, s, "", 1500, summer)
	givesOn(t, s, "j@example.org", 7500, summer, happens("", models.ChargeUndone, 7500))
	for method, amount := range map[models.OfflineMethod]money.Minor{models.Check: 1000000, models.DAF: 500000, models.QCD: 10000, models.Stock: 300000} {
		g := aCheck(t)
		g.Method, g.Amount, g.DonorEmail = method, amount, "i@example.org"
		enter(t, s, g)
	}
	wrong := aCheck(t)
	wrong.Amount, wrong.DonorEmail = 777, "i@example.org"
	if err := s.ReverseOffline(t.Context(), enter(t, s, wrong).ID, "never came", "staff@example.org"); err != nil {
		t.Fatal(err)
	}
	return lastMoment
}

// donorNamed finds a donor by the gift that a token is of.
func donorNamed(t *testing.T, s *models.Store, d models.Donation) string {
	t.Helper()
	found, err := s.FindDonation(t.Context(), d.Token)
	if err != nil || found.DonorID == nil {
		t.Fatalf("%+v, %v", found, err)
	}
	return *found.DonorID
}

func TestAYearListsEachGiftAndWhatStandsOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		spring := time.Date(2026, 4, 15, 9, 0, 0, 0, pacific(t))
		whole := givesOn(t, s, "reader@example.org", 5000, spring)
		part := givesOn(t, s, "reader@example.org", 10000, spring.AddDate(0, 1, 0), happens("re_1:refund", models.RefundMade, 4000))
		gone := givesOn(t, s, "reader@example.org", 3000, spring.AddDate(0, 2, 0), movedBy("1", 3000)...)
		lost := givesOn(t, s, "reader@example.org", 2500, spring.AddDate(0, 3, 0), append(movedBy("2", 2500), happens("re_2:refund", models.RefundMade, 2500))...)
		givesOn(t, s, "other@example.org", 9900, spring)
		fund := aCheck(t)
		fund.Method = models.DAF
		given := enter(t, s, fund)

		want := models.YearSummary{
			Year: 2026, Name: "A Reader", Stands: 5000 + 6000 + 1000000, Summed: 5000 + 6000,
			Gifts: []models.YearGift{
				{DonationID: whole.ID, Reference: whole.Reference, ReceivedAt: spring, Frequency: models.Once, Amount: 5000},
				{DonationID: part.ID, Reference: part.Reference, ReceivedAt: spring.AddDate(0, 1, 0), Frequency: models.Once, Amount: 10000, Refunded: 4000},
				{DonationID: gone.ID, Reference: gone.Reference, ReceivedAt: spring.AddDate(0, 2, 0), Frequency: models.Once, Amount: 3000, Disputed: 3000},
				{DonationID: lost.ID, Reference: lost.Reference, ReceivedAt: spring.AddDate(0, 3, 0), Frequency: models.Once, Amount: 2500, Refunded: 2500, Disputed: 2500},
				{DonationID: given.ID, Reference: given.Reference, ReceivedAt: *given.ReceivedAt, Frequency: models.Once, Amount: 1000000, Method: models.DAF, Entered: "1042"},
			},
		}
		got, err := s.YearOf(t.Context(), donorNamed(t, s, whole), 2026, pacific(t))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(models.YearSummary{}, "Donor"), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("the year (−want +got):\n%s", diff)
		}
		if got.Donor.Email == nil || *got.Donor.Email != "reader@example.org" {
			t.Errorf("the donor is %+v", got.Donor)
		}
		if _, err := s.IssueReceipts(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		if got, err = s.YearOf(t.Context(), got.Donor.ID, 2026, pacific(t)); err != nil {
			t.Fatal(err)
		}
		for _, g := range got.Gifts {
			if all, err := s.ReceiptsOf(t.Context(), g.DonationID); err != nil || len(all) == 0 || g.Receipt != all[len(all)-1].Number {
				t.Errorf("the gift of %s has the receipt %d of %+v, %v", g.Amount, g.Receipt, all, err)
			}
		}
		if before, err := s.YearOf(t.Context(), got.Donor.ID, 2025, pacific(t)); err != nil || len(before.Gifts) > 0 || before.Stands != 0 {
			t.Errorf("the year before: %+v, %v", before, err)
		}
		if _, err := s.YearOf(t.Context(), "donor_unknown", 2026, pacific(t)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a donor that nobody is: %v", err)
		}
	})
}

func TestAYearSumsWhatTheDonorWasGivenInReturn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		magazine := choices
		magazine.Amount, magazine.Benefit, magazine.BenefitValue = 5000, "A year of the magazine", 3600
		var last models.Donation
		for charge, refund := range map[string]money.Minor{"ch_1": 0, "ch_2": 4000, "ch_3": 5000} {
			d, err := s.StartDonation(t.Context(), "", 0, magazine)
			if err != nil {
				t.Fatal(err)
			}
			book(t, s, charged(d, charge, "reader@example.org"))
			if refund > 0 {
				back := of(d, "re_of_"+charge+":refund", models.RefundMade, refund)
				back.Gift.Charge = charge
				book(t, s, back)
			}
			last = d
		}
		year, err := s.YearOf(t.Context(), donorNamed(t, s, last), 2026, pacific(t))
		if err != nil || year.Summed != 5000+1000 || year.Benefits != 3600+1000 {
			t.Errorf("of %s that stand, %s came back as the magazine; %v", year.Summed, year.Benefits, err)
		}
		for _, g := range year.Gifts {
			if g.Benefit != "A year of the magazine" || g.BenefitValue != 3600 {
				t.Errorf("the gift says %q, worth %s", g.Benefit, g.BenefitValue)
			}
		}
	})
}

func TestTheYearEndsAtMidnightOfTheCampaignsZone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		last := time.Date(2026, 12, 31, 23, 59, 59, 0, pacific(t))
		d := givesOn(t, s, "reader@example.org", 100, last)
		givesOn(t, s, "reader@example.org", 20, last.Add(time.Second))
		for year, want := range map[int]money.Minor{2025: 0, 2026: 100, 2027: 20} {
			got, err := s.YearOf(t.Context(), donorNamed(t, s, d), year, pacific(t))
			if err != nil || got.Stands != want {
				t.Errorf("%d: %v, not %v; %v", year, got.Stands, want, err)
			}
		}
		if models.YearEnded(2026, pacific(t), last.Add(999*time.Millisecond)) || !models.YearEnded(2026, pacific(t), last.Add(time.Second)) {
			t.Error("the year has ended before midnight, or not at it")
		}
	})
}
