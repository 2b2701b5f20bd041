package handlers

import (
	"cmp"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

// spoken is a campaign with the usual words wherever the newsroom has none of
// its own. It is the one list of them.
func spoken(c models.Campaign) models.Campaign {
	w := &c.Words
	w.Campaign = c.Named()
	w.Reader = cmp.Or(w.Reader, "reader")
	w.Readers = cmp.Or(w.Readers, "readers")
	w.GiveNow = cmp.Or(w.GiveNow, "Give now")
	w.Give = cmp.Or(w.Give, "Make a gift")
	w.GiveAfter = cmp.Or(w.GiveAfter, "The campaign has closed; gifts still support this work.")
	w.PaysFor = cmp.Or(w.PaysFor, "What your money pays for")
	w.Tell = cmp.Or(w.Tell, "Tell someone")
	w.Share = cmp.Or(w.Share, capital(w.Campaign)+" at "+c.Organisation.Name+": "+c.Headline)
	w.Help = cmp.Or(w.Help, "Questions?")
	o := &c.Organisation
	if c.Receipts.Benefit.Description != "" {
		o.InReturn = "Nothing else is given in return."
	}
	o.InReturn = cmp.Or(o.InReturn, "No goods or services are given in return.")
	return c
}

// deductible is what a US donor may do with a gift. It is said either way, so
// that nobody has to guess.
func (v *views) deductible() string {
	if v.c.Organisation.NotDeductible {
		return "Gifts are not tax-deductible."
	}
	return "Your gift is tax-deductible to the extent the law allows."
}

// thanked puts the gift's amount into the newsroom's own thanks.
func (v *views) thanked(d models.Donation) string {
	return strings.ReplaceAll(v.c.Words.Thanks, "{amount}", d.Amount.Short()+every(d.Frequency))
}
