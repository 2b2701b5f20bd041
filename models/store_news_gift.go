package models

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gorm.io/gorm"
)

// happenedAt is when what a fact says came about: a bank debit is decided days
// after its charge was made.
func (f Fact) happenedAt() time.Time {
	if f.Decided.IsZero() {
		return f.At
	}
	return f.Decided
}

// tellOfGift queues what a fact gives to tell beside a receipt, whether it is
// new or known: when a bank debit was decided stands in the events alone, and
// another way may have been faster. facts are all of the gift's, with it.
func (s *Store) tellOfGift(tx *gorm.DB, d Donation, facts []storedFact, fact Fact) error {
	switch fact.Kind {
	case InvoicePaid:
		return s.renewalPaid(tx, d)
	case Charged, OfflineGiven:
		if err := s.renewalPaid(tx, d); err != nil {
			return err
		}
		if err := s.noteGift(tx, d, facts, fact); err != nil {
			return err
		}
	case ChargeUndone, OfflineUndone:
		if err := s.unnoteGift(tx, d, facts); err != nil {
			return err
		}
	case PaymentFailed:
	default:
		return nil
	}
	for _, f := range facts {
		if f.Kind == PaymentFailed || f.Kind == ChargeUndone {
			return s.tellDebitFailed(tx, d, facts, fact)
		}
	}
	return nil
}

// tellDebitFailed queues the mail that a gift's bank debit came to nothing:
// once, though its charge and its payment page both say so. A renewal's is told
// of its invoice.
func (s *Store) tellDebitFailed(tx *gorm.DB, d Donation, facts []storedFact, fact Fact) error {
	if d.Renewal {
		return nil
	}
	moot := ""
	if fold(d.AmountCharged, person{}, facts).captured > 0 {
		moot = paidMeanwhile
	}
	if at := fact.happenedAt(); fact.Kind != Charged && isNews(at, s.Now()) {
		about := About{Amount: d.AmountCharged, At: &at}
		if d.SubscriptionID != nil {
			about.Subscription = *d.SubscriptionID
		}
		// The reference is the same in books made anew.
		m := Mail{Key: d.Reference + ":" + string(MailDebitFailed), Kind: MailDebitFailed, DonationID: d.ID, About: about}
		if err := s.tell(tx, m, d.ID, moot); err != nil {
			return err
		}
	}
	if moot != "" {
		return s.drop(tx, MailDebitFailed, d.ID, moot)
	}
	return s.revive(tx, MailDebitFailed, d.ID, paidMeanwhile)
}

// noteGift queues the notice of a large gift, one to each of those who are to
// know. What is entered by hand is news whenever that is.
func (s *Store) noteGift(tx *gorm.DB, d Donation, facts []storedFact, fact Fact) error {
	if len(s.notices.To) == 0 || fact.Kind == Charged && !isNews(fact.happenedAt(), s.Now()) {
		return nil
	}
	captured := fold(d.AmountCharged, person{}, facts).captured
	if captured <= 0 || captured < s.notices.From {
		return nil
	}
	at := fact.At.UTC()
	for _, to := range s.notices.To {
		sum := sha256.Sum256([]byte(FoldEmail(to))) // keys are shown and logged: no address in one
		m := Mail{
			Key: d.Reference + ":" + string(MailGiftNotice) + ":" + hex.EncodeToString(sum[:4]), Kind: MailGiftNotice, DonationID: d.ID,
			About: About{Email: to, Amount: captured, At: &at},
		}
		if err := s.tell(tx, m, d.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// unnoteGift takes back the notice of a gift of which too little is left, or
// nothing.
func (s *Store) unnoteGift(tx *gorm.DB, d Donation, facts []storedFact) error {
	if captured := fold(d.AmountCharged, person{}, facts).captured; captured > 0 && captured >= s.notices.From {
		return nil
	}
	return s.drop(tx, MailGiftNotice, d.ID, takenBack)
}

// renewalPaid takes back what was to be said of an invoice that is paid now.
func (s *Store) renewalPaid(tx *gorm.DB, d Donation) error {
	if !d.Renewal || d.InvoiceID == nil {
		return nil
	}
	return s.drop(tx, MailRenewalFailed, *d.InvoiceID, paidMeanwhile)
}
