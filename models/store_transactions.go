package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// Settled says what became of balance transactions.
type Settled struct {
	// Open are those whose movement the journal lacks, and that nobody has
	// looked at yet; nothing is kept of them.
	Open []BalanceTransaction
	// Posted are the keys that were posted for them.
	Posted []string
	// Mended are those of which the books' copy was lost or was not what Stripe says.
	Mended []string
}

// SettleTransactions holds balance transactions against the journal, in one
// transaction: the fee of a gift's movement is booked beside it, what is no
// gift of this campaign goes to other activity.
func (s *Store) SettleTransactions(ctx context.Context, page []BalanceTransaction) (Settled, error) {
	return s.settleTransactions(ctx, page, false)
}

// SuspendTransactions does the same after the sources were looked at, and puts
// what is still not explained into suspense, so that the balance is right all the same.
func (s *Store) SuspendTransactions(ctx context.Context, page []BalanceTransaction) (Settled, error) {
	return s.settleTransactions(ctx, page, true)
}

func (s *Store) settleTransactions(ctx context.Context, page []BalanceTransaction, suspend bool) (Settled, error) {
	if err := s.mustBeOpen(); err != nil {
		return Settled{}, err
	}
	if len(page) == 0 {
		return Settled{}, nil
	}
	var settled Settled
	err := s.tx(ctx, func(tx *gorm.DB) error {
		settled = Settled{}
		books, err := readHeld(tx, page)
		if err != nil {
			return err
		}
		for _, t := range page {
			done, err := s.settleTransaction(tx, books, t, suspend)
			if err != nil {
				return fmt.Errorf("%s: %w", t.ID, err)
			}
			if !done {
				settled.Open = append(settled.Open, t)
			}
		}
		settled.Posted, settled.Mended = books.posted, books.mended
		crash.Here(crash.TransactionsBooked)
		return nil
	})
	if err != nil {
		return Settled{}, fmt.Errorf("models: settle balance transactions: %w", err)
	}
	crash.Here(crash.TransactionsKept)
	s.commits.Add(1)
	return settled, nil
}

// held is what the books have of a page of balance transactions.
type held struct {
	rows     map[string]BalanceTransaction // by id, as they were settled before
	postings map[string]heldPosting        // by key
	owners   map[string]string             // which transaction a movement's posting is of
	posted   []string                      // the keys that settling posted
	mended   []string                      // the transactions whose rows settling set right
}

// heldPosting is a posting as far as it moved the Stripe balance.
type heldPosting struct {
	Key        string
	Kind       FactKind
	DonationID *string
	Amount     money.Minor
	Currency   money.Currency
	Memo       string
}

// holds keeps that settling posted something.
func (b *held) holds(key string, amount money.Minor) {
	b.postings[key] = heldPosting{Key: key, Amount: amount}
	b.posted = append(b.posted, key)
}

// rest is what the postings of a balance transaction do not explain of it. What
// went to other activity before its gift was known is taken out there again.
func (b *held) rest(t BalanceTransaction) money.Minor {
	rest := t.Net - b.postings[t.ID+":fee"].Amount
	if t.OwnsMovement {
		rest -= b.postings[t.Movement].Amount
	}
	if t.Treatment != TreatedAsGift {
		rest -= b.postings[t.ID+":other"].Amount
	}
	return rest
}

// wasRead reports whether the journal shows that a balance transaction was read
// before, though the books have no row of it.
func (b *held) wasRead(t BalanceTransaction) bool {
	for _, kind := range []FactKind{OtherMoved, Suspended, Explained} {
		if _, posted := b.postings[t.ID+":"+string(kind)]; posted {
			return true
		}
	}
	return b.postings[t.ID+":fee"].Memo == t.ID
}

