package stripesim

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

const day24 = 24 * time.Hour

// happening is something of the sample's past. It may lead to later ones.
type happening struct {
	at time.Time
	do func(*tx) ([]happening, error)
}

// aftermath makes up what happened to the gifts, whose charges are given in the same order: of a hundred, about three
// were refunded and one disputed; each week was paid out.
func (o SampleOptions) aftermath(seed uint64, gifts []gift, charges []string) (out []happening) {
	name := fnv.New64a()
	name.Write([]byte("aftermath " + o.Campaign))
	r := rand.New(rand.NewPCG(seed, name.Sum64())) //nolint:gosec // the same seed has to give the same past
	for i, g := range gifts {
		later := func(from, days int) time.Time {
			return g.at.Add(time.Duration(from)*day24 + time.Duration(r.IntN(days*24*60))*time.Minute)
		}
		switch n := r.IntN(100); {
		case n < 3:
			amount := int64(0)
			if half := (g.amount + g.fees) / 2; n == 0 && half > 0 {
				amount = half
			}
			out = append(out, refunding(later(0, 9), charges[i], amount))
		case n == 3:
			out = append(out, disputing(later(8, 14), charges[i], r.IntN(3)))
		}
	}
	for at := o.From.Add(7 * day24); at.Before(o.To); at = at.Add(7 * day24) {
		out = append(out, payingOut(at, o.Currency))
	}
	return slices.DeleteFunc(out, func(h happening) bool { return !h.at.Before(o.To) })
}

func refunding(at time.Time, chargeID string, amount int64) happening {
	return happening{at, func(t *tx) ([]happening, error) {
		ch, err := t.findCharge(chargeID)
		if err != nil {
			return nil, err
		}
		_, err = t.refund(ch, RefundOptions{Amount: amount, Reason: "requested_by_customer"}, requestRef{})
		return nil, err
	}}
}

// disputing opens a dispute that three weeks later is won, lost or, when end is 2, still open.
func disputing(at time.Time, chargeID string, end int) happening {
	return happening{at, func(t *tx) ([]happening, error) {
		d, err := t.openDispute(chargeID, DisputeOptions{})
		if err != nil || end == 2 {
			return nil, err
		}
		return []happening{{at.Add(21 * day24), func(t *tx) ([]happening, error) {
			if end == 0 {
				return nil, t.changeDispute(d.ID, contested, winning(true))
			}
			return nil, t.changeDispute(d.ID, contested, losing)
		}}}, nil
	}}
}

// payingOut begins an automatic payout, where there is something to pay out, and what follows from it by time.
func payingOut(at time.Time, currency string) happening {
	return happening{at, func(t *tx) ([]happening, error) {
		amount, err := t.unpaid(currency)
		if err != nil || amount == 0 {
			return nil, err
		}
		p, err := t.beginPayout(amount, currency, true)
		if err != nil {
			return nil, err
		}
		step := func(t *tx) ([]happening, error) { return nil, t.payoutMovesOn(p.ID) }
		return []happening{{at.Add(payoutStep), step}, {at.Add(2 * payoutStep), step}, {time.Unix(p.ArrivalDate, 0), step}}, nil
	}}
}

// live lets everything happen in the order of time, each at its own instant, up to now. What would happen later is left
// to timers or to whoever acts.
func (s *Simulator) live(ctx context.Context, past []happening) error {
	for len(past) > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stripesim: sample: %w", err)
		}
		err := s.do(ctx, func(t *tx) error {
			for n := 0; n < sampleBatch && len(past) > 0; n++ {
				next := 0
				for i := range past {
					if past[i].at.Before(past[next].at) {
						next = i
					}
				}
				h := past[next]
				past = slices.Delete(past, next, next+1)
				if h.at.After(t.real) {
					continue
				}
				t.now = h.at.UTC()
				more, err := h.do(t)
				if err != nil {
					return err
				}
				past = append(past, more...)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("stripesim: sample: %w", err)
		}
	}
	return nil
}
