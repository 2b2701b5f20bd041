package browser

import (
	"strings"

	"github.com/chromedp/chromedp"
)

// visit is a page in one of its states, and how a reader gets there. Together
// and in this order they are one reader's long afternoon.
type visit struct {
	name   string
	arrive func(t *tab)
}

var visits = []visit{
	{"campaign before this reader's gift", func(t *tab) { t.open("/") }},
	{"campaign with a monthly gift chosen", (*tab).arriveAtMonthly},
	{"error summary", (*tab).arriveAtError},
	{"error summary of a monthly gift", func(t *tab) {
		t.arriveAtMonthly()
		t.fill("#other_amount", "much")
		t.click(".give button[type=submit]")
		t.awaitSays(".summary", "There is a problem")
	}},
	{"error summary of a note that is too long", func(t *tab) {
		t.open("/")
		t.click(".fold summary")
		t.click("label[for=tribute-honor]")
		ask[string](t, `document.querySelector("#comment").value = "too long ".repeat(60)`)
		t.click(".give button[type=submit]")
		t.awaitSays(".summary", "Shorten your note")
	}},
	{"payment page of a monthly gift", func(t *tab) {
		t.arriveAtMonthly()
		t.submit()
	}},
	{"payment page", func(t *tab) {
		t.open("/")
		t.submit()
	}},
	{"payment page after a declined card", func(t *tab) {
		t.pay("declined")
		t.await("the page to say so", "document.querySelector('.problems')")
	}},
	{"bank's page", func(t *tab) {
		t.pay("authenticate")
		t.await("the bank's page", "document.querySelector('[value=approve]')")
	}},
	{"left without paying", func(t *tab) {
		t.open("/")
		t.submit()
		t.click(".leave a")
		t.awaitPage("/?cancelled=")
	}},
	{"confirming", func(t *tab) {
		t.submit()
		t.open("/thanks/" + t.tokenOnPaymentPage())
		t.awaitSays("h1", "Confirming your gift…")
	}},
	{"confirming, asked again", func(t *tab) {
		t.click("#waiting a")
		t.await("the heading to have the focus", "document.activeElement.tagName === 'H1' && document.activeElement.textContent.startsWith('Confirming')")
	}},
	{"confirmed", func(t *tab) { t.give("50") }},
	{"receipt", (*tab).openReceipt},
	{"confirmed, monthly", (*tab).giveMonthly},
	{"campaign after this reader's gift", func(t *tab) { t.open("/") }},
	{"asked for the newsletter", func(t *tab) {
		t.open("/")
		t.fill("#email", "reader@example.org")
		t.click(".signup button")
		t.awaitSays("h1", "Check your inbox to confirm.")
	}},
	{"a captured mail", func(t *tab) { t.openMail("Confirm the weekly newsletter", "reader@example.org") }},
	{"captured mail", func(t *tab) { t.open("/demo/mail") }},
	{"confirming the newsletter", func(t *tab) {
		t.openMail("Confirm the weekly newsletter", "reader@example.org")
		t.click("main .links a")
		t.awaitPage("/newsletter/confirm/")
	}},
	{"on the list", func(t *tab) {
		t.click("main form button")
		t.awaitSays("h1", "You’re on the list.")
	}},
	{"a link that is good no longer", func(t *tab) { t.open("/newsletter/confirm/AAAAAAAAAAAAAAAAAAAAAA") }},
	{"an address to mend", (*tab).arriveAtNoAddress},
	{"asking for a donor's link", func(t *tab) { t.open("/manage") }},
	{"asking for a donor's link without an address", func(t *tab) {
		t.fill("#email", "reader@")
		t.click("main form button")
		t.awaitSays(".summary", "There is a problem")
	}},
	{"asked for a donor's link", func(t *tab) { t.askForLink("reader@example.org") }},
	{"a donor's link", func(t *tab) {
		t.readLink()
		t.click(`.links a[href*="/manage/"]`)
		t.awaitPage("/manage/")
	}},
	{"a donor's gifts", func(t *tab) {
		t.click("main form button")
		t.awaitSays("h1", "Your giving")
	}},
	{"a donor's year", func(t *tab) {
		t.click(`a[href^="/manage/year/"]`)
		t.awaitSays("h1", "Your gifts in ")
	}},
	{"changing a gift", func(t *tab) {
		t.open("/manage")
		t.click(`.standing a[href$="/amount"]`)
		t.awaitSays("h1", "Change your monthly gift")
	}},
	{"changing a gift to no amount", func(t *tab) {
		t.fill("#amount", "much")
		t.click("main form button")
		t.awaitSays(".summary", "Enter an amount in dollars")
	}},
	{"a gift that was changed", func(t *tab) {
		t.fill("#amount", "20")
		t.click("main form button")
		t.awaitSays("h1", "Changed to $20 a month.")
	}},
	{"cancelling a gift", func(t *tab) {
		t.open("/manage")
		t.click(`.standing a[href$="/cancel"]`)
		t.awaitSays("h1", "Cancel your $20 monthly gift?")
	}},
	{"a gift that was cancelled", func(t *tab) {
		t.click("main form button")
		t.awaitSays("h1", "Cancelled.")
	}},
	{"a donor's link that was used", func(t *tab) { t.open("/manage/AAAAAAAAAAAAAAAAAAAAAA") }},
	{"no such page", func(t *tab) { t.open("/no-such-page") }},
	{"no such receipt", func(t *tab) { t.open("/receipts/AAAAAAAAAAAAAAAAAAAAAA") }},
	{"no such gift", func(t *tab) { t.open("/thanks/AAAAAAAAAAAAAAAAAAAAAA") }},
}

