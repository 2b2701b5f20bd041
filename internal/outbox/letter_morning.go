package outbox

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/models"
)

// mostDisputes is how many disputes are told of one by one.
const mostDisputes = 10

// morning tells finance what waits for a person as the books have it now. It
// names no donor: mail is read in more places than the rooms.
func (w *Worker) morning(ctx context.Context, m models.Mail) (mail.Letter, error) {
	now := w.Store.Now()
	if m.About.At == nil || w.Campaign.DaysBetween(*m.About.At, now) != 0 {
		return mail.Letter{}, notSent("its morning is over")
	}
	told, err := w.Store.MorningAddresses(ctx)
	if err != nil {
		return mail.Letter{}, err
	}
	if !slices.Contains(told, m.To) {
		return mail.Letter{}, notSent("this address is told no longer")
	}
	a, err := w.Store.Attention(ctx)
	if err != nil {
		return mail.Letter{}, err
	}
	things := strconv.FormatInt(a.Count(), 10) + " things wait"
	switch a.Count() {
	case 0:
		return mail.Letter{}, notSent("nothing waits any more")
	case 1:
		things = "1 thing waits"
	}
	return mail.Letter{
		Subject: things + " for a person: " + w.Campaign.Title, Preheader: w.firstDeadline(a, now),
		Heading: things + " for a person",
		Opening: []string{"This is how the books of " + w.Campaign.Named() + " stand on " + w.day(now) + "."},
		Blocks:  []mail.Block{{Title: "What waits", Rows: w.whatWaits(a, now)}},
		Actions: []mail.Action{
			{Label: "See what needs a person", URL: w.at("finance", "events"), Primary: true},
			{Label: "Overview", URL: w.at("finance")},
		},
		Closing: []string{"Each can be mended, answered or resolved there. This email comes once a day at most, and only if something waits."},
	}, nil
}

// firstDeadline is what an inbox shows beside the subject.
func (w *Worker) firstDeadline(a models.Attention, now time.Time) string {
	if len(a.Disputes) == 0 || a.Disputes[0].RespondBy == nil {
		return "Nothing of it has a deadline that is known."
	}
	return "A dispute: " + w.respondBy(*a.Disputes[0].RespondBy, now) + "."
}

// whatWaits is a row for each kind, and one for each dispute.
func (w *Worker) whatWaits(a models.Attention, now time.Time) []mail.Row {
	var rows []mail.Row
	add := func(name string, of models.UnderWay) {
		if of.Count == 0 {
			return
		}
		value := strconv.FormatInt(of.Count, 10)
		if of.Amount != 0 {
			value += ", " + of.Amount.String()
		}
		rows = append(rows, mail.Row{Name: name, Value: value})
	}
	disputes := models.UnderWay{Count: int64(len(a.Disputes))}
	for _, d := range a.Disputes {
		disputes.Amount += max(d.Amount, d.Held)
	}
	add("Disputes to answer", disputes)
	for i, d := range a.Disputes {
		if i == mostDisputes {
			break
		}
		by := "no day is known"
		if d.RespondBy != nil {
			by = w.respondBy(*d.RespondBy, now)
		}
		rows = append(rows, mail.Row{Name: "Dispute of " + d.Reference, Value: max(d.Amount, d.Held).String() + ", " + by})
	}
	add("Fraud warnings that a refund can answer", a.Warnings)
	add("Refunded and disputed too", a.LostTwice)
	add("Paid twice", a.Twice)
	add("Events that are not booked", models.UnderWay{Count: a.Events})
	add("Differences from Stripe", a.Differs)
	add("Bank debits that take long", a.Debits)
	add("Mails that were given up", models.UnderWay{Count: a.Failed})
	add("Mails that are held", models.UnderWay{Count: a.Held})
	add("Erasures of donors that fail", models.UnderWay{Count: a.Erasures})
	return rows
}

// respondBy says until when a dispute can be answered.
func (w *Worker) respondBy(by, now time.Time) string {
	switch days := w.Campaign.DaysBetween(now, by); {
	case by.Before(now):
		return "overdue since " + w.day(by)
	case days == 0:
		return "respond today"
	case days == 1:
		return "respond by " + w.day(by) + ", 1 day left"
	default:
		return "respond by " + w.day(by) + ", " + strconv.Itoa(days) + " days left"
	}
}
