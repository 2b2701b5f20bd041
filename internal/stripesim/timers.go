package stripesim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a timer does to its object.
const (
	timerExpire    = "expire"    // an open session's time is over
	timerSettle    = "settle"    // a late fee arrives
	timerAvailable = "available" // pending money becomes available
	timerRefund    = "refund"    // a pending refund arrives
	timerDebit     = "debit"     // a bank debit goes through
	timerPayout    = "payout"    // a payout takes its next step
)

// at sets an object's timer.
func (t *tx) at(when time.Time, kind, object string) error {
	_, err := t.ExecContext(t.ctx, `INSERT OR REPLACE INTO timers (due, kind, object) VALUES (?, ?, ?)`, when.UnixMilli(), kind, object)
	if err != nil {
		return fmt.Errorf("stripesim: set timer: %w", err)
	}
	t.woken = true
	return nil
}

func (t *tx) cancelTimer(kind, object string) error {
	_, err := t.ExecContext(t.ctx, `DELETE FROM timers WHERE kind = ? AND object = ?`, kind, object)
	if err != nil {
		return fmt.Errorf("stripesim: cancel timer: %w", err)
	}
	return nil
}

type timer struct{ kind, object string }

// tick does what time alone does, for everything that has become due.
func (s *Simulator) tick(ctx context.Context) error {
	for more := true; more; {
		err := s.do(ctx, func(t *tx) error {
			due, err := t.dueTimers()
			if err != nil {
				return err
			}
			more = len(due) > 0
			for _, each := range due {
				if err := t.fire(each); err != nil {
					return err
				}
			}
			return t.forgetAnswers()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dueTimers reads a batch, so that no transaction grows with the time the simulator was off.
func (t *tx) dueTimers() (due []timer, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT kind, object FROM timers WHERE due <= ? ORDER BY due, kind, object LIMIT 100`, t.now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("stripesim: due timers: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var each timer
		if err := rows.Scan(&each.kind, &each.object); err != nil {
			return nil, fmt.Errorf("stripesim: due timers: %w", err)
		}
		due = append(due, each)
	}
	return due, rows.Err()
}

func (t *tx) fire(each timer) error {
	if err := t.cancelTimer(each.kind, each.object); err != nil {
		return err
	}
	switch each.kind {
	case timerExpire:
		cs, hidden, err := t.findSession(each.object)
		if err != nil || cs.Status != "open" {
			return err
		}
		_, err = t.expire(cs, hidden, requestRef{})
		return err
	case timerSettle:
		return t.settleLate(each.object)
	case timerAvailable:
		return t.becomeAvailable(each.object)
	case timerRefund:
		return t.refundArrives(each.object)
	case timerDebit:
		return t.debitArrives(each.object)
	case timerPayout:
		return t.payoutMovesOn(each.object)
	case timerRenew, timerFinalize, timerRetry:
		return t.fireRenewal(each)
	default:
		return fmt.Errorf("stripesim: unknown timer %q", each.kind)
	}
}
