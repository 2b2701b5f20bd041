package models

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"
)

// erasureKey is the key with which addresses are hashed.
type erasureKey struct {
	ID  int `gorm:"primaryKey"`
	Key string
}

func (erasureKey) TableName() string { return "erasure_key" }

// erasedAddress is by what somebody who was erased is known again.
type erasedAddress struct {
	Hash      string `gorm:"primaryKey"`
	ErasureID string `gorm:"primaryKey"`
}

// gone are those who were erased, as whoever writes down something of a person
// must know them.
type gone struct{ key []byte } // no key: nobody was

// whoIsGone reads who was erased. Whoever writes down something of a person asks
// first of all, before any row is locked: that orders it with Erase.
func (s *Store) whoIsGone(tx *gorm.DB) (gone, error) {
	var kept []string
	if err := tx.Model(&erasureKey{}).Pluck("key", &kept).Error; err != nil {
		return gone{}, fmt.Errorf("read who was erased: %w", err)
	}
	if len(kept) == 0 {
		return gone{}, nil
	}
	key, err := hex.DecodeString(kept[0])
	if err != nil {
		return gone{}, fmt.Errorf("read who was erased: %w", err)
	}
	return gone{key}, nil
}

// hash is that of an address.
func (g gone) hash(address string) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(FoldEmail(address))) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// speaksOf reports whether what one of Stripe's payloads told, or tells, is about a
// gift of somebody who was erased, or holds an address of theirs and is older than
// the erasure: who gives again afterwards is another donor. An object that was
// fetched may be of any age.
func (g gone) speaksOf(tx *gorm.DB, e Event, raw []byte) (bool, error) {
	if g.key == nil {
		return false, nil
	}
	at := e.Created.UTC()
	if e.Type == ObjectRead {
		at = time.Time{}
	}
	ids, addresses := said(raw)
	hashes := make([]string, 0, len(addresses))
	for _, a := range addresses {
		hashes = append(hashes, g.hash(a))
	}
	for len(ids)+len(hashes) > 0 { // no database takes any number of values
		few, some := min(len(ids), mostAsked), min(len(hashes), mostAsked)
		known, err := speaks(tx, ids[:few], hashes[:some], at)
		if err != nil || known {
			return known, err
		}
		ids, hashes = ids[few:], hashes[some:]
	}
	return false, nil
}

// mostAsked is how many names are asked for at once.
const mostAsked = 500

// speaks reports whether one of these ids is of a gift of somebody who was erased,
// or one of these hashes that of an address of theirs, for what is of a moment
// before the erasure.
func speaks(tx *gorm.DB, ids, hashes []string, at time.Time) (bool, error) {
	const erased = " JOIN donors o ON o.id = d.donor_id WHERE o.erased_at IS NOT NULL AND "
	var n int64
	err := tx.Raw(`SELECT COUNT(*) FROM (
		SELECT 1 AS one FROM erased_addresses a JOIN erasures e ON e.id = a.erasure_id WHERE a.hash IN @hashes AND e.asked_at >= @at
		UNION ALL SELECT 1 FROM gift_ids g JOIN donations d ON d.id = g.donation_id`+erased+`g.id IN @ids
		UNION ALL SELECT 1 FROM facts f JOIN donations d ON d.id = f.donation_id`+erased+`f.object IN @ids
		UNION ALL SELECT 1 FROM donations d`+erased+`d.token IN @ids
		UNION ALL SELECT 1 FROM donations d`+erased+`d.session_id IN @ids
		UNION ALL SELECT 1 FROM donations d`+erased+`d.invoice_id IN @ids
		UNION ALL SELECT 1 FROM donations d`+erased+`d.subscription_id IN @ids
		UNION ALL SELECT 1 FROM subscriptions s JOIN donations d ON d.subscription_id = s.id`+erased+`s.customer IN @ids) AS found`,
		map[string]any{"hashes": hashes, "ids": ids, "at": at}).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("see whether it is of somebody who was erased: %w", err)
	}
	return n > 0, nil
}

