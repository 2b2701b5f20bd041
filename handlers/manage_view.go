package handlers

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// manageStep is how far a donor has come on the way to their gifts.
type manageStep int

const (
	manageForming  manageStep = iota // to be asked, or to be mended
	manageAsked                      // the answer, for every address
	manageContinue                   // the mail's link was followed
	manageLinkGone                   // the link is good for nothing
)

// manageState is what a page on that way shows.
type manageState struct {
	Step    manageStep
	Email   string // as it was typed
	Problem problem
	Notice  string
}

// The sentences that donors and programs are told.
const (
	linkOnItsWay = "If that address has gifts with us, a link is on its way. It works for 30 minutes."
	sessionOver  = "You are signed out: 30 minutes are over. We can email you a new link."
)

// notChanged says that nothing came of what a donor wanted, or, where Stripe
// could not even be asked about it, that this is not known.
func notChanged(known bool) string {
	if known {
		return "We couldn’t reach our payment provider. Nothing was changed. Please try again."
	}
	return "We couldn’t reach our payment provider, and don’t know yet whether that was changed. Please try again in a minute: asking twice does no harm."
}

// manageView is a page on the way to a donor's gifts.
type manageView struct {
	Heading  string
	Sentence string
	Button   string // opens the gifts, by a post to the page's own address
	Again    string // leads to the form, in words
	Form     *emailView
}

// emailView is the form that asks for the link.
type emailView struct{ Email, Problem, Notice string }

// manage draws a page on the way to a donor's gifts. None tells whether an
// address is known.
func (v *views) manage(s manageState) ([]byte, error) {
	view := manageView{Heading: "Manage your giving"}
	switch s.Step {
	case manageAsked:
		view.Heading = "Check your inbox"
		view.Sentence = linkOnItsWay + " If nothing comes, look among your spam, or try the address that your receipts come to."
		view.Again = "Try another address"
	case manageContinue:
		view.Sentence = "See your gifts and receipts, and change or cancel a gift that repeats. You’ll be signed in for 30 minutes."
		view.Button = "Continue"
	case manageLinkGone:
		view.Heading = "This link has expired or was already used"
		view.Sentence = "A link works once, for 30 minutes."
		view.Again = "Send a new one"
	default:
		view.Sentence = "No password is needed: we’ll email a link to the address that your receipts come to."
		view.Form = &emailView{Email: s.Email, Problem: s.Problem.Message, Notice: s.Notice}
	}
	return v.ofManage("manage", view.Heading, s.Problem, view)
}

// ofManage draws a screen that belongs to a donor alone.
func (v *views) ofManage(page, heading string, wrong problem, view any) ([]byte, error) {
	out := v.page(strings.TrimSuffix(heading, "."), view)
	out.Private = true
	if wrong.Message != "" {
		out.Title = "Error: " + out.Title
	}
	return v.site.Web.Render(page, out)
}

// givingState is what a donor's own page shows.
type givingState struct {
	Gifts         []models.DonorGift
	Subscriptions []models.DonorSubscription
	Notice        string
	Receipt       func(models.DonorGift) string // where its receipt is, "" for none
}

// givingView is that page in words.
type givingView struct {
	Notice  string
	Running []runningView
	Gifts   []giftLine
	Years   []string
}

// runningView is a repeated gift that goes on.
type runningView struct {
	Reference string
	Amount    string // "$15 a month"
	Often     string // "monthly"
	Sentence  string // when it is charged next, and with what
	Failed    string // the payment that did not go through
	Ending    bool   // nothing about it can be changed any more
}

// giftLine is one gift of the list.
type giftLine struct {
	Date, Amount, What, Status string
	Receipt                    template.URL
	Name                       string // of the receipt's link, for who hears it alone
}

// giving draws a donor's own page. It names nobody: whoever opened the link
// knows whose it is.
func (v *views) giving(s givingState, now time.Time) ([]byte, error) {
	view := givingView{Notice: s.Notice}
	for _, sub := range s.Subscriptions {
		if !sub.Stopped() {
			view.Running = append(view.Running, v.running(sub, now))
		}
	}
	for _, g := range s.Gifts {
		line := v.giftLine(g)
		line.Receipt = template.URL(s.Receipt(g)) //nolint:gosec // a path of our own
		view.Gifts = append(view.Gifts, line)
		if year := v.yearOf(g.Donation); year != "" && (len(view.Years) == 0 || view.Years[len(view.Years)-1] != year) {
			view.Years = append(view.Years, year)
		}
	}
	return v.ofManage("giving", "Your giving", problem{}, view)
}

