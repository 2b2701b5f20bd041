package outbox

import (
	"context"
	"fmt"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/receipt"
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
	block := mail.Block{Title: fmt.Sprintf("Your gifts in %d", year.Year), Rows: []mail.Row{{Name: "Given to", Value: w.Campaign.Organisation.Recipient()}}}
	if ein := w.Campaign.Organisation.EIN; ein != "" {
		block.Rows = append(block.Rows, mail.Row{Name: "EIN", Value: ein})
	}
	if year.Name != "" {
		block.Rows = append(block.Rows, mail.Row{Name: "Donor", Value: year.Name})
	}
	said := receipt.OfYear(w.Campaign, year)
	listed := len(block.Rows)
	for _, g := range year.Gifts {
		if g.Stands() > 0 && !year.Apart(g) { // what went back is no contribution
			block.Rows = append(block.Rows, mail.Row{Name: w.listGift(g), Value: g.Stands().String()})
		}
	}
	if len(block.Rows) == listed && len(said.Apart) == 0 {
		return mail.Letter{}, notSent("nothing of that year’s gifts is left")
	}
	for _, sum := range said.Sums {
		block.Rows = append(block.Rows, mail.Row{Name: sum.Name, Value: sum.Value, Total: sum.Total})
	}
	block.Statements = said.Statements
	letter := mail.Letter{
		Subject:   fmt.Sprintf("Your gifts to %s in %d", name, year.Year),
		Preheader: "Keep this for your tax records.",
		Heading:   fmt.Sprintf("Your gifts to %s in %d", name, year.Year),
		Opening:   []string{fmt.Sprintf("Thank you. Here is each gift of %d with its date, less what was refunded, for your tax records.", year.Year)},
		Signed:    signature(w.Campaign.Signer),
		Blocks:    []mail.Block{block},
		Actions:   []mail.Action{{Label: "See your gifts and receipts", URL: w.at("manage")}},
		Closing:   append(said.Apart, "These are the gifts that you have receipts for: deduct each of them only once.", w.help()),
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
	if more := receipt.GiftOfYear(g); more != "" {
		said += "; " + more
	}
	if back := g.Amount - g.Stands(); back != 0 {
		said += fmt.Sprintf(" (%s less %s returned)", g.Amount, back)
	}
	return said
}

// signature is who signs what is written to donors.
func signature(s models.Signer) string {
	if s.Name == "" || s.Title == "" {
		return s.Name
	}
	return s.Name + ", " + s.Title
}
