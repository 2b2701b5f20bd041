package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// The stages of a sync that give each line of Stripe's own account its place in
// the books.

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
		page, err := y.readTransactions(ctx, items)
		if err != nil {
			return err
		}
		return y.settle(ctx, page)
	})
}

// readTransactions reads a page of Stripe's account. A line of it that can't be
// read is set aside; that it is missing shows in the balance.
func (y *syncing) readTransactions(ctx context.Context, items []json.RawMessage) ([]models.BalanceTransaction, error) {
	page := make([]models.BalanceTransaction, 0, len(items))
	for _, raw := range items {
		var t transaction
		if decodes(raw, "balance_transaction", &t) {
			page = append(page, readTransaction(t))
			continue
		}
		if _, err := y.sift(ctx, models.Object{ID: objectID(raw), Raw: raw}, errNotThat); err != nil {
			return nil, err
		}
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

// settleBooked gives their place to those of which the journal has the movement.
func (y *syncing) settleBooked(ctx context.Context, page []models.BalanceTransaction) error {
	settled, err := y.store.SettleTransactions(ctx, page)
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
// is none of ours. One that Stripe does not know, or does not show, is not
// explained by that.
func (y *syncing) lookAtSource(ctx context.Context, t models.BalanceTransaction) (foreign bool, err error) {
	if y.foreign[t.Source] {
		return true, nil
	}
	raw, reading, err := y.follow.byID(ctx, t.Source, "")
	if errors.Is(err, stripeapi.ErrMissing) {
		return false, nil
	}
	o := models.Object{ID: t.Source, Raw: raw, Reading: reading}
	worth, err := y.sift(ctx, o, err)
	if err != nil || !worth {
		return false, err
	}
	// Of several facts, a refund's charge with it, one that is ours decides.
	learned, err := y.learnOne(ctx, o)
	return learned.State == models.EventForeign, err
}

// suspended settles again what could not be explained before: its posting may
// have come. The source is looked at less and less often.
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
			if !page[i].LookDue(y.store.Now()) {
				continue
			}
			if page[i].Foreign, err = y.lookAtSource(ctx, page[i]); err != nil {
				return err
			}
			page[i].Looked(y.store.Now())
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
// the newest. hasty: it stops at a page that is known already, and leaves to the
// next sync what may be missing before it and what is to be asked after.
func (y *syncing) newest(ctx context.Context, since time.Time, hasty bool) (string, error) {
	newest := ""
	l := stripeapi.Listing{Kind: stripeapi.BalanceTransactions, Since: since}
	for {
		page, err := y.follow.stripe.List(ctx, l)
		if err != nil {
			return "", err
		}
		read, err := y.readTransactions(ctx, page.Items)
		if err != nil {
			return "", err
		}
		known, err := y.store.KnownTransactions(ctx, read)
		if err != nil {
			return "", err
		}
		if hasty {
			err = y.settleBooked(ctx, read)
		} else {
			err = y.settle(ctx, read)
		}
		if err != nil {
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
