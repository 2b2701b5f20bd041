package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

const closedRule = "closed days hold what they held when they were closed"

// verifyClosings holds the days that are closed against what was kept of them
// then: a posting that was made in them since shows in its account.
func verifyClosings(tx *gorm.DB) ([]Breach, error) {
	var all []Closing
	if err := tx.Where(stillClosed).Order("until, number").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("verify I21: %w", err)
	}
	var breaches []Breach
	found, counted := map[Account]money.Minor{}, int64(0)
	for i, c := range all {
		from := Closing{}
		if i > 0 {
			from = all[i-1]
		}
		moved, n, err := movedIn(tx, from.Until, c.Until)
		if err != nil {
			return nil, fmt.Errorf("verify I21: %w", err)
		}
		counted += n
		for account, amount := range moved {
			found[account] += amount
		}
		if counted != c.Postings {
			breaches = append(breaches, Breach{"I21", closedRule, fmt.Sprintf("through %s: %d postings were closed, %d are there", c.Through, c.Postings, counted)})
		}
		var rows []closingBalance
		if err := tx.Where("closing = ?", c.Number).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("verify I21: %w", err)
		}
		kept := map[Account]money.Minor{}
		for _, r := range rows {
			kept[r.Account] = r.Amount
		}
		for _, account := range Accounts() {
			if kept[account] != found[account] {
				breaches = append(breaches, Breach{"I21", closedRule, fmt.Sprintf(
					"through %s: %s was %s, and is %s", c.Through, account, kept[account].Decimal(), found[account].Decimal())})
			}
		}
	}
	return breaches[:min(len(breaches), mostShown)], nil
}
