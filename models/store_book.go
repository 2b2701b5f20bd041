package models

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
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

// bookReading books all that a reading says.
func (s *Store) bookReading(tx *gorm.DB, r Reading) (booked, error) {
	if r.Empty() {
		return booked{state: r.State, problem: r.Problem}, nil
	}
	all, err := s.book(tx, r.Facts)
	if err != nil {
		return booked{}, err
	}
	if r.Subscription != nil {
		one, err := s.keepSubscription(tx, *r.Subscription)
		if err != nil {
			return booked{}, err
		}
		all.add(one)
	}
	if r.Renewal != nil {
		one, err := s.keepFailedRenewal(tx, *r.Renewal)
		if err != nil {
			return booked{}, err
		}
		all.add(one)
	}
	if r.Payout != nil {
		one, err := s.bookPayout(tx, *r.Payout)
		if err != nil {
			return booked{}, err
		}
		all.add(one)
	}
	// Of one whose payment is not known yet all is read again.
	if r.Dispute != nil && (all.state == EventBooked || all.state == EventAttention) {
		if err := keepDispute(tx, *r.Dispute); err != nil {
			return booked{}, err
		}
	}
	if r.More != "" && all.state != EventForeign {
		all.state, all.problem = EventWaiting, r.More
	}
	return all, nil
}

// book books facts inside the caller's transaction. What one fact lacks does
// not keep the others from being booked.
func (s *Store) book(tx *gorm.DB, facts []Fact) (booked, error) {
	var all booked
	var expecting []Fact
	for _, fact := range withUndoing(facts) {
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
			return awaited(fact, facts), s.tellOfGift(tx, donation, facts, fact)
		}
	}
	fact.Gift.Charge = chargeOf(fact, facts)
	if err := elsewhere(tx, fact.Key); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	} else if err != nil {
		return booked{}, err
	}
	if err := disagreement(donation, fact); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	}
	if why := lacks(fact, facts); why != "" {
		return booked{state: EventWaiting, problem: why, waitsFor: fact.Gift.ids()}, nil
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

// record writes one new fact of a gift, its posting, and all that follows from
// it, and returns the gift's facts with it.
func (s *Store) record(tx *gorm.DB, d Donation, facts []storedFact, fact Fact) ([]storedFact, error) {
	row, p, err := s.toBook(tx, d, fact)
	if err != nil {
		return nil, err
	}
	if err := tx.Create(&row).Error; err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if fact.Kind.MovesMoney() {
		if err := s.write(tx, p); err != nil {
			return nil, err
		}
	}
	if err := s.changeDays(tx, d, facts, row); err != nil {
		return nil, err
	}
	facts = append(facts, row)
	if err := s.receiptDue(tx, row); err != nil {
		return nil, err
	}
	if err := s.refold(tx, d, facts); err != nil {
		return nil, err
	}
	if err := s.fulfilWish(tx, d, facts); err != nil {
		return nil, err
	}
	if err := s.tellOfGift(tx, d, facts, fact); err != nil {
		return nil, err
	}
	if fact.EmailRank == SessionEmail {
		return facts, s.shareDonor(tx, d)
	}
	return facts, nil
}

// toBook makes of a fact what is kept of it: its row and, where it moves money,
// its posting, neither in a day that is closed.
func (s *Store) toBook(tx *gorm.DB, d Donation, fact Fact) (row storedFact, p Posting, err error) {
	row = storedFact{
		Key: fact.Key, DonationID: d.ID, Kind: fact.Kind, Amount: fact.Money.Minor, Currency: fact.Money.Currency,
		At: fact.At.UTC(), Object: fact.Object, Charge: fact.Gift.Charge, Email: FoldEmail(fact.Email), EmailRank: fact.EmailRank,
		Name: strings.TrimSpace(fact.Name), Method: fact.Method, Last4: fact.Last4, Evidence: fact.Evidence, RecordedAt: s.Now(),
	}
	if !fact.Kind.MovesMoney() {
		return row, Posting{}, nil
	}
	p = post(fact, d.ID, s.Now())
	if err := leaveClosedDays(tx, &p); err != nil {
		return storedFact{}, Posting{}, err
	}
	if p.Late() {
		row.BookedAt = &p.At
	}
	return row, p, nil
}

// write appends postings to the journal. It is the only place that does.
func (s *Store) write(tx *gorm.DB, all ...Posting) error {
	var sides []Line
	for _, p := range all {
		if err := p.Balanced(); err != nil {
			return err
		}
		sides = append(sides, p.Lines...)
	}
	if err := createAll(tx, "the postings", all); err != nil {
		return err
	}
	return createAll(tx, "the postings' lines", sides)
}

// createAll inserts rows, as many at once as both databases take.
func createAll[Row any](tx *gorm.DB, what string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := tx.CreateInBatches(&rows, 250).Error; err != nil {
		return fmt.Errorf("keep %s: %w", what, err)
	}
	return nil
}

func factsOf(tx *gorm.DB, donationID string) ([]storedFact, error) {
	var facts []storedFact
	if err := tx.Where("donation_id = ?", donationID).Order("key").Find(&facts).Error; err != nil {
		return nil, fmt.Errorf("read the gift's facts: %w", err)
	}
	return facts, nil
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
