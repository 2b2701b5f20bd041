// Package receipttest holds gifts of every kind that a receipt tells apart, for
// the tests of each place where a receipt comes out: mail, page and PDF. It
// holds no opinion on the words: those are in the goldens of internal/receipt.
package receipttest

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// Campaign is one that has all a receipt can show, and no state's sentences.
func Campaign() models.Campaign {
	return models.Campaign{
		Title: "Corruption Project", Zone: Pacific,
		Signer: models.Signer{Name: "Clara Jeffery", Title: "Editor-in-Chief of Mother Jones"},
		Organisation: models.Organisation{
			Name: "Mother Jones", LegalName: "Example Foundation for News", EIN: "00-0000000",
			Address: "123 Example Street\nSan Francisco, CA 94000", Help: "giving@example.org",
		},
	}
}

// Pacific is the zone of the campaign.
var Pacific = func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	return zone
}()

var given = time.Date(2027, 6, 18, 16, 4, 5, 0, Pacific).UTC()

// Later is when the receipts are read.
var Later = time.Date(2027, 6, 25, 12, 0, 0, 0, Pacific).UTC()

// Case is one gift, and all that the words of its newest or an older document
// are made of.
type Case struct {
	Name     string
	Campaign models.Campaign
	Of       models.ReceiptDocument
}

// Document is the receipt in words.
func (c Case) Document() receipt.Document { return receipt.Of(c.Campaign, c.Of, Later) }

// Words are all that a document says, in the order in which it is read.
func Words(d receipt.Document) []string {
	all := []string{d.Newsroom, d.Date, d.Notice, d.Greeting, d.Thanks, d.SignedName, d.SignedTitle, d.Heading}
	all = append(all, d.Organisation...)
	for _, f := range d.Facts {
		all = append(all, f.Name, f.Value)
	}
	for _, m := range d.Money {
		all = append(all, m.Name, m.Value)
	}
	for _, lines := range [][]string{d.Statements, d.Schedule, d.Disclosures} {
		all = append(all, lines...)
	}
	return append(all, d.Help, d.Reference)
}

// Cases are every case that the words tell apart.
func Cases() []Case {
	var all []Case
	all = append(all, online()...)
	all = append(all, changed()...)
	all = append(all, inTheMail()...)
	return append(all, otherwise()...)
}

// Gift is the first document of a card gift, which each case makes its own.
func Gift(amount money.Minor, changes ...func(*models.ReceiptDocument)) models.ReceiptDocument {
	at := given
	first := models.Receipt{ID: "rcpt_1", Number: 123, DonationID: "don_1", Kind: models.FirstReceipt, Amount: amount, IssuedAt: given.Add(2 * time.Second)}
	d := models.ReceiptDocument{
		Receipt: first, Newest: first,
		Donation: models.Donation{
			ID: "don_1", Reference: "CP-K7QM2FXA", Livemode: true, ReceivedAt: &at, Captured: amount, AmountCharged: amount,
			Choices: models.Choices{Frequency: models.Once, Amount: amount},
		},
		Method: "visa", Last4: "4242", DonorName: "Jordan Sample", DonorEmail: "jordan@example.org",
	}
	for _, change := range changes {
		change(&d)
	}
	return d
}

func online() []Case {
	at := func(t time.Time) func(*models.ReceiptDocument) {
		return func(d *models.ReceiptDocument) {
			d.Donation.ReceivedAt, d.Receipt.IssuedAt, d.Newest.IssuedAt = &t, t.Add(2*time.Second), t.Add(2*time.Second)
		}
	}
	lastSecond := time.Date(2026, 12, 31, 23, 59, 59, 0, Pacific).UTC()
	return []Case{
		{"five dollars", Campaign(), Gift(5_00)},
		{"a cent below the limit", Campaign(), Gift(249_99)},
		{"at the limit", Campaign(), Gift(250_00)},
		{"covered fees", Campaign(), Gift(51_80, func(d *models.ReceiptDocument) { d.Donation.Amount, d.Donation.FeesCovered = 50_00, 1_80 })},
		{"the year's last second", Campaign(), Gift(100_00, at(lastSecond))},
		{"a bank debit", Campaign(), Gift(75_00, func(d *models.ReceiptDocument) { d.Method, d.Last4 = "us_bank_account", "6789" })},
		{"no name", Campaign(), Gift(20_00, func(d *models.ReceiptDocument) { d.DonorName, d.Method, d.Last4 = "", "", "" })},
		{"a test", Campaign(), Gift(50_00, func(d *models.ReceiptDocument) { d.Donation.Livemode = false })},
		{"monthly, the third payment", Campaign(), Gift(15_00, Monthly(3, nil))},
		{"monthly, stopped", Campaign(), Gift(15_00, Monthly(2, func(s *models.Subscription) { s.Status = "canceled" }))},
		{"yearly", Campaign(), Gift(120_00, Monthly(1, nil), yearly)},
	}
}

// yearly makes a monthly gift a yearly one.
func yearly(d *models.ReceiptDocument) {
	next := d.Subscription.PeriodEnd.AddDate(0, 11, 0)
	d.Donation.Frequency, d.Subscription.Months, d.Subscription.PeriodEnd = models.Yearly, 12, &next
}

// Monthly makes of a one-time gift that payment of a monthly one.
func Monthly(payment int, change func(*models.Subscription)) func(*models.ReceiptDocument) {
	return func(d *models.ReceiptDocument) {
		next := time.Date(2027, 7, 18, 16, 4, 5, 0, Pacific).UTC()
		sub := models.Subscription{ID: "sub_1", Status: "active", Amount: d.Receipt.Amount, Months: 1, PeriodEnd: &next}
		if change != nil {
			change(&sub)
		}
		d.Donation.Frequency, d.Subscription, d.PaymentNo = models.Monthly, &sub, payment
	}
}

