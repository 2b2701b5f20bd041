//go:build !race

package finance_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// learn books facts of a gift, which its charge names.
func (h *house) learn(d models.Donation, charge string, facts ...models.Fact) {
	h.t.Helper()
	for _, f := range facts {
		f.Gift.Campaign, f.Gift.Token, f.Gift.Charge, f.Evidence = "corruption-project", d.Token, charge, "of_"+charge
		f.Money.Currency = "usd"
		learned, err := h.store.Learn(h.t.Context(), models.Object{ID: charge, Raw: []byte(f.Key), Reading: models.Reading{Facts: []models.Fact{f}}})
		if err != nil || learned[0].State != models.EventBooked {
			h.t.Fatalf("%s: %+v, %v", f.Key, learned, err)
		}
	}
}

// fates books gifts of every kind and fate, whose money moves on many days, and
// some of which are still under way.
func (h *house) fates() {
	h.t.Helper()
	ways := []models.Choices{{Src: "article-7"}, {UTMSource: "letter/june", UTMMedium: "email", Src: "article-7"}, {}, {UTMSource: "reader@example.org"}}
	for i := range 16 {
		c := ways[i%len(ways)]
		c.Frequency, c.Amount, c.Tribute = models.Once, money.Minor(1000+700*(i%5)), models.NoTribute
		if i%3 == 1 {
			c.Frequency = []models.Frequency{models.Monthly, models.Yearly}[i%2]
		}
		d, err := h.store.StartDonation(h.t.Context(), "", 0, c)
		if err != nil {
			h.t.Fatal(err)
		}
		charge, at := fmt.Sprintf("ch_%d", i), storetest.Start.Add(-time.Duration(i)*13*time.Hour)
		fact := func(key string, kind models.FactKind, object string, amount money.Minor, after time.Duration) models.Fact {
			return models.Fact{Key: key, Kind: kind, Object: object, Money: money.Money{Minor: amount}, At: at.Add(after)}
		}
		agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
		paid := fact(charge+":charge", models.Charged, charge, d.AmountCharged, 0)
		paid.Agreed, paid.Method = &agreed, []string{"visa", "amex", "us_bank_account", "crypto_wallet"}[i%4]
		fee := fact("txn_"+charge+":fee", models.FeeKept, charge, 30+d.AmountCharged/40, time.Hour)
		if i == 5 || i == 6 {
			h.learn(d, charge, fact(charge+":pending", models.DebitPending, charge, 0, 0))
			continue
		}
		if c.Frequency != models.Once {
			paid.Gift.Subscription = fmt.Sprintf("sub_%d", i)
		}
		h.learn(d, charge, paid, fee)
		if c.Frequency != models.Once {
			status := []string{"active", "past_due", "canceled"}[i/3%3]
			h.began(d, fmt.Sprintf("sub_%d", i), status)
		}
		refund, dispute := "re_"+charge, "dp_"+charge
		switch i % 8 {
		case 0:
			h.learn(d, charge, fact(refund+":refund", models.RefundMade, refund, d.AmountCharged, 30*time.Hour), fact(refund+":refund_settled", models.RefundSettled, refund, 0, 40*time.Hour))
		case 1:
			for n := range money.Minor(2) {
				one := fmt.Sprint(refund, n)
				h.learn(d, charge, fact(one+":refund", models.RefundMade, one, 100+n, time.Duration(n+1)*20*time.Hour))
			}
		case 2:
			h.learn(d, charge, fact(refund+":refund", models.RefundMade, refund, 300, 30*time.Hour), fact(refund+":refund_failed", models.RefundUndone, refund, 300, 70*time.Hour))
		case 3:
			h.learn(d, charge, fact(dispute+":opened", models.DisputeOpened, dispute, 0, 50*time.Hour), fact("txn_"+dispute+":dispute", models.DisputeMoved, dispute, d.AmountCharged, 50*time.Hour),
				fact("txn_"+dispute+":fee", models.FeeKept, dispute, 1500, 50*time.Hour))
			if i > 8 {
				h.learn(d, charge, fact("txn_"+dispute+"b:dispute", models.DisputeMoved, dispute, -d.AmountCharged, 90*time.Hour), fact(dispute+":closed", models.DisputeClosed, dispute, 0, 90*time.Hour))
			}
		case 4:
			h.learn(d, charge, fact(charge+":failure", models.ChargeUndone, charge, d.AmountCharged, 20*time.Hour))
		default:
		}
	}
	for n := range 2 {
		check := models.NewOfflineGift{
			Amount: 500_00, Method: models.Check, ReceivedOn: time.Date(2026, 11, 20-n, 0, 0, 0, 0, time.UTC), DonorName: "A Reader", Zone: pacific(h.t), EnteredBy: "staff@example.org",
		}
		d, err := h.store.EnterOffline(h.t.Context(), check)
		if err == nil && n == 1 {
			err = h.store.ReverseOffline(h.t.Context(), d.ID, "entered twice", "staff@example.org")
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// began tells of the subscription that a gift began.
func (h *house) began(d models.Donation, id, status string) {
	h.t.Helper()
	sub := models.Subscription{ID: id, Token: d.Token, Customer: "cus_" + id, Status: status, Amount: d.AmountCharged, Currency: "usd", Months: 1, AsOf: storetest.Start, Campaign: "corruption-project"}
	learned, err := h.store.Learn(h.t.Context(), models.Object{ID: id, Raw: []byte(status), Reading: models.Reading{Subscription: &sub}})
	if err != nil || learned[0].State != models.EventBooked {
		h.t.Fatalf("%s: %+v, %v", id, learned, err)
	}
}

var (
	followed = regexp.MustCompile(`<a href="(/finance/donations\?[^"]*)"[^>]*>([^<]*)</a>`)
	numbers  = regexp.MustCompile(`−?\$?\d[\d,]*(\.\d\d)?`)
	listSum  = regexp.MustCompile(`<p class="count"><strong>([^<]*)</strong>`)
	takenOff = regexp.MustCompile(`figure=(refunds|disputes|fees)(&|$)`) // the table of days shows what is taken off as less than nothing
	added    = regexp.MustCompile(`</td><td class="num">(−?\$[\d,.]+)</td><td>`)
)

// follow asks for each link of a page of figures to gifts, and holds what the
// list says of itself, and what its rows come to, against the number that led
// there. It returns how many there were that it had not seen before.
func follow(t *testing.T, staff *browser, page string, seen map[string]bool) (count int) {
	t.Helper()
	for _, link := range followed.FindAllStringSubmatch(staff.get(page).body, -1) {
		address, shown := html.UnescapeString(link[1]), numbers.FindString(link[2])
		if shown == "" || seen[address+shown] {
			continue
		}
		seen[address+shown], count = true, count+1
		list := staff.get(address)
		said := listSum.FindStringSubmatch(list.body)
		if list.status != http.StatusOK || said == nil {
			t.Fatalf("%s → %s: %d", page, address, list.status)
		}
		sums := numbers.FindAllString(said[1], -1)
		if !strings.Contains(shown, ".") && strings.Contains(shown, "$") {
			continue // an average in whole dollars
		}
		agrees := false
		for _, sum := range sums {
			agrees = agrees || sum == shown || takenOff.MatchString(address) && strings.TrimPrefix(sum, "−") == strings.TrimPrefix(shown, "−")
		}
		if !agrees {
			t.Errorf("%s says %s and leads to %s, which says %s", page, link[2], address, said[1])
		}
		var total money.Minor
		for _, row := range added.FindAllStringSubmatch(list.body, -1) {
			minor, err := money.Parse(strings.NewReplacer("$", "", "−", "", ",", "").Replace(row[1]))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(row[1], "−") {
				minor = -minor
			}
			total += minor
		}
		if !strings.Contains(said[1], total.String()) {
			t.Errorf("%s: its rows come to %s, and it says %s", address, total, said[1])
		}
	}
	return count
}

func TestEveryNumberOfTheOverviewLeadsToGiftsThatAddUpToIt(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			h := openOn(t, storetest.OpenWith(t, models.Options{URL: address(t), Slug: "corruption-project", Now: clock.Now, Zone: pacific(t)}), clock, "")
			h.fates()
			breaches, err := h.store.Verify(t.Context())
			if err != nil || len(breaches) > 0 {
				t.Fatalf("%v, %v", breaches, err)
			}
			finance := h.as(h.add("finance@example.org", models.Finance))
			seen := map[string]bool{}
			for _, look := range []struct {
				query string
				least int
			}{
				{"", 60},
				{"?from=2026-11-18&to=2026-11-20", 10},
				{"?from=2026-11-20&method=amex", 10},
				{"?channel=utm%2Fletter%2Fjune%2Femail&frequency=recurring", 5},
			} {
				if n := follow(t, finance, "/finance"+look.query, seen); n < look.least {
					t.Errorf("%q has only %d numbers that lead anywhere", look.query, n)
				}
			}
			for query, least := range map[string]int{"": 15, "?from=2026-11-18&to=2026-11-20": 8} {
				if n := follow(t, finance, "/finance/articles"+query, seen); n < least {
					t.Errorf("the articles %q have only %d numbers that lead anywhere new", query, n)
				}
			}
			viewer := h.as(h.add("viewer@example.org", models.Viewer)).get("/finance")
			if strings.Contains(viewer.body, "reader@example.org") || strings.Contains(viewer.body, "reader%40example.org") {
				t.Error("a viewer is led by a channel that is an address")
			}
		})
	}
}

func pacific(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
