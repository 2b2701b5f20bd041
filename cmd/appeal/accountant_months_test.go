//go:build !race

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
)

// looksAtEachMonth adds the months up to the whole, and holds those that are
// closed to what was taken home when they were.
func (a *accountant) looksAtEachMonth() {
	a.t.Helper()
	soFar, lines := trial{}, []string{}
	gifts := map[string]int{}
	for _, last := range months() {
		of := monthOf(last)
		text := a.reads(a.t, "/finance/export/journal.csv?"+of)
		if kept, closed := a.kept[of]; closed && withoutPayout(a.t, kept) != withoutPayout(a.t, text) {
			a.t.Errorf("the closed month up to %s says otherwise than when it was closed:\n%s", last.Format(time.DateOnly), cmp.Diff(strings.Split(kept, "\n"), strings.Split(text, "\n")))
		}
		journal := sheettest.Read(a.t, sheet.CSV, []byte(text))
		inMonth := a.balanceOf(journal)
		soFar.add(inMonth)
		for _, row := range journal.Rows {
			if row["date"][:7] != last.Format("2006-01") {
				a.t.Errorf("in the file of %s stands %v", last.Format("2006-01"), row)
			}
			lines = append(lines, row["key"]+" "+row["account"]+" "+row["debit"]+" "+row["credit"])
		}
		for _, row := range sheettest.Read(a.t, sheet.CSV, []byte(a.reads(a.t, "/finance/export/donations.csv?"+of))).Rows {
			gifts[row["id"]]++
		}
		xero := trial{}
		for _, row := range sheettest.Read(a.t, sheet.CSV, []byte(a.reads(a.t, "/finance/export/journal.csv?layout=xero&"+of))).Rows {
			xero[row["*AccountCode"]] += sheettest.Amount(a.t, row["*Amount"])
		}
		if diff := cmp.Diff(inMonth, xero); diff != "" {
			a.t.Errorf("%s as Xero imports it:\n%s", last.Format("2006-01"), diff)
		}
		if last.Month()%3 > 0 { // a quarter's end says it, too
			continue
		}
		asOf := a.totals("--as-of", last.Format(time.DateOnly))
		if diff := cmp.Diff([]money.Minor{-asOf.Gross, asOf.Refunded, asOf.Disputed, asOf.Fees, asOf.Offline, asOf.PaidOut, asOf.StripeBalance},
			[]money.Minor{
				soFar["4000"], soFar["4010"], soFar["4020"], soFar["6000"], soFar["1020"], soFar["1000"], soFar["1010"],
			}); diff != "" {
			a.t.Errorf("the months up to %s and the totals as of then (−totals +months):\n%s", last.Format(time.DateOnly), diff)
		}
		if last.Month() == time.December && last.Year() == 2027 && asOf.InTransit <= 0 {
			a.t.Errorf("nothing is in transit over the year's end: %+v", asOf)
		}
	}
	var whole []string
	for _, row := range a.files["journal"].Rows {
		whole = append(whole, row["key"]+" "+row["account"]+" "+row["debit"]+" "+row["credit"])
	}
	slices.Sort(whole)
	slices.Sort(lines)
	if diff := cmp.Diff(whole, lines); diff != "" {
		a.t.Errorf("the months together (−whole +months):\n%s", diff)
	}
	if len(gifts) != len(a.files["donations"].Rows) || slices.Max(slices.Collect(maps.Values(gifts))) != 1 {
		a.t.Errorf("%d gifts are in the months, and %d in the whole", len(gifts), len(a.files["donations"].Rows))
	}
}

// withoutPayout is a journal without the deposit that the money went out with,
// which is known only later.
func withoutPayout(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	table := sheettest.Read(t, sheet.CSV, []byte(text))
	for _, row := range table.Rows {
		for _, column := range table.Columns {
			if column != "payout" {
				fmt.Fprint(&out, row[column], ",")
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// looksAtTheLateRefund finds it in October, saying that it is of September 30,
// and in nothing of September.
func (a *accountant) looksAtTheLateRefund() {
	a.t.Helper()
	late := 0
	for _, row := range a.files["journal"].Rows {
		if !strings.HasPrefix(row["memo"], "of 2027-09-30, booked late") {
			continue
		}
		late++
		if row["date"] != "2027-10-01" || row["at"] != "2027-10-01T07:00:00Z" || !strings.HasSuffix(row["key"], ":refund") || row["debit"]+row["credit"] != "0.008.17" && row["debit"]+row["credit"] != "8.170.00" {
			a.t.Errorf("the late refund stands as %v", row)
		}
	}
	if late != 2 {
		a.t.Errorf("%d lines say that they are late", late)
	}
	if a.told.Late < 1 || a.told.LateNet >= 0 || a.told.ClosedThrough != "2027-11-30" {
		a.t.Errorf("the totals say of what came late: %+v", a.told)
	}
}
