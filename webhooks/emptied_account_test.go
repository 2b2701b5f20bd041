//go:build !race

package webhooks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

func TestAnEmptiedEventIsBookedByWhatStripeSaysAndNeverByWhatIsLeftOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		b := newAccount(t, clock, 1, nil).keptIn(store)
		d := b.give(once50, "reader@example.org", "succeeds")
		charge := b.chargeOf(d)
		raw, err := b.client.Fetch(t.Context(), stripeapi.Charges, charge)
		b.ok(err)
		// What is left of it would book another amount.
		wrong := bytes.ReplaceAll(raw, []byte(`5000`), []byte(`1`))
		body := eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, clock.Now().Unix(), json.RawMessage(wrong))
		_, _, err = store.Receive(t.Context(), models.Event{
			ID: "evt_1", Type: "charge.succeeded", ObjectID: charge, Created: clock.Now(), APIVersion: stripeapi.Version, Raw: body,
		}, models.Reading{State: models.EventAttention, Problem: "it waits for a fix"})
		b.ok(err)

		clock.Advance(models.PayloadsKeptAtMost + time.Second)
		if n := empty(t, store); n != 1 {
			t.Fatalf("%d payloads were emptied", n)
		}
		b.ok(store.Replay(t.Context(), models.Operator, "evt_1"))
		b.arrive()
		e, err := store.FindEvent(t.Context(), "evt_1")
		b.ok(err)
		if sum := sha256.Sum256(body); e.State != models.EventBooked || e.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("the event is %s (%s), and its hash is of other bytes than came", e.State, e.Problem)
		}
		if got := b.totals(); got.Gross != 5000 || got.Gifts != 1 {
			t.Errorf("booked are %d gifts of %s", got.Gifts, got.Gross)
		}
	})
}
