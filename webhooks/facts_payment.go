package webhooks

import (
	"cmp"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// readCharge books a payment. The fact is the same whichever way the charge
// was come by.
func readCharge(c charge, gift models.GiftRef, evidence string) models.Reading {
	gift.Charge = c.ID // its invoice may have been paid by another
	gift.Erased = marked(gift.Erased, c.Metadata)
	fact := models.Fact{
		Object: c.ID, Gift: gift, At: utc(c.Created), Method: c.Method.Card.Brand, Last4: c.Method.Card.Last4, Evidence: evidence,
	}
	if fact.Method == "" {
		fact.Method, fact.Last4 = c.Method.Type, c.Method.Bank.Last4
	}
	fact.Name, fact.Address = storable(c.Billing.Name), c.Billing.Address.lines()
	switch {
	case c.Billing.Email != "":
		fact.Email, fact.EmailRank = c.Billing.Email, models.BillingEmail
	case c.ReceiptEmail != "":
		fact.Email, fact.EmailRank = c.ReceiptEmail, models.ReceiptEmail
	}
	// A charge as the same fact of another kind.
	as := func(kind models.FactKind, suffix string, moved int64) models.Fact {
		f, amount := fact, sum(c.Amount, c.Currency)
		f.Kind, f.Key, f.Money = kind, c.ID+":"+suffix, sum(moved, c.Currency)
		if moved != 0 {
			amount = f.Money
		}
		f.Agreed = &amount
		return f
	}
	byBank := c.Method.Type != "" && c.Method.Type != "card"
	switch {
	case c.Status == "succeeded" && c.Paid && c.Captured:
		return facts(as(models.Charged, "charge", c.AmountCaptured))
	case c.Status == "pending" && byBank:
		return facts(as(models.DebitPending, "pending", 0))
	case c.Status == "failed" && c.Transaction.ID != "" && c.TakenBack.ID != "":
		// The bank's money had come, and went again before it was final.
		if c.TakenBack.Object == nil {
			return models.Reading{Facts: []models.Fact{as(models.PaymentFailed, "failed", 0)}, More: returnToBeRead}
		}
		back := as(models.ChargeUndone, "failure", c.Amount)
		back.At = utc(c.TakenBack.Object.Created)
		return facts(as(models.PaymentFailed, "failed", 0), as(models.Charged, "charge", c.Amount), back)
	case c.Status == "failed" && byBank:
		// A declined card is no failure: the reader can try again.
		return facts(as(models.PaymentFailed, "failed", 0))
	default:
		return noEffect
	}
}

// marked is when the donor of an object was erased: by its own metadata, where
// they say so, or else by what is known already.
func marked(known time.Time, metadata map[string]string) time.Time {
	if at := stripeapi.ErasedAt(metadata); !at.IsZero() {
		return at
	}
	return known
}

// chargeRef says whose a charge is, by its own metadata. One without any may
// still be ours: its payment intent tells, or the invoice of a subscription.
func chargeRef(c charge) models.GiftRef {
	gift := models.GiftRef{}
	if c.Invoice.ID == "" {
		gift = stripeapi.ReadMetadata(c.Metadata)
	}
	gift.Charge, gift.PaymentIntent, gift.Invoice = c.ID, c.PaymentIntent.ID, c.Invoice.ID
	gift.Final = gift.Campaign != "" || gift.PaymentIntent == "" && gift.Invoice == ""
	return gift
}

// ownRef says whose a charge is that was listed, or told of by an event, at the
// version spoken here. Stripe copies a payment intent's metadata to its charge: one
// without our campaign in it, and without an invoice that might tell, is another
// product's, unless something else has named it. Nothing is asked for it.
func ownRef(c charge) models.GiftRef {
	gift := chargeRef(c)
	gift.Final = gift.Final || c.Invoice.ID == ""
	return gift
}

// readIntent says that a payment intent is paid, or that a bank debit is under
// way. It books no money itself; where it was fetched with its charge, the
// charge does.
func readIntent(i intent, gift models.GiftRef, evidence string) models.Reading {
	said := models.Fact{
		Gift: gift, Money: money.Money{Currency: money.Currency(i.Currency)}, At: utc(i.Created), Evidence: evidence,
	}
	said.Gift.Charge = i.LatestCharge.ID
	switch i.Status {
	case "succeeded":
		received := sum(i.AmountReceived, i.Currency)
		said.Kind, said.Key, said.Agreed, said.ExpectsCharge = models.IntentPaid, i.ID+":paid", &received, true
	case "processing":
		amount := sum(i.Amount, i.Currency)
		said.Kind, said.Key, said.Agreed = models.DebitPending, cmp.Or(i.LatestCharge.ID, i.ID)+":processing", &amount
	default:
		return withCharge(i.LatestCharge.Object, gift, evidence)
	}
	return withCharge(i.LatestCharge.Object, gift, evidence, said)
}

// intentRef says whose a payment intent is: by its metadata, or, if it is a
// subscription's, by its invoice.
func intentRef(i intent) models.GiftRef {
	gift := models.GiftRef{}
	if i.Invoice.ID == "" {
		gift = stripeapi.ReadMetadata(i.Metadata)
	}
	gift.Erased = marked(gift.Erased, i.Metadata)
	gift.PaymentIntent, gift.Invoice, gift.Final = i.ID, i.Invoice.ID, i.Invoice.ID == ""
	return gift
}

// readSession says that the reader finished the payment page, or that it
// closed. failed: a bank debit started there came to nothing.
func readSession(s session, failed bool, evidence string) models.Reading {
	gift := stripeapi.ReadMetadata(s.Metadata)
	gift.SessionID, gift.PaymentIntent, gift.Invoice = s.ID, s.PaymentIntent.ID, s.Invoice.ID
	gift.Subscription, gift.Final = s.Subscription.ID, true
	if i := s.PaymentIntent.Object; i != nil { // its own metadata can't be marked
		gift.Erased = marked(gift.Erased, i.Metadata)
	}
	if s.Mode != "payment" && s.Mode != "subscription" {
		return noEffect
	}
	fact := models.Fact{
		Gift: gift, Agreed: s.agreed(), Money: money.Money{Currency: money.Currency(s.Currency)}, Reference: s.Reference,
		At: utc(s.Created), Evidence: evidence,
	}
	said := func(kind models.FactKind, suffix string) models.Fact {
		f := fact
		f.Kind, f.Key = kind, s.ID+":"+suffix
		return f
	}
	switch s.Status {
	case "expired":
		return facts(said(models.SessionExpired, "expired"))
	case "complete":
	default:
		return noEffect
	}
	completed := said(models.Completed, "completed")
	if email, name, address := s.Customer.Email, storable(s.Customer.Name), s.Customer.Address.lines(); email+name+address != "" {
		completed.Email, completed.Name, completed.Address, completed.EmailRank = email, name, address, models.SessionEmail
	}
	rest := []models.Fact{completed}
	switch {
	case s.PaymentStatus == "paid":
		rest[0].ExpectsCharge = true
	case failed:
		rest = append(rest, said(models.PaymentFailed, "payment_failed"))
	case s.PaymentStatus == "unpaid":
		rest = append(rest, said(models.DebitPending, "debit_pending"))
	}
	return withCharge(s.charge(), gift, evidence, rest...)
}

// charge is the session's payment, where it was fetched with it.
func (s session) charge() *charge {
	switch {
	case s.PaymentIntent.Object != nil:
		return s.PaymentIntent.Object.LatestCharge.Object
	case s.Invoice.Object != nil:
		return s.Invoice.Object.Charge.Object
	default:
		return nil
	}
}

// agreed is what the session comes to in the currency it was made in: where
// the payment page converted it for the reader, the amount before that.
func (s session) agreed() *money.Money {
	if s.Conversion != nil {
		return &money.Money{Minor: money.Minor(s.Conversion.AmountTotal), Currency: money.Currency(s.Conversion.SourceCurrency)}
	}
	if s.AmountTotal == nil {
		return nil
	}
	return &money.Money{Minor: money.Minor(*s.AmountTotal), Currency: money.Currency(s.Currency)}
}

// withCharge adds what a charge says that was fetched with its parent, whose
// metadata stands for it should its own be empty. The parent goes first: it
// knows what was agreed, should the gift have to be made anew.
func withCharge(c *charge, parent models.GiftRef, evidence string, rest ...models.Fact) models.Reading {
	reading := models.Reading{}
	if c != nil && c.ID != "" {
		gift := chargeRef(*c)
		if gift.Campaign == "" {
			gift = parent
			gift.Charge = c.ID
		}
		reading = readCharge(*c, gift, evidence)
	}
	reading.Facts = append(rest, reading.Facts...)
	if reading.Empty() {
		return noEffect
	}
	return reading
}
