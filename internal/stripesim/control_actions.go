package stripesim

import (
	"cmp"
	"context"
)

// paymentActions is what can happen to a payment, in the order of the page. What can happen to another kind of thing
// gets a list of its own, a route in controlRoutes and a section in control.html.
var paymentActions = []action[payment]{
	{
		"settle", "Bank debit goes through", "The bank debit went through.", false, pending,
		func(ctx context.Context, s *Simulator, p payment, _ int64) error { return s.SettleDebit(ctx, p.ID) },
	},
	{
		"bounce", "Bank debit bounces", "The bank debit bounced.", false, pending,
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.FailDebit(ctx, p.ID, false)
		},
	},
	{
		"bounce-booked", "Bounces after Stripe counted it", "The bank debit bounced and was taken back.", false, pending,
		func(ctx context.Context, s *Simulator, p payment, _ int64) error { return s.FailDebit(ctx, p.ID, true) },
	},
	{
		"refund", "Refund", "It was refunded.", true, payment.refundable,
		func(ctx context.Context, s *Simulator, p payment, amount int64) error {
			_, err := s.RefundCharge(ctx, p.ID, RefundOptions{Amount: amount})
			return err
		},
	},
	{
		"refund-pending", "Refund that stays pending", "A refund is pending.", true, payment.refundable,
		func(ctx context.Context, s *Simulator, p payment, amount int64) error {
			_, err := s.RefundCharge(ctx, p.ID, RefundOptions{Amount: amount, Pending: true})
			return err
		},
	},
	{
		"refund-succeeds", "Pending refund arrives", "The refund arrived.", false, func(p payment) bool { return p.refunded("pending").ID != "" },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.SucceedRefund(ctx, p.refunded("pending").ID)
		},
	},
	{
		"refund-canceled", "Pending refund is canceled", "The refund was canceled.", false, func(p payment) bool { return p.refunded("pending").ID != "" },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.CancelRefund(ctx, p.refunded("pending").ID)
		},
	},
	{
		"refund-fails", "Last refund fails", "The refund failed, and the money is back.", false,
		func(p payment) bool { return p.refunded("pending").ID != "" || p.refunded("succeeded").ID != "" },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.FailRefund(ctx, cmp.Or(p.refunded("pending").ID, p.refunded("succeeded").ID))
		},
	},
	{
		"dispute", "Dispute", "It is disputed, and the money is gone.", true, payment.disputable,
		func(ctx context.Context, s *Simulator, p payment, amount int64) error {
			_, err := s.OpenDispute(ctx, p.ID, DisputeOptions{Amount: amount})
			return err
		},
	},
	{
		"inquiry", "Inquiry", "The bank asks; no money moved.", false, func(p payment) bool { return p.disputable() && !p.isDebit() },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			_, err := s.OpenDispute(ctx, p.ID, DisputeOptions{Inquiry: true})
			return err
		},
	},
	{
		"escalate", "Inquiry becomes a dispute", "The inquiry is a dispute now.", false, func(p payment) bool { return p.dispute().inquiry() },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.EscalateDispute(ctx, p.dispute().ID)
		},
	},
	{
		"close-inquiry", "Inquiry is closed", "The inquiry came to nothing.", false, func(p payment) bool { return p.dispute().inquiry() },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.CloseInquiry(ctx, p.dispute().ID)
		},
	},
	{
		"win", "Dispute is won", "The dispute was won: money and fee are back.", false, func(p payment) bool { return contested(p.dispute()) },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.WinDispute(ctx, p.dispute().ID, true)
		},
	},
	{
		"win-without-fee", "Won, fee kept", "The dispute was won, and Stripe keeps the fee.", false, func(p payment) bool { return contested(p.dispute()) },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.WinDispute(ctx, p.dispute().ID, false)
		},
	},
	{
		"lose", "Dispute is lost", "The dispute was lost.", false, func(p payment) bool { return contested(p.dispute()) },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			return s.LoseDispute(ctx, p.dispute().ID)
		},
	},
	{
		"warn", "Early fraud warning", "The card network warned of fraud.", false, func(p payment) bool { return p.Paid && !p.isDebit() },
		func(ctx context.Context, s *Simulator, p payment, _ int64) error {
			_, err := s.WarnOfFraud(ctx, p.ID)
			return err
		},
	},
}

func pending(p payment) bool { return p.isDebit() && p.Status == "pending" }

// accountActions is what can happen to the account as a whole.
var accountActions = []action[account]{
	{
		"pay-out", "Pay out everything now", "A payout is on its way.", false,
		func(a account) bool {
			for _, b := range a.balance {
				if b.available+b.pending != 0 {
					return true
				}
			}
			return false
		},
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			for _, b := range a.balance {
				if b.available+b.pending == 0 {
					continue
				}
				if _, err := s.PayOut(ctx, PayoutOptions{Currency: b.currency, Everything: true}); err != nil {
					return err
				}
			}
			return nil
		},
	},
	{
		"payout-arrives", "Last payout arrives", "The payout arrived and is reconciled.", false,
		func(a account) bool {
			return a.lastPayout().Status == "pending" || a.lastPayout().Status == "in_transit"
		},
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			p := a.lastPayout()
			if p.Reconciliation == "in_progress" {
				if err := s.ReconcilePayout(ctx, p.ID); err != nil {
					return err
				}
			}
			return s.LandPayout(ctx, p.ID)
		},
	},
	{
		"payout-fails", "Last payout fails", "The payout failed, and the money is back.", false,
		func(a account) bool { return a.lastPayout().Status == "in_transit" || a.lastPayout().Status == "paid" },
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			return s.FailPayout(ctx, a.lastPayout().ID)
		},
	},
	{
		"foreign", "Another product takes a payment", "A payment that is not the campaign’s came in.", false, always,
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			_, err := s.TakeForeignCharge(ctx, ForeignCharge{Amount: max(3000, leastCharge(a.currency())), Currency: a.currency()})
			return err
		},
	},
	{
		"foreign-subscription", "Another product begins a subscription", "A subscription that is not the campaign’s began.", false, always,
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			_, err := s.ForeignSubscription(ctx, "subscriber@example.org", a.currency(), max(700, leastCharge(a.currency())))
			return err
		},
	},
	{
		"fee", "Stripe takes an account fee", "A fee was taken that belongs to no payment.", false, always,
		func(ctx context.Context, s *Simulator, a account, _ int64) error {
			_, err := s.TakeAccountFee(ctx, 500, a.currency())
			return err
		},
	},
}

func always(account) bool { return true }
