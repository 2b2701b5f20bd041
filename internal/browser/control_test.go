package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// control opens the simulator's page on which things happen to money.
func (t *tab) control() {
	t.Helper()
	t.do(chromedp.Navigate(t.demo.stripe + "/control"))
	t.await("the control page", "document.readyState === 'complete' && document.querySelector('#payments')")
}

// happens has something happen to the latest payment, or subscription, on the
// control page, and waits until the page says that it did.
func (t *tab) happens(action string) {
	t.Helper()
	t.control()
	t.happen(action)
}

// happen is happens on the control page at hand.
func (t *tab) happen(action string) {
	t.Helper()
	ask[struct{}](t, "void document.querySelectorAll('details').forEach((d) => { d.open = true })")
	t.click("form[action$=" + quoted("/"+action) + "] button")
	t.await("what was done", "document.readyState === 'complete' && document.querySelector('[role=status]')")
}

func TestTheTrackerFollowsWhatHappensToMoney(t *testing.T) {
	d := runDemo(t)
	reader, watcher, simulator := d.tab(look{}), d.tab(look{}), d.tab(look{})
	reader.give("100")
	reader.give("250")
	watcher.open("/")
	watcher.awaitSays("#ticker", "$350 raised of $500,000")
	ask[struct{}](watcher, "void (window.sameDocument = true)")

	simulator.happens("refund")
	watcher.awaitSays("#ticker", "$100 raised of $500,000")
	reader.do(chromedp.Reload())
	reader.awaitSays("main", "This gift was refunded")

	reader.giveMonthly()
	watcher.awaitSays("#ticker", "$115 raised of $500,000")
	simulator.happens("renew")
	watcher.awaitSays("#ticker", "$130 raised of $500,000")
	simulator.happens("dispute")
	watcher.awaitSays("#ticker", "$115 raised of $500,000")
	simulator.happens("win")
	watcher.awaitSays("#ticker", "$130 raised of $500,000")

	if !ask[bool](watcher, "window.sameDocument === true") {
		t.Error("the tracker moved, but the page was loaded anew")
	}
	if got := d.totals(); got.Raised != 13000 || got.Gifts != 3 || got.Trouble != 0 {
		t.Errorf("the books say %+v", got)
	}
}
