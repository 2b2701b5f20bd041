package models

import (
	"fmt"

	"github.com/corruptionproject/appeal/internal/money"
)

// StatementPlan is what the gifts of one year come to, by what becomes of them
// in the yearly statements. The shares' sums add up to the journal's.
type StatementPlan struct {
	Year    int
	Journal money.Minor // what the journal alone has for the gifts of the year

	Due      Share // a statement is yet to be queued
	Queued   Share // one was queued, or sent, before
	NoEmail  Share // nowhere to send it
	Held     Share // a receipt of that donor's waits for a person, and so does the statement
	Overdone Share // gifts of which more went back than was given; less than nothing
}

// Share is a part of a year's gifts.
type Share struct {
	Donors, Gifts int64
	Sum           money.Minor // of what stands
	Apart         money.Minor // the part of Sum that no donor may deduct as it stands: see YearSummary.Apart
}

// Sum is what all shares come to. It differs from Journal only in books that
// are unsound.
func (p StatementPlan) Sum() money.Minor {
	return p.Due.Sum + p.Queued.Sum + p.NoEmail.Sum + p.Held.Sum + p.Overdone.Sum
}

// statementKey is that of the one mail there can ever be of a donor's year.
func statementKey(donorID string, year int) string {
	return fmt.Sprintf("%s:%04d:%s", donorID, year, MailStatement)
}
