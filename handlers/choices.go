package handlers

import (
	"fmt"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// problem is one thing to mend in the form.
type problem struct {
	Field   string // as the form names it; amounts always stand under "amount"
	Message string
	Email   string // an address that belongs behind the message, if any
}

// Text is the whole message as one line.
func (p problem) Text() string {
	if p.Email == "" {
		return p.Message
	}
	return p.Message + ": " + p.Email
}

// problems are all things to mend, in the order of the form.
type problems []problem

// Fields are the messages by field, for JSON.
func (ps problems) Fields() map[string]string {
	fields := make(map[string]string, len(ps))
	for _, p := range ps {
		if _, told := fields[p.Field]; !told {
			fields[p.Field] = p.Text()
		}
	}
	return fields
}

// On is the first problem of one field; its Message is "" if there is none.
func (ps problems) On(field string) problem {
	for _, p := range ps {
		if p.Field == field {
			return p
		}
	}
	return problem{}
}

func (ps *problems) add(field, message string) {
	if message != "" {
		*ps = append(*ps, problem{Field: field, Message: message})
	}
}

// choices turns what was typed into what is given, or says all that is wrong
// with it. With any problem the choices are not to be used.
func (f donateForm) choices(c models.Campaign) (models.Choices, problems) {
	var found problems
	choices := models.Choices{
		Frequency:   models.Frequency(f.Frequency),
		Newsletter:  f.Newsletter && c.Newsletter.Offered(),
		Comment:     f.Comment,
		Tribute:     models.Tribute(f.Tribute),
		TributeName: f.TributeName,
		Src:         f.Source.Src,
		UTMSource:   f.Source.UTMSource,
		UTMMedium:   f.Source.UTMMedium,
		UTMCampaign: f.Source.UTMCampaign,
		UTMContent:  f.Source.UTMContent,
	}
	if choices.Frequency == "" {
		choices.Frequency = models.Once
	}
	if !c.Offers(choices.Frequency) {
		found.add("frequency", "Choose how often to give")
	}
	amount, wrong := f.amount(c, choices.Frequency)
	if wrong.Message != "" {
		found = append(found, wrong)
	}
	choices.Amount = amount
	_, choices.FeesCovered = c.Charge(amount, f.CoverFees)
	if benefit := c.Receipts.Benefit; benefit.ComesWith(amount) && !f.NoBenefit {
		choices.Benefit, choices.BenefitValue = benefit.Description, benefit.Value
	}

	found.add("comment", tooLong(f.Comment, maxComment, "your note"))
	switch choices.Tribute {
	case models.NoTribute, models.InHonor, models.InMemory:
	case "":
		choices.Tribute = models.NoTribute
	default:
		found.add("tribute", "Choose honor, memory or neither")
	}
	found.add("tribute_name", tooLong(f.TributeName, maxTributeName, "the name"))
	if f.FormKey != "" && !validKey.MatchString(f.FormKey) {
		found.add("form_key", "Something was wrong with the form itself. Please send it again")
	}
	return choices, found
}

// amount is what was chosen or typed for one frequency, within the campaign's
// bounds.
func (f donateForm) amount(c models.Campaign, frequency models.Frequency) (money.Minor, problem) {
	wrong := func(format string, args ...any) (money.Minor, problem) {
		return 0, problem{Field: "amount", Message: fmt.Sprintf(format, args...)}
	}
	entered := f.Amount
	if entered == "" {
		picked := f.Picked[string(frequency)]
		preset, known := presetOf(c, frequency, picked)
		switch {
		case !known && picked != "" && picked != other:
			return wrong("Choose an amount")
		case known && f.OtherAmount != "" && !same(f.OtherAmount, preset):
			return wrong("You chose %s and also typed %s. Pick one.", preset.Short(), quoted(f.OtherAmount))
		case known:
			entered = typed(preset)
		case picked == "" && f.OtherAmount == "":
			return wrong("Choose an amount")
		default:
			entered = f.OtherAmount
		}
	}
	amount, err := money.Parse(entered)
	switch {
	case err != nil:
		return wrong("Enter an amount in dollars, like 75 or 75.50")
	case amount < c.Least:
		return wrong("The smallest gift we can take online is %s", c.Least.Short())
	case amount > c.Most:
		tooMuch := problem{Field: "amount", Email: c.Organisation.Help}
		tooMuch.Message = fmt.Sprintf("For gifts over %s please write to us", c.Most.Short())
		return 0, tooMuch
	}
	return amount, problem{}
}

// presetOf finds the preset that a radio button stands for.
func presetOf(c models.Campaign, frequency models.Frequency, picked string) (money.Minor, bool) {
	amount, err := money.Parse(picked)
	if err != nil {
		return 0, false
	}
	for _, preset := range c.Presets[frequency].Amounts {
		if preset == amount {
			return preset, true
		}
	}
	return 0, false
}

// same reports whether what was typed is the preset once more.
func same(s string, preset money.Minor) bool {
	amount, err := money.Parse(s)
	return err == nil && amount == preset
}

// quoted names what was typed: as money if it is, else in its own words.
func quoted(s string) string {
	if amount, err := money.Parse(s); err == nil {
		return amount.Short()
	}
	return "“" + cut(s, 20) + "”"
}
