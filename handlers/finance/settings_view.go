package finance

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// settingGroup is a part of campaign.yaml in plain words.
type settingGroup struct {
	ID, Name string
	Settings []setting
}

// setting is one key of the file.
type setting struct {
	Name, Key string
	Value     string // of several lines, where it is a list
	Unset     bool   // the file says nothing, and Value what follows from that
	Colours   []string
}

type accountCode struct{ Account, Code string }

// is is a setting with what holds where the file says nothing.
func is(name, key, value, otherwise string) setting {
	if value == "" {
		return setting{Name: name, Key: key, Value: otherwise, Unset: true}
	}
	return setting{Name: name, Key: key, Value: value}
}

// settingGroups are all that the file says, in its own order.
func (r *Rooms) settingGroups() []settingGroup {
	c := r.Campaign
	return []settingGroup{
		{"campaign", "Campaign", r.ofCampaign(c)},
		{"organisation", "Organisation", ofOrganisation(c)},
		{"money", "Money and amounts", ofMoney(c)},
		{"look", "Look", ofLook(c.Look)},
		{"texts", "Texts", ofTexts(c)},
		{"words", "The newsroom’s own words", ofWords(c.Words)},
		{"receipts", "Receipts and notices", ofReceipts(c)},
		{"places", "Where the appeal may stand", ofPlaces(c.EmbedOrigins)},
	}
}

func (r *Rooms) ofCampaign(c models.Campaign) []setting {
	draft, after := "No: these words are approved", "No more gifts are taken"
	if c.Draft {
		draft = "Yes: the page says “Draft”, and a service that takes real money refuses to start"
	}
	if c.AfterDeadline == models.AcceptAfter {
		after = "Gifts are still taken, and still count"
	}
	stretch := ""
	if c.Stretch.Purpose != "" {
		stretch = c.Stretch.Purpose
		if c.Stretch.Goal > 0 {
			stretch += "\nNext mark: " + c.Stretch.Goal.Short()
		}
	}
	return []setting{
		is("Name", "title", c.Title, ""),
		is("Name in the books and at Stripe", "slug", c.Slug, ""),
		is("Headline", "headline", c.Headline, ""),
		is("Sentence under it", "standfirst", c.Standfirst, ""),
		is("Draft", "draft", draft, ""),
		is("Goal", "goal", c.Goal.Short(), ""),
		is("Beyond the goal", "stretch", stretch, "Nothing is said of a next mark"),
		is("Opens", "opens", r.moment(c.Opens), ""),
		is("Deadline", "deadline", r.moment(c.Deadline), ""),
		is("Days are counted in", "timezone", c.Zone.String(), ""),
		is("After the deadline", "after_deadline", after, ""),
		is("The books start", "books_start", r.moment(c.BooksStart), ""),
	}
}

func ofOrganisation(c models.Campaign) []setting {
	o := c.Organisation
	deductible := "Yes, to the extent the law allows"
	if o.NotDeductible {
		deductible = "No"
	}
	return []setting{
		is("Name", "organisation.name", o.Name, ""),
		is("Legal name, on receipts", "organisation.legal_name", o.LegalName, "None: real money can’t be taken"),
		is("Address", "organisation.address", o.Address, "None: real money can’t be taken"),
		is("EIN", "organisation.ein", o.EIN, "None: real money can’t be taken"),
		is("Questions go to", "organisation.help", o.Help, ""),
		is("Site", "organisation.url", o.URL, "None"),
		is("Privacy policy", "organisation.privacy_url", o.Privacy, ""),
		is("What it is", "organisation.legal", o.Legal, "A 501(c)(3) nonprofit"),
		is("Gifts are tax-deductible", "organisation.tax_deductible", deductible, ""),
		is("Given in return", "organisation.in_return", o.InReturn, "No goods or services"),
		is("Who signs the letter", "signer", c.Signer.Name+"\n"+c.Signer.Title, ""),
		is("On bank statements", "statement_descriptor", c.StatementDescriptor, ""),
	}
}

