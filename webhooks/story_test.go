package webhooks_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

var update = flag.Bool("update", false, "write the stories' golden ledgers anew")

// A story is a text file: a sentence, then Stripe's objects. The file names
// say what each is:
//
//	gift.json                   what a reader chose; its token is written TOKEN below
//	1.charge.succeeded.json     the object of the first event, and the event's type
//	2.charge.succeeded@2025-03-31.basil.json   likewise, in another API version
//	charges/ch_1.json           what Stripe's API answers when it is asked
//	ledger.golden               what the books must say in the end
type story struct {
	name   string
	gift   *models.Choices
	events []storyEvent
	held   map[string]string
	golden string
	path   string
}

type storyEvent struct {
	id, eventType, version string
	object                 string
}

func readStory(t *testing.T, path string) story {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := story{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), held: map[string]string{}, path: path}
	for _, f := range archive.Files {
		number, rest, numbered := strings.Cut(f.Name, ".")
		switch {
		case f.Name == "gift.json":
			s.gift = &models.Choices{}
			if err := json.Unmarshal(f.Data, s.gift); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		case f.Name == "ledger.golden":
			s.golden = string(f.Data)
		case strings.Contains(f.Name, "/"):
			s.held[strings.TrimSuffix(f.Name, ".json")] = string(f.Data)
		case numbered && number >= "1" && number <= "99":
			eventType, version, other := strings.Cut(strings.TrimSuffix(rest, ".json"), "@")
			if !other {
				version = stripeapi.Version
			}
			s.events = append(s.events, storyEvent{"evt_" + number, eventType, version, string(f.Data)})
		default:
			t.Fatalf("%s: what is %s?", path, f.Name)
		}
	}
	return s
}

// tell delivers a story's events in the given order and returns what the books
// say once nothing waits.
func (s story) tell(t *testing.T, store *models.Store, clock *storetest.Clock, order []int) string {
	t.Helper()
	e := newEntrance(t, store, store.Now)
	token := "none"
	if s.gift != nil {
		token = startGift(t, store, *s.gift).Token
	}
	for path, object := range s.held {
		e.stripe.put(path, strings.ReplaceAll(object, "TOKEN", token))
	}
	for _, i := range order {
		event := s.events[i]
		object := json.RawMessage(strings.ReplaceAll(event.object, "TOKEN", token))
		if got := e.deliver(eventJSON(t, event.id, event.eventType, event.version, object)); got != 200 {
			t.Fatalf("%s was answered %d", event.id, got)
		}
	}
	e.settle(clock.Advance)
	e.sound()
	return s.books(t, e, token)
}

// books is what a golden ledger holds: the journal and the gifts, the figures,
// and what became of each event.
func (s story) books(t *testing.T, e *entrance, token string) string {
	t.Helper()
	var b strings.Builder
	if err := e.store.WriteLedger(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	got := e.totals()
	fmt.Fprintf(&b, "raised %d gifts %d donors %d pending %d needs attention %d\n", got.Raised, got.Gifts, got.Donors, got.Pending, got.NeedsAttention)
	for _, event := range s.events {
		stored := e.state(event.id)
		line := fmt.Sprintf("%s %s %s %s", event.id, event.eventType, stored.State, stored.Problem)
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	return strings.ReplaceAll(b.String(), token, "TOKEN")
}

func stories(t *testing.T) []story {
	t.Helper()
	paths, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	all := make([]story, 0, len(paths))
	for _, path := range paths {
		all = append(all, readStory(t, path))
	}
	return all
}

func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range stories(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
				got := s.tell(t, store, clock, s.inOrder())
				if *update {
					s.write(t, got)
					return
				}
				if diff := cmp.Diff(s.golden, got); diff != "" {
					t.Errorf("the books (−golden +got):\n%s", diff)
				}
			})
		})
	}
}

func TestStoriesWithEveryEventDoubled(t *testing.T) {
	t.Parallel()
	for _, s := range stories(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
				twice := append(s.inOrder(), s.inOrder()...)
				sort.Ints(twice)
				if diff := cmp.Diff(s.golden, s.tell(t, store, clock, twice)); diff != "" {
					t.Errorf("the books (−golden +got):\n%s", diff)
				}
			})
		})
	}
}

func TestStoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	const seeds = 6
	for _, s := range stories(t) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprintf("%s/seed %d", s.name, seed), func(t *testing.T) {
				t.Parallel()
				storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
					r := rand.New(rand.NewPCG(seed, 0))
					order := append(s.inOrder(), r.IntN(len(s.events)))
					r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
					if diff := cmp.Diff(s.golden, s.tell(t, store, clock, order)); diff != "" {
						t.Errorf("delivered in the order %v, the books (−golden +got):\n%s", order, diff)
					}
				})
			})
		}
	}
}

func (s story) inOrder() []int {
	order := make([]int, len(s.events))
	for i := range order {
		order[i] = i
	}
	return order
}

// write puts what the books say into the story's file.
func (s story) write(t *testing.T, golden string) {
	t.Helper()
	archive, err := txtar.ParseFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "ledger.golden" {
			kept = append(kept, f)
		}
	}
	kept = append(kept, txtar.File{Name: "ledger.golden", Data: []byte(golden)})
	archive.Files = kept
	if err := os.WriteFile(s.path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
