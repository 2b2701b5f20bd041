package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const transactionKind = "balance_transaction"

// settling is how long money stays pending: two days, then the day's start (https://docs.stripe.com/payouts).
const settling = 48 * time.Hour

// balanceTransaction is one movement of the balance.
type balanceTransaction struct {
	ID                string       `json:"id"`
	Object            string       `json:"object"`
	Amount            int64        `json:"amount"`
	AvailableOn       int64        `json:"available_on"`
	Created           int64        `json:"created"`
	Currency          string       `json:"currency"`
	Description       *string      `json:"description"`
	ExchangeRate      *json.Number `json:"exchange_rate"`
	Fee               int64        `json:"fee"`
	FeeDetails        []feeDetail  `json:"fee_details"`
	Net               int64        `json:"net"`
	ReportingCategory string       `json:"reporting_category"`
	Source            *string      `json:"source"`
	Status            string       `json:"status"`
	Type              string       `json:"type"`
}

type feeDetail struct {
	Amount      int64  `json:"amount"`
	Application any    `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// move stores a movement of the balance and returns its id. Net follows from Amount and Fee; Created is now where it is
// zero, and the money is there at once where AvailableOn is zero.
func (t *tx) move(txn balanceTransaction) (string, error) {
	txn.ID, txn.Object, txn.Net = t.id("txn_3", 23), transactionKind, txn.Amount-txn.Fee
	if txn.Created == 0 {
		txn.Created = t.now.Unix()
	}
	if txn.AvailableOn == 0 {
		txn.AvailableOn = txn.Created
	}
	txn.FeeDetails = []feeDetail{}
	if txn.Fee != 0 {
		what := "Stripe processing fees"
		if txn.ReportingCategory == "dispute" || txn.ReportingCategory == "dispute_reversal" {
			what = "Dispute fee"
		}
		txn.FeeDetails = append(txn.FeeDetails, feeDetail{Amount: txn.Fee, Currency: txn.Currency, Description: what, Type: "stripe_fee"})
	}
	past := txn.AvailableOn <= t.now.Unix()
	txn.Status = "pending"
	if past {
		txn.Status = "available"
	}
	if err := t.insert(transactionKind, txn.ID, txn.ref(), txn.Created, txn, nil); err != nil || past {
		return txn.ID, err
	}
	return txn.ID, t.at(time.Unix(txn.AvailableOn, 0), timerAvailable, txn.ID)
}

// ref is what lists find a movement by: the charge, refund, dispute or payout it comes from.
func (txn balanceTransaction) ref() string {
	if txn.Source == nil {
		return ""
	}
	return *txn.Source
}

// settle makes a charge's balance transaction and names it in the charge.
func (t *tx) settle(ch *charge) error {
	txn := balanceTransaction{
		Amount: ch.Amount, Created: ch.Created, Currency: ch.Currency, Description: ch.Description, Fee: fee(ch.Amount),
		ReportingCategory: "charge", Source: &ch.ID, Type: "charge",
	}
	if ch.isDebit() {
		txn.Type, txn.Fee, txn.Created = "payment", debitFee(ch.Amount), t.now.Unix()
	}
	txn.AvailableOn = availableOn(txn.Created)
	id, err := t.move(txn)
	ch.BalanceTransaction = &id
	return err
}

// availableOn is the day when money that came in then can be paid out.
func availableOn(created int64) int64 {
	return time.Unix(created, 0).UTC().Add(settling).Truncate(24 * time.Hour).Unix()
}

// settleInTime settles a charge at once or, after a wait, by a timer.
func (t *tx) settleInTime(ch *charge, wait time.Duration) error {
	if wait == 0 {
		return t.settle(ch)
	}
	return t.at(t.now.Add(wait), timerSettle, ch.ID)
}

// settleLate is the timer of a charge whose fee came late.
func (t *tx) settleLate(id string) error {
	var ch charge
	if err := t.load(chargeKind, id, &ch, nil); err != nil {
		return err
	}
	if err := t.settle(&ch); err != nil {
		return err
	}
	if err := t.saveCharge(ch); err != nil {
		return err
	}
	return t.emit("charge.updated", ch, map[string]any{"balance_transaction": nil}, requestRef{}, atOnce)
}

// becomeAvailable is the timer of money that was pending.
func (t *tx) becomeAvailable(id string) error {
	var txn balanceTransaction
	if err := t.load(transactionKind, id, &txn, nil); err != nil {
		return err
	}
	txn.Status = "available"
	return t.update(txn.ID, txn.ref(), txn, nil)
}

func listTransactions(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "source"); err != nil {
		return nil, err
	}
	if err := c.byFields(q, "type", "currency"); err != nil {
		return nil, err
	}
	if err := c.byPayout(q); err != nil {
		return nil, err
	}
	return c.list(transactionKind, q)
}

type balanceAmount struct {
	Amount      int64            `json:"amount"`
	Currency    string           `json:"currency"`
	SourceTypes map[string]int64 `json:"source_types"`
}

func amountOf(amount int64, currency string) balanceAmount {
	return balanceAmount{amount, currency, map[string]int64{"card": amount}}
}

// getBalance adds up what is available and what is pending, in each currency.
func getBalance(c *call) (any, error) {
	out := struct {
		Object    string          `json:"object"`
		Available []balanceAmount `json:"available"`
		Livemode  bool            `json:"livemode"`
		Pending   []balanceAmount `json:"pending"`
	}{Object: "balance", Available: []balanceAmount{}, Pending: []balanceAmount{}}
	all, err := c.balances()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		all = []accountBalance{{currency: "usd"}}
	}
	for _, b := range all {
		out.Available = append(out.Available, amountOf(b.available, b.currency))
		out.Pending = append(out.Pending, amountOf(b.pending, b.currency))
	}
	return out, nil
}

// accountBalance is the balance in one currency: the sum of its movements' net.
type accountBalance struct {
	currency           string
	available, pending int64
}

func (t *tx) balances() (out []accountBalance, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT json_extract(body, '$.currency') AS currency,
		SUM(CASE WHEN json_extract(body, '$.available_on') <= ? THEN json_extract(body, '$.net') ELSE 0 END),
		SUM(CASE WHEN json_extract(body, '$.available_on') > ? THEN json_extract(body, '$.net') ELSE 0 END)
		FROM objects WHERE kind = ? GROUP BY currency ORDER BY currency`, t.now.Unix(), t.now.Unix(), transactionKind)
	if err != nil {
		return nil, fmt.Errorf("stripesim: balance: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b accountBalance
		if err := rows.Scan(&b.currency, &b.available, &b.pending); err != nil {
			return nil, fmt.Errorf("stripesim: balance: %w", err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}