// running is a repeated gift in words.
func (v *views) running(sub models.DonorSubscription, now time.Time) runningView {
	view := runningView{Reference: sub.Began.Reference, Amount: v.standing(sub), Often: strings.ToLower(receipt.Frequency(sub.Began.Frequency))}
	var said []string
	switch next := v.nextDay(sub, now); {
	case sub.CancelsAtEnd:
		view.Ending = true
		said = append(said, "It was stopped, and won’t be charged again.")
	case sub.Failing():
		view.Failed = v.failed(sub, now)
	case next != "":
		said = append(said, "Next on "+next+".")
	}
	if sub.FeesCovered > 0 {
		said = append(said, sub.FeesCovered.Short()+" of it covers card fees.")
	}
	if with := paidWith(sub.PaidWith); with != "" {
		said = append(said, "Paid with "+with+".")
	}
	view.Sentence = strings.Join(said, " ")
	return view
}

// failed names the payment of a repeated gift that did not go through.
func (v *views) failed(sub models.DonorSubscription, now time.Time) string {
	if sub.PeriodStart == nil {
		return "Your last payment didn’t go through."
	}
	return "Your " + v.day(*sub.PeriodStart, now) + " payment didn’t go through."
}

// standing is what a repeated gift comes to: "$15 a month".
func (v *views) standing(sub models.DonorSubscription) string {
	return sub.Amount.Short() + every(sub.Began.Frequency)
}

// nextDay is when a repeated gift is charged again, "" where that is not known.
func (v *views) nextDay(sub models.DonorSubscription, now time.Time) string {
	if sub.PeriodEnd == nil || !sub.PeriodEnd.After(now) {
		return ""
	}
	return v.day(*sub.PeriodEnd, now)
}

// giftLine is one gift of the list in words.
func (v *views) giftLine(g models.DonorGift) giftLine {
	d := g.Donation
	amount := d.Charged()
	if d.Captured > 0 {
		amount = d.Captured
	}
	line := giftLine{Date: v.date(d.GivenAt()), Amount: amount.Short(), What: receipt.Frequency(d.Frequency), Status: v.giftStatus(d)}
	if with := paidWith(g.PaidWith); with != "" {
		line.What += ", " + with
	}
	if g.Offline != "" {
		line.What = receipt.Offline(g.Offline)
	}
	if g.Offline == models.Stock {
		line.Amount = shares(g.Entered)
	}
	line.Name = " for " + line.Amount + " on " + line.Date
	return line
}

// shares stand in place of an amount: what stock is worth is its donor's to
// determine, and what it was sold for says nothing of that (IRS Publication 561).
func shares(described string) string {
	if described == "" {
		return "Securities"
	}
	return described
}

func (v *views) giftStatus(d models.Donation) string {
	switch d.Status {
	case models.Received:
		return "Received"
	case models.Processing:
		return "Under way"
	case models.Failed:
		return "Didn’t go through"
	case models.Refunded:
		return "Refunded"
	case models.PartiallyRefunded:
		return d.Refunded.Short() + " refunded"
	case models.Disputed:
		return "Disputed"
	default:
		return "Not paid"
	}
}

// yearOf is the year that a gift counts in, "" if nothing was received.
func (v *views) yearOf(d models.Donation) string {
	if d.ReceivedAt == nil || d.Captured <= 0 {
		return ""
	}
	return strconv.Itoa(d.ReceivedAt.In(v.c.Zone).Year())
}

// paidWith names a card or an account by what its holder can tell it by.
func paidWith(p models.PaidWith) string {
	if p.Method == "" && p.Last4 == "" {
		return ""
	}
	name := receipt.Brand(p.Method)
	if p.Last4 == "" {
		return name
	}
	return name + " ending" + nbsp + p.Last4
}
