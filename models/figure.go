package models

import "github.com/corruptionproject/appeal/internal/money"

// Figure names a number of the overview, whose gifts are asked for with what
// each adds to it.
type Figure string

// The figures of a period: money counts in it if it moved in it, a gift if it
// was received in it.
const (
	GrossFigure    Figure = "gross"
	RefundsFigure  Figure = "refunds"
	DisputesFigure Figure = "disputes"
	RaisedFigure   Figure = "raised"
	FeesFigure     Figure = "fees"
	NetFigure      Figure = "net"
	GiftsFigure    Figure = "gifts"
)

// The figures of what is under way now.
const (
	DebitsUnderWay   Figure = "debits"
	DisputesUnderWay Figure = "disputes_open"
	RefundsUnderWay  Figure = "refunds_open"
	FailingNow       Figure = "failing"
	RecurringNow     Figure = "recurring"
)

// FigureSum is what gifts add to a figure.
type FigureSum struct {
	Amount money.Minor
	Things int64       // refunds, disputes and the like, of which one gift can have several
	Donors int64       // of GiftsFigure; 0 for others
	Median money.Minor // of GiftsFigure where it is ordered by the amount; 0 otherwise
}

// Recurring is the kind of all gifts that were or are repeated; Unknown the name
// of what is not known of a gift.
const (
	Recurring = "recurring"
	Unknown   = "unknown"
)

var recurringKinds = []string{string(Monthly), MonthlyRenewal, string(Yearly), YearlyRenewal}

// OfMoney reports whether it is a figure of money that moved, so that the days
// asked for are those of its movements.
func (f Figure) OfMoney() bool {
	_, moved := movements[f]
	return moved
}

// ofPeriod reports whether it is a figure of a period, which knows the method of
// each movement.
func (f Figure) ofPeriod() bool { return f.OfMoney() || f == GiftsFigure }
