package finance

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// happening is one thing that happened with a gift.
type happening struct {
	At        time.Time
	When, ISO string
	By        string // stripe, us or person: the mark beside it
	Says      string
	Tags      []string
	Event     string // its id at Stripe, with its type and what it says in full
	Type      string
	Arrived   string
	Raw       string
	Emptied   string // when persons were taken out of Raw; "" while it is as it came
}

// story tells what happened with a gift, the oldest first, in plain words. To
// who may not see donors it tells no words that anybody has typed.
func (r *Rooms) story(h models.GiftHistory, sees bool) []happening {
	all := began(h)
	all = append(all, r.told(h, sees)...)
	all = append(all, r.byHand(h, sees)...)
	all = append(all, r.papers(h)...)
	for _, p := range h.Payouts {
		all = append(all, deposit(p))
	}
	for _, a := range h.Acts {
		if a.Act == models.OfflineEntered || a.Act == models.OfflineReversed {
			continue // told by what was entered
		}
		all = append(all, happening{At: a.At, By: "person", Says: actWords(a, sees)})
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.At.Compare(b.At) })
	year := h.Donation.At().In(r.Campaign.Zone).Year()
	for i, one := range all {
		all[i].When, all[i].ISO = r.second(one.At, year), one.At.UTC().Format(time.RFC3339)
	}
	return all
}

// began is how the gift came to be, and whether its reader left.
func began(h models.GiftHistory) []happening {
	d := h.Donation
	var all []happening
	switch {
	case h.Entered != nil:
	case d.Renewal:
		all = append(all, happening{At: d.CreatedAt, By: "us", Says: "A payment of " + d.AmountCharged.String() + " of a gift that repeats became due."})
	case d.FromMetadata:
		all = append(all, happening{At: d.CreatedAt, By: "us", Says: "This gift was made anew from what Stripe keeps of it."})
	default:
		says := "Reader chose " + d.Amount.String() + ", " + strings.ToLower(receipt.Frequency(d.Frequency))
		if d.FeesCovered > 0 {
			says += ", and to cover " + d.FeesCovered.String() + " in fees"
		}
		all = append(all, happening{At: d.CreatedAt, By: "us", Says: says + "."})
	}
	if d.CancelledAt != nil {
		all = append(all, happening{At: *d.CancelledAt, By: "us", Says: "Reader came back from the payment page without paying."})
	}
	return all
}

// told is what Stripe told: each event once, however often it came, with what
// was booked of it.
func (r *Rooms) told(h models.GiftHistory, sees bool) []happening {
	said := map[string][]models.GiftFact{}
	for _, f := range h.Facts {
		if f.Kind != models.OfflineGiven && f.Kind != models.OfflineUndone {
			said[f.Evidence] = append(said[f.Evidence], f)
		}
	}
	var all []happening
	for _, e := range h.Events {
		facts := said[e.ID]
		delete(said, e.ID)
		one := happening{At: e.Created, By: "stripe", Says: eventWords(e, facts), Event: e.ID, Type: e.Type, Arrived: r.moment(e.ReceivedAt)}
		if e.Type == models.ObjectRead { // we asked, and so it has no time of its own
			one.Type = "read at Stripe"
			if len(facts) > 0 {
				one.At = firstOf(facts)
			}
		}
		if early(e, facts) {
			one.Tags = append(one.Tags, "arrived early, applied in order")
		}
		one.Tags = append(one.Tags, r.late(facts)...)
		if e.Again > 0 {
			one.Tags = append(one.Tags, "came again "+times(e.Again)+", booked once")
		}
		if sees {
			one.Raw = pretty(e.Raw)
			if e.EmptiedAt != nil {
				one.Emptied = r.moment(*e.EmptiedAt)
			}
		}
		all = append(all, one)
	}
	for _, facts := range said { // what told it is not kept
		all = append(all, happening{At: firstOf(facts), By: "stripe", Says: factsWords(facts), Event: facts[0].Evidence, Tags: r.late(facts)})
	}
	slices.SortFunc(all, func(a, b happening) int { return strings.Compare(a.Event+a.Says, b.Event+b.Says) })
	return all
}

