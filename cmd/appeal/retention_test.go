package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// oldEvents are books with so many events that name somebody and are to be
// forgotten.
func oldEvents(t *testing.T, s *models.Store, clock *storetest.Clock, many int) {
	t.Helper()
	for i := range many {
		e := models.Event{ID: fmt.Sprint("evt_", i), Type: "charge.succeeded", Created: clock.Now(), Raw: []byte(`{"email":"reader@example.org"}`)}
		if _, _, err := s.Receive(t.Context(), e, models.Reading{State: models.EventNoEffect}); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(models.PayloadsKept + time.Second)
}

// left are how many events still name somebody.
func left(t *testing.T, s *models.Store, many int) (named int) {
	t.Helper()
	for i := range many {
		e, err := s.FindEvent(t.Context(), fmt.Sprint("evt_", i))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(e.Raw), "reader") {
			named++
		}
	}
	return named
}

func TestWhatIsOldIsForgottenByOneReplicaAndToldOnce(t *testing.T) {
	t.Parallel()
	const most, many = 3, 5
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said buffer
			clock := &storetest.Clock{}
			s := storetest.Open(t, address(t), clock)
			oldEvents(t, s, clock, many)
			goesOn := func(context.Context) error { return nil }
			one := retention{s, "one", most, goesOn, slog.New(slog.NewTextHandler(&said, nil))}
			other := retention{s, "other", most, func(context.Context) error { return context.Canceled }, one.log}

			if mine, err := s.Lease(t.Context(), models.RetentionLease, "other", retentionLease); err != nil || !mine {
				t.Fatal(err)
			}
			if err := one.run(t.Context()); err != nil || left(t, s, many) != many {
				t.Errorf("while another is at it, %d of %d are left, %v", left(t, s, many), many, err)
			}
			// The other stops on the way, and begins anew.
			if err := other.run(t.Context()); !errors.Is(err, context.Canceled) || left(t, s, many) != many-most {
				t.Errorf("broken off, it left %d, %v", left(t, s, many), err)
			}
			other.rest = goesOn
			if err := errors.Join(other.run(t.Context()), one.run(t.Context())); err != nil || left(t, s, many) != 0 {
				t.Errorf("in the end %d are left, %v", left(t, s, many), err)
			}
			acts, err := s.ListAudit(t.Context(), models.AuditQuery{}, 10)
			if err != nil || len(acts) != 1 || acts[0].Act != models.PayloadsEmptied || acts[0].After != fmt.Sprint(many) {
				t.Errorf("the audit log says %+v, %v", acts, err)
			}
			if lines := strings.Count(said.String(), "\n"); lines != 1 || !strings.Contains(said.String(), fmt.Sprint("payloads=", many)) {
				t.Errorf("the log says %s", said.String())
			}
		})
	}
}
