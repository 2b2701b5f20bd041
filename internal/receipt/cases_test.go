package receipt_test

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// campaign is one that has all a receipt can show, and no state's sentences.
func campaign() models.Campaign {
	return models.Campaign{
		Title: "Corruption Project", Zone: pacific,
		Signer: models.Signer{Name: "Clara Jeffery", Title: "Editor-in-Chief of Mother Jones"},
		Organisation: models.Organisation{
			Name: "Mother Jones", LegalName: "Example Foundation for News", EIN: "00-0000000",
			Address: "123 Example Street\nSan Francisco, CA 94000", Help: "giving@example.org",
		},
	}
}

var pacific = func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	return zone
}()

// When the gifts of the cases are given, and when their receipts are read.
var (
	given = time.Date(2027, 6, 18, 16, 4, 5, 0, pacific).UTC()
	later = time.Date(2027, 6, 25, 12, 0, 0, 0, pacific).UTC()
)

// example is one gift and what its document is made of.
type example struct {
	name string
	c    models.Campaign
	d    models.ReceiptDocument
}

// examples are every case that the words tell apart.
func examples() []example {
	var all []example
	all = append(all, online()...)
	all = append(all, changed()...)
	all = append(all, inTheMail()...)
	return append(all, otherwise()...)
}

// gift is the first document of a card gift, which each case makes its own.
func gift(amount money.Minor, changes ...func(*models.ReceiptDocument)) models.ReceiptDocument {
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

func online() []example {
	at := func(t time.Time) func(*models.ReceiptDocument) {
		return func(d *models.ReceiptDocument) {
			d.Donation.ReceivedAt, d.Receipt.IssuedAt, d.Newest.IssuedAt = &t, t.Add(2*time.Second), t.Add(2*time.Second)
		}
	}
	lastSecond := time.Date(2026, 12, 31, 23, 59, 59, 0, pacific).UTC()
	return []example{
		{"five dollars", campaign(), gift(5_00)},
		{"a cent below the limit", campaign(), gift(249_99)},
		{"at the limit", campaign(), gift(250_00)},
		{"covered fees", campaign(), gift(51_80, func(d *models.ReceiptDocument) { d.Donation.Amount, d.Donation.FeesCovered = 50_00, 1_80 })},
		{"the year's last second", campaign(), gift(100_00, at(lastSecond))},
		{"a bank debit", campaign(), gift(75_00, func(d *models.ReceiptDocument) { d.Method, d.Last4 = "us_bank_account", "6789" })},
		{"no name", campaign(), gift(20_00, func(d *models.ReceiptDocument) { d.DonorName, d.Method, d.Last4 = "", "", "" })},
		{"a test", campaign(), gift(50_00, func(d *models.ReceiptDocument) { d.Donation.Livemode = false })},
		{"monthly, the third payment", campaign(), gift(15_00, monthly(3, nil))},
		{"monthly, stopped", campaign(), gift(15_00, monthly(2, func(s *models.Subscription) { s.Status = "canceled" }))},
		{"yearly", campaign(), gift(120_00, monthly(1, nil), func(d *models.ReceiptDocument) { d.Donation.Frequency = models.Yearly })},
	}
}

func monthly(payment int, change func(*models.Subscription)) func(*models.ReceiptDocument) {
	return func(d *models.ReceiptDocument) {
		next := time.Date(2027, 7, 18, 16, 4, 5, 0, pacific).UTC()
		sub := models.Subscription{ID: "sub_1", Status: "active", Amount: d.Receipt.Amount, Months: 1, PeriodEnd: &next}
		if change != nil {
			change(&sub)
		}
		d.Donation.Frequency, d.Subscription, d.PaymentNo = models.Monthly, &sub, payment
	}
}

// amended makes of a first document the next one of the same gift.
func amended(amount money.Minor, why models.ReceiptReason) func(*models.ReceiptDocument) {
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

func changed() []example {
	return []example{
		{"partly refunded", campaign(), gift(100_00, amended(60_00, models.ReasonRefund))},
		{"partly refunded, the document before", campaign(), gift(100_00, amended(60_00, models.ReasonRefund), outdated)},
		{"fully refunded", campaign(), gift(100_00, amended(0, models.ReasonRefund), refunded)},
		{"fully refunded, the document before", campaign(), gift(100_00, amended(0, models.ReasonRefund), outdated, refunded)},
		{"refunded twice", campaign(), gift(100_00, amended(60_00, models.ReasonRefund), amended(35_00, models.ReasonRefund))},
		{"a refund that failed", campaign(), gift(100_00, amended(60_00, models.ReasonRefund), amended(100_00, models.ReasonRefundUndone))},
		{"a dispute lost", campaign(), gift(100_00, amended(0, models.ReasonDisputeLost))},
		{"a dispute won after it was lost", campaign(), gift(100_00, amended(0, models.ReasonDisputeLost), amended(100_00, models.ReasonDisputeWon))},
		{"a debit taken back", campaign(), gift(100_00, amended(0, models.ReasonReversal))},
		{"paid twice", campaign(), gift(100_00, amended(200_00, models.ReasonPayment))},
	}
}

// offline makes of a card gift one that a person entered.
func offline(method models.OfflineMethod, reference string, dated *time.Time) func(*models.ReceiptDocument) {
	return func(d *models.ReceiptDocument) {
		d.Method, d.Last4, d.DonorAddress = string(method), "", "5 Sample Lane\nOakland, CA 94600"
		d.Offline = &models.OfflineGift{
			DonationID: "don_1", Method: method, Reference: reference, DatedOn: dated, ReceivedOn: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC),
			Note: "for staff alone", EnteredBy: "finance@example.org",
		}
	}
}

func inTheMail() []example {
	mailed := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)
	return []example{
		{"a check with an earlier postmark", campaign(), gift(1_000_00, offline(models.Check, "1042", &mailed))},
		{"a check without a postmark", campaign(), gift(1_000_00, offline(models.Check, "1042", nil))},
		{"a check that bounced", campaign(), gift(1_000_00, offline(models.Check, "1042", &mailed), amended(0, models.ReasonReversal))},
		{"a wire", campaign(), gift(5_000_00, offline(models.Wire, "20270104B1", nil))},
		{"a bank transfer", campaign(), gift(500_00, offline(models.ACH, "", nil))},
		{"cash", campaign(), gift(40_00, offline(models.Cash, "", nil))},
		{"another way", campaign(), gift(40_00, offline(models.Other, "", nil))},
		{"stock", campaign(), gift(7_431_22, offline(models.Stock, "40 shares of Example Corp.", nil))},
		{"a donor-advised fund", campaign(), gift(2_500_00, offline(models.DAF, "Example Fund, grant 88", nil))},
		{"a qualified charitable distribution", campaign(), gift(3_000_00, offline(models.QCD, "", nil))},
	}
}

