package finance_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// columns are promised to whoever reads the files by program.
var columns = map[string]string{
	"donations": "id,reference,received_at,date,status,frequency,method,donor_id,donor_name,donor_email,currency,amount,fees_covered,refunded,disputed,fee,net,src,utm_source,utm_medium,utm_campaign,utm_content," +
		"tribute,tribute_name,comment,newsletter,receipt,charge,payout,offline_reference",
	"journal":    "posting,at,date,key,account,code,debit,credit,currency,donation,payout,memo",
	"payouts":    "payout,arrival_date,status,currency,amount,gifts,fees,refunds,disputes,other,difference",
	"donors":     "id,name,email,address,first_gift,last_gift,gifts,total,recurring",
	"newsletter": "email,requested_at,confirmed_at,source",
	"articles":   "article,kind,gifts,currency,one_time,recurring,offline,gross,refunded,disputed,raised,fees,net",
}

// offlineCheck enters a check.
func (h *house) offlineCheck(g models.NewOfflineGift) models.Donation {
	h.t.Helper()
	g.Method, g.Zone, g.EnteredBy = models.Check, zone(h.t), "ada@example.org"
	d, err := h.store.EnterOffline(h.t.Context(), g)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func zone(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestEveryExportHasItsColumnsAlsoWithoutRows(t *testing.T) {
	h := open(t, "")
	ada, viewer := h.as(h.add("ada@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
	for table, want := range columns {
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			path := "/finance/export/" + table + "." + string(f)
			got := ada.get(path)
			if got.status != http.StatusOK || got.header.Get("Content-Type") != f.ContentType() ||
				got.header.Get("Content-Disposition") != `attachment; filename="corruption-project-`+table+`.`+string(f)+`"` {
				t.Fatalf("%s is answered %d %v", path, got.status, got.header)
			}
			read := sheettest.Read(t, f, []byte(got.body))
			if diff := cmp.Diff(strings.Split(want, ","), read.Columns); diff != "" || len(read.Rows) > 0 {
				t.Errorf("%s has %d rows under (−promised +got):\n%s", path, len(read.Rows), diff)
			}
			if f == sheet.CSV && got.body != want+"\r\n" {
				t.Errorf("%s without rows is %q", path, got.body)
			}
			viewer.get(path).expect(t, http.StatusForbidden, "", "needs another role")
		}
	}
	for _, path := range []string{"/finance/export/staff.csv", "/finance/export/donations.pdf", "/finance/export/donations", "/finance/export/journal.csv?layout=sage", "/finance/export/donors.csv?layout=xero"} {
		ada.get(path).expect(t, http.StatusNotFound, "", "Page not found")
	}
	for _, asked := range []string{"?from=soon", "?to=2026-02-30", "?from=2026-11-25&to=2026-11-24"} {
		ada.get("/finance/export/journal.csv"+asked).expect(t, http.StatusUnprocessableEntity, "", "This is the whole campaign.")
		ada.get("/finance/export/donations.csv"+asked).expect(t, http.StatusUnprocessableEntity, "", "day")
	}
	if log := ada.get("/finance/audit").body; strings.Count(log, "0 rows") != 2*len(columns) {
		t.Errorf("the log of what was taken:\n%s", log)
	}
}

func TestAnExportHoldsThePeriodsRowsToTheCentAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := storetest.PaidOut(t, h.store, 0)
		check := h.offlineCheck(models.NewOfflineGift{
			Amount: 1250_00, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), DonorName: "=HYPERLINK(\"https://x.example\")", DonorEmail: "Bo@Example.org",
			DonorAddress: "1 Main St\r\nOakland", Reference: "-1042", Note: "staff only",
		})
		ada := h.as(h.add("ada@example.org", models.Finance))
		read := func(f sheet.Format, path string) sheettest.Table {
			t.Helper()
			got := ada.get("/finance/export/" + strings.Replace(path, ".", "."+string(f), 1))
			if got.status != http.StatusOK {
				t.Fatalf("%s is answered %d", path, got.status)
			}
			return sheettest.Read(t, f, []byte(got.body))
		}
		want := []map[string]string{
			{
				"id": check.ID, "reference": check.Reference, "received_at": "2026-11-20T20:00:00Z", "date": "2026-11-20", "status": "received", "frequency": "once",
				"method": "check", "donor_name": "'=HYPERLINK(\"https://x.example\")", "donor_email": "bo@example.org", "currency": "usd", "amount": "1250.00",
				"fees_covered": "0.00", "refunded": "0.00", "disputed": "0.00", "fee": "0.00", "net": "1250.00", "tribute": "none", "newsletter": "false",
				"offline_reference": "'-1042",
			},
			{
				"id": d.ID, "reference": d.Reference, "received_at": "2026-11-24T20:00:00Z", "date": "2026-11-24", "status": "partially_refunded", "frequency": "once",
				"method": "visa", "donor_name": "Ruth Castillo", "donor_email": "ruth@example.org", "currency": "usd", "amount": "50.00",
				"fees_covered": "0.00", "refunded": "20.00", "disputed": "0.00", "fee": "1.75", "net": "28.25", "tribute": "none", "newsletter": "false",
				"charge": "ch_1", "payout": "po_1",
			},
		}
		got := read(sheet.CSV, "donations.")
		for _, row := range got.Rows {
			delete(row, "donor_id")
			for column, cell := range row {
				if cell == "" {
					delete(row, column)
				}
			}
		}
		if diff := cmp.Diff(want, got.Rows); diff != "" {
			t.Errorf("the donations (−want +got):\n%s", diff)
		}
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			first := read(f, "donations.?from=2026-11-24&to=2026-11-24")
			if len(first.Rows) != 1 || first.Sum(t, "net") != 28_25 {
				t.Errorf("the donations of one day: %v", first.Rows)
			}
			lines := read(f, "journal.?to=2026-11-24")
			if debit, credit := lines.Sum(t, "debit"), lines.Sum(t, "credit"); debit != credit || debit != 1250_00+50_00+1_75+20_00+45_00-1_61 {
				t.Errorf("debits of %s and credits of %s", debit, credit)
			}
			articles := read(f, "articles.")
			if len(articles.Rows) != 2 || articles.Sum(t, "gross") != 1300_00 || articles.Sum(t, "raised") != 1280_00 || articles.Sum(t, "net") != 1278_25 ||
				articles.Rows[0]["kind"] != "none" || articles.Rows[1]["kind"] != "offline" {
				t.Errorf("the articles: %v", articles.Rows)
			}
			donors := read(f, "donors.")
			if len(donors.Rows) != 2 || donors.Sum(t, "total") != 1280_00 {
				t.Errorf("the donors: %v", donors.Rows)
			}
			payouts := read(f, "payouts.?from=2026-11-27&to=2026-11-27")
			if len(payouts.Rows) != 1 || payouts.Sum(t, "amount") != 71_64 || payouts.Sum(t, "fees") != -1_75 || payouts.Sum(t, "other") != 43_39 || payouts.Sum(t, "difference") != 0 {
				t.Errorf("the payouts: %v", payouts.Rows)
			}
			if late := read(f, "payouts.?from=2026-11-28"); len(late.Rows) > 0 {
				t.Errorf("later payouts: %v", late.Rows)
			}
		}
		page := ada.get("/finance/export?from=2026-11-24&to=2026-11-24")
		page.says(t, "Nov 24, 2026", "1 row, 30 columns", `href="/finance/export/donations.csv?from=2026-11-24&amp;to=2026-11-24"`, "QuickBooks Online", "layout=xero")
		ada.get("/finance/audit").says(t, "donations-2026-11-24-to-2026-11-24.csv", "1 row; From 2026-11-24; To 2026-11-24", "ada@example.org")
	})
}

