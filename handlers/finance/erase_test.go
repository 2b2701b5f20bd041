package finance_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// adminOnBoth is clerkOnBoth for an admin.
func adminOnBoth(t *testing.T, test func(t *testing.T, h *house, admin *browser)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		h := openOn(t, s, clock, "")
		test(t, h, h.as(h.add("admin@example.org", models.Admin)))
	})
}

// eraser finishes erasures beside a Stripe.
func (h *house) eraser(stripe erasure.Stripe) *erasure.Worker {
	return &erasure.Worker{Store: h.store, Stripe: stripe, Log: slog.New(slog.DiscardHandler)}
}

// deaf is a Stripe that does not answer.
type deaf struct{}

func (deaf) Forget(context.Context, stripeapi.Known, time.Time) ([]string, error) {
	return nil, fmt.Errorf("%w: of reader@example.org", stripeapi.ErrUnavailable)
}

func TestAnAdminErasesTheDonorOfAGiftByItsReferenceAlone(t *testing.T) {
	t.Parallel()
	adminOnBoth(t, func(t *testing.T, h *house, admin *browser) {
		h.hears()
		d := h.give(5000)
		h.arrive()
		gift, room := "/finance/donations/"+d.ID, "/finance/donations/"+d.ID+"/erase"
		if err := h.store.AddNote(t.Context(), d.ID, "She called", "admin@example.org"); err != nil {
			t.Fatal(err)
		}
		admin.get(gift).expect(t, 200, "", `href="`+room+`">Erase donor…`)
		shown := admin.get(room)
		shown.expect(t, 200, "", "Type "+d.Reference+", so that nobody is erased by a slip of the finger.")
		shown.expect(t, 200, "", "<dd>reader@example.org</dd>")
		admin.post(room, "reference", "CP-00000000").expect(t, 422, "", "That is not this gift’s reference")
		admin.post(room).expect(t, 422, "", "Nothing was changed.")
		before, err := h.store.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		admin.post(room, "reference", " "+strings.ToLower(d.Reference)).expect(t, http.StatusSeeOther, gift, "")
		admin.get(gift).expect(t, 200, "", "by admin@example.org. What Stripe sent and keeps is next")
		if err := h.eraser(h.stripe.client).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := admin.get(gift)
		page.expect(t, 200, "", "by admin@example.org. Stripe has forgotten them too.")
		for _, person := range []string{"reader@example.org", "A Reader", "She called", "4242", "Erase donor…"} {
			if strings.Contains(page.body, person) {
				t.Errorf("the gift's page says %q", person)
			}
		}
		admin.get(room).expect(t, 200, "", "This donor is erased.")
		admin.post(room, "reference", d.Reference).expect(t, http.StatusSeeOther, gift, "") // once more changes nothing
		admin.get("/finance/audit?act=donor.erased").expect(t, 200, "", "Donor erased")
		if acts := did(t, h, models.DonorErased); len(acts) != 1 {
			t.Errorf("the log has %+v", acts)
		}
		if after, err := h.store.Digest(t.Context()); err != nil || after != before {
			t.Errorf("the ledger is another: %v", err)
		}
		h.as(h.add("clerk@example.org", models.Finance)).get(room).expect(t, 403, "", "")
	})
}

func TestAnErasureThatStripeDoesNotAnswerNeedsAPersonAfterAnHour(t *testing.T) {
	t.Parallel()
	adminOnBoth(t, func(t *testing.T, h *house, admin *browser) {
		d := h.give(5000)
		e, err := h.store.Erase(t.Context(), models.Operator, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		tries := func() int {
			t.Helper()
			if err := h.eraser(deaf{}).Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			now, err := h.store.FindErasure(t.Context(), e.DonorID)
			if err != nil {
				t.Fatal(err)
			}
			return now.Attempts
		}
		for range 2 {
			if tries() != 1 {
				t.Error("it is tried again at once")
			}
		}
		admin.get("/finance/donations/"+d.ID).expect(t, 200, "", "Not everywhere yet: Stripe did not answer.")
		admin.get("/finance/events").expect(t, 200, "", "Nothing needs a person.")
		for range 6 {
			h.clock.Advance(11 * time.Minute)
			tries()
		}
		admin = h.as(h.add("other@example.org", models.Admin)) // the first has been signed out meanwhile
		admin.get("/finance/events").expect(t, 200, "", "<span>Stripe did not answer</span>")
		a, err := h.store.Attention(t.Context())
		if err != nil || a.Erasures != 1 || a.Count() != 1 {
			t.Errorf("what waits is %+v, %v", a, err)
		}
		h.clock.Advance(2 * time.Hour)
		if err := h.eraser(h.stripe.client).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.as(h.add("third@example.org", models.Admin)).get("/finance/events").expect(t, 200, "", "Nothing needs a person.")
	})
}
