package stripesim

import (
	"context"
	"encoding/json"
	"fmt"
)

const warningKind = "radar.early_fraud_warning"

// warning is a card network's word that a charge may be a fraud. No money moves.
type warning struct {
	ID            string `json:"id"`
	Object        string `json:"object"`
	Actionable    bool   `json:"actionable"`
	Charge        string `json:"charge"`
	Created       int64  `json:"created"`
	FraudType     string `json:"fraud_type"`
	Livemode      bool   `json:"livemode"`
	PaymentIntent string `json:"payment_intent"`
}

// WarnOfFraud makes an early fraud warning about a charge and returns its id. It is actionable until the charge is
// refunded or disputed (https://docs.stripe.com/api/radar/early_fraud_warnings/object).
func (s *Simulator) WarnOfFraud(ctx context.Context, chargeID string) (string, error) {
	var w warning
	err := s.do(ctx, func(t *tx) error {
		ch, err := t.findCharge(chargeID)
		if err != nil {
			return err
		}
		w = warning{
			ID: t.id("issfr_1", 23), Object: warningKind, Actionable: ch.Paid && !ch.Refunded && !ch.Disputed, Charge: ch.ID, Created: t.now.Unix(),
			FraudType: "made_with_stolen_card", PaymentIntent: ch.PaymentIntent,
		}
		if err := t.insert(warningKind, w.ID, ch.ID, w.Created, w, nil); err != nil {
			return err
		}
		return t.emit(warningKind+".created", w, nil, requestRef{}, atOnce)
	})
	return w.ID, err
}

// dropWarnings says that there is nothing left to do about a charge's warnings.
func (t *tx) dropWarnings(chargeID string, by requestRef) error {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ? ORDER BY seq`, warningKind, chargeID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		var w warning
		if err := json.Unmarshal(r.body, &w); err != nil {
			return fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
		if !w.Actionable {
			continue
		}
		w.Actionable = false
		if err := t.update(w.ID, w.Charge, w, nil); err != nil {
			return err
		}
		if err := t.emit(warningKind+".updated", w, map[string]any{"actionable": true}, by, atOnce); err != nil {
			return err
		}
	}
	return nil
}
