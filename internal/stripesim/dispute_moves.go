package stripesim

import "context"

// DisputeOptions say what a bank disputes. The zero value is a fraud claim for the whole charge that takes the money at once.
type DisputeOptions struct {
	// Amount in minor units; what was captured when 0. It may exceed what is left after refunds, as Stripe allows.
	Amount int64
	// Inquiry only asks: no money moves until it is escalated.
	Inquiry bool
	// Reason is one of Stripe's words; fraudulent, or debit_not_authorized for a bank debit, when empty.
	Reason string
}

// OpenDispute opens a dispute or an inquiry on a charge that succeeded and returns its id. A bank debit's is a return:
// final, lost from the start (https://docs.stripe.com/payments/ach-direct-debit#ach-direct-debit-disputes).
func (s *Simulator) OpenDispute(ctx context.Context, chargeID string, o DisputeOptions) (string, error) {
	var d dispute
	err := s.do(ctx, func(t *tx) (err error) {
		d, err = t.openDispute(chargeID, o)
		return err
	})
	return d.ID, err
}

func (t *tx) openDispute(chargeID string, o DisputeOptions) (dispute, error) {
	ch, err := t.findCharge(chargeID)
	if err != nil {
		return dispute{}, err
	}
	if o.Amount == 0 {
		o.Amount = ch.AmountCaptured
	}
	if !ch.Paid || o.Amount < 0 || o.Amount > ch.AmountCaptured {
		return dispute{}, invalid("", "", "A bank can't dispute %s of this charge.", display(o.Amount, ch.Currency))
	}
	others, err := t.disputesOf(ch.ID)
	if err != nil {
		return dispute{}, err
	}
	for _, d := range others {
		if d.open() || d.Status == "lost" {
			return dispute{}, invalid("", "charge_disputed", "Charge %s is disputed already.", ch.ID)
		}
	}
	reason, status := o.Reason, "needs_response"
	switch {
	case ch.isDebit():
		status = "lost"
	case o.Inquiry:
		status = "warning_needs_response"
	}
	if reason == "" {
		reason = "fraudulent"
		if ch.isDebit() {
			reason = "debit_not_authorized"
		}
	}
	d := t.newDispute(ch, o.Amount, reason, status)
	if err := t.insert(disputeKind, d.ID, ch.ID, d.Created, d, nil); err != nil {
		return d, err
	}
	ch.Disputed = true
	if err := t.saveCharge(ch); err != nil {
		return d, err
	}
	if err := t.dropWarnings(ch.ID, requestRef{}); err != nil {
		return d, err
	}
	if d.inquiry() {
		return d, t.emit("charge.dispute.created", d, nil, requestRef{}, atOnce)
	}
	if err := t.transfer(&d, -d.Amount, disputeFee); err != nil {
		return d, err
	}
	if err := t.tellDispute(d, nil, "created", "funds_withdrawn"); err != nil || d.open() {
		return d, err
	}
	return d, t.tellDispute(d, nil, "closed")
}

// tellDispute saves a dispute and emits charge.dispute.… for each word.
func (t *tx) tellDispute(d dispute, before map[string]any, words ...string) error {
	if err := t.saveDispute(d); err != nil {
		return err
	}
	for _, word := range words {
		previous := before
		if word == "created" {
			previous = nil
		}
		if err := t.emit("charge.dispute."+word, d, previous, requestRef{}, atOnce); err != nil {
			return err
		}
	}
	return nil
}

// disputeChange is what happens to a dispute; it returns the words of charge.dispute.… that tell of it.
type disputeChange func(*tx, *dispute) ([]string, error)

func (s *Simulator) changeDispute(ctx context.Context, id string, allowed func(dispute) bool, change disputeChange) error {
	return s.do(ctx, func(t *tx) error { return t.changeDispute(id, allowed, change) })
}

// changeDispute makes a change in a dispute whose state allows it.
func (t *tx) changeDispute(id string, allowed func(dispute) bool, change disputeChange) error {
	d, err := t.findDispute(id)
	if err != nil {
		return err
	}
	if !allowed(d) {
		return invalid("", "", "This dispute (%s) is %s, which does not allow that.", id, d.Status)
	}
	status, moved := d.Status, d.Transactions
	words, err := change(t, &d)
	if err != nil {
		return err
	}
	before := map[string]any{}
	if d.Status != status {
		before["status"] = status
	}
	if len(d.Transactions) > len(moved) {
		before["balance_transactions"] = moved
	}
	d.Refundable = d.inquiry()
	return t.tellDispute(d, before, words...)
}

// EscalateDispute makes a dispute of an inquiry: now the money goes, and there is time to answer anew.
func (s *Simulator) EscalateDispute(ctx context.Context, id string) error {
	return s.changeDispute(ctx, id, dispute.inquiry, func(t *tx, d *dispute) ([]string, error) {
		d.Status, d.EvidenceDetails.DueBy = "needs_response", t.answerBy()
		return []string{"updated", "funds_withdrawn"}, t.transfer(d, -d.Amount, disputeFee)
	})
}

// AnswerDispute gives evidence: the bank reviews it.
func (s *Simulator) AnswerDispute(ctx context.Context, id string) error {
	return s.changeDispute(ctx, id, dispute.open, func(_ *tx, d *dispute) ([]string, error) {
		was := d.inquiry()
		d.Status, d.EvidenceDetails.HasEvidence = "under_review", true
		if was {
			d.Status = "warning_under_review"
		}
		d.EvidenceDetails.SubmissionCount++
		return []string{"updated"}, nil
	})
}

// WinDispute closes a dispute as won: what is gone comes back, and the dispute's fee where feeReturned says so.
func (s *Simulator) WinDispute(ctx context.Context, id string, feeReturned bool) error {
	return s.changeDispute(ctx, id, contested, winning(feeReturned))
}

func winning(feeReturned bool) disputeChange {
	return func(t *tx, d *dispute) ([]string, error) {
		d.Status = "won"
		var cost int64
		if feeReturned {
			cost = -disputeFee
		}
		if d.taken() == 0 && cost == 0 {
			return []string{"closed"}, nil
		}
		return []string{"funds_reinstated", "closed"}, t.transfer(d, d.taken(), cost)
	}
}

// ReinstateDispute gives back part of what a dispute took, without an end to it, as after a partial refund.
func (s *Simulator) ReinstateDispute(ctx context.Context, id string, amount int64) error {
	return s.changeDispute(ctx, id, dispute.chargedBack, func(t *tx, d *dispute) ([]string, error) {
		if amount < 1 || amount > d.taken() {
			return nil, invalid("amount", "", "The dispute has taken %s.", display(d.taken(), d.Currency))
		}
		return []string{"funds_reinstated"}, t.transfer(d, amount, 0)
	})
}

// LoseDispute closes a dispute as lost: the money stays gone.
func (s *Simulator) LoseDispute(ctx context.Context, id string) error {
	return s.changeDispute(ctx, id, contested, losing)
}

func losing(_ *tx, d *dispute) ([]string, error) {
	d.Status = "lost"
	return []string{"closed"}, nil
}

// CloseInquiry ends an inquiry that came to nothing.
func (s *Simulator) CloseInquiry(ctx context.Context, id string) error {
	return s.changeDispute(ctx, id, dispute.inquiry, func(_ *tx, d *dispute) ([]string, error) {
		d.Status = "warning_closed"
		return []string{"closed"}, nil
	})
}

func contested(d dispute) bool { return d.Status == "needs_response" || d.Status == "under_review" }
