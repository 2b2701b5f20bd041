package stripesim

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// pastGifts makes a sample of n gifts in the 60 days before the world's clock.
func (w *world) pastGifts(n int) {
	w.t.Helper()
	err := w.sim.Sample(w.t.Context(), SampleOptions{
		N: n, Campaign: "corruption-project", To: w.clock(), Product: "Corruption Project, one-time gift",
	}, nil)
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
}

func TestASample(t *testing.T) {
	const n = 250
	w := newWorld(t, nil)
	w.pastGifts(n)
	if waiting, err := w.sim.Undelivered(t.Context()); waiting != 4*n || err != nil {
		t.Errorf("seed %d: %d webhooks wait, want %d, %v", testSeed, waiting, 4*n, err)
	}
	w.deliver()
	if got := w.heard("charge.succeeded"); got != n {
		t.Errorf("seed %d: told of %d gifts, want %d", testSeed, got, n)
	}

	var (
		reference = regexp.MustCompile(`^CP-[0-9A-HJKMNP-TV-Z]{8}$`)
		email     = regexp.MustCompile(`^reader-\d{4}@example\.org$`)
		tokens    = map[string]bool{}
		donors    = map[string]int{}
		sources   = map[string]int{}
		covered   int
		total     int64
		evening   int
	)
	it := w.api.CheckoutSessions.List(&stripe.CheckoutSessionListParams{
		ListParams: stripe.ListParams{Limit: stripe.Int64(100)},
		Expand:     stripe.StringSlice([]string{"data.payment_intent.latest_charge.balance_transaction", "data.line_items"}),
	})
	for it.Next() {
		cs := it.CheckoutSession()
		ch := cs.PaymentIntent.LatestCharge
		m := cs.Metadata
		switch {
		case len(m["appeal_token"]) != 22 || m["appeal_token"] != cs.ClientReferenceID || ch.Metadata["appeal_token"] != m["appeal_token"]:
			t.Errorf("seed %d: token %q", testSeed, m["appeal_token"])
		case !reference.MatchString(m["appeal_reference"]) || m["appeal_frequency"] != "once" || m["appeal_campaign"] != "corruption-project":
			t.Errorf("seed %d: metadata %v", testSeed, m)
		case !email.MatchString(cs.CustomerDetails.Email) || ch.BillingDetails.Email != cs.CustomerDetails.Email:
			t.Errorf("seed %d: email %q", testSeed, cs.CustomerDetails.Email)
		case ch.AmountCaptured != cs.AmountTotal || ch.BalanceTransaction.Net != cs.AmountTotal-ch.BalanceTransaction.Fee:
			t.Errorf("seed %d: captured %d of %d", testSeed, ch.AmountCaptured, cs.AmountTotal)
		case ch.Created < w.now.AddDate(0, 0, -60).Unix() || ch.Created >= w.now.Unix():
			t.Errorf("seed %d: at %s", testSeed, time.Unix(ch.Created, 0))
		}
		if fees := m["appeal_fees"]; fees != "" {
			covered++
			if gift := cs.LineItems.Data[0].AmountTotal; len(cs.LineItems.Data) != 2 || cs.AmountTotal-fee(cs.AmountTotal) < gift {
				t.Errorf("seed %d: a gift of %d nets %d", testSeed, gift, cs.AmountTotal-fee(cs.AmountTotal))
			}
		}
		if h := time.Unix(ch.Created, 0).UTC().Hour(); h >= 18 && h < 23 || h >= 6 && h < 11 {
			evening++
		}
		tokens[m["appeal_token"]] = true
		donors[cs.CustomerDetails.Email]++
		sources[m["appeal_src"]]++
		total += cs.AmountTotal
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	if len(tokens) != n || len(donors) == n || len(sources) < 4 || covered < n/5 || covered > n/2 || evening < n/2 {
		t.Errorf("seed %d: %d tokens, %d donors, sources %v, %d with fees, %d in mornings and evenings", testSeed, len(tokens), len(donors), sources, covered, evening)
	}
	if mean := total / n; mean < 4000 || mean > 25000 {
		t.Errorf("seed %d: the mean gift is %d cents", testSeed, mean)
	}
}

func TestASampleIsTheSameForTheSameSeed(t *testing.T) {
	last := func(seed uint64) string {
		w := newWorld(t, func(cfg *Config) { cfg.Seed = seed })
		w.mu.Lock()
		w.now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		w.mu.Unlock()
		w.pastGifts(30)
		ch := w.api.Charges.List(nil).ChargeList().Data[0]
		return ch.ID + ch.BillingDetails.Email + time.Unix(ch.Created, 0).String()
	}
	if a, b := last(testSeed), last(testSeed); a != b {
		t.Errorf("seed %d: %s and %s", testSeed, a, b)
	}
	if a, b := last(testSeed), last(testSeed+1); a == b {
		t.Errorf("seeds %d and %d give %s", testSeed, testSeed+1, a)
	}
}

func TestASampleCanBeStopped(t *testing.T) {
	w := newWorld(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	err := w.sim.Sample(ctx, SampleOptions{N: 1000, Campaign: "x", To: w.clock()}, func(int) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("seed %d: %v", testSeed, err)
	}
	if err := w.sim.Sample(t.Context(), SampleOptions{N: 1, Campaign: "x"}, nil); err == nil || !strings.Contains(err.Error(), "an end") {
		t.Errorf("seed %d: a sample without an end: %v", testSeed, err)
	}
}

func TestCoveredFeesAreTheSmallestThatSuffice(t *testing.T) {
	if got := withFees(5000, 290, 30); got != 5180 {
		t.Errorf("$50.00 takes %d cents, want 5180", got)
	}
	for _, rate := range []int64{0, 1, 290, 440, 5000} {
		for _, fixed := range []int64{0, 30, 75} {
			for gift := range int64(3000) {
				total := withFees(gift, rate, fixed)
				nets := func(t int64) int64 { return t - percentage(t, rate) - fixed }
				if nets(total) < gift || total > gift && nets(total-1) >= gift {
					t.Fatalf("gift %d at %d basis points and %d: %d nets %d", gift, rate, fixed, total, nets(total))
				}
			}
		}
	}
}

func TestAmountsAreWrittenAsPeopleReadThem(t *testing.T) {
	for _, c := range []struct {
		minor int64
		code  string
		want  string
	}{{5000, "usd", "$50.00"}, {123456789, "usd", "$1,234,567.89"}, {5, "usd", "$0.05"}, {100000, "eur", "EUR 1,000.00"}, {1500, "jpy", "JPY 1,500"}} {
		if got := display(c.minor, c.code); got != c.want {
			t.Errorf("%d %s is %s, want %s", c.minor, c.code, got, c.want)
		}
	}
}

func BenchmarkSampleOf2000(b *testing.B) {
	for b.Loop() {
		sim, err := Open(Config{File: b.TempDir() + "/sim.db", Seed: testSeed, SecretKey: testKey, PublicURL: "http://127.0.0.1"})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := sim.RegisterEndpoint(b.Context(), Endpoint{URL: "http://127.0.0.1:1"}); err != nil {
			b.Fatal(err)
		}
		if err := sim.Sample(b.Context(), SampleOptions{N: 2000, Campaign: "x", To: time.Now()}, nil); err != nil {
			b.Fatal(err)
		}
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestASampleWithAnAftermath(t *testing.T) {
	w := newWorld(t, nil)
	w.must(w.sim.Sample(t.Context(), SampleOptions{N: 300, Campaign: "corruption-project", To: w.clock(), Aftermath: true}, nil))
	w.deliver()
	now, from := w.clock().Unix(), w.clock().AddDate(0, 0, -60).Unix()
	t.Run("has refunds and disputes, all in the past and after their gifts", func(t *testing.T) {
		seen := map[string]int{}
		refunds := w.api.Refunds.List(&stripe.RefundListParams{Expand: stripe.StringSlice([]string{"data.charge", "data.balance_transaction"})})
		for refunds.Next() {
			re := refunds.Refund()
			if re.Created <= re.Charge.Created || re.Created >= now || re.BalanceTransaction.Created != re.Created {
				t.Errorf("seed %d: a refund at %d of a gift at %d", testSeed, re.Created, re.Charge.Created)
			}
			seen["refund"]++
		}
		w.must(refunds.Err())
		disputes := w.api.Disputes.List(&stripe.DisputeListParams{})
		for disputes.Next() {
			d := disputes.Dispute()
			if d.Created < from || d.Created >= now {
				t.Errorf("seed %d: a dispute at %d", testSeed, d.Created)
			}
			seen["dispute"]++
		}
		w.must(disputes.Err())
		if seen["refund"] < 3 || seen["refund"] > 30 || seen["dispute"] < 1 || seen["dispute"] > 12 {
			t.Errorf("seed %d: %v", testSeed, seen)
		}
	})
	t.Run("was paid out each week, and each payout is the sum of its members", func(t *testing.T) {
		n := 0
		payouts := w.api.Payouts.List(&stripe.PayoutListParams{})
		for payouts.Next() {
			n++
			p := payouts.Payout()
			if p.ReconciliationStatus == "completed" && net(w.members(p.ID)) != 0 {
				t.Errorf("seed %d: the members of %s do not sum to it", testSeed, p.ID)
			}
			if old := p.Created < now-5*24*3600; old && p.Status != "paid" {
				t.Errorf("seed %d: a payout of %s is still %s", testSeed, time.Unix(p.Created, 0), p.Status)
			}
		}
		w.must(payouts.Err())
		if n < 7 || n > 8 {
			t.Errorf("seed %d: %d payouts in 60 days", testSeed, n)
		}
	})
	t.Run("tells of each, and waits for nothing", func(t *testing.T) {
		if w.heard("charge.refunded") == 0 || w.heard("charge.dispute.created") == 0 || w.heard("payout.reconciliation_completed") == 0 {
			t.Errorf("seed %d: not all was told", testSeed)
		}
		if waiting, err := w.sim.Undelivered(t.Context()); waiting != 0 || err != nil {
			t.Errorf("seed %d: %d webhooks wait, %v", testSeed, waiting, err)
		}
	})
}
