//go:build !race

package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/models"
)

// codes are the campaign's own for the ledger's accounts.
var codes = map[string]string{
	"stripe:balance": "1010", "bank": "1000", "offline:received": "1020", "income:donations": "4000", "contra:refunds": "4010", "contra:disputes": "4020",
	"expense:fees": "6000", "other:stripe": "1080", "opening:stripe": "3900", "suspense": "1090",
}

// accountant has the files that left the house, what appeal totals says, and
// Stripe's own word. It adds up by itself.
type accountant struct {
	*year
	files map[string]sheettest.Table // of the whole campaign, by their names as CSV
	told  models.Totals
}

// accountant takes every file home, in both forms, from the page and by the
// command, which must be the same.
func (y *year) accountant() *accountant {
	y.t.Helper()
	a := &accountant{year: y, files: map[string]sheettest.Table{}, told: y.totals()}
	for _, name := range []string{"donations", "journal", "journal quickbooks", "journal xero", "payouts", "donors", "articles", "newsletter"} {
		table, layout, _ := strings.Cut(name, " ")
		var asCSV sheettest.Table
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			path, args := "/finance/export/"+table+"."+string(f), []string{"export", table, "--format", string(f)}
			if layout != "" {
				path, args = path+"?layout="+layout, append(args, "--layout", layout)
			}
			page, command := y.reads(y.t, path), y.command(args...)
			if page != command {
				y.t.Errorf("%s as %s from the page is another than by the command", name, f)
			}
			read := sheettest.Read(y.t, f, []byte(page))
			if f == sheet.CSV {
				asCSV = read
			} else if len(read.Rows) != len(asCSV.Rows) {
				y.t.Errorf("%s has %d rows as CSV and %d in a workbook", name, len(asCSV.Rows), len(read.Rows))
			}
			for _, column := range read.Columns {
				if isMoney(column) && read.Sum(y.t, column) != asCSV.Sum(y.t, column) {
					y.t.Errorf("%s: %s comes to %s as CSV and %s in a workbook", name, column, asCSV.Sum(y.t, column), read.Sum(y.t, column))
				}
			}
		}
		a.files[name] = asCSV
	}
	return a
}

func isMoney(column string) bool {
	return slices.Contains(strings.Split("amount,fees_covered,refunded,disputed,fee,net,debit,credit,Debits,Credits,*Amount,gifts,fees,refunds,disputes,other,difference,total,gross,raised", ","), column) && column != "gifts"
}

// trial is a trial balance: what each account comes to, debits less credits.
type trial map[string]money.Minor

func (of trial) add(more trial) {
	for code, sum := range more {
		of[code] += sum
	}
}

// balanceOf adds a journal up by codes, and holds each posting to the cent.
func (a *accountant) balanceOf(journal sheettest.Table) trial {
	a.t.Helper()
	all, postings := trial{}, map[string]money.Minor{}
	for _, row := range journal.Rows {
		debit, credit := sheettest.Amount(a.t, row["debit"]), sheettest.Amount(a.t, row["credit"])
		if debit < 0 || credit < 0 || (debit == 0) == (credit == 0) || row["currency"] != "usd" || row["code"] != codes[row["account"]] {
			a.t.Errorf("a line of the journal: %v", row)
		}
		if at, err := time.Parse(time.RFC3339, row["at"]); err != nil || at.In(a.zone).Format(time.DateOnly) != row["date"] {
			a.t.Errorf("a line of %s has the day %s", row["at"], row["date"])
		}
		all[row["code"]] += debit - credit
		postings[row["posting"]] += debit - credit
	}
	for number, off := range postings {
		if off != 0 {
			a.t.Errorf("posting %s is out of balance by %s", number, off)
		}
	}
	return all
}

func (a *accountant) looksAtTheWhole() {
	a.t.Helper()
	balance := a.balanceOf(a.files["journal"])
	var sum money.Minor
	for _, account := range balance {
		sum += account
	}
	if sum != 0 {
		a.t.Errorf("the trial balance is off by %s", sum)
	}
	a.tiesToTheTotals(balance)
	a.tiesToStripe(balance)
	a.tiesToThePayouts()
	a.tiesToEachGift()
	a.layoutsSayTheSame(balance)
	for account := range codes {
		if account != "suspense" && balance[codes[account]] == 0 {
			a.t.Errorf("the year does not touch %s", account)
		}
	}
	if a.told.NeedsAttention != 0 || balance[codes["suspense"]] != 0 {
		a.t.Errorf("something is not explained: %+v", a.told)
	}
}

