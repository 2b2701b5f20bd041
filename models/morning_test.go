package models_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// zoned opens books whose days are those of Los Angeles. The clock stands at noon
// there.
func zoned(t *testing.T, address string, clock *storetest.Clock, notices models.Notices) *models.Store {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return storetest.OpenWith(t, models.Options{URL: address, Slug: "corruption-project", Now: clock.Now, Zone: zone, Notices: notices})
}

func employ(t *testing.T, s *models.Store, email string, role models.Role, hash string) {
	t.Helper()
	if _, err := s.AddStaff(t.Context(), models.Operator, email, role, hash); err != nil {
		t.Fatal(err)
	}
}

// mornings are the mails of mornings that wait: their days, and to whom they go.
func mornings(t *testing.T, s *models.Store) map[string][]string {
	t.Helper()
	if err := s.QueueMorning(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := map[string][]string{}
	for _, m := range storetest.Queued(t, s, models.MailMorning) {
		part := strings.Split(m.Key, ":")
		if len(part) != 3 || part[0] != "morning" || strings.Contains(m.Key, "@") {
			t.Errorf("the key is %s", m.Key)
		}
		to[part[1]] = append(to[part[1]], m.To)
		slices.Sort(to[part[1]])
	}
	return to
}

func TestFinanceIsToldOnceADayFromSevenOnIfSomethingWaits(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, at := &storetest.Clock{}, address(t)
			s := zoned(t, at, clock, models.Notices{To: []string{"editor@example.org"}, From: 100})
			for email, role := range map[string]models.Role{"ada@example.org": models.Finance, "root@example.org": models.Admin, "view@example.org": models.Viewer, "gone@example.org": models.Finance} {
				employ(t, s, email, role, "a hash")
			}
			employ(t, s, "invited@example.org", models.Finance, "")
			if err := s.DisableStaff(t.Context(), models.Operator, "gone@example.org"); err != nil {
				t.Fatal(err)
			}
			want := map[string][]string{}
			is := func(when string) {
				t.Helper()
				if diff := cmp.Diff(want, mornings(t, s)); diff != "" {
					t.Errorf("%s (−want +got):\n%s", when, diff)
				}
			}
			poisoned(t, s, "evt_1", "it can't be read")
			is("on the day on which the books were made")
			clock.Advance(18*time.Hour + 59*time.Minute)
			is("a minute before seven")
			clock.Advance(time.Minute)
			want["2026-11-25"] = []string{"ada@example.org", "root@example.org"}
			is("at seven")
			clock.Advance(10 * time.Hour)
			s = zoned(t, at, clock, models.Notices{})
			employ(t, s, "late@example.org", models.Finance, "a hash")
			poisoned(t, s, "evt_2", "it can't be read")
			is("later that day, after a restart")

			mustResolve(t, s, "", "evt_1")
			mustResolve(t, s, "", "evt_2")
			clock.Advance(14 * time.Hour)
			is("the next morning, when nothing waits")
			poisoned(t, s, "evt_3", "it can't be read")
			clock.Advance(time.Hour)
			is("what comes up after that morning")
			clock.Advance(25 * time.Hour)
			want["2026-11-27"] = []string{"ada@example.org", "late@example.org", "root@example.org"}
			is("the morning after it, late")
		})
	}
}

func TestWhomTheCampaignNamesIsToldAndNobodyElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ named, told []string }{
		"two, one of them twice": {[]string{"desk@example.org", "Desk@example.org", "cfo@example.org"}, []string{"cfo@example.org", "desk@example.org"}},
		"nobody":                 {[]string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			s := zoned(t, storetest.InMemory(t), clock, models.Notices{Morning: c.named})
			employ(t, s, "ada@example.org", models.Finance, "a hash")
			poisoned(t, s, "evt_1", "it can't be read")
			clock.Advance(24 * time.Hour)
			if diff := cmp.Diff(c.told, mornings(t, s)["2026-11-25"]); diff != "" {
				t.Errorf("(−want +got):\n%s", diff)
			}
		})
	}
}

func TestTwoProcessesTellOneMorningOnce(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, at := &storetest.Clock{}, address(t)
			stores := []*models.Store{zoned(t, at, clock, models.Notices{}), zoned(t, at, clock, models.Notices{})}
			employ(t, stores[0], "ada@example.org", models.Finance, "a hash")
			poisoned(t, stores[0], "evt_1", "it can't be read")
			clock.Advance(24 * time.Hour)
			var done sync.WaitGroup
			errs := make([]error, 6)
			for i := range errs {
				done.Go(func() { errs[i] = stores[i%2].QueueMorning(t.Context()) })
			}
			done.Wait()
			for _, err := range errs {
				if err != nil {
					t.Error(err)
				}
			}
			if diff := cmp.Diff(map[string][]string{"2026-11-25": {"ada@example.org"}}, mornings(t, stores[1])); diff != "" {
				t.Errorf("(−want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatWaitsIsCountedByKindAndNotWhatIsResolved(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		if a, err := s.Attention(t.Context()); err != nil || a.Count() != 0 {
			t.Errorf("in empty books wait %+v, %v", a, err)
		}
		d := start(t, s)
		book(t, s, charged(d, "ch_1", ""), charged(d, "ch_2", ""))
		disputes(t, s, d, models.Dispute{ID: "dp_1", Status: "needs_response", Amount: 100, RespondBy: due(9)})
		disputes(t, s, d, models.Dispute{ID: "dp_2", Status: "under_review", Amount: 100, RespondBy: due(9)})
		slow := start(t, s)
		book(t, s, ofCharge(slow, "py_1", "pending", models.DebitPending, 0))
		poisoned(t, s, "evt_1", "it can't be read")
		clock.Advance(7*24*time.Hour + time.Minute)
		young := start(t, s)
		book(t, s, ofCharge(young, "py_2", "pending", models.DebitPending, 0))
		found := []models.Finding{
			{Kind: models.FoundPayout, Object: "po_1", Amount: -100, Currency: "usd", Detail: "short"},
			{Kind: models.FoundPayout, Object: "po_2", Amount: 100, Currency: "usd", Detail: "long"},
		}
		syncFinds(t, s, clock, found...)
		mustResolve(t, s, models.FoundPayout, "po_2")
		a, err := s.Attention(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{
			"events": a.Events, "twice": int64(a.Twice.Amount), "differ": a.Differs.Count, "by": int64(a.Differs.Amount), "debits": a.Debits.Count, "of": int64(a.Debits.Amount),
			"disputes": int64(len(a.Disputes)), "mails": a.Failed + a.Held, "all": a.Count(),
		}
		maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
		want := map[string]int64{"events": 1, "twice": 125050, "differ": 1, "by": 100, "debits": 1, "of": 125050, "disputes": 1, "all": 5}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(−want +got):\n%s", diff)
		}
	})
}
