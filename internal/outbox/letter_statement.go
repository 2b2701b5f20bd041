package outbox

import (
	"context"
	"fmt"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/models"
)

// statement lists what a donor gave in one year, as it stands now. Gifts that
// no donor may deduct as they stand are told of apart, and not summed with the
// others.
func (w *Worker) statement(ctx context.Context, m models.Mail) (mail.Letter, error) {
	year, err := w.Store.YearOf(ctx, m.About.Donor, m.About.Year, w.Campaign.Zone)
	if err != nil {
		return mail.Letter{}, err
	}
	name := w.Campaign.Organisation.Name
	block := mail.Block{Title: fmt.Sprintf("Your gifts in %d", year.Year), Rows: []mail.Row{{Name: "Given to", Value: w.legalName()}}}
	if ein := w.Campaign.Organisation.EIN; ein != "" {
		block.Rows = append(block.Rows, mail.Row{Name: "EIN", Value: ein})
	}
	if year.Name != "" {
		block.Rows = append(block.Rows, mail.Row{Name: "Donor", Value: year.Name})
	}
	var apart []string
	listed := len(block.Rows)
	for _, g := range year.Gifts {
		switch {
		case g.Stands() == 0: // what went back is no contribution
		case g.Method.Apart():
			apart = append(apart, w.tellApart(g))
		default:
			block.Rows = append(block.Rows, mail.Row{Name: w.listGift(g), Value: g.Stands().String()})
		}
	}
	if len(block.Rows) == listed && len(apart) == 0 {
		return mail.Letter{}, notSent("nothing of that year’s gifts is left")
	}
	block.Rows = append(block.Rows, mail.Row{Name: fmt.Sprintf("Total of %d (USD)", year.Year), Value: year.Summed.String(), Total: true})
	block.Statements = w.yearStatements()
	letter := mail.Letter{
		Subject:   fmt.Sprintf("Your gifts to %s in %d", name, year.Year),
		Preheader: "Keep this for your tax records.",
		Heading:   fmt.Sprintf("Your gifts to %s in %d", name, year.Year),
		Opening:   []string{fmt.Sprintf("Thank you. Here is each gift of %d with its date, less what was refunded, for your tax records.", year.Year)},
		Signed:    signature(w.Campaign.Signer),
		Block:     &block,
		Actions:   []mail.Action{{Label: "See your gifts and receipts", URL: w.at("manage")}},
		Closing:   append(apart, "These are the gifts that you have receipts for: deduct each of them once.", w.help()),
		Footer:    w.Campaign.Receipts.Disclosures,
	}
	if year.Name != "" {
		letter.Opening = append([]string{"Dear " + year.Name + ","}, letter.Opening...)
	}
	return letter, nil
}

// listGift names one gift of a year.
func (w *Worker) listGift(g models.YearGift) string {
	said := w.day(g.ReceivedAt) + ", " + g.Reference
	if g.Receipt != 0 {
		said += fmt.Sprintf(", receipt No. %06d", g.Receipt)
	}
	if back := g.Amount - g.Stands(); back != 0 {
		said += fmt.Sprintf(" (%s less %s returned)", g.Amount, back)
	}
	return said
}

var apartAs = map[models.OfflineMethod]string{
	models.Stock: "securities, whose value is for you to determine",
	models.DAF:   "a grant from a donor-advised fund, which is not deductible again",
	models.QCD:   "a distribution from a retirement account, which is not deductible if it was left out of your income",
}

// tellApart is a gift that is not in the sum. Securities have no amount here.
func (w *Worker) tellApart(g models.YearGift) string {
	said := "Not in the total: " + apartAs[g.Method] + ", of " + w.day(g.ReceivedAt) + " (" + g.Reference
	if g.Method != models.Stock {
		said += ", " + g.Stands().String()
	}
	return said + ")."
}

// yearStatements are what the tax office wants said of a year's gifts: one list
// with each gift and date will do for all of them (IRS Publication 1771).
func (w *Worker) yearStatements() []string {
	inReturn := w.legalName() + " provided no goods or services in exchange for these contributions."
	if w.Campaign.Organisation.InReturn != "" || w.Campaign.Receipts.Benefit.Description != "" {
		inReturn = "What was provided in exchange for a contribution stands on its receipt, and its value is not deductible."
	}
	deductible := "Your contributions are tax-deductible to the extent allowed by law."
	if w.Campaign.Organisation.NotDeductible {
		deductible = "These contributions are not tax-deductible."
	}
	return []string{inReturn, deductible, "Keep this for your tax records."}
}

// signature is who signs what is written to donors.
func signature(s models.Signer) string {
	if s.Name == "" || s.Title == "" {
		return s.Name
	}
	return s.Name + ", " + s.Title
}
