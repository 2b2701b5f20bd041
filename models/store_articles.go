package models

import (
	"context"
	"iter"

	"gorm.io/gorm"
)

// articlesOf is a query for what each article brought in during a period, from
// the figures of days. One of which nothing moved is in none, whether its
// figures are folded or not.
func articlesOf(p Period) (query string, args []any) {
	where, days := whereOf(p, Filter{})
	return `SELECT article AS name, SUM(CASE WHEN frequency = ? THEN gross ELSE 0 END) AS once,
		SUM(CASE WHEN frequency IN ? THEN gross ELSE 0 END) AS recurring, SUM(CASE WHEN frequency = ? THEN gross ELSE 0 END) AS offline,
		` + sumOfDays + ` FROM ` + allDays + where + ` GROUP BY article
		HAVING SUM(gross) <> 0 OR SUM(refunded) <> 0 OR SUM(disputed) <> 0 OR SUM(fees) <> 0 OR SUM(gifts) <> 0`,
		append([]any{Once, recurringKinds, OfflineKind}, days...)
}

// Articles hands over what each article brought in during a period, the one
// that raised the most first; after them what came out of none, and what did not
// pass through Stripe. All of them together are the Overview of the period.
func (s *Store) Articles(ctx context.Context, p Period) iter.Seq2[Article, error] {
	return rowsOf[Article](ctx, s, "the articles", func(tx *gorm.DB) *gorm.DB {
		query, args := articlesOf(p)
		return tx.Raw("SELECT * FROM ("+query+") AS a ORDER BY CASE name WHEN '"+NoArticle+"' THEN 1 WHEN '"+OfflineChannel+"' THEN 2 ELSE 0 END, "+
			"gross - refunded - disputed DESC, gross DESC, name", args...)
	})
}