func readHeld(tx *gorm.DB, page []BalanceTransaction) (*held, error) {
	books := &held{rows: map[string]BalanceTransaction{}, postings: map[string]heldPosting{}, owners: map[string]string{}}
	var ids, keys, movements []string
	for _, t := range page {
		ids = append(ids, t.ID)
		keys = append(keys, t.ID+":fee", t.ID+":other", t.ID+":suspense", t.ID+":explained")
		if m := t.Moves(); m != "" {
			keys, movements = append(keys, m), append(movements, m)
		}
	}
	var rows []BalanceTransaction
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the transactions: %w", err)
	}
	for _, r := range rows {
		books.rows[r.ID] = r
	}
	var owners []BalanceTransaction
	if err := tx.Where("movement IN ? AND owns_movement", movements).Find(&owners).Error; err != nil {
		return nil, fmt.Errorf("read whose the movements are: %w", err)
	}
	for _, r := range owners {
		books.owners[r.Movement] = r.ID
	}
	var postings []heldPosting
	err := tx.Raw(`SELECT p.key, p.kind, p.donation_id, l.amount, l.currency, p.memo FROM postings p
		JOIN posting_lines l ON l.posting = p.key AND l.account = 'stripe:balance' WHERE p.key IN ?`, keys).Scan(&postings).Error
	if err != nil {
		return nil, fmt.Errorf("read the postings: %w", err)
	}
	for _, p := range postings {
		books.postings[p.Key] = p
	}
	return books, nil
}

// settleTransaction gives one balance transaction its place, and reports
// whether it has one.
func (s *Store) settleTransaction(tx *gorm.DB, books *held, t BalanceTransaction, suspend bool) (bool, error) {
	known, seen := books.rows[t.ID]
	if t.Currency != s.currency {
		return true, s.otherCurrency(tx, books, t)
	}
	t.Movement, t.PayoutID = t.Moves(), known.PayoutID
	t.CreatedAt, t.ReadAt = t.CreatedAt.UTC(), s.Now()
	looked := t.LookAt != nil
	if !looked {
		t.LookAt = known.LookAt
	}
	if !seen && books.wasRead(t) || seen && !t.sameAs(known) {
		books.mended = append(books.mended, t.ID)
	}
	posting, posted := books.postings[t.Movement]
	owner, owned := books.owners[t.Movement]
	t.OwnsMovement = posted && (!owned || owner == t.ID)
	switch {
	case t.OwnsMovement && posting.DonationID != nil:
		t.Treatment = TreatedAsGift
		if err := s.bookFee(tx, books, t, *posting.DonationID); err != nil {
			return false, err
		}
	case t.OwnsMovement:
		t.Treatment = TreatedAsPayout
		if err := s.postTransaction(tx, books, OtherMoved, t, -t.Fee); err != nil {
			return false, err
		}
	case t.Movement == "" || t.Foreign || known.Treatment == TreatedAsOther:
		t.Treatment = TreatedAsOther
		if err := s.postTransaction(tx, books, OtherMoved, t, t.Net); err != nil {
			return false, err
		}
	case !suspend && known.Treatment != InSuspense:
		return false, nil
	}
	rest := books.rest(t)
	if err := s.suspend(tx, books, t, rest); err != nil {
		return false, err
	}
	if rest != 0 {
		t.Treatment = InSuspense
	}
	if t.OwnsMovement {
		books.owners[t.Movement] = t.ID
	}
	switch {
	case !seen:
		if err := insertOnce(tx, &t).Error; err != nil {
			return false, fmt.Errorf("keep it: %w", err)
		}
	case known.Treatment != t.Treatment || known.OwnsMovement != t.OwnsMovement || looked || !t.sameAs(known):
		err := tx.Model(&BalanceTransaction{ID: t.ID}).Updates(map[string]any{
			"treatment": t.Treatment, "owns_movement": t.OwnsMovement, "category": t.Category, "source": t.Source, "movement": t.Movement,
			"amount": t.Amount, "fee": t.Fee, "net": t.Net, "currency": t.Currency, "created_at": t.CreatedAt, "look_at": t.LookAt,
		}).Error
		if err != nil {
			return false, fmt.Errorf("change it: %w", err)
		}
	}
	return true, nil
}

// bookFee books what Stripe kept of a gift's movement, once.
func (s *Store) bookFee(tx *gorm.DB, books *held, t BalanceTransaction, donationID string) error {
	key := t.ID + ":fee"
	if _, booked := books.postings[key]; booked || t.Fee == 0 {
		return nil
	}
	gift, err := takeGift(tx, donationID)
	if err != nil || gift.has(key) {
		return err
	}
	err = s.record(tx, gift, Fact{
		Key: key, Kind: FeeKept, Object: t.Source, Money: money.Money{Minor: t.Fee, Currency: t.Currency}, At: t.CreatedAt, Evidence: t.ID,
	})
	if err != nil {
		return err
	}
	books.holds(key, -t.Fee)
	_, err = s.putDown(tx, gift)
	return err
}

