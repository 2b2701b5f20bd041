package handlers

import (
	"errors"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// thanksView is the page after payment, in words. It never holds the donor's
// name or address.
type thanksView struct {
	Status    string
	Heading   string
	Before    string // the sentence, in three parts: the middle one is strong
	Strong    string
	After     string
	Note      string
	Words     string // the newsroom's own thanks
	Waiting   bool   // payment may still be confirmed: the script asks
	LateHead  string
	LateText  string
	TryAgain  template.URL // where the form is filled in again
	Facts     []fact
	Receipt   template.URL
	Next      string // what happens next: of a gift that repeats, or as the newsroom says it
	Manage    bool   // it repeats, and can be changed or cancelled
	Monthly   bool   // a monthly gift is on offer as well
	Share     *shareView
	Signup    *signupView // of the newsletter, where the gift did not ask for it
	Ticker    *tickerView
	Reference string
}

type fact struct{ Name, Value, Aside string }

// given is a gift with what its thank-you page tells of beside it.
type given struct {
	models.Donation
	sub     models.Subscription // that it began, as far as that is known
	receipt string              // where its newest receipt is; "" until there is one
	mailed  bool                // the receipt went to the donor's address, too
}

// thanks draws the page a donor comes back to, for every state a gift can be
// in. Only a received gift is thanked for as received.
func (v *views) thanks(g given, p models.Progress, now time.Time) ([]byte, error) {
	d := g.Donation
	view := v.outcome(d, g.sub, now)
	if g.receipt != "" && view.Share != nil && g.mailed {
		view.Note = strings.TrimSpace("We have emailed your receipt. " + view.Note)
	}
	view.Receipt = template.URL(g.receipt) //nolint:gosec // a path of our own
	view.Status, view.Reference, view.Facts = string(d.Status), d.Reference, v.facts(d)
	view.Manage = d.Frequency != models.Once && !g.sub.Ended() && !g.sub.CancelsAtEnd
	view.Monthly = d.Status == models.Received && d.Frequency == models.Once && v.c.Offers(models.Monthly) && v.c.TakesGifts(now) == nil
	screen := "Your gift"
	if view.Share != nil {
		screen = "Thank you"
	}
	if !view.Waiting {
		t := v.ticker(p, now, time.Time{})
		view.Ticker = &t
	}
	if v.offersSignup(d) {
		view.Signup = v.signup("Read along.")
	}
	out := v.page(screen, view)
	out.Private = true
	return v.site.Web.Render("thanks", out)
}

// offersSignup reports whether a thank-you page holds the form for the
// newsletter: it thanks for a gift whose form did not ask for it.
func (v *views) offersSignup(d models.Donation) bool {
	paid := d.Status == models.Received || d.Status == models.PartiallyRefunded || d.Status == models.Processing && d.Pending > 0
	return v.c.Newsletter.Offered() && paid && !d.Newsletter
}

// outcome says what became of a gift.
func (v *views) outcome(d models.Donation, sub models.Subscription, now time.Time) thanksView {
	var view thanksView
	switch d.Status {
	case models.Received, models.PartiallyRefunded:
		view = v.confirmed(d, sub, now)
	case models.Processing:
		if d.Pending == 0 {
			return confirming(d) // a card: finished on Stripe's page, its charge a moment behind
		}
		view.Heading = "Thank you — your bank payment has started."
		view.Before, view.Strong = "US bank payments take up to four business days. Your gift of ", d.Amount.Short()+every(d.Frequency)
		view.After = " joins the total when it clears."
		view.Share = v.share()
	case models.Failed:
		view.Heading, view.Strong = "Your payment didn’t go through.", "You have not been charged."
		view.TryAgain = tryAgain(d)
	case models.Expired:
		view.Heading, view.Strong = "The payment page closed before you paid.", "You have not been charged."
		view.TryAgain = tryAgain(d)
	case models.Refunded:
		view.Heading = "This gift was refunded" + v.refundedOn(d) + "."
		view.Before, view.Strong, view.After = "All of your ", d.Charged().Short(), " was sent back. Banks can take several days to show it."
		view.Next = v.afterTheFirst(d, sub)
	case models.Disputed:
		view.Heading = "This gift was disputed."
		view.Before = "The bank has taken the money back, so it is not part of the total. If the bank returns it, it counts again."
		view.Next = v.afterTheFirst(d, sub)
	default:
		return confirming(d)
	}
	return view
}

// confirmed thanks for a gift whose payment was received.
func (v *views) confirmed(d models.Donation, sub models.Subscription, now time.Time) thanksView {
	view := thanksView{Share: v.share()}
	switch {
	case d.Frequency == models.Once:
		view.Heading = "Thank you."
		view.Before, view.Strong, view.After = "Your ", d.Amount.Short(), " gift to "+v.theCampaign()+" is confirmed."
	case sub.Ended() || sub.CancelsAtEnd:
		view.Heading = "Thank you."
		view.Before, view.Strong, view.After = "Your gift of ", d.Amount.Short()+every(d.Frequency), " to "+v.theCampaign()+" was confirmed."
		view.Next = stopped
	default:
		view.Heading = "Thank you. You’re giving " + d.Amount.Short() + every(d.Frequency) + "."
		view.Before = "Your first payment to " + v.theCampaign() + " is confirmed."
		view.Next = v.schedule(d, sub, now)
	}
	view.Words = v.thanked(d)
	view.Next = strings.Join(nonEmpty([]string{view.Next, v.c.Words.Next}), " ")
	if d.Status == models.PartiallyRefunded {
		view.Note = d.Refunded.Short() + " of the " + d.Charged().Short() + " you paid was refunded" + v.refundedOn(d) + "."
	}
	return view
}

// stopped is what happens next with a repeated gift that was ended.
const stopped = "The gift was stopped, and you won’t be charged again."

// schedule is when a repeated gift is charged again, with the next date where
// it is known.
func (v *views) schedule(d models.Donation, sub models.Subscription, now time.Time) string {
	if d.ReceivedAt == nil {
		return stopping
	}
	amount := d.Charged()
	if sub.Amount > 0 {
		amount = sub.Amount
	}
	next := ""
	if sub.PeriodEnd != nil && sub.PeriodEnd.After(now) {
		next = ", next on " + v.date(*sub.PeriodEnd)
	}
	return "You’ll be charged " + amount.Short() + " " + v.again(d.Frequency, *d.ReceivedAt) + " until you cancel" + next + ". " + stopping
}

// afterTheFirst keeps apart what became of a repeated gift's first payment,
// which this page is about, and whether there will be others.
func (v *views) afterTheFirst(d models.Donation, sub models.Subscription) string {
	switch {
	case d.Frequency == models.Once:
		return ""
	case sub.Ended() || sub.CancelsAtEnd:
		return stopped
	default:
		return "This page is about the first payment of your gift of " + d.Amount.Short() + every(d.Frequency) + ". " + stopping
	}
}

// refundedOn is the day of a refund, where it is known.
func (v *views) refundedOn(d models.Donation) string {
	if d.RefundedAt == nil {
		return ""
	}
	return " on " + v.date(*d.RefundedAt)
}

// confirming is the calm state: safe to close, and no reason to give twice.
func confirming(d models.Donation) thanksView {
	return thanksView{
		Waiting:  true,
		Heading:  "Confirming your gift…",
		Before:   "This usually takes a few seconds. You can close this page. ",
		Strong:   "Please don’t give again.",
		LateHead: "We haven’t heard back from the bank yet.",
		LateText: "No need to wait: your gift of " + d.Amount.Short() + every(d.Frequency) + " is counted as soon as we do. Please don’t give again. You can come back to this page at any time.",
	}
}

// facts are what a donor would write down.
func (v *views) facts(d models.Donation) []fact {
	if d.Status == models.Expired || d.Status == models.Failed {
		return []fact{{Name: "Reference", Value: d.Reference}}
	}
	amount := fact{Name: "Amount", Value: d.Charged().Short()}
	if d.FeesCovered > 0 {
		amount.Aside = "with fees you covered"
	}
	facts := []fact{amount}
	if d.ReceivedAt != nil {
		facts = append(facts, fact{Name: "Date", Value: v.date(*d.ReceivedAt)})
	}
	return append(facts,
		fact{Name: "Frequency", Value: receipt.Frequency(d.Frequency)},
		fact{Name: "Reference", Value: d.Reference})
}

// tryAgain is the form again, with everything that was chosen.
func tryAgain(d models.Donation) template.URL {
	return template.URL("/?cancelled=" + url.QueryEscape(d.Token) + "#give") //nolint:gosec // a path of our own, and a query that is encoded
}

// withoutGift is the error of a thank-you page whose gift can't be shown. The
// usual words would say that nothing was charged, and that is not known here.
func (v *views) withoutGift(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		said := worded{error: err, heading: "We can’t find this gift", sentence: "Part of its address may be missing."}
		if help := v.c.Organisation.Help; help != "" {
			said.sentence += " If you paid, write to " + help + " and we will find it. Please don’t give again."
		}
		return said
	}
	return worded{
		error: err, heading: "We can’t look up your gift just now",
		sentence: "A payment that went through is safe, and is counted as soon as we can. Please don’t give again.",
		links:    []link{{"Check again", ""}},
	}
}

// every says how often, inside a sentence: "$15 a month".
func every(f models.Frequency) string {
	switch f {
	case models.Monthly:
		return " a month"
	case models.Yearly:
		return " a year"
	default:
		return ""
	}
}