// said are the ids and the e-mail addresses that stand in a JSON text, each
// once: of the texts that are values, those that look like one.
func said(raw []byte) (ids, addresses []string) {
	seen := map[string]bool{}
	add := func(to *[]string, text string) {
		if !seen[text] {
			seen[text] = true
			*to = append(*to, text)
		}
	}
	for text := range texts(raw) {
		if strings.Contains(text, "@") {
			for _, address := range anAddress.FindAllString(text, -1) {
				add(&addresses, FoldEmail(address))
			}
		}
		if len(text) >= 4 && len(text) <= 255 && (anID.MatchString(text) || ValidToken(text)) {
			add(&ids, text)
		}
	}
	return ids, addresses
}

// anAddress is generous: what is none has no hash that is known.
var anAddress = regexp.MustCompile(`[^\s@"'<>(),;:\\]+@[^\s@"'<>(),;:\\]*[^\s@"'<>(),;:\\.]`)

// texts are the texts in a JSON text that are values, keys aside.
func texts(raw []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			begin := bytes.IndexByte(raw, '"')
			if begin < 0 {
				return
			}
			raw = raw[begin+1:]
			end, escaped := 0, false
			for ; end < len(raw) && raw[end] != '"'; end++ {
				if raw[end] == '\\' {
					escaped = true
					end++
				}
			}
			text := string(raw[:min(end, len(raw))])
			raw = raw[min(end+1, len(raw)):]
			if bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte(":")) {
				continue
			}
			if escaped {
				var plain string
				if json.Unmarshal([]byte(`"`+text+`"`), &plain) == nil {
					text = plain
				}
			}
			if !yield(text) {
				return
			}
		}
	}
}

// heir is the donor who was erased and whose a fact is.
type heir struct {
	ID        string // "" if it is nobody's who was
	ByAddress bool   // nothing but the address in the fact says so
}

// theirs finds whose a fact is, of those who were erased. It is theirs if the
// gift is, if they began the subscription that it is a payment of, or if it comes
// with their address and is older than the erasure: who gives again afterwards is
// another donor. Of somebody who was erased twice, a mark says which of the two.
func (g gone) theirs(tx *gorm.DB, d Donation, fact Fact) (heir, error) {
	if g.key == nil {
		return heir{}, nil
	}
	subscription, hash := derefOr(d.SubscriptionID), ""
	if subscription == "" {
		subscription = fact.Gift.Subscription
	}
	if fact.Email != "" {
		hash = g.hash(fact.Email)
	}
	mark := fact.Gift.Erased.UTC()
	var found []heir
	err := tx.Raw(`SELECT id, by_address FROM (
		SELECT 1 AS place, id, FALSE AS by_address FROM donors WHERE id = @donor AND erased_at IS NOT NULL
		UNION ALL SELECT 2, o.id, FALSE FROM donations d JOIN donors o ON o.id = d.donor_id
			WHERE d.subscription_id = @subscription AND NOT d.renewal AND o.erased_at IS NOT NULL
		UNION ALL SELECT 3, e.donor_id, TRUE FROM erasures e JOIN erased_addresses a ON a.erasure_id = e.id
			WHERE a.hash = @hash AND e.asked_at > @at AND (@unmarked OR e.asked_at >= @mark AND e.asked_at < @after)) AS found ORDER BY place, id LIMIT 1`,
		map[string]any{
			"donor": derefOr(d.DonorID), "subscription": subscription, "hash": hash, "at": fact.At.UTC(),
			"unmarked": mark.IsZero(), "mark": mark, "after": mark.Add(time.Second), // a mark at Stripe is of a second
		}).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return heir{}, err
	}
	return found[0], nil
}

// forget takes the person out of a fact.
func (f Fact) forget() Fact {
	f.Email, f.Name, f.Address, f.Last4 = "", "", "", ""
	f.Gift.Choices.Comment, f.Gift.Choices.TributeName = "", ""
	return f
}

