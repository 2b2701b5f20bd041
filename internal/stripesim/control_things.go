package stripesim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// payment is a charge with what happened to it, as the control page's actions need it.
type payment struct {
	charge
	disputes []dispute
	refunds  []refund
}

func (p payment) currency() string { return p.Currency }

// dispute is the last one, or a blank one: no state of it allows anything.
func (p payment) dispute() dispute {
	if len(p.disputes) == 0 {
		return dispute{}
	}
	return p.disputes[len(p.disputes)-1]
}

// refunded is the last refund that is in a state, or a blank one.
func (p payment) refunded(status string) refund {
	for i := len(p.refunds) - 1; i >= 0; i-- {
		if p.refunds[i].Status == status {
			return p.refunds[i]
		}
	}
	return refund{}
}

// refundable tells whether some of it can be given back.
func (p payment) refundable() bool {
	for _, d := range p.disputes {
		if d.chargedBack() {
			return false
		}
	}
	return p.Paid && p.AmountRefunded < p.AmountCaptured
}

// disputable tells whether a bank may open a dispute.
func (p payment) disputable() bool {
	d := p.dispute()
	return p.Paid && !d.open() && d.Status != "lost"
}

// states say in words how the payment stands.
func (p payment) states() []string {
	out := []string{words(p.Status)}
	if p.isDebit() {
		out[0] = "bank debit " + out[0]
	}
	if p.AmountRefunded > 0 {
		out = append(out, "refunded "+display(p.AmountRefunded, p.Currency))
	}
	for _, re := range p.refunds {
		if re.Status != "succeeded" {
			out = append(out, "refund "+words(re.Status))
		}
	}
	for _, d := range p.disputes {
		out = append(out, "dispute "+words(d.Status))
	}
	return out
}

func words(status string) string { return strings.ReplaceAll(status, "_", " ") }

func (t *tx) findPayment(id string) (payment, error) {
	ch, err := t.findCharge(id)
	if err != nil {
		return payment{}, err
	}
	return t.paymentOf(ch)
}

func (t *tx) paymentOf(ch charge) (payment, error) {
	p := payment{charge: ch}
	var err error
	if p.disputes, err = t.disputesOf(ch.ID); err != nil {
		return p, err
	}
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ? ORDER BY seq`, refundKind, ch.ID)
	if err != nil {
		return p, err
	}
	p.refunds = make([]refund, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.body, &p.refunds[i]); err != nil {
			return p, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
	}
	return p, nil
}

// latestPayments are the newest payments that are older than one of them, and whether there are more.
func (t *tx) latestPayments(after string, n int) (out []payment, more bool, err error) {
	from, args := "", []any{chargeKind}
	if after != "" {
		r, err := t.find(chargeKind, after)
		if err != nil {
			return nil, false, noSuch(404, chargeKind, after, "after")
		}
		from, args = " AND (created, seq) < (?, ?)", append(args, r.created, r.seq)
	}
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ?`+from+` ORDER BY created DESC, seq DESC LIMIT ?`,
		append(args, n+1)...)
	if err != nil {
		return nil, false, err
	}
	if len(rows) > n {
		rows, more = rows[:n], true
	}
	for _, r := range rows {
		var ch charge
		if err := json.Unmarshal(r.body, &ch); err != nil {
			return nil, false, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
		p, err := t.paymentOf(ch)
		if err != nil {
			return nil, false, err
		}
		out = append(out, p)
	}
	return out, more, nil
}

// account is what the control page knows of the whole account.
type account struct {
	balance []accountBalance
	payouts []payout // the latest few
}

// currency is what its payments are in, or dollars.
func (a account) currency() string {
	if len(a.balance) == 0 {
		return "usd"
	}
	return a.balance[0].currency
}

// lastPayout is the newest, or a blank one.
func (a account) lastPayout() payout {
	if len(a.payouts) == 0 {
		return payout{}
	}
	return a.payouts[0]
}

// findAccount reads the one account there is; the id is not looked at.
func (t *tx) findAccount(string) (account, error) {
	var a account
	var err error
	if a.balance, err = t.balances(); err != nil {
		return a, err
	}
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC LIMIT 5`, payoutKind)
	if err != nil {
		return a, err
	}
	a.payouts = make([]payout, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.body, &a.payouts[i]); err != nil {
			return a, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
	}
	return a, nil
}

// signed is display for an amount that may be negative.
func signed(minor int64, code string) string {
	if minor < 0 {
		return "−" + display(-minor, code)
	}
	return display(minor, code)
}

// parseAmount reads 12.50 or 12 as minor units; empty is 0.
func parseAmount(text, code string) (int64, error) {
	text = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(text), ",", ""), "$")
	if text == "" {
		return 0, nil
	}
	whole, cents, split := strings.Cut(text, ".")
	digits := whole + cents
	switch {
	case split && (len(cents) != 2 || zeroDecimal(code)):
		digits = "x"
	case !split && !zeroDecimal(code):
		digits += "00"
	}
	v, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || v == 0 || v > maxAmount {
		return 0, invalid("amount", "", "Enter an amount, such as 12.50, or leave it empty for all of it.")
	}
	return int64(v), nil
}
