//go:build !race

package webhooks_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// The stories in testdata/mails say what is mailed beside receipts. Each is told
// in every order there is, half of them with every event doubled, and what waits
// is looked up at once in half of them: the rows of the outbox are the same.

// telling is what stands in the outbox for this: kind, key and state. Two people
// are told of gifts of $1,250.50 and more.
var noticed = models.Notices{To: []string{"editor@example.org", "Development@Example.org"}, From: 125050}

// mostOrders bounds how often a story is told.
const mostOrders = 24

func TestWhatIsMailedIsTheSameForEveryOrderOfEvents(t *testing.T) {
	t.Parallel()
	for _, s := range mailStories(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			store := storetest.OpenWith(t, models.Options{URL: storetest.InMemory(t), Slug: slug, Now: clock.Now, Notices: noticed})
			r := newRound(t, store, clock)
			for i := range factorial(len(s.events)) {
				order := nthOrder(len(s.events), i)
				if i%2 == 1 {
					order = doubled(order, rand.New(rand.NewPCG(7, uint64(i))))
				}
				r.tell(s.marked(), order, i/2%2 == 0)
			}
			if len(r.told) > mostOrders {
				t.Fatalf("told %d times: a story of so many events takes too long", len(r.told))
			}
			r.checkMail(*update)
		})
	}
}

func TestWhatIsMailedIsTheSameOnPostgreSQL(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	store := storetest.OpenWith(t, models.Options{URL: storetest.Databases()["PostgreSQL"](t), Slug: slug, Now: clock.Now, Notices: noticed})
	r := newRound(t, store, clock)
	for i, s := range mailStories(t) {
		random := rand.New(rand.NewPCG(0, uint64(i)))
		r.tell(s.marked(), doubled(random.Perm(len(s.events)), random), i%2 == 0)
	}
	r.checkMail(false)
}

func mailStories(t *testing.T) []story {
	t.Helper()
	paths, err := filepath.Glob("testdata/mails/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	all := make([]story, 0, len(paths))
	for _, path := range paths {
		all = append(all, readStory(t, path))
	}
	return all
}

// checkMail compares what the outbox holds for each gift with its story.
func (r *round) checkMail(write bool) {
	r.t.Helper()
	rows := r.outbox()
	for i, told := range r.told {
		d, err := r.store.FindDonation(r.t.Context(), told.token)
		if err != nil {
			r.t.Fatal(err)
		}
		words := strings.NewReplacer(told.mark, "", d.Reference, "GIFT")
		var own []string
		for _, row := range rows {
			if strings.Contains(row, told.mark) || strings.Contains(row, d.Reference) {
				own = append(own, words.Replace(row))
			}
		}
		slices.Sort(own)
		got := strings.Join(own, "")
		if write {
			told.write(r.t, got)
			told.golden = got
		}
		if diff := cmp.Diff(told.golden, got); diff != "" {
			r.t.Errorf("%s, told %s: the outbox (−golden +got):\n%s", told.name, r.notes[i], diff)
		}
	}
}

// outbox are all mails but receipts, a line each.
func (r *round) outbox() []string {
	r.t.Helper()
	var rows []string
	for _, state := range []models.MailState{models.MailIsQueued, models.MailIsHeld, models.MailIsDropped} {
		mails, err := r.store.ListMail(r.t.Context(), state, 10_000)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, m := range mails {
			if m.Kind != models.MailReceipt {
				rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.Key, state, m.Problem))+"\n")
			}
		}
	}
	return rows
}
