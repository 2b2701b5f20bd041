// Package receipt says in words what a receipt is: who gave what to whom, on
// which day, and what the tax office wants said of it. The mail, the page and
// the PDF are all drawn from one Document, so that they can't differ.
//
// It refuses to reckon what a gift comes to, which is the books' to say, to
// give tax advice, and to tell anything of a donor that a receipt needs not:
// no e-mail address, no card number beyond its last four digits, no IP
// address, no id of the database's or of Stripe's.
package receipt

import (
	"fmt"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// Document is one receipt in finished words. What is empty is not shown.
type Document struct {
	Called  string // "receipt", or "acknowledgement" of what is no receipt
	Number  string // "Receipt No. 000123"
	Title   string // of the page and the file: "Receipt No. 000123"
	Heading string // above the facts: "Receipt for your contribution"
	Date    string // of issue, in the campaign's zone: "June 18, 2027"
	Subject string // of the mail

	Greeting    string // "Dear Jordan Sample,"
	Thanks      string // one sentence or two
	SignedName  string
	SignedTitle string

	Newsroom     string   // as readers know it, at the head of the page
	Organisation []string // the recipient's legal name, address and EIN, a line each
	Help         string   // the e-mail address for questions

	Notice     string // why this is not, or no longer, a receipt to hand in: void, amended, superseded, a test
	Void       bool   // nothing of the contribution stands
	Superseded bool   // a newer document of the same gift stands instead

	Facts       []Fact   // donor, date, purpose, method, reference …
	Money       []Line   // the last is what it comes to; none of stock, which has no amount here
	Statements  []string // what the tax office wants said; the first is of goods and services
	Schedule    []string // of a gift that repeats: how much, when, how it ends
	Disclosures []string // the states' own sentences
	Reference   string   // "CP-…": what to quote

	Issued time.Time // UTC
}

// Fact is one line of what was given.
type Fact struct{ Name, Value string }

// Line is one amount with its name.
type Line struct {
	Name  string
	Value string // "$51.80"
	Total bool   // what it comes to: set apart
}

// Of words one document as it is read at a moment: a later document of the
// same gift, or the end of a subscription, shows in it.
func Of(c models.Campaign, d models.ReceiptDocument, now time.Time) Document {
	w := writer{c: c, d: d, now: now}
	return Document{
		Called: strings.ToLower(w.called()), Number: w.number(), Title: w.number(), Heading: w.heading(), Subject: w.subject(),
		Date: w.date(d.Receipt.IssuedAt), Issued: d.Receipt.IssuedAt.UTC(),
		Greeting: w.greeting(), Thanks: w.thanks(), SignedName: c.Signer.Name, SignedTitle: c.Signer.Title,
		Newsroom: c.Organisation.Name, Organisation: w.organisation(), Help: c.Organisation.Help,
		Notice: w.notice(), Void: w.void(), Superseded: w.superseded(),
		Facts: w.facts(), Money: w.money(), Statements: w.statements(), Schedule: w.schedule(),
		Disclosures: c.Receipts.Disclosures, Reference: d.Donation.Reference,
	}
}

// writer finds the words for one document.
type writer struct {
	c   models.Campaign
	d   models.ReceiptDocument
	now time.Time
}

// void reports whether the gift is known by now to come to nothing.
func (w writer) void() bool {
	return w.d.Receipt.Kind == models.VoidReceipt || w.d.Newest.Kind == models.VoidReceipt
}

func (w writer) superseded() bool { return w.d.Newest.ID != w.d.Receipt.ID }

// method is how a gift that didn't pass through Stripe was given, "" for one
// that did.
func (w writer) method() models.OfflineMethod {
	if w.d.Offline == nil {
		return ""
	}
	return w.d.Offline.Method
}

// organisation names the recipient as the IRS knows it. An address of several
// lines keeps them.
func (w writer) organisation() []string {
	o := w.c.Organisation
	lines := []string{o.Recipient()}
	for line := range strings.Lines(o.Address) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	switch {
	case o.EIN == "":
	case o.Legal == "":
		lines = append(lines, "501(c)(3) nonprofit, EIN "+o.EIN)
	default:
		lines = append(lines, "EIN "+o.EIN) // what it is, its own sentence says
	}
	return lines
}

// called is what the document is. A grant from a donor-advised fund gets no
// receipt: the donor had the deduction when the fund was given to.
func (w writer) called() string {
	if w.method() == models.DAF {
		return "Acknowledgement"
	}
	return "Receipt"
}

func (w writer) number() string { return w.called() + " " + numbered(w.d.Receipt) }

// numbered writes a document's number alike wherever it is named.
func numbered(r models.Receipt) string {
	if r.Number == 0 {
		return "No. SAMPLE"
	}
	return fmt.Sprintf("No. %06d", r.Number)
}

func (w writer) heading() string {
	switch {
	case w.sample():
		return "Sample of a " + strings.ToLower(w.called()) + w.of() + w.given()
	case w.d.Receipt.Kind == models.VoidReceipt:
		return "This contribution is void"
	case w.d.Receipt.Kind == models.AmendedReceipt:
		return "Amended " + strings.ToLower(w.called()) + w.of() + w.given()
	default:
		return w.called() + w.of() + w.given()
	}
}

// of leads from what the document is to what it is about.
func (w writer) of() string {
	if w.method() == models.DAF {
		return " of your "
	}
	return " for your "
}

// given is what kind of contribution it was.
func (w writer) given() string {
	switch w.method() {
	case models.DAF:
		return "grant from a donor-advised fund"
	case models.QCD:
		return "distribution from a retirement account"
	case models.Stock:
		return "contribution of stock"
	default:
		return "contribution"
	}
}

// subject is what the mail is called. Its amount is that of the receipt, except
// where nothing is left: then what it was.
func (w writer) subject() string {
	gift := w.first().Amount.String() + " gift"
	switch w.method() {
	case models.Stock:
		gift = "gift of stock"
	case models.DAF:
		gift = w.first().Amount.String() + " grant"
	default:
	}
	gift += " to " + w.c.Organisation.Name
	switch {
	case w.sample():
		return "Sample: " + w.called() + w.of() + gift
	case w.d.Receipt.Kind == models.VoidReceipt && w.d.Receipt.Reason == models.ReasonRefund:
		return "Your " + gift + " was refunded"
	case w.d.Receipt.Kind == models.VoidReceipt && w.unrecorded():
		return "The " + strings.ToLower(w.called()) + w.of() + gift + " is void"
	case w.d.Receipt.Kind == models.VoidReceipt:
		return "Your " + gift + " is void"
	case w.d.Receipt.Kind == models.AmendedReceipt:
		return "Amended " + strings.ToLower(w.called()) + " for your gift to " + w.c.Organisation.Name
	default:
		return w.called() + w.of() + gift
	}
}

// first is the gift's first document, which may be this one.
func (w writer) first() models.Receipt {
	if w.d.First != nil {
		return *w.d.First
	}
	return w.d.Receipt
}

func (w writer) greeting() string {
	if name := oneLine(w.d.DonorName); name != "" {
		return "Dear " + name + ","
	}
	return ""
}

// thanks is what a person would say first.
func (w writer) thanks() string {
	campaign := w.c.Named()
	receipt := "this is your receipt for tax purposes."
	if w.c.Organisation.NotDeductible {
		receipt = "this is your receipt."
	}
	switch {
	case w.d.Receipt.Kind == models.VoidReceipt && w.d.Receipt.Reason == models.ReasonRefund:
		return "Your gift to " + campaign + " was refunded."
	case w.d.Receipt.Kind == models.VoidReceipt && w.unrecorded():
		return "We have taken back our record of your gift to " + campaign + ": it was entered wrongly, or the payment didn’t last. A gift that is entered anew gets a document of its own."
	case w.d.Receipt.Kind == models.VoidReceipt && len(w.moves()) > 1:
		return "Nothing is left of your gift to " + campaign + "."
	case w.d.Receipt.Kind == models.VoidReceipt:
		return "The payment of your gift to " + campaign + " was taken back."
	case w.superseded():
		return "Thank you for your gift to " + campaign + "."
	case w.d.Receipt.Kind == models.AmendedReceipt:
		return "Thank you for your gift to " + campaign + ". Its amount has changed, and this takes the place of the " + strings.ToLower(w.called()) + " you had."
	case w.method() == models.DAF:
		return "Thank you for recommending a grant to " + campaign + ". We have received it."
	case w.method() == models.QCD:
		return "Thank you for giving to " + campaign + " from your retirement account. We have received the gift."
	case w.d.PaymentNo > 1:
		return fmt.Sprintf("Thank you for your %s gift to %s. Payment %d is confirmed, and %s", w.d.Donation.Frequency, campaign, w.d.PaymentNo, receipt)
	default:
		return "Thank you for your gift to " + campaign + ". It is confirmed, and " + receipt
	}
}

// oneLine keeps what somebody typed as it is, but for breaks and spaces at its
// ends.
func oneLine(typed string) string { return strings.Join(strings.Fields(typed), " ") }
