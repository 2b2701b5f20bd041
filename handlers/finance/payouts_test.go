package finance_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const payout = "/finance/payouts/po_1"

// says fails for each text that a page lacks.
func (a answer) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("it does not say %q:\n%s", text, a.body)
		}
	}
}

// hides fails for each text that a page has.
func (a answer) hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("it says %q:\n%s", text, a.body)
		}
	}
}

func TestAPayoutAddsUpToTheCentAndIsMarkedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := storetest.PaidOut(t, h.store, 0)
		ada, admin := h.as(h.add("ada@example.org", models.Finance)), h.as(h.add("admin@example.org", models.Admin))
		ada.get("/finance/payouts").says(t, "1 payout to the bank, $71.64 in all. Each that is opened adds up.", `<a href="/finance/payouts/po_1">Fri, Nov 27, 2026</a>`, "$50.00", "−$1.75", "−$20.00", "$43.39")
		page := ada.get(payout)
		page.says(t, "Every line is matched", "Sum of the lines", "<dd>$71.64</dd>", `/finance/donations/`+d.ID+`">Ruth Castillo</a>`, "One time, Visa", "Part of $50.00, gift of Nov 24", "Not a gift, in no total: charge", "Not marked reconciled yet")
		page.hides(t, "differing", "Take the mark back")

		ada.post(payout+"/reconcile").expect(t, http.StatusSeeOther, payout+"?said=marked", "")
		marked := ada.get(payout + "?said=marked")
		marked.says(t, "Marked as reconciled.", "Marked reconciled by ada@example.org", "Nov 24, 2026")
		marked.hides(t, "Mark reconciled</button>", "Take the mark back")
		admin.post(payout+"/reconcile").expect(t, http.StatusConflict, "", "Somebody has done that before you.")
		admin.get("/finance/audit").says(t, "Payout marked reconciled", "ada@example.org", "po_1")

		admin.get(payout).says(t, "Take the mark back")
		admin.post(payout+"/unreconcile").expect(t, http.StatusSeeOther, payout+"?said=unmarked", "")
		admin.get(payout).says(t, "Not marked reconciled yet")
		admin.post("/finance/payouts/po_none/reconcile").expect(t, http.StatusNotFound, "", "Page not found")
	})
}

func TestAPayoutWithOneUnknownLineShowsTheDifferenceAndPointsAtTheLine(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		storetest.PaidOut(t, h.store, 12_34)
		ada := h.as(h.add("ada@example.org", models.Finance))
		ada.get("/finance/payouts").says(t, `Not adding up: <a href="/finance/payouts/po_1">$83.98 of Fri, Nov 27, 2026</a>`, `<td class="num differs">$12.34</td>`)
		page := ada.get(payout)
		page.says(t, "Difference $12.34", `<a href="#txn_unknown">txn_unknown</a>`, `<tr id="txn_unknown">`, "<dd>$71.64</dd>", "<dd>$83.98</dd>", "<dd>$12.34</dd>")
		page.hides(t, "Every line is matched", "Mark reconciled</button>")
		if strings.Index(page.body, `<tbody id="unmatched">`) > strings.Index(page.body, `<tbody id="refunds">`) {
			t.Error("what is not matched does not stand on top")
		}
		ada.post(payout+"/reconcile").expect(t, http.StatusConflict, "", "can’t be marked yet")
	})
}

func TestAViewerSeesAPayoutWithoutNamesAndTakesNoTableAway(t *testing.T) {
	h := open(t, "")
	d := storetest.PaidOut(t, h.store, 0)
	viewer, ada := h.as(h.add("viewer@example.org", models.Viewer)), h.as(h.add("ada@example.org", models.Finance))
	ada.post(payout+"/reconcile").expect(t, http.StatusSeeOther, payout+"?said=marked", "")
	page := viewer.get(payout)
	page.says(t, d.Reference, "Marked reconciled by a…@e…")
	page.hides(t, "Castillo", "ruth@", "ada@", "lines.csv", "<button class=\"inkbutton\"")
	viewer.get(payout+"/lines.csv").expect(t, http.StatusForbidden, "", "needs another role")
	viewer.post(payout+"/reconcile").expect(t, http.StatusForbidden, "", "needs another role")
	ada.post(payout+"/unreconcile").expect(t, http.StatusForbidden, "", "needs another role")
}

func TestTheTableOfAPayoutsLinesComesToWhatWasSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		storetest.PaidOut(t, h.store, 12_34)
		got := h.as(h.add("ada@example.org", models.Finance)).get(payout + "/lines.csv")
		rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var nets []string
		for _, row := range rows {
			nets = append(nets, row[3]+" "+row[len(row)-1])
		}
		if got := strings.Join(nets, ", "); got != "part net, unmatched 12.34, refunds -20.00, other 43.39, gifts 48.25" {
			t.Error(got)
		}
		if got.header.Get("Content-Disposition") != `attachment; filename="corruption-project-payout-2026-11-27.csv"` {
			t.Error(got.header)
		}
		acts, err := h.store.ListAudit(t.Context(), models.AuditQuery{Act: models.Exported}, 2)
		if err != nil || len(acts) != 1 || acts[0].Object != "payout-2026-11-27.csv" || acts[0].After != "4 rows; po_1" || acts[0].Who != "ada@example.org" {
			t.Errorf("written down is %+v, %v", acts, err)
		}
	})
}

func TestDaysOfPayoutsAreAskedForInTheAddress(t *testing.T) {
	h := open(t, "")
	storetest.PaidOut(t, h.store, 0)
	viewer := h.as(h.add("viewer@example.org", models.Viewer))
	viewer.get("/finance/payouts?from=2026-11-27&to=2026-11-27").says(t, "1 payout to the bank", `value="2026-11-27"`)
	viewer.get("/finance/payouts?from=2026-11-28").says(t, "0 payouts to the bank", "Nothing arrived in these days.")
	viewer.get("/finance/payouts?before=po_1").says(t, "There is nothing before that.")
	viewer.get("/finance/payouts?from=nonsense").expect(t, http.StatusUnprocessableEntity, "", "Enter the day (from) as year-month-day, like 2027-06-18.")
	viewer.get("/finance/payouts?from=2026-11-28&to=2026-11-27").expect(t, http.StatusUnprocessableEntity, "", "The first day is after the last.")
}

func TestAPayoutThatTheBankDidNotGetPromisesNoLines(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	h := openOn(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "")
	came := clock.Now()
	p := models.Payout{ID: "po_back", Amount: 7164, Currency: "usd", Status: "failed", Automatic: true, ArrivalOn: models.CivilDay(came), CreatedAt: came, FailedAt: &came}
	if _, err := h.store.Learn(t.Context(), models.Object{ID: p.ID, Raw: []byte("{}"), Reading: models.Reading{Payout: &p}}); err != nil {
		t.Fatal(err)
	}
	page := h.as(h.add("ada@example.org", models.Finance)).get("/finance/payouts/po_back")
	page.says(t, "Failed, the money came back", "It is in Stripe’s balance again")
	page.hides(t, "That comes by itself", "Mark reconciled</button>")
}
