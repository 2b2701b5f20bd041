package outbox

import (
	"context"
	"slices"
	"strings"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// receipt is the mail of one document: the first of a gift, or one that says
// what of it went back. It carries no promotion: it has to arrive.
func (w *Worker) receipt(ctx context.Context, m models.Mail) (mail.Letter, error) {
	d, err := w.Store.FindReceipt(ctx, m.About.Receipt)
	if err != nil {
		return mail.Letter{}, err
	}
	if d.Newest.ID != d.Receipt.ID {
		return mail.Letter{}, notSent("a newer document replaces it")
	}
	return w.bringing(d, receipt.Of(w.Campaign, d, w.Store.Now())), nil
}

// bringing is the letter that brings a document.
func (w *Worker) bringing(d models.ReceiptDocument, said receipt.Document) mail.Letter {
	letter := w.saying(said, w.receiptLink(d))
	if d.Receipt.Kind == models.AmendedReceipt && d.First != nil && d.Receipt.Amount < d.First.Amount {
		letter.Closing = append([]string{"What was refunded or taken back is not a contribution, and not deductible."}, letter.Closing...)
	}
	if d.Subscription != nil && !d.Subscription.Ended() && !d.Subscription.CancelsAtEnd {
		letter.Actions = append(letter.Actions, mail.Action{Label: "Change or cancel your gift", URL: w.at("manage")})
	}
	return letter
}

// saying is a document as a letter, with the address of its page.
func (w *Worker) saying(said receipt.Document, page string) mail.Letter {
	return mail.Letter{
		Subject: said.Subject, Preheader: preheader(said), Heading: said.Heading,
		Opening: slices.DeleteFunc([]string{said.Greeting, said.Notice, said.Thanks}, func(words string) bool { return words == "" }),
		Signed:  signature(models.Signer{Name: said.SignedName, Title: said.SignedTitle}),
		Blocks:  []mail.Block{{Title: said.Number, Rows: rows(said), Statements: said.Statements}},
		Actions: []mail.Action{{Label: "View or print this " + said.Called, URL: page, Primary: true}},
		Closing: append(slices.Clone(said.Schedule), w.help()),
		Footer:  said.Disclosures,
	}
}

// sample shows somebody on the staff what donors get.
func (w *Worker) sample(context.Context, models.Mail) (mail.Letter, error) {
	return w.saying(receipt.Sample(w.Campaign, w.Store.Now()), w.at("finance", "settings", "sample")), nil
}

// receiptLink leads to the page of a document.
func (w *Worker) receiptLink(d models.ReceiptDocument) string {
	return w.at("receipts", w.Links.Receipt(d.Receipt.ID, links.ReceiptUntil(d.Donation.GivenAt(), w.Campaign.Zone)))
}

// preheader is what an inbox shows beside the subject.
func preheader(said receipt.Document) string {
	words := []string{said.Number}
	for _, line := range said.Money {
		if line.Total {
			words = append(words, line.Name+": "+line.Value)
		}
	}
	return strings.Join(words, " · ")
}

// rows are the organisation, the facts and the sums of a document.
func rows(said receipt.Document) []mail.Row {
	all := []mail.Row{{Name: "Given to", Value: strings.Join(said.Organisation, ", ")}}
	for _, fact := range said.Facts {
		all = append(all, mail.Row{Name: fact.Name, Value: fact.Value})
	}
	for _, line := range said.Money {
		all = append(all, mail.Row{Name: line.Name, Value: line.Value, Total: line.Total})
	}
	return all
}
