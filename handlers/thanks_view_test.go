package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/models"
)

func paid(c models.Campaign, s models.Status) models.Donation {
	at := june18(c)
	d := models.Donation{
		Token: "tttttttttttttttttttttt", Reference: "CP-7KQM2FXA", Status: s,
		Choices: models.Choices{Frequency: models.Once, Amount: 5000, FeesCovered: 180}, AmountCharged: 5180,
	}
	switch s {
	case models.Received, models.PartiallyRefunded, models.Refunded, models.Disputed:
		d.ReceivedAt = &at
	}
	switch s {
	case models.PartiallyRefunded, models.Refunded:
		later := at.AddDate(0, 0, 2)
		d.Refunded, d.RefundedAt = 2000, &later
	case models.Processing:
		d.Pending = 5180
	}
	return d
}

func thanksPage(t *testing.T, c models.Campaign, d models.Donation) doc {
	t.Helper()
	return thanksPageOf(t, c, d, models.Subscription{})
}

// thanksPageOf is the page of a gift whose subscription is known.
func thanksPageOf(t *testing.T, c models.Campaign, d models.Donation, sub models.Subscription) doc {
	t.Helper()
	page, err := sampleViews(t, c).thanks(given{Donation: d, sub: sub}, onTheWay(c), june18(c))
	return parse(t, page, err)
}

func TestAReceivedGiftIsThankedFor(t *testing.T) {
	d := thanksPage(t, sampleCampaign(t), paid(sampleCampaign(t), models.Received))
	d.in("h1", hasText("Thank you."))
	d.in(".said", hasText("Your $50 gift to the Corruption Project is confirmed."))
	d.in(".facts", hasText("Amount$51.80 with fees you covered"), hasText("DateJune 18, 2027"), hasText("FrequencyOne time"), hasText("ReferenceCP-7KQM2FXA"))
	d.in("[name=robots]", hasAttr("content", "noindex"))
	d.in("#share-link", hasAttr("value", "https://give.example.org/"), hasAttr("readonly", ""))
	d.in(".share .links", hasText("EmailText messageFacebookBlueskyX"))
	d.in("#ticker .number", hasText("$312,480"))
	d.in("#ticker", lacksAttr("data-live"))
	d.none("#waiting")
	d.none("[action=/donate]")
}

func TestNoOtherStateIsThankedForAsReceived(t *testing.T) {
	c := sampleCampaign(t)
	for status, said := range map[models.Status]string{
		models.Started:           "Confirming your gift… This usually takes a few seconds. You can close this page. Please don’t give again.",
		models.Processing:        "Thank you — your bank payment has started. US bank payments take up to four business days.",
		models.Failed:            "Your payment didn’t go through. You have not been charged.",
		models.Expired:           "The payment page closed before you paid. You have not been charged.",
		models.PartiallyRefunded: "gift to the Corruption Project is confirmed. $20 of the $51.80 you paid was refunded on June 20, 2027.",
		models.Refunded:          "This gift was refunded on June 20, 2027. All of your $51.80 was sent back.",
		models.Disputed:          "This gift was disputed. The bank has taken the money back, so it is not part of the total. If the bank returns it, it counts again.",
	} {
		d := thanksPage(t, c, paid(c, status))
		d.in("main", hasText(said), hasText("CP-7KQM2FXA"))
		if n := len(d.all("h1")); n != 1 {
			t.Errorf("%s: %d h1", status, n)
		}
		switch status {
		case models.Started:
			d.in("#waiting", hasAttr("data-status", "started"))
			d.in(".said", hasAttr("role", "status"))
			d.in("#waiting a", hasText("Check again"), hasAttr("href", ""))
		case models.Failed, models.Expired:
			d.in("a.button", hasText("Try again"), hasAttr("href", "/?cancelled=tttttttttttttttttttttt#give"))
		}
		if status != models.PartiallyRefunded && strings.Contains(textOf(d.root), "is confirmed") {
			t.Errorf("%s: the page says that the gift is confirmed", status)
		}
	}
}

func TestABankPaymentOnItsWayIsNotAskedForAgain(t *testing.T) {
	c := sampleCampaign(t)
	d := thanksPage(t, c, paid(c, models.Processing))
	d.none(".button")
	d.none("#waiting")
	d.in("#ticker")
}

func TestACardWhoseChargeIsAMomentBehindIsStillBeingConfirmed(t *testing.T) {
	c := sampleCampaign(t)
	gift := paid(c, models.Processing)
	gift.Pending = 0
	d := thanksPage(t, c, gift)
	d.in("main", hasText("Confirming your gift…"))
	d.in("#waiting", hasAttr("data-status", "processing"))
}

func TestWhatIsSharedNeverTellsTheAmountOrTheToken(t *testing.T) {
	c := sampleCampaign(t)
	d := thanksPage(t, c, paid(c, models.Received))
	for _, a := range d.all(".share a") {
		href, _ := attr(a, "href")
		for _, secret := range []string{"50", "51.80", "tttt", "CP-"} {
			if strings.Contains(href, secret) {
				t.Errorf("%s holds %q", href, secret)
			}
		}
		if strings.Contains(href, "ZgotmplZ") || !strings.Contains(href, "give.example.org") {
			t.Errorf("%s leads nowhere", href)
		}
	}
}

