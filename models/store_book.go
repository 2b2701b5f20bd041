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
	// Before any row is locked: see lockOut.
	g, err := s.whoIsGone(tx)
	if err != nil {
		return booked{}, err
	}
	all, err := s.book(tx, g, asMarked(r.Facts))
	if err != nil {
		return booked{}, err
	}
	if r.Subscription != nil {
		one, err := s.keepSubscription(tx, g, *r.Subscription)
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
func (s *Store) book(tx *gorm.DB, g gone, facts []Fact) (booked, error) {
	var all booked
	gifts := s.noGifts(tx, g, facts)
	var expecting []Fact
	for _, fact := range withUndoing(facts) {
		if !s.addresses {
			fact.Address = ""
		}
		one, err := s.bookOne(tx, gifts, fact)
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
		gift, err := gifts.of(fact)
		if err != nil {
			return booked{}, fmt.Errorf("fact %s: %w", fact.Key, err)
		}
		all.add(awaited(fact, gift.facts))
	}
	woke, err := gifts.putDown()
	all.woke = all.woke || woke
	return all, err
}

var gravity = map[EventState]int{EventNoEffect: 0, EventForeign: 1, EventBooked: 2, EventWaiting: 3, EventAttention: 4}

func (s *Store) bookOne(tx *gorm.DB, gifts *giftsInHand, fact Fact) (booked, error) {
	// A gift that is made anew brings no words of whoever was erased.
	if who, err := gifts.gone.theirs(tx, Donation{}, fact); err != nil {
		return booked{}, err
	} else if who.ID != "" {
		fact.Gift.Choices.Comment, fact.Gift.Choices.TributeName = "", ""
	}
	gift, err := gifts.of(fact)
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
	if fact, err = s.leaveToErased(tx, gifts.gone, gift, fact); err != nil {
		return booked{}, err
	}
	if gift.has(fact.Key) {
		gift.hear(fact)
		return awaited(fact, gift.facts), nil
	}
	fact.Gift.Charge = chargeOf(fact, gift.facts)
	if err := gifts.elsewhere(fact.Key); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	}
	if err := disagreement(gift.Donation, fact); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	}
	if why := lacks(fact, gift.facts); why != "" {
		return booked{state: EventWaiting, problem: why, waitsFor: fact.Gift.ids()}, nil
	}
	if err := s.name(tx, gift, fact); errors.As(err, &wrong) {
		return booked{state: EventAttention, problem: wrong.text}, nil
	} else if err != nil {
		return booked{}, err
	}
	began := gift.SubscriptionID
	if err := fillIn(tx, &gift.Donation, fact.Gift); err != nil {
		return booked{}, err
	}
	gift.named = gift.named || gift.SubscriptionID != began
	if err := s.record(tx, gift, fact); err != nil {
		return booked{}, err
	}
	one := awaited(fact, gift.facts)
	one.news = []string{fact.Key}
	return one, nil
}

// record writes one new fact of a gift, and its posting. What follows from it is
// written when the gift is put down.
func (s *Store) record(tx *gorm.DB, gift *giftInHand, fact Fact) error {
	row, p, err := s.toBook(tx, gift.Donation, fact)
	if err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if fact.Kind.MovesMoney() {
		if err := s.write(tx, p); err != nil {
			return err
		}
	}
	gift.facts = append(gift.facts, row)
	gift.hear(fact)
	return nil
}

// toBook makes of a fact what is kept of it: its row and, where it moves money,
// its posting, neither in a day that is closed.
func (s *Store) toBook(tx *gorm.DB, d Donation, fact Fact) (row storedFact, p Posting, err error) {
	row = storedFact{
		Key: fact.Key, DonationID: d.ID, Kind: fact.Kind, Amount: fact.Money.Minor, Currency: fact.Money.Currency,
		At: fact.At.UTC(), Object: fact.Object, Charge: fact.Gift.Charge, Email: FoldEmail(fact.Email), EmailRank: fact.EmailRank,
		Name: strings.TrimSpace(fact.Name), Address: strings.TrimSpace(fact.Address), Method: fact.Method, Last4: fact.Last4, Evidence: fact.Evidence, RecordedAt: s.Now(),
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
