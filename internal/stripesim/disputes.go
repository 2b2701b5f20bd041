package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	disputeKind = "dispute"
	disputeFee  = 1500
	answerTime  = 7 * 24 * time.Hour // how long evidence may be given
)

// dispute is a donor's bank asking for the money back, or, as an inquiry, asking first.
type dispute struct {
	ID              string               `json:"id"`
	Object          string               `json:"object"`
	Amount          int64                `json:"amount"`
	Transactions    []balanceTransaction `json:"balance_transactions"`
	Charge          string               `json:"charge"`
	Created         int64                `json:"created"`
	Currency        string               `json:"currency"`
	Evidence        evidence             `json:"evidence"`
	EvidenceDetails evidenceDetails      `json:"evidence_details"`
	Refundable      bool                 `json:"is_charge_refundable"`
	Livemode        bool                 `json:"livemode"`
	Metadata        map[string]string    `json:"metadata"`
	PaymentIntent   string               `json:"payment_intent"`
	MethodDetails   *disputeMethod       `json:"payment_method_details,omitempty"`
	Reason          string               `json:"reason"`
	Status          string               `json:"status"`
}

type disputeMethod struct {
	Card disputeCard `json:"card"`
	Type string      `json:"type"`
}

type disputeCard struct {
	Brand       string  `json:"brand"`
	NetworkCode *string `json:"network_reason_code"`
}

type evidenceDetails struct {
	DueBy           *int64 `json:"due_by"`
	HasEvidence     bool   `json:"has_evidence"`
	PastDue         bool   `json:"past_due"`
	SubmissionCount int64  `json:"submission_count"`
}

// evidence is empty: nobody answers a pretend bank in writing. Each field is there, and null.
type evidence struct{}

var evidenceFields = []string{
	"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
	"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
	"duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
	"refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
	"shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
	"uncategorized_file", "uncategorized_text",
}

// MarshalJSON writes every field as null.
func (evidence) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	for _, name := range evidenceFields {
		fields[name] = nil
	}
	return json.Marshal(fields)
}

// chargedBack tells whether the dispute stands in the way of a refund.
func (d dispute) chargedBack() bool {
	return d.Status == "needs_response" || d.Status == "under_review" || d.Status == "lost"
}

func (d dispute) inquiry() bool {
	return d.Status == "warning_needs_response" || d.Status == "warning_under_review"
}

func (d dispute) open() bool {
	return d.inquiry() || d.Status == "needs_response" || d.Status == "under_review"
}

// taken is how much of the disputed amount is gone from the balance now.
func (d dispute) taken() (sum int64) {
	for _, txn := range d.Transactions {
		sum -= txn.Amount
	}
	return sum
}

// answerBy is until when evidence may be given from now on.
func (t *tx) answerBy() *int64 {
	due := t.now.Add(answerTime).Unix()
	return &due
}

func (t *tx) newDispute(ch charge, amount int64, reason, status string) dispute {
	d := dispute{
		ID: t.id("dp_1", 23), Object: disputeKind, Amount: amount, Transactions: []balanceTransaction{}, Charge: ch.ID, Created: t.now.Unix(),
		Currency: ch.Currency, EvidenceDetails: evidenceDetails{DueBy: t.answerBy()}, Metadata: map[string]string{}, PaymentIntent: ch.PaymentIntent,
		Reason: reason, Status: status,
	}
	if c := ch.MethodDetails.Card; c != nil {
		code := "10.4"
		d.MethodDetails = &disputeMethod{Type: "card", Card: disputeCard{Brand: c.Brand, NetworkCode: &code}}
	}
	d.Refundable = d.inquiry()
	return d
}

// transfer moves money of a dispute: taken when the amount is negative, given back when it is positive.
func (t *tx) transfer(d *dispute, amount, cost int64) error {
	category := "dispute"
	if amount > 0 {
		category = "dispute_reversal"
	}
	what := "Chargeback withdrawal for " + d.Charge
	if amount > 0 {
		what = "Chargeback reversal for " + d.Charge
	}
	id, err := t.move(balanceTransaction{
		Amount: amount, Currency: d.Currency, Description: &what, Fee: cost, ReportingCategory: category, Source: &d.ID, Type: "adjustment",
	})
	if err != nil {
		return err
	}
	var txn balanceTransaction
	if err := t.load(transactionKind, id, &txn, nil); err != nil {
		return err
	}
	d.Transactions = append(d.Transactions, txn)
	return nil
}

func (t *tx) findDispute(id string) (dispute, error) {
	var d dispute
	err := t.load(disputeKind, id, &d, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, disputeKind, id, "dispute")
	}
	return d, err
}

// disputesOf are a charge's disputes, oldest first.
func (t *tx) disputesOf(chargeID string) ([]dispute, error) {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ? ORDER BY seq`, disputeKind, chargeID)
	if err != nil {
		return nil, err
	}
	out := make([]dispute, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.body, &out[i]); err != nil {
			return nil, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
	}
	return out, nil
}

func (t *tx) saveDispute(d dispute) error { return t.update(d.ID, d.Charge, d, nil) }