func ofMoney(c models.Campaign) []setting {
	all := []setting{
		is("Currency", "currency", strings.ToUpper(string(c.Currency)), ""),
		is("How often", "frequencies", frequenciesOf(c), ""),
		is("Amounts offered", "presets", presetsOf(c), ""),
		is("Smallest gift", "least", c.Least.Short(), ""),
		is("Largest gift", "most", c.Most.Short(), ""),
	}
	bar, published, restricted, address := "Always", "", "No", ""
	if c.BarFrom > 0 {
		bar = "From " + strconv.Itoa(c.BarFrom) + "% on; below, the number of readers"
	}
	if c.PublishDonorsFrom > 0 {
		published = "Who gives " + c.PublishDonorsFrom.Short() + " or more"
	}
	if c.Restricted {
		restricted = "Yes: income with donor restrictions"
	}
	if c.CollectAddress {
		address = "Yes: it stands with the gift, and in the export of donors"
	}
	return append(all,
		is("Covering the card fees is reckoned with", "fee", fmt.Sprintf("%d.%02d%% and %d¢", c.Fee.BasisPoints/100, c.Fee.BasisPoints%100, int64(c.Fee.Fixed)), ""),
		is("Ways to pay that the page names", "payment_methods", strings.Join(c.PaymentMethods, "\n"), ""),
		is("The bar is shown", "bar_from_percent", bar, ""),
		is("Stripe’s page asks for a postal address", "collect_address", address, "No: none is kept"),
		is("Donors who are published", "publish_donors_from", published, "Nobody"),
		is("Gifts are restricted", "restricted", restricted, ""),
	)
}

func frequenciesOf(c models.Campaign) string {
	var all []string
	for _, f := range c.Frequencies {
		all = append(all, receipt.Frequency(f))
	}
	return strings.Join(all, "\n")
}