func TestTheGiftsOfAListAreExportedAsItShowsThem(t *testing.T) {
	h := open(t, "")
	storetest.PaidOut(t, h.store, 0)
	for _, name := range []string{"Ann Ames", "Bea Ames", "Cy Bell"} {
		h.offlineCheck(models.NewOfflineGift{Amount: 100_00, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), DonorName: name})
	}
	wrong := h.offlineCheck(models.NewOfflineGift{Amount: 7_00, ReceivedOn: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), DonorName: "Dot Ames"})
	if err := h.store.ReverseOffline(t.Context(), wrong.ID, "typed twice", "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	ada, viewer := h.as(h.add("ada@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
	list := ada.get("/finance/donations?q=ames&sort=oldest")
	const at = "/finance/export/donations.csv?also=unpaid&amp;q=ames"
	list.says(t, "3 gifts, $200.00", "Export these 3 gifts", `href="`+at+`"`)
	got := sheettest.Read(t, sheet.CSV, []byte(ada.get(strings.ReplaceAll(at, "&amp;", "&")).body))
	if len(got.Rows) != 3 || got.Sum(t, "amount") != 200_00 {
		t.Errorf("of the list's gifts these are exported: %v", got.Rows)
	}
	// What was entered wrongly was not received.
	if got := sheettest.Read(t, sheet.CSV, []byte(ada.get("/finance/export/donations.csv?q=ames").body)); len(got.Rows) != 2 {
		t.Errorf("exported as received: %v", got.Rows)
	}
	log := ada.get("/finance/audit")
	log.says(t, "3 rows; found by a search")
	log.hides(t, "ames")
	for _, figure := range []models.Figure{models.GrossFigure, models.RefundsFigure, models.NetFigure, models.GiftsFigure, models.RefundsUnderWay} {
		page, err := h.store.ListGifts(t.Context(), models.GiftQuery{Figure: figure}, 50)
		if err != nil {
			t.Fatal(err)
		}
		got := ada.get("/finance/export/donations.csv?also=unpaid&figure=" + string(figure))
		if read := sheettest.Read(t, sheet.CSV, []byte(got.body)); int64(len(read.Rows)) != page.Count || read.Sum(t, "amount") != page.Gross {
			t.Errorf("behind %s the list has %d gifts, and the export %d", figure, page.Count, len(read.Rows))
		}
	}
	viewer.get("/finance/donations").hides(t, "/finance/export")
	if none := ada.get("/finance/donations?q=nobody"); strings.Contains(none.body, "Export these") {
		t.Error("nothing is offered as a file")
	}
}