// tiesToTheTotals holds the files to what appeal totals says.
func (a *accountant) tiesToTheTotals(balance trial) {
	a.t.Helper()
	gifts, donors, articles := a.files["donations"], a.files["donors"], a.files["articles"]
	gross := gifts.Sum(a.t, "amount")
	fromFiles := models.Totals{
		Gross: gross, Refunded: gifts.Sum(a.t, "refunded"), Disputed: gifts.Sum(a.t, "disputed"), Fees: gifts.Sum(a.t, "fee"),
		Net: gifts.Sum(a.t, "net"), Raised: donors.Sum(a.t, "total"), Offline: articles.Sum(a.t, "offline"), PaidOut: a.files["payouts"].Sum(a.t, "amount"),
	}
	for _, row := range donors.Rows {
		count, err := strconv.ParseInt(row["gifts"], 10, 64)
		a.ok(err)
		if fromFiles.Gifts += count; count > 0 {
			fromFiles.Donors++
		}
	}
	// What came back of a payout that failed was never paid out.
	for _, row := range a.files["payouts"].Rows {
		if row["status"] == "failed" || row["status"] == "canceled" {
			fromFiles.PaidOut -= sheettest.Amount(a.t, row["amount"])
		}
	}
	of := func(account string) money.Minor { return balance[codes[account]] }
	fromFiles.StripeBalance = of("stripe:balance")
	fromFiles.OtherActivity = -of("other:stripe") - of("opening:stripe") - of("suspense")
	told := a.told
	told.Currency, told.Pending, told.RecurringActive, told.RecurringMonthly, told.InTransit, told.ClosedThrough, told.Late, told.LateNet = "", 0, 0, 0, 0, "", 0, 0
	if diff := cmp.Diff(told, fromFiles); diff != "" {
		a.t.Errorf("the files and the totals (−totals +files):\n%s", diff)
	}
	if diff := cmp.Diff([]money.Minor{-gross, told.Refunded, told.Disputed, told.Fees, told.PaidOut, told.Offline},
		[]money.Minor{of("income:donations"), of("contra:refunds"), of("contra:disputes"), of("expense:fees"), of("bank"), of("offline:received")}); diff != "" {
		a.t.Errorf("the journal's accounts and the totals (−totals +journal):\n%s", diff)
	}
	for column, want := range map[string]money.Minor{"gross": told.Gross, "refunded": told.Refunded, "disputed": told.Disputed, "raised": told.Raised, "fees": told.Fees, "net": told.Net} {
		if got := articles.Sum(a.t, column); got != want {
			a.t.Errorf("the articles' %s comes to %s, not to %s", column, got, want)
		}
	}
}

// tiesToStripe holds the journal to Stripe's balance, to its payouts and to its
// own list of what moved.
func (a *accountant) tiesToStripe(balance trial) {
	a.t.Helper()
	var at struct{ Available, Pending []object }
	a.asks(a.t, "/v1/balance", &at)
	var held, out money.Minor
	for _, part := range append(at.Available, at.Pending...) {
		held += part.Amount
	}
	status := map[string]int{}
	for _, p := range a.list("payouts") {
		if status[p.Status]++; p.Status != "failed" && p.Status != "canceled" {
			out += p.Amount
		}
	}
	if balance[codes["stripe:balance"]] != held || balance[codes["bank"]] != out {
		a.t.Errorf("the journal has %s at Stripe and %s at the bank, Stripe %s and %s", balance[codes["stripe:balance"]], balance[codes["bank"]], held, out)
	}
	for _, want := range []string{"paid", "failed", "canceled", "in_transit", "pending"} {
		if status[want] == 0 && want != "in_transit" {
			a.t.Errorf("no payout is %s: %v", want, status)
		}
	}
	var net, fees money.Minor
	for _, moved := range a.list("balance_transactions") {
		net += moved.Net
		if moved.Category == "charge" || moved.Category == "dispute" || moved.Category == "dispute_reversal" {
			fees += moved.Fee
		}
	}
	if net != held {
		a.t.Errorf("what moved at Stripe comes to %s, and it holds %s", net, held)
	}
}

