package models

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// allDays are the figures of days as they are now: those that are folded, and
// the changes since.
const allDays = `(
	SELECT day, frequency, method, channel, article, gross, refunded, disputed, fees, gifts FROM day_figures
	UNION ALL SELECT day, frequency, method, channel, article, gross, refunded, disputed, fees, gifts FROM day_changes) AS f`

// allAmounts is likewise how many gifts of each amount there were.
const allAmounts = `(
	SELECT day, amount, gifts FROM day_amounts UNION ALL SELECT day, amount, gifts FROM day_changes WHERE gifts <> 0) AS a`

const daysRule = "the figures of each day are those of the journal and of the gifts received on it"

// verifyDays compares the figures of days with what the gifts' facts come to,
// and with a reckoning from the journal that knows nothing of gifts.
func verifyDays(tx *gorm.DB, known days, zone *time.Location) ([]Breach, error) {
	if zone == nil {
		return nil, nil // not reckoned yet: that is done when the books are opened
	}
	byJournal, err := daysOfJournal(tx, zone)
	if err != nil {
		return nil, err
	}
	var breaches []Breach
	off := func(what string, kept, found DayFigures) {
		if kept != found && len(breaches) < mostShown {
			breaches = append(breaches, Breach{"I20", daysRule, what + ": kept " + kept.inWords() + ", found " + found.inWords()})
		}
	}
	var rows []dayRow
	if err := tx.Raw(`SELECT day, frequency, method, channel, article, SUM(gross) AS gross, SUM(refunded) AS refunded, SUM(disputed) AS disputed,
		SUM(fees) AS fees, SUM(gifts) AS gifts FROM ` + allDays + ` GROUP BY day, frequency, method, channel, article`).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("verify I20: %w", err)
	}
	kept, perDay := days{}, days{}
	for _, r := range rows {
		kept.add(dayPlace{Day: r.Day, Frequency: r.Frequency, Method: r.Method, Channel: r.Channel, Article: r.Article}, r.DayFigures)
		r.Gifts = 0
		perDay.add(dayPlace{Day: r.Day}, r.DayFigures)
	}
	found, amounts := days{}, days{}
	for p, f := range known {
		if f.Gifts != 0 {
			amounts.add(dayPlace{Day: p.Day, Amount: p.Amount}, DayFigures{Gifts: f.Gifts})
		}
		p.Amount = 0
		found.add(p, f)
	}
	keptAmounts, err := amountsOfDays(tx)
	if err != nil {
		return nil, err
	}
	compareDays(perDay, byJournal, func(p dayPlace, a, b DayFigures) { off(p.Day+", by the journal", a, b) })
	compareDays(kept, found, func(p dayPlace, a, b DayFigures) {
		off(p.Day+" "+p.Frequency+" "+p.Method, a, b)
	})
	compareDays(keptAmounts, amounts, func(p dayPlace, a, b DayFigures) { off(p.Day+" gifts of "+p.Amount.Decimal(), a, b) })
	return breaches, nil
}

func compareDays(a, b days, tell func(p dayPlace, a, b DayFigures)) {
	all := days{}
	all.join(a)
	all.leave(b)
	for _, p := range all.places() {
		tell(p, a[p], b[p])
	}
}

// daysOfJournal are the money figures of each day by the journal's lines alone.
func daysOfJournal(tx *gorm.DB, zone *time.Location) (days, error) {
	lines, err := tx.Raw(`SELECT p.at, l.account, SUM(l.amount) FROM postings p JOIN posting_lines l ON l.posting = p.key
		WHERE p.donation_id IS NOT NULL GROUP BY p.at, l.account`).Rows()
	if err != nil {
		return nil, fmt.Errorf("verify I20: %w", err)
	}
	defer func() { _ = lines.Close() }() // read only: Err below tells what went wrong
	all := days{}
	for lines.Next() {
		var at time.Time
		var account Account
		var amount money.Minor
		if err := lines.Scan(&at, &account, &amount); err != nil {
			return nil, fmt.Errorf("verify I20: %w", err)
		}
		var f DayFigures
		switch account {
		case DonationIncome:
			f.Gross = -amount // income is a credit
		case ContraRefunds:
			f.Refunded = amount
		case ContraDisputes:
			f.Disputed = amount
		case FeeExpense:
			f.Fees = amount
		default: // the other side of each
		}
		all.add(dayPlace{Day: dayIn(zone, at)}, f)
	}
	return all, lines.Err()
}

func amountsOfDays(tx *gorm.DB) (days, error) {
	var rows []dayAmount
	if err := tx.Raw("SELECT day, amount, SUM(gifts) AS gifts FROM " + allAmounts + " GROUP BY day, amount").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("verify I20: %w", err)
	}
	all := days{}
	for _, r := range rows {
		all.add(dayPlace{Day: r.Day, Amount: r.Amount}, DayFigures{Gifts: r.Gifts})
	}
	return all, nil
}

func (f DayFigures) inWords() string {
	return fmt.Sprintf("gross %s refunded %s disputed %s fees %s gifts %d", f.Gross.Decimal(), f.Refunded.Decimal(), f.Disputed.Decimal(), f.Fees.Decimal(), f.Gifts)
}
