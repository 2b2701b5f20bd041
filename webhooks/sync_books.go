package webhooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// The stages of a sync that hold the books against Stripe's own account.

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
		read, err := y.readTransactions(ctx, page.Items)
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
