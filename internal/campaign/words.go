package campaign

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/models"
)

// gift is the one placeholder that is filled in for each donor, by whoever
// shows the text.
const gift = "{amount}"

// placeholders are what a text may leave to be filled in, so that a goal or a
// deadline is written down once.
type placeholders map[string]string

// newPlaceholders needs what a campaign says of itself elsewhere in the file.
func newPlaceholders(c *models.Campaign) placeholders {
	o := c.Organisation
	deadline := ""
	if !c.Deadline.IsZero() {
		deadline = strings.Replace(c.Deadline.Format("January 2, 2006"), " ", "\u00a0", 1)
	}
	goal := ""
	if c.Goal > 0 {
		goal = c.Goal.Short()
	}
	return placeholders{
		"{title}": c.Title, "{headline}": c.Headline, "{campaign}": c.Named(), "{goal}": goal, "{deadline}": deadline,
		"{org.name}": o.Name, "{org.legal_name}": o.LegalName, "{org.address}": o.Address, "{org.ein}": o.EIN, "{help}": o.Help,
	}
}

var placeholderShape = regexp.MustCompile(`\{[^{}]*\}`)

// fill puts into a text what its placeholders stand for. What is not known, or
// is not filled in itself, is a mistake.
func (p placeholders) fill(b *block, name string, typed item, also ...string) string {
	return placeholderShape.ReplaceAllStringFunc(typed.text, func(found string) string {
		value, known := p[found]
		switch {
		case slices.Contains(also, found):
			return found
		case !known:
			b.found.add(settingsFile, typed.line, b.at(name), "%s stands for nothing; there are %s", found, p.names(also))
		case value == "":
			b.found.add(settingsFile, typed.line, b.at(name), "%s stands for what is not filled in itself", found)
		}
		return value
	})
}

func (p placeholders) names(also []string) string {
	names := slices.Clone(also)
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// text reads a text with placeholders, "" if the key is not there.
func (p placeholders) text(b *block, name string, also ...string) string {
	return p.fill(b, name, item{text: b.text(name), line: b.lineOf(name)}, also...)
}

// needText is text for a key that must hold some.
func (p placeholders) needText(b *block, name, what string) string {
	return p.fill(b, name, item{text: b.needText(name, what), line: b.lineOf(name)})
}

// texts reads a list of them, nil if the key is not there.
func (p placeholders) texts(b *block, name string) []string {
	items, given := b.list(name)
	if !given {
		return nil
	}
	all := []string{}
	for _, entry := range items {
		all = append(all, p.fill(b, name, entry))
	}
	return all
}

// readWords fills in what readers read beside the letter. It comes last,
// because any of it may name what stands elsewhere.
func readWords(b *block, c *models.Campaign) {
	words := b.within("words")
	if words != nil {
		c.Words.Campaign = words.text("campaign")
	}
	p := newPlaceholders(c)
	c.Standfirst = p.needText(b, "standfirst", "one sentence under the headline")
	c.PaysFor = p.texts(b, "pays_for")
	c.OverGoal = p.needText(b, "over_goal", "what happens to money above the goal")
	c.UnderGoal = p.needText(b, "under_goal", "what happens if the goal is missed")
	c.RefundPolicy = p.needText(b, "refund_policy", "how a donor gets a gift back")
	c.SeedFunding = p.text(b, "seed_funding")
	if words == nil {
		return
	}
	said := func(name string, also ...string) string { return p.text(words, name, also...) }
	c.Words = models.Words{
		Campaign: c.Words.Campaign,
		Reader:   label(words, p, "reader"), Readers: label(words, p, "readers"),
		GiveNow: label(words, p, "give_now"), Give: said("give"), GiveAfter: said("give_after"),
		PaysFor: said("pays_for"), OtherWays: p.texts(words, "other_ways"), Counting: p.texts(words, "counting"),
		Thanks: said("thanks", gift), Next: said("next"), Tell: said("tell"), Share: said("share"),
		Paused: said("paused"), Ended: said("ended"), Help: said("help"),
	}
	if one, several := c.Words.Reader == "", c.Words.Readers == ""; one != several {
		words.complain("readers", "reader and readers are one word, for one and for several; write both")
	}
	words.close()
}

// labelMost is how many characters fit a button on a small phone, or stand
// beside a number there.
const labelMost = 24

func label(b *block, p placeholders, name string) string {
	text := p.text(b, name)
	if n := utf8.RuneCountInString(text); n > labelMost {
		b.complain(name, "has %d characters, and %d fit on a phone", n, labelMost)
	}
	return text
}
