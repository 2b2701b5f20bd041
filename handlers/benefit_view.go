package handlers

// benefitView says what a gift brings, where it brings something of value. The
// IRS wants that said when a gift is asked for: what it is, what it is worth
// by a good-faith estimate, and that no more than the rest can be deducted
// (26 U.S.C. § 6115; IRS Publication 1771).
type benefitView struct {
	Said     string
	Decline  string
	Declined bool
}

func (v *views) benefit(declined bool) *benefitView {
	b := v.c.Receipts.Benefit
	if b.Description == "" {
		return nil
	}
	view := benefitView{
		Said:     "With a gift of " + b.From.Short() + " or more you get: " + b.Description + ". By our good-faith estimate it is worth " + b.Value.Short() + ".",
		Decline:  "No thanks, leave it out",
		Declined: declined,
	}
	if !v.c.Organisation.NotDeductible {
		view.Said += " Only what you give above that is tax-deductible."
		view.Decline += "; all of my gift is then deductible"
	}
	return &view
}
