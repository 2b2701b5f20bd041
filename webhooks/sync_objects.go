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

// made is a listing of what was made at Stripe since the sync reads back.
func (y *syncing) made(kind stripeapi.Kind) stripeapi.Listing {
	return stripeapi.Listing{Kind: kind, Since: y.run.Since}
}

// those reads the objects of a kind that pass does not tell to leave alone.
func (y *syncing) those(kind stripeapi.Kind, pass func(context.Context, json.RawMessage) (bool, error)) func(context.Context, json.RawMessage) (models.Reading, error) {
	return func(ctx context.Context, raw json.RawMessage) (models.Reading, error) {
		if skip, err := pass(ctx, raw); err != nil || skip {
			return noEffect, err
		}
		return y.follow.read(ctx, kind, raw, "", y.asked)
	}
}

// others passes over what carries another campaign's metadata, or none.
func (y *syncing) others(_ context.Context, raw json.RawMessage) (bool, error) {
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
func (y *syncing) unbooked(ctx context.Context, raw json.RawMessage) (bool, error) {
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

// once passes over invoices that are no subscription's.
func once(_ context.Context, raw json.RawMessage) (bool, error) {
	var i invoice
	if !decodes(raw, "invoice", &i) {
		return false, errNotThat
	}
	return i.Subscription.ID == "", nil
}

func none(context.Context, json.RawMessage) (bool, error) { return false, nil }

// openSince is from when on payment pages are listed: one that was made before
// the last sync can have been paid, or have expired, since.
func (y *syncing) openSince() time.Time { return y.run.Since.Add(-models.SessionLife) }

func (y *syncing) sessions(ctx context.Context) error {
	return y.objects(ctx, stripeapi.Listing{Kind: stripeapi.Sessions, Since: y.openSince()}, y.those(stripeapi.Sessions, y.others))
}

func (y *syncing) refunds(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Refunds), y.those(stripeapi.Refunds, y.unbooked))
}

func (y *syncing) disputes(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Disputes), y.those(stripeapi.Disputes, y.unbooked))
}

// warnings reads what cards' issuers suspect. A key that may not read it keeps
// nothing else from being read: no money moves.
func (y *syncing) warnings(ctx context.Context) error {
	err := y.objects(ctx, y.made(stripeapi.FraudWarnings), y.those(stripeapi.FraudWarnings, y.unbooked))
	var forbidden *stripeapi.ForbiddenError
	if errors.As(err, &forbidden) {
		y.log.Warn("Stripe does not list early fraud warnings", "error", err)
		return nil
	}
	return err
}

func (y *syncing) payouts(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Payouts), y.those(stripeapi.Payouts, none))
}

// invoices reads the payments of subscriptions, of whichever product.
func (y *syncing) invoices(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Invoices), y.those(stripeapi.Invoices, once))
}

// charges reads payments.
func (y *syncing) charges(ctx context.Context) error {
	return y.objects(ctx, y.made(stripeapi.Charges), y.payment)
}

// payment reads a charge. One of a subscription that no invoice named before is
// asked after, unless its invoice is known to be another product's.
func (y *syncing) payment(ctx context.Context, raw json.RawMessage) (reading models.Reading, err error) {
	defer rescue(&reading)
	var c charge
	if !decodes(raw, "charge", &c) {
		return models.Reading{}, errNotThat
	}
	if err := y.follow.whenTakenBack(ctx, &c.TakenBack); err != nil {
		return models.Reading{}, err
	}
	gift := ownRef(c)
	gift.Final = gift.Final || y.foreign[c.Invoice.ID]
	return readCharge(c, gift, ""), nil
}

// subscriptions reads those that began since the sync reads back; the first time
// all there are, and those that ended too.
func (y *syncing) subscriptions(ctx context.Context) error {
	listing := y.made(stripeapi.Subscriptions)
	listing.Filter = map[string]string{"status": "all"}
	if !y.run.Opened {
		listing.Since = time.Time{}
	}
	return y.objects(ctx, listing, y.those(stripeapi.Subscriptions, y.others))
}

// perSubscription is how much time there is, on the average, between the look-ups
// of one subscription and of the next: a hundred every five minutes.
const perSubscription = 3 * time.Second

// runningSubscriptions reads again those of ours that have not ended, each when
// all the others have had their turn since.
func (y *syncing) runningSubscriptions(ctx context.Context) error {
	return y.readAgain(ctx, func(ctx context.Context, after string, most int) ([]string, error) {
		return y.store.RunningSubscriptions(ctx, y.run.StartedAt, perSubscription, after, most)
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
	if errors.Is(err, stripeapi.ErrMissing) {
		y.log.Warn("Stripe does not know an object that the books do", "object", id)
		return nil
	}
	o := models.Object{ID: id, Raw: raw, Reading: reading}
	worth, err := y.sift(ctx, o, err)
	if err != nil || !worth {
		return err
	}
	return y.learn(ctx, []models.Object{o})
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
