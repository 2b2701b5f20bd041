//go:build !race

package main

import (
	"context"
	"regexp"
	"time"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

// fate is what happens to one gift.
type fate struct {
	name, form, outcome string
	then                func(y *year, ctx context.Context, charge string)
}

// fates are every fate that a gift of one payment can have. Each month has a
// few of them.
var fates = []fate{
	{"received", "amount=50&src=article-7&comment=%3D1%2B1", "succeeds", nil},
	{"with its fees covered", "amount=120&cover_fees=1&utm_source=letter&utm_medium=email", "succeeds", nil},
	{"received, its benefit declined", "amount=75&no_benefit=1", "succeeds", nil},
	{"declined, then paid", "amount=31", "declined, then paid", nil},
	{"declined and left", "amount=32", "declined", nil},
	{"refunded whole", "amount=33&src=article-7", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{}))
	}},
	{"refunded twice in part", "amount=34&cover_fees=1", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 4_01}))
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 5_02}))
	}},
	{"a refund that failed, and another", "amount=35", "succeeds", func(y *year, ctx context.Context, charge string) {
		refund := y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{}))
		y.through(y.now().Add(50 * time.Hour))
		y.ok(y.sim.FailRefund(ctx, refund))
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 6_00}))
	}},
	{"a refund that stays pending", "amount=36", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 7_00, Pending: true}))
	}},
	{"a refund cancelled", "amount=37", "succeeds", func(y *year, ctx context.Context, charge string) {
		refund := y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Pending: true, Unfunded: true}))
		y.arrives()
		y.ok(y.sim.CancelRefund(ctx, refund))
	}},
	{"disputed and lost", "amount=38", "succeeds", func(y *year, ctx context.Context, charge string) {
		dispute := y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{}))
		y.through(y.now().Add(72 * time.Hour))
		y.ok(y.sim.LoseDispute(ctx, dispute))
	}},
	{"disputed and won", "amount=39", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.WinDispute(ctx, y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{})), true))
	}},
	{"disputed and won, without its fee", "amount=40", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.WinDispute(ctx, y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{})), false))
	}},
	{"disputed in part, given back in part", "amount=41", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.ReinstateDispute(ctx, y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{Amount: 9_00})), 2_00))
	}},
	{"an inquiry, closed", "amount=42", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.CloseInquiry(ctx, y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{Inquiry: true}))))
	}},
	{"an inquiry, escalated", "amount=43", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.EscalateDispute(ctx, y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{Inquiry: true}))))
	}},
	{"warned of, refunded and disputed all the same", "amount=44", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.made(y.sim.WarnOfFraud(ctx, charge))
		y.made(y.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 12_00}))
		y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{}))
	}},
	{"a bank debit settled", "amount=200", "debit", nil}, // after some days, by itself
	{"a bank debit failed", "amount=201", "debit", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.FailDebit(ctx, charge, false))
	}},
	{"a bank debit failed after it was booked", "amount=202", "debit", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.FailDebit(ctx, charge, true))
	}},
	{"a bank debit returned", "amount=203", "debit", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.SettleDebit(ctx, charge))
		y.through(y.now().Add(72 * time.Hour))
		y.made(y.sim.OpenDispute(ctx, charge, stripesim.DisputeOptions{}))
	}},
	{"monthly, changed, failed and recovered", "amount=15&frequency=monthly&cover_fees=1", "succeeds", func(y *year, ctx context.Context, charge string) {
		sub := y.subscriptionOf(charge)
		y.made(y.sim.Renew(ctx, sub))
		y.ok(y.sim.ChangeAmount(ctx, sub, 21_00))
		y.made(y.sim.FailRenewal(ctx, sub))
		y.through(y.now().Add(time.Hour))
		y.made(y.sim.RecoverRenewal(ctx, sub))
	}},
	{"monthly, failed for good", "amount=16&frequency=monthly", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.made(y.sim.ExhaustRenewal(ctx, y.subscriptionOf(charge), false))
	}},
	{"monthly, cancelled", "amount=17&frequency=monthly", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.CancelSubscription(ctx, y.subscriptionOf(charge)))
	}},
	{"monthly, ends with its period", "amount=18&frequency=monthly", "succeeds", func(y *year, ctx context.Context, charge string) {
		y.ok(y.sim.CancelAtPeriodEnd(ctx, y.subscriptionOf(charge), true))
	}},
	{"monthly, for nothing and out of band", "amount=19&frequency=monthly", "succeeds", func(y *year, ctx context.Context, charge string) {
		sub := y.subscriptionOf(charge)
		y.made(y.sim.RenewForNothing(ctx, sub))
		y.made(y.sim.RenewOutOfBand(ctx, sub))
		y.ok(y.sim.CancelSubscription(ctx, sub))
	}},
}

