package models

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/money"
)

// booked says what became of facts.
type booked struct {
	// state is that of the event that brought them: EventBooked if all of them
	// stand in the books (whether by this call or before), else the worst of
	// EventAttention, EventWaiting and EventForeign.
	state EventState
	// problem is for staff: why the facts wait, or need a person.
	problem string
	// waitsFor are the ids that would tell whose they are.
	waitsFor []string
	// news are the keys that were not in the books before.
	news []string
	// woke reports whether an event that waited for this is due now.
	woke bool
}

// add joins what became of one fact, or of one other thing the same event says.
func (b *booked) add(one booked) {
	if b.state == "" || gravity[one.state] > gravity[b.state] {
		b.state, b.problem = one.state, one.problem
	}
	b.waitsFor = append(b.waitsFor, one.waitsFor...)
	b.news = append(b.news, one.news...)
	b.woke = b.woke || one.woke
}

// problem is a fact that contradicts the books or itself: nothing is posted,
// and a person must look.
type problem struct{ text string }

func (p problem) Error() string { return p.text }

// errUnknownGift says that no gift in the books is the fact's, and that the
// fact does not say enough to make one.
var errUnknownGift = errors.New("its gift is not known yet")

// Why an event waits for another that will normally come by itself.
const (
	awaitsCharge  = "its charge has not come yet"
	awaitsInvoice = "its invoice has not come yet"
	awaitsRefunds = "more would go back than was captured; the charge's other refunds are to be read"
)

// errForeign says that a fact is not of this campaign.
var errForeign = errors.New("not of this campaign")

// book books facts inside the caller's transaction. What one fact lacks does
// not keep the others from being booked.
func (s *Store) book(tx *gorm.DB, facts []Fact) (booked, error) {
	var all booked
	var expecting []Fact
	for _, fact := range facts {
		one, err := s.bookOne(tx, fact)
		if err != nil {
			return booked{}, fmt.Errorf("fact %s: %w", fact.Key, err)
		}
		if fact.ExpectsCharge && one.problem == awaitsCharge {
			expecting = append(expecting, fact)
			one.state, one.problem, one.waitsFor = EventBooked, "", nil
		}
		all.add(one)
	}
	// The charge may stand among the later facts.
	for _, fact := range expecting {
		one, err := s.bookOne(tx, fact)
		if err != nil {
			return booked{}, fmt.Errorf("fact %s: %w", fact.Key, err)
		}
		all.add(one)
	}
	return all, nil
}

var gravity = map[EventState]int{EventNoEffect: 0, EventForeign: 1, EventBooked: 2, EventWaiting: 3, EventAttention: 4}

func (s *Store) bookOne(tx *gorm.DB, fact Fact) (booked, error) {
	donation, err := s.giftOf(tx, fact)
	var wrong problem
	switch {
	case errors.Is(err, errForeign):
		return booked{state: EventForeign}, nil
	case errors.Is(err, errUnknownGift):
		why := errUnknownGift.Error()
		if fact.Gift.Invoice != "" {
			why = awaitsInvoice
		}
		return booked{state: EventWaiting, problem: why, waitsFor: fact.Gift.ids()}, nil
	case errors.As(err, &wrong):
		return booked{state: EventAttention, problem: wrong.text}, nil
	case err != nil:
		return booked{}, err
	}
	facts, err := factsOf(tx, donation.ID)
	if err != nil {
		return booked{}, err
	}
	for _, f := range facts {
		if f.Key == fact.Key {
			return awaited(fact, facts), nil
		}
	}
	if err := elsewhere(tx, fact.Key); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	} else if err != nil {
		return booked{}, err
	}
	switch err := disagreement(donation, facts, fact); {
	case errors.As(err, &wrong):
		return booked{state: EventAttention, problem: wrong.text}, nil
	case fact.Kind.follows() && !hasCharge(facts):
		return booked{state: EventWaiting, problem: awaitsCharge, waitsFor: fact.Gift.ids()}, nil
	case fact.Kind == RefundMade && refundsExceed(facts, fact.Money.Minor):
		return booked{state: EventWaiting, problem: awaitsRefunds}, nil
	}
	woke, err := s.name(tx, donation, fact)
	if errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	}
	if err != nil {
		return booked{}, err
	}
	if err := fillIn(tx, &donation, fact.Gift); err != nil {
		return booked{}, err
	}
	if facts, err = s.record(tx, donation, facts, fact); err != nil {
		return booked{}, err
	}
	one := awaited(fact, facts)
	one.news, one.woke = []string{fact.Key}, woke
	return one, nil
}

