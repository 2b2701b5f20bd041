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

func opened(t *testing.T, s *models.Store, id string) (models.PayoutSum, []models.PayoutLine) {
	t.Helper()
	p, lines, err := s.FindPayout(t.Context(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	return p, lines
}

func TestAPayoutIsTheSumOfItsParts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		d := storetest.PaidOut(t, s, 0)
		p, lines := opened(t, s, "po_1")
		want := map[models.PayoutPart]models.PartSum{
			models.GiftsPart: {Lines: 1, Amount: 50_00, Fee: 1_75}, models.RefundsPart: {Lines: 1, Amount: -20_00}, models.OtherPart: {Lines: 1, Amount: 45_00, Fee: 1_61},
		}
		if diff := cmp.Diff(want, p.Parts); diff != "" || !p.AddsUp() || p.Matched() != 71_64 || p.Unexplained() != 0 {
			t.Errorf("matched %s, unexplained %s, parts (−want +got):\n%s", p.Matched(), p.Unexplained(), diff)
		}
		said := map[string]string{}
		for _, l := range lines {
			said[l.ID] = string(l.Part) + " " + l.DonorName + " " + l.Method
			if l.DonationID != "" && l.DonationID != d.ID {
				t.Errorf("%s is of the gift %s", l.ID, l.DonationID)
			}
		}
		of := map[string]string{"txn_gift": "gifts Ruth Castillo visa", "txn_refund": "refunds Ruth Castillo ", "txn_ticket": "other  "}
		if diff := cmp.Diff(of, said); diff != "" {
			t.Errorf("lines (−want +got):\n%s", diff)
		}
		sound(t, s)
	})
}

func TestALineThatNothingExplainsIsTheDifference(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		storetest.PaidOut(t, s, 12_34)
		p, lines := opened(t, s, "po_1")
		if p.AddsUp() || p.Unexplained() != 12_34 || p.Unlisted() != 0 || p.Markable() {
			t.Errorf("unexplained %s, in no line %s", p.Unexplained(), p.Unlisted())
		}
		if lines[0].ID != "txn_unknown" || lines[0].Part != models.UnmatchedPart {
			t.Errorf("the lines are %+v", lines)
		}
		sum, err := s.SumPayouts(t.Context(), models.PayoutFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if sum.Paid != 1 || sum.Amount != 83_98 || len(sum.Differs) != 1 || sum.Differs[0].ID != "po_1" {
			t.Errorf("of all payouts: %+v", sum)
		}
		if err := s.MarkPayout(t.Context(), "ada@example.org", "po_1"); !errors.Is(err, models.ErrNotSettled) {
			t.Errorf("marking it says %v", err)
		}
	})
}

func TestAPayoutIsMarkedOnceAndTheMarkIsWrittenDown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		storetest.PaidOut(t, s, 0)
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() { errs[i] = s.MarkPayout(t.Context(), "ada@example.org", "po_1") })
		}
		wait.Wait()
		marked := 0
		for _, err := range errs {
			switch {
			case err == nil:
				marked++
			case !errors.Is(err, models.ErrExists):
				t.Error(err)
			}
		}
		p, _ := opened(t, s, "po_1")
		if marked != 1 || p.MarkedBy != "ada@example.org" || p.MarkedAt == nil || !p.MarkedAt.Equal(clock.Now()) {
			t.Errorf("%d marked it; it is marked by %q at %v", marked, p.MarkedBy, p.MarkedAt)
		}
		for _, want := range []error{nil, models.ErrNotFound} {
			if err := s.UnmarkPayout(t.Context(), "max@example.org", "po_1"); !errors.Is(err, want) {
				t.Errorf("taking the mark back says %v, want %v", err, want)
			}
		}
		log, err := s.ListAudit(t.Context(), models.AuditQuery{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var acts []string
		for _, e := range log {
			acts = append(acts, string(e.Who)+" "+string(e.Act)+" "+e.Object+" "+e.Before+" → "+e.After)
		}
		want := []string{
			"max@example.org payout.reconciliation_undone po_1 reconciled by ada@example.org → ", "ada@example.org payout.reconciled po_1  → reconciled",
		}
		if diff := cmp.Diff(want, acts); diff != "" {
			t.Errorf("the log (−want +got):\n%s", diff)
		}
		if err := s.MarkPayout(t.Context(), "ada@example.org", "po_none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of no payout it says %v", err)
		}
	})
}

func TestPayoutsAreListedByTheDayTheyArrive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
		for id, arrives := range map[string]int{"po_a": 20, "po_b": 21, "po_c": 21, "po_d": 23} {
			p := models.Payout{ID: id, Amount: 100, Currency: "usd", Status: "in_transit", ArrivalOn: day(arrives), CreatedAt: day(arrives - 1)}
			if _, err := s.Learn(t.Context(), models.Object{ID: id, Raw: []byte(id), Reading: models.Reading{Payout: &p}}); err != nil {
				t.Fatal(err)
			}
		}
		first, last := day(21), day(23)
		for name, c := range map[string]struct {
			filter models.PayoutFilter
			want   []string
		}{
			"all":           {models.PayoutFilter{}, []string{"po_d", "po_c", "po_b", "po_a"}},
			"after two":     {models.PayoutFilter{Before: "po_c", Most: 1}, []string{"po_b"}},
			"some days":     {models.PayoutFilter{Days: models.Period{From: first, To: last}}, []string{"po_d", "po_c", "po_b"}},
			"one day":       {models.PayoutFilter{Days: models.Period{From: first, To: first}}, []string{"po_c", "po_b"}},
			"after the end": {models.PayoutFilter{Before: "po_a"}, nil},
		} {
			found, err := s.ListPayouts(t.Context(), c.filter)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range found {
				ids = append(ids, p.ID)
				if p.Opened() || p.Unexplained() != money.Minor(0) || p.Markable() {
					t.Errorf("%s is not opened yet, and says %+v", p.ID, p)
				}
			}
			if diff := cmp.Diff(c.want, ids); diff != "" {
				t.Errorf("%s (−want +got):\n%s", name, diff)
			}
		}
	})
}

// The day on which one arrives is its UTC midnight, and would be the day before
// in the zone of a machine west of Greenwich.
func TestMomentsOfPostgreSQLAreInUTC(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Databases()["PostgreSQL"](t), &storetest.Clock{})
	p := models.Payout{ID: "po_1", Amount: 100, Currency: "usd", Status: "paid", ArrivalOn: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), CreatedAt: storetest.Start}
	if _, err := s.Learn(t.Context(), models.Object{ID: p.ID, Raw: []byte(p.ID), Reading: models.Reading{Payout: &p}}); err != nil {
		t.Fatal(err)
	}
	found, err := s.ListPayouts(t.Context(), models.PayoutFilter{})
	if err != nil || len(found) != 1 || found[0].ArrivalOn.Location() != time.UTC {
		t.Errorf("%v, %v", found, err)
	}
}
