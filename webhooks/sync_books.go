package webhooks

import (
	"cmp"
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

// The stages of a sync that hold the books against Stripe's own account.

// Fees reads the balance transactions of what was booked since the last sync:
// what Stripe keeps stands in no event. Nothing is asked while none is missing.
func (s *Syncer) Fees(ctx context.Context) error {
	oldest, missing, err := s.store.OldestUnsettledCharge(ctx)
	if err != nil || !missing {
		return err
	}
	if err := s.hold(ctx); err != nil {
		return err
	}
	defer s.release(ctx)
	y := &syncing{Syncer: s, progress: func(string, int) {}, report: &Report{}, foreign: map[string]bool{}}
	_, err = y.newest(ctx, oldest, true)
	return err
}

// transactions reads Stripe's account from where the sync reads back, or from
// the oldest payment whose transaction is not known yet.
func (y *syncing) transactions(ctx context.Context) error {
	since := y.run.Since
	oldest, missing, err := y.store.OldestUnsettledCharge(ctx)
	if err != nil {
		return err
	}
	if missing && oldest.Before(since) {
		since = oldest
	}
	return y.list(ctx, stripeapi.Listing{Kind: stripeapi.BalanceTransactions, Since: since}, func(items []json.RawMessage) error {
		page, err := readTransactions(items)
		if err != nil {
			return err
		}
		return y.settle(ctx, page)
	})
}

func readTransactions(items []json.RawMessage) ([]models.BalanceTransaction, error) {
	page := make([]models.BalanceTransaction, 0, len(items))
	for _, raw := range items {
		var t transaction
		if !decodes(raw, "balance_transaction", &t) {
			return nil, errNotThat
		}
		page = append(page, readTransaction(t))
	}
	return page, nil
}

// settle gives balance transactions their place in the books. Of what the
// journal lacks, the source is looked at first: a gift's is booked now.
func (y *syncing) settle(ctx context.Context, page []models.BalanceTransaction) error {
	settled, err := y.store.SettleTransactions(ctx, page)
	if err != nil {
		return err
	}
	y.mended(settled)
	if len(settled.Open) == 0 {
		return nil
	}
	for i := range settled.Open {
		if settled.Open[i].Foreign, err = y.lookAtSource(ctx, settled.Open[i]); err != nil {
			return err
		}
	}
	settled, err = y.store.SuspendTransactions(ctx, settled.Open)
	y.mended(settled)
	return err
}

// mended notes which rows of the books' copy of Stripe's account were lost or wrong.
func (y *syncing) mended(settled models.Settled) {
	for _, id := range settled.Mended {
		y.log.Warn("the books' copy of a balance transaction was not what Stripe says", "transaction", id)
	}
	y.report.Mended = append(y.report.Mended, settled.Mended...)
}

// lookAtSource books what moved a balance transaction, and reports whether it
// is none of ours. One that Stripe does not know is not explained by that.
func (y *syncing) lookAtSource(ctx context.Context, t models.BalanceTransaction) (foreign bool, err error) {
	if y.foreign[t.Source] {
		return true, nil
	}
	raw, reading, err := y.follow.byID(ctx, t.Source, "")
	switch {
	case errors.Is(err, stripeapi.ErrMissing), errors.Is(err, errNotThat):
		return false, nil
	case err != nil:
		return false, err
	case reading.Empty():
		return false, nil
	}
	// Of several facts, a refund's charge with it, one that is ours decides.
	learned, err := y.learnOne(ctx, models.Object{ID: t.Source, Raw: raw, Reading: reading})
	return learned.State == models.EventForeign, err
}

// suspended looks again at the source of what could not be explained before.
func (y *syncing) suspended(ctx context.Context) error {
	for after := ""; ; {
		page, err := y.store.SuspendedTransactions(ctx, after, atOnceRead)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			if page[i].OwnsMovement {
				continue // the amount differs: nothing that Stripe says will change it
			}
			if page[i].Foreign, err = y.lookAtSource(ctx, page[i]); err != nil {
				return err
			}
		}
		settled, err := y.store.SuspendTransactions(ctx, page)
		if err != nil {
			return err
		}
		y.mended(settled)
		y.report.Booked = append(y.report.Booked, explanations(settled)...)
		after = page[len(page)-1].ID
	}
}

// explanations are the keys under which settling posted what was missing.
func explanations(settled models.Settled) []string {
	return slices.DeleteFunc(settled.Posted, func(key string) bool { return strings.HasSuffix(key, ":suspense") })
}

