//go:build !race

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// guide is a page of the finance guide.
func guide(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs/finance", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// clerk keeps the books of the guide's example.
type clerk struct {
	t *testing.T
	s *models.Store
}

func (c clerk) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c clerk) learn(id string, r models.Reading) {
	c.t.Helper()
	learned, err := c.s.Learn(c.t.Context(), models.Object{ID: id, Raw: fmt.Append(nil, id, len(r.Facts)), Reading: r})
	c.ok(err)
	if learned[0].State != models.EventBooked {
		c.t.Fatalf("%s: %+v", id, learned)
	}
}

// moved is a line of Stripe's own account.
func (c clerk) moved(id, category, source string, amount, fee money.Minor, foreign bool) {
	c.t.Helper()
	_, err := c.s.SuspendTransactions(c.t.Context(), []models.BalanceTransaction{{
		ID: id, Category: category, Source: source, Amount: amount, Fee: fee, Net: amount - fee, Currency: "usd", CreatedAt: storetest.Start, Foreign: foreign,
	}})
	c.ok(err)
}

// gift is one through Stripe: its charge, or a bank debit under way where it is
// of no fee yet.
func (c clerk) gift(who string, frequency models.Frequency, amount, fee money.Minor) models.GiftRef {
	c.t.Helper()
	d, err := c.s.StartDonation(c.t.Context(), "", 0, models.Choices{Frequency: frequency, Amount: amount, Tribute: models.NoTribute})
	c.ok(err)
	ref := models.GiftRef{Campaign: "corruption-project", Token: d.Token, Charge: "ch_" + who}
	if frequency == models.Monthly {
		ref.Subscription = "sub_" + who
	}
	agreed := money.Money{Minor: amount, Currency: "usd"}
	fact := models.Fact{
		Key: "ch_" + who + ":charge", Kind: models.Charged, Object: "ch_" + who, Money: agreed, Agreed: &agreed, At: storetest.Start, Gift: ref,
		Email: who + "@example.org", EmailRank: models.SessionEmail, Method: "visa",
	}
	if fee == 0 {
		fact.Key, fact.Kind, fact.Money.Minor, fact.Agreed, fact.Method = "ch_"+who+":pending", models.DebitPending, 0, nil, "us_bank_account"
		c.learn("ch_"+who, models.Reading{Facts: []models.Fact{fact}})
		return ref
	}
	c.learn("ch_"+who, models.Reading{Facts: []models.Fact{fact}})
	c.moved("txn_"+who, "charge", "ch_"+who, amount, fee, false)
	return ref
}

// example is what the guide tells of: storetest.PaidOut, and what comes after it.
func example(t *testing.T) *models.Store {
	t.Helper()
	c := clerk{t, storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), &storetest.Clock{})}
	storetest.PaidOut(t, c.s, 0)
	c.gift("kim", models.Once, 250_00, 7_55)
	sam := c.gift("sam", models.Once, 100_00, 3_20)
	c.learn("dp_sam", models.Reading{Facts: []models.Fact{
		{Key: "dp_sam:opened", Kind: models.DisputeOpened, Object: "dp_sam", Money: money.Money{Currency: "usd"}, At: storetest.Start, Gift: sam},
		{Key: "txn_dispute:dispute", Kind: models.DisputeMoved, Object: "dp_sam", Money: money.Money{Minor: 100_00, Currency: "usd"}, At: storetest.Start, Gift: sam},
	}})
	c.moved("txn_dispute", "dispute", "dp_sam", -100_00, 15_00, false)
	ana := c.gift("ana", models.Monthly, 15_00, 74)
	c.learn("sub_ana", models.Reading{Subscription: &models.Subscription{
		ID: "sub_ana", Token: ana.Token, Customer: "cus_ana", Status: "active", Amount: 15_00, Currency: "usd", Months: 1, AsOf: storetest.Start, Campaign: "corruption-project",
	}})
	c.gift("lee", models.Once, 75_00, 0)
	c.moved("txn_stripe", "fee", "", -2_00, 0, true)
	_, err := c.s.EnterOffline(t.Context(), models.NewOfflineGift{
		Amount: 500_00, Method: models.Check, ReceivedOn: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), DonorName: "Joan Sample", Zone: time.UTC, EnteredBy: "staff@example.org",
	})
	c.ok(err)
	breaches, err := c.s.Verify(t.Context())
	c.ok(err)
	for _, b := range breaches {
		t.Errorf("%s (%s): %s", b.Predicate, b.Rule, b.Found)
	}
	return c.s
}

// theFence is a block of the guide that shows what the software prints.
var theFence = regexp.MustCompile("(?s)```text\n(.*?)```")

func lines(text string) string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimRight(line, " \n"))
	}
	return strings.Trim(strings.Join(all, "\n"), "\n")
}