func presetsOf(c models.Campaign) string {
	var all []string
	for _, f := range c.Frequencies {
		var amounts []string
		for _, amount := range c.Presets[f].Amounts {
			amounts = append(amounts, amount.Short())
		}
		line := receipt.Frequency(f) + ": " + strings.Join(amounts, ", ")
		if chosen := c.Presets[f].Default; chosen > 0 {
			line += "; " + chosen.Short() + " is chosen at first"
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

func ofLook(l models.Look) []setting {
	all := []setting{
		{Name: "Accent", Key: "accent", Value: l.Light.Accent, Colours: []string{l.Light.Accent, l.Light.Button, l.Light.Soft}},
		{Name: "Accent on dark pages", Key: "accent_dark", Value: l.Dark.Accent, Colours: []string{l.Dark.Accent, l.Dark.Button, l.Dark.Soft}},
	}
	for _, p := range []struct {
		name, key, otherwise string
		picture              *models.Picture
	}{
		{"Picture of whoever signs", "signer.jpg", "None: initials stand there", l.Signer},
		{"Logo", "logo.svg", "None: the newsroom’s name stands there", l.Logo},
		{"Logo on dark pages", "logo-dark.svg", "None", l.LogoDark},
		{"Icon of the browser’s tab", "icon.svg", "The usual one, in the accent", l.Icon},
		{"Picture above the letter", "lead", "None", l.Lead},
	} {
		value := ""
		if p.picture != nil {
			value = fmt.Sprintf("%s, %d × %d", p.picture.Name, p.picture.Width, p.picture.Height)
			for _, said := range []string{p.picture.Alt, p.picture.Credit} {
				if said != "" {
					value += "\n" + said
				}
			}
		}
		all = append(all, is(p.name, p.key, value, p.otherwise))
	}
	return all
}

func ofTexts(c models.Campaign) []setting {
	newsletter := ""
	if c.Newsletter.Offered() {
		newsletter = "“Email me the " + c.Newsletter.Name + "”\n" + c.Newsletter.Promise
	}
	return []setting{
		is("What gifts pay for", "pays_for", strings.Join(c.PaysFor, "\n"), "Nothing is said of it"),
		is("Above the goal", "over_goal", c.OverGoal, ""),
		is("If the goal is missed", "under_goal", c.UnderGoal, ""),
		is("If a gift was a mistake", "refund_policy", c.RefundPolicy, ""),
		is("Money already in hand", "seed_funding", c.SeedFunding, "Nothing is said of it"),
		is("Newsletter", "newsletter", newsletter, "None is offered"),
	}
}

func ofWords(w models.Words) []setting {
	other := strings.Join(w.OtherWays, "\n")
	if w.OtherWays != nil && other == "" {
		other = "None are named"
	}
	return []setting{
		is("The campaign inside a sentence", "words.campaign", w.Campaign, "The name, after “the”"),
		is("Whoever gives, one", "words.reader", w.Reader, "reader"),
		is("Whoever gives, several", "words.readers", w.Readers, "readers"),
		is("Button that leads to the form on a phone", "words.give_now", w.GiveNow, "Give now"),
		is("Above the form", "words.give", w.Give, "Make a gift"),
		is("Above the form after the deadline", "words.give_after", w.GiveAfter, "The campaign has closed; gifts still support this work."),
		is("Above what gifts pay for", "words.pays_for", w.PaysFor, "What your money pays for"),
		is("Other ways to give", "words.other_ways", other, "The usual ones: check, donor-advised fund, stock, bank transfer"),
		is("After the rules of counting", "words.counting", strings.Join(w.Counting, "\n"), "Nothing more"),
		is("After a gift’s confirmation", "words.thanks", w.Thanks, "Nothing more"),
		is("What happens next", "words.next", w.Next, "Nothing more"),
		is("Above the links for telling someone", "words.tell", w.Tell, "Tell someone"),
		is("The message in them", "words.share", w.Share, "The campaign, the newsroom and the headline"),
		is("While no gifts can be taken", "words.paused", w.Paused, "We can’t take gifts for a moment."),
		is("To whoever sends a gift after the end", "words.ended", w.Ended, "The day it closed"),
		is("Before the address for questions", "words.help", w.Help, "Questions?"),
	}
}

func ofReceipts(c models.Campaign) []setting {
	benefit, notices, morning := "", "", "All of finance and every admin who can sign in"
	if c.Notices.Morning != nil {
		morning = "Nobody"
	}
	if b := c.Receipts.Benefit; b.Description != "" {
		benefit = b.Description + "\nWorth " + b.Value.String() + " by finance’s estimate, for gifts of " + b.From.Short() + " or more"
	}
	if len(c.Notices.To) > 0 {
		notices = "Of gifts of " + c.Notices.From.Short() + " or more:\n" + strings.Join(c.Notices.To, "\n")
	}
	return []setting{
		is("Sentences that states want", "receipts.disclosures", strings.Join(c.Receipts.Disclosures, "\n"), "None"),
		is("What donors get", "receipts.benefit", benefit, "Nothing of value"),
		is("Who is told of large gifts", "notices", notices, "Nobody"),
		is("Who is told each morning what waits for a person", "notices.morning", strings.Join(c.Notices.Morning, "\n"), morning),
		is("Who is told each Monday what the week came to", "notices.weekly", strings.Join(c.Notices.Weekly, "\n"), "Nobody"),
	}
}

// ofPlaces says who may frame the appeal.
func ofPlaces(origins []string) []setting {
	var all []string
	for _, origin := range origins {
		switch origin {
		case "self":
			origin = "This site itself"
		case "https:":
			origin = "Any site that is reached by https"
		}
		all = append(all, origin)
	}
	return []setting{is("Pages that may frame the appeal", "embed.origins", strings.Join(all, "\n"), "None")}
}
