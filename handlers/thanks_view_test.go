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
	case models.PartiallyRefunded:
		d.Refunded = 2000
	case models.Processing:
		d.Pending = 5180
	}
	return d
}

func thanksPage(t *testing.T, c models.Campaign, d models.Donation) doc {
	t.Helper()
	page, err := sampleViews(t, c).thanks(d, onTheWay(c), june18(c))
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
	d.none("form")
}

func TestNoOtherStateIsThankedForAsReceived(t *testing.T) {
	c := sampleCampaign(t)
	for status, said := range map[models.Status]string{
		models.Started:           "Confirming your gift… This usually takes a few seconds. You can close this page. Please don’t give again.",
		models.Processing:        "Thank you. Your bank payment has started. US bank payments take up to four business days.",
		models.Failed:            "Your payment didn’t go through. You have not been charged.",
		models.Expired:           "The payment page closed before you paid. You have not been charged.",
		models.PartiallyRefunded: "gift to the Corruption Project is confirmed. $20 of it was refunded.",
		models.Refunded:          "This gift was refunded. All of your $51.80 was sent back.",
		models.Disputed:          "This payment is disputed. The bank has taken this payment back",
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
			d.in("a.button", hasText("Try again"), hasAttr("href", "/?amount=50#give"))
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
