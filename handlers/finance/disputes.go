package finance

import (
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// disputeRow is a dispute that is not decided.
type disputeRow struct {
	ID, Name, Href, Amount string
	By, Left               string // until when it can be answered, and how long that is
	Late                   bool
	State                  string
}

func (r *Rooms) disputeRow(d models.OpenDispute) disputeRow {
	row := disputeRow{ID: d.ID, Name: d.Reference, Href: giftPath(d.DonationID), Amount: max(d.Amount, d.Held).String()}
	switch {
	case !d.Unanswered():
		row.State = "Answered. The bank decides."
	case strings.HasPrefix(d.Status, "warning_"):
		row.State = "An inquiry: the bank asks, and takes nothing yet."
	case d.Held > 0:
		row.State = "The bank holds " + d.Held.String() + "."
	}
	if d.Refunded > 0 {
		row.State = strings.TrimSpace(row.State + " Refunded too, " + d.Refunded.String() + ": show the bank the refund.")
	}
	if d.Unanswered() {
		row.By, row.Left, row.Late = r.deadline(d.RespondBy)
	}
	return row
}

// deadline writes until when a dispute can be answered, and how long that is
// from now.
func (r *Rooms) deadline(by *time.Time) (day, left string, late bool) {
	if by == nil {
		return "No day is known", "", false
	}
	now := r.Now()
	switch days := r.Campaign.DaysBetween(now, *by); {
	case by.Before(now):
		return r.date(*by), "overdue", true
	case days == 0:
		return r.moment(*by), "today", true
	case days == 1:
		return r.date(*by), "1 day left", false
	default:
		return r.date(*by), thousands(int64(days)) + " days left", false
	}
}

// respondBy is the same in one line, for the page of a gift.
func (r *Rooms) respondBy(d models.OpenDispute) string {
	row := r.disputeRow(d)
	if row.By == "" {
		return row.State
	}
	if row.Left == "" {
		return row.By
	}
	return row.By + ", " + row.Left
}
