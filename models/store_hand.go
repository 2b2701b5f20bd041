package models

import (
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// giftInHand is a gift of which a transaction books facts: locked and read once.
// Each fact is written as it is recorded. What follows from all of them, the
// gift's state, its donor, the figures of days and the public ones, is a function of
// their set, and is written once, when the gift is put down.
type giftInHand struct {
	Donation              // as it was taken, with what was filled in since
	facts    []storedFact // all there are, the new ones last
	stood    int          // how many of them are not new
	heard    []heardFact
	names    map[string]bool // those of Stripe's ids that are known to be its own
	wakes    []string        // ids for which events may wait
	named    bool            // it has got a name of Stripe's that it had not
}

// heardFact is a fact that was booked or known already, and how many of the gift's
// facts there were with it.
type heardFact struct {
	Fact
	known int
}

func (g *giftInHand) has(key string) bool {
	return slices.ContainsFunc(g.facts, func(f storedFact) bool { return f.Key == key })
}

// fresh are its new facts.
func (g *giftInHand) fresh() []storedFact { return g.facts[g.stood:] }

// hear notes a fact for what it gives to tell.
func (g *giftInHand) hear(fact Fact) { g.heard = append(g.heard, heardFact{fact, len(g.facts)}) }

// forget leaves the gift to a donor who was erased: without the person, as its rows
// are from then on.
func (g *giftInHand) forget(donorID string) {
	g.DonorID, g.DonorName, g.DonorAddress, g.Comment, g.TributeName = &donorID, "", "", "", ""
	for i := range g.facts {
		g.facts[i].Email, g.facts[i].Name, g.facts[i].Address, g.facts[i].Last4 = "", "", "", ""
	}
}

// takeGift locks a gift and reads its facts.
func takeGift(tx *gorm.DB, donationID string) (*giftInHand, error) {
	d, err := lockDonation(tx, "id = ?", donationID)
	if err != nil {
		return nil, err
	}
	facts, err := factsOf(tx, d.ID)
	if err != nil {
		return nil, err
	}
	return inHand(d, facts), nil
}

func inHand(d Donation, facts []storedFact) *giftInHand {
	return &giftInHand{Donation: d, facts: facts, stood: len(facts), names: map[string]bool{}}
}

// putDown writes what follows from a gift's new facts, queues what there is to
// tell, and reports whether an event that waited for it is due now.
func (s *Store) putDown(tx *gorm.DB, g *giftInHand) (woke bool, err error) {
	if fresh := g.fresh(); len(fresh) > 0 {
		if err := s.changeDays(tx, g.Donation, g.facts[:g.stood], g.facts); err != nil {
			return false, err
		}
		if err := s.receiptDue(tx, fresh); err != nil {
			return false, err
		}
		if err := s.refold(tx, g.Donation, g.facts); err != nil {
			return false, err
		}
		if err := s.fulfilWish(tx, g.Donation, g.facts); err != nil {
			return false, err
		}
	}
	for _, h := range g.heard {
		if err := s.tellOfGift(tx, g.Donation, g.facts[:h.known], h.Fact); err != nil {
			return false, err
		}
	}
	if len(g.wakes) == 0 {
		return false, nil
	}
	slices.Sort(g.wakes)
	return s.wakeWaiting(tx, slices.Compact(g.wakes))
}

// giftsInHand are the gifts of which one booking has facts.
type giftsInHand struct {
	store  *Store
	tx     *gorm.DB
	gone   gone
	keys   []string // of the facts that are to be booked
	taken  []*giftInHand
	byRef  map[GiftRef]*giftInHand
	others map[string]string // of these keys, those that stand under a gift that is not in hand, and which
}

func (s *Store) noGifts(tx *gorm.DB, erased gone, facts []Fact) *giftsInHand {
	g := &giftsInHand{store: s, tx: tx, gone: erased, byRef: map[GiftRef]*giftInHand{}, others: map[string]string{}}
	for _, f := range facts {
		g.keys = append(g.keys, f.Key)
	}
	return g
}

// of is the gift that a fact is about. It returns errForeign, errUnknownGift or
// a problem.
func (g *giftsInHand) of(fact Fact) (*giftInHand, error) {
	if gift, ok := g.byRef[fact.Gift]; ok {
		return gift, nil
	}
	d, err := g.store.giftOf(g.tx, fact)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(g.taken, func(taken *giftInHand) bool { return taken.ID == d.ID })
	if at < 0 {
		gift, err := g.take(d)
		if err != nil {
			return nil, err
		}
		at, g.taken = len(g.taken), append(g.taken, gift)
	}
	g.byRef[fact.Gift] = g.taken[at]
	return g.taken[at], nil
}

// take reads the facts of a gift that is locked, and which of those to be booked
// stand elsewhere.
func (g *giftsInHand) take(d Donation) (*giftInHand, error) {
	var rows, own []storedFact
	if err := g.tx.Where("donation_id = ? OR key IN ?", d.ID, g.keys).Order("key").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the gift's facts: %w", err)
	}
	for _, f := range rows {
		if f.DonationID == d.ID {
			own = append(own, f)
		} else {
			g.others[f.Key] = f.DonationID
		}
	}
	return inHand(d, own), nil
}

// elsewhere returns a problem if a fact that its gift has not stands under
// another: then its metadata was changed at Stripe, and a person must say whose
// it is.
func (g *giftsInHand) elsewhere(key string) error {
	other, stands := g.others[key]
	for _, gift := range g.taken {
		if gift.has(key) {
			other, stands = gift.ID, true
		}
	}
	if !stands {
		return nil
	}
	return problem{key + " is booked already, for the gift " + other}
}

// putDown writes what follows for all of them, and reports whether an event that
// waited for one is due now.
func (g *giftsInHand) putDown() (woke bool, err error) {
	for _, gift := range g.taken {
		one, err := g.store.putDown(g.tx, gift)
		if err != nil {
			return false, fmt.Errorf("gift %s: %w", gift.ID, err)
		}
		woke = woke || one
		if g.gone.key != nil && gift.named && gift.DonorID != nil {
			// Payloads of before, and Stripe, know the erased by this name too.
			if err := g.store.eraseOnwards(g.tx, *gift.DonorID); err != nil {
				return false, err
			}
		}
	}
	for _, gift := range g.taken {
		if !slices.ContainsFunc(gift.fresh(), func(f storedFact) bool { return f.EmailRank == SessionEmail }) {
			continue
		}
		if err := g.store.shareDonor(g.tx, gift.Donation); err != nil {
			return false, err
		}
	}
	return woke, nil
}
