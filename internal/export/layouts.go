package export

import (
	"context"
	"strconv"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

// Accounting programs are given one entry a day, of the sums of each account:
// they take files of a few hundred lines, and are no place for donors' gifts.
// Debits and credits are not set off against each other, so that refunds stay
// in sight.

// side is one side of an account on one day.
type side struct {
	day      time.Time // a UTC midnight
	account  models.Account
	amount   money.Minor // positive is a debit
	postings int
}

// sides goes through the days, and of each day through the accounts in the
// order of the chart.
func (b Books) sides(ctx context.Context, r Request, each func(side) error) error {
	var day time.Time
	type which struct {
		account models.Account
		credit  bool
	}
	sums := map[which]*side{}
	end := func() error {
		for _, account := range models.Accounts() {
			for _, credit := range []bool{false, true} {
				if sum := sums[which{account, credit}]; sum != nil && sum.amount != 0 {
					if err := each(*sum); err != nil {
						return err
					}
				}
			}
		}
		clear(sums)
		return nil
	}
	err := b.postings(ctx, r, func(p models.Posting) error {
		if now := models.CivilDay(p.At.In(b.Campaign.Zone)); !now.Equal(day) {
			if err := end(); err != nil {
				return err
			}
			day = now
		}
		for _, l := range p.Lines {
			w := which{l.Account, l.Amount < 0}
			if sums[w] == nil {
				sums[w] = &side{day: day, account: l.Account}
			}
			sums[w].amount += l.Amount
			sums[w].postings++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}

func (s side) description() string {
	if s.postings == 1 {
		return string(s.account) + ", 1 posting"
	}
	return string(s.account) + ", " + strconv.Itoa(s.postings) + " postings"
}

// name is that of a day's entry: the same day bears the same one in every
// export, so that a program can warn of one that is there already.
func (s side) name() string { return "APPEAL-" + s.day.Format(time.DateOnly) }

// quickBooksColumns are those that QuickBooks Online names where it imports
// journal entries
// (https://quickbooks.intuit.com/learn-support/en-au/help-article/import-export-files/import-journal-entries-quickbooks-online/L4tQBwbs7_AU_en_AU).
// The side that a line is not on is left empty.
var quickBooksColumns = []string{"Journal No.", "Journal Date", "Account Name", "Description", "Debits", "Credits"}

func quickBooks(ctx context.Context, b Books, r Request, row Row) error {
	return b.sides(ctx, r, func(s side) error {
		debit, credit := sheet.Amount(s.amount), sheet.Cell{}
		if s.amount < 0 {
			debit, credit = sheet.Cell{}, sheet.Amount(-s.amount)
		}
		return row(
			sheet.Text(s.name()), sheet.DayAs(s.day, "01/02/2006"), sheet.Text(b.Campaign.Accounts[s.account]), sheet.Text(s.description()), debit, credit,
		)
	})
}

// xeroColumns are those of Xero's template for manual journals
// (https://help.xero.com/nz/ManualJournalsImport): a debit is positive, lines of
// one narration and date are one journal, and a month's name can't be taken for
// a day.
var xeroColumns = []string{
	"*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount", "TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2",
}

// xeroUntaxed is what Xero calls no tax in the United States.
const xeroUntaxed = "Tax Exempt"

func xero(ctx context.Context, b Books, r Request, row Row) error {
	return b.sides(ctx, r, func(s side) error {
		return row(
			sheet.Text(s.name()), sheet.DayAs(s.day, "2 Jan 2006"), sheet.Text(s.description()), sheet.Text(b.Campaign.Accounts[s.account]),
			sheet.Text(xeroUntaxed), sheet.Amount(s.amount), sheet.Cell{}, sheet.Cell{}, sheet.Cell{}, sheet.Cell{},
		)
	})
}