// late says of facts whose days were closed when they came where they stand.
func (r *Rooms) late(facts []models.GiftFact) []string {
	for _, f := range facts {
		if f.BookedAt != nil {
			return []string{"booked late, on " + r.date(*f.BookedAt)}
		}
	}
	return nil
}

func firstOf(facts []models.GiftFact) time.Time {
	return slices.MinFunc(facts, func(a, b models.GiftFact) int { return a.At.Compare(b.At) }).At
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return thousands(int64(n)) + " times"
}

// early reports whether an event had to wait until what it speaks of was known.
func early(e models.Event, facts []models.GiftFact) bool {
	for _, f := range facts {
		if e.Type != models.ObjectRead && f.RecordedAt.Sub(e.ReceivedAt) > time.Second {
			return true
		}
	}
	return false
}

func eventWords(e models.Event, facts []models.GiftFact) string {
	says := factsWords(facts)
	switch {
	case e.State == models.EventAttention:
		return strings.TrimSpace(says + " It needs a person: it could not be booked as it is.")
	case e.State == models.EventResolved:
		return strings.TrimSpace(says + " It could not be booked as it is, and was resolved by a person.")
	case e.State == models.EventWaiting:
		return strings.TrimSpace(says + " It waits to be booked.")
	case says != "":
		return says
	case e.State == models.EventBooked:
		return "Nothing new to book."
	default:
		return "Nothing in it moves this gift."
	}
}

// toldInOrder is the order in which an event that says several things is told:
// what is not here comes before.
var toldInOrder = []models.FactKind{
	models.DebitPending, models.Charged, models.ChargeUndone, models.RefundMade, models.RefundSettled, models.RefundUndone,
	models.DisputeMoved, models.DisputeClosed, models.DisputeLost, models.FeeKept,
}

func factsWords(facts []models.GiftFact) string {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b models.GiftFact) int {
		return cmp.Or(cmp.Compare(slices.Index(toldInOrder, a.Kind), slices.Index(toldInOrder, b.Kind)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object, b.Object))
	})
	var all []string
	for _, f := range facts {
		if words := factWords(f); words != "" && !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return strings.Join(all, " ")
}

// factWords says what one fact says, and what it did to the number that readers
// see.
func factWords(f models.GiftFact) string {
	amount := f.Amount.String()
	if f.Amount < 0 {
		amount = (-f.Amount).String()
	}
	rose, fell := " The tracker rose by "+amount+".", " The tracker fell by "+amount+"."
	switch f.Kind {
	case models.Charged:
		return "Payment confirmed by Stripe." + rose
	case models.ChargeUndone:
		return "The bank took the payment back." + fell
	case models.RefundMade:
		return "Refund confirmed by Stripe." + fell
	case models.RefundUndone:
		return "The refund failed, and the money is back." + rose
	case models.DisputeMoved:
		if f.Amount < 0 {
			return "The bank gave back what was disputed." + rose
		}
		return "The bank took the money back in a dispute." + fell
	case models.FeeKept:
		if f.Amount < 0 {
			return "Stripe gave back " + amount + " of its fees."
		}
		return "Stripe’s fee became known: " + amount + "."
	default:
		return wordsOfFacts[f.Kind]
	}
}

// wordsOfFacts are those that move no money.
var wordsOfFacts = map[models.FactKind]string{
	models.Completed:      "Reader finished the payment page.",
	models.DebitPending:   "A bank debit is under way. It counts once it clears.",
	models.PaymentFailed:  "The bank debit failed.",
	models.SessionExpired: "The payment page closed unpaid.",
	models.IntentPaid:     "Stripe says that the payment is made.",
	models.InvoicePaid:    "Stripe says that the invoice is paid.",
	models.RefundSettled:  "The refund is final.",
	models.DisputeOpened:  "The donor’s bank asks about the payment.",
	models.DisputeClosed:  "The dispute is over.",
	models.DisputeLost:    "The dispute is lost.",
	models.FraudWarned:    "The card’s issuer suspects fraud. No money moved.",
}

