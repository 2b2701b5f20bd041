package browser

import (
	"testing"
)

// readLink opens the newest mail that leads to a donor's gifts.
func (t *tab) readLink() {
	t.Helper()
	t.open("/demo/mail")
	t.await("the mail to be there", `(async () => {
		const said = await (await fetch(location.href, { cache: "no-store" })).text();
		const page = new DOMParser().parseFromString(said, "text/html");
		const mail = [...page.querySelectorAll(".mail a")].find((a) => a.textContent.startsWith("Your gifts to"));
		return Boolean(mail);
	})()`)
	t.open("/demo/mail")
	t.open(ask[string](t, `[...document.querySelectorAll(".mail a")].find((a) => a.textContent.startsWith("Your gifts to")).getAttribute("href")`))
}

// askForLink fills in the form that mails a link to a donor's gifts.
func (t *tab) askForLink(email string) {
	t.Helper()
	t.open("/manage")
	t.fill("#email", email)
	t.click("main form button")
	t.awaitSays("main", "If that address has gifts with us, a link is on its way.")
}

// manage brings a donor to their gifts.
func (t *tab) manage(email string) {
	t.Helper()
	t.askForLink(email)
	t.readLink()
	t.click(`.links a[href*="/manage/"]`)
	t.awaitPage("/manage/")
	t.click("main form button")
	t.awaitSays("h1", "Your giving")
}

func TestAMonthlyDonorCancelsWithinThreeClicksFromTheMailAndIsNotChargedAgain(t *testing.T) {
	for name, as := range map[string]look{"with a script": {}, "without one, on a phone": {noScript: true, width: 360, height: 740}} {
		t.Run(name, func(t *testing.T) {
			d := runDemo(t)
			reader := d.tab(as)
			reader.giveMonthly()
			reader.askForLink("reader@example.org")
			reader.readLink()
			reader.click(`.links a[href*="/manage/"]`)
			reader.awaitPage("/manage/")
			clicks := 0
			press := func(selector string) {
				reader.click(selector)
				clicks++
			}
			press("main form button") // Continue
			reader.awaitSays("h1", "Your giving")
			reader.expectSays(".standing", "$15 a month")
			press(`.standing a[href$="/cancel"]`)
			reader.awaitSays("h1", "Cancel your $15 monthly gift?")
			press("main form button")
			reader.awaitSays("h1", "Cancelled.")
			reader.expectSays("main", "You won’t be charged again.")
			if clicks > 3 {
				t.Errorf("it took %d clicks", clicks)
			}
			reader.control()
			if ask[bool](reader, `Boolean(document.querySelector("form[action$='/renew']"))`) {
				t.Error("the gift can be charged again")
			}
			d.expectGifts(1500)
			reader.open("/manage")
			reader.expectSays("table", "$15")
			reader.click(`form[action$="/sign-out"] button`)
			reader.awaitSays("h1", "Manage your giving")
		})
	}
}

func TestAMonthlyDonorChangesTheAmountByKeyboard(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{width: 360, height: 740})
	reader.giveMonthly()
	reader.manage("reader@example.org")
	reader.tabTo(`.standing a[href$="/amount"]`)
	reader.enter()
	reader.awaitSays("h1", "Change your monthly gift")
	reader.fill("#amount", "much")
	reader.enter()
	reader.awaitSays(".summary", "Enter an amount in dollars")
	reader.await("the summary to have the focus", "document.activeElement.matches('.summary')")
	reader.fill("#amount", "20")
	reader.enter()
	reader.awaitSays("h1", "Changed to $20 a month.")
	reader.open("/manage")
	reader.expectSays(".standing", "$20 a month")
}
