package webhooks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
//	3.charge.updated+60.json    likewise, made 60 s after those that name no time
//	charges/ch_1.json           what Stripe's API answers when it is asked
//	ledger.golden               what the books must say in the end
//
// Stripe's API also answers for every object that has an event at the version
// we speak, as its last event shows it. An object may be written as what
// differs from another: {"like": "charge", "amount": 5}, where charge stands in
// objects.txtar, or {"like": "charges/ch_1"}, which stands in the story itself.
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
	created                int64
	object                 string
}

// usual are the objects that stories are made of.
var usual = sync.OnceValues(func() (map[string]json.RawMessage, error) {
	archive, err := txtar.ParseFile("testdata/objects.txtar")
	if err != nil {
		return nil, err
	}
	objects := map[string]json.RawMessage{}
	for _, f := range archive.Files {
		objects[strings.TrimSuffix(f.Name, ".json")] = f.Data
	}
	return objects, nil
})

func readStory(t testing.TB, path string) story {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w := writer{t: t, path: path, known: map[string]json.RawMessage{}}
	known, err := usual()
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(w.known, known)
	for _, f := range archive.Files {
		w.known[strings.TrimSuffix(f.Name, ".json")] = f.Data
	}
	s := story{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), held: map[string]string{}, path: path}
	shown := map[string]string{}
	for _, f := range archive.Files {
		number, rest, numbered := strings.Cut(strings.TrimSuffix(f.Name, ".json"), ".")
		switch {
		case f.Name == "gift.json":
			s.gift = &models.Choices{}
			if err := json.Unmarshal(f.Data, s.gift); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		case f.Name == "ledger.golden":
			s.golden = string(f.Data)
		case strings.Contains(f.Name, "/"):
			s.held[strings.TrimSuffix(f.Name, ".json")] = w.whole(f.Data)
		case numbered && number >= "1" && number <= "99":
			e := storyEvent{id: "evt_" + number, version: stripeapi.Version, created: storetest.Start.Unix(), object: w.whole(f.Data)}
			rest, version, other := strings.Cut(rest, "@")
			if other {
				e.version = version
			}
			var later string
			e.eventType, later, _ = strings.Cut(rest, "+")
			if seconds, err := strconv.ParseInt(later, 10, 64); err == nil {
				e.created += seconds
			}
			if at := addressOf(e.object); at != "" && !other {
				shown[at] = e.object
			}
			s.events = append(s.events, e)
		default:
			t.Fatalf("%s: what is %s?", path, f.Name)
		}
	}
	for at, object := range shown {
		if _, ok := s.held[at]; !ok {
			s.held[at] = object
		}
	}
	return s
}

// writer writes objects in full.
type writer struct {
	t     testing.TB
	path  string
	known map[string]json.RawMessage
}

func (w writer) whole(raw []byte) string {
	w.t.Helper()
	written, err := json.Marshal(w.fill(w.decode(raw)))
	if err != nil {
		w.t.Fatalf("%s: %v", w.path, err)
	}
	return string(written)
}

func (w writer) decode(raw []byte) any {
	w.t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		w.t.Fatalf("%s: %v in %s", w.path, err, raw)
	}
	return v
}

// fill replaces what an object is like by that, with the differences.
func (w writer) fill(v any) any {
	w.t.Helper()
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = w.fill(v[i])
		}
	case map[string]any:
		for name, field := range v {
			v[name] = w.fill(field)
		}
		like, ok := v["like"].(string)
		if !ok {
			return v
		}
		other, ok := w.known[like]
		if !ok {
			w.t.Fatalf("%s: nothing is called %s", w.path, like)
		}
		filled, ok := w.fill(w.decode(other)).(map[string]any)
		if !ok {
			w.t.Fatalf("%s: %s is no object", w.path, like)
		}
		delete(v, "like")
		maps.Copy(filled, v)
		return filled
	}
	return v
}

