package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// movements are the figures of money, by the accounts of the journal that it
// moved in. Income is a credit, and so less than nothing there.
var movements = map[Figure]struct {
	sign     string
	accounts []Account
}{
	GrossFigure:    {"-", []Account{DonationIncome}},
	RefundsFigure:  {"", []Account{ContraRefunds}},
	DisputesFigure: {"", []Account{ContraDisputes}},
	RaisedFigure:   {"-", []Account{DonationIncome, ContraRefunds, ContraDisputes}},
	FeesFigure:     {"", []Account{FeeExpense}},
	NetFigure:      {"-", []Account{DonationIncome, ContraRefunds, ContraDisputes, FeeExpense}},
}

// underWay are the figures of what has yet to come to its end, and of what goes
// on: of each gift, what it adds and in how many things.
var underWay = map[Figure]string{
	DebitsUnderWay: `SELECT d.id AS gift, d.pending AS moved, 1 AS things FROM donations d
		WHERE d.status IN ('started', 'processing') AND d.pending > 0`,
	DisputesUnderWay: `SELECT d.id AS gift, d.contested AS moved, d.disputes_open AS things FROM donations d WHERE d.disputes_open > 0`,
	RefundsUnderWay:  `SELECT d.id AS gift, d.refunding AS moved, d.refunds_open AS things FROM donations d WHERE d.refunds_open > 0`,
	FailingNow: `SELECT d.id AS gift, s.amount AS moved, 1 AS things FROM subscriptions s JOIN donations d ON d.token = s.token
		WHERE s.status IN ('past_due', 'unpaid')`,
	RecurringNow: `SELECT d.id AS gift, s.amount / s.months AS moved, 1 AS things
		FROM subscriptions s JOIN books b ON b.currency = s.currency JOIN donations d ON d.token = s.token
		WHERE s.status IN ('active', 'past_due') AND EXISTS (SELECT 1 FROM donations p WHERE p.subscription_id = s.id AND p.captured > 0)`,
}

// The payments of a gift, and which of them a posting is about: as methodsOf
// has it.
const (
	paymentsOf  = "SELECT y.method FROM facts y WHERE y.kind IN ('charge', 'gift') AND y.donation_id = "
	movedMethod = `COALESCE(
		(` + paymentsOf + `p.donation_id AND y.charge = COALESCE(NULLIF(m.charge, ''),
			(SELECT MAX(c.charge) FROM facts c WHERE c.donation_id = p.donation_id AND c.object = m.object AND c.object <> '' AND c.charge <> ''), '') LIMIT 1),
		(` + paymentsOf + `p.donation_id ORDER BY y.at, y.key LIMIT 1), '')`
	receivedMethod = `(` + paymentsOf + `d.id AND NOT EXISTS (SELECT 1 FROM facts u
		WHERE u.donation_id = d.id AND u.object = y.object AND u.kind IN ('refund_failed', 'failure')) ORDER BY y.at, y.key LIMIT 1)`
)

// figure returns what each gift adds to the figure that is followed, as a query
// with the columns gift, moved and things; "" if no known one is.
func (q GiftQuery) figure() (query string, args []any) {
	if moved, is := movements[q.Figure]; is {
		return q.moved(moved.sign, moved.accounts)
	}
	if q.Figure != GiftsFigure {
		return underWay[q.Figure], nil
	}
	query = "SELECT d.id AS gift, d.captured AS moved, 1 AS things FROM donations d WHERE d.counted"
	if q.Method != "" {
		query, args = query+" AND "+receivedMethod+" = ?", append(args, known(q.Method))
	}
	return query, args
}

func (q GiftQuery) moved(sign string, accounts []Account) (query string, args []any) {
	names := make([]string, 0, len(accounts))
	for _, a := range accounts {
		names = append(names, "'"+string(a)+"'")
	}
	from, where := "postings p JOIN posting_lines l ON l.posting = p.key AND l.account IN ("+strings.Join(names, ", ")+")", "p.donation_id IS NOT NULL"
	if q.Method != "" {
		from, where, args = from+" JOIN facts m ON m.key = p.key", where+" AND "+movedMethod+" = ?", append(args, known(q.Method))
	}
	if !q.From.IsZero() {
		where, args = where+" AND p.at >= ?", append(args, q.From.UTC())
	}
	if !q.Until.IsZero() {
		where, args = where+" AND p.at < ?", append(args, q.Until.UTC())
	}
	return "SELECT p.donation_id AS gift, " + sign + "SUM(l.amount) AS moved, COUNT(*) AS things FROM " + from + " WHERE " + where + " GROUP BY p.donation_id", args
}

// known is a name as it is kept: what is unknown has none.
func known(name string) string {
	if name == Unknown {
		return ""
	}
	return name
}

// sum adds up what the gifts that are wanted come to.
func (q GiftQuery) sum(wanted *gorm.DB) (count int64, gross money.Minor, sum FigureSum, err error) {
	add := "COUNT(*), COALESCE(SUM(captured), 0), 0, 0, 0"
	switch query, _ := q.figure(); {
	case q.Figure == GiftsFigure:
		add = "COUNT(*), COALESCE(SUM(captured), 0), COALESCE(SUM(moved), 0), COALESCE(SUM(things), 0), COUNT(DISTINCT donor_id)"
	case query != "":
		add = "COUNT(*), COALESCE(SUM(captured), 0), COALESCE(SUM(moved), 0), COALESCE(SUM(things), 0), 0"
	}
	if err := wanted.Select(add).Row().Scan(&count, &gross, &sum.Amount, &sum.Things, &sum.Donors); err != nil {
		return 0, 0, sum, fmt.Errorf("count them: %w", err)
	}
	if q.Figure != GiftsFigure || count == 0 || q.Sort != LargestFirst && q.Sort != SmallestFirst {
		return count, gross, sum, nil
	}
	var middle []money.Minor
	if err := wanted.Order("amount_charged").Offset(int(count-1)/2).Limit(2-int(count)%2).Pluck("amount_charged", &middle).Error; err != nil {
		return 0, 0, sum, fmt.Errorf("find the middle one: %w", err)
	}
	for _, m := range middle {
		sum.Median += m
	}
	sum.Median /= money.Minor(len(middle))
	return count, gross, sum, nil
}

// followed joins what each gift adds to the figure, if one is followed.
func (q GiftQuery) followed(db *gorm.DB) *gorm.DB {
	query, args := q.figure()
	if query == "" {
		return db
	}
	return db.Joins("JOIN ("+query+") AS figure ON figure.gift = donations.id", args...)
}

// followedGift is a gift with what it adds to the figure that is followed.
type followedGift struct {
	Donation `gorm:"embedded"`
	Moved    money.Minor
}

// columns are what is read of each gift of a page.
func (q GiftQuery) columns() string {
	if query, _ := q.figure(); query != "" {
		return "donations.*, figure.moved"
	}
	return "donations.*, 0 AS moved"
}