// leaveToGone gives a gift to the donor who was erased and whose a fact of it
// is, and returns the fact without the person. What came with the gift
// before is forgotten too.
func (s *Store) leaveToGone(tx *gorm.DB, g gone, gift *giftInHand, fact Fact) (Fact, error) {
	who, err := g.theirs(tx, gift.Donation, fact)
	if err != nil || who.ID == "" {
		return fact, err
	}
	if who.ByAddress {
		others, err := strongerAddress(tx, gift.Donation, fact)
		if err != nil || others {
			fact.Email, fact.Name, fact.Address = "", "", ""
			return fact, err
		}
	}
	fact = fact.forget()
	if derefOr(gift.DonorID) == who.ID {
		return fact, nil
	}
	if err := s.moveCount(tx, gift.Donation, who.ID); err != nil {
		return fact, err
	}
	gift.forget(who.ID)
	if err := s.moveRenewals(tx, gift.Donation, fact, who.ID); err != nil {
		return fact, err
	}
	if err := tx.Model(&Donation{ID: gift.ID}).Update("donor_id", who.ID).Error; err != nil {
		return fact, fmt.Errorf("give the gift to who was erased: %w", err)
	}
	if err := s.emptyRows(tx, who.ID, nil); err != nil {
		return fact, err
	}
	return fact, s.eraseOnwards(tx, who.ID)
}

// moveRenewals gives the later payments of a subscription to the donor who began
// it and was erased.
func (s *Store) moveRenewals(tx *gorm.DB, first Donation, fact Fact, heir string) error {
	subscription := derefOr(first.SubscriptionID)
	if subscription == "" {
		subscription = fact.Gift.Subscription
	}
	if first.Renewal || subscription == "" {
		return nil
	}
	var renewals []Donation
	err := forUpdate(tx).Where("subscription_id = ? AND renewal AND (donor_id IS NULL OR donor_id <> ?)", subscription, heir).Order("id").Find(&renewals).Error
	if err != nil {
		return fmt.Errorf("find the renewals: %w", err)
	}
	for _, d := range renewals {
		before := derefOr(d.DonorID)
		if _, err := s.move(tx, d, heir); err != nil {
			return err
		}
		if before == "" {
			continue
		}
		if err := s.emptyOrphan(tx, before); err != nil {
			return err
		}
	}
	return nil
}

// strongerAddress reports whether a gift has an address from a place that counts
// as much as a fact's, or more: it is somebody else's.
func strongerAddress(tx *gorm.DB, d Donation, fact Fact) (bool, error) {
	var n int64
	err := tx.Model(&storedFact{}).Where("donation_id = ? AND email <> '' AND email_rank >= ? AND key <> ?", d.ID, fact.EmailRank, fact.Key).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("see whose gift it is: %w", err)
	}
	return n > 0, nil
}

// moveCount counts a gift as another donor's, if it counts.
func (s *Store) moveCount(tx *gorm.DB, d Donation, donorID string) error {
	if !d.Counted {
		return nil
	}
	less, err := s.countGift(tx, *d.DonorID, -1)
	if err != nil {
		return err
	}
	more, err := s.countGift(tx, donorID, 1)
	if err != nil {
		return err
	}
	return s.change(tx, progressChange{Donors: less + more})
}

// eraseOnwards has raw events and Stripe looked at again: something of a donor
// who was erased has turned up. Whoever is at it has lost their claim.
func (s *Store) eraseOnwards(tx *gorm.DB, donorID string) error {
	err := tx.Model(&Erasure{}).Where("donor_id = ?", donorID).Updates(map[string]any{
		"state": ErasureQueued, "events_after": "", "events_at": nil, "stripe_at": nil, "next_try_at": s.Now(), "failing_since": nil,
		"claims": gorm.Expr("claims + 1"), "attempts": 0,
	}).Error
	if err != nil {
		return fmt.Errorf("go on with the erasure: %w", err)
	}
	return nil
}

// began is the donor who began a subscription, if they were erased; "" else.
func (g gone) began(tx *gorm.DB, sub Subscription) (string, error) {
	if g.key == nil {
		return "", nil
	}
	var donor string
	err := tx.Raw(`SELECT COALESCE(MIN(o.id), '') FROM donations d JOIN donors o ON o.id = d.donor_id
		WHERE (d.token = ? OR d.subscription_id = ?) AND o.erased_at IS NOT NULL`, sub.Token, sub.ID).Scan(&donor).Error
	if err != nil {
		return "", fmt.Errorf("see who began the subscription: %w", err)
	}
	return donor, nil
}
