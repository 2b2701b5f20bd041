package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// standing is a monthly gift of $15 that covers its fees, as its donor sees it.
func standing(c models.Campaign, status string) models.DonorSubscription {
	start := june18(c).AddDate(0, 0, -6)
	end := start.AddDate(0, 1, 0)
	sub := models.DonorSubscription{
		Subscription: models.Subscription{
			ID: "sub_1", Status: status, Amount: 1576, FeesCovered: 76, Currency: "usd", Months: 1, PeriodStart: &start, PeriodEnd: &end,
		},
		Began: monthlyGift(c, models.Received), PaidWith: models.PaidWith{Method: "visa", Last4: "4242"},
	}
	return sub
}

// managePages is each page of a donor's own, in each of its states.
func managePages(v *views, c models.Campaign) map[string]func() ([]byte, error) {
	now := june18(c)
	pages := map[string]func() ([]byte, error){
		"manage to mend": func() ([]byte, error) {
			return v.manage(manageState{Email: "reader", Problem: addressProblem("reader")})
		},
		"manage too soon": func() ([]byte, error) { return v.manage(manageState{Notice: tooManyTries}) },
		"no gifts": func() ([]byte, error) {
			return v.giving(givingState{Receipt: func(models.DonorGift) string { return "" }}, now)
		},
		"amount to mend": func() ([]byte, error) {
			_, wrong := newAmount(c, "much")
			return v.gift(giftState{Step: giftChanging, Gift: standing(c, "active"), Typed: "much", Cover: true, Problem: wrong}, now)
		},
		"reason to mend": func() ([]byte, error) {
			wrong := problem{Field: "reason", Message: "Shorten it"}
			return v.gift(giftState{Step: giftCancelled, Gift: standing(c, "canceled"), Typed: "long", Problem: wrong}, now)
		},
		"not cancelled": func() ([]byte, error) {
			return v.gift(giftState{Step: giftCancelling, Gift: standing(c, "active"), Notice: notChanged(false)}, now)
		},
		"year": func() ([]byte, error) { return v.year(sampleYear(c), receipt.OfYear(c, sampleYear(c)), now) },
	}
	for name, step := range map[string]manageStep{"ask": manageForming, "asked": manageAsked, "continue": manageContinue, "gone": manageLinkGone} {
		pages["manage "+name] = func() ([]byte, error) { return v.manage(manageState{Step: step}) }
	}
	for name, step := range map[string]giftStep{
		"cancelling": giftCancelling, "cancelled": giftCancelled, "reasoned": giftReasoned, "changing": giftChanging, "changed": giftChanged,
	} {
		pages["gift "+name] = func() ([]byte, error) {
			return v.gift(giftState{Step: step, Gift: standing(c, "active"), Typed: "15"}, now)
		}
	}
	for _, status := range []string{"active", "past_due", "canceled"} {
		pages["giving "+status] = func() ([]byte, error) { return v.giving(sampleGiving(c, status), now) }
	}
	return pages
}

func sampleGiving(c models.Campaign, status string) givingState {
	gifts := make([]models.DonorGift, 0, 8)
	for _, s := range []models.Status{models.Received, models.Processing, models.Failed, models.Refunded, models.PartiallyRefunded, models.Disputed} {
		gifts = append(gifts, models.DonorGift{Donation: paid(c, s), PaidWith: models.PaidWith{Method: "mastercard", Last4: "4444"}})
	}
	gifts = append(gifts, models.DonorGift{Donation: paid(c, models.Received), Offline: models.Stock, Entered: "40 shares of Example Corp.", Receipt: &models.Receipt{ID: "rcpt_1"}})
	return givingState{
		Gifts: gifts, Subscriptions: []models.DonorSubscription{standing(c, status)},
		Receipt: func(g models.DonorGift) string {
			if g.Receipt == nil {
				return ""
			}
			return "/receipts/x"
		},
	}
}

func sampleYear(c models.Campaign) models.YearSummary {
	newYearsEve := time.Date(2026, 12, 31, 23, 59, 59, 0, c.Zone)
	return models.YearSummary{
		Year: 2026, Stands: 14_000, Summed: 4_000,
		Gifts: []models.YearGift{
			{ReceivedAt: newYearsEve.AddDate(0, 0, -2).UTC(), Frequency: models.Once, Amount: 10_000, Method: models.Stock, Entered: "40 shares of Example Corp."},
			{ReceivedAt: newYearsEve.UTC(), Frequency: models.Monthly, Amount: 5_000, Refunded: 1_000},
		},
	}
}

