package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// The last stage of a sync: the journal and Stripe's account, held against each
// other one by one and in all.

// compare names every difference between the journal and Stripe's account.
func (y *syncing) compare(ctx context.Context) error {
	if err := y.reopen(ctx); err != nil {
		return err
	}
	// Before the balance is read: what this settles has moved it.
	if err := y.askUnproven(ctx); err != nil {
		return err
	}
	found, err := y.compareBalance(ctx)
	if err != nil {
		return err
	}
	y.report.Findings, err = y.store.NameDifferences(ctx, y.run.StartedAt, found)
	return err
}

// reopen looks anew at balance transactions that the journal had, and of which
// it now holds another amount.
func (y *syncing) reopen(ctx context.Context) error {
	differences, err := y.store.Differences(ctx)
	if err != nil || len(differences) == 0 {
		return err
	}
	ids := make([]string, 0, len(differences))
	for _, d := range differences {
		ids = append(ids, d.ID)
	}
	if err := y.store.Reopen(ctx, ids); err != nil {
		return err
	}
	return y.suspended(ctx)
}

// balance reads Stripe's balance at a moment when all its movements are in the
// books; nil if more keep coming.
func (y *syncing) balance(ctx context.Context) (*money.Minor, error) {
	since := y.run.StartedAt.Add(-overlap)
	before, err := y.newest(ctx, since, false)
	for range 5 {
		if err != nil {
			return nil, err
		}
		balance, err := y.follow.stripe.Balance(ctx, y.store.Currency())
		if err != nil {
			return nil, err
		}
		after, err := y.newest(ctx, since, false)
		if err != nil {
			return nil, err
		}
		if after == before {
			return &balance, nil
		}
		before = after
	}
	return nil, nil
}

// compareBalance holds the journal against Stripe's balance. What Stripe has and
// has not moved its balance for yet is on its way, and listed; what it does not
// have is a finding, and so is any rest that nothing found explains.
func (y *syncing) compareBalance(ctx context.Context) ([]models.Finding, error) {
	if err := y.readBalance(ctx); err != nil {
		return nil, err
	}
	known, err := y.knownRest(ctx)
	if err != nil {
		return nil, err
	}
	books, rest, err := y.rest(ctx)
	if err != nil {
		return nil, err
	}
	if rest != 0 && (known == nil || known.Amount != rest) {
		// A movement was not listed when it should have been, or the books lost
		// it: all are read once more. More may have come meanwhile.
		if _, err := y.newest(ctx, y.run.BooksFrom, false); err != nil {
			return nil, err
		}
		if err := y.readBalance(ctx); err != nil {
			return nil, err
		}
		if books, rest, err = y.rest(ctx); err != nil {
			return nil, err
		}
	}
	var found []models.Finding
	y.report.Books = books.Sum
	for _, u := range books.Unproven {
		switch {
		case u.OnItsWay():
			y.report.OnItsWay = append(y.report.OnItsWay, u)
		case u.Missing != "":
			found = append(found, models.Finding{
				Kind: models.FoundPhantom, Object: u.Key, Amount: -u.Amount, Currency: y.store.Currency(),
				Detail: fmt.Sprintf("the journal has %s of %s, and %s", u.Kind, u.Amount.Decimal(), u.Missing),
			})
		}
	}
	switch balance := y.report.Balance; {
	case balance == nil && known != nil:
		found = append(found, *known) // it could not be looked at again
	case rest != 0:
		found = append(found, models.Finding{
			Kind: models.FoundBalance, Object: "balance", Amount: rest, Currency: y.store.Currency(),
			Detail: fmt.Sprintf("Stripe holds %s; the journal, but for what is on its way and what else was found, has %s",
				balance.Decimal(), (*balance - rest).Decimal()),
		})
	}
	return found, nil
}

// readBalance reads Stripe's balance. The first time, what it is more than all
// its movements is what the account held before the books start.
func (y *syncing) readBalance(ctx context.Context) error {
	balance, err := y.balance(ctx)
	y.report.Balance = balance
	if err != nil || balance == nil || y.run.Opened {
		return err
	}
	moved, err := y.store.MovementsSum(ctx)
	if err != nil {
		return err
	}
	_, err = y.store.OpenBalance(ctx, *balance-moved, y.run.BooksFrom)
	y.run.Opened = err == nil
	return err
}

