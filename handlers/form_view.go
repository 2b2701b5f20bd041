package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// formView is the giving form in words.
type formView struct {
	Heading     string
	Frequencies []choiceView // only where there is a choice
	Frequency   string       // the one that is selected
	Sets        []amountSet
	Several     bool // more than one set of amounts
	Other       string
	AmountError problem
	FreqError   problem
	Summary     []summaryLine
	Notice      *noticeView
	Cover       coverView
	Fold        foldView
	Box         *boxView     // nil where there is no newsletter
	Benefit     *benefitView // nil where donors get nothing
	Terms       []termsView  // of the gifts that repeat
	Hidden      []hidden
	FormKey     string
	Next        string // what comes after the button
	Publishing  string // who is named in public, "" for nobody
	Legal       legalView
}

type choiceView struct {
	ID, Name, Value, Label string
	Checked                bool
}

// amountSet is the amounts of one frequency, a group of radio buttons.
type amountSet struct {
	Frequency, Legend string
	Choices           []choiceView
	Selected          bool
}

// coverView is the choice to cover the card's fees. Without a script the words
// can't follow what is chosen, so they name the rate, and what it comes to for
// the amount chosen beforehand as an example. The script reckons the exact
// amount as money.FeeRate does, from the same two numbers.
type coverView struct {
	Checked     bool
	BasisPoints int64
	FixedCents  int64
	Rough       string // before an amount is known, or without script
	Exact       string // {fee} and {gift} stand for the amounts
}

// termsView is what a donor agrees to by giving again and again.
type termsView struct {
	Frequency string
	Lead      string
	Charged   string // strong; what is known without a script
	Exact     string // the same with {amount}, for the script
	Stop      string // how to end it
}

type summaryLine struct {
	Text, Href string
}

type hidden struct{ Name, Value string }

func (v *views) form(s campaignState, now time.Time) *formView {
	f, ps := s.Form, s.Problems
	selected := models.Frequency(f.Frequency)
	if !v.c.Offers(selected) {
		selected = defaultFrequency(v.c)
	}
	view := &formView{
		Heading:     v.c.Words.Give,
		Frequency:   string(selected),
		Several:     len(v.c.Frequencies) > 1,
		Other:       f.OtherAmount,
		AmountError: ps.On("amount"),
		FreqError:   ps.On("frequency"),
		Notice:      v.notice(s.Notice, s.Wait),
		Cover:       v.cover(f.CoverFees),
		Box:         v.box(f.Newsletter),
		Benefit:     v.benefit(f.NoBenefit),
		Hidden:      hiddenFields(f),
		FormKey:     f.FormKey,
		Fold:        fold(f, ps),
		Next:        v.next(),
		Publishing:  v.publishing(),
		Legal:       v.legal(),
	}
	view.Cover.Rough += example(v.c, f, selected) + " so the full amount reaches " + unbroken(v.c.Organisation.Name)
	if now.After(v.c.Deadline) {
		view.Heading = v.c.Words.GiveAfter
	}
	for _, frequency := range v.c.Frequencies {
		view.Sets = append(view.Sets, v.amounts(f, frequency, frequency == selected))
		if view.Several {
			view.Frequencies = append(view.Frequencies, choiceView{
				ID: "frequency-" + string(frequency), Name: "frequency", Value: string(frequency),
				Label: receipt.Frequency(frequency), Checked: frequency == selected,
			})
		}
		if frequency != models.Once {
			view.Terms = append(view.Terms, v.terms(frequency, now))
		}
	}
	// A link's or client's own amount is shown where it can be mended.
	if view.Other == "" {
		view.Other = f.Amount
	}
	for _, p := range ps {
		view.Summary = append(view.Summary, summaryLine{Text: p.Text(), Href: view.place(p.Field)})
	}
	return view
}

func (v *views) amounts(f donateForm, frequency models.Frequency, selected bool) amountSet {
	set := amountSet{Frequency: string(frequency), Legend: amountLegend(frequency), Selected: selected}
	name, picked := amountField(frequency), f.Picked[string(frequency)]
	for i, preset := range v.c.Presets[frequency].Amounts {
		set.Choices = append(set.Choices, choiceView{
			ID: name + "-" + strconv.Itoa(i+1), Name: name, Value: typed(preset), Label: preset.Short(),
			Checked: picked == typed(preset),
		})
	}
	set.Choices = append(set.Choices, choiceView{
		ID: name + "-other", Name: name, Value: other, Label: "Other",
		Checked: picked == other || picked == "" && selected && f.OtherAmount+f.Amount != "",
	})
	return set
}

