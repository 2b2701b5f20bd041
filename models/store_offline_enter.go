package models

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// entry is an offline gift that is about to be kept, with the one fact there is
// of it and what that comes to.
type entry struct {
	gift     NewOfflineGift
	donation Donation
	fact     Fact
	stored   storedFact
	posting  Posting
	figures  figures
}

// enter keeps gifts and books them, however many, in a few statements: what
// record does with one more fact of a gift that there is, for gifts that are
// new and have one.
func (s *Store) enter(tx *gorm.DB, gifts ...NewOfflineGift) ([]Donation, error) {
	erased, err := s.whoIsGone(tx)
	if err != nil {
		return nil, err
	}
	all := make([]entry, 0, len(gifts))
	for _, g := range gifts {
		one, err := s.entry(tx, erased, g)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	donors, err := s.giveDonors(tx, all)
	if err != nil {
		return nil, err
	}
	change, onDays := progressChange{Donors: donors}, days{}
	var made []Donation
	for i := range all {
		e := &all[i]
		more := e.figures.change(e.donation)
		change.Gross, change.Offline, change.Gifts = change.Gross+more.Gross, change.Offline+more.Offline, change.Gifts+more.Gifts
		e.donation.hold(e.figures)
		made = append(made, e.donation)
		onDays.join(daysOf(e.donation, []storedFact{e.stored}, s.zone.Load()))
	}
	if err := s.keepEntries(tx, all, made); err != nil {
		return nil, err
	}
	if err := appendDays(tx, onDays); err != nil {
		return nil, err
	}
	if err := s.change(tx, change); err != nil {
		return nil, err
	}
	for _, e := range all {
		if err := s.tellOfGift(tx, e.donation, []storedFact{e.stored}, e.fact); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// entry makes of what a person says a gift with its fact.
func (s *Store) entry(tx *gorm.DB, erased gone, g NewOfflineGift) (entry, error) {
	d, err := s.newDonation(Choices{Frequency: Once, Amount: g.Amount, Tribute: NoTribute}, s.Now())
	if err != nil {
		return entry{}, err
	}
	d.Token, d.CheckoutState = "", CheckoutOpen // it has no page of the donor's, and none to be made
	fact := d.offline(OfflineGiven, g.receivedAt(s.Now()), "entered by "+g.EnteredBy)
	fact.Name, fact.Email, fact.Address, fact.EmailRank, fact.Method = g.DonorName, g.DonorEmail, g.DonorAddress, BillingEmail, string(g.Method)
	who, err := erased.theirs(tx, d, fact)
	if err != nil {
		return entry{}, err
	}
	if who.ID != "" { // it is older than the erasure
		d.DonorID, fact, g = &who.ID, fact.forget(), g.forget()
	}
	stored, posting, err := s.toBook(tx, d, fact)
	if err != nil {
		return entry{}, err
	}
	return entry{g, d, fact, stored, posting, fold(d.AmountCharged, person{}, []storedFact{stored})}, nil
}

// keepEntries writes down gifts, what was entered of them, their facts with
// their postings, that their receipts are due, and who did it.
func (s *Store) keepEntries(tx *gorm.DB, all []entry, made []Donation) error {
	var kept []OfflineGift
	var facts []storedFact
	var postings []Posting
	var due []dueReceipt
	var acts []AuditEntry
	now := s.Now()
	for _, e := range all {
		kept = append(kept, e.kept(now))
		facts, postings = append(facts, e.stored), append(postings, e.posting)
		due = append(due, dueReceipt{e.donation.ID, now, now})
		acts = append(acts, AuditEntry{
			Who: Actor(e.gift.EnteredBy), Act: OfflineEntered, Object: e.donation.ID,
			After: fmt.Sprintf("%s, %s, received %s", e.gift.Amount, e.gift.Method, e.gift.ReceivedOn.Format(time.DateOnly)),
		})
	}
	if err := createAll(tx, "the gifts", made); err != nil {
		return err
	}
	if err := createAll(tx, "what was entered", kept); err != nil {
		return err
	}
	if err := createAll(tx, "the facts", facts); err != nil {
		return err
	}
	if err := s.write(tx, postings...); err != nil {
		return err
	}
	if err := createAll(tx, "that receipts are due", due); err != nil {
		return err
	}
	return s.audit(tx, acts...)
}

// kept is what is kept of an offline gift beside its Donation.
func (e entry) kept(now time.Time) OfflineGift {
	g := e.gift
	kept := OfflineGift{
		DonationID: e.donation.ID, Method: g.Method, ReceivedOn: g.ReceivedOn, DatedOn: g.DatedOn,
		DonorName: g.DonorName, DonorEmail: g.DonorEmail, DonorAddress: g.DonorAddress, Reference: g.Reference, Note: g.Note,
		EnteredBy: g.EnteredBy, EnteredAt: now,
	}
	if g.FormKey != "" {
		kept.FormKey = &g.FormKey
	}
	return kept
}

// giveDonors finds or makes the donors of gifts that are about to be kept,
// counts these gifts as theirs, and returns by how much the number of donors
// grows. A gift without an e-mail is a donor of its own.
func (s *Store) giveDonors(tx *gorm.DB, all []entry) (grown int64, err error) {
	given := map[string]int64{}  // how many, by e-mail
	ofGone := map[string]int64{} // and by the id of who was erased
	var fresh []Donor
	for i := range all {
		if id := all[i].donation.DonorID; id != nil {
			ofGone[*id]++
			continue
		}
		if email := all[i].figures.email; email != "" {
			given[email]++
			continue
		}
		id, err := s.ids.sortable("donor_", s.Now())
		if err != nil {
			return 0, err
		}
		fresh = append(fresh, Donor{ID: id, Gifts: 1, CreatedAt: s.Now()})
		all[i].donation.DonorID = &id
	}
	if err := createAll(tx, "the donors", fresh); err != nil {
		return 0, err
	}
	known, err := s.donorsOf(tx, slices.Sorted(maps.Keys(given)))
	if err != nil {
		return 0, err
	}
	byGifts := map[int64][]string{}
	for email, id := range known {
		byGifts[given[email]] = append(byGifts[given[email]], id)
	}
	for id, gifts := range ofGone {
		byGifts[gifts] = append(byGifts[gifts], id)
	}
	for i := range all {
		if id, is := known[all[i].figures.email]; is {
			all[i].donation.DonorID = &id
		}
	}
	grown = int64(len(fresh))
	for _, gifts := range slices.Sorted(maps.Keys(byGifts)) {
		var counts []int64
		if err := tx.Raw("UPDATE donors SET gifts = gifts + ? WHERE id IN ? RETURNING gifts", gifts, byGifts[gifts]).Scan(&counts).Error; err != nil {
			return 0, fmt.Errorf("count the donors' gifts: %w", err)
		}
		for _, now := range counts {
			if now == gifts {
				grown++
			}
		}
	}
	return grown, nil
}

// donorsOf are the ids of the donors with these e-mails, by e-mail. Who is new
// is made.
func (s *Store) donorsOf(tx *gorm.DB, emails []string) (map[string]string, error) {
	if len(emails) == 0 {
		return nil, nil
	}
	rows := make([]Donor, 0, len(emails))
	for i := range emails {
		id, err := s.ids.sortable("donor_", s.Now())
		if err != nil {
			return nil, err
		}
		rows = append(rows, Donor{ID: id, Email: &emails[i], CreatedAt: s.Now()})
	}
	if err := createAll(tx.Clauses(clause.OnConflict{DoNothing: true}), "the donors", rows); err != nil {
		return nil, err
	}
	var found []Donor
	if err := tx.Where("email IN ?", emails).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("find the donors: %w", err)
	}
	known := make(map[string]string, len(found))
	for _, d := range found {
		known[*d.Email] = d.ID
	}
	return known, nil
}
