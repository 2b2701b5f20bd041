package finance_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// logged are the acts that a page of the log lists: what, upon what, and what
// it changed.
func logged(page answer) []string {
	var all []string
	for _, row := range regexp.MustCompile(`<tr><td class="nb">[^<]*</td><td>([^<]*)</td><td>([^<]*)</td><td>(?:<a href="([^"]*)">)?([^<]*)(?:</a>)?</td><td>([^<]*)</td></tr>`).FindAllStringSubmatch(page.body, -1) {
		all = append(all, html.UnescapeString(strings.Join(row[1:], "|")))
	}
	return all
}

// busy is a house in which something was done on two days: an offline gift
// entered on the first, a role changed on the second.
func busy(t *testing.T) (h *house, books models.Staff, gift models.Donation) {
	t.Helper()
	h = open(t, "")
	books = h.add("books@example.org", models.Finance)
	h.clock.Advance(time.Second)
	y, m, d := h.clock.Now().In(h.zone).Date()
	gift, err := h.store.EnterOffline(t.Context(), models.NewOfflineGift{
		Amount: money.Minor(25000), Method: models.DAF, ReceivedOn: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), Zone: h.zone, EnteredBy: books.Email,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(24 * time.Hour)
	if err := h.store.SetRole(t.Context(), models.Operator, h.add("clerk@example.org", models.Viewer).Email, models.Finance); err != nil {
		t.Fatal(err)
	}
	return h, books, gift
}

func TestTheAuditLogIsFilteredByItsAddress(t *testing.T) {
	h, books, gift := busy(t)
	admin := h.as(h.add("admin@example.org", models.Admin))
	first := h.clock.Now().Add(-24 * time.Hour).In(h.zone).Format(time.DateOnly)
	entered := "books@example.org|Offline gift entered|/finance/donations/" + gift.ID + "|Gift " + gift.Reference + "|$250.00, donor-advised fund, received " + first
	role := "command line|Role changed|/finance/staff|clerk@example.org|viewer → finance"
	for address, want := range map[string][]string{
		"?who=" + books.ID:                           {entered},
		"?act=staff.role":                            {role},
		"?object=" + gift.ID:                         {entered},
		"?object=" + strings.ToLower(gift.Reference): {entered},
		"?object=clerk@example.org&act=staff.role":   {role},
		"?who=operator&act=staff.role":               {role},
		"?to=" + first:                               {entered, "command line|Added to the staff|/finance/staff|books@example.org|finance"},
		"?from=2300-01-01":                           nil,
		"?who=staff_nobody":                          nil,
	} {
		page := admin.get("/finance/audit" + address)
		page.expect(t, http.StatusOK, "", fmt.Sprintf("<strong>%d act", len(want)))
		if diff := cmp.Diff(want, logged(page)); diff != "" {
			t.Errorf("%s (−want +got):\n%s", address, diff)
		}
	}
	page := admin.get("/finance/audit?who=" + books.ID + "&to=" + first)
	page.expect(t, http.StatusOK, "", `<a href="/finance/audit?to=`+first+`"><span class="unseen">Take away: </span>By books@example.org`)
	admin.get("/finance/audit?from=soon").expect(t, http.StatusUnprocessableEntity, "", "Enter the day (from)")
}

func TestAViewerFindsOutNoAddressThroughTheAuditLog(t *testing.T) {
	h, books, _ := busy(t)
	viewer := h.as(h.add("viewer@example.org", models.Viewer))
	for _, address := range []string{"", "?who=" + books.ID, "?object=" + books.Email} {
		page := viewer.get("/finance/audit" + address)
		if _, main, _ := strings.Cut(page.body, "<main"); strings.Contains(main, "books@") || strings.Contains(main, "audit.csv") {
			t.Errorf("%q tells an address or leads to the table:\n%s", address, main)
		}
	}
	// Whoever guesses reads back what was typed, and nothing else.
	guessed := viewer.get("/finance/audit?who=" + books.Email)
	if wrong := viewer.get("/finance/audit?who=other@example.org"); strings.ReplaceAll(guessed.body, books.Email, "other@example.org") != wrong.body {
		t.Errorf("an address that is somebody's is answered otherwise than one that is nobody's:\n%s", guessed.body)
	}
	viewer.get("/finance/audit?object="+books.Email).expect(t, http.StatusUnprocessableEntity, "", "Addresses are looked for by finance and admin alone.")
	viewer.get("/finance/audit.csv").expect(t, http.StatusForbidden, "", "That needs another role")
}

func TestTheAuditLogIsTakenAsATableAndThatIsWrittenDown(t *testing.T) {
	h, books, gift := busy(t)
	b := h.as(books)
	h.clock.Advance(time.Second)
	got := b.get("/finance/audit.csv?who=" + books.ID + "&act=offline.entered")
	got.expect(t, http.StatusOK, "", "id,at,who,act,object,before,after,reference\r\n")
	if kind, name := got.header.Get("Content-Type"), got.header.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || !strings.HasPrefix(name, `attachment; filename="corruption-project-audit-2`) {
		t.Errorf("it is sent as %q, %q", kind, name)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%q, %v", rows, err)
	}
	at := h.clock.Now().Add(-24*time.Hour - time.Second).UTC().Format("2006-01-02T15:04:05Z")
	want := []string{rows[1][0], at, books.Email, "offline.entered", gift.ID, "", rows[1][6], gift.Reference}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Errorf("the row (−want +got):\n%s", diff)
	}
	table := "audit-" + h.clock.Now().In(h.zone).Format(time.DateOnly) + ".csv"
	told := logged(b.get("/finance/audit?act=table.exported"))
	if diff := cmp.Diff([]string{"books@example.org|Table taken out||" + table + "|1 row; By books@example.org; Offline gift entered"}, told); diff != "" {
		t.Errorf("the log (−want +got):\n%s", diff)
	}
	b.get("/finance/audit.csv?from=soon").expect(t, http.StatusUnprocessableEntity, "", "Enter the day (from)")
}

func TestATableHoldsEveryPageOfTheAuditLogOnce(t *testing.T) {
	h := open(t, "")
	b := h.as(h.add("books@example.org", models.Finance))
	for i := range 1100 {
		if err := h.store.NoteExport(t.Context(), models.Operator, "a table", fmt.Sprint("=", i)); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Advance(time.Second)
	rows, err := csv.NewReader(strings.NewReader(b.get("/finance/audit.csv?object=a+table").body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[6]] = true
	}
	if len(rows) != 1101 || len(seen) != 1100 || !seen["'=7"] {
		t.Errorf("%d rows, %d of them different", len(rows)-1, len(seen))
	}
}
