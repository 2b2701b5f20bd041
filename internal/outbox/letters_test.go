package outbox

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

var update = flag.Bool("update", false, "write the golden letters anew")

// monthly is the subscription that a gift began, as Stripe describes it.
func monthly(d models.Donation) models.Subscription {
	next := storetest.Start.AddDate(0, 1, 0)
	return models.Subscription{
		ID: "sub_1", Token: d.Token, Customer: "cus_1", Status: "active", Amount: 1500, Currency: "usd", Months: 1, PeriodEnd: &next,
		AsOf: storetest.Start, Ran: true, Campaign: "corruption-project",
		PaymentMethod: "pm_1", Card: models.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2026},
	}
}

// giveMonthly has a monthly gift of $15.00 begun and paid.
func (o *office) giveMonthly() models.Donation {
	o.t.Helper()
	d := o.start(models.Choices{Frequency: models.Monthly, Amount: 1500, Tribute: models.NoTribute})
	sub := monthly(d)
	o.learn(models.Reading{Subscription: &sub})
	paid := charged(d, "ch_1", "Jordan Sample", "reader@example.org")
	paid.Gift.Invoice, paid.Gift.Subscription = "in_1", sub.ID
	o.book(paid)
	return d
}

// told are the letters there are, by what happens before each: the last mail of
// its kind is the letter.
var told = map[string]func(*office){
	"receipt":                   func(o *office) { o.give("ch_1", "reader@example.org") },
	"receipt-of-a-monthly-gift": func(o *office) { o.giveMonthly() },
	"receipt-amended-by-a-refund": func(o *office) {
		d := o.give("ch_1", "reader@example.org")
		o.once()
		o.clock.Advance(24 * time.Hour)
		o.book(refunded(d, "re_1", "ch_1", 2000))
	},
	"receipt-voided-by-a-refund": func(o *office) {
		d := o.give("ch_1", "reader@example.org")
		o.once()
		o.clock.Advance(24 * time.Hour)
		o.book(refunded(d, "re_1", "ch_1", 5000))
	},
	"newsletter-confirm": func(o *office) {
		if err := o.Store.RequestNewsletter(o.t.Context(), "reader@example.org"); err != nil {
			o.t.Fatal(err)
		}
	},
	"manage-link": func(o *office) {
		o.give("ch_1", "reader@example.org")
		o.once()
		if err := o.Store.RequestManageLink(o.t.Context(), "reader@example.org"); err != nil {
			o.t.Fatal(err)
		}
	},
	"renewal-failed": func(o *office) {
		next := storetest.Start.AddDate(0, 0, 3)
		o.failRenewal(o.giveMonthly(), 1, &next)
	},
	"renewal-failed-for-the-last-time": func(o *office) { o.failRenewal(o.giveMonthly(), 4, nil) },
	"card-expiring": func(o *office) {
		o.giveMonthly()
		o.once()
		if due := must(o.Store.QueueExpiringCards(o.t.Context(), o.clock.Now()))(o.t); due != 1 {
			o.t.Fatalf("%d cards expire", due)
		}
	},
	"subscription-cancelled": func(o *office) {
		sub := monthly(o.giveMonthly())
		o.once()
		at := storetest.Start.Add(time.Hour)
		sub.Status, sub.AsOf, sub.CancelledAt = "canceled", at, &at
		o.learn(models.Reading{Subscription: &sub})
	},
	"amount-changed": func(o *office) {
		sub := monthly(o.giveMonthly())
		o.once()
		before := sub.Amount
		sub.Amount, sub.AsOf, sub.Before = 2000, storetest.Start.Add(time.Hour), &before
		o.learn(models.Reading{Subscription: &sub})
	},
	"debit-failed": func(o *office) {
		d := o.start(models.Choices{Frequency: models.Once, Amount: 123450, Tribute: models.NoTribute})
		failed := charged(d, "py_1", "Jordan Sample", "reader@example.org")
		failed.Key, failed.Kind, failed.Decided = "py_1:failed", models.PaymentFailed, storetest.Start
		failed.Money = money.Money{Currency: "usd"}
		o.book(failed)
	},
	"gift-notice": func(o *office) {
		o.Sender = nil
		d := o.start(models.Choices{
			Frequency: models.Once, Amount: 500000, Tribute: models.InHonor, TributeName: "Alex Sample", Comment: "Keep digging.", Src: "newsletter-june",
		})
		o.book(charged(d, "ch_1", "Jordan Sample", ""))
		o.once()
		o.Sender = o.relay
	},
	"sample-receipt": func(o *office) {
		who, err := o.Store.AddStaff(o.t.Context(), models.Operator, "reader@example.org", models.Finance, "")
		if err == nil {
			err = o.Store.MailSample(o.t.Context(), who)
		}
		if err != nil {
			o.t.Fatal(err)
		}
	},
	"morning": func(o *office) {
		d := o.give("ch_1", "reader@example.org")
		o.once()
		o.employ("ada@example.org", models.Finance)
		o.clock.Advance(24 * time.Hour)
		o.disputed(d, "dp_1", "ch_1", 9*24*time.Hour)
		o.disputed(d, "dp_2", "ch_1", -time.Hour)
		o.poison("evt_1")
		o.tellMorning()
	},
	"weekly": func(o *office) { o.weekOf(o.aWeek) },
	"weekly-of-nothing": func(o *office) {
		o.Campaign.Opens = o.clock.Now() // in the middle of the week before
		o.weekOf(func() {})
	},
	"weekly-of-refunds": func(o *office) {
		o.weekOf(o.aWeek)
		o.weekOf(o.aWeekOfRefunds)
	},
	"weekly-the-last": func(o *office) {
		o.Campaign.Deadline = o.clock.Now().Add(9 * 24 * time.Hour)
		o.weekOf(func() { o.givenNow("ch_1", "article-00", models.Yearly, 50_00) })
	},
	"statement": func(o *office) {
		o.give("ch_1", "reader@example.org")
		back := o.give("ch_2", "reader@example.org")
		o.book(refunded(back, "re_1", "ch_2", 2000))
		gone := o.give("ch_3", "reader@example.org")
		o.book(refunded(gone, "re_2", "ch_3", 5000))
		_, err := o.Store.EnterOffline(o.t.Context(), models.NewOfflineGift{
			Amount: 100000, Method: models.DAF, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
			DonorName: "Jordan Sample", DonorEmail: "reader@example.org", Zone: o.Campaign.Zone, EnteredBy: "a test",
		})
		if err != nil {
			o.t.Fatal(err)
		}
		o.once()
		if queued, _, err := o.Store.QueueStatements(o.t.Context(), 2026, o.Campaign.Zone, "", 100); err != nil || queued != 1 {
			o.t.Fatalf("%d statements are queued: %v", queued, err)
		}
	},
	"statement-of-what-was-got-in-return": func(o *office) {
		// What the campaign promised then, it promises no longer.
		d := o.start(models.Choices{Frequency: models.Once, Amount: 10000, Tribute: models.NoTribute, Benefit: "A year of the magazine", BenefitValue: 3600})
		o.book(charged(d, "ch_1", "Jordan Sample", "reader@example.org"))
		o.once()
		o.clock.Advance(24 * time.Hour)
		later := charged(o.start(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute}), "ch_2", "Jordan Sample", "reader@example.org")
		later.At = o.clock.Now()
		o.book(later)
		o.once()
		if queued, _, err := o.Store.QueueStatements(o.t.Context(), 2026, o.Campaign.Zone, "", 100); err != nil || queued != 1 {
			o.t.Fatalf("%d statements are queued: %v", queued, err)
		}
	},
}