// No text that a stranger typed is a formula in either form, or breaks a row.
func TestHostileTextsStayTextsInEveryExport(t *testing.T) {
	h := open(t, "")
	texts := hostile.Payloads()
	for i, text := range texts {
		h.offlineCheck(models.NewOfflineGift{
			Amount: 1_00, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), DonorName: text.Text, DonorAddress: text.Text, Reference: text.Text, DonorEmail: "donor" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@example.org",
		})
	}
	ada := h.as(h.add("ada@example.org", models.Finance))
	for _, table := range []string{"donations", "donors", "journal"} {
		asCSV := sheettest.Read(t, sheet.CSV, []byte(ada.get("/finance/export/"+table+".csv").body))
		asXLSX := sheettest.Read(t, sheet.XLSX, []byte(ada.get("/finance/export/"+table+".xlsx").body))
		if len(asCSV.Rows) < len(texts) || len(asXLSX.Rows) != len(asCSV.Rows) {
			t.Fatalf("%s: %d rows as CSV, %d in a workbook", table, len(asCSV.Rows), len(asXLSX.Rows))
		}
		for i, row := range asCSV.Rows {
			for column, cell := range row {
				if number := slices.Contains([]string{"net", "total"}, column); !number && strings.ContainsAny(firstOf(cell), "=+-@\t\r\n\x00|%") {
					t.Errorf("%s, row %d, %s begins a formula: %q", table, i+1, column, cell)
				}
				if other := asXLSX.Rows[i][column]; (strings.Contains(column, "name") || column == "address") && flat(other) != flat(cell) {
					t.Errorf("%s, row %d, %s is %q as CSV and %q in a workbook", table, i+1, column, cell, other)
				}
			}
		}
	}
}

