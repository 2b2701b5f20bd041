package receipt

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// Year is what is said of a donor's gifts of one year beside the list of them,
// in the yearly statement and on the donor's own page alike. One list with each
// gift and its date will do for all of them (IRS Publication 1771).
type Year struct {
	Sums       []Line   // the last is what counts; none where no gift is summed
	Apart      []string // the gifts that are not in the sum, a sentence each
	Statements []string // what the tax office wants said; the first is of goods and services
}

// OfYear words what a donor's year comes to. What each gift brought in return
// is what was promised with it, whatever a campaign promises by now.
func OfYear(c models.Campaign, y models.YearSummary) Year {
	w := yearWriter{writer{c: c}, y}
	said := Year{Sums: w.sums()}
	for _, g := range y.Gifts {
		if g.Stands() > 0 && y.Apart(g) {
			said.Apart = append(said.Apart, w.apart(g))
		}
	}
	said.Statements = append(w.inReturn(), w.deduction(len(said.Sums) > 0)...)
	return said
}

// GiftOfYear says what a line of the list says of a gift beside its date and
// amount: of a check when it was mailed, and what was got in return.
func GiftOfYear(g models.YearGift) string {
	var said []string
	if g.Postmark != nil {
		said = append(said, "postmark "+civilDate(*g.Postmark))
	}
	if g.Benefit != "" {
		said = append(said, "in return: "+strings.TrimRight(g.Benefit, ".")+", worth "+g.BenefitValue.String())
	}
	return strings.Join(said, "; ")
}

type yearWriter struct {
	writer
	y models.YearSummary
}

func (w yearWriter) sums() []Line {
	summed := false
	for _, g := range w.y.Gifts {
		summed = summed || g.Stands() > 0 && !w.y.Apart(g)
	}
	year := strconv.Itoa(w.y.Year)
	switch {
	case !summed:
		return nil
	case w.y.Benefits == 0 || w.c.Organisation.NotDeductible:
		return []Line{{Name: "Total of " + year + " (USD)", Value: w.y.Summed.String(), Total: true}}
	default:
		return []Line{
			{Name: "Given in " + year, Value: w.y.Summed.String()},
			{Name: "Value of what you received in return", Value: (-w.y.Benefits).String()},
			{Name: "Deductible contributions of " + year + " (USD)", Value: w.deductible().String(), Total: true},
		}
	}
}

func (w yearWriter) deductible() money.Minor { return w.y.Summed - w.y.Benefits }

var apartAs = map[models.OfflineMethod]string{
	models.Stock: "securities, whose value is for you to determine",
	models.DAF:   "a grant from a donor-advised fund, which is not deductible again",
	models.QCD:   "a distribution from a retirement account, which is not deductible if it was left out of your income",
}

// apart is a gift that is not in the sum. Securities have no amount here. A
// check counts for the year in which it was mailed (IRS Publication 526).
func (w yearWriter) apart(g models.YearGift) string {
	what, known := apartAs[g.Method]
	if !known && g.Postmark != nil {
		what = fmt.Sprintf("a check that was mailed on %s and counts for %d", civilDate(*g.Postmark), g.Postmark.Year())
	}
	said := "Not in the total: "
	if g.Method != models.Stock {
		said += g.Stands().String() + ", "
	}
	return said + what + " (received " + w.date(g.ReceivedAt) + ", " + g.Reference + ")."
}

// inReturn is what was got for the year's gifts that stand: of each what its
// own receipt says.
func (w yearWriter) inReturn() []string {
	with, without := 0, 0
	for _, g := range w.y.Gifts {
		switch {
		case g.Stands() == 0:
		case g.Benefit != "":
			with++
		default:
			without++
		}
	}
	var said []string
	exchanged := "these contributions"
	if with > 0 {
		said = append(said, w.c.Organisation.Recipient()+" provided what stands with a contribution in exchange for it, of that value by our good-faith estimate.")
		exchanged = "the other contributions"
	}
	switch own := w.c.Organisation.InReturn; {
	case with > 0 && without == 0:
	case own != "":
		said = append(said, "What was provided in exchange for "+exchanged+" stands on their receipts, and its value is not deductible.")
	default:
		said = append(said, w.c.Organisation.Recipient()+" provided no goods or services in exchange for "+exchanged+".")
	}
	return said
}

// deduction is what may be deducted of the sum, where there is one.
func (w yearWriter) deduction(summed bool) []string {
	o := w.c.Organisation
	switch {
	case o.NotDeductible:
		return []string{"These contributions are not tax-deductible.", "Keep this for your records."}
	case !summed:
		return []string{"Keep this for your tax records."}
	case w.y.Benefits > 0:
		return []string{
			w.exempt() + " The amount of these contributions that is deductible for federal income tax purposes is limited to what you paid above the value of what you received in return, " +
				w.deductible().String() + ".",
			"Keep this for your tax records.",
		}
	default:
		return []string{w.exempt() + " Your contributions are tax-deductible to the extent allowed by law.", "Keep this for your tax records."}
	}
}
