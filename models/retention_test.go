package models_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// aPayload receives an event that names somebody, and that came to a state.
func aPayload(t *testing.T, s *models.Store, id string, state models.EventState) {
	t.Helper()
	e := models.Event{ID: id, Type: "charge.succeeded", Created: s.Now(), Raw: fmt.Appendf(nil, `{"id":%q,"email":"reader@example.org"}`, id)}
	if _, _, err := s.Receive(t.Context(), e, models.Reading{State: state, Problem: "why"}); err != nil {
		t.Fatal(err)
	}
}

// emptied reports whether persons were taken out of an event.
func emptied(t *testing.T, s *models.Store, id string) bool {
	t.Helper()
	e, err := s.FindEvent(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	named := bytes.Contains(e.Raw, []byte("reader@example.org"))
	if named == (e.EmptiedAt != nil) {
		t.Fatalf("%s was emptied at %v, and is %s", id, e.EmptiedAt, e.Raw)
	}
	return !named
}

func emptyOld(t *testing.T, s *models.Store, most int) int {
	t.Helper()
	n, err := s.EmptyPayloads(t.Context(), most)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPayloadsAreEmptiedOnceTheyWereKeptLongEnough(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		for i := range 5 {
			aPayload(t, s, fmt.Sprint("evt_", i), models.EventNoEffect)
		}
		clock.Advance(models.PayloadsKept)
		aPayload(t, s, "evt_young", models.EventNoEffect)
		if n := emptyOld(t, s, 100); n != 0 {
			t.Fatalf("%d were emptied on the last day that they are kept", n)
		}
		clock.Advance(time.Second)
		if first, rest, none := emptyOld(t, s, 3), emptyOld(t, s, 3), emptyOld(t, s, 3); first != 3 || rest != 2 || none != 0 {
			t.Errorf("of five, three at a time, %d, %d and %d were emptied", first, rest, none)
		}
		for i := range 5 {
			if !emptied(t, s, fmt.Sprint("evt_", i)) {
				t.Errorf("evt_%d still names somebody", i)
			}
		}
		if emptied(t, s, "evt_young") {
			t.Error("one that came since was emptied")
		}
	})
}

func TestAPayloadThatIsNotSettledIsKeptUntilItIsButNotForever(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		aPayload(t, s, "evt_waits", models.EventWaiting)
		aPayload(t, s, "evt_person", models.EventAttention)
		aPayload(t, s, "evt_resolved", models.EventAttention)
		clock.Advance(models.PayloadsKept + time.Second)
		if n := emptyOld(t, s, 100); n != 0 {
			t.Fatalf("%d were emptied that a fix may have to read", n)
		}
		if err := s.Resolve(t.Context(), models.Operator, "", "evt_resolved", "", "another product's"); err != nil {
			t.Fatal(err)
		}
		if n := emptyOld(t, s, 100); n != 1 || !emptied(t, s, "evt_resolved") {
			t.Errorf("once it was resolved, %d were emptied", n)
		}
		clock.Advance(models.PayloadsKeptAtMost - models.PayloadsKept)
		if n := emptyOld(t, s, 100); n != 2 || !emptied(t, s, "evt_waits") || !emptied(t, s, "evt_person") {
			t.Errorf("after twice that time, %d were emptied", n)
		}
		if open, err := s.OpenEvents(t.Context()); err != nil || len(open) != 2 {
			t.Errorf("%d of 2 are open still, %v: only their text was to go", len(open), err)
		}
	})
}
