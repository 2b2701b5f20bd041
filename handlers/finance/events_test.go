package finance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestAnEventThatWasMendedIsReplayedAndBooked(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ada := h.as(h.add("ada@example.org", models.Finance))
		ada.get("/finance/events").says(t, "Nothing needs a person.")
		d, err := h.store.StartDonation(t.Context(), "", 0, models.Choices{Frequency: models.Once, Amount: 50_00, Tribute: models.NoTribute})
		if err != nil {
			t.Fatal(err)
		}
		poison := models.Event{ID: "evt_1", Type: "charge.succeeded", ObjectID: "ch_1", Created: h.clock.Now(), Raw: []byte("{}")}
		if _, _, err := h.store.Receive(t.Context(), poison, models.Reading{State: models.EventAttention, Problem: "can't be read"}); err != nil {
			t.Fatal(err)
		}
		ada.get("/finance/events").says(t, "evt_1", "charge.succeeded", "can&#39;t be read", "Needs a person", `action="/finance/events/evt_1/replay"`)
		h.as(h.add("viewer@example.org", models.Viewer)).post("/finance/events/evt_1/replay").expect(t, http.StatusForbidden, "", "needs another role")
		ada.post("/finance/events/evt_1/replay").expect(t, http.StatusSeeOther, "/finance/events?said=replayed", "")
		ada.get("/finance/audit").says(t, "Event tried again", "evt_1", "ada@example.org")

		// What the running service does with it then, the event being readable now.
		due, err := h.store.ClaimDue(t.Context(), 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("due are %v, %v", due, err)
		}
		agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
		reading := models.Reading{Facts: []models.Fact{{
			Key: "ch_1:charge", Kind: models.Charged, Object: "ch_1", Money: agreed, Agreed: &agreed, At: storetest.Start, Evidence: "evt_1",
			Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_1", Charge: "ch_1", Final: true},
		}}}
		if state, err := h.store.Settle(t.Context(), due[0], reading); err != nil || state != models.EventBooked {
			t.Fatalf("it is %s, %v", state, err)
		}
		ada.get("/finance/events").hides(t, "evt_1")
		ada.get("/finance").says(t, "$50.00")
		ada.post("/finance/events/evt_none/replay").expect(t, http.StatusNotFound, "", "Page not found")
	})
}

func TestWhatNeedsAPersonIsOnOnePage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := storetest.PaidOut(t, h.store, 12_34)
		if _, err := h.store.NameDifferences(t.Context(), h.clock.Now(), []models.Finding{
			{Kind: models.FoundPayout, Object: "po_1", Amount: 100, Currency: "usd", Detail: "the payout is short"},
		}); err != nil {
			t.Fatal(err)
		}
		h.disputes(d, "dp_1", "needs_response", 9*24*time.Hour)
		ada := h.as(h.add("ada@example.org", models.Finance))
		page := ada.get("/finance/events")
		page.says(t, "Disputes to answer", `<a href="/finance/donations/`+d.ID+`">`+d.Reference+`</a>`, "dp_1",
			"Where the books and Stripe differ", "txn_unknown", "$12.34", `<a href="/finance/payouts/po_1">po_1</a>`, "the payout is short")
		page.hides(t, "Nothing needs a person.", "Castillo")
	})
}