// byHand is what a person said of an offline gift.
func (r *Rooms) byHand(h models.GiftHistory, sees bool) []happening {
	o := h.Entered
	if o == nil {
		return nil
	}
	amount := h.Donation.AmountCharged.String()
	name := func(who string) string {
		if sees {
			return who
		}
		return masked(who)
	}
	var given []models.GiftFact
	for _, f := range h.Facts {
		if f.Kind == models.OfflineGiven {
			given = append(given, f)
		}
	}
	all := []happening{{At: o.EnteredAt, By: "person", Says: name(o.EnteredBy) + " entered it. The tracker rose by " + amount + ".", Tags: r.late(given)}}
	if o.ReversedAt != nil {
		says := name(o.ReversedBy) + " reversed it. The tracker fell by " + amount + "."
		if sees && o.ReverseReason != "" {
			says += " “" + o.ReverseReason + "”"
		}
		all = append(all, happening{At: *o.ReversedAt, By: "person", Says: says})
	}
	return all
}

// deposit is a payout that a movement of the gift went out with.
func deposit(p models.GiftPayout) happening {
	says := "Sent to the bank in the "
	if p.Net < 0 {
		says = "Taken out of the "
	}
	says += "payout of " + p.Payout.Amount.String() + ", due " + p.Payout.ArrivalOn.UTC().Format("Jan 2") + "."
	if p.Payout.Undone() {
		says += " The bank did not get it."
	}
	return happening{At: p.Payout.CreatedAt, By: "stripe", Says: says, Event: p.Payout.ID}
}

// papers are the receipts that were issued, and what became of the mails.
func (r *Rooms) papers(h models.GiftHistory) []happening {
	var all []happening
	names := map[string]string{}
	for _, doc := range h.Receipts {
		names[doc.ID] = receiptName(doc)
		all = append(all, happening{At: doc.IssuedAt, By: "us", Says: receiptName(doc) + " for " + doc.Amount.String() + " was issued."})
	}
	for _, m := range h.Mails {
		what := mailNames[m.Kind]
		if id, _, _ := strings.Cut(m.Key, ":"); names[id] != "" {
			what = names[id]
		}
		if what == "" {
			what = "A mail"
		}
		one := happening{At: m.QueuedAt, By: "us", Says: what + " waits to be emailed."}
		if m.EndedAt != nil {
			one.At = *m.EndedAt
		}
		switch m.State {
		case models.MailIsSent:
			one.Says = what + " was emailed."
		case models.MailIsHeld:
			one.Says = what + " is held until a person releases it."
		case models.MailIsFailed:
			one.Says = what + " could not be emailed: " + m.Problem + "."
		case models.MailIsDropped:
			one.Says = what + " was not emailed: " + m.Problem + "."
		default:
		}
		all = append(all, one)
	}
	return all
}

var mailNames = map[models.MailKind]string{
	models.MailConfirmNewsletter: "The question whether they want the newsletter",
	models.MailManageLink:        "A link to manage gifts",
	models.MailRenewalFailed:     "Word that a renewal failed",
	models.MailCardExpiring:      "Word that the card expires",
	models.MailCancelled:         "Word that the gift was cancelled",
	models.MailAmountChanged:     "Word that the amount was changed",
	models.MailDebitFailed:       "Word that the bank debit failed",
	models.MailGiftNotice:        "The newsroom’s notice of a large gift",
	models.MailStatement:         "A statement of the year",
}

// actWords is what somebody of the staff did.
func actWords(a models.AuditEntry, sees bool) string {
	what := actName(a.Act)
	if !sees {
		return masked(string(a.Who)) + ": " + what + "."
	}
	if changed := change(a); changed != "" {
		what += ": " + changed
	}
	return string(a.Who) + ": " + what + "."
}