// awaited is what became of a fact that is recorded: an event that says "paid"
// stays open until the charge is booked.
func awaited(fact Fact, facts []storedFact) booked {
	if fact.ExpectsCharge && !hasCharge(facts) {
		return booked{state: EventWaiting, problem: awaitsCharge, waitsFor: fact.Gift.ids()}
	}
	return booked{state: EventBooked}
}

// refundsExceed reports whether a further refund would give back more than was
// captured. Another of the charge's refunds has failed, then, and the books do
// not know it yet.
func refundsExceed(facts []storedFact, more money.Minor) bool {
	var captured, refunded money.Minor
	for _, f := range facts {
		switch f.Kind {
		case Charged:
			captured += f.Amount
		case ChargeUndone:
			captured -= f.Amount
		case RefundMade:
			refunded += f.Amount
		case RefundUndone:
			refunded -= f.Amount
		default:
		}
	}
	return refunded+more > captured
}

// name keeps the ids that Stripe knows a gift by, and makes due at once what
// waited for one of them. It returns a problem if one is another gift's.
func (s *Store) name(tx *gorm.DB, d Donation, fact Fact) (woke bool, err error) {
	ids := fact.Gift.ids()
	if len(ids) == 0 {
		return false, nil
	}
	var known []giftID
	if err := tx.Where("id IN ?", ids).Find(&known).Error; err != nil {
		return false, fmt.Errorf("read the gift's ids: %w", err)
	}
	has := map[string]bool{}
	for _, k := range known {
		if k.DonationID != d.ID {
			return false, problem{fmt.Sprintf("%s names %s, which belongs to the gift %s", fact.Key, k.ID, k.DonationID)}
		}
		has[k.ID] = true
	}
	var fresh []giftID
	for _, id := range ids {
		if !has[id] {
			fresh = append(fresh, giftID{id, d.ID})
		}
	}
	if len(fresh) > 0 {
		if err := tx.Create(&fresh).Error; err != nil {
			return false, fmt.Errorf("keep the gift's ids: %w", err)
		}
	}
	if len(fresh) > 0 || fact.Kind == Charged {
		return s.wakeWaiting(tx, ids)
	}
	return false, nil
}

// giftID is a name that Stripe has for a gift.
type giftID struct {
	ID         string `gorm:"primaryKey"`
	DonationID string
}

func (giftID) TableName() string { return "gift_ids" }

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
		At: fact.At.UTC(), Object: fact.Object, Email: FoldEmail(fact.Email), EmailRank: fact.EmailRank,
		Method: fact.Method, Last4: fact.Last4, Evidence: fact.Evidence, RecordedAt: s.Now(),
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
	if err := s.refold(tx, d, facts); err != nil {
		return nil, err
	}
	if err := s.fulfilWish(tx, d, facts); err != nil {
		return nil, err
	}
	if fact.EmailRank == SessionEmail {
		return facts, s.shareEmail(tx, d)
	}
	return facts, nil
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
	began, err := subscriptionEmail(tx, d)
	if err != nil {
		return err
	}
	f := fold(d.AmountCharged, began, facts)
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
		"status": f.status, "received_at": f.receivedAt, "refunded_at": f.refundedAt, "captured": f.captured, "refunded": f.refunded,
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

// hasStandingCharge reports whether a payment of the gift was received and not
// taken back by the bank: after that Stripe may try anew, with another charge.
func hasStandingCharge(facts []storedFact) bool {
	return slices.ContainsFunc(facts, func(f storedFact) bool { return f.Kind == Charged && !cameBack(facts, f.Object) })
}

// cameBack reports whether a charge is known to have failed. Its failure is
// told before the money that it moved to and fro.
func cameBack(facts []storedFact, charge string) bool {
	return slices.ContainsFunc(facts, func(f storedFact) bool {
		return f.Object == charge && (f.Kind == PaymentFailed || f.Kind == ChargeUndone)
	})
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
	case fact.Kind == Charged && !cameBack(facts, fact.Object) && hasStandingCharge(facts):
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
	case ref.Campaign == s.slug && ref.Renewal:
		return s.renewal(tx, fact)
	case ref.Campaign == s.slug:
		d, err := lockDonation(tx, "token = ?", ref.Token)
		if errors.Is(err, ErrNotFound) {
			return s.fromMetadata(tx, fact)
		}
		return d, err
	case ref.Campaign != "":
		return Donation{}, errForeign
	}
	if ids := ref.ids(); len(ids) > 0 {
		d, err := lockDonation(tx, "id = (SELECT MIN(donation_id) FROM gift_ids WHERE id IN ?)", ids)
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
