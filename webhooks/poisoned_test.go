//go:build !race

package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// poison is one object that Stripe will not, or can not, show for good.
type poison struct {
	plant func(b *bookkeeper, stripe *between) // called once an ordinary sync was made
	why   string                               // of the problem that is named
	state models.EventState                    // of what is kept of it
	left  int64                                // events that need a person in the end: Stripe does not know what was planted
}

// besides adds an object to what a listing says.
func besides(stripe *between, kind stripeapi.Kind, object string) {
	stripe.list = func(l stripeapi.Listing) (*stripeapi.Page, error) {
		if l.Kind != kind || len(l.Filter) > 0 {
			return nil, nil
		}
		page, err := stripe.Stripe.List(context.Background(), l)
		page.Items = append([]json.RawMessage{json.RawMessage(object)}, page.Items...)
		return &page, err
	}
}

// refunded has another product's payment of long ago refunded: only by looking at it
// does the refund's balance transaction show to be none of ours.
func (b *bookkeeper) refunded(charge string) {
	b.t.Helper()
	must[string](b)(b.sim.RefundCharge(b.t.Context(), charge, stripesim.RefundOptions{}))
}

func TestOneObjectThatCannotBeReadKeepsNoOtherOut(t *testing.T) {
	t.Parallel()
	hides := func(err error) func(*bookkeeper, *between) {
		return func(_ *bookkeeper, stripe *between) {
			stripe.fetch = func(kind stripeapi.Kind, _ string) (json.RawMessage, error) {
				if kind == stripeapi.PaymentIntents {
					return nil, err
				}
				return nil, nil
			}
		}
	}
	broken := fmt.Errorf("%w: %w", stripeapi.ErrUnavailable, stripeapi.ErrBroken)
	for name, p := range map[string]poison{
		"Stripe refuses to show it": {hides(stripeapi.ErrRefused), "Stripe refused to tell", models.EventAttention, 0},
		"Stripe breaks at it":       {hides(broken), "Stripe did not answer", models.EventWaiting, 0},
		"Stripe shows something else": {func(_ *bookkeeper, stripe *between) {
			stripe.fetch = func(kind stripeapi.Kind, _ string) (json.RawMessage, error) {
				if kind == stripeapi.PaymentIntents {
					return json.RawMessage(`{"id":"pi_1","object":"setup_intent"}`), nil
				}
				return nil, nil
			}
		}, "not what was asked for", models.EventAttention, 0},
		"reading it panics": {func(_ *bookkeeper, stripe *between) {
			stripe.fetch = func(kind stripeapi.Kind, _ string) (json.RawMessage, error) {
				if kind == stripeapi.PaymentIntents {
					panic("of ours")
				}
				return nil, nil
			}
		}, "it could not be understood", models.EventAttention, 0},
		"a payment can't be decoded": {func(_ *bookkeeper, stripe *between) {
			besides(stripe, stripeapi.Charges, `{"id":"ch_odd","object":"charge","metadata":{"a":1}}`)
		}, "ch_odd: Stripe's answer is not", models.EventAttention, 1},
		"a payment page can't be decoded": {func(_ *bookkeeper, stripe *between) {
			besides(stripe, stripeapi.Sessions, `{"id":"cs_odd","object":"checkout.session","metadata":{"a":1}}`)
		}, "cs_odd: Stripe's answer is not", models.EventAttention, 1},
		"a balance transaction can't be decoded": {func(_ *bookkeeper, stripe *between) {
			besides(stripe, stripeapi.BalanceTransactions, `{"id":"txn_odd","object":"balance_transaction","net":"a lot"}`)
		}, "txn_odd: Stripe's answer is not", models.EventAttention, 0},
		"reading a listed payment panics": {func(_ *bookkeeper, stripe *between) {
			besides(stripe, stripeapi.Charges, `{"id":"ch_odd","object":"charge","status":"failed","failure_balance_transaction":"txn_odd","balance_transaction":"txn_1","payment_method_details":{"type":"us_bank_account"}}`)
			stripe.fetch = func(_ stripeapi.Kind, id string) (json.RawMessage, error) {
				if id == "txn_odd" {
					panic("of ours")
				}
				return nil, nil
			}
		}, "ch_odd: it could not be understood", models.EventAttention, 1},
	} {
		t.Run(name, func(t *testing.T) {
			untold(t, func(b *bookkeeper, stripe *between) {
				old := must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 2222}))
				b.later(5 * time.Minute)
				b.agree(b.sync())
				b.later(5 * 24 * time.Hour)
				b.agree(b.sync())

				p.plant(b, stripe)
				b.refunded(old)
				b.give(once50, "second@example.org", "succeeds")
				b.later(5 * time.Minute)
				report := b.sync()
				if named := strings.Join(report.Problems, "\n"); !strings.Contains(named, p.why) {
					b.t.Errorf("the problems are %q, want %q", report.Problems, p.why)
				}
				if got := b.totals(); got.Gifts != 2 || got.Fees == 0 || !b.complete(b.clock.Now()) {
					b.t.Errorf("%d gifts are booked, fees %s, complete %t", got.Gifts, got.Fees, b.complete(b.clock.Now()))
				}
				open, err := b.store.OpenEvents(b.t.Context())
				b.ok(err)
				if len(open) != 1 || open[0].State != p.state {
					b.t.Errorf("kept of it: %+v", open)
				}

				// Once it can be read, all is well again.
				stripe.anew()
				for _, e := range open {
					b.ok(b.store.Replay(b.t.Context(), models.Operator, e.ID))
				}
				b.later(15 * time.Minute)
				b.sync()
				b.later(15 * time.Minute)
				report = b.sync()
				b.agree(report)
				if got := b.totals(); got.NeedsAttention != p.left {
					b.t.Errorf("%d events need a person", got.NeedsAttention)
				}
			})
		})
	}
}

// A page of objects that Stripe does not show is not one that is hidden for good:
// Stripe is down.
func TestWhenStripeShowsNothingTheSyncWaits(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		var old []string
		for range 10 {
			old = append(old, must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 2222})))
		}
		b.later(5 * time.Minute)
		b.agree(b.sync())
		b.later(24 * time.Hour)
		b.agree(b.sync())
		for _, charge := range old {
			b.refunded(charge)
		}
		b.later(5 * time.Minute)
		stripe.anew()
		stripe.fetch = func(stripeapi.Kind, string) (json.RawMessage, error) { return nil, stripeapi.ErrUnavailable }
		_, err := b.syncer.Sync(b.t.Context(), nil, nil)
		if !errors.Is(err, stripeapi.ErrUnavailable) || b.complete(b.clock.Now()) {
			b.t.Errorf("the sync says %v", err)
		}
		if n := stripe.looked[stripeapi.Refunds]; n > 3 {
			b.t.Errorf("it looked at %d refunds", n)
		}
		stripe.anew()
		b.later(time.Minute)
		b.agree(b.sync())
	})
}

func TestAThankYouPageOutlivesAPanic(t *testing.T) {
	untold(t, func(b *bookkeeper, stripe *between) {
		d := b.give(once50, "second@example.org", "succeeds")
		stripe.fetch = func(kind stripeapi.Kind, id string) (json.RawMessage, error) {
			if kind == stripeapi.PaymentIntents {
				panic("of ours")
			}
			raw := fmt.Sprintf(`{"id":%q,"object":"checkout.session","mode":"payment","status":"complete","payment_status":"paid","payment_intent":"pi_1"}`, id)
			return json.RawMessage(raw), nil
		}
		b.ok(b.resolver.Look(b.t.Context(), d.Token))
	})
}
