package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// figuresKept are all that is kept beside facts and journal, as its readers have it.
type figuresKept struct {
	Totals   models.Totals
	Progress models.Progress
	Overview models.Overview
	Gifts    []models.Donation
	Digest   string
}

func kept(t *testing.T, s *models.Store) (k figuresKept) {
	t.Helper()
	var err error
	ok := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	k.Totals, k.Overview = totals(t, s), overview(t, s, models.Period{}, models.Filter{})
	k.Progress, err = s.Progress(t.Context())
	ok()
	k.Progress.UpdatedAt = time.Time{} // a correction is a change
	k.Digest, err = s.Digest(t.Context())
	ok()
	page, err := s.ListGifts(t.Context(), models.GiftQuery{}, 500)
	ok()
	for _, g := range page.Gifts {
		k.Gifts = append(k.Gifts, g.Donation)
	}
	return k
}

func rebuild(t *testing.T, s *models.Store) models.Rebuilt {
	t.Helper()
	r, err := s.RebuildFigures(t.Context(), models.Operator, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// damages are done to each thing that is kept beside facts and journal; rule is
// what Verify then says does not hold.
var damages = []struct{ how, rule, rebuilt string }{
	{"UPDATE donations SET captured = captured + 7 WHERE id = (SELECT MIN(id) FROM donations)", "I8", "1 gift"},
	{"UPDATE donations SET refunded = 1, disputed = 2, fee_taken = 3 WHERE counted", "I8", " gifts"},
	{"UPDATE donations SET pending = 5", "I8", " gifts"},
	{"UPDATE donations SET counted = NOT counted", "I8", "26 gifts"},
	{"UPDATE donations SET status = 'expired'", "I8", "26 gifts"},
	{"UPDATE donations SET received_at = NULL, refunded_at = '2026-10-10 00:00:00+00:00'", "I8", "26 gifts"},
	{"UPDATE donations SET refunds_open = 3, refunding = 4, disputes_open = 5, contested = 6", "I8", "26 gifts"},
	{"UPDATE donors SET gifts = gifts + 1", "I8", "25 donors"},
	{"DELETE FROM progress_changes", "I13", "the public figures"},
	{"UPDATE progress_changes SET gross = gross + 1, pending = 9, donors = donors - 2 WHERE id = (SELECT MIN(id) FROM progress_changes)", "I13", "the public figures"},
	{"DELETE FROM day_figures; DELETE FROM day_changes", "I20", "figures of days"},
	{"DELETE FROM day_amounts", "I20", "figures of days"},
	{"UPDATE day_figures SET fees = fees + 1, channel = 'utm/x/y'", "I20", "figures of days"},
	{"INSERT INTO day_amounts VALUES ('2026-10-21', 777, 1)", "I20", "1 figure of a day"},
}

func TestEveryFigureThatIsKeptIsPutRightFromTheFactsAndTheJournal(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		season(t, s)
		if r := rebuild(t, s); !r.Nothing() {
			t.Fatalf("of sound books %s was put right: %+v", r, r.Found)
		}
		want := kept(t, s)
		for _, d := range damages {
			if err := tamper(strings.Split(d.how, "; ")...); err != nil {
				t.Fatalf("%s: %v", d.how, err)
			}
			if !caught(t, s, d.rule) {
				t.Errorf("%s: %s still holds", d.how, d.rule)
			}
			r := rebuild(t, s)
			if !strings.Contains(r.String(), d.rebuilt) || len(r.Found) == 0 {
				t.Errorf("%s: put right was %s: %+v", d.how, r, r.Found)
			}
			sound(t, s)
			if diff := cmp.Diff(want, kept(t, s)); diff != "" {
				t.Errorf("%s: put right is not as it was (−before +after):\n%s", d.how, diff)
			}
		}
		if r := rebuild(t, s); !r.Nothing() {
			t.Errorf("a second time there is something: %+v", r)
		}
		acts, err := s.ListAudit(t.Context(), models.AuditQuery{Act: models.FiguresRebuilt}, 500)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]int{}
		for _, a := range acts {
			said[a.Object]++
			if a.After == "nothing differed" {
				said[a.After]++
			}
		}
		if said["sums"] != len(damages)+2 || said["nothing differed"] != 2 || said["gifts"] == 0 || said["donors"] == 0 {
			t.Errorf("the log has %v", said)
		}
	})
}

func TestFiguresArePutRightWhileGiftsAreBooked(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			s := storetest.Open(t, url, &storetest.Clock{})
			season(t, s)
			service := storetest.OpenWith(t, models.Options{URL: url, Slug: "corruption-project", Now: (&storetest.Clock{}).Now, Random: storetest.Random(2)})
			tamper := tamperer(t, url)
			enough, booking := make(chan struct{}), sync.WaitGroup{}
			for clerk := range 2 {
				booking.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-enough:
							return
						default:
							gift(t, service, models.Choices{Frequency: models.Once, Amount: 1000}, "visa", storetest.Start,
								later(fmt.Sprintf("re_%d_%d:refund", clerk, i), models.RefundMade, 1000, storetest.Start.Add(time.Hour)))
						}
					}
				})
			}
			for _, wrong := range []string{"UPDATE donors SET gifts = 5", "DELETE FROM progress_changes", "DELETE FROM day_changes"} {
				if err := tamper(wrong); err != nil {
					t.Fatal(err)
				}
				rebuild(t, s)
			}
			close(enough)
			booking.Wait()
			sound(t, s)
		})
	}
}

func TestARebuildThatIsBrokenOffIsDoneAgain(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		season(t, s)
		want := kept(t, s)
		for _, d := range damages {
			if err := tamper(strings.Split(d.how, "; ")...); err != nil {
				t.Fatal(err)
			}
		}
		ctx, breakOff := context.WithCancel(t.Context())
		_, err := s.RebuildFigures(ctx, models.Operator, func(gift, all int64) {
			if gift == all/2 {
				breakOff()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("it was broken off with %v", err)
		}
		rebuild(t, s)
		sound(t, s)
		if diff := cmp.Diff(want, kept(t, s)); diff != "" {
			t.Errorf("put right is not as it was (−before +after):\n%s", diff)
		}
	})
}
