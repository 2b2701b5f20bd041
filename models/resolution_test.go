package models_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const ada models.Actor = "ada@example.org"

func mustResolve(t *testing.T, s *models.Store, kind models.FindingKind, object string) {
	t.Helper()
	if err := s.Resolve(t.Context(), ada, kind, object, "", "It is settled by mail."); err != nil {
		t.Fatal(err)
	}
}

// poisoned keeps an event that can't be booked.
func poisoned(t *testing.T, s *models.Store, id, problem string) {
	t.Helper()
	e := models.Event{ID: id, Type: "charge.succeeded", ObjectID: "ch_1", Created: s.Now(), Raw: []byte("{}")}
	if _, _, err := s.Receive(t.Context(), e, models.Reading{State: models.EventAttention, Problem: problem}); err != nil {
		t.Fatal(err)
	}
}

// openNow are the ids of the events that are on the list.
func openNow(t *testing.T, s *models.Store) []string {
	t.Helper()
	events, err := s.OpenEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

func needAttention(t *testing.T, s *models.Store) int64 {
	t.Helper()
	totals, err := s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return totals.NeedsAttention
}

func TestAResolvedEventIsOffTheListUntilItIsReplayedAndHidesNoOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		poisoned(t, s, "evt_1", "it can't be read")
		before, err := s.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range []string{"", " \n", strings.Repeat("x", models.MostOfNote+1)} {
			if err := s.Resolve(t.Context(), ada, "", "evt_1", "", note); !errors.Is(err, models.ErrNoNote) {
				t.Errorf("a note of %d: %v", len(note), err)
			}
		}
		if err := s.Resolve(t.Context(), ada, "", "evt_1", "0.00 it reads otherwise", "why"); !errors.Is(err, models.ErrExists) {
			t.Errorf("what was not seen: %v", err)
		}
		mustResolve(t, s, "", "evt_1")
		if err := s.Resolve(t.Context(), ada, "", "evt_1", "", "again"); !errors.Is(err, models.ErrExists) {
			t.Errorf("again: %v", err)
		}
		if err := s.Resolve(t.Context(), ada, "", "evt_2", "", "why"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("what never came: %v", err)
		}
		if got := openNow(t, s); len(got) > 0 || needAttention(t, s) != 0 {
			t.Errorf("open are %v", got)
		}
		after, err := s.Totals(t.Context())
		before.NeedsAttention = 0
		if diff := cmp.Diff(before, after); err != nil || diff != "" {
			t.Errorf("the figures changed (−before +after): %s%v", diff, err)
		}
		// Stripe sends it again, and then another one with the same trouble.
		poisoned(t, s, "evt_1", "it can't be read")
		poisoned(t, s, "evt_2", "it can't be read")
		if diff := cmp.Diff([]string{"evt_2"}, openNow(t, s)); diff != "" {
			t.Errorf("(−want +got):\n%s", diff)
		}
		clock.Advance(time.Minute)
		if err := s.Replay(t.Context(), ada, "evt_1"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"evt_1", "evt_2"}, openNow(t, s)); diff != "" {
			t.Errorf("after a replay (−want +got):\n%s", diff)
		}
		all, err := s.ListResolutions(t.Context(), "", 10)
		if err != nil || len(all) != 1 || all[0].State != models.MatterOpen || all[0].Note != "It is settled by mail." || all[0].Who != ada {
			t.Errorf("kept are %+v, %v", all, err)
		}
		acts, err := s.ListAudit(t.Context(), models.AuditQuery{}, 10)
		if err != nil || len(acts) != 2 || acts[1].Act != models.EventResolvedBy || acts[1].Object != "evt_1" || acts[1].Who != ada {
			t.Errorf("the log has %+v, %v", acts, err)
		}
		sound(t, s)
	})
}

func TestAnEventThatIsTriedAgainIsResolvedOnlyOnceItHasFailedForLong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		e := models.Event{ID: "evt_1", Type: "charge.succeeded", Created: s.Now(), Raw: []byte("{}")}
		if _, _, err := s.Receive(t.Context(), e, models.Reading{State: models.EventWaiting, Problem: "Stripe does not answer"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Resolve(t.Context(), ada, "", "evt_1", "", "why"); !errors.Is(err, models.ErrExists) {
			t.Errorf("at once: %v", err)
		}
		clock.Advance(15 * time.Minute)
		mustResolve(t, s, "", "evt_1")
		if due, err := s.ClaimDue(t.Context(), 10); err != nil || len(due) > 0 {
			t.Errorf("due are %v, %v", due, err)
		}
	})
}

func TestAResolvedEventIsTriedAgainOnceWhatItWaitedForComes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		refund := refundOf(d, "re_1", "ch_1", 100)
		refund.Gift.Token, refund.Gift.Campaign, refund.Gift.Final = "", "", false
		e := models.Event{ID: "evt_1", Type: "refund.created", ObjectID: "re_1", Created: s.Now(), Raw: []byte("{}")}
		if _, _, err := s.Receive(t.Context(), e, models.Reading{Facts: []models.Fact{refund}}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
		mustResolve(t, s, "", "evt_1")
		book(t, s, charged(d, "ch_1", "evt_2"))
		if diff := cmp.Diff([]string{"evt_1"}, openNow(t, s)); diff != "" {
			t.Errorf("(−want +got):\n%s", diff)
		}
	})
}

