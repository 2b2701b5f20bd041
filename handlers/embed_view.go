package handlers

import (
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/snippet"
	"github.com/corruptionproject/appeal/models"
)

// readFrame is which frame an address asks for, and where that says it stands.
func readFrame(query url.Values) snippet.Frame {
	f := snippet.Read(query)
	f.Src = readSource(query).Src
	return f
}

// embedView is the framed appeal in words.
type embedView struct {
	Title, Theme, Variant string
	TestMode              bool
	Down                  bool         // the figures can't be read
	Page, Give            template.URL // the campaign page, and its form
	Src                   string
	Kicker, Campaign      string
	GiveNow               string
	Headline              string
	Draft                 bool // the letter's words are not approved yet
	Words                 []string
	Signer                *signerView
	Ticker                tickerView
	Line                  lineView // where the campaign stands, in one sentence
	Facts                 []string // beside the button of the smallest frame
	Ask                   *askView // nil while no gifts are taken
}

// lineView is a sentence with one strong part.
type lineView struct{ Before, Strong, After string }

// askView is the choice of an amount, which is made again on the page.
type askView struct {
	Legend    string
	Frequency string
	Choices   []choiceView
	Button    string // with {amount}, for the script
	Next      string // what comes after the button
}

// embed draws the appeal as a frame.
func (v *views) embed(f snippet.Frame, p models.Progress, now, staleSince time.Time) ([]byte, error) {
	view := v.framed(f)
	view.Ticker = v.ticker(p, now, staleSince)
	view.Line = v.line(view.Ticker, p)
	view.Headline = v.c.Headline
	if v.c.TakesGifts(now) == nil {
		view.Ask = v.ask(f)
		view.Facts = nonEmpty([]string{view.Ticker.Left, v.taxes()})
		if view.Ticker.Stale != "" {
			view.Facts = []string{"As of " + view.Ticker.Stale}
		}
	}
	switch {
	case view.Ticker.State == tickerEnded:
		// Words that ask for gifts have done their work.
	case f.Variant == snippet.Letter:
		signer := v.signer()
		view.Words, view.Signer, view.Draft = v.excerpt, &signer, v.c.Draft
	default:
		view.Words = nonEmpty([]string{v.c.Standfirst})
	}
	return v.site.Web.Render("embed", view)
}

// embedDown is the frame while the figures can't be read. It says no more than
// the link that a script would put in its place.
func (v *views) embedDown(f snippet.Frame) ([]byte, error) {
	view := v.framed(f)
	view.Down = true
	return v.site.Web.Render("embed", view)
}

// framed is what a frame holds whatever the figures are.
func (v *views) framed(f snippet.Frame) embedView {
	give := v.snippets().Page(f.Src)
	return embedView{
		Title: v.snippets().Support(), Theme: f.Theme, Variant: f.Variant, TestMode: v.site.TestMode, Src: f.Src,
		Page: template.URL(v.site.BaseURL + "/"), Give: template.URL(give + "#give"), //nolint:gosec // our own address, and what stands behind it is encoded
		Kicker: capital(v.theCampaign()), Campaign: v.theCampaign(), GiveNow: v.c.Words.GiveNow,
	}
}

// snippets writes what articles hold.
func (v *views) snippets() snippet.Site {
	return snippet.Site{Base: v.site.BaseURL, Name: v.theCampaign()}
}

// line is the tracker as one sentence.
func (v *views) line(t tickerView, p models.Progress) lineView {
	campaign := v.theCampaign()
	switch t.State {
	case tickerUpcoming:
		return lineView{capital(campaign) + " opens ", t.OpensOn, "."}
	case tickerNone:
		return lineView{Before: strings.TrimSuffix(t.First, ".") + " to " + campaign + "."}
	case tickerEarly:
		return lineView{"", t.Readers, " " + t.Have + " given to " + campaign + " so far"}
	case tickerNear:
		return lineView{"", t.ToGo + " to go", " for " + campaign}
	case tickerReached:
		return lineView{"", "Goal met: " + t.Raised, " for " + campaign}
	case tickerEnded:
		ended := "This campaign ended " + t.EndsOn + "."
		if p.Raised <= 0 {
			return lineView{Before: ended + " Thank you for reading."}
		}
		return lineView{ended + " " + capital(t.Several) + " gave ", t.Raised, ". Thank you."}
	default:
		return lineView{"", t.Raised, " of " + t.Goal + " for " + campaign}
	}
}

// ask offers three amounts, and the page for any other.
func (v *views) ask(f snippet.Frame) *askView {
	frequency := defaultFrequency(v.c)
	presets := v.c.Presets[frequency]
	view := &askView{
		Legend: amountLegend(frequency), Frequency: string(frequency), Button: "Give {amount}",
		Next: "You choose how to pay next.",
	}
	switch frequency {
	case models.Once:
	case models.Monthly:
		view.Button += " a month"
	case models.Yearly:
		view.Button += " a year"
	}
	if with := v.methods(); f.Variant == snippet.Letter && with != "" {
		view.Next = "Pay with " + with + "."
	}
	if taxes := v.taxes(); taxes != "" {
		view.Next = taxes + ". " + view.Next
	}
	for i, amount := range threeOf(presets) {
		view.Choices = append(view.Choices, choiceView{
			ID: "amount-" + string(rune('1'+i)), Name: "amount", Value: typed(amount), Label: amount.Short(), Checked: amount == presets.Default,
		})
	}
	view.Choices = append(view.Choices, choiceView{ID: "amount-other", Name: "amount", Value: other, Label: "Other"})
	return view
}

// threeOf are three neighbouring amounts, the chosen one in their middle where
// it has neighbours.
func threeOf(p models.Presets) []money.Minor {
	from := 0
	for i, amount := range p.Amounts {
		if amount == p.Default {
			from = max(0, min(i-1, len(p.Amounts)-3))
		}
	}
	return p.Amounts[from:min(from+3, len(p.Amounts))]
}

// taxes is what a donor may do with a gift, in a word or two, and said of real
// gifts only.
func (v *views) taxes() string {
	switch {
	case v.site.TestMode:
		return ""
	case v.c.Organisation.NotDeductible:
		return "Not tax-deductible"
	default:
		return "Tax-deductible"
	}
}

// mostWords is how much of the letter stands in a frame.
const mostWords = 90

// excerpt is how a letter begins: whole paragraphs as plain text, and of the
// last one as many whole sentences as there is room for.
func excerpt(letter string, most int) ([]string, error) {
	root, err := html.Parse(strings.NewReader(letter))
	if err != nil {
		return nil, err
	}
	var paragraphs []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "p" || n.Parent.Data != "body" {
			continue
		}
		var text strings.Builder
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				text.WriteString(d.Data)
			}
		}
		words := strings.Fields(text.String())
		if len(words) > most {
			words = words[:lastSentence(words, most)]
			most = 0
		}
		if len(words) > 0 {
			paragraphs = append(paragraphs, strings.Join(words, " "))
		}
		if most -= len(words); most <= 0 {
			break
		}
	}
	return paragraphs, nil
}

// lastSentence is how many of the first most words are whole sentences. An
// abbreviation (Mr., U.S.) ends none.
func lastSentence(words []string, most int) int {
	for n := most; n > 0; n-- {
		word := strings.TrimRight(words[n-1], "”’\"')")
		bare := strings.TrimRight(word, ".!?…")
		if bare != word && !abbreviation.MatchString(bare) {
			return n
		}
	}
	return 0
}

// abbreviation is a word before its point that may well go on behind it.
var abbreviation = regexp.MustCompile(`^\p{Lu}\p{L}?$|\.`)