// rest is by how much Stripe holds more than the journal, but for postings that
// no balance transaction proves and for balance transactions of which the
// journal holds another amount: each of those is named by itself. It is 0 while
// Stripe's balance is not known.
func (y *syncing) rest(ctx context.Context) (models.JournalBalance, money.Minor, error) {
	books, err := y.store.JournalBalance(ctx)
	if err != nil || y.report.Balance == nil {
		return books, 0, err
	}
	rest := *y.report.Balance - books.Proved()
	if rest == 0 {
		return books, 0, nil
	}
	differences, err := y.store.Differences(ctx)
	for _, d := range differences {
		rest -= d.Net - d.Held
	}
	return books, rest, err
}

// knownRest is what an earlier sync found the balance to differ by, nil if it
// agreed.
func (y *syncing) knownRest(ctx context.Context) (*models.Finding, error) {
	open, err := y.store.OpenFindings(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(open, func(f models.Finding) bool { return f.Kind == models.FoundBalance })
	if at < 0 {
		return nil, nil
	}
	return &open[at], nil
}

// settlesWithin is how long Stripe may take to make a payment's balance
// transaction before its absence means something.
const settlesWithin = time.Hour

// mostAsked bounds how many postings without a balance transaction one sync
// asks after; the next asks after the others.
const mostAsked = 500

// askUnproven asks Stripe about the postings that no balance transaction bears
// out, and keeps what it says of each.
func (y *syncing) askUnproven(ctx context.Context) error {
	rows, err := y.store.UnprovenToAsk(ctx, y.run.StartedAt.Add(-settlesWithin), mostAsked)
	if err != nil {
		return err
	}
	for _, u := range rows {
		missing, err := y.askAfter(ctx, u)
		if err != nil {
			return err
		}
		if err := y.store.KeepAnswer(ctx, u.Key, missing); err != nil {
			return err
		}
	}
	return nil
}

// proof says where an object names the balance transaction of a movement, and
// in which states it has moved the balance or will.
type proof struct {
	undone bool // in failure_balance_transaction, where what is undone names it
	states []string
}

var proofs = map[models.FactKind]proof{
	models.Charged:      {false, []string{"succeeded"}},
	models.ChargeUndone: {true, []string{"failed"}},
	models.RefundMade:   {false, []string{"succeeded", "pending", "requires_action"}},
	models.RefundUndone: {true, []string{"failed", "canceled"}},
	models.PaidOut:      {false, []string{"pending", "in_transit", "paid"}},
	models.PayoutUndone: {true, []string{"failed", "canceled"}},
}

// askAfter looks for what bears a posting out, and says why it does not; "" if
// it does, or still can.
func (y *syncing) askAfter(ctx context.Context, u models.Unproven) (string, error) {
	id, _, _ := strings.Cut(u.Key, ":")
	proof, ofObject := proofs[u.Kind]
	if ofObject {
		transaction, missing, err := y.namedBy(ctx, id, proof)
		if transaction == "" {
			return missing, err
		}
		id = transaction
	}
	var t transaction
	err := y.follow.fetch(ctx, stripeapi.BalanceTransactions, "balance_transaction", id, &t)
	if errors.Is(err, stripeapi.ErrMissing) {
		return "Stripe does not know the balance transaction " + id, nil
	}
	if err != nil {
		return "", err
	}
	moved := readTransaction(t)
	switch {
	case ofObject && moved.Moves() != u.Key:
		return "its balance transaction " + id + " is of something else", nil
	case moved.CreatedAt.Before(y.run.BooksFrom) && y.run.Opened:
		return "Stripe moved it before the books start: it is in the opening balance", nil
	}
	return "", y.settle(ctx, []models.BalanceTransaction{moved})
}

// namedBy is the balance transaction that an object names as proof. Where there
// is none, it says why there never will be; "" if it may still come.
func (y *syncing) namedBy(ctx context.Context, object string, p proof) (transaction, missing string, err error) {
	prefix, _, _ := strings.Cut(object, "_")
	kind, known := prefixes[prefix]
	if !known {
		return "", "Stripe has no such object", nil
	}
	raw, err := y.follow.stripe.Fetch(ctx, kind, object)
	if errors.Is(err, stripeapi.ErrMissing) {
		return "", "Stripe does not know it", nil
	}
	if err != nil {
		return "", "", err
	}
	var o struct {
		Status    string        `json:"status"`
		Moved     ref[struct{}] `json:"balance_transaction"`
		MovedBack ref[struct{}] `json:"failure_balance_transaction"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return "", "", errNotThat
	}
	if p.undone {
		o.Moved = o.MovedBack
	}
	if o.Moved.ID == "" && !slices.Contains(p.states, o.Status) {
		missing = "Stripe says that it is " + o.Status
	}
	return o.Moved.ID, missing, nil
}