func TestEveryNumberOfTheFinanceGuidesExampleIsWhatTheBooksSay(t *testing.T) {
	t.Parallel()
	s := example(t)
	totals, err := s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printTotals(&program{out: &out}, totals); err != nil {
		t.Fatal(err)
	}
	page := guide(t, "figures.md")
	shown := theFence.FindAllStringSubmatch(page, -1)
	if len(shown) != 1 || lines(shown[0][1]) != lines(out.String()) {
		t.Errorf("the guide shows %d blocks, and the books say\n%s", len(shown), lines(out.String()))
	}

	// The sum of the payout, as its page has it.
	p, _, err := s.FindPayout(t.Context(), "po_1", 10)
	if err != nil || !p.AddsUp() {
		t.Fatalf("the payout: %+v, %v", p, err)
	}
	gifts, refunds, other := p.Parts[models.GiftsPart], p.Parts[models.RefundsPart], p.Parts[models.OtherPart]
	ladder := fmt.Sprintf("%s − %s − %s + %s − %s = %s", gifts.Amount, gifts.Fee, -refunds.Amount, other.Amount, other.Fee, p.Amount)
	if !strings.Contains(guide(t, "payouts.md"), "    "+ladder+"\n") {
		t.Errorf("the payout's sum is not in the guide: %s", ladder)
	}
	// And of each sum that the figures' page writes out, the parts are those of the story or of the totals.
	_, sums, _ := strings.Cut(page, "## An example")
	known := out.String() + "$50.00 $20.00 $1.75 $45.00 $1.61 $250.00 $7.55 $100.00 $3.20 $15.00 $0.74 $75.00 $2.00 $500.00 " + ladder
	for _, amount := range regexp.MustCompile(`\$[\d,]+\.\d\d`).FindAllString(sums, -1) {
		if !strings.Contains(known, amount) {
			t.Errorf("the example has %s, and the books have not", amount)
		}
	}
	written := regexp.MustCompile(`(?m)^    (\S.*\d) = (\S+)$`).FindAllStringSubmatch(theFence.ReplaceAllString(sums, "")+guide(t, "payouts.md"), -1)
	if len(written) < 3 {
		t.Errorf("only %d sums are written out", len(written))
	}
	for _, sum := range written {
		if got := reckoned(t, sum[1]); got.String() != sum[2] {
			t.Errorf("%s is %s, not %s", sum[1], got, sum[2])
		}
	}
}

// reckoned adds up a sum as the guide writes it.
func reckoned(t *testing.T, sum string) (total money.Minor) {
	t.Helper()
	minus := false
	for word := range strings.FieldsSeq(sum) {
		switch word {
		case "−":
			minus = true
		case "+":
			minus = false
		default:
			amount, err := money.Parse(word)
			if err != nil {
				t.Fatalf("%q in %s is no amount", word, sum)
			}
			if minus {
				amount = -amount
			}
			total += amount
		}
	}
	return total
}

func TestTheFinanceGuideExplainsEveryFieldOfTotals(t *testing.T) {
	t.Parallel()
	page := guide(t, "figures.md")
	of := reflect.TypeFor[models.Totals]()
	for i := range of.NumField() {
		field, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(page, "\n| `"+field+"` | ") {
			t.Errorf("totals --json has %s, and the guide has no row for it", field)
		}
	}
}

func TestTheFinanceGuideSaysWhatToDoAboutEveryKindOfFinding(t *testing.T) {
	t.Parallel()
	page := guide(t, "attention.md")
	source, err := os.ReadFile("../../models/balance_transaction.go")
	if err != nil {
		t.Fatal(err)
	}
	// Every constant of the block that holds the kinds, so that a new one is not forgotten.
	_, block, _ := strings.Cut(string(source), "type FindingKind string")
	block, _, _ = strings.Cut(block, "\n)\n")
	kinds := regexp.MustCompile(`FindingKind = "([^"]+)"`).FindAllStringSubmatch(block, -1)
	if len(kinds) < 10 {
		t.Fatalf("only %d kinds of findings were found", len(kinds))
	}
	for _, kind := range kinds {
		if !strings.Contains(page, "\n| `"+kind[1]+"` | ") {
			t.Errorf("a finding can be %s, and the guide has no row for it", kind[1])
		}
	}
}

// TestEveryLinkOfTheDocsLeadsSomewhere follows those that lead to files and to
// headings of pages.
func TestEveryLinkOfTheDocsLeadsSomewhere(t *testing.T) {
	t.Parallel()
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	for _, page := range docsPages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
			to, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(link[1], "://") {
				continue
			}
			there := page
			if to != "" {
				there = filepath.Join(filepath.Dir(page), to)
			}
			target, err := os.ReadFile(there)
			if info, e := os.Stat(there); e == nil && info.IsDir() {
				continue
			}
			if err != nil {
				t.Errorf("%s leads to %s, which is not there", page, link[1])
				continue
			}
			found := anchor == ""
			for _, h := range heading.FindAllStringSubmatch(string(target), -1) {
				found = found || slug(h[1]) == anchor
			}
			if !found {
				t.Errorf("%s leads to %s, where no heading is called so", page, link[1])
			}
		}
	}
}

// slug is the anchor that a heading is given where the docs are read.
func slug(heading string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		default:
			return -1
		}
	}, strings.ToLower(heading))
	return kept
}