// collections are where Stripe's API holds the objects of each kind.
var collections = map[string]stripeapi.Kind{
	"checkout.session": stripeapi.Sessions, "payment_intent": stripeapi.PaymentIntents, "charge": stripeapi.Charges,
	"refund": stripeapi.Refunds, "dispute": stripeapi.Disputes, "invoice": stripeapi.Invoices, "payout": stripeapi.Payouts,
	"subscription": stripeapi.Subscriptions, "radar.early_fraud_warning": stripeapi.FraudWarnings,
}

func addressOf(object string) string {
	var o struct{ ID, Object string }
	if json.Unmarshal([]byte(object), &o) != nil || o.ID == "" || collections[o.Object] == "" {
		return ""
	}
	return strings.TrimPrefix(string(collections[o.Object]), "/v1/") + "/" + o.ID
}

// stripeID is an id of Stripe's in a story; each time a story is told, its ids
// are others, so that one set of books can be told many.
var stripeID = regexp.MustCompile(`\b(evt|ch|py|pi|cs_test|re|pyr|dp|in|sub|po|txn|issfr|cus)_[a-z0-9]+`)

var emailHost = regexp.MustCompile(`(?i)(@example\.org)`)

// marked is the story with MARK after every id, to be replaced at each telling.
func (s story) marked() story {
	mark := func(text string) string {
		return emailHost.ReplaceAllString(stripeID.ReplaceAllString(text, "${0}MARK"), "${1}MARK")
	}
	m := s
	m.events = slices.Clone(s.events)
	for i, e := range m.events {
		m.events[i].id, m.events[i].object = mark(e.id), mark(e.object)
	}
	m.held = map[string]string{}
	for path, object := range s.held {
		m.held[mark(path)] = mark(object)
	}
	return m
}

// telling is a story as it is told once: about a gift of its own, with ids of
// its own.
type telling struct {
	story
	token, mark string
	words       *strings.Replacer
}

// begin starts the gift that a marked story is about; without one, TOKEN is
// that of a gift which the books do not have.
func (s story) begin(t testing.TB, store *models.Store, number int) telling {
	t.Helper()
	told := telling{story: s, token: fmt.Sprintf("AAAAAAAAAAAAAAA%06dA", number), mark: fmt.Sprintf("X%06d", number)}
	if s.gift != nil {
		told.token = startGift(t, store, *s.gift).Token
	}
	told.words = strings.NewReplacer("TOKEN", told.token, "MARK", told.mark)
	return told
}

// body is the i-th event as Stripe would post it.
func (s telling) body(t testing.TB, i int) []byte {
	t.Helper()
	e := s.events[i]
	return eventJSON(t, s.words.Replace(e.id), e.eventType, e.version, e.created, json.RawMessage(s.words.Replace(e.object)))
}

// putInto has Stripe's API hold what the story's objects are in the end.
func (s telling) putInto(o *objects) {
	for path, object := range s.held {
		o.put(s.words.Replace(path), s.words.Replace(object))
	}
}

// tell delivers a story's events in the given order and returns what the books
// say of it once nothing waits. Nothing else may be told meanwhile.
func (s story) tell(t *testing.T, store *models.Store, clock *storetest.Clock, number int, order []int) string {
	t.Helper()
	e := newEntrance(t, store, store.Now)
	before := e.totals()
	told := s.marked().begin(t, store, number)
	told.putInto(e.stripe)
	for _, i := range order {
		if got := e.deliver(told.body(t, i)); got != 200 {
			t.Fatalf("event %d was answered %d", i+1, got)
		}
	}
	e.settle(clock.Advance)
	return told.books(t, e, before)
}

