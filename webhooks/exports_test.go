package webhooks_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/models"
)

// exportsAgree holds every export of the books to the totals, to the cent, and
// to each other, in both forms.
func exportsAgree(t *testing.T, store *models.Store) {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	totals, err := store.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		read := func(table export.Table, layout export.Layout) sheettest.Table {
			t.Helper()
			var out bytes.Buffer
			rows, err := export.Books{Store: store, Campaign: c}.Write(t.Context(), &out, export.Request{Table: table, Layout: layout}, f, nil)
			got := sheettest.Read(t, f, out.Bytes())
			if err != nil || len(got.Rows) != rows {
				t.Fatalf("%s: %d rows of %d, %v", table, len(got.Rows), rows, err)
			}
			return got
		}
		gifts := read(export.Donations, export.Whole)
		got := models.Totals{
			Gross: gifts.Sum(t, "amount"), Refunded: gifts.Sum(t, "refunded"), Disputed: gifts.Sum(t, "disputed"), Fees: gifts.Sum(t, "fee"), Net: gifts.Sum(t, "net"),
		}
		donors := read(export.Donors, export.Whole)
		got.Raised = donors.Sum(t, "total")
		for _, row := range donors.Rows {
			if row["gifts"] != "0" {
				got.Donors++
			}
		}
		payouts, arrives, today := read(export.Payouts, export.Whole), map[string]string{}, store.Now().In(c.Zone).Format(time.DateOnly)
		for _, row := range payouts.Rows {
			arrives[row["payout"]] = row["arrival_date"]
		}
		journal := read(export.Journal, export.Whole)
		posting := map[string]money.Minor{}
		accounts := map[string]money.Minor{}
		for _, row := range journal.Rows {
			moved := sheettest.Amount(t, row["debit"]) - sheettest.Amount(t, row["credit"])
			posting[row["posting"]] += moved
			accounts[row["code"]] += moved
			if row["account"] == string(models.Bank) && arrives[row["payout"]] > today {
				got.InTransit += moved
			}
			if row["key"] == "" || row["code"] != c.Accounts[models.Account(row["account"])] {
				t.Errorf("a line of the journal: %v", row)
			}
		}
		for number, off := range posting {
			if off != 0 {
				t.Errorf("posting %s is out of balance by %d", number, off)
			}
		}
		of := func(a models.Account) money.Minor { return accounts[c.Accounts[a]] }
		got.PaidOut, got.StripeBalance = of(models.Bank), of(models.StripeBalance)
		got.OtherActivity = -of(models.OtherStripe) - of(models.OpeningStripe) - of(models.Suspense)
		got.Offline = of(models.OfflineReceived)
		want := totals
		want.Currency, want.Pending, want.Gifts, want.RecurringActive, want.RecurringMonthly, want.NeedsAttention = "", 0, 0, 0, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the %s exports and the totals (−totals +exports):\n%s", f, diff)
		}
		if diff := cmp.Diff([]money.Minor{-totals.Gross, totals.Refunded, totals.Disputed, totals.Fees},
			[]money.Minor{of(models.DonationIncome), of(models.ContraRefunds), of(models.ContraDisputes), of(models.FeeExpense)}); diff != "" {
			t.Errorf("the journal's accounts and the totals:\n%s", diff)
		}
		quickBooks, xero := map[string]money.Minor{}, map[string]money.Minor{}
		for _, row := range read(export.Journal, export.QuickBooks).Rows {
			quickBooks[row["Account Name"]] += sheettest.Amount(t, row["Debits"]) - sheettest.Amount(t, row["Credits"])
		}
		for _, row := range read(export.Journal, export.Xero).Rows {
			xero[row["*AccountCode"]] += sheettest.Amount(t, row["*Amount"])
		}
		if diff := cmp.Diff(accounts, quickBooks) + cmp.Diff(accounts, xero); diff != "" {
			t.Errorf("the journal's accounts by its layouts:\n%s", diff)
		}
		payoutsAddUp(t, payouts)
	}
}

// payoutsAddUp holds every payout that is opened to its parts.
func payoutsAddUp(t *testing.T, payouts sheettest.Table) {
	t.Helper()
	for _, row := range payouts.Rows {
		if row["gifts"] == "" {
			continue
		}
		var sum money.Minor
		for _, part := range strings.Split("gifts,fees,refunds,disputes,other,difference", ",") {
			sum += sheettest.Amount(t, row[part])
		}
		if sum != sheettest.Amount(t, row["amount"]) {
			t.Errorf("a payout comes to %s: %v", sum, row)
		}
	}
}
