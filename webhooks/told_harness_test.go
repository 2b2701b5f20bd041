package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// atHand is Stripe's API without the way to it, for stories told by the
// thousand.
type atHand struct{ *objects }

func (a atHand) Fetch(_ context.Context, kind stripeapi.Kind, id string) (json.RawMessage, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if object, ok := a.held[strings.TrimPrefix(string(kind), "/v1/")+"/"+id]; ok {
		return json.RawMessage(object), nil
	}
	return nil, stripeapi.ErrMissing
}

func (a atHand) List(_ context.Context, l stripeapi.Listing) (stripeapi.Page, error) {
	filter := url.Values{}
	for name, value := range l.Filter {
		filter.Set(name, value)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var answer struct{ Data []json.RawMessage }
	err := json.Unmarshal([]byte(a.list(strings.TrimPrefix(string(l.Kind), "/v1/"), filter)), &answer)
	return stripeapi.Page{Items: answer.Data}, err
}

func (a atHand) Balance(context.Context, money.Currency) (money.Minor, error) { return 0, nil }

// forget empties it.
func (a atHand) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.held)
}

// round is one set of books to which stories are told again and again, each
// time of another gift.
type round struct {
	*entrance
	t     *testing.T
	api   atHand
	clock *storetest.Clock
	told  []telling
	notes []string // how each was told, and how to tell it so again
}

func newRound(t *testing.T, store *models.Store, clock *storetest.Clock) *round {
	t.Helper()
	api := atHand{&objects{held: map[string]string{}}}
	return &round{t: t, api: api, clock: clock, entrance: entranceBeside(t, store, store.Now, api, slog.New(slog.DiscardHandler))}
}

// another begins the story of another gift.
func (r *round) another(s story, note string) telling {
	r.t.Helper()
	told := s.begin(r.t, r.store, len(r.told))
	told.putInto(r.api.objects)
	r.told, r.notes = append(r.told, told), append(r.notes, note)
	return told
}

// hear delivers one event.
func (r *round) hear(told telling, i int) {
	r.t.Helper()
	if got := r.deliver(told.body(r.t, i)); got != 200 {
		r.t.Errorf("event %d of %s was answered %d", i+1, told.name, got)
	}
}

// lookUp resolves what is due now.
func (r *round) lookUp() {
	r.t.Helper()
	next, waiting, err := r.store.NextDue(r.t.Context())
	if err == nil && waiting && !next.After(r.store.Now()) {
		_, err = r.resolver.ResolveDue(r.t.Context())
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// check compares what the books say of each gift with its story's golden
// ledger, and all of them together with the figures.
func (r *round) check() {
	r.t.Helper()
	var all strings.Builder
	if err := r.store.WriteLedger(r.t.Context(), &all); err != nil {
		r.t.Fatal(err)
	}
	byToken := map[string]string{}
	for _, told := range r.told {
		byToken[told.token] = told.mark
	}
	said := map[string]string{}
	for line := range strings.Lines(all.String()) {
		f := strings.Fields(line)
		mark := byToken[f[1]]
		if f[0] != "gift" {
			id, _, _ := strings.Cut(f[1], ":")
			mark = id[strings.LastIndex(id, "X"):]
		}
		said[mark] += line
	}
	var raised money.Minor
	open := openDisputes(r.t, r.store)
	for i, told := range r.told {
		ledger, figures, _ := strings.Cut(told.golden, "raised ")
		var one int64
		if _, err := fmt.Sscan(figures, &one); err != nil {
			r.t.Fatalf("%s has no golden figures: %v", told.name, err)
		}
		raised += money.Minor(one)
		if diff := cmp.Diff(ledger, told.own(said[told.mark])); diff != "" {
			r.t.Errorf("%s, told %s: the books (−golden +got):\n%s", told.name, r.notes[i], diff)
		}
		if is := open[told.mark]; !strings.Contains(figures, is) || is == "" && strings.Contains(figures, "\nopen ") {
			r.t.Errorf("%s, told %s: open is %q", told.name, r.notes[i], is)
		}
	}
	if _, waiting, err := r.store.NextDue(r.t.Context()); err != nil || waiting {
		r.t.Errorf("something waits for ever: %v, %v", waiting, err)
	}
	if got := r.totals(); got.Raised != raised || got.NeedsAttention != 0 {
		r.t.Errorf("raised are %d, should be %d; %d events need a person", got.Raised, raised, got.NeedsAttention)
	}
	r.sound()
}

// storyNamed is a story ready to be told many times.
func storyNamed(t *testing.T, name string) story {
	t.Helper()
	return readStory(t, "testdata/stories/"+name+".txtar").marked()
}

func long() bool { return os.Getenv("TEST_LONG") != "" }
