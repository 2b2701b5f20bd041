package models_test

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// arrives has an event come that was made some time before.
func arrives(t *testing.T, s *models.Store, id string, age time.Duration, r models.Reading) {
	t.Helper()
	e := models.Event{ID: id, Type: "charge.succeeded", ObjectID: "ch_" + id, Created: s.Now().Add(-age), Raw: []byte("{}")}
	if _, _, err := s.Receive(t.Context(), e, r); err != nil {
		t.Fatal(err)
	}
}

func health(t *testing.T, s *models.Store) models.Health {
	t.Helper()
	h, err := s.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHealthOfNewBooksIsThatNothingCameYet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		h := health(t, s)
		if h.Arrived != nil || h.Booked != nil || h.BySync != nil || h.Waiting.Since != nil || h.Queued != nil || h.Sync.CompletedAt != nil || h.Match.At != nil || h.Payout != nil || h.Cards != nil {
			t.Errorf("it is %+v", h)
		}
		steps, err := s.Migrations(t.Context())
		if newest := steps[len(steps)-1].Version; err != nil || h.Schema != newest || h.Known != newest {
			t.Errorf("the schema is at %d of %d, want %d, %v", h.Schema, h.Known, newest, err)
		}
		if name, version, _ := strings.Cut(h.Database, " "); name != "SQLite" && name != "PostgreSQL" || version == "" {
			t.Errorf("the database is %q", h.Database)
		}
	})
}

func TestHealthTellsWhatCameLastAndWhatIsNotBooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		arrives(t, s, "evt_poison", 0, models.Reading{State: models.EventAttention, Problem: "can't be read"})
		arrives(t, s, "evt_waits", 0, models.Reading{State: models.EventWaiting, Problem: "to be looked up"})
		clock.Advance(time.Hour)
		arrives(t, s, "evt_last", 90*time.Second, models.Reading{State: models.EventNoEffect})
		h := health(t, s)
		if h.Arrived == nil || h.Arrived.ID != "evt_last" || h.Arrived.Lag() != 90*time.Second || h.Booked != nil {
			t.Errorf("last came %+v, booked is %+v", h.Arrived, h.Booked)
		}
		if h.Waiting.Count != 1 || h.Waiting.Behind != 1 || h.At.Sub(*h.Waiting.Since) != time.Hour {
			t.Errorf("waiting are %+v", h.Waiting)
		}
		if h.Failed != 1 || len(h.First) != 1 || h.First[0].ID != "evt_poison" || len(h.First[0].Raw) > 0 {
			t.Errorf("failed are %d, %+v", h.Failed, h.First)
		}
		if h.BySync != nil {
			t.Error("no sync has learned anything")
		}
	})
}

func TestHealthTellsThatAnEventShouldHaveCome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		arrives(t, s, "evt_1", 0, models.Reading{State: models.EventNoEffect})
		learn := func(id string) {
			payout := models.Payout{ID: id, Amount: 100, Currency: "usd", Status: "paid", ArrivalOn: storetest.Start, CreatedAt: storetest.Start}
			if _, err := s.Learn(t.Context(), models.Object{ID: id, Raw: []byte(id), Reading: models.Reading{Payout: &payout}}); err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(models.LateForHook / 2)
		learn("po_1") // its event may be under way
		if h := health(t, s); h.BySync != nil || h.Payout == nil || h.Payout.ID != "po_1" {
			t.Errorf("by a sync %v, the last payout is %+v", h.BySync, h.Payout)
		}
		clock.Advance(models.LateForHook)
		learn("po_2")
		if h := health(t, s); h.BySync == nil || !h.BySync.Equal(s.Now()) {
			t.Errorf("by a sync %v", h.BySync)
		}
		arrives(t, s, "evt_2", 0, models.Reading{State: models.EventNoEffect})
		if h := health(t, s); h.BySync != nil {
			t.Errorf("events come again, and by a sync %v", h.BySync)
		}
	})
}

func TestHealthTellsOfMailThatNobodySends(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		who, err := s.AddStaff(t.Context(), models.Operator, "ada@example.org", models.Finance, "")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.MailSample(t.Context(), who); err != nil {
				t.Fatal(err)
			}
		}
		if h := health(t, s); h.Letters.Count != 2 || h.Letters.Behind != 0 || h.Mail[models.MailIsQueued] != 2 || !h.Queued.Equal(s.Now()) {
			t.Errorf("at once it is %+v", h)
		}
		clock.Advance(models.BehindAfter + time.Second)
		if h := health(t, s); h.Letters.Behind != 2 {
			t.Errorf("later it is %+v", h.Letters)
		}
		mine, err := s.Lease(t.Context(), models.CardsLease, "one process", time.Minute)
		if h := health(t, s); err != nil || !mine || !h.Cards.Equal(s.Now().Add(time.Minute)) {
			t.Errorf("cards were looked for until %v, %v", h.Cards, err)
		}
	})
}