func TestAMonthlyGiftIsToldWithItsNextDayItsCardAndItsFees(t *testing.T) {
	c := bothWays(t)
	v := sampleViews(t, c)
	page, err := v.giving(sampleGiving(c, "active"), june18(c))
	d := parse(t, page, err)
	d.in(".standing h2", hasText("$15.76 a month"))
	d.in(".standing", hasText("Next on July 12. $0.76 of it covers card fees. Paid with Visa ending 4242."))
	if got := d.all(".standing .notice"); len(got) != 0 {
		t.Error("it is said to have failed")
	}
	page, err = v.giving(sampleGiving(c, "past_due"), june18(c))
	parse(t, page, err).in(".standing .notice", hasText("Your June 12 payment didn’t go through."))
	page, err = v.giving(sampleGiving(c, "canceled"), june18(c))
	if d = parse(t, page, err); len(d.all(".standing")) != 0 {
		t.Error("a gift that has ended is shown as one that goes on")
	}
}

func TestStockIsListedByWhatWasGivenAndByNoAmount(t *testing.T) {
	c := bothWays(t)
	stock := models.DonorGift{Donation: paid(c, models.Received), Offline: models.Stock, Entered: "40 shares of Example Corp.", Receipt: &models.Receipt{ID: "rcpt_1"}}
	unnamed := models.DonorGift{Donation: paid(c, models.Received), Offline: models.Stock}
	receipts := sampleGiving(c, "active").Receipt
	page, err := sampleViews(t, c).giving(givingState{Gifts: []models.DonorGift{stock, unnamed}, Receipt: receipts}, june18(c))
	d := parse(t, page, err)
	d.in(".history tbody tr", hasText("40 shares of Example Corp.Stock"))
	d.in(".history tbody .unseen", hasText("for 40 shares of Example Corp. on"))
	d.in(".history tbody", hasText("Securities"))
	if strings.Contains(string(page), "$") {
		t.Error("the donor is told what the stock was sold for")
	}
}

func TestAYearIsToldByDaysOfTheCampaignsZoneAndSumsUp(t *testing.T) {
	c := bothWays(t)
	page, err := sampleViews(t, c).year(sampleYear(c), receipt.OfYear(c, sampleYear(c)), june18(c))
	d := parse(t, page, err)
	for _, said := range []string{"December 31, 2026", "$50.00", "$10.00", "$40.00", "Stock", "Not in the total: securities, whose value is for you to determine", "Total of 2026 (USD)", "Example News Foundation provided no goods or services in exchange for these contributions.", "Example News Foundation", "EIN 00-0000000"} {
		d.in("main", hasText(said))
	}
	d.in("tbody", hasText("40 shares of Example Corp."))
	d.in("tfoot", hasText("$40.00"))
	if text := string(page); strings.Contains(text, "$100") || strings.Contains(text, "$140") || strings.Contains(text, "$150") {
		t.Error("the donor is told what the stock was sold for")
	}
}

func TestAChangedAmountSaysWhatIsChargedFromWhen(t *testing.T) {
	c := bothWays(t)
	v := sampleViews(t, c)
	sub := standing(c, "active")
	sub.Amount, sub.FeesCovered = 2091, 91
	page, err := v.gift(giftState{Step: giftChanged, Gift: sub}, june18(c))
	d := parse(t, page, err)
	d.in("h1", hasText("Changed to $20.91 a month."))
	d.in("main", hasText("That is $20, and $0.91 for card fees."))
	d.in("main", hasText("The new amount is charged from July 12 on."))
}

func TestAnAmountIsReadAsOnTheGivingForm(t *testing.T) {
	c := bothWays(t)
	for typed, want := range map[string]money.Minor{"20": 2000, "$1,250.50": 125050, "3": 300} {
		if got, wrong := newAmount(c, typed); got != want || wrong.Message != "" {
			t.Errorf("%q is read as %d, %q", typed, got, wrong.Message)
		}
	}
	for typed, want := range map[string]string{
		"": "Enter an amount", "much": "Enter an amount in dollars", "-5": "Enter an amount in dollars", "2.99": "The smallest gift we can take online is $3",
		"25,000.01": "For gifts over $25,000 please write to us",
	} {
		if _, wrong := newAmount(c, typed); !strings.HasPrefix(wrong.Message, want) {
			t.Errorf("%q is answered %q", typed, wrong.Message)
		}
	}
}