// newest settles the balance transactions since a moment, and returns the id of
// the newest. hasty: it stops at a page that is known already, and leaves what
// may be missing before it to the next sync.
func (y *syncing) newest(ctx context.Context, since time.Time, hasty bool) (string, error) {
	newest := ""
	l := stripeapi.Listing{Kind: stripeapi.BalanceTransactions, Since: since}
	for {
		page, err := y.follow.stripe.List(ctx, l)
		if err != nil {
			return "", err
		}
		read, err := readTransactions(page.Items)
		if err != nil {
			return "", err
		}
		known, err := y.store.KnownTransactions(ctx, read)
		if err != nil {
			return "", err
		}
		if err := y.settle(ctx, read); err != nil {
			return "", err
		}
		if newest == "" && len(read) > 0 {
			newest = read[0].ID
		}
		if page.Last == "" || hasty && len(known) == len(read) {
			return newest, nil
		}
		if err := y.hold(ctx); err != nil {
			return "", err
		}
		l.After = page.Last
	}
}

// members opens the payouts whose members Stripe can list: each line of
// Stripe's account that went out with it, which must add up to it.
func (y *syncing) members(ctx context.Context) error {
	for after := ""; ; {
		payouts, err := y.store.PayoutsToOpen(ctx, after, atOnceRead)
		if err != nil || len(payouts) == 0 {
			return err
		}
		for _, p := range payouts {
			if err := y.openPayout(ctx, p); err != nil {
				return err
			}
		}
		after = payouts[len(payouts)-1].ID
	}
}

