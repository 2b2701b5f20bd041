package receipt

import (
	"fmt"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

// noGoodsOrServices is the statement without which a gift of $250 or more can't
// be deducted (26 U.S.C. § 170(f)(8)(B)(ii); IRS Publication 1771). The name
// before it is the organisation's legal one. This is version 1 of its words: a
// document once issued keeps them, so new words would stand beside these, for
// documents issued from a day on, and not in their place.
const noGoodsOrServices = "%s provided no goods or services in exchange for this contribution."

// statements are what the tax office wants said. The first is of goods and
// services, and stands on every document.
func (w writer) statements() []string {
	said := []string{w.inReturn()}
	switch {
	case w.void():
		return append(said, "Nothing of this contribution is left. It is not deductible.")
	case w.superseded():
		return append(said, w.instead()+" Keep that one for your tax records.")
	case w.method() == models.DAF:
		return append(said,
			"This is an acknowledgement, not a receipt for tax purposes.",
			"A gift to a donor-advised fund is deducted when the fund receives it; a grant from the fund is not deductible again.")
	case w.method() == models.QCD:
		return append(said,
			"This gift came to us directly from the trustee of an individual retirement account (IRA), and we understand that it is meant as a qualified charitable distribution.",
			"What you leave out of your income as such a distribution can’t be deducted as well.",
			"Keep this for your tax records.")
	case w.method() == models.Stock:
		said = append(said, "This receipt states no value. What the securities were worth on the day we received them is for you to determine.")
	}
	keep := "Keep this for your tax records."
	if w.c.Organisation.NotDeductible {
		keep = "Keep this for your records."
	}
	return append(said, w.deduction(), keep)
}

// inReturn is what the donor got. What a campaign says in words of its own
// stands as it is, since nothing here could tell what it is worth.
func (w writer) inReturn() string {
	switch own := w.c.Organisation.InReturn; {
	case w.d.Donation.Benefit != "": // of which the donor has had it, though nothing of the gift is left
		return fmt.Sprintf("In exchange for this contribution %s provided: %s. Its value, by our good-faith estimate, is %s.",
			w.c.Organisation.Recipient(), strings.TrimRight(w.d.Donation.Benefit, "."), w.d.Donation.BenefitValue)
	case own != "" && w.method() != models.DAF && w.method() != models.QCD: // of these the law allows none
		return own
	default:
		return fmt.Sprintf(noGoodsOrServices, w.c.Organisation.Recipient())
	}
}

// deduction is what a US donor may do with the contribution. It is said either
// way, so that nobody has to guess.
func (w writer) deduction() string {
	o := w.c.Organisation
	if o.NotDeductible {
		return strings.TrimSpace(o.Legal + " Contributions to " + w.c.Organisation.Recipient() + " are not tax-deductible.")
	}
	who := w.exempt()
	if w.benefit() {
		return who + " The amount of this contribution that is deductible for federal income tax purposes is limited to what you paid above that value, " + w.deductible().String() + "."
	}
	return who + " Your contribution is tax-deductible to the extent allowed by law."
}

// exempt is why a gift can be deducted at all.
func (w writer) exempt() string {
	if legal := w.c.Organisation.Legal; legal != "" {
		return legal
	}
	return w.c.Organisation.Recipient() + " is a 501(c)(3) nonprofit."
}

// schedule is when a gift that repeats is charged again, and how to end it.
func (w writer) schedule() []string {
	sub := w.d.Subscription
	switch {
	case sub == nil:
		return nil
	case sub.Ended() || sub.CancelsAtEnd:
		return []string{"Your " + string(w.d.Donation.Frequency) + " gift was stopped, and you won’t be charged again."}
	}
	amount, every := sub.Amount, "a month"
	if w.d.Donation.Frequency == models.Yearly {
		every = "a year"
	}
	goes := "You give " + amount.String() + " " + every + " until you cancel"
	if sub.PeriodEnd != nil && sub.PeriodEnd.After(w.now) {
		goes += "; the next payment is on " + w.date(*sub.PeriodEnd)
	}
	ends := "You can change or cancel it at any time online"
	if help := w.c.Organisation.Help; help != "" {
		ends += ", or by writing to " + help
	}
	return []string{goes + ".", ends + "."}
}
