package handlers

import (
	"html/template"
	"net/url"
	"strings"
	"time"

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
	Waiting   bool // payment may still be confirmed: the script asks
	LateHead  string
	LateText  string
	TryAgain  template.URL // where the form is filled in again
	Facts     []fact
	Share     *shareView
	Ticker    *tickerView
	Reference string
}

type fact struct{ Name, Value, Aside string }

// shareView is how a donor tells someone. The amount is in none of it.
type shareView struct {
	URL   string
	Shown string // the same without its scheme, as people write it
	Links []linkView
}

// thanks draws the page a donor comes back to, for every state a gift can be
// in. Only a received gift is thanked for as received.
func (v *views) thanks(d models.Donation, p models.Progress, now time.Time) ([]byte, error) {
	view := thanksView{Status: string(d.Status), Reference: d.Reference}
	gift := d.Amount.Short()
	screen := "Your gift"
	status := d.Status
	if status == models.Processing && d.Pending == 0 {
		status = models.Started // a card: finished on Stripe's page, its charge a moment behind
	}
	switch status {
	case models.Received, models.PartiallyRefunded:
		screen = "Thank you"
		view.Heading = "Thank you."
		view.Before, view.Strong, view.After = "Your ", gift+every(d.Frequency), " gift to "+v.theCampaign()+" is confirmed."
		if d.Status == models.PartiallyRefunded {
			view.Note = d.Refunded.Short() + " of it was refunded."
		}
		view.Share = v.share()
	case models.Processing:
		screen = "Thank you"
		view.Heading = "Thank you. Your bank payment has started."
		view.Before, view.Strong, view.After = "US bank payments take up to four business days. Your ", gift, " gift joins the total when it clears."
		view.Share = v.share()
	case models.Failed:
		view.Heading, view.Strong = "Your payment didn’t go through.", "You have not been charged."
		view.TryAgain = v.tryAgain(d.Choices)
	case models.Expired:
		view.Heading, view.Strong = "The payment page closed before you paid.", "You have not been charged."
		view.TryAgain = v.tryAgain(d.Choices)
	case models.Refunded:
		view.Heading = "This gift was refunded."
		view.Before, view.Strong, view.After = "All of your ", d.Charged().Short(), " was sent back. Banks can take several days to show it."
	case models.Disputed:
		view.Heading = "This payment is disputed."
		view.Before = "The bank has taken this payment back while it looks into a dispute, so it is not part of the total."
	default:
		view.confirming(gift)
	}
	view.Facts = v.facts(d)
	if !view.Waiting {
		t := v.ticker(p, now, time.Time{})
		view.Ticker = &t
	}
	out := v.page(screen, view)
	out.Private = true
	return v.site.Web.Render("thanks", out)
}

// confirming is the calm state: safe to close, and no reason to give twice.
func (view *thanksView) confirming(gift string) {
	view.Waiting = true
	view.Heading = "Confirming your gift…"
	view.Before, view.Strong, view.After = "This usually takes a few seconds. You can close this page. ", "Please don’t give again.", ""
	view.LateHead = "We haven’t heard back from the bank yet."
	view.LateText = "No need to wait: your " + gift + " gift is counted as soon as we do. Please don’t give again. You can come back to this page at any time."
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
		fact{Name: "Frequency", Value: frequencyLabel(d.Frequency)},
		fact{Name: "Reference", Value: d.Reference})
}

// tryAgain is the page with the same amount filled in.
func (v *views) tryAgain(c models.Choices) template.URL {
	query := url.Values{"amount": {typed(c.Amount)}}
	if c.Frequency != models.Once {
		query.Set("frequency", string(c.Frequency))
	}
	return template.URL("/?" + query.Encode() + "#give") //nolint:gosec // a path of our own, and a query that is encoded
}

// share makes plain links: no counter, no script of a third party, and no
// amount.
func (v *views) share() *shareView {
	address := v.site.BaseURL + "/"
	shown := address
	if u, err := url.Parse(address); err == nil {
		shown = u.Host
	}
	words := capital(v.theCampaign()) + " at " + v.c.Organisation.Name + ": " + v.c.Headline
	both := words + " " + address
	to := func(base string, pairs ...string) template.URL {
		query := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			query.Set(pairs[i], pairs[i+1])
		}
		return template.URL(base + query.Encode()) //nolint:gosec // base is written below, the query is encoded
	}
	return &shareView{URL: address, Shown: shown, Links: []linkView{
		{"Email", template.URL("mailto:?subject=" + escape(capital(v.theCampaign())) + "&body=" + escape(both))}, //nolint:gosec // html/template would refuse the scheme; the words are escaped
		{"Text message", template.URL("sms:?&body=" + escape(both))},                                             //nolint:gosec // likewise
		{"Facebook", to("https://www.facebook.com/sharer/sharer.php?", "u", address)},
		{"Bluesky", to("https://bsky.app/intent/compose?", "text", both)},
		{"X", to("https://x.com/intent/post?", "text", words, "url", address)},
	}}
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

// escape is for mailto: and sms:, where a plus sign is no space.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
