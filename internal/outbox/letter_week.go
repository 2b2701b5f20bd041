package outbox

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// mostArticles is how many articles of a week are named.
const mostArticles = 10

// weekly tells the newsroom what a week came to, as the books have it now. It
// names no donor: it goes to people who may see none in the rooms.
func (w *Worker) weekly(ctx context.Context, m models.Mail) (mail.Letter, error) {
	now := w.Store.Now()
	told, ok := w.Campaign.WeekTold(now)
	if m.About.At == nil || !ok || !m.About.At.Equal(told.From) {
		return mail.Letter{}, notSent("its week is told no longer")
	}
	if !slices.Contains(w.Campaign.Notices.Weekly, m.To) {
		return mail.Letter{}, notSent("this address is told no longer")
	}
	week, err := w.Store.Week(ctx, told)
	if err != nil {
		return mail.Letter{}, err
	}
	heading := strings.Replace(raised(week.DayFigures), "nothing", "Nothing", 1) + " from " + daysOf(told)
	letter := mail.Letter{
		Subject: heading + ": " + w.Campaign.Title, Preheader: w.inAll(week.Total, now), Heading: heading,
		Opening: []string{w.besideTheWeekBefore(week), w.inAll(week.Total, now)},
		Blocks:  []mail.Block{{Title: "The week", Rows: sumOfWeek(week)}},
		Actions: []mail.Action{
			{Label: "See the week", URL: w.room(told, "finance"), Primary: true},
			{Label: "See what each article brought in", URL: w.room(told, "finance", "articles")},
		},
		Closing: []string{
			"These are the books as they stand today. Money counts on the day on which it moved, so a refund counts in its own week and not in that of its gift; the later payments of a monthly or yearly gift count for the article that the first came from.",
			"The links ask for an account in the finance rooms. " + w.howLong(now),
		},
	}
	if len(week.Articles) > 0 {
		letter.Blocks = append(letter.Blocks, mail.Block{Title: "What articles raised", Rows: ofArticles(week.Articles)})
	}
	return letter, nil
}

// howLong says whether another week is told.
func (w *Worker) howLong(now time.Time) string {
	if _, again := w.Campaign.WeekTold(now.In(w.Campaign.Zone).AddDate(0, 0, 7)); !again {
		return "The campaign is over, and this is the last email of its kind."
	}
	return "This email comes once a week while the campaign runs."
}

// room is the address of one of the finance rooms for the days of a period.
func (w *Worker) room(p models.Period, path ...string) string {
	return w.at(path...) + "?" + url.Values{"from": {p.From.Format(time.DateOnly)}, "to": {p.To.Format(time.DateOnly)}}.Encode()
}

// raised is what was raised, in words.
func raised(f models.DayFigures) string {
	switch sum := f.Raised(); {
	case f == models.DayFigures{}:
		return "nothing came in"
	case sum < 0:
		return (-sum).String() + " more went back than came in"
	default:
		return sum.String() + " was raised"
	}
}

// inAll is where the campaign stands.
func (w *Worker) inAll(total money.Minor, now time.Time) string {
	c := w.Campaign
	permille := c.PermilleRaised(total)
	said := "In all, " + c.Named() + " has raised " + total.String() + " of " + c.Goal.Short() + ", which is " +
		strconv.FormatInt(permille/10, 10) + "." + strconv.FormatInt(permille%10, 10) + "%"
	switch left := c.DaysLeft(now); {
	case left == 1:
		return said + ". Today is its last day."
	case left > 1:
		return said + ", with " + strconv.Itoa(left) + " days left."
	case c.AfterDeadline == models.AcceptAfter:
		return said + ". Its deadline was " + w.day(c.Deadline) + "; gifts still count."
	default:
		return said + ". It ended on " + w.day(c.Deadline) + "."
	}
}

// besideTheWeekBefore compares a week with the one before it, if that was a whole
// week of the campaign.
func (w *Worker) besideTheWeekBefore(week models.Week) string {
	opened := models.CivilDay(w.Campaign.Opens.In(w.Campaign.Zone))
	if week.From.AddDate(0, 0, -7).Before(opened) {
		return "It was the campaign’s first whole week."
	}
	before := "the week before, when " + raised(week.Before) + "."
	switch more := week.Raised() - week.Before.Raised(); {
	case more > 0:
		return "That is " + more.String() + " more than in " + before
	case more < 0:
		return "That is " + (-more).String() + " less than in " + before
	default:
		return "That is as in " + before
	}
}

// sumOfWeek is how the week's figures come to what was raised.
func sumOfWeek(week models.Week) []mail.Row {
	count := func(name string, n int64) mail.Row { return mail.Row{Name: name, Value: money.Count(n)} }
	rows := []mail.Row{count("Gifts", week.Gifts), count("Monthly gifts begun", week.Monthly)}
	if week.Yearly != 0 {
		rows = append(rows, count("Yearly gifts begun", week.Yearly))
	}
	rows = append(rows, mail.Row{Name: "Gross", Value: week.Gross.String()}, mail.Row{Name: "Refunds", Value: (-week.Refunded).String()})
	if week.Disputed != 0 {
		rows = append(rows, mail.Row{Name: "Disputes held", Value: (-week.Disputed).String()})
	}
	return append(rows, mail.Row{Name: "Raised", Value: week.Raised().String(), Total: true})
}

// ofArticles are the articles that raised the most, and what the others did. A
// link may have carried its reader's address into an article's name: no more of
// it is told than viewers see.
func ofArticles(all []models.Article) []mail.Row {
	var rows []mail.Row
	var others models.Article
	for i, a := range all {
		if i < mostArticles {
			rows = append(rows, mail.Row{Name: models.MaskEmails(strings.TrimPrefix(a.Name, "src/")), Value: a.Raised().String()})
			continue
		}
		others.Add(a)
	}
	switch more := len(all) - mostArticles; {
	case more == 1:
		rows = append(rows, mail.Row{Name: "1 other article", Value: others.Raised().String()})
	case more > 1:
		rows = append(rows, mail.Row{Name: strconv.Itoa(more) + " other articles", Value: others.Raised().String()})
	}
	return rows
}

// daysOf writes the days of a period as people do: "November 23 to 29, 2026".
func daysOf(p models.Period) string {
	from, to := p.From.Format("January 2"), p.To.Format("January 2, 2006")
	switch {
	case p.From.Year() != p.To.Year():
		from = p.From.Format("January 2, 2006")
	case p.From.Month() == p.To.Month():
		to = p.To.Format("2, 2006")
	}
	return from + " to " + to
}
