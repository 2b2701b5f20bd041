package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/models"
)

// letters are who writes each kind of mail.
var letters = map[models.MailKind]func(*Worker, context.Context, models.Mail) (mail.Letter, error){
	models.MailReceipt:           (*Worker).receipt,
	models.MailConfirmNewsletter: (*Worker).confirmNewsletter,
	models.MailManageLink:        (*Worker).manageLink,
	models.MailRenewalFailed:     (*Worker).renewalFailed,
	models.MailCardExpiring:      (*Worker).cardExpiring,
	models.MailCancelled:         (*Worker).cancelled,
	models.MailAmountChanged:     (*Worker).amountChanged,
	models.MailDebitFailed:       (*Worker).debitFailed,
	models.MailGiftNotice:        (*Worker).giftNotice,
	models.MailStatement:         (*Worker).statement,
	models.MailSampleReceipt:     (*Worker).sample,
	models.MailMorning:           (*Worker).morning,
	models.MailWeekly:            (*Worker).weekly,
}

// compose writes a mail of what the books say now, with the lines that every
// mail ends with.
func (w *Worker) compose(ctx context.Context, m models.Mail) (mail.Letter, error) {
	write, ok := letters[m.Kind]
	if !ok {
		return mail.Letter{}, fmt.Errorf("no letter is known of the kind %q", m.Kind)
	}
	letter, err := write(w, ctx, m)
	if err != nil {
		return mail.Letter{}, err
	}
	if m.Kind == models.MailReceipt || m.Kind == models.MailSampleReceipt { // whose own words name the organisation, and a test
		return letter, nil
	}
	letter.Footer = append(slices.Clip(letter.Footer), w.sender())
	if w.TestMode {
		letter.Footer = append(letter.Footer, "Test mode: no real money moves.")
	}
	return letter, nil
}

// sender is who writes, as far as the campaign's folder says.
func (w *Worker) sender() string {
	o := w.Campaign.Organisation
	return strings.Join(strings.FieldsFunc(o.Recipient()+"\n"+o.Address, func(r rune) bool { return r == '\n' }), ", ")
}

// help is the sentence that closes what is written to donors.
func (w *Worker) help() string {
	if w.Campaign.Organisation.Help == "" {
		return "Questions? Reply to this email."
	}
	return "Questions? Reply to this email, or write to " + w.Campaign.Organisation.Help + "."
}

// at is the absolute address of a path on the site.
func (w *Worker) at(path ...string) string { return w.BaseURL.JoinPath(path...).String() }

// day is a date as people in the campaign's zone write it.
func (w *Worker) day(t time.Time) string { return t.In(w.Campaign.Zone).Format("January 2, 2006") }

// unlessDead is notSent where what a mail leads to is gone, so that nobody is
// mailed a link that leads nowhere.
func unlessDead(err error, why notSent) error {
	if errors.Is(err, models.ErrNotFound) {
		return why
	}
	return err
}

// confirmNewsletter asks whoever reads the mail whether they want the
// newsletter. Anybody may have typed the address.
func (w *Worker) confirmNewsletter(ctx context.Context, m models.Mail) (mail.Letter, error) {
	if err := w.Store.FindSignup(ctx, m.About.Token); err != nil {
		return mail.Letter{}, unlessDead(err, "its link is good no longer")
	}
	name := w.Campaign.Newsletter.Name
	return mail.Letter{
		Subject: "Confirm the " + name, Preheader: "One press of a button, and you’re on the list.",
		Heading: "Confirm the " + name,
		Opening: []string{
			"Somebody asked " + w.Campaign.Organisation.Name + " to email this address the " + name + ".",
			"If it was you, confirm it. If not, do nothing, and nothing will come.",
		},
		Actions: []mail.Action{{Label: "Confirm", URL: w.at("newsletter", "confirm", m.About.Token), Primary: true}},
		Closing: []string{"The link works for a week."},
	}, nil
}

// manageLink leads a donor to their gifts.
func (w *Worker) manageLink(ctx context.Context, m models.Mail) (mail.Letter, error) {
	if err := w.Store.FindManageLink(ctx, m.About.Token); err != nil {
		return mail.Letter{}, unlessDead(err, "its link is good no longer")
	}
	name := w.Campaign.Organisation.Name
	return mail.Letter{
		Subject: "Your gifts to " + name, Preheader: "The link works once, within 30 minutes.",
		Heading: "Your gifts to " + name,
		Opening: []string{
			"Here is the link to your gifts. It shows your receipts, and lets you change or cancel a gift that repeats.",
		},
		Actions: []mail.Action{{Label: "See your gifts", URL: w.at("manage", m.About.Token), Primary: true}},
		Closing: []string{
			"The link works once, within 30 minutes of being asked for. Please don’t forward this email: whoever has the link sees your gifts.",
			"If you didn’t ask for it, do nothing. Nobody can see your gifts without it.", w.help(),
		},
	}, nil
}
