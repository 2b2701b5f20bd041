package handlers

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// campaignState is what a campaign page shows beside the campaign itself.
type campaignState struct {
	Form       donateForm
	Problems   problems
	Notice     notice
	Wait       int       // seconds, where the notice is to wait
	MetAt      time.Time // when the goal was met, once it is
	StaleSince time.Time // when the figures were last read, where they can't be read now
}

// campaignView is the campaign page in words.
type campaignView struct {
	Headline, Standfirst string
	Ticker               tickerView
	Form                 *formView // nil while no gifts are taken
	GiveElsewhere        string    // where the form was, once the campaign has ended
	Draft                bool
	Lead                 *imageView
	Opening, Rest        template.HTML
	Signer               signerView
	PaysFor              []string
	Counting             []string
	Money                []string // over the goal, under it, refunds
	OtherWays            []string
	Disclosures          []string    // what states want said
	Signup               *signupView // nil where there is no newsletter
}

type signerView struct {
	Name, Title string
	Picture     *imageView
	Initials    string // without one
}

// campaign draws the campaign page: the one that everybody gets, and the same
// again for a reader who has something to mend.
func (v *views) campaign(p models.Progress, now time.Time, s campaignState) ([]byte, error) {
	view := campaignView{
		Headline:    v.c.Headline,
		Standfirst:  v.c.Standfirst,
		Ticker:      v.ticker(p, now, s.StaleSince),
		Draft:       v.c.Draft,
		Lead:        imageOf(v.c.Look.Lead),
		Opening:     template.HTML(v.c.Letter.Opening), //nolint:gosec // the newsroom's own Markdown, rendered without raw HTML
		Rest:        template.HTML(v.c.Letter.Rest),    //nolint:gosec // likewise
		Signer:      v.signer(),
		PaysFor:     v.c.PaysFor,
		Counting:    v.counting(),
		Money:       nonEmpty([]string{v.c.OverGoal, v.c.UnderGoal, v.c.RefundPolicy}),
		OtherWays:   v.otherWays(),
		Disclosures: v.c.Receipts.Disclosures,
	}
	view.Ticker.Live = true
	if !s.MetAt.IsZero() {
		view.Ticker.MetOn = v.day(s.MetAt, now)
	}
	view.Signup = v.signup("Read along.")
	switch {
	case v.c.TakesGifts(now) == nil:
		view.Signup = v.signup("Not ready" + nbsp + "to" + nbsp + "give? Read" + nbsp + "along.")
		view.Form = v.form(s, now)
	case view.Ticker.State == tickerEnded && v.orgURL() != "/":
		view.GiveElsewhere = "Give to " + v.c.Organisation.Name
	}
	out := v.page("", view)
	out.Title = strings.Join(nonEmpty([]string{v.c.Headline, v.c.Title, v.c.Organisation.Name}), " — ")
	out.Description = v.c.Standfirst
	out.Canonical = v.site.BaseURL + "/"
	out.Embeds = v.site.BaseURL + "/oembed?" + url.Values{"url": {out.Canonical}}.Encode()
	if view.Form != nil && (len(s.Problems) > 0 || s.Notice != noNotice) {
		out.Private, out.Compact = true, true
	} else {
		out.Preview = v.preview(view.Ticker, now)
	}
	if len(s.Problems) > 0 {
		out.Title = "Error: " + out.Title
	}
	return v.site.Web.Render("campaign", out)
}

// signer falls back on title and newsroom while nobody is named.
func (v *views) signer() signerView {
	s := signerView{Name: v.c.Signer.Name, Title: v.c.Signer.Title, Picture: imageOf(v.c.Look.Signer)}
	if s.Name == "" {
		s.Name, s.Title = v.c.Signer.Title, v.c.Organisation.Name
	}
	s.Initials = initials(s.Name)
	return s
}

// initials stand in for a picture: first and last capital of a name, articles
// left out.
func initials(name string) string {
	var letters []string
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '\u2011' })
	for _, w := range words {
		first := string([]rune(w)[:1])
		if w != "The" && first == strings.ToUpper(first) && first != strings.ToLower(first) {
			letters = append(letters, first)
		}
	}
	if len(letters) > 2 {
		letters = []string{letters[0], letters[len(letters)-1]}
	}
	return strings.Join(letters, "")
}

// counting explains the number, and says only what this campaign does. The
// rule in full is docs/counting.md.
func (v *views) counting() []string {
	said := []string{
		"A gift counts once its payment is confirmed. What is refunded, or taken back by the donor’s bank, comes off again.",
	}
	if v.c.BankDebits {
		said = append(said, "A bank payment counts when it clears, which takes up to four business days.")
	}
	if v.c.Offers(models.Monthly) || v.c.Offers(models.Yearly) {
		said = append(said, "A repeated gift counts payment by payment, each when it is made.")
	}
	if len(v.otherWays()) > 0 {
		said = append(said, "What is given in other ways counts once we have recorded it.")
	}
	said = append(said, "Amounts are what donors paid, before card fees.")
	if v.c.SeedFunding != "" {
		said = append(said, v.c.SeedFunding)
	}
	return append(said, v.c.Words.Counting...)
}

// otherWays are for readers who don't pay online, as far as the newsroom has
// told how to reach it. Only gifts that can be deducted come from a
// donor-advised fund.
func (v *views) otherWays() []string {
	if v.c.Words.OtherWays != nil {
		return v.c.Words.OtherWays
	}
	o := v.c.Organisation
	var ways []string
	if o.Address != "" {
		ways = append(ways, "By check: made out to "+o.Recipient()+", with “"+v.c.Title+"” on the memo line, mailed to "+o.Address+".")
	}
	if o.EIN != "" && !o.NotDeductible {
		ways = append(ways, "From a donor-advised fund: ask for "+o.Recipient()+", EIN"+nbsp+o.EIN+".")
	}
	if o.Help != "" {
		ways = append(ways, "Stock or a bank transfer: write to "+o.Help+".")
	}
	return ways
}
