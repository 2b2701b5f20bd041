package browser

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestFromPageToPaymentByKeyboardAlone(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{width: 360, height: 740})
	reader.open("/")
	reader.tabTo("[name=once_amount]")
	reader.press(kb.ArrowRight) // from $50 to $100
	if !ask[bool](reader, "document.querySelector('[name=once_amount][value=\"100\"]').checked") {
		t.Error("an arrow key does not choose the next amount")
	}
	reader.tabTo("#cover_fees")
	reader.press(" ")
	reader.press(" ") // and taken back
	reader.tabTo(".give button[type=submit]")
	reader.expectSays(".give button[type=submit]", "Give $100")
	reader.enter()
	reader.awaitPaymentPage()
	reader.tabTo("[name=outcome]")
	reader.tabTo("main form button[type=submit]")
	reader.enter()
	reader.awaitConfirmed("$100")
	d.expectGifts(10000)
}

// tabTo presses Tab until what is wanted has the focus. Wherever the focus
// comes on the way, it must be in sight and show that it is there.
func (t *tab) tabTo(selector string) {
	t.Helper()
	for range 60 {
		t.press(kb.Tab)
		type stop struct {
			There, Seen, Shown bool
			What               string
		}
		at := ask[stop](t, `(() => {
			const e = document.activeElement;
			const drawn = e.labels?.length && getComputedStyle(e).opacity === "0" ? e.labels[0] : e;
			const box = drawn.getBoundingClientRect();
			const rings = [e, drawn].flatMap((x) => [null, "::before"].map((part) => getComputedStyle(x, part).outlineStyle));
			return {
				There: e.matches(`+quoted(selector)+`),
				Seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
				Shown: rings.some((style) => style !== "none"),
				What: e.outerHTML.slice(0, 100),
			};
		})()`)
		if !at.Seen || !at.Shown {
			t.Errorf("the focus can't be seen on %s (in sight %t, ring %t)", at.What, at.Seen, at.Shown)
		}
		if at.There {
			return
		}
	}
	t.Fatalf("Tab never comes to %s", selector)
}

var dollarAmount = regexp.MustCompile(`\$([\d,]+)(?:\.(\d\d))?`)

// centsIn are the amounts in a sentence.
func centsIn(s string) (amounts []int64) {
	for _, m := range dollarAmount.FindAllStringSubmatch(s, -1) {
		cents := m[2]
		if cents == "" {
			cents = "00"
		}
		n, err := strconv.ParseInt(strings.ReplaceAll(m[1], ",", "")+cents, 10, 64)
		if err != nil {
			panic(err)
		}
		amounts = append(amounts, n)
	}
	return amounts
}

func TestCoveredFeesAreChargedAsShown(t *testing.T) {
	d := runDemo(t)
	chosen := *seed
	if chosen == 0 {
		chosen = rand.Uint64()
	}
	t.Logf("the amounts follow from -seed %d", chosen)
	random := rand.New(rand.NewPCG(chosen, 0))
	reader := d.tab(look{})
	for range 12 {
		// From $3 to $25,000, as many small ones as large ones.
		amount := int64(300)
		for amount < 2_500_000/10 && random.IntN(4) > 0 {
			amount *= 4
		}
		amount = min(2_500_000, amount+random.Int64N(3*amount))
		typed := fmt.Sprintf("%d.%02d", amount/100, amount%100)
		t.Run("$"+typed, func(t *testing.T) {
			reader.TB = t
			reader.open("/")
			reader.fill("#other_amount", typed)
			reader.click("label[for=cover_fees]")
			label := centsIn(reader.says("label[for=cover_fees]"))
			button := centsIn(reader.says(".give button[type=submit]"))
			if len(label) != 2 || len(button) != 1 || label[1] != amount || button[0] != label[0]+label[1] {
				t.Fatalf("the label names %v cents, the button %v", label, button)
			}
			reader.submit()
			charged := centsIn(reader.says("tfoot"))
			if len(charged) != 1 || charged[0] != button[0] {
				t.Errorf("shown were %d cents, charged would be %v", button[0], charged)
			}
		})
	}
}

func TestThePageReckonsCoveredFeesAsTheLedgerDoes(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	reader.open("/")
	// Every amount near the least, where the fixed part weighs, and steps through the rest up to the most.
	var amounts []int64
	for amount := int64(300); amount <= 2_500_000; amount += 1 + amount/150 {
		amounts = append(amounts, amount)
	}
	shown := ask[[]string](reader, fmt.Sprintf(`(() => {
		const typed = document.querySelector("#other_amount");
		return %s.map((cents) => {
			typed.value = Math.floor(cents / 100) + "." + String(cents %% 100).padStart(2, "0");
			typed.dispatchEvent(new Event("input", { bubbles: true }));
			return document.querySelector("label[for=cover_fees]").textContent;
		});
	})()`, strings.ReplaceAll(fmt.Sprint(amounts), " ", ",")))
	for i, amount := range amounts {
		// The least total that leaves the gift whole after 2.9 %, rounded half up to the cent, and 30 cents.
		total := amount
		for total-(total*290+5000)/10000-30 < amount {
			total++
		}
		if said := centsIn(shown[i]); len(said) != 2 || said[0] != total-amount || said[1] != amount {
			t.Errorf("for %d cents the page says %q; the fee is %d", amount, shown[i], total-amount)
		}
	}
	t.Logf("%d amounts", len(amounts))
}

func TestAnAmountTypedBesideAChosenOne(t *testing.T) {
	d := runDemo(t)
	t.Run("without a script is asked about, with everything kept", func(t *testing.T) {
		reader := d.tab(look{noScript: true, width: 360, height: 740})
		reader.open("/")
		reader.choose("100")
		reader.fill("#other_amount", "75")
		reader.click("label[for=cover_fees]")
		reader.click(".give button[type=submit]")
		reader.awaitPage("/donate")
		reader.expectSays(".summary", "You chose $100 and also typed $75. Pick one.")
		if title := ask[string](reader, "document.title"); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("the title is %q", title)
		}
		reader.await("the summary to have the focus", "document.activeElement.matches('.summary')")
		if !ask[bool](reader, `document.querySelector('[name=once_amount][value="100"]').checked &&
			document.querySelector("#other_amount").value === "75" && document.querySelector("#cover_fees").checked`) {
			t.Error("the choices were lost")
		}
		reader.press(kb.Tab)
		reader.enter()
		reader.await("the summary's link to lead to the field",
			"document.activeElement.name === 'once_amount' || document.activeElement.id === 'other_amount'")
		reader.fill("#other_amount", "")
		reader.click(".give button[type=submit]")
		reader.awaitPaymentPage()
	})
	t.Run("with the script takes its place", func(t *testing.T) {
		reader := d.tab(look{})
		reader.open("/")
		reader.choose("100")
		reader.fill("#other_amount", "75")
		reader.expectSays(".give button[type=submit]", "Give $75")
		reader.submit()
		if charged := centsIn(reader.says("tfoot")); len(charged) != 1 || charged[0] != 7500 {
			t.Errorf("charged would be %v cents", charged)
		}
	})
}
