package outbox

import (
	"context"
	"net/url"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// debitFailed tells a donor that the bank didn't pay.
func (w *Worker) debitFailed(ctx context.Context, m models.Mail) (mail.Letter, error) {
	d, err := w.Store.FindGift(ctx, m.DonationID)
	if err != nil {
		return mail.Letter{}, err
	}
	amount, when := m.About.Amount, d.CreatedAt
	if m.About.At != nil {
		when = *m.About.At
	}
	name := w.Campaign.Organisation.Name
	letter := mail.Letter{
		Subject:   "Your gift of " + amount.String() + " to " + name + " didn’t go through",
		Preheader: "Your bank didn’t make the payment.",
		Heading:   "Your gift didn’t go through",
		Opening: []string{
			"On " + w.day(when) + " your bank returned the payment of " + amount.String() + ", so " + name + " doesn’t have it. It is not a contribution, and not deductible.",
			"Most often an account number was wrong, or the account couldn’t pay that day.",
		},
		Blocks:  []mail.Block{{Title: "The payment", Rows: []mail.Row{{Name: "Reference", Value: d.Reference}, {Name: "Amount", Value: amount.String()}}}},
		Closing: []string{w.help()},
	}
	switch {
	case m.About.Subscription != "":
		letter.Actions = []mail.Action{w.manage("Update how you pay")}
	case w.Campaign.TakesGifts(w.Store.Now()) == nil:
		letter.Actions = []mail.Action{{Label: "Try again", URL: w.formFor(d), Primary: true}}
	}
	return letter, nil
}

// formFor leads to the giving form, filled in as for a gift that failed.
func (w *Worker) formFor(d models.Donation) string {
	page := *w.BaseURL
	page.Path = "/"
	page.RawQuery = url.Values{"amount": {d.Amount.Decimal()}, "frequency": {string(d.Frequency)}}.Encode()
	return page.String()
}

// giftNotice tells the newsroom of a large gift, so that somebody can thank the
// donor. What the donor typed stands in it as typed.
func (w *Worker) giftNotice(ctx context.Context, m models.Mail) (mail.Letter, error) {
	d, err := w.Store.FindGift(ctx, m.DonationID)
	if err != nil {
		return mail.Letter{}, err
	}
	rows := []mail.Row{{Name: "Amount", Value: d.Captured.String()}}
	if d.Refunded != 0 || d.Disputed != 0 {
		rows = append(rows, mail.Row{Name: "Since refunded or disputed", Value: (d.Refunded + d.Disputed).String()})
	}
	if d.ReceivedAt != nil {
		rows = append(rows, mail.Row{Name: "Received", Value: w.day(*d.ReceivedAt)})
	}
	for _, row := range []mail.Row{
		{Name: "From", Value: d.DonorName},
		{Name: "Given", Value: receipt.Frequency(d.Frequency)},
		{Name: tributes[d.Tribute], Value: d.TributeName},
		{Name: "Note to the newsroom", Value: d.Comment},
		{Name: "Came from", Value: d.Src},
		{Name: "Reference", Value: d.Reference},
	} {
		if row.Name != "" && row.Value != "" {
			rows = append(rows, row)
		}
	}
	return mail.Letter{
		Subject:   "A gift of " + d.Captured.String() + " to " + w.Campaign.Named(),
		Preheader: d.Reference,
		Heading:   "A gift of " + d.Captured.String(),
		Opening:   []string{"This address is told of every gift of " + w.Campaign.Notices.From.Short() + " or more. The donor gets a receipt; thanks of any other kind are yours to send."},
		Blocks:    []mail.Block{{Title: "The gift", Rows: rows}},
		Closing:   []string{"What a donor typed stands here as it was typed."},
	}, nil
}

var tributes = map[models.Tribute]string{models.InHonor: "In honor of", models.InMemory: "In memory of"}