// terms says what a repeated gift begun now is charged, and when. The day is
// that of drawing the page, which a shared page outlives by seconds only.
func (v *views) terms(f models.Frequency, now time.Time) termsView {
	again := "today and " + v.again(f, now) + " until you cancel"
	return termsView{
		Frequency: string(f), Lead: "Giving " + strings.ToLower(receipt.Frequency(f)) + ", you’ll be charged ",
		Charged: again, Exact: "{amount} " + again, Stop: stopping,
	}
}

// stopping is how a donor changes or ends a repeated gift.
const stopping = "You can change or cancel it online at any time."

// place is where a line of the summary leads: to the control to be mended.
func (view *formView) place(field string) string {
	switch field {
	case "amount":
		if view.Other == "" {
			for _, set := range view.Sets {
				if set.Selected {
					return "#" + set.Choices[0].ID
				}
			}
		}
		return "#other_amount"
	case "frequency":
		if len(view.Frequencies) > 0 {
			return "#" + view.Frequencies[0].ID
		}
	case "comment", "tribute_name":
		return "#" + field
	case "tribute":
		return "#" + view.Fold.Tributes[0].ID
	}
	return ""
}

func (v *views) cover(checked bool) coverView {
	org := unbroken(v.c.Organisation.Name)
	return coverView{
		Checked:     checked,
		BasisPoints: v.c.Fee.BasisPoints,
		FixedCents:  int64(v.c.Fee.Fixed),
		Rough:       "Add about " + roughFee(v.c),
		Exact:       "Add {fee} so the full {gift} reaches " + org,
	}
}

// example is what covering the fees of the amount chosen beforehand takes, to
// the cent: " ($1.80 on $50)". It is true whatever is chosen then.
func example(c models.Campaign, f donateForm, frequency models.Frequency) string {
	gift, wrong := f.amount(c, frequency)
	if wrong.Message != "" {
		return ""
	}
	_, fee := c.Charge(gift, true)
	return " (" + fee.Short() + " on" + nbsp + gift.Short() + ")"
}

// roughFee names the rate: "2.9% + 30¢".
func roughFee(c models.Campaign) string {
	whole, rest := c.Fee.BasisPoints/100, c.Fee.BasisPoints%100
	share := strconv.FormatInt(whole, 10)
	if rest > 0 {
		share += "." + strings.TrimRight(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	share += "%"
	switch fixed := c.Fee.Fixed; {
	case fixed == 0:
		return share
	case fixed < 100:
		return share + nbsp + "+" + nbsp + strconv.FormatInt(int64(fixed), 10) + "¢"
	default:
		return share + nbsp + "+" + nbsp + fixed.Short()
	}
}

// methods are the ways to pay, as a sentence names them.
func (v *views) methods() string {
	methods := make([]string, 0, len(v.c.PaymentMethods))
	for _, m := range v.c.PaymentMethods {
		methods = append(methods, strings.ReplaceAll(m, " ", nbsp))
	}
	return listed(methods, "or")
}

func (v *views) next() string {
	with := ""
	if methods := v.methods(); methods != "" {
		with = " with " + methods
	}
	said := "Next: pay on Stripe’s secure page" + with + ". We never see your card number."
	if v.c.CollectAddress {
		said += " That page also asks for your postal address, which we keep with your gift."
	}
	return said
}

// hiddenFields carry the page's own address into the form. Nothing is stored
// in the browser, and a page without them carries none.
func hiddenFields(f donateForm) []hidden {
	all := []hidden{
		{"src", f.Source.Src},
		{"utm_source", f.Source.UTMSource},
		{"utm_medium", f.Source.UTMMedium},
		{"utm_campaign", f.Source.UTMCampaign},
		{"utm_content", f.Source.UTMContent},
		{"cancelled", f.Cancelled},
	}
	var kept []hidden
	for _, h := range all {
		if h.Value != "" {
			kept = append(kept, h)
		}
	}
	return kept
}

func amountLegend(f models.Frequency) string {
	switch f {
	case models.Monthly:
		return "How much a month?"
	case models.Yearly:
		return "How much a year?"
	default:
		return "How much?"
	}
}
