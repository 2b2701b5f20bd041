package receipt

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// sampleNotice stands on a sample before anything else.
const sampleNotice = "This is a sample; no gift was made."

// Sample words what the receipts of a campaign look like, of a gift that nobody
// made. It has no number, stands in no books, and says so wherever it is drawn.
func Sample(c models.Campaign, now time.Time) Document {
	frequency := models.Once
	if !c.Offers(models.Once) && len(c.Frequencies) > 0 {
		frequency = c.Frequencies[0]
	}
	gift := sampleAmount(c, frequency)
	total, fees := c.Charge(gift, true)
	d := models.ReceiptDocument{
		Receipt: models.Receipt{Kind: models.FirstReceipt, Amount: total, Captured: total, IssuedAt: now},
		Donation: models.Donation{
			Reference: "SAMPLE", ReceivedAt: &now, Captured: total, AmountCharged: total,
			Choices: models.Choices{Frequency: frequency, Amount: gift, FeesCovered: fees},
		},
		Method: "visa", Last4: "0000", DonorName: "Jordan Sample", DonorAddress: "123 Example Street, Springfield",
	}
	d.Newest = d.Receipt
	if b := c.Receipts.Benefit; b.ComesWith(gift) {
		d.Donation.Benefit, d.Donation.BenefitValue = b.Description, b.Value
	}
	if frequency != models.Once {
		d.Subscription, d.PaymentNo = &models.Subscription{Amount: total}, 1
	}
	return Of(c, d, now)
}

// sampleAmount is a gift that the form offers, large enough to bring what the
// campaign gives in return.
func sampleAmount(c models.Campaign, f models.Frequency) money.Minor {
	amount := c.Presets[f].Default
	if amount == 0 && len(c.Presets[f].Amounts) > 0 {
		amount = c.Presets[f].Amounts[0]
	}
	if b := c.Receipts.Benefit; b.Description != "" {
		amount = max(amount, b.From)
	}
	return max(amount, c.Least)
}

// sample reports whether the document is of no gift: those that are have numbers
// from 1 on.
func (w writer) sample() bool { return w.d.Receipt.Number == 0 }
