//go:build !race

package webhooks_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// sinceAtHand lists, as Stripe does, only what was made since.
type sinceAtHand struct{ atHand }

func (s sinceAtHand) List(ctx context.Context, l stripeapi.Listing) (stripeapi.Page, error) {
	page, err := s.atHand.List(ctx, l)
	var kept []json.RawMessage
	for _, raw := range page.Items {
		var o struct{ Created int64 }
		if json.Unmarshal(raw, &o) == nil && o.Created >= l.Since.Unix() {
			kept = append(kept, raw)
		}
	}
	page.Items = kept
	return page, err
}

func TestARenewalsDebitThatFailedUnheardIsPendingNoLonger(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		r := newRound(t, store, clock)
		told := r.another(readStory(t, "testdata/stories/monthly-renewal-by-debit-under-way.txtar").marked(), "")
		for i := range told.events {
			r.hear(told, i)
		}
		r.settle(clock.Advance)
		y := webhooks.NewSyncer(store, sinceAtHand{r.api}, webhooks.SyncConfig{
			Slug: slug, BooksStart: storetest.Start.AddDate(0, 0, -1), Holder: "test",
		})
		synced := func() {
			t.Helper()
			clock.Advance(31 * 24 * time.Hour) // no listing reaches back to when the debit was made
			if _, err := y.Sync(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		synced()
		synced()
		if got := r.totals().Pending; got != 2500 {
			t.Fatalf("while the debit is under way %s is pending", got)
		}
		debit := told.words.Replace("charges/py_2MARK")
		failed := strings.Replace(r.api.held[debit], `"status":"pending"`, `"status":"failed"`, 1)
		if failed == r.api.held[debit] {
			t.Fatalf("the debit is %s", failed)
		}
		r.api.put(debit, failed)
		synced()
		if got := r.totals().Pending; got != 0 {
			t.Errorf("after the debit failed %s is pending", got)
		}
	})
}