func firstOf(s string) string {
	for _, r := range strings.TrimSpace(s) {
		return string(r)
	}
	return ""
}

// flat is a text without what the two forms write differently: ends of lines,
// and characters that a workbook can't hold.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\uFFFD' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, s)
}

func TestAnExportsAddressIsSharedByFiltersAsTheyStand(t *testing.T) {
	h := open(t, "")
	storetest.PaidOut(t, h.store, 0)
	ada := h.as(h.add("ada@example.org", models.Finance))
	ada.get("/finance/donations?"+url.Values{"status": {"partially_refunded"}, "min": {"10"}, "from": {"2026-11-24"}}.Encode()).
		says(t, "/finance/export/donations.xlsx?also=unpaid&amp;from=2026-11-24&amp;min=10&amp;status=partially_refunded")
}

func TestDonorsAreExportedFromATotalOn(t *testing.T) {
	clock := &storetest.Clock{}
	h := openAs(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "", func(c *finance.Config) { c.Campaign.PublishDonorsFrom = 2500_00 })
	for email, gave := range map[string]models.NewOfflineGift{
		"much@example.org":  {Amount: 5000_00, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)},
		"less@example.org":  {Amount: 4999_99, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)},
		"early@example.org": {Amount: 9000_00, ReceivedOn: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)},
	} {
		gave.DonorEmail, gave.DonorName, gave.DonorAddress = email, "A Donor", "1 Main St"
		h.offlineCheck(gave)
	}
	ada, viewer := h.as(h.add("ada@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
	ada.get("/finance/export").says(t, `action="/finance/export/donors.csv"`, `formaction="/finance/export/donors.xlsx"`, `name="min_total"`, `value="5000.00"`, `name="year"`, `value="2026"`,
		"names of who gives $2,500 or more")
	for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		for asked, want := range map[string]money.Minor{
			"?min_total=5000.00&year=2026": 5000_00, "?min_total=%245%2C000&year=2025": 9000_00, "?min_total=4999.99&from=2026-11-20&to=2026-11-20": 9999_99,
			"?min_total=5000": 14000_00, "?year=2026": 9999_99, "?min_total=&year=": 18999_99,
		} {
			got := ada.get("/finance/export/donors." + string(f) + asked)
			if got.status != http.StatusOK {
				t.Fatalf("%s is answered %d", asked, got.status)
			}
			read := sheettest.Read(t, f, []byte(got.body))
			if sum := read.Sum(t, "total"); sum != want || strings.Join(read.Columns, ",") != columns["donors"] {
				t.Errorf("%s as %s comes to %s under %v, not to %s", asked, f, sum, read.Columns, want)
			}
		}
	}
	ada.get("/finance/audit").says(t, "donors-2026-01-01-to-2026-12-31-min-5000.00.csv", "1 row; Total of $5,000 or more; From 2026-01-01; To 2026-12-31")
	for asked, problem := range map[string]string{
		"?min_total=lots": "in dollars", "?min_total=-1": "in dollars", "?year=soon": "four digits", "?year=0": "four digits", "?year=2026&to=2026-11-20": "not for both",
	} {
		ada.get("/finance/export/donors.csv"+asked).expect(t, http.StatusUnprocessableEntity, "", problem)
	}
	ada.get("/finance/export/donors.csv?min_total=lots&year=2025").says(t, `value="lots"`, `value="2025"`)
	viewer.get("/finance/export/donors.csv?min_total=5000&year=2026").expect(t, http.StatusForbidden, "", "needs another role")
}