func (y *syncing) openPayout(ctx context.Context, p models.Payout) error {
	var members []models.BalanceTransaction
	l := stripeapi.Listing{Kind: stripeapi.BalanceTransactions, Filter: map[string]string{"payout": p.ID}}
	for {
		page, err := y.follow.stripe.List(ctx, l)
		if errors.Is(err, stripeapi.ErrRefused) || errors.Is(err, stripeapi.ErrMissing) {
			y.log.Warn("Stripe does not list the members of a payout", "payout", p.ID, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		read, err := readTransactions(page.Items)
		if err != nil {
			return err
		}
		members = append(members, read...)
		y.read += len(read)
		y.progress(y.run.Stage, y.read)
		if page.Last == "" {
			break
		}
		l.After = page.Last
	}
	if err := y.hold(ctx); err != nil {
		return err
	}
	if len(members) == 0 {
		return nil // not listed yet
	}
	before, strangers, err := y.strangers(ctx, p, members)
	if err != nil {
		return err
	}
	return y.store.ReadMembers(ctx, p, members, before, strangers)
}

// strangers names the members that the books do not know from Stripe's own
// account. One that Stripe has after all is settled; what those come to that are
// older than the books is part of the opening balance.
func (y *syncing) strangers(ctx context.Context, p models.Payout, members []models.BalanceTransaction) (before money.Minor, strangers []string, err error) {
	known, err := y.store.KnownTransactions(ctx, members)
	if err != nil {
		return 0, nil, err
	}
	for _, t := range members {
		owner, read := known[t.ID]
		switch {
		case !read && t.CreatedAt.Before(y.run.BooksFrom):
			if t.Source != p.ID { // its own line is no part of what it comes to
				before += t.Net
			}
		case !read:
			var found transaction
			err := y.follow.fetch(ctx, stripeapi.BalanceTransactions, "balance_transaction", t.ID, &found)
			if errors.Is(err, stripeapi.ErrMissing) {
				strangers = append(strangers, fmt.Sprintf("%s (%s, net %s) stands in it and not in Stripe's account", t.ID, cmp.Or(t.Source, t.Category), t.Net.Decimal()))
				continue
			}
			if err != nil {
				return 0, nil, err
			}
			if err := y.settle(ctx, []models.BalanceTransaction{readTransaction(found)}); err != nil {
				return 0, nil, err
			}
		case owner != "" && owner != p.ID:
			strangers = append(strangers, fmt.Sprintf("%s (%s, net %s) went out with %s already", t.ID, cmp.Or(t.Source, t.Category), t.Net.Decimal(), owner))
		}
	}
	return before, strangers, nil
}

// compare names every difference between the journal and Stripe's account.
func (y *syncing) compare(ctx context.Context) error {
	if err := y.reopen(ctx); err != nil {
		return err
	}
	// Before the balance is read: what this settles has moved it.
	found, err := y.unproven(ctx)
	if err != nil {
		return err
	}
	off, err := y.compareBalance(ctx)
	if err != nil {
		return err
	}
	totals, err := y.store.Totals(ctx)
	if err != nil {
		return err
	}
	y.report.Books = totals.StripeBalance
	y.report.Findings, err = y.store.NameDifferences(ctx, y.run.StartedAt, append(found, off...))
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

// compareBalance holds the sum of all movements against Stripe's balance. The
// first time, what is over is what the account held before the books start.
func (y *syncing) compareBalance(ctx context.Context) ([]models.Finding, error) {
	over, err := y.over(ctx)
	if err != nil || y.report.Balance == nil {
		return nil, err
	}
	if !y.run.Opened {
		if opened, err := y.store.OpenBalance(ctx, over, y.run.BooksFrom); err != nil || opened {
			return nil, err
		}
	}
	if over == 0 {
		return nil, nil
	}
	open, err := y.store.OpenFindings(ctx)
	if err != nil {
		return nil, err
	}
	known := slices.ContainsFunc(open, func(f models.Finding) bool { return f.Kind == models.FoundBalance && f.Amount == over })
	if !known {
		// A movement was not listed when it should have been, or the books lost
		// it: all are read once more. More may have come meanwhile.
		if _, err := y.newest(ctx, y.run.BooksFrom, false); err != nil {
			return nil, err
		}
		if over, err = y.over(ctx); err != nil || y.report.Balance == nil || over == 0 {
			return nil, err
		}
	}
	balance := *y.report.Balance
	return []models.Finding{{
		Kind: models.FoundBalance, Object: "balance", Amount: over, Currency: y.store.Currency(),
		Detail: fmt.Sprintf("Stripe holds %s; its movements since %s and the opening balance come to %s",
			balance.Decimal(), y.run.BooksFrom.Format(time.DateOnly), (balance - over).Decimal()),
	}}, nil
}

// over is by how much Stripe holds more than all its movements that are known
// and the opening balance come to.
func (y *syncing) over(ctx context.Context) (money.Minor, error) {
	balance, err := y.balance(ctx)
	y.report.Balance = balance
	if err != nil || balance == nil {
		return 0, err
	}
	moved, opening, err := y.store.MovementsSum(ctx)
	return *balance - moved - opening, err
}

// settlesWithin is how long Stripe may take to make a payment's balance
// transaction before its absence means something.
const settlesWithin = time.Hour

// mostAsked bounds how many postings without a balance transaction one sync
// asks after.
const mostAsked = 500

// unproven asks after each posting that no balance transaction bears out, and
// names those that Stripe does not bear out either. What was named before is
// not asked after again.
func (y *syncing) unproven(ctx context.Context) ([]models.Finding, error) {
	open, err := y.store.OpenFindings(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]models.Finding{}
	for _, f := range open {
		if f.Kind == models.FoundPhantom {
			known[f.Object] = f
		}
	}
	var found []models.Finding
	asked := 0
	for after := ""; asked < mostAsked; {
		rows, err := y.store.UnprovenPostings(ctx, y.run.BooksFrom, y.run.StartedAt.Add(-settlesWithin), after, atOnceRead)
		if err != nil || len(rows) == 0 {
			return found, err
		}
		for _, p := range rows {
			after = p.Key
			if f, named := known[p.Key]; named {
				found = append(found, f)
				continue
			}
			asked++
			object, _, _ := strings.Cut(p.Key, ":")
			why, err := y.askAfter(ctx, object)
			if err != nil {
				return nil, err
			}
			if why != "" {
				found = append(found, models.Finding{
					Kind: models.FoundPhantom, Object: p.Key, Amount: -p.Amount, Currency: y.store.Currency(),
					Detail: fmt.Sprintf("the journal has %s of %s, and %s", p.Kind, p.Amount.Decimal(), why),
				})
			}
		}
	}
	return found, nil
}

// askAfter looks for what bears a posting out, and says why it does not; "" if
// it does, or still can.
func (y *syncing) askAfter(ctx context.Context, object string) (string, error) {
	id := object
	if prefix, _, _ := strings.Cut(object, "_"); prefix != "txn" {
		raw, err := y.follow.stripe.Fetch(ctx, prefixes[prefix], object)
		if errors.Is(err, stripeapi.ErrMissing) {
			return "Stripe does not know it", nil
		}
		if err != nil {
			return "", err
		}
		var o struct {
			Transaction ref[struct{}] `json:"balance_transaction"`
		}
		if json.Unmarshal(raw, &o) != nil {
			return "", errNotThat
		}
		if id = o.Transaction.ID; id == "" {
			return "", nil // Stripe has it, and has not moved the balance for it yet
		}
	}
	var t transaction
	err := y.follow.fetch(ctx, stripeapi.BalanceTransactions, "balance_transaction", id, &t)
	if errors.Is(err, stripeapi.ErrMissing) {
		return "Stripe does not know its balance transaction " + id, nil
	}
	if err != nil {
		return "", err
	}
	return "", y.settle(ctx, []models.BalanceTransaction{readTransaction(t)})
}
