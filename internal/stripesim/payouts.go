package stripesim

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const payoutKind = "payout"

// payout moves the balance to the newsroom's bank, or, where it is negative, from there.
type payout struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	ArrivalDate        int64             `json:"arrival_date"`
	Automatic          bool              `json:"automatic"`
	BalanceTransaction *string           `json:"balance_transaction"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Description        *string           `json:"description"`
	Destination        *string           `json:"destination"`
	FailureTransaction *string           `json:"failure_balance_transaction"`
	FailureCode        *string           `json:"failure_code"`
	FailureMessage     *string           `json:"failure_message"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	Method             string            `json:"method"`
	OriginalPayout     any               `json:"original_payout"`
	Reconciliation     string            `json:"reconciliation_status"`
	ReversedBy         any               `json:"reversed_by"`
	SourceType         string            `json:"source_type"`
	StatementDesc      any               `json:"statement_descriptor"`
	Status             string            `json:"status"`
	Type               string            `json:"type"`
}

func listPayouts(c *call) (any, error) {
	q := &query{}
	status, err := c.params.at("status").oneOf("pending", "paid", "failed", "canceled", "in_transit")
	if err != nil {
		return nil, err
	}
	if status != "" {
		q.and("ref = ?", status)
	}
	if err := c.timeRange(q, "arrival_date", "json_extract(body, '$.arrival_date')"); err != nil {
		return nil, err
	}
	return c.list(payoutKind, q)
}

// byPayout keeps the movements that an automatic payout paid out, and its own. While its reconciliation is in progress
// that is its own alone; of a manual one nobody can say
// (https://docs.stripe.com/payouts/reconciliation, https://docs.stripe.com/api/balance_transactions/list).
func (c *call) byPayout(q *query) error {
	id, err := c.params.at("payout").text(255)
	if err != nil || id == "" {
		return err
	}
	var p payout
	err = c.load(payoutKind, id, &p, nil)
	if errors.Is(err, errMissing) {
		return noSuch(http.StatusBadRequest, payoutKind, id, "payout")
	}
	if err != nil {
		return err
	}
	if !p.Automatic {
		return invalid("payout", "", "Balance transaction history can only be filtered on automatic transfers, not manual.")
	}
	q.and("id IN (SELECT txn FROM members WHERE payout = ?)", id)
	if p.Reconciliation != "completed" {
		q.and("ref = ?", id)
	}
	return nil
}

func (t *tx) findPayout(id string) (payout, error) {
	var p payout
	err := t.load(payoutKind, id, &p, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, payoutKind, id, "payout")
	}
	return p, err
}

// newPayout takes an amount out of the balance for the bank.
func (t *tx) newPayout(amount int64, currency string, automatic bool) (payout, error) {
	words, bank := "STRIPE PAYOUT", "ba_1Simulator000000000000000"
	p := payout{
		ID: t.id("po_1", 23), Object: payoutKind, Amount: amount, Automatic: automatic, Created: t.now.Unix(), Currency: currency,
		ArrivalDate: t.now.Add(settling).Truncate(24 * time.Hour).Unix(), Description: &words, Destination: &bank, Metadata: map[string]string{},
		Method: "standard", Reconciliation: "not_applicable", SourceType: "card", Status: "pending", Type: "bank_account",
	}
	if automatic {
		p.Reconciliation = "in_progress"
	}
	id, err := t.move(balanceTransaction{
		Amount: -amount, Currency: currency, Description: &words, ReportingCategory: "payout", Source: &p.ID, Type: "payout",
	})
	if err != nil {
		return p, err
	}
	p.BalanceTransaction = &id
	if err := t.insert(payoutKind, p.ID, p.Status, p.Created, p, nil); err != nil {
		return p, err
	}
	return p, t.at(t.now.Add(payoutStep), timerPayout, p.ID)
}

// unpaid is the net of what became available and was in no automatic payout yet.
func (t *tx) unpaid(currency string) (sum int64, err error) {
	err = t.QueryRowContext(t.ctx, `SELECT COALESCE(SUM(json_extract(body, '$.net')), 0) FROM objects WHERE `+unpaidRows,
		transactionKind, currency, t.now.Unix()).Scan(&sum)
	if err != nil {
		err = fmt.Errorf("stripesim: what can be paid out: %w", err)
	}
	return sum, err
}

// join makes members of a payout of all that unpaid counted, and of the payout's own movement.
func (t *tx) join(p payout) error {
	_, err := t.ExecContext(t.ctx, `INSERT INTO members (txn, payout) SELECT id, ? FROM objects WHERE `+unpaidRows,
		p.ID, transactionKind, p.Currency, t.now.Unix())
	if err != nil {
		return fmt.Errorf("stripesim: members of %s: %w", p.ID, err)
	}
	return nil
}

const unpaidRows = `kind = ? AND json_extract(body, '$.currency') = ? AND json_extract(body, '$.available_on') <= ?
	AND id NOT IN (SELECT txn FROM members)`

// hurry makes all pending money available now.
func (t *tx) hurry(currency string) error {
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects
		WHERE kind = ? AND json_extract(body, '$.currency') = ? AND json_extract(body, '$.available_on') > ?`, transactionKind, currency, t.now.Unix())
	if err != nil {
		return err
	}
	for _, r := range rows {
		var txn balanceTransaction
		if err := t.load(transactionKind, r.id, &txn, nil); err != nil {
			return err
		}
		txn.AvailableOn, txn.Status = t.now.Unix(), "available"
		if err := t.update(txn.ID, txn.ref(), txn, nil); err != nil {
			return err
		}
		if err := t.cancelTimer(timerAvailable, txn.ID); err != nil {
			return err
		}
	}
	return nil
}