// disputes books that a bank disputes a gift, which can be answered for so long
// from the start on.
func (h *house) disputes(d models.Donation, id, status string, open time.Duration) {
	h.t.Helper()
	by := storetest.Start.Add(open)
	opened := models.Fact{
		Key: id + ":opened", Kind: models.DisputeOpened, Object: id, Money: money.Money{Currency: "usd"}, At: h.clock.Now(),
		Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_1", Charge: "ch_1"},
	}
	_, err := h.store.Learn(h.t.Context(), models.Object{ID: id, Raw: []byte(status), Reading: models.Reading{
		Facts: []models.Fact{opened}, Dispute: &models.Dispute{ID: id, Status: status, Amount: 30_00, RespondBy: &by, AsOf: h.clock.Now()},
	}})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestDisputesAreShownByTheDayOnWhichTheyMustBeAnswered(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := storetest.PaidOut(t, h.store, 0)
		h.disputes(d, "dp_answered", "under_review", 24*time.Hour)
		h.disputes(d, "dp_far", "warning_needs_response", 9*24*time.Hour)
		h.disputes(d, "dp_near", "needs_response", 2*time.Hour)
		ada := h.as(h.add("ada@example.org", models.Finance))
		page := ada.get("/finance/events")
		page.says(t, "Nov 24, 2026, 2:00", "today", "Dec 3, 2026", "9 days left", "An inquiry: the bank asks", "Answered. The bank decides.", "Refunded too, $20.00: show the bank the refund.")
		if near, far, answered := strings.Index(page.body, "dp_near"), strings.Index(page.body, "dp_far"), strings.Index(page.body, "dp_answered"); near > far || far > answered {
			t.Errorf("they stand at %d, %d and %d", near, far, answered)
		}
		ada.get("/finance").says(t, `<a href="/finance/events#disputes">Disputes to answer</a><span class="means">respond by Nov 24</span>`, "$60.00", "Disputes answered")
		ada.get("/finance/donations/"+d.ID).says(t, "Respond by", "Dec 3, 2026, 9 days left")
		reader := h.as(h.add("reader@example.org", models.Viewer)).get("/finance")
		reader.says(t, "Disputes to answer", "respond by Nov 24")
		reader.hides(t, "/finance/events#disputes", "Nothing needs a person.")

		h.clock.Advance(3 * time.Hour)
		ada = h.as(h.add("later@example.org", models.Finance))
		ada.get("/finance/events").says(t, "overdue")
		ada.get("/finance").says(t, "overdue since Nov 24")
	})
}

func TestMailThatWasGivenUpOrIsHeldIsSentByAPerson(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "Ruth Castillo")
		claimed, err := h.store.ClaimMail(t.Context(), 10, 0)
		if err != nil || len(claimed) == 0 {
			t.Fatalf("mails are %v, %v", claimed, err)
		}
		key := claimed[0].Key
		h.clock.Advance(73 * 3600e9)
		if err := h.store.MailFailed(t.Context(), key, "550 no such mailbox ruth@example.org"); err != nil {
			t.Fatal(err)
		}
		ada := h.as(h.add("ada@example.org", models.Finance))
		page := ada.get("/finance/events")
		page.says(t, "Mail that was not sent", key, "550 no such mailbox (address)", "Try again")
		page.hides(t, "ruth@")
		overview := ada.get("/finance")
		overview.says(t, `<a href="/finance/events#mail">Mail not sent</a>`)
		overview.hides(t, "Nothing needs a person")
		ada.post("/finance/mail", "key", key).expect(t, http.StatusSeeOther, "/finance/events?said=mail", "")
		ada.get("/finance/events").hides(t, key)
		ada.get("/finance").hides(t, "Mail not sent")
		ada.get("/finance/audit").says(t, "Mail sent again or released", "Gift CP-")
		ada.post("/finance/mail", "key", key).expect(t, http.StatusNotFound, "", "Page not found")
	})
}

