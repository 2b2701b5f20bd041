package stripesim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
)

// ForeignCharge is a payment that another product on the same Stripe account took.
type ForeignCharge struct {
	// Amount in minor units, and its currency; usd when empty.
	Amount   int64
	Currency string
	// Metadata is the other product's; none of ours when nil.
	Metadata map[string]string
	// SettledAmount and SettledCurrency are what the balance gets, where Stripe converts the money.
	SettledAmount   int64
	SettledCurrency string
}

// TakeForeignCharge makes a successful charge that came from no Checkout Session, and returns its id.
func (s *Simulator) TakeForeignCharge(ctx context.Context, f ForeignCharge) (string, error) {
	if f.Currency == "" {
		f.Currency = "usd"
	}
	if f.SettledCurrency == "" {
		f.SettledCurrency, f.SettledAmount = f.Currency, f.Amount
	}
	if f.Amount < leastCharge(f.Currency) || !knownCurrency(f.Currency) || !knownCurrency(f.SettledCurrency) || f.SettledAmount < 1 {
		return "", fmt.Errorf("stripesim: %d %s that settles as %d %s is no charge", f.Amount, f.Currency, f.SettledAmount, f.SettledCurrency)
	}
	var ch charge
	err := s.do(ctx, func(t *tx) error {
		now, by, what := t.now.Unix(), t.donorRequest(), "Tote bag"
		pi := t.newIntent(session{AmountTotal: f.Amount, Currency: f.Currency, PaymentMethodTypes: []string{"card"}},
			intentData{Metadata: f.Metadata, Description: &what, CaptureMethod: "automatic"}, now)
		ch = t.newCharge(pi, payer{Email: "customer@example.org"}.billing(), cards[1], now)
		ch.succeed()
		txn := balanceTransaction{
			Amount: f.SettledAmount, Created: now, AvailableOn: availableOn(now), Currency: f.SettledCurrency, Description: &what,
			Fee: fee(f.SettledAmount), ReportingCategory: "charge", Source: &ch.ID, Type: "charge",
		}
		if f.SettledCurrency != f.Currency {
			rate := json.Number(big.NewRat(f.SettledAmount, f.Amount).FloatString(6))
			txn.ExchangeRate = &rate
		}
		id, err := t.move(txn)
		if err != nil {
			return err
		}
		ch.BalanceTransaction = &id
		pi.succeed(ch)
		if err := t.insert(intentKind, pi.ID, "", now, pi, nil); err != nil {
			return err
		}
		if err := t.insert(chargeKind, ch.ID, pi.ID, now, ch, nil); err != nil {
			return err
		}
		if err := t.emit("charge.succeeded", ch, nil, by, atOnce); err != nil {
			return err
		}
		return t.emit("payment_intent.succeeded", pi, nil, by, atOnce)
	})
	return ch.ID, err
}

// TakeAccountFee takes a fee of Stripe's own out of the balance, which belongs to no charge, and returns the movement's id.
// The amount is positive, in minor units; currency is usd when empty.
func (s *Simulator) TakeAccountFee(ctx context.Context, amount int64, currency string) (string, error) {
	return s.moveAlone(ctx, "Radar for Fraud Teams", balanceTransaction{Amount: -amount, Currency: currency, ReportingCategory: "fee", Type: "stripe_fee"})
}

// Adjust changes the balance by an amount that may be negative, for no reason the API tells, and returns the movement's id.
func (s *Simulator) Adjust(ctx context.Context, amount int64, currency string) (string, error) {
	return s.moveAlone(ctx, "Adjustment", balanceTransaction{Amount: amount, Currency: currency, ReportingCategory: "other_adjustment", Type: "adjustment"})
}

// moveAlone makes a movement without a source. No event tells of it: it is found by listing balance transactions.
func (s *Simulator) moveAlone(ctx context.Context, what string, txn balanceTransaction) (id string, err error) {
	if txn.Currency == "" {
		txn.Currency = "usd"
	}
	if !knownCurrency(txn.Currency) || txn.Amount == 0 {
		return "", fmt.Errorf("stripesim: %d %s moves nothing", txn.Amount, txn.Currency)
	}
	txn.Description = &what
	err = s.do(ctx, func(t *tx) (err error) {
		id, err = t.move(txn)
		return err
	})
	return id, err
}

// ChargeOf is the id of the charge that a session was paid, or is being paid, with.
func (s *Simulator) ChargeOf(ctx context.Context, sessionID string) (string, error) {
	var id string
	err := s.do(ctx, func(t *tx) error {
		cs, hidden, err := t.findSession(sessionID)
		if err != nil {
			return err
		}
		var pi paymentIntent
		if intent := hidden.intentOf(cs); intent != "" {
			err = t.load(intentKind, intent, &pi, nil)
		}
		if err == nil && pi.LatestCharge == nil {
			err = fmt.Errorf("stripesim: the session %s has no charge", sessionID)
		}
		if err == nil {
			id = *pi.LatestCharge
		}
		return err
	})
	return id, err
}