// syncFinds has a sync find just these.
func syncFinds(t *testing.T, s *models.Store, clock *storetest.Clock, found ...models.Finding) []models.Finding {
	t.Helper()
	clock.Advance(5 * time.Minute)
	open, err := s.NameDifferences(t.Context(), clock.Now(), found)
	if err != nil {
		t.Fatal(err)
	}
	return open
}

func TestAResolvedFindingIsOpenAgainOnceItChangesOrComesAgain(t *testing.T) {
	t.Parallel()
	payout := models.Finding{Kind: models.FoundPayout, Object: "po_1", Amount: 100, Currency: "usd", Detail: "the payout is short"}
	balance := models.Finding{Kind: models.FoundBalance, Object: "balance", Amount: 100, Currency: "usd", Detail: "Stripe holds 5.00"}
	other := func(f models.Finding, amount money.Minor, detail string) *models.Finding {
		f.Amount, f.Detail = amount, detail
		return &f
	}
	cases := []struct {
		name  string
		first models.Finding
		then  []*models.Finding // what each sync after it finds
		open  bool
	}{
		{"as it was", payout, []*models.Finding{&payout, &payout}, false},
		{"its amount changed", payout, []*models.Finding{other(payout, 101, payout.Detail)}, true},
		{"its words changed", payout, []*models.Finding{other(payout, 100, "it has a stranger")}, true},
		{"it was gone between", payout, []*models.Finding{nil, &payout}, true},
		{"a balance that moved by as much as the books", balance, []*models.Finding{other(balance, 100, "Stripe holds 7.00")}, false},
		{"a balance that differs by more", balance, []*models.Finding{other(balance, 101, balance.Detail)}, true},
	}
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		for _, c := range cases {
			syncFinds(t, s, clock)
			syncFinds(t, s, clock, c.first)
			mustResolve(t, s, c.first.Kind, c.first.Object)
			var open []models.Finding
			for _, f := range c.then {
				if open = nil; f == nil {
					syncFinds(t, s, clock)
					continue
				}
				open = syncFinds(t, s, clock, *f)
			}
			// What is resolved stands all the same, and is counted.
			if len(open) != 1 || (open[0].ResolvedAt == nil) != c.open {
				t.Errorf("%s: it stands as %+v", c.name, open)
			}
			match := overview(t, s, models.Period{}, models.Filter{}).Match
			if match.Differences != 1 || match.Amount != c.then[len(c.then)-1].Amount || (match.Resolved == 0) != c.open {
				t.Errorf("%s: the overview has %+v", c.name, match)
			}
		}
		// A finding of another thing is not hidden by any of them.
		syncFinds(t, s, clock, payout)
		mustResolve(t, s, payout.Kind, payout.Object)
		second := payout
		second.Object = "po_2"
		open := syncFinds(t, s, clock, payout, second)
		if len(open) != 2 || open[0].ResolvedAt == nil || open[1].ResolvedAt != nil {
			t.Errorf("two stand as %+v", open)
		}
		all, err := s.ListResolutions(t.Context(), "", 2)
		if err != nil || len(all) != 2 || all[0].State != models.MatterResolved || all[1].State != models.MatterGone {
			t.Errorf("kept are %+v, %v", all, err)
		}
		if older, err := s.ListResolutions(t.Context(), all[1].ID, 10); err != nil || len(older) != len(cases)-1 {
			t.Errorf("before them are %d, %v", len(older), err)
		}
		sound(t, s)
	})
}

func TestAnotherWarningOfFraudOpensTheFirstAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		d := start(t, s)
		book(t, s, charged(d, "ch_1", ""))
		warned := func(key string) {
			f := later(key, models.FraudWarned, 0, clock.Now())
			f.Object, f.Gift = "ch_1", models.GiftRef{Campaign: "corruption-project", Token: d.Token, Charge: "ch_1"}
			book(t, s, f)
		}
		warned("issfr_1:warning")
		syncFinds(t, s, clock)
		mustResolve(t, s, models.FoundWarning, "ch_1")
		warned("issfr_1:warning")
		if open := syncFinds(t, s, clock); len(open) != 1 || open[0].ResolvedAt == nil {
			t.Errorf("the same warning: %+v", open)
		}
		warned("issfr_2:warning")
		if open := syncFinds(t, s, clock); len(open) != 1 || open[0].ResolvedAt != nil {
			t.Errorf("another warning: %+v", open)
		}
	})
}

func TestTwoWhoResolveTheSameAtOnceAreToldApart(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, at := &storetest.Clock{}, address(t)
			first, second := storetest.Open(t, at, clock), storetest.Open(t, at, clock)
			poisoned(t, first, "evt_1", "it can't be read")
			var done sync.WaitGroup
			errs := make([]error, 2)
			for i, s := range []*models.Store{first, second} {
				done.Go(func() { errs[i] = s.Resolve(t.Context(), ada, "", "evt_1", "", "why") })
			}
			done.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), models.ErrExists) {
				t.Errorf("they were told %v", errs)
			}
			if all, err := first.ListResolutions(t.Context(), "", 10); err != nil || len(all) != 1 {
				t.Errorf("kept are %+v, %v", all, err)
			}
		})
	}
}