// tiesToThePayouts holds each deposit to the lines of the journal that went out
// with it, and to its own parts.
func (a *accountant) tiesToThePayouts() {
	a.t.Helper()
	went := map[string]money.Minor{}
	for _, row := range a.files["journal"].Rows {
		if row["account"] == "stripe:balance" && row["payout"] != "" {
			went[row["payout"]] += sheettest.Amount(a.t, row["debit"]) - sheettest.Amount(a.t, row["credit"])
		}
	}
	opened := 0
	for _, row := range a.files["payouts"].Rows {
		if row["gifts"] == "" {
			continue
		}
		opened++
		var sum money.Minor
		for _, part := range []string{"gifts", "fees", "refunds", "disputes", "other"} {
			sum += sheettest.Amount(a.t, row[part])
		}
		// What came back of one that failed bears its name, and went out with
		// another; what is from before the books stands in their opening.
		left := went[row["payout"]]
		for _, member := range a.list("balance_transactions?payout=" + row["payout"]) {
			before := time.Unix(member.Created, 0).Before(time.Date(2026, time.December, 1, 0, 0, 0, 0, a.zone))
			if before || strings.HasPrefix(member.Source, "po_") && member.Source != row["payout"] {
				left += member.Net
			}
		}
		if row["status"] == "failed" {
			left -= sheettest.Amount(a.t, row["amount"])
		}
		if row["difference"] != "0.00" || sum != sheettest.Amount(a.t, row["amount"]) || left != 0 {
			a.t.Errorf("a deposit of whose parts %s is explained, and of whose lines %s is left: %v", sum, left, row)
		}
	}
	if opened < 8 {
		a.t.Errorf("%d deposits are opened", opened)
	}
}

// tiesToEachGift holds each gift to its lines of the journal, and each donor to
// the gifts.
func (a *accountant) tiesToEachGift() {
	a.t.Helper()
	lines := map[string]trial{}
	for _, row := range a.files["journal"].Rows {
		gift := row["donation"]
		if gift == "" {
			continue
		}
		if lines[gift] == nil {
			lines[gift] = trial{}
		}
		lines[gift][row["account"]] += sheettest.Amount(a.t, row["debit"]) - sheettest.Amount(a.t, row["credit"])
	}
	ofDonor := map[string]money.Minor{}
	for _, row := range a.files["donations"].Rows {
		of := lines[row["id"]]
		for column, account := range map[string]string{"amount": "income:donations", "refunded": "contra:refunds", "disputed": "contra:disputes", "fee": "expense:fees"} {
			want := of[account]
			if column == "amount" {
				want = -want
			}
			if got := sheettest.Amount(a.t, row[column]); got != want {
				a.t.Errorf("%s: %s is %s, and its lines come to %s", row["id"], column, got, want)
			}
		}
		stands := sheettest.Amount(a.t, row["amount"]) - sheettest.Amount(a.t, row["refunded"]) - sheettest.Amount(a.t, row["disputed"])
		if sheettest.Amount(a.t, row["net"]) != stands-sheettest.Amount(a.t, row["fee"]) {
			a.t.Errorf("a gift's net: %v", row)
		}
		ofDonor[row["donor_id"]] += stands
		delete(lines, row["id"])
	}
	for gift, of := range lines { // one that was entered wrongly, and taken back
		if of["income:donations"] == 0 && of["offline:received"] == 0 && len(of) == 2 {
			delete(lines, gift)
		}
	}
	if len(lines) > 0 {
		a.t.Errorf("lines of gifts that are not among the donations: %v", lines)
	}
	for _, row := range a.files["donors"].Rows {
		if ofDonor[row["id"]] != sheettest.Amount(a.t, row["total"]) {
			a.t.Errorf("a donor's gifts come to %s: %v", ofDonor[row["id"]], row)
		}
		delete(ofDonor, row["id"])
	}
	if len(ofDonor) > 0 {
		a.t.Errorf("donors who are not among the donors: %v", ofDonor)
	}
}

// layoutsSayTheSame holds what accounting programs import to the journal.
func (a *accountant) layoutsSayTheSame(balance trial) {
	a.t.Helper()
	quickBooks, xero, entries := trial{}, trial{}, map[string]money.Minor{}
	for _, row := range a.files["journal quickbooks"].Rows {
		moved := sheettest.Amount(a.t, row["Debits"]) - sheettest.Amount(a.t, row["Credits"])
		quickBooks[row["Account Name"]] += moved
		entries["QuickBooks "+row["Journal No."]] += moved
	}
	for _, row := range a.files["journal xero"].Rows {
		moved := sheettest.Amount(a.t, row["*Amount"])
		xero[row["*AccountCode"]] += moved
		entries["Xero "+row["*Narration"]] += moved
	}
	if diff := cmp.Diff(balance, quickBooks) + cmp.Diff(balance, xero); diff != "" {
		a.t.Errorf("the accounts as the programs import them (−journal +layout):\n%s", diff)
	}
	for entry, off := range entries {
		if off != 0 {
			a.t.Errorf("%s is out of balance by %s", entry, off)
		}
	}
}
