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
func verifyDays(tx *gorm.DB, found tally, zone *time.Location) ([]Breach, error) {
	if zone == nil {
		return nil, nil // not reckoned yet: that is done when the books are opened
	}
	byJournal, err := daysOfJournal(tx, zone)
	if err != nil {
		return nil, err
	}
	kept, err := keptDays(tx)
	if err != nil {
		return nil, fmt.Errorf("verify I20: %w", err)
	}
	perDay := days{}
	for p, f := range kept.figures {
		f.Gifts = 0
		perDay.add(dayPlace{Day: p.Day}, f)
	}
	var breaches []Breach
	compareDays(perDay, byJournal, func(p dayPlace, a, b DayFigures) {
		breaches = append(breaches, daysBreach(p.Day+", by the journal", a, b))
	})
	breaches = append(breaches, kept.differences(found)...)
	return breaches[:min(len(breaches), mostShown)], nil
}

// keptDays are the figures of days as the overview has them.
func keptDays(tx *gorm.DB) (tally, error) {
	kept := tally{days{}, days{}}
	var rows []dayRow
	if err := tx.Raw(`SELECT day, frequency, method, channel, article, SUM(gross) AS gross, SUM(refunded) AS refunded, SUM(disputed) AS disputed,
		SUM(fees) AS fees, SUM(gifts) AS gifts FROM ` + allDays + ` GROUP BY day, frequency, method, channel, article`).Scan(&rows).Error; err != nil {
		return kept, fmt.Errorf("read the figures of days: %w", err)
	}
	for _, r := range rows {
		kept.figures.add(r.place(), r.DayFigures)
	}
	var amounts []dayAmount
	if err := tx.Raw("SELECT day, amount, SUM(gifts) AS gifts FROM " + allAmounts + " GROUP BY day, amount").Scan(&amounts).Error; err != nil {
		return kept, fmt.Errorf("read the amounts of days: %w", err)
	}
	for _, r := range amounts {
		kept.amounts.add(dayPlace{Day: r.Day, Amount: r.Amount}, DayFigures{Gifts: r.Gifts})
	}
	return kept, nil
}

// differences names where these figures are not those that were found.
func (t tally) differences(found tally) []Breach {
	var breaches []Breach
	compareDays(t.figures, found.figures, func(p dayPlace, a, b DayFigures) {
		breaches = append(breaches, daysBreach(p.Day+" "+p.Frequency+" "+p.Method, a, b))
	})
	compareDays(t.amounts, found.amounts, func(p dayPlace, a, b DayFigures) {
		breaches = append(breaches, daysBreach(p.Day+" gifts of "+p.Amount.Decimal(), a, b))
	})
	return breaches
}

func daysBreach(what string, kept, found DayFigures) Breach {
	return Breach{"I20", daysRule, what + ": kept " + kept.inWords() + ", found " + found.inWords()}
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

func (f DayFigures) inWords() string {
	return fmt.Sprintf("gross %s refunded %s disputed %s fees %s gifts %d", f.Gross.Decimal(), f.Refunded.Decimal(), f.Disputed.Decimal(), f.Fees.Decimal(), f.Gifts)
}
