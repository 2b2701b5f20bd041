//go:build !race

package webhooks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// november and december are months of the campaign's zone.
var (
	november = models.Period{From: civil(2026, 11, 1), To: civil(2026, 11, 30)}
	december = models.Period{From: civil(2026, 12, 1), To: civil(2026, 12, 31)}
)

func civil(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestALateRefundOfAClosedMonthAppearsInTheOpenOneSaysSoAndBothMonthsStillAddUp(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			// Stripe's word of a refund takes three days.
			a := newAccount(t, clock, 7, func(kind string, copies int, delay time.Duration) (int, time.Duration) {
				if strings.Contains(kind, "refund") {
					return copies, 72 * time.Hour
				}
				return copies, delay
			})
			keep := func(address string) *bookkeeper {
				return a.keptIn(storetest.OpenWith(t, models.Options{URL: address, Slug: a.campaign.Slug, Zone: a.campaign.Zone, Now: clock.Now}))
			}
			b := keep(address(t)).subscribed()

			d := b.give(models.Choices{Frequency: models.Once, Amount: 100_00, Tribute: models.NoTribute}, "ruth@example.org", "succeeds")
			b.give(models.Choices{Frequency: models.Once, Amount: 50_00, Tribute: models.NoTribute}, "sam@example.org", "succeeds")
			b.later(time.Minute)
			clock.Advance(time.Date(2026, 11, 30, 22, 0, 0, 0, a.campaign.Zone).Sub(clock.Now()))
			b.refund(d, stripesim.RefundOptions{Amount: 40_00})
			b.later(26 * time.Hour) // it is December 2, and the word is not there

			closed := b.monthEnds()

			b.later(48 * time.Hour)
			b.lateRefund(d)
			b.agree(b.sync())

			after, err := b.store.TotalsAsOf(t.Context(), time.Date(2026, 11, 30, 23, 59, 59, 0, a.campaign.Zone))
			b.ok(err)
			if after.Net != closed.Net || after.Fees != 0 {
				t.Errorf("what was closed came to %s, and comes to %s", closed.Net, after.Net)
			}
			inNovember, inDecember, all := b.netOf(november), b.netOf(december), b.totals()
			if inNovember != closed.Net || inNovember+inDecember != all.Net {
				t.Errorf("November %s and December %s are not the closed %s and all %s", inNovember, inDecember, closed.Net, all.Net)
			}
			// All of December came late: the refund, and the fees of November, which no sync had read.
			if inDecember != all.LateNet || all.Late != 3 {
				t.Errorf("December has %s, of which %d postings of %s are late", inDecember, all.Late, all.LateNet)
			}

			// Books made anew from Stripe know of no closing, and say the same of the money.
			anew := keep(storetest.InMemory(t))
			anew.agree(anew.sync())
			if diff := cmp.Diff(b.ledger(), anew.ledger()); diff != "" {
				t.Errorf("books made anew say otherwise (-closed +anew):\n%s", diff)
			}
		})
	}
}

// monthEnds closes November, and returns what it came to.
func (b *bookkeeper) monthEnds() models.Totals {
	b.t.Helper()
	ctx := b.t.Context()
	before, err := b.store.TotalsAsOf(ctx, time.Date(2026, 11, 30, 23, 59, 59, 0, b.campaign.Zone))
	b.ok(err)
	if before.Net != 150_00 || before.Refunded != 0 {
		b.t.Fatalf("November came to %s before the word of the refund", before.Net)
	}
	if _, err := b.store.CloseDays(ctx, "ada@example.org", civil(2026, 12, 2), false); !errors.Is(err, models.ErrNotOver) {
		b.t.Errorf("a day that is not over was closed: %v", err)
	}
	// No sync has read Stripe since November ended, and so a word can be missing.
	if _, err := b.store.CloseDays(ctx, "ada@example.org", november.To, false); !errors.Is(err, models.ErrUnsettled) {
		b.t.Errorf("days were closed of which Stripe was not read to the end: %v", err)
	}
	closing, err := b.store.CloseDays(ctx, "ada@example.org", november.To, true)
	b.ok(err)
	if got := closing.Balances[models.DonationIncome]; closing.Postings != 2 || got != -150_00 {
		b.t.Errorf("%d postings were closed, with %s of income", closing.Postings, got)
	}
	if _, err := b.store.CloseDays(ctx, "ada@example.org", november.To, true); !errors.Is(err, models.ErrExists) {
		b.t.Errorf("closed days were closed again: %v", err)
	}
	return before
}

// lateRefund expects the refund in the first moment of December, saying that it
// is of November 30.
func (b *bookkeeper) lateRefund(d models.Donation) {
	b.t.Helper()
	all := b.totals()
	if all.Refunded != 40_00 || all.Late != 1 || all.LateNet != -40_00 || all.ClosedThrough != "2026-11-30" {
		b.t.Errorf("after the word of the refund: %+v", all)
	}
	late, err := b.store.LatePostings(b.t.Context(), time.Time{}, 10)
	b.ok(err)
	if len(late) != 1 {
		b.t.Fatalf("late are %+v", late)
	}
	opened := time.Date(2026, 12, 1, 0, 0, 0, 0, b.campaign.Zone)
	happened := time.Date(2026, 11, 30, 22, 0, 0, 0, b.campaign.Zone)
	if p := late[0]; p.Kind != models.RefundMade || p.Reference != d.Reference || p.Amount != -40_00 || !p.At.Equal(opened) || !p.HappenedAt.Equal(happened) {
		b.t.Errorf("late is %+v", p)
	}
	history, err := b.store.FindHistory(b.t.Context(), d.ID)
	b.ok(err)
	for _, f := range history.Facts {
		if (f.Kind == models.RefundMade) != (f.BookedAt != nil) {
			b.t.Errorf("%s is booked at %v", f.Kind, f.BookedAt)
		}
	}
}

// netOf is what the gifts of a period's days come to by the journal, which must
// be what the figures of the days say.
func (b *bookkeeper) netOf(p models.Period) money.Minor {
	b.t.Helper()
	var net money.Minor
	for posting, err := range b.store.ExportJournal(b.t.Context(), p.In(b.campaign.Zone)) {
		b.ok(err)
		for _, l := range posting.Lines {
			switch l.Account {
			case models.DonationIncome, models.ContraRefunds, models.ContraDisputes, models.FeeExpense:
				net -= l.Amount
			default: // the other side of each
			}
		}
	}
	overview, err := b.store.Overview(b.t.Context(), p, models.Filter{})
	b.ok(err)
	if overview.Net() != net {
		b.t.Errorf("the days from %s come to %s, and the journal has %s", p.From.Format(time.DateOnly), overview.Net(), net)
	}
	return net
}