// employ puts somebody on the staff who can sign in.
func (o *office) employ(email string, role models.Role) {
	o.t.Helper()
	must(o.Store.AddStaff(o.t.Context(), models.Operator, email, role, "a hash"))(o.t)
}

// disputed books that a bank disputes a gift, which can be answered for so long
// from now.
func (o *office) disputed(d models.Donation, id, charge string, open time.Duration) {
	o.t.Helper()
	by := o.clock.Now().Add(open)
	fact := charged(d, charge, "", "")
	fact.Key, fact.Kind, fact.Object, fact.Agreed, fact.Money = id+":opened", models.DisputeOpened, id, nil, money.Money{Currency: "usd"}
	o.learn(models.Reading{Facts: []models.Fact{fact}, Dispute: &models.Dispute{ID: id, Status: "needs_response", Amount: 5000, RespondBy: &by, AsOf: o.clock.Now()}})
}

// poison keeps an event that can't be booked.
func (o *office) poison(id string) {
	o.t.Helper()
	e := models.Event{ID: id, Type: "charge.succeeded", Created: o.clock.Now(), Raw: []byte("{}")}
	if _, _, err := o.Store.Receive(o.t.Context(), e, models.Reading{State: models.EventAttention, Problem: "it can't be read"}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) tellMorning() {
	o.t.Helper()
	if err := o.Store.QueueMorning(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// failRenewal is a try to collect the next payment that came to nothing.
func (o *office) failRenewal(began models.Donation, attempt int64, next *time.Time) {
	o.t.Helper()
	o.once()
	o.learn(models.Reading{Renewal: &models.FailedRenewal{
		Gift:    models.GiftRef{Campaign: "corruption-project", Token: began.Token, Invoice: "in_2", Subscription: "sub_1", Renewal: true},
		Attempt: attempt, Amount: 1500, At: o.clock.Now(), NextTry: next,
	}})
}

func TestEachLetterSaysWhatItIsToSay(t *testing.T) {
	t.Parallel()
	for name, happens := range told {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newDesk(t, 500000)
			happens(o)
			before := len(o.relay.mails())
			o.once()
			sent := o.relay.mails()[before:]
			if len(sent) != 1 {
				t.Fatalf("%d mails are sent: %+v; %v", len(sent), sent, o.states())
			}
			golden(t, name, sent[0])
			o.sound()
		})
	}
}

// chance is what another mail of the same kind says in another way: its ids and
// the tokens in its links.
var chance = regexp.MustCompile(`CP-[0-9A-Z]{8}|(receipts|manage|confirm)/[\w-]{22,}|<[0-9a-f]{32}@`)

// golden compares a mail with the one that was looked at.
func golden(t *testing.T, name string, m mail.Message) {
	t.Helper()
	got := "To: " + m.To.Email + "\nReply-To: " + m.ReplyTo.Email + "\nSubject: " + m.Subject + "\nMessage-ID: " + m.ID + "\n\n" + m.Text
	got = chance.ReplaceAllString(got, "$1…")
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (−want +got; -update writes it anew):\n%s", file, diff)
	}
	for _, line := range strings.Split(m.Text, "\n") {
		if strings.HasPrefix(line, "https://") && !strings.Contains(m.HTML, strings.ReplaceAll(line, "&", "&amp;")) {
			t.Errorf("the other part lacks the link %s", line)
		}
	}
}
