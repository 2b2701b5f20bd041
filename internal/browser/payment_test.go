package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestWhatCanHappenOnThePaymentPage(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	var paid []int64

	t.Run("a declined card is not charged, and another try is", func(t *testing.T) {
		reader.TB = t
		reader.open("/")
		reader.submit()
		reader.pay("declined")
		reader.awaitSays(".problems", "Nothing was charged")
		d.expectGifts(paid...)
		reader.pay("succeeds")
		reader.awaitConfirmed("$50")
		paid = append(paid, 5000)
		d.expectGifts(paid...)
	})
	t.Run("a bank that asks is answered", func(t *testing.T) {
		reader.TB = t
		reader.open("/")
		reader.submit()
		reader.pay("authenticate")
		reader.click("[name=verdict][value=refuse]")
		reader.awaitSays(".problems", "Nothing was charged")
		reader.pay("authenticate")
		reader.click("[name=verdict][value=approve]")
		reader.awaitConfirmed("$50")
		paid = append(paid, 5000)
		d.expectGifts(paid...)
	})
	t.Run("without a webhook the thank-you page finds the gift itself", func(t *testing.T) {
		reader.TB = t
		reader.open("/")
		reader.submit()
		reader.pay("never")
		reader.awaitConfirmed("$50")
		paid = append(paid, 5000)
		d.expectGifts(paid...)
	})
	t.Run("a webhook that comes twice counts once", func(t *testing.T) {
		reader.TB = t
		reader.open("/")
		reader.submit()
		reader.pay("twice")
		reader.awaitConfirmed("$50")
		paid = append(paid, 5000)
		// Another gift behind it, so that both deliveries are over.
		reader.give("25")
		paid = append(paid, 2500)
		d.expectGifts(paid...)
	})
	t.Run("a thank-you page that was opened too early turns by itself", func(t *testing.T) {
		reader.TB = t
		early := d.tab(look{})
		reader.open("/")
		reader.submit()
		early.open("/thanks/" + reader.tokenOnPaymentPage())
		early.expectSays("h1", "Confirming your gift…")
		reader.pay("succeeds")
		early.awaitConfirmed("$50")
		paid = append(paid, 5000)
		d.expectGifts(paid...)
	})
}

func TestLeavingWithoutPaying(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	reader.open("/")
	reader.choose("250")
	reader.click("label[for=cover_fees]")
	reader.submit()
	left := reader.at()
	reader.click(".leave a")

	reader.awaitPage("/?cancelled=")
	reader.expectSays(".notice", "You left before paying. You have not been charged.")
	if !ask[bool](reader, "document.querySelector('[name=once_amount][value=\"250\"]').checked && document.querySelector('#cover_fees').checked") {
		t.Error("the choices were lost")
	}
	d.expectGifts()

	reader.submit()
	if reader.at() == left {
		t.Error("a new try leads to the payment page that was left")
	}
	reader.pay("succeeds")
	reader.awaitConfirmed("$250")
	if got := d.totals(); got.Gifts != 1 || got.Raised <= 25000 {
		t.Errorf("one gift of $250 and its fees were paid, and the books say %+v", got)
	}
}

func TestBackAndAgainIsNoSecondGift(t *testing.T) {
	for name, policy := range map[string]string{"from the browser's memory": "", "loaded anew": "unload"} {
		t.Run(name, func(t *testing.T) {
			d := runDemo(t)
			reader := d.tab(look{})
			reader.open("/")
			if policy != "" {
				// A page with an unload handler is not kept in memory.
				ask[chromedp.Void](reader, "addEventListener('unload', () => {})")
			}
			reader.choose("100")
			reader.submit()
			reader.pay("succeeds")
			reader.awaitConfirmed("$100")
			thanks := reader.at()

			ask[chromedp.Void](reader, "history.go(-2)")
			reader.await("the form", "document.readyState === 'complete' && location.pathname === '/' && document.querySelector('.give button')")
			reader.click(".give button[type=submit]")
			reader.awaitPage("/thanks/")
			if at := reader.at(); at != thanks {
				t.Errorf("the same form led to %s, and not to %s", strings.TrimPrefix(at, d.site), strings.TrimPrefix(thanks, d.site))
			}
			d.expectGifts(10000)
		})
	}
}