func TestWhatNeedsNobodyAnyMoreIsResolvedWithANote(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		poison := models.Event{ID: "evt_1", Type: "charge.succeeded", Created: h.clock.Now(), Raw: []byte("{}")}
		if _, _, err := h.store.Receive(t.Context(), poison, models.Reading{State: models.EventAttention, Problem: "it can't be read"}); err != nil {
			t.Fatal(err)
		}
		finding := models.Finding{Kind: models.FoundPhantom, Object: "ch_1:charge", Amount: -12_34, Currency: "usd", Detail: "Stripe does not know it"}
		run, err := h.store.BeginSync(t.Context(), models.SyncPlan{Stages: []string{"compare"}, BooksStart: storetest.Start})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.NameDifferences(t.Context(), h.clock.Now(), []models.Finding{finding}); err != nil {
			t.Fatal(err)
		}
		if err := h.store.CompleteSync(t.Context(), run, nil); err != nil {
			t.Fatal(err)
		}
		ada := h.as(h.add("ada@example.org", models.Finance))
		const event, difference = "/finance/events/evt_1/resolve", "/finance/findings/missing_at_stripe/ch_1:charge/resolve"
		ada.get("/finance/events").says(t, `href="`+event+`"`, `href="`+difference+`"`, "What was resolved")
		ada.get(event).says(t, "it can&#39;t be read", "No money moves", `name="seen" value="0.00 it can&#39;t be read"`)
		ada.get(difference).says(t, "Missing at Stripe", "\u2212$12.34", "The difference from Stripe stays in the overview")

		ada.post(event, "note", " ").expect(t, http.StatusUnprocessableEntity, "", "Say why")
		ada.post(event, "note", "Ruth’s bank wrote", "seen", "0.00 something else").expect(t, http.StatusConflict, "", "Ruth’s bank wrote")
		ada.post(event, "note", "Ruth’s bank wrote").expect(t, http.StatusSeeOther, "/finance/events?said=resolved", "")
		ada.post(event, "note", "Ruth’s bank wrote").expect(t, http.StatusConflict, "", "This was resolved already.")
		ada.post(difference, "note", "Booked by hand").expect(t, http.StatusSeeOther, "/finance/events?said=resolved", "")
		page := ada.get("/finance/events")
		page.says(t, "Nothing needs a person.", "1 difference from Stripe was resolved and still stands")
		page.hides(t, "evt_1", "ch_1:charge")
		ada.get("/finance/events/resolved").says(t, "evt_1", "Ruth’s bank wrote", "ada@example.org", "Booked by hand", "Missing at Stripe", `action="/finance/events/evt_1/replay"`)

		// The overview goes on telling of the difference; the log, which viewers read, has no word of the note.
		viewer := h.as(h.add("viewer@example.org", models.Viewer))
		viewer.get("/finance").says(t, "Difference $12.34 from Stripe", "1 item, resolved with a note and still different.")
		log := viewer.get("/finance/audit")
		log.says(t, "Event resolved", "Finding resolved", "missing_at_stripe")
		log.hides(t, "Ruth", "Booked by hand")
		viewer.post(event, "note", "mine").expect(t, http.StatusForbidden, "", "needs another role")
		viewer.get("/finance/events/resolved").expect(t, http.StatusForbidden, "", "needs another role")

		ada.post("/finance/events/evt_1/replay").expect(t, http.StatusSeeOther, "/finance/events?said=replayed", "")
		ada.get("/finance/events").says(t, "evt_1")
		ada.get("/finance/events/resolved").says(t, "Open again")
		ada.post("/finance/findings/missing_at_stripe/ch_none/resolve", "note", "why").expect(t, http.StatusNotFound, "", "Page not found")
	})
}

func TestThatPersonsWereTakenOutOfAnEventStandsBesideIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "reader@example.org", "Rita Reader")
		poison := models.Event{ID: "evt_1", Type: "charge.succeeded", Created: h.clock.Now(), Raw: []byte(`{"id":"evt_1"}`)}
		if _, _, err := h.store.Receive(t.Context(), poison, models.Reading{State: models.EventAttention, Problem: "can't be read"}); err != nil {
			t.Fatal(err)
		}
		const taken = "Persons were taken out of its text: tried again, it is looked up at Stripe."
		who := h.add("ada@example.org", models.Finance)
		events, gift := h.as(who).get("/finance/events"), h.as(who).get("/finance/donations/"+d.ID)
		events.hides(t, taken)
		gift.says(t, "billing_details")
		gift.hides(t, "Emptied of persons")

		h.clock.Advance(models.PayloadsKeptAtMost + time.Second)
		if n, err := h.store.EmptyPayloads(t.Context(), 100); n != 2 || err != nil {
			t.Fatalf("%d were emptied, %v", n, err)
		}
		h.as(who).get("/finance/events").says(t, "evt_1", taken)
		gift = h.as(who).get("/finance/donations/" + d.ID)
		gift.says(t, "Raw text of evt_ch_1", "Emptied of persons")
		gift.hides(t, "billing_details")
		if _, err := h.store.CompleteRetention(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.as(who).get("/finance/audit?who=service").says(t, "1 act", "Old events emptied of persons", "Of December 29, 2027 or before", "By the service")
	})
}
