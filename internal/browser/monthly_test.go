package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// shown are the amounts that can be seen, by the frequency they are for.
func (t *tab) shown() []string {
	t.Helper()
	return ask[[]string](t, `[...document.querySelectorAll("fieldset.set")].filter((e) => e.checkVisibility()).map((e) => e.dataset.for)`)
}

func (t *tab) expectShown(frequency string) {
	t.Helper()
	if got := t.shown(); len(got) != 1 || got[0] != frequency {
		t.Errorf("the amounts of %v are shown, and not those of %s alone", got, frequency)
	}
}

func TestAMonthlyGiftIsChosenByKeyboardAlone(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{width: 360, height: 740})
	reader.open("/")
	reader.expectShown("once")
	reader.tabTo("[name=frequency]")
	reader.press(kb.ArrowRight)
	reader.expectShown("monthly")
	reader.tabTo("[name=monthly_amount]")
	reader.press(kb.ArrowRight) // from $15 to $25
	reader.expectSays(".give button[type=submit]", "Give $25 a month")
	reader.expectSays(".terms", "Giving monthly, you’ll be charged $25 today and on the ")
	reader.tabTo("#cover_fees")
	reader.press(" ")
	button, terms := centsIn(reader.says(".give button[type=submit]")), centsIn(reader.says(".terms"))
	if len(button) != 1 || len(terms) != 1 || button[0] != terms[0] || button[0] <= 2500 {
		t.Errorf("the button names %v cents, the terms %v", button, terms)
	}
	reader.tabTo(".give button[type=submit]")
	reader.enter()
	reader.awaitPaymentPage()
	reader.expectSays("main", "every month")
	if charged := centsIn(reader.says("tfoot")); len(charged) != 1 || charged[0] != button[0] {
		t.Errorf("shown were %v cents, charged would be %v", button, charged)
	}
	reader.pay("succeeds")
	reader.awaitPage("/thanks/")
	reader.awaitSays("h1", "Thank you. You’re giving $25 a month.")
	// Stripe tells of the subscription apart from the payment: the page that
	// confirms may have been there before.
	reader.await("the next day in the page", `fetch(location.href).then((answer) => answer.text()).then((page) => page.includes("until you cancel, next on "))`)
	reader.visit(ask[string](reader, "location.href"))
	reader.expectSays(".then", "until you cancel, next on ")
	d.expectGifts(button[0])
}

func TestAMonthlyGiftIsChosenWithoutScript(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{noScript: true, width: 360, height: 740})
	reader.open("/")
	reader.chooseMonthly("10")
	reader.expectShown("monthly")
	reader.expectSays(".terms", "Giving monthly, you’ll be charged today and on the ")
	reader.submit()
	reader.expectSays("main", "every month")
	if charged := centsIn(reader.says("tfoot")); len(charged) != 1 || charged[0] != 1000 {
		t.Errorf("charged would be %v cents", charged)
	}
	reader.click(".leave a")
	reader.awaitPage("/?cancelled=")
	reader.expectShown("monthly")
	if !ask[bool](reader, `document.querySelector('[name=monthly_amount][value="10"]').checked`) {
		t.Error("the amount was lost")
	}
}

func TestAnAmountThatWasTypedStaysWhenTheFrequencyChanges(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	reader.open("/")
	reader.fill("#other_amount", "40")
	reader.expectSays(".give button[type=submit]", "Give $40")
	reader.click("label[for=frequency-monthly]")
	if got := reader.says(".give button[type=submit]"); !strings.Contains(got, "Give $40 a month") {
		t.Errorf("the button says %q", got)
	}
	reader.submit()
	if charged := centsIn(reader.says("tfoot")); len(charged) != 1 || charged[0] != 4000 {
		t.Errorf("charged would be %v cents", charged)
	}
}