// postTransaction posts a balance transaction, or its part, that is no gift's.
func (s *Store) postTransaction(tx *gorm.DB, books *held, kind FactKind, t BalanceTransaction, amount money.Minor) error {
	key := t.ID + ":" + string(kind)
	if _, posted := books.postings[key]; posted || amount == 0 {
		return nil
	}
	_, err := s.writeOnce(tx, move(kind, key, money.Money{Minor: amount, Currency: t.Currency}, t.CreatedAt, s.Now()), "")
	books.holds(key, amount)
	return err
}

// suspend keeps what is not explained in suspense: nothing, once all is
// explained. What was put there, or to other activity, before a gift's posting
// came to explain it is taken out again by its mirror.
func (s *Store) suspend(tx *gorm.DB, books *held, t BalanceTransaction, rest money.Minor) error {
	was, suspended := books.postings[t.ID+":suspense"]
	if rest != 0 && !suspended {
		return s.postTransaction(tx, books, Suspended, t, rest)
	}
	wrong := t.ID + ":suspense"
	if other, posted := books.postings[t.ID+":other"]; posted && t.Treatment == TreatedAsGift {
		wrong, was, suspended = other.Key, other, true
	}
	if _, explained := books.postings[t.ID+":explained"]; explained || !suspended || rest == was.Amount {
		return nil
	}
	var p Posting
	if err := tx.Where("key = ?", wrong).Take(&p).Error; err != nil {
		return fmt.Errorf("find %s: %w", wrong, err)
	}
	if err := tx.Where("posting = ?", wrong).Order("number").Find(&p.Lines).Error; err != nil {
		return fmt.Errorf("find the lines of %s: %w", wrong, err)
	}
	_, err := s.writeOnce(tx, mirror(p, Explained, t.ID+":explained", t.CreatedAt, s.Now()), "")
	return err
}

// otherCurrency keeps a gift's movement that Stripe counts in another currency
// than the books do, for staff. What is not ours is no concern of theirs.
func (s *Store) otherCurrency(tx *gorm.DB, books *held, t BalanceTransaction) error {
	t.Movement = t.Moves()
	if posting, posted := books.postings[t.Movement]; !posted || posting.DonationID == nil {
		return nil
	}
	t.Treatment, t.ReadAt = InOtherCurrency, s.Now()
	if err := insertOnce(tx, &t).Error; err != nil {
		return fmt.Errorf("keep it: %w", err)
	}
	return nil
}

// SuspendedTransactions returns the balance transactions that are not
// explained yet, up to most of them, by id, after the given one.
func (s *Store) SuspendedTransactions(ctx context.Context, after string, most int) ([]BalanceTransaction, error) {
	var rows []BalanceTransaction
	err := s.db.WithContext(ctx).Where("id > ? AND treatment = ?", after, InSuspense).Order("id").Limit(most).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("models: list what is in suspense: %w", err)
	}
	return rows, nil
}

// Reopen makes settled balance transactions be settled anew: the journal no
// longer holds what it did of them.
func (s *Store) Reopen(ctx context.Context, ids []string) error {
	for page := range slices.Chunk(ids, 500) {
		err := s.tx(ctx, func(tx *gorm.DB) error {
			return tx.Model(&BalanceTransaction{}).Where("id IN ?", page).
				Updates(map[string]any{"treatment": InSuspense, "owns_movement": false, "look_at": nil}).Error
		})
		if err != nil {
			return fmt.Errorf("models: reopen balance transactions: %w", err)
		}
	}
	return nil
}

// OldestUnsettledCharge is the time of the oldest payment of the last day whose
// balance transaction is not known: Stripe may make it later than the charge.
// ok is false if there is none.
func (s *Store) OldestUnsettledCharge(ctx context.Context) (at time.Time, ok bool, err error) {
	var oldest []Posting
	err = s.db.WithContext(ctx).Raw(`SELECT p.at FROM postings p WHERE p.kind = 'charge' AND p.at > ?
		AND NOT EXISTS (SELECT 1 FROM balance_transactions t WHERE t.movement = p.key) ORDER BY p.at LIMIT 1`,
		s.Now().AddDate(0, 0, -1)).Scan(&oldest).Error
	if err != nil {
		return time.Time{}, false, fmt.Errorf("models: find the oldest payment without its transaction: %w", err)
	}
	if len(oldest) == 0 {
		return time.Time{}, false, nil
	}
	return oldest[0].At, true, nil
}
