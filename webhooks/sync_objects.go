package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// The stages of a sync that read objects and book what they say.

// objects reads a listing of one kind; pass tells which are not to be looked
// into.
func (y *syncing) objects(ctx context.Context, l stripeapi.Listing, pass func(json.RawMessage) (bool, error)) error {
	return y.list(ctx, l, func(items []json.RawMessage) error {
		var page []models.Object
		for _, raw := range items {
			skip, err := pass(raw)
			if err != nil {
				return err
			}
			if skip {
				continue
			}
			id, reading, err := y.follow.read(ctx, l.Kind, raw, "", y.asked)
			if errors.Is(err, errNotThat) || errors.Is(err, stripeapi.ErrMissing) {
				y.problem(objectID(raw), err.Error())
				continue
			}
			if err != nil {
				return err
			}
			if !reading.Empty() {
				page = append(page, models.Object{ID: id, Raw: raw, Reading: reading})
			}
		}
		return y.learn(ctx, page)
	})
}

// made is a listing of what was made at Stripe since the sync reads back.
func (y *syncing) made(kind stripeapi.Kind) stripeapi.Listing {
	return stripeapi.Listing{Kind: kind, Since: y.run.Since}
}

// others passes over what carries another campaign's metadata, or none.
func (y *syncing) others(raw json.RawMessage) (bool, error) {
	var o struct {
		Metadata map[string]string `json:"metadata"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return false, errNotThat
	}
	return stripeapi.ReadMetadata(o.Metadata).Campaign != y.slug, nil
}

// unbooked passes over what speaks of a charge that is not in the books: not
// ours, or found by its balance transaction.
func (y *syncing) unbooked(ctx context.Context) func(json.RawMessage) (bool, error) {
	return func(raw json.RawMessage) (bool, error) {
		var o struct {
			ID     string        `json:"id"`
			Charge ref[struct{}] `json:"charge"`
		}
		if json.Unmarshal(raw, &o) != nil {
			return false, errNotThat
		}
		if y.foreign[o.Charge.ID] {
			y.foreign[o.ID] = true
			return true, nil
		}
		booked, err := y.store.ChargeBooked(ctx, o.Charge.ID)
		return !booked, err
	}
}

func all(json.RawMessage) (bool, error) { return false, nil }

// openSince is from when on payment pages are listed: one that was made before
// the last sync can have been paid, or have expired, since.
func (y *syncing) openSince() time.Time { return y.run.Since.Add(-models.SessionLife) }

func (y *syncing) sessions(ctx context.Context) error {
	return y.objects(ctx, stripeapi.Listing{Kind: stripeapi.Sessions, Since: y.openSince()}, y.others)
}

func (y *syncing) refunds(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Refunds), y.unbooked(ctx))
}

func (y *syncing) disputes(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Disputes), y.unbooked(ctx))
}

// warnings reads what cards' issuers suspect. A key that may not read it keeps
// nothing else from being read: no money moves.
func (y *syncing) warnings(ctx context.Context) error {
	err := y.objects(ctx, y.made(stripeapi.FraudWarnings), y.unbooked(ctx))
	if errors.Is(err, stripeapi.ErrRefused) {
		y.log.Warn("Stripe does not list early fraud warnings", "error", err)
		return nil
	}
	return err
}

func (y *syncing) payouts(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Payouts), all)
}

// invoices reads the payments of subscriptions, of whichever product.
func (y *syncing) invoices(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Invoices), func(raw json.RawMessage) (bool, error) {
		var i invoice
		if !decodes(raw, "invoice", &i) {
			return false, errNotThat
		}
		return i.Subscription.ID == "", nil
	})
}

// charges reads payments. One that does not say whose it is, and that no
// session and no invoice named before, is not asked after: Stripe copies a
// payment intent's metadata to its charge, so it is another product's.
func (y *syncing) charges(ctx context.Context) error {
	return y.list(ctx, y.made(stripeapi.Charges), func(items []json.RawMessage) error {
		var page []models.Object
		for _, raw := range items {
			var c charge
			if !decodes(raw, "charge", &c) {
				return errNotThat
			}
			if err := y.follow.whenTakenBack(ctx, &c.TakenBack); err != nil {
				return err
			}
			gift := chargeRef(c)
			gift.Final = c.Invoice.ID == "" || y.foreign[c.Invoice.ID]
			if reading := readCharge(c, gift, ""); !reading.Empty() {
				page = append(page, models.Object{ID: c.ID, Raw: raw, Reading: reading})
			}
		}
		return y.learn(ctx, page)
	})
}

// subscriptions reads them all, and then those that the books call live and
// Stripe did not list.
func (y *syncing) subscriptions(ctx context.Context) error {
	y.run.After = "" // all must have been listed before the rest is asked for one by one
	listed := map[string]bool{}
	listing := stripeapi.Listing{Kind: stripeapi.Subscriptions}
	if !y.run.Opened {
		listing.Filter = map[string]string{"status": "all"} // the first time, those that ended too
	}
	err := y.objects(ctx, listing, func(raw json.RawMessage) (bool, error) {
		var s subscription
		if !decodes(raw, "subscription", &s) {
			return false, errNotThat
		}
		listed[s.ID] = true
		return y.others(raw)
	})
	if err != nil {
		return err
	}
	return each(ctx, "", y.store.LiveSubscriptions, func(_ context.Context, ids []string) error {
		for _, id := range ids {
			if listed[id] {
				continue
			}
			if err := y.again(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// atOnceRead is how many rows of the books are read at a time.
const atOnceRead = 100

// each goes through ids of the books, some at a time, in their order.
func each(ctx context.Context, after string, list func(ctx context.Context, after string, most int) ([]string, error), do func(context.Context, []string) error) error {
	for {
		ids, err := list(ctx, after, atOnceRead)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := do(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// readAgain fetches anew what the books have open.
func (y *syncing) readAgain(ctx context.Context, list func(ctx context.Context, after string, most int) ([]string, error)) error {
	return each(ctx, y.run.After, list, func(ctx context.Context, ids []string) error {
		for _, id := range ids {
			if err := y.again(ctx, id); err != nil {
				return err
			}
		}
		return y.turned(ctx, len(ids), ids[len(ids)-1])
	})
}

// again fetches one object by its id and books what it says. One that is not
// there any more says nothing.
func (y *syncing) again(ctx context.Context, id string) error {
	raw, reading, err := y.follow.byID(ctx, id, "")
	switch {
	case errors.Is(err, stripeapi.ErrMissing):
		y.log.Warn("Stripe does not know an object that the books do", "object", id)
		return nil
	case err != nil || reading.Empty():
		return err
	}
	return y.learn(ctx, []models.Object{{ID: id, Raw: raw, Reading: reading}})
}

// unfinished reads again every gift that may still be paid and whose page was
// made before what the listing showed.
func (y *syncing) unfinished(ctx context.Context) error {
	return y.readAgain(ctx, func(ctx context.Context, after string, most int) ([]string, error) {
		return y.store.UnfinishedSessions(ctx, y.openSince(), after, most)
	})
}

// openDebits reads again every bank debit that has not cleared or failed yet: a
// renewal's has no payment page that would tell.
func (y *syncing) openDebits(ctx context.Context) error {
	return y.readAgain(ctx, func(ctx context.Context, after string, most int) ([]string, error) {
		return y.store.OpenObjects(ctx, models.DebitPending, []models.FactKind{models.Charged, models.ChargeUndone, models.PaymentFailed}, after, most)
	})
}

func (y *syncing) openRefunds(ctx context.Context) error {
	return y.readAgain(ctx, func(ctx context.Context, after string, most int) ([]string, error) {
		return y.store.OpenObjects(ctx, models.RefundMade, []models.FactKind{models.RefundSettled, models.RefundUndone}, after, most)
	})
}

func (y *syncing) openDisputes(ctx context.Context) error {
	return y.readAgain(ctx, func(ctx context.Context, after string, most int) ([]string, error) {
		return y.store.OpenObjects(ctx, models.DisputeOpened, []models.FactKind{models.DisputeClosed}, after, most)
	})
}

func (y *syncing) openPayouts(ctx context.Context) error {
	return y.readAgain(ctx, y.store.UnsettledPayouts)
}
