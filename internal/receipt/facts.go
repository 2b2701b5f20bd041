package receipt

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/models"
)

// facts are what was given: by whom, when, for what and how.
func (w writer) facts() []Fact {
	who, where := "Donor", "Donor’s address"
	if w.method() == models.DAF { // the fund is the donor
		who, where = "Recommended by", "Address"
	}
	facts := []Fact{{who, w.donor()}}
	if address := oneLine(strings.ReplaceAll(strings.TrimSpace(w.d.DonorAddress), "\n", ", ")); address != "" {
		facts = append(facts, Fact{where, address})
	}
	facts = append(facts, w.dates()...)
	facts = append(facts, Fact{"Purpose", w.purpose()})
	if w.d.PaymentNo > 0 {
		facts = append(facts, Fact{"Payment", fmt.Sprintf("No. %d of this %s gift", w.d.PaymentNo, w.d.Donation.Frequency)})
	}
	facts = append(facts, w.paidWith()...)
	return append(facts, Fact{w.called() + " number", numbered(w.d.Receipt)}, Fact{"Reference", w.d.Donation.Reference})
}

// purpose is what the gift is for. How often it comes is a question only where
// the donor was asked.
func (w writer) purpose() string {
	if w.d.Offline != nil {
		return capital(w.c.Named())
	}
	return capital(w.c.Named()) + ", " + frequencies[w.d.Donation.Frequency]
}

var frequencies = map[models.Frequency]string{
	models.Once: "one-time gift", models.Monthly: "monthly gift", models.Yearly: "yearly gift",
}

func (w writer) donor() string {
	if name := oneLine(w.d.DonorName); name != "" {
		return name
	}
	return "Name not given"
}

// dates are the days that count for a deduction: of a card or a debit the day
// of the charge, in the campaign's zone; of a check the day it was mailed, where
// its postmark says (IRS Publication 526).
func (w writer) dates() []Fact {
	o := w.d.Offline
	switch {
	case o == nil && w.d.Donation.ReceivedAt == nil:
		return nil
	case o == nil:
		at := *w.d.Donation.ReceivedAt
		return []Fact{{"Date charged", w.date(at) + ", " + zoneWords(at.In(w.c.Zone))}}
	case o.DatedOn == nil:
		return []Fact{{"Date received", civilDate(o.ReceivedOn)}}
	case o.Method == models.Check:
		return []Fact{{"Date of gift", civilDate(*o.DatedOn) + " (postmark)"}, {"Date received", civilDate(o.ReceivedOn)}}
	default:
		return []Fact{{"Dated", civilDate(*o.DatedOn)}, {"Date received", civilDate(o.ReceivedOn)}}
	}
}

// paidWith is how the gift came, with what tells it from others of its kind.
func (w writer) paidWith() []Fact {
	if w.d.Offline == nil {
		return []Fact{{"Paid with", Payment(w.d.Method, w.d.Last4)}}
	}
	said, known := offline[w.d.Offline.Method]
	if !known {
		said = offline[models.Other]
	}
	facts := []Fact{{said.name, said.value}}
	if reference := oneLine(w.d.Offline.Reference); reference != "" {
		facts = append(facts, Fact{said.reference, reference})
	}
	return facts
}

var offline = map[models.OfflineMethod]struct{ name, value, reference string }{
	models.Check: {"Paid with", "Check", "Check number"},
	models.Wire:  {"Paid with", "Wire transfer", "Transfer"},
	models.ACH:   {"Paid with", "Bank transfer (ACH)", "Transfer"},
	models.Stock: {"Given as", "Stock", "Securities"},
	models.DAF:   {"Given by", "Grant from a donor-advised fund", "Grant"},
	models.QCD:   {"Given as", "Distribution from a retirement account (IRA)", "Distribution"},
	models.Cash:  {"Paid with", "Cash", "Cash receipt"},
	models.Other: {"Paid", "Not through our website", "Payment"},
}

// Offline names a way of giving that is none of Stripe's.
func Offline(m models.OfflineMethod) string {
	if said, known := offline[m]; known {
		return said.value
	}
	return offline[models.Other].value
}

// brands are Stripe's names of cards, as their holders know them
// (https://docs.stripe.com/api/charges/object, card.brand).
var brands = map[string]string{
	"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover", "diners": "Diners Club",
	"jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "eftpos", "us_bank_account": "Bank account", "ach_debit": "Bank account",
	"link": "Link", "cashapp": "Cash App", "amazon_pay": "Amazon Pay", "paypal": "PayPal",
}

// Frequency is how often a gift is given, as its giver was asked.
func Frequency(f models.Frequency) string {
	switch f {
	case models.Monthly:
		return "Monthly"
	case models.Yearly:
		return "Yearly"
	default:
		return "One time"
	}
}

// Brand is what a payment's method is called by whoever holds it: "Visa". One
// that Stripe alone knows is a "Card".
func Brand(method string) string {
	if name, known := brands[method]; known {
		return name
	}
	return "Card"
}

// Payment is a card or an account by what its holder can tell it by.
func Payment(method, last4 string) string {
	name := Brand(method)
	if last4 == "" {
		return name
	}
	return name + " ending " + last4
}

// date is a day in the campaign's zone: "June 18, 2027".
func (w writer) date(t time.Time) string { return civilDate(t.In(w.c.Zone)) }

func civilDate(t time.Time) string { return t.Format("January 2, 2006") }

// zoneWords names the zone in which a moment's day was counted.
func zoneWords(t time.Time) string {
	switch name := t.Format("MST"); name {
	case "PST", "PDT":
		return "Pacific time"
	case "MST", "MDT":
		return "Mountain time"
	case "CST", "CDT":
		return "Central time"
	case "EST", "EDT":
		return "Eastern time"
	case "AKST", "AKDT":
		return "Alaska time"
	case "HST":
		return "Hawaii time"
	default:
		if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
			return "GMT" + name
		}
		return name
	}
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
