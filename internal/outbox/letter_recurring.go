package outbox

import (
	"context"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// repeated is what a mail says of a gift that repeats.
type repeated struct {
	models.Subscription
	gift string      // "monthly gift"
	each money.Minor // what the mail is about, or else what one payment comes to
}

func (w *Worker) repeated(ctx context.Context, m models.Mail) (repeated, error) {
	sub, err := w.Store.FindSubscription(ctx, m.About.Subscription)
	if err != nil {
		return repeated{}, err
	}
	r := repeated{Subscription: sub, gift: "monthly gift", each: m.About.Amount}
	if sub.Months == 12 {
		r.gift = "yearly gift"
	}
	if r.each == 0 {
		r.each = sub.Amount
	}
	return r, nil
}

// manage is the link to where a donor changes or ends a gift.
func (w *Worker) manage(label string) mail.Action {
	return mail.Action{Label: label, URL: w.at("manage"), Primary: true}
}

// renewalFailed tells a donor that a payment didn't come about, and how to mend
// it. It says nothing once the gift is in order again.
func (w *Worker) renewalFailed(ctx context.Context, m models.Mail) (mail.Letter, error) {
	r, err := w.repeated(ctx, m)
	if err != nil {
		return mail.Letter{}, err
	}
	if r.Ended() {
		return mail.Letter{}, notSent("the gift it tells of has ended")
	}
	again := "We will not try this payment again."
	if m.About.At != nil {
		again = "We will try again on " + w.day(*m.About.At) + "."
	}
	return mail.Letter{
		Subject:   "Your " + r.gift + " to " + w.Campaign.Organisation.Name + " didn’t go through",
		Preheader: "Nothing was charged. You can mend it in a minute.",
		Heading:   "Your " + r.gift + " didn’t go through",
		Opening: []string{
			"The latest payment of your " + r.gift + " of " + r.each.String() + " to " + w.Campaign.Organisation.Name + " didn’t go through, so nothing was charged.",
			again + " If you have a new card, update how you pay. If your bank held the payment back, it can tell you why.",
		},
		Actions: []mail.Action{w.manage("Update how you pay")},
		Closing: []string{wayIn, w.help()},
	}, nil
}

// cardExpiring asks for a new card while the old one still works.
func (w *Worker) cardExpiring(ctx context.Context, m models.Mail) (mail.Letter, error) {
	r, err := w.repeated(ctx, m)
	if err != nil {
		return mail.Letter{}, err
	}
	last := time.Date(r.Card.ExpYear, time.Month(r.Card.ExpMonth), 1, 0, 0, 0, 0, time.UTC)
	switch {
	case r.Ended() || r.CancelsAtEnd:
		return mail.Letter{}, notSent("the gift it tells of has ended")
	case m.About.At == nil || r.Card.ExpYear == 0 || m.About.At.UTC().Before(last):
		return mail.Letter{}, notSent("another card pays that gift now")
	}
	name := w.Campaign.Organisation.Name
	return mail.Letter{
		Subject:   "The card for your " + r.gift + " to " + name + " is about to expire",
		Preheader: "Add your new card, and the gift goes on.",
		Heading:   "Your card is about to expire",
		Opening: []string{
			"The card ending in " + r.Card.Last4 + " that pays your " + r.gift + " of " + r.each.String() + " to " + name +
				" expires at the end of " + last.Format("January 2006") + ". The next payment is on " + w.day(*m.About.At) + ".",
			"If you have a new card, add it, and the gift goes on without a break.",
		},
		Actions: []mail.Action{w.manage("Add your new card")},
		Closing: []string{wayIn, w.help()},
	}, nil
}

// wayIn says what the link to a donor's gifts asks for first.
const wayIn = "The link asks for your email address and mails you a way in. You can cancel in the same place."

// cancelled confirms that a gift has ended, whoever ended it.
func (w *Worker) cancelled(ctx context.Context, m models.Mail) (mail.Letter, error) {
	r, err := w.repeated(ctx, m)
	if err != nil {
		return mail.Letter{}, err
	}
	when := w.day(m.QueuedAt)
	if m.About.At != nil {
		when = w.day(*m.About.At)
	}
	return mail.Letter{
		Subject:   "Your " + r.gift + " to " + w.Campaign.Organisation.Name + " is cancelled",
		Preheader: "Nothing more will be charged.",
		Heading:   "Your " + r.gift + " is cancelled",
		Opening: []string{
			"Your " + r.gift + " of " + r.each.String() + " to " + w.Campaign.Organisation.Name + " was cancelled on " + when + ". Nothing more will be charged.",
			"Thank you for what you gave. The receipts you have stay good.",
		},
		Actions: []mail.Action{{Label: "See your gifts and receipts", URL: w.at("manage")}},
		Closing: []string{w.help()},
	}, nil
}

// amountChanged confirms what a gift comes to from now on, whoever changed it.
func (w *Worker) amountChanged(ctx context.Context, m models.Mail) (mail.Letter, error) {
	r, err := w.repeated(ctx, m)
	if err != nil {
		return mail.Letter{}, err
	}
	if r.Ended() {
		return mail.Letter{}, notSent("the gift it tells of has ended")
	}
	changed := "Your " + r.gift + " to " + w.Campaign.Organisation.Name + " is now " + r.each.String() + "."
	if m.About.Before != 0 {
		changed = "Your " + r.gift + " to " + w.Campaign.Organisation.Name + " was changed from " + m.About.Before.String() + " to " + r.each.String() + "."
	}
	next := "The next payment will be the new amount."
	if r.PeriodEnd != nil {
		next = "The next payment, on " + w.day(*r.PeriodEnd) + ", will be the new amount."
	}
	return mail.Letter{
		Subject:   "Your " + r.gift + " to " + w.Campaign.Organisation.Name + " is now " + r.each.String(),
		Preheader: next,
		Heading:   "Your " + r.gift + " is now " + r.each.String(),
		Opening:   []string{changed, next},
		Actions:   []mail.Action{{Label: "Change or cancel your gift", URL: w.at("manage")}},
		Closing:   []string{"If you didn’t ask for this, tell us.", w.help()},
	}, nil
}
