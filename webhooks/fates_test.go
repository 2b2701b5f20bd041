//go:build !race

package webhooks_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// fate is what happens to one gift after it was paid for, or not.
type fate struct {
	name      string
	frequency models.Frequency
	outcome   string
	then      func(b *bookkeeper, d models.Donation, r *rand.Rand)
}

func must[T any](b *bookkeeper) func(T, error) T {
	return func(v T, err error) T {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
		return v
	}
}

func (b *bookkeeper) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// refund refunds a gift, whole where amount is 0.
func (b *bookkeeper) refund(d models.Donation, o stripesim.RefundOptions) string {
	b.t.Helper()
	return must[string](b)(b.sim.RefundCharge(b.t.Context(), b.chargeOf(d), o))
}

func (b *bookkeeper) dispute(d models.Donation, o stripesim.DisputeOptions) string {
	b.t.Helper()
	return must[string](b)(b.sim.OpenDispute(b.t.Context(), b.chargeOf(d), o))
}

// subscriptionOf is the subscription that a gift began, as the books know it.
func (b *bookkeeper) subscriptionOf(d models.Donation) string {
	b.t.Helper()
	b.later(5 * time.Minute)
	now, err := b.store.FindDonation(b.t.Context(), d.Token)
	if err != nil || now.SubscriptionID == nil {
		b.t.Fatalf("the gift has no subscription (%v)", err)
	}
	return *now.SubscriptionID
}

// fates are every fate there is.
var fates = []fate{
	{"received", models.Once, "succeeds", nil},
	{"declined, then paid", models.Once, "declined", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.pay(d, "second@example.org", "succeeds")
	}},
	{"declined and left", models.Once, "declined", func(b *bookkeeper, _ models.Donation, _ *rand.Rand) { b.later(2 * time.Hour) }},
	{"refunded whole", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) { b.refund(d, stripesim.RefundOptions{}) }},
	{"refunded twice in part", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, r *rand.Rand) {
		b.refund(d, stripesim.RefundOptions{Amount: 100 + r.Int64N(50)})
		b.refund(d, stripesim.RefundOptions{Amount: 100})
	}},
	{"a refund that failed, and another", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		first := b.refund(d, stripesim.RefundOptions{})
		b.later(50 * time.Hour)
		b.ok(b.sim.FailRefund(b.t.Context(), first))
		b.refund(d, stripesim.RefundOptions{})
	}},
	{"a refund pending", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.refund(d, stripesim.RefundOptions{Pending: true})
	}},
	{"a refund cancelled", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.CancelRefund(b.t.Context(), b.refund(d, stripesim.RefundOptions{Pending: true, Unfunded: true})))
	}},
	{"disputed and lost", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.LoseDispute(b.t.Context(), b.dispute(d, stripesim.DisputeOptions{})))
	}},
	{"disputed and won", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, r *rand.Rand) {
		b.ok(b.sim.WinDispute(b.t.Context(), b.dispute(d, stripesim.DisputeOptions{}), r.IntN(2) == 0))
	}},
	{"disputed in part, given back in part", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.ReinstateDispute(b.t.Context(), b.dispute(d, stripesim.DisputeOptions{Amount: 300}), 100))
	}},
	{"an inquiry, closed", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.CloseInquiry(b.t.Context(), b.dispute(d, stripesim.DisputeOptions{Inquiry: true})))
	}},
	{"an inquiry, escalated", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.EscalateDispute(b.t.Context(), b.dispute(d, stripesim.DisputeOptions{Inquiry: true})))
	}},
	{"warned of, refunded and disputed all the same", models.Once, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		must[string](b)(b.sim.WarnOfFraud(b.t.Context(), b.chargeOf(d)))
		b.refund(d, stripesim.RefundOptions{Amount: 120})
		b.dispute(d, stripesim.DisputeOptions{})
	}},
	{"a bank debit under way", models.Once, "debit", nil},
	{"a bank debit settled", models.Once, "debit", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.SettleDebit(b.t.Context(), b.chargeOf(d)))
	}},
	{"a bank debit failed", models.Once, "debit", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.FailDebit(b.t.Context(), b.chargeOf(d), false))
	}},
	{"a bank debit failed after it was booked", models.Once, "debit", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.FailDebit(b.t.Context(), b.chargeOf(d), true))
	}},
	{"a bank debit returned", models.Once, "debit", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.SettleDebit(b.t.Context(), b.chargeOf(d)))
		b.later(72 * time.Hour)
		b.dispute(d, stripesim.DisputeOptions{})
	}},
	{"monthly, renewed twice, changed", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		sub := b.subscriptionOf(d)
		must[string](b)(b.sim.Renew(b.t.Context(), sub))
		b.ok(b.sim.ChangeAmount(b.t.Context(), sub, 2100))
		must[string](b)(b.sim.Renew(b.t.Context(), sub))
	}},
	{"monthly, failed and recovered", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		sub := b.subscriptionOf(d)
		must[string](b)(b.sim.FailRenewal(b.t.Context(), sub))
		b.later(time.Hour)
		must[string](b)(b.sim.RecoverRenewal(b.t.Context(), sub))
	}},
	{"monthly, failed for good", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, r *rand.Rand) {
		must[string](b)(b.sim.ExhaustRenewal(b.t.Context(), b.subscriptionOf(d), r.IntN(2) == 0))
	}},
	{"monthly, cancelled", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.CancelSubscription(b.t.Context(), b.subscriptionOf(d)))
	}},
	{"monthly, ends with its period", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		b.ok(b.sim.CancelAtPeriodEnd(b.t.Context(), b.subscriptionOf(d), true))
	}},
	{"monthly, for nothing and out of band", models.Monthly, "succeeds", func(b *bookkeeper, d models.Donation, _ *rand.Rand) {
		sub := b.subscriptionOf(d)
		must[string](b)(b.sim.RenewForNothing(b.t.Context(), sub))
		must[string](b)(b.sim.RenewOutOfBand(b.t.Context(), sub))
	}},
}

