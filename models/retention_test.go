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

// drop forgets who never confirmed, and tells of how many rows.
func drop(t *testing.T, s *models.Store) int {
	t.Helper()
	n, err := s.DropUnconfirmed(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnAddressThatNeverConfirmedIsDroppedAMonthAfterItsLastLink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		ask(t, s, "never@example.org")
		ask(t, s, "again@example.org")
		ask(t, s, "reader@example.org")
		for _, m := range mails(t, s) {
			if m.To == "reader@example.org" {
				if err := s.ConfirmSignup(t.Context(), m.About.Token); err != nil {
					t.Fatal(err)
				}
			}
		}
		const week = 7 * 24 * time.Hour // for which a link is good
		clock.Advance(week)
		ask(t, s, "again@example.org")
		clock.Advance(models.DeadLinksKept)
		if n := drop(t, s); n != 0 {
			t.Fatalf("%d were dropped on the last day that they are kept", n)
		}
		clock.Advance(time.Second)
		// Three dead links, and the address that has no other.
		if n, more := drop(t, s), drop(t, s); n != 4 || more != 0 {
			t.Errorf("%d were dropped, and then %d", n, more)
		}
		left := mails(t, s)
		if len(left) != 1 || left[0].To != "again@example.org" {
			t.Errorf("mail that waits: %+v", left)
		}
		if list := onList(t, s); len(list) != 1 || list[0] != "reader@example.org" {
			t.Errorf("on the list are %v", list)
		}
		// Whoever was dropped is as good as new.
		ask(t, s, "never@example.org")
		if len(mails(t, s)) != 2 {
			t.Error("who was dropped is not asked when they ask again")
		}
		sound(t, s)
	})
}

func TestWhatWasForgottenIsInTheAuditLogOnceAndOnlyIfAnythingWas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		complete := func() models.Retention {
			t.Helper()
			done, err := s.CompleteRetention(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		log := func() []models.ListedAct {
			t.Helper()
			acts, err := s.ListAudit(t.Context(), models.AuditQuery{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			return acts
		}
		complete()
		if acts := log(); len(acts) != 0 {
			t.Fatalf("nothing was forgotten, and the log says %+v", acts)
		}
		for i := range 3 {
			aPayload(t, s, fmt.Sprint("evt_", i), models.EventNoEffect)
		}
		ask(t, s, "never@example.org")
		clock.Advance(models.PayloadsKept + time.Second)
		emptyOld(t, s, 2) // and then whoever did it died
		emptyOld(t, s, 2)
		drop(t, s)
		if done := complete(); done.Emptied != 3 || done.Dropped != 1 || done.CompletedAt == nil {
			t.Errorf("forgotten was %+v", done)
		}
		complete()
		acts := log()
		if len(acts) != 2 {
			t.Fatalf("the log says %+v", acts)
		}
		for _, act := range acts {
			want := map[models.Act][2]string{
				models.PayloadsEmptied: {"2026-11-24", "3"}, models.AddressesDropped: {"2027-11-22", "1"},
			}[act.Act]
			if act.Who != models.Itself || act.Object != want[0] || act.After != want[1] {
				t.Errorf("%s of %s: %s, by %s", act.Act, act.Object, act.After, act.Who)
			}
		}
	})
}