// Amended makes of a first document the next one of the same gift.
func Amended(amount money.Minor, why models.ReceiptReason) func(*models.ReceiptDocument) {
	return func(d *models.ReceiptDocument) {
		before := d.Receipt
		if d.First == nil {
			d.First = &before
		}
		d.Replaced = &before
		next := models.Receipt{
			ID: before.ID + "1", Number: before.Number + 11, DonationID: before.DonationID, Kind: models.AmendedReceipt,
			Amount: amount, Reason: why, Replaces: &before.ID, IssuedAt: before.IssuedAt.Add(48 * time.Hour),
		}
		if amount == 0 {
			next.Kind = models.VoidReceipt
		}
		d.Receipt, d.Newest = next, next
	}
}

// outdated looks again at the document before the newest.
func outdated(d *models.ReceiptDocument) { d.Receipt, d.First, d.Replaced = *d.Replaced, nil, nil }

func refunded(d *models.ReceiptDocument) {
	at := given.Add(47 * time.Hour)
	d.Donation.RefundedAt = &at
}

func changed() []Case {
	return []Case{
		{"partly refunded", Campaign(), Gift(100_00, Amended(60_00, models.ReasonRefund))},
		{"partly refunded, the document before", Campaign(), Gift(100_00, Amended(60_00, models.ReasonRefund), outdated)},
		{"fully refunded", Campaign(), Gift(100_00, Amended(0, models.ReasonRefund), refunded)},
		{"fully refunded, the document before", Campaign(), Gift(100_00, Amended(0, models.ReasonRefund), outdated, refunded)},
		{"refunded twice", Campaign(), Gift(100_00, Amended(60_00, models.ReasonRefund), Amended(35_00, models.ReasonRefund))},
		{"a refund that failed", Campaign(), Gift(100_00, Amended(60_00, models.ReasonRefund), Amended(100_00, models.ReasonRefundUndone))},
		{"a dispute lost", Campaign(), Gift(100_00, Amended(0, models.ReasonDisputeLost))},
		{"a dispute won after it was lost", Campaign(), Gift(100_00, Amended(0, models.ReasonDisputeLost), Amended(100_00, models.ReasonDisputeWon))},
		{"a debit taken back", Campaign(), Gift(100_00, Amended(0, models.ReasonReversal))},
		{"paid twice", Campaign(), Gift(100_00, Amended(200_00, models.ReasonPayment))},
	}
}

// Offline makes of a card gift one that a person entered.
func Offline(method models.OfflineMethod, reference string, dated *time.Time) func(*models.ReceiptDocument) {
	return func(d *models.ReceiptDocument) {
		d.Method, d.Last4, d.DonorAddress = string(method), "", "5 Sample Lane\nOakland, CA 94600"
		d.Offline = &models.OfflineGift{
			DonationID: "don_1", Method: method, Reference: reference, DatedOn: dated, ReceivedOn: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC),
			Note: "for staff alone", EnteredBy: "finance@example.org",
		}
	}
}

func inTheMail() []Case {
	mailed := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)
	return []Case{
		{"a check with an earlier postmark", Campaign(), Gift(1_000_00, Offline(models.Check, "1042", &mailed))},
		{"a check without a postmark", Campaign(), Gift(1_000_00, Offline(models.Check, "1042", nil))},
		{"a check that bounced", Campaign(), Gift(1_000_00, Offline(models.Check, "1042", &mailed), Amended(0, models.ReasonReversal))},
		{"a wire", Campaign(), Gift(5_000_00, Offline(models.Wire, "20270104B1", nil))},
		{"a bank transfer", Campaign(), Gift(500_00, Offline(models.ACH, "", nil))},
		{"cash", Campaign(), Gift(40_00, Offline(models.Cash, "", nil))},
		{"another way", Campaign(), Gift(40_00, Offline(models.Other, "", nil))},
		{"stock", Campaign(), Gift(7_431_22, Offline(models.Stock, "40 shares of Example Corp.", nil))},
		{"a donor-advised fund", Campaign(), Gift(2_500_00, Offline(models.DAF, "Example Fund, grant 88", nil))},
		{"a qualified charitable distribution", Campaign(), Gift(3_000_00, Offline(models.QCD, "", nil))},
	}
}

func otherwise() []Case {
	benefit := func(d *models.ReceiptDocument) {
		d.Donation.Benefit, d.Donation.BenefitValue = "A year of the magazine, in print", 36_00
	}
	not, own, states := Campaign(), Campaign(), Campaign()
	not.Organisation.NotDeductible, not.Organisation.Legal = true, "Mother Jones is published by Example News LLC, a company."
	own.Organisation.InReturn, own.Organisation.Legal = "Members get a mug, worth $8.", "Mother Jones is a project of Example Foundation for News, a 501(c)(3) nonprofit."
	states.Receipts.Disclosures = []string{
		"FLORIDA: A COPY OF THE OFFICIAL REGISTRATION (CH00000) MAY BE OBTAINED FROM THE DIVISION OF CONSUMER SERVICES.",
		"New York: a copy of our latest annual report may be had from us or from the Attorney General.",
	}
	return []Case{
		{"a benefit of value", Campaign(), Gift(100_00, benefit)},
		{"a benefit worth more than what is left", Campaign(), Gift(100_00, benefit, Amended(30_00, models.ReasonRefund))},
		{"a benefit, refunded", Campaign(), Gift(100_00, benefit, Amended(0, models.ReasonRefund), refunded)},
		{"not deductible", not, Gift(100_00)},
		{"the organisation's own words", own, Gift(100_00)},
		{"the states' sentences", states, Gift(100_00)},
	}
}