// befalls has the next fates befall gifts of readers.
func (y *year) befalls(some []fate) {
	y.t.Helper()
	for _, f := range some {
		charge := y.giving(f.form, "reader-"+regexp.MustCompile(`\D`).ReplaceAllString(f.form, "")+"@example.org", f.outcome)
		y.arrives()
		if f.then != nil {
			f.then(y, y.t.Context(), charge)
		}
	}
}

// passes lets a year pass, from one December into the second January after it.
func (y *year) passes() {
	y.t.Helper()
	rest := fates
	for i, last := range months()[:12] {
		if last.Month() == time.March { // at two in the morning it is three
			y.through(time.Date(2027, time.March, 14, 1, 45, 0, 0, y.zone))
			y.giving("amount=14", "night@example.org", "succeeds")
			y.through(time.Date(2027, time.March, 14, 3, 15, 0, 0, y.zone))
			y.giving("amount=14.15", "night@example.org", "succeeds")
		}
		some := min(len(rest), 2+i%2)
		y.befalls(rest[:some])
		rest = rest[some:]
		y.elseIn(last.Month())
		if last.Month() == time.September {
			y.closesBeforeTheRefundIsTold()
			continue
		}
		y.monthEnds(last)
		y.paidOutIn(last.Month())
	}
	if len(rest) > 0 {
		y.t.Fatalf("%d fates befell nobody", len(rest))
	}
	y.secondYearEnd()
}

// elseIn is what else goes on in a month: other products on the account, gifts
// that never passed through Stripe, and what people do at the pages.
func (y *year) elseIn(month time.Month) {
	y.t.Helper()
	ctx, sim := y.t.Context(), y.sim
	switch month {
	case time.December: // around midnight of the first year's end
		y.giving("amount=60&frequency=yearly", "yearly@example.org", "succeeds")
		y.through(time.Date(2026, time.December, 31, 23, 50, 0, 0, y.zone))
		y.giving("amount=2026", "large@example.org", "succeeds")
		y.at(2027, time.January, 1, 0, 5)
		y.giving("amount=2027", "large@example.org", "succeeds")
		y.arrives()
	case time.January: // a check of the year before
		y.through(time.Date(2027, time.January, 6, 10, 0, 0, 0, y.zone))
		y.signsIn()
		y.sends(y.t, "/finance/offline", "amount", "500", "received_on", "2027-01-04", "dated_on", "2026-12-30", "method", "check", "donor_name", "A Reader", "donor_address", "1 Main St")
	case time.February:
		tote := y.made(sim.TakeForeignCharge(ctx, stripesim.ForeignCharge{Amount: 25_00}))
		y.made(sim.RefundCharge(ctx, tote, stripesim.RefundOptions{Amount: 50}))
		y.made(sim.TakeAccountFee(ctx, 2_00, "usd"))
		y.made(sim.Adjust(ctx, -3_33, "usd"))
		y.made(sim.ForeignSubscription(ctx, "other@example.org", "usd", 7_00)) // and a renewal each month
	case time.April:
		y.through(time.Date(2027, time.April, 7, 10, 0, 0, 0, y.zone))
		y.signsIn()
		wrong := y.sends(y.t, "/finance/offline", "amount", "1,234.56", "received_on", "2027-04-04", "method", "wire", "donor_email", "reader-50@example.org").Get("Location")
		y.sends(y.t, "/finance/offline", "amount", "900", "received_on", "2027-04-05", "method", "stock", "reference", "40 shares of Example Corp")
		y.through(y.now().Add(240 * time.Hour))
		y.signsIn()
		y.sends(y.t, wrong+"/reverse", "reason", "entered twice")
	case time.November: // between one and two in the morning, twice
		first := time.Date(2027, time.November, 7, 1, 30, 0, 0, y.zone)
		for _, at := range []time.Time{first, first.Add(time.Hour)} {
			y.through(at)
			y.giving("amount=13", "night@example.org", "succeeds")
		}
	case time.June: // finance refunds at the gift's page
		charge := y.giving("amount=45", "page@example.org", "succeeds")
		y.arrives()
		y.signsIn()
		gift := regexp.MustCompile(`href="(/finance/donations/don_[^"?]+)"`).FindStringSubmatch(y.reads(y.t, "/finance/donations?q="+charge))
		if gift == nil {
			y.t.Fatalf("no gift is found by its charge %s", charge)
		}
		y.sends(y.t, gift[1]+"/refund", "amount", "12.34", "reason", "duplicate", "form_key", "key-of-the-form-1")
	}
}

