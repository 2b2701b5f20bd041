package stripesim

import (
	"errors"
	"fmt"
	"time"
)

const transactionKind = "balance_transaction"

// settling is how long money stays pending: two days, then the day's start (https://docs.stripe.com/payouts).
const settling = 48 * time.Hour

// balanceTransaction is one movement of the balance.
type balanceTransaction struct {
	ID                string      `json:"id"`
	Object            string      `json:"object"`
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Created           int64       `json:"created"`
	Currency          string      `json:"currency"`
	Description       *string     `json:"description"`
	ExchangeRate      any         `json:"exchange_rate"`
	Fee               int64       `json:"fee"`
	FeeDetails        []feeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            string      `json:"source"`
	Status            string      `json:"status"`
	Type              string      `json:"type"`
}

type feeDetail struct {
	Amount      int64  `json:"amount"`
	Application any    `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// settle makes a charge's balance transaction and names it in the charge.
func (t *tx) settle(ch *charge) error {
	cost := fee(ch.Amount)
	txn := balanceTransaction{
		ID: t.id("txn_3", 23), Object: transactionKind, Amount: ch.Amount, Created: ch.Created, Currency: ch.Currency,
		AvailableOn: time.Unix(ch.Created, 0).UTC().Add(settling).Truncate(24 * time.Hour).Unix(),
		Description: ch.Description, Fee: cost, Net: ch.Amount - cost,
		FeeDetails:        []feeDetail{{Amount: cost, Currency: ch.Currency, Description: "Stripe processing fees", Type: "stripe_fee"}},
		ReportingCategory: "charge", Source: ch.ID, Status: "pending", Type: "charge",
	}
	ch.BalanceTransaction = &txn.ID
	past := txn.AvailableOn <= t.now.Unix()
	if past {
		txn.Status = "available"
	}
	if err := t.insert(transactionKind, txn.ID, ch.ID, txn.Created, txn, nil); err != nil || past {
		return err
	}
	return t.at(time.Unix(txn.AvailableOn, 0), timerAvailable, txn.ID)
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
	if err := t.update(ch.ID, ch.PaymentIntent, ch, nil); err != nil {
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
	return t.update(txn.ID, txn.Source, txn, nil)
}

func listTransactions(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "source"); err != nil {
		return nil, err
	}
	for _, field := range []string{"type", "currency"} {
		v, err := c.params.at(field).text(100)
		if err != nil {
			return nil, err
		}
		if v != "" {
			q.and("json_extract(body, '$."+field+"') = ?", v)
		}
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
func getBalance(c *call) (_ any, err error) {
	out := struct {
		Object    string          `json:"object"`
		Available []balanceAmount `json:"available"`
		Livemode  bool            `json:"livemode"`
		Pending   []balanceAmount `json:"pending"`
	}{Object: "balance", Available: []balanceAmount{}, Pending: []balanceAmount{}}
	rows, err := c.QueryContext(c.ctx, `SELECT json_extract(body, '$.currency') AS currency,
		SUM(CASE WHEN json_extract(body, '$.available_on') <= ? THEN json_extract(body, '$.net') ELSE 0 END),
		SUM(CASE WHEN json_extract(body, '$.available_on') > ? THEN json_extract(body, '$.net') ELSE 0 END)
		FROM objects WHERE kind = ? GROUP BY currency ORDER BY currency`, c.now.Unix(), c.now.Unix(), transactionKind)
	if err != nil {
		return nil, fmt.Errorf("stripesim: balance: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var currency string
		var available, pending int64
		if err := rows.Scan(&currency, &available, &pending); err != nil {
			return nil, fmt.Errorf("stripesim: balance: %w", err)
		}
		out.Available = append(out.Available, amountOf(available, currency))
		out.Pending = append(out.Pending, amountOf(pending, currency))
	}
	if len(out.Available) == 0 {
		out.Available = append(out.Available, amountOf(0, "usd"))
		out.Pending = append(out.Pending, amountOf(0, "usd"))
	}
	return out, rows.Err()
}
