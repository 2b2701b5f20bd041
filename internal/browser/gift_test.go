package browser

import (
	"testing"
)

func TestAGiftTravelsTheWholeWay(t *testing.T) {
	d := runDemo(t)
	reader, watcher := d.tab(look{}), d.tab(look{})
	watcher.open("/")
	watcher.expectSays("#ticker", "Be one of the first readers to give.")
	ask[struct{}](watcher, "void (window.sameDocument = true)")

	reader.give("100")
	watcher.awaitSays("#ticker", "$100 raised of $500,000 1 reader")
	reader.give("250")
	watcher.awaitSays("#ticker", "$350 raised of $500,000")

	if !ask[bool](watcher, "window.sameDocument === true && performance.getEntriesByType('navigation').length === 1") {
		t.Error("the tracker moved, but the page was loaded anew")
	}
	d.expectGifts(10000, 25000)
}

func TestAGiftTravelsTheWholeWayWithoutScript(t *testing.T) {
	d := runDemo(t)
	reader, other := d.tab(look{noScript: true}), d.tab(look{noScript: true})
	reader.open("/")
	if got := reader.says(".give button[type=submit]"); got != "Continue to payment" {
		t.Errorf("a script ran: the button says %q", got)
	}
	reader.choose("25")
	reader.submit()

	// Looking too early: nothing is confirmed, and a link asks again.
	token := reader.tokenOnPaymentPage()
	other.open("/thanks/" + token)
	other.expectSays("h1", "Confirming your gift…")
	reader.pay("succeeds")
	reader.awaitPage("/thanks/" + token)
	for range 100 {
		if other.says("h1") == "Thank you." {
			break
		}
		other.click("#waiting a")
		other.awaitPage("/thanks/" + token)
	}
	other.awaitConfirmed("$25")
	d.expectGifts(2500)
}

// tokenOnPaymentPage is the gift's token, which stands in the address that
// leads back without paying.
func (t *tab) tokenOnPaymentPage() string {
	t.Helper()
	return ask[string](t, "new URL(document.querySelector('.leave a').href).searchParams.get('cancelled')")
}