// fates are what can become of a gift after its payment page, on the pages that
// tell of it. They want a campaign that takes bank debits.
var fates = []visit{
	{"bank payment under way", func(t *tab) {
		t.open("/")
		t.choose("100")
		t.submit()
		t.pay("debit")
		t.awaitPage("/thanks/")
		t.awaitSays("h1", "your bank payment has started")
	}},
	{"campaign with a bank payment under way", func(t *tab) {
		t.give("50")
		t.open("/")
		t.awaitSays("#ticker", "$100 in bank payments still to clear")
	}},
	{"bank payment that failed", func(t *tab) {
		t.open("/")
		t.choose("250")
		t.submit()
		t.pay("debit")
		t.awaitPage("/thanks/")
		t.befalls("bounce", "", "Your payment didn’t go through.")
	}},
	{"partly refunded", func(t *tab) {
		t.give("50")
		t.befalls("refund", "12.50", "$12.50 of the $50 you paid was refunded")
	}},
	{"refunded", func(t *tab) { t.befalls("refund", "", "This gift was refunded") }},
	{"disputed", func(t *tab) {
		t.give("25")
		t.befalls("dispute", "", "This gift was disputed.")
	}},
	{"monthly, and stopped", func(t *tab) {
		t.giveMonthly()
		t.befalls("cancel", "", "The gift was stopped")
	}},
}

// befalls has something happen at Stripe to the latest payment, of an amount
// where there is one, and comes back once this page tells of it.
func (t *tab) befalls(action, amount, says string) {
	t.Helper()
	back := t.at()
	t.control()
	if amount != "" {
		ask[struct{}](t, "void document.querySelectorAll('details').forEach((d) => { d.open = true })")
		t.fill("form[action$="+quoted("/"+action)+"] [name=amount]", amount)
	}
	t.happen(action)
	t.open(strings.TrimPrefix(back, t.demo.site))
	t.await("the page to tell of it", "(async () => (await (await fetch(location.href, { cache: 'no-store' })).text()).replace(/\\s+/g, ' ').includes("+quoted(says)+"))()")
	t.do(chromedp.Reload())
	t.awaitSays("main", says)
}

// openReceipt follows the thank-you page's link once there is one: a receipt is
// issued moments after the gift is booked.
func (t *tab) openReceipt() {
	t.Helper()
	t.await("a receipt to be issued", "(async () => (await (await fetch(location.href, { cache: 'no-store' })).text()).includes('Print receipt'))()")
	t.do(chromedp.Reload())
	t.click(".tools a")
	t.awaitPage("/receipts/")
}

// arriveAtNoAddress asks for the newsletter with something that is no address.
func (t *tab) arriveAtNoAddress() {
	t.Helper()
	t.open("/")
	t.fill("#email", "reader@")
	t.click(".signup button")
	t.awaitSays(".summary", "There is a problem")
}

// arriveAtMonthly chooses a monthly gift, as a link would.
func (t *tab) arriveAtMonthly() {
	t.Helper()
	t.open("/?frequency=monthly")
	t.settle()
}

// giveMonthly begins a monthly gift of the amount chosen beforehand.
func (t *tab) giveMonthly() {
	t.Helper()
	t.arriveAtMonthly()
	t.submit()
	t.pay("succeeds")
	t.awaitPage("/thanks/")
	t.awaitSays("h1", "You’re giving $15 a month.")
}

// arriveAtError sends the form with an amount that is none.
func (t *tab) arriveAtError() {
	t.Helper()
	t.open("/")
	t.fill("#other_amount", "much")
	t.click(".give button[type=submit]")
	t.awaitSays(".summary", "There is a problem")
}