func TestTheDateOfAGiftIsThatOfTheCampaignsZone(t *testing.T) {
	c := sampleCampaign(t)
	gift := paid(c, models.Received)
	late := time.Date(2027, 7, 1, 5, 30, 0, 0, time.UTC) // 10:30 in the evening of June 30
	gift.ReceivedAt = &late
	thanksPage(t, c, gift).in(".facts", hasText("June 30, 2027"))
}

// monthlyGift is a gift of $15 a month, begun on June 18.
func monthlyGift(c models.Campaign, s models.Status) models.Donation {
	d := paid(c, s)
	d.Choices = models.Choices{Frequency: models.Monthly, Amount: 1500, FeesCovered: 76}
	return d
}

func TestAMonthlyGiftIsThankedForWithWhatHappensNext(t *testing.T) {
	c := bothWays(t)
	d := thanksPage(t, c, monthlyGift(c, models.Received))
	d.in("h1", hasText("Thank you. You’re giving $15 a month."))
	d.in(".said", hasText("Your first payment to the Corruption Project is confirmed."))
	d.in(".then h2", hasText("What happens next"))
	d.in(".then", hasText("You’ll be charged $15.76 on the 18th of each month until you cancel. You can change or cancel it online at any time."))
	d.in(".facts", hasText("Amount$15.76 with fees you covered"), hasText("FrequencyMonthly"))
	d.in(".then a", hasText("Manage or cancel"), hasAttr("href", "/manage"))
	d.none(".aside")
}

func TestAMonthlyGiftsPageFollowsItsSubscription(t *testing.T) {
	c := bothWays(t)
	gift := monthlyGift(c, models.Received)
	next := june18(c).AddDate(0, 1, 0)
	thanksPageOf(t, c, gift, models.Subscription{Status: "active", Amount: 2000, PeriodEnd: &next}).
		in(".then", hasText("You’ll be charged $20 on the 18th of each month until you cancel, next on July 18, 2027."))
	past := june18(c).AddDate(0, 0, -1)
	thanksPageOf(t, c, gift, models.Subscription{Status: "active", PeriodEnd: &past}).in(".then", hasText("until you cancel. You can change"))
	for _, ended := range []models.Subscription{{Status: "canceled"}, {Status: "active", CancelsAtEnd: true, PeriodEnd: &next}} {
		d := thanksPageOf(t, c, gift, ended)
		d.in("h1", hasText("Thank you."))
		d.in(".said", hasText("Your gift of $15 a month to the Corruption Project was confirmed."))
		d.in(".then", hasText("The gift was stopped, and you won’t be charged again."))
		d.none(".then a")
		if strings.Contains(textOf(d.root), "You’re giving") {
			t.Error("a gift that was stopped is said to go on")
		}
	}
}

func TestEveryStateOfAMonthlyGiftsFirstPaymentHasItsWords(t *testing.T) {
	c := bothWays(t)
	const apart = "This page is about the first payment of your gift of $15 a month. You can change or cancel it online at any time."
	for status, said := range map[models.Status][]string{
		models.Started:           {"Confirming your gift…"},
		models.Processing:        {"Thank you — your bank payment has started.", "Your gift of $15 a month joins the total when it clears."},
		models.Failed:            {"Your payment didn’t go through. You have not been charged."},
		models.Expired:           {"The payment page closed before you paid. You have not been charged."},
		models.PartiallyRefunded: {"You’re giving $15 a month.", "$20 of the $15.76 you paid was refunded on June 20, 2027.", "until you cancel"},
		models.Refunded:          {"This gift was refunded on June 20, 2027.", "All of your $15.76", apart},
		models.Disputed:          {"This gift was disputed.", apart},
	} {
		d := thanksPage(t, c, monthlyGift(c, status))
		for _, words := range said {
			d.in("main", hasText(words))
		}
		if status == models.Failed || status == models.Expired {
			d.in("a.button", hasText("Try again"), hasAttr("href", "/?cancelled=tttttttttttttttttttttt#give"))
		}
	}
}

func TestAMonthlyGiftIsOfferedOnceBesideAOneTimeGiftAndNowhereElse(t *testing.T) {
	c := bothWays(t)
	thanksPage(t, c, paid(c, models.Received)).in(".aside a", hasText("Prefer to spread it out? Give monthly"), hasAttr("href", "/?frequency=monthly#give"))
	thanksPage(t, c, paid(c, models.Refunded)).none(".aside")
	thanksPage(t, sampleCampaign(t), paid(c, models.Received)).none(".aside")
	c.Deadline = june18(c).AddDate(0, 0, -1)
	thanksPage(t, c, paid(c, models.Received)).none(".aside")
}

func TestARefundWhoseDayIsNotKnownIsToldWithoutIt(t *testing.T) {
	c := sampleCampaign(t)
	gift := paid(c, models.Refunded)
	gift.RefundedAt = nil
	thanksPage(t, c, gift).in("h1", hasText("This gift was refunded."))
}
