package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// Booked says what became of facts.
type Booked struct {
	// State is the state of the event that brought them: EventBooked if all of
	// them stand in the books (whether by this call or before), else the worst
	// of EventAttention, EventWaiting and EventForeign.
	State EventState
	// Problem is for staff: why the facts wait, or need a person.
	Problem string
}

// Book books facts that no event brought: what a look-up at Stripe found, in
// one transaction. What one fact lacks does not keep the others out: Booked says
// so. A fact that is known already changes nothing.
func (s *Store) Book(ctx context.Context, facts ...Fact) (Booked, error) {
	if err := s.mustBeOpen(); err != nil {
		return Booked{}, err
	}
	var booked Booked
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var err error
		booked, err = s.book(tx, facts)
		return err
	})
	if err != nil {
		return Booked{}, fmt.Errorf("models: book: %w", err)
	}
	s.commits.Add(1)
	return booked, nil
}

// problem is a fact that contradicts the books or itself: nothing is posted,
// and a person must look.
type problem struct{ text string }

func (p problem) Error() string { return p.text }

// errUnknownGift says that no gift in the books is the fact's, and that the
// fact does not say enough to make one.
var errUnknownGift = errors.New("its gift is not known yet")

// awaitsCharge is why an event waits that says "paid" before its charge is
// known.
const awaitsCharge = "its charge has not come yet"

// errForeign says that a fact is not of this campaign.
var errForeign = errors.New("not of this campaign")

// book books facts inside the caller's transaction. What one fact lacks does
// not keep the others from being booked.
func (s *Store) book(tx *gorm.DB, facts []Fact) (Booked, error) {
	result := Booked{State: EventBooked}
	for i, fact := range facts {
		state, reason, err := s.bookOne(tx, fact)
		if err != nil {
			return Booked{}, fmt.Errorf("fact %s: %w", fact.Key, err)
		}
		if i == 0 || gravity[state] > gravity[result.State] {
			result = Booked{State: state, Problem: reason}
		}
	}
	return result, nil
}

var gravity = map[EventState]int{EventForeign: 0, EventBooked: 1, EventWaiting: 2, EventAttention: 3}

func (s *Store) bookOne(tx *gorm.DB, fact Fact) (EventState, string, error) {
	donation, err := s.giftOf(tx, fact)
	var wrong problem
	switch {
	case errors.Is(err, errForeign):
		return EventForeign, "", nil
	case errors.Is(err, errUnknownGift):
		return EventWaiting, errUnknownGift.Error(), nil
	case errors.As(err, &wrong):
		return EventAttention, wrong.text, nil
	case err != nil:
		return "", "", err
	}
	facts, err := factsOf(tx, donation.ID)
	if err != nil {
		return "", "", err
	}
	known := false
	for _, f := range facts {
		known = known || f.Key == fact.Key
	}
	if !known {
		err := elsewhere(tx, fact.Key)
		if errors.As(err, &wrong) {
			return EventAttention, wrong.text, nil
		}
		if err != nil {
			return "", "", err
		}
		if errors.As(disagreement(donation, facts, fact), &wrong) {
			return EventAttention, wrong.text, nil
		}
		if err := fillIn(tx, &donation, fact.Gift); err != nil {
			return "", "", err
		}
		if facts, err = s.record(tx, donation, facts, fact); err != nil {
			return "", "", err
		}
	}
	if fact.ExpectsCharge && !hasCharge(facts) {
		return EventWaiting, awaitsCharge, nil
	}
	return EventBooked, "", nil
}

// elsewhere returns a problem if the fact stands under another gift: then its
// metadata was changed at Stripe, and a person must say whose it is.
func elsewhere(tx *gorm.DB, key string) error {
	var other storedFact
	err := tx.Select("donation_id").Where("key = ?", key).Take(&other).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look for the fact: %w", err)
	default:
		return problem{key + " is booked already, for the gift " + other.DonationID}
	}
}

// record writes one new fact of a gift, its posting, and all that follows from
// it, and returns the gift's facts with it.
func (s *Store) record(tx *gorm.DB, d Donation, facts []storedFact, fact Fact) ([]storedFact, error) {
	row := storedFact{
		Key: fact.Key, DonationID: d.ID, Kind: fact.Kind, Amount: fact.Money.Minor, Currency: fact.Money.Currency,
		At: fact.At.UTC(), Email: FoldEmail(fact.Email), EmailRank: fact.EmailRank, PaymentIntent: fact.Gift.PaymentIntent,
		SessionID: fact.Gift.SessionID, Method: fact.Method, Last4: fact.Last4, Evidence: fact.Evidence, RecordedAt: s.Now(),
	}
	if err := tx.Create(&row).Error; err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if fact.Kind.MovesMoney() {
		if err := s.write(tx, post(fact, d.ID, s.Now())); err != nil {
			return nil, err
		}
	}
	if fact.Kind == Charged {
		if err := s.enqueueReceipt(tx, d.ID, fact.Key); err != nil {
			return nil, err
		}
	}
	facts = append(facts, row)
	return facts, s.refold(tx, d, facts)
}

