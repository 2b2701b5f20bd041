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
