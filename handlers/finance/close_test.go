package finance_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// inZone runs a test on both databases, with books in the campaign's zone.
func inZone(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			test(t, openOn(t, storetest.OpenWith(t, models.Options{URL: address(t), Slug: c.Slug, Zone: c.Zone, Now: clock.Now}), clock, ""))
		})
	}
}

func TestFinanceClosesDaysAndAnAdminOpensThemAgain(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, h *house) {
		d := storetest.PaidOut(t, h.store, 0)
		ada := h.as(h.add("ada@example.org", models.Finance))
		ada.get("/finance/close").says(t, "No day is closed yet.", `value="2026-10-31"`, "Nothing is posted in these days.")
		ada.get("/finance/close?through=2026-11-24").expect(t, http.StatusUnprocessableEntity, "", "That day is not over yet.")
		ada.get("/finance/close?through=soon").expect(t, http.StatusUnprocessableEntity, "", "Type days like 2027-06-30.")
		h.clock.Advance(7 * 24 * time.Hour) // it is December 1
		bea, admin := h.as(h.add("bea@example.org", models.Finance)), h.as(h.add("root@example.org", models.Admin))

		page := bea.get("/finance/close")
		page.says(t, `value="2026-11-30"`, `<a href="/finance?from=2026-11-24&amp;to=2026-11-30">November 2026</a>`, "$50.00", "−$20.00", "−$1.75", "$28.25",
			"No sync has read Stripe since these days ended", "1 payout not marked reconciled, of $71.64", "Close through November 30, 2026")
		bea.post("/finance/close", "through", "").expect(t, http.StatusUnprocessableEntity, "", "Type the last day that is to be closed.")
		bea.post("/finance/close", "through", "soon").expect(t, http.StatusUnprocessableEntity, "", "Type days like 2027-06-30.")
		bea.post("/finance/close", "through", "2026-11-30").expect(t, http.StatusUnprocessableEntity, "", "Settle it first, or say that you close all the same.")
		bea.post("/finance/close", "through", "2026-11-30", "anyway", "1").expect(t, http.StatusSeeOther, "/finance/close?said=closed", "")
		bea.post("/finance/close", "through", "2026-11-30", "anyway", "1").expect(t, http.StatusConflict, "", "That day is closed already.")

		// A refund of November is told in December, and a check of November is entered.
		usd := money.Money{Minor: 10_00, Currency: "usd"}
		_, err := h.store.Learn(t.Context(), models.Object{ID: "re_2", Raw: []byte("{}"), Reading: models.Reading{Facts: []models.Fact{{
			Key: "re_2:refund", Kind: models.RefundMade, Object: "re_2", Money: usd, At: storetest.Start.Add(2 * time.Hour),
			Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_1", Charge: "ch_1"},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		bea.get("/finance/close").says(t, "closed through <strong>November 30, 2026</strong>", "Booked late", "Nov 24, 2026", "Dec 1, 2026", d.Reference, "−$10.00", "bea@example.org")
		bea.get("/finance/donations/"+d.ID).says(t, "booked late, on Dec 1, 2026")
		journal := bea.get("/finance/export/journal.csv?from=2026-12-01")
		journal.says(t, "2026-12-01T08:00:00Z,2026-12-01,re_2:refund,contra:refunds", "of 2026-11-24, booked late")
		journal.hides(t, "re_1:refund")

		check := []string{"amount", "75", "received_on", "2026-11-20", "method", "check", "form_key", "0123456789abcdef"}
		bea.post("/finance/offline", append(check, "step", "review")...).says(t, "Dec 1, 2026, since the day it was received is closed")
		bea.post("/finance/offline", check...)
		bea.get("/finance/close").says(t, "Offline gift", "Nov 20, 2026", "$75.00")

		bea.get("/finance/close").hides(t, "Open days again")
		bea.post("/finance/close/reopen", "from", "2026-11-01", "reason", "A mistake").expect(t, http.StatusForbidden, "", "needs another role")
		admin.get("/finance/close").says(t, "Open days again")
		admin.post("/finance/close/reopen", "from", "2026-11-01").expect(t, http.StatusUnprocessableEntity, "", "Say why")
		admin.post("/finance/close/reopen", "from", "2026-12-01", "reason", "A mistake").expect(t, http.StatusUnprocessableEntity, "", "That day is open already.")
		admin.post("/finance/close/reopen", "from", "2026-11-01", "reason", "A mistake").expect(t, http.StatusSeeOther, "/finance/close?said=reopened", "")
		admin.get("/finance/close?said=reopened").says(t, "Opened again, closed through October 31, 2026", "A mistake", "The days are open again.")
		admin.get("/finance/audit").says(t, "Days closed", "Days opened again", "closed through 2026-11-30 → closed through 2026-10-31: A mistake")
		h.sound()
	})
}

// sound fails for each rule that the books break.
func (h *house) sound() {
	h.t.Helper()
	breaches, err := h.store.Verify(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, b := range breaches {
		h.t.Errorf("%s (%s): %s", b.Predicate, b.Rule, b.Found)
	}
}