func otherwise() []example {
	benefit := func(d *models.ReceiptDocument) {
		d.Donation.Benefit, d.Donation.BenefitValue = "A year of the magazine, in print", 36_00
	}
	not, own, states := campaign(), campaign(), campaign()
	not.Organisation.NotDeductible, not.Organisation.Legal = true, "Mother Jones is published by Example News LLC, a company."
	own.Organisation.InReturn, own.Organisation.Legal = "Members get a mug, worth $8.", "Mother Jones is a project of Example Foundation for News, a 501(c)(3) nonprofit."
	states.Receipts.Disclosures = []string{
		"FLORIDA: A COPY OF THE OFFICIAL REGISTRATION (CH00000) MAY BE OBTAINED FROM THE DIVISION OF CONSUMER SERVICES.",
		"New York: a copy of our latest annual report may be had from us or from the Attorney General.",
	}
	return []example{
		{"a benefit of value", campaign(), gift(100_00, benefit)},
		{"a benefit worth more than what is left", campaign(), gift(100_00, benefit, amended(30_00, models.ReasonRefund))},
		{"a benefit, refunded", campaign(), gift(100_00, benefit, amended(0, models.ReasonRefund), refunded)},
		{"not deductible", not, gift(100_00)},
		{"the organisation's own words", own, gift(100_00)},
		{"the states' sentences", states, gift(100_00)},
	}
}