// paidOutIn pays a month out on the third of the next, in one of the ways that
// a payout can go.
func (y *year) paidOutIn(month time.Month) {
	y.t.Helper()
	sim, all := y.sim, stripesim.PayoutOptions{}
	switch month {
	case time.January: // the bank refuses it, days after it was paid
		payout := y.paysOut(all, sim.ReconcilePayout, sim.LandPayout)
		y.through(y.now().Add(72 * time.Hour))
		y.ok(sim.FailPayout(y.t.Context(), payout))
	case time.February:
		y.paysOut(all, sim.CancelPayout)
	case time.March: // nobody can tell what it was made of
		y.paysOut(stripesim.PayoutOptions{Manual: true, Amount: 50_00}, sim.LandPayout)
	case time.May: // more went back than came in: the bank is debited
		charge := y.giving("amount=300", "regrets@example.org", "succeeds")
		y.paysOut(stripesim.PayoutOptions{Everything: true}, sim.ReconcilePayout, sim.LandPayout)
		y.made(sim.RefundCharge(y.t.Context(), charge, stripesim.RefundOptions{}))
		y.paysOut(all, sim.ReconcilePayout, sim.LandPayout)
	default:
		y.paysOut(all, sim.SendPayout, sim.ReconcilePayout, sim.LandPayout)
	}
	y.arrives()
}

// lateRefund is of September 30, and told after September was closed.
const lateRefund = 8_17

// closesBeforeTheRefundIsTold refunds a gift in the last hours of September,
// which Stripe tells only after that month was closed.
func (y *year) closesBeforeTheRefundIsTold() {
	y.t.Helper()
	charge := y.giving("amount=48", "late@example.org", "succeeds")
	y.through(time.Date(2027, time.September, 30, 20, 0, 0, 0, y.zone))
	y.syncs()
	y.at(2027, time.September, 30, 22, 0)
	y.made(y.sim.RefundCharge(y.t.Context(), charge, stripesim.RefundOptions{Amount: lateRefund}))
	y.at(2027, time.October, 1, 9, 0)
	y.command("close", "--through", "2027-09-30", "--anyway")
	y.signsIn()
	of := monthOf(time.Date(2027, time.September, 30, 0, 0, 0, 0, time.UTC))
	y.kept[of] = y.reads(y.t, "/finance/export/journal.csv?"+of)
	y.arrives()
	y.paidOutIn(time.September)
}

// secondYearEnd leaves December and January open, with a deposit that is on its
// way over the year's end, and another that Stripe has only begun.
func (y *year) secondYearEnd() {
	y.t.Helper()
	sim := y.sim
	y.through(time.Date(2027, time.December, 30, 15, 0, 0, 0, y.zone))
	y.paysOut(stripesim.PayoutOptions{}, sim.SendPayout)
	y.giving("amount=1250.50&cover_fees=1", "year-end@example.org", "succeeds")
	y.through(time.Date(2027, time.December, 31, 23, 50, 0, 0, y.zone))
	y.giving("amount=29", "midnight@example.org", "succeeds")
	y.at(2028, time.January, 1, 0, 5)
	y.giving("amount=28", "midnight@example.org", "succeeds")
	y.through(time.Date(2028, time.January, 10, 10, 0, 0, 0, y.zone))
	y.giving("amount=204", "under-way@example.org", "debit")
	y.arrives()
	y.paysOut(stripesim.PayoutOptions{})
	y.giving("amount=27", "last@example.org", "succeeds")
	y.arrives()
}