// write appends a posting to the journal. It is the only place that does.
func (s *Store) write(tx *gorm.DB, p Posting) error {
	if err := p.Balanced(); err != nil {
		return err
	}
	if err := tx.Create(&p).Error; err != nil {
		return fmt.Errorf("post: %w", err)
	}
	if err := tx.Create(&p.Lines).Error; err != nil {
		return fmt.Errorf("post the lines: %w", err)
	}
	return nil
}

// refold brings the gift's cached state, its donor's count and the public
// figures to what its facts now come to.
func (s *Store) refold(tx *gorm.DB, d Donation, facts []storedFact) error {
	f := fold(d.AmountCharged, facts)
	donorID, donors, err := s.recount(tx, d, f)
	if err != nil {
		return err
	}
	change := progressChange{
		Gross: f.captured - d.Captured, Refunded: f.refunded - d.Refunded, Disputed: f.disputed - d.Disputed,
		Fees: f.fees - d.FeeTaken, Pending: f.pending - d.Pending, Gifts: gifts(f.counted) - gifts(d.Counted), Donors: donors,
	}
	if err := s.change(tx, change); err != nil {
		return err
	}
	err = tx.Model(&Donation{ID: d.ID}).Updates(map[string]any{
		"status": f.status, "received_at": f.receivedAt, "captured": f.captured, "refunded": f.refunded,
		"disputed": f.disputed, "fee_taken": f.fees, "pending": f.pending, "counted": f.counted, "donor_id": donorID,
	}).Error
	if err != nil {
		return fmt.Errorf("keep the gift's state: %w", err)
	}
	return nil
}

func gifts(counted bool) int64 {
	if counted {
		return 1
	}
	return 0
}

func factsOf(tx *gorm.DB, donationID string) ([]storedFact, error) {
	var facts []storedFact
	if err := tx.Where("donation_id = ?", donationID).Order("key").Find(&facts).Error; err != nil {
		return nil, fmt.Errorf("read the gift's facts: %w", err)
	}
	return facts, nil
}

func hasCharge(facts []storedFact) bool {
	for _, f := range facts {
		if f.Kind == Charged {
			return true
		}
	}
	return false
}

// disagreement returns a problem if a fact contradicts what is known of its
// gift (I10 and I15 of docs/ledger.md).
func disagreement(d Donation, facts []storedFact, fact Fact) error {
	agreed := money.Money{Minor: d.AmountCharged, Currency: d.Currency}
	switch {
	case fact.Kind.MovesMoney() && fact.Money.Currency != d.Currency:
		return problem{fmt.Sprintf("%s moves %s in %q; the books are kept in %q",
			fact.Key, fact.Money.Minor.Decimal(), fact.Money.Currency, d.Currency)}
	case fact.Agreed != nil && *fact.Agreed != agreed:
		return problem{fmt.Sprintf("%s says %s %s, agreed were %s %s",
			fact.Key, fact.Agreed.Minor.Decimal(), fact.Agreed.Currency, agreed.Minor.Decimal(), agreed.Currency)}
	case fact.Reference != "" && fact.Reference != d.Token:
		return problem{fmt.Sprintf("%s refers to another gift than its metadata names", fact.Key)}
	case fact.Kind == Charged && fact.Money.Minor <= 0:
		return problem{fmt.Sprintf("%s captured %s", fact.Key, fact.Money.Minor.Decimal())}
	case fact.Kind == Charged && hasCharge(facts):
		return problem{fmt.Sprintf("%s is a second charge of one gift", fact.Key)}
	}
	return nil
}

// giftOf finds the gift that a fact is about and locks it until the
// transaction ends. It returns errForeign, errUnknownGift or a problem.
func (s *Store) giftOf(tx *gorm.DB, fact Fact) (Donation, error) {
	ref := fact.Gift
	switch {
	case ref.Campaign == s.slug && !ValidToken(ref.Token):
		return Donation{}, problem{fact.Key + " names this campaign but carries no token of ours"}
	case ref.Campaign == s.slug:
		d, err := lockDonation(tx, "token = ?", ref.Token)
		if errors.Is(err, ErrNotFound) {
			return s.fromMetadata(tx, fact)
		}
		return d, err
	case ref.Campaign != "":
		return Donation{}, errForeign
	case ref.PaymentIntent != "":
		d, err := lockDonation(tx, "id = (SELECT donation_id FROM facts WHERE payment_intent = ? LIMIT 1)", ref.PaymentIntent)
		if !errors.Is(err, ErrNotFound) {
			return d, err
		}
	}
	if ref.Final {
		return Donation{}, errForeign
	}
	return Donation{}, errUnknownGift
}

func lockDonation(tx *gorm.DB, query string, args ...any) (Donation, error) {
	var d Donation
	err := forUpdate(tx).Where(query, args...).Take(&d).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Donation{}, ErrNotFound
	}
	if err != nil {
		return Donation{}, fmt.Errorf("find the gift: %w", err)
	}
	return d, nil
}