// foreign is what else goes on in the account.
func (b *bookkeeper) foreign(r *rand.Rand) {
	b.t.Helper()
	charge := must[string](b)(b.sim.TakeForeignCharge(b.t.Context(), stripesim.ForeignCharge{Amount: 900 + r.Int64N(5000)}))
	if r.IntN(2) == 0 {
		must[string](b)(b.sim.RefundCharge(b.t.Context(), charge, stripesim.RefundOptions{Amount: 50}))
	}
	must[string](b)(b.sim.TakeAccountFee(b.t.Context(), 12, "usd"))
	sub := must[string](b)(b.sim.ForeignSubscription(b.t.Context(), "other@example.org", "usd", 700))
	must[string](b)(b.sim.Renew(b.t.Context(), sub))
}

// live has every fate befall gifts of random amounts.
func (b *bookkeeper) live(r *rand.Rand) {
	b.t.Helper()
	order := r.Perm(len(fates))
	for n, i := range order {
		f := fates[i]
		choices := models.Choices{
			Frequency: f.frequency, Amount: money.Minor(500 + r.Int64N(20000)), Tribute: models.NoTribute, Newsletter: r.IntN(2) == 0,
			Src: fmt.Sprintf("article-%d", n%5), Comment: fmt.Sprintf("a note on %s", f.name),
		}
		if r.IntN(3) == 0 {
			choices.FeesCovered = 77
		}
		d := b.give(choices, fmt.Sprintf("Reader%d@Example.org", n%11), f.outcome)
		if r.IntN(2) == 0 {
			b.later(time.Duration(r.IntN(300)) * time.Second)
		}
		if f.then != nil {
			f.then(b, d, r)
		}
		if r.IntN(4) == 0 {
			b.foreign(r)
		}
	}
}

// people are who gave, by e-mail, with the name and the address of each.
func (b *bookkeeper) people() map[string][2]string {
	b.t.Helper()
	all := map[string][2]string{}
	for d, err := range b.store.ExportDonors(b.t.Context(), models.Span{}, 0) {
		if err != nil {
			b.t.Fatal(err)
		}
		if all[d.Email] = [2]string{d.Name, d.Address}; d.Address != "1 Street of "+d.Email+"\nSpringfield, IL 62701\nUS" {
			b.t.Errorf("%s lives at %q", d.Email, d.Address)
		}
	}
	return all
}

func TestEveryFateAgreesWithStripeAndTheBooksCanBeRebuiltFromIt(t *testing.T) {
	t.Parallel()
	seeds := uint64(2)
	if os.Getenv("TEST_LONG") != "" {
		seeds = 40
	}
	for name, address := range storetest.Databases() {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/seed %d", name, seed), func(t *testing.T) {
				t.Parallel()
				clock := &storetest.Clock{}
				a := newAccount(t, clock, seed, shuffled(seed))
				a.campaign.CollectAddress = true
				books := func() *models.Store {
					return storetest.OpenWith(t, models.Options{URL: address(t), Slug: a.campaign.Slug, Now: clock.Now, Addresses: true})
				}
				r := rand.New(rand.NewPCG(seed, 1))
				first := a.keptIn(books()).subscribed()
				first.live(r)
				first.later(10 * time.Minute)
				told := first.totals()
				first.agree(first.sync())
				exportsAgree(t, first.store)
				if got := first.totals(); got.Raised != told.Raised || got.Gifts != told.Gifts || got.Donors != told.Donors || got.NeedsAttention != 0 {
					t.Errorf("the webhooks alone came to %+v,\nafter the sync %+v", told, got)
				}

				// Other books, told of nothing, and from Stripe alone.
				second := a.keptIn(books())
				second.agree(second.sync())
				if diff := cmp.Diff(first.ledger(), second.ledger()); diff != "" {
					t.Errorf("rebuilt, the ledger differs (−kept +rebuilt):\n%s", diff)
				}
				if diff := cmp.Diff(first.totals(), second.totals()); diff != "" {
					t.Errorf("rebuilt, the totals differ (−kept +rebuilt):\n%s", diff)
				}
				if diff := cmp.Diff(first.people(), second.people()); diff != "" {
					t.Errorf("rebuilt, who gave differs (−kept +rebuilt):\n%s", diff)
				}

				// After a payout of everything nothing is left at Stripe.
				payout := must[string](first)(a.sim.PayOut(t.Context(), stripesim.PayoutOptions{Everything: true}))
				b := first
				b.ok(a.sim.SendPayout(t.Context(), payout))
				b.ok(a.sim.ReconcilePayout(t.Context(), payout))
				b.ok(a.sim.LandPayout(t.Context(), payout))
				first.later(10 * time.Minute)
				for _, b := range []*bookkeeper{first, second} {
					b.agree(b.sync())
					if got := b.totals(); got.StripeBalance != 0 {
						t.Errorf("%s is left at Stripe", got.StripeBalance)
					}
					exportsAgree(t, b.store)
				}
				if first.digest() != second.digest() {
					t.Error("after the payout the digests differ")
				}
			})
		}
	}
}
