package models_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestARunOfASyncIsOverWhenNoStageIsLeft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		plan := models.SyncPlan{Stages: []string{"first", "second", "last"}, BooksStart: clock.Now().Add(-time.Hour)}
		begin := func() models.SyncRun {
			t.Helper()
			run, err := store.BeginSync(t.Context(), plan)
			if err != nil {
				t.Fatal(err)
			}
			return run
		}
		keep := func(run models.SyncRun) {
			t.Helper()
			if err := store.AdvanceSync(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
		run := begin()
		run.After = "object_1"
		run.PutOff()
		keep(run)
		run.Passed()
		keep(run)
		clock.Advance(9 * time.Minute)

		resumed := begin()
		want := models.SyncStage{Stage: "first", After: "object_1", Failed: true}
		if diff := cmp.Diff(want, resumed.SyncStage); diff != "" || !resumed.Resumed || !resumed.StartedAt.Equal(run.StartedAt) {
			t.Errorf("resumed %t (−want +got):\n%s", resumed.Resumed, diff)
		}
		if err := store.CompleteSync(t.Context(), resumed, nil); !errors.Is(err, models.ErrIncomplete) {
			t.Errorf("with a stage left, ending it says %v", err)
		}

		// A stage that failed brings the run no further, however much of it is read.
		resumed.After = "object_2"
		keep(resumed)
		clock.Advance(time.Minute)
		anew := begin()
		if anew.Resumed || anew.Stage != "first" || anew.After != "" || anew.Failed {
			t.Errorf("it goes on with %+v", anew.SyncStage)
		}
		for range 2 {
			anew.Passed()
			keep(anew)
		}
		if err := store.CompleteSync(t.Context(), anew, nil); err != nil {
			t.Errorf("with nothing left, ending it says %v", err)
		}
		plan.Overlap = time.Minute
		clock.Advance(time.Hour)
		if next := begin(); next.Resumed || !next.Since.Equal(anew.StartedAt.Add(-time.Minute)) {
			t.Errorf("the next reads from %s", next.Since)
		}
	})
}