// books is what a golden ledger holds: the journal and the gifts, by how much
// the figures have changed, and what became of each event.
func (s telling) books(t *testing.T, e *entrance, before models.Totals) string {
	t.Helper()
	var all, b strings.Builder
	if err := e.store.WriteLedger(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	b.WriteString(s.own(all.String()))
	now := e.totals()
	fmt.Fprintf(&b, "raised %d gifts %d donors %d pending %d needs attention %d\n", now.Raised-before.Raised, now.Gifts-before.Gifts,
		now.Donors-before.Donors, now.Pending-before.Pending, now.NeedsAttention-before.NeedsAttention)
	for _, figure := range []struct {
		name string
		is   int64
	}{
		{"fees", int64(now.Fees - before.Fees)},
		{"paid out", int64(now.PaidOut - before.PaidOut)},
		{"in the stripe balance beside what was raised", int64(now.StripeBalance-before.StripeBalance) - int64(now.Raised-before.Raised)},
		{"recurring active", now.RecurringActive - before.RecurringActive},
		{"recurring monthly", int64(now.RecurringMonthly - before.RecurringMonthly)},
	} {
		if figure.is != 0 {
			fmt.Fprintf(&b, "%s %d\n", figure.name, figure.is)
		}
	}
	b.WriteString(openDisputes(t, e.store)[s.mark])
	for i, event := range s.events {
		stored := e.state(s.words.Replace(event.id))
		line := fmt.Sprintf("evt_%d %s %s %s", i+1, event.eventType, stored.State, strings.ReplaceAll(stored.Problem, s.mark, ""))
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	return b.String()
}

// openDisputes are the lines about disputes that are not decided, by the mark of
// the telling.
func openDisputes(t testing.TB, store *models.Store) map[string]string {
	t.Helper()
	open, err := store.OpenDisputes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, d := range open {
		at, due := strings.LastIndex(d.ID, "X"), "no day"
		if d.RespondBy != nil {
			due = d.RespondBy.UTC().Format(time.RFC3339)
		}
		lines[d.ID[at:]] += fmt.Sprintf("open %s %s over %d, to be answered by %s\n", d.ID[:at], d.Status, d.Amount, due)
	}
	return lines
}

// own is what a ledger says of this telling, with the ids as the story writes
// them.
func (s telling) own(ledger string) string {
	words := strings.NewReplacer(s.mark, "", s.token, "TOKEN")
	var lines []string
	for line := range strings.Lines(ledger) {
		if !strings.Contains(line, s.mark) && !strings.Contains(line, s.token) {
			continue
		}
		line = words.Replace(line)
		if f := strings.Fields(line); len(f) == 5 {
			line = fmt.Sprintf("%s %-24s %-18s %12s %s\n", f[0], f[1], f[2], f[3], f[4])
		}
		lines = append(lines, line)
	}
	// Gifts stand in the order of their names, which are others each time.
	if first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "gift ") }); first >= 0 {
		slices.Sort(lines[first:])
	}
	return strings.Join(lines, "")
}

func stories(t testing.TB) []story {
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
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		for i, s := range stories(t) {
			t.Run(s.name, func(t *testing.T) {
				got := s.tell(t, store, clock, i, s.inOrder())
				if *update {
					s.write(t, got)
					return
				}
				if diff := cmp.Diff(s.golden, got); diff != "" {
					t.Errorf("the books (−golden +got):\n%s", diff)
				}
			})
		}
		sound(t, store)
		exportsAgree(t, store)
	})
}

func TestStoriesWithEveryEventDoubled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		for i, s := range stories(t) {
			t.Run(s.name, func(t *testing.T) {
				twice := append(s.inOrder(), s.inOrder()...)
				sort.Ints(twice)
				if diff := cmp.Diff(s.golden, s.tell(t, store, clock, i, twice)); diff != "" {
					t.Errorf("the books (−golden +got):\n%s", diff)
				}
			})
		}
		sound(t, store)
	})
}

func TestStoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
				for i, s := range stories(t) {
					t.Run(s.name, func(t *testing.T) {
						r := rand.New(rand.NewPCG(seed, 0))
						order := append(s.inOrder(), r.IntN(len(s.events)))
						r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
						if diff := cmp.Diff(s.golden, s.tell(t, store, clock, i, order)); diff != "" {
							t.Errorf("delivered in the order %v, the books (−golden +got):\n%s", order, diff)
						}
					})
				}
				sound(t, store)
			})
		})
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
