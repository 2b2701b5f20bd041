package browser

import (
	"fmt"
	"testing"
)

func TestEveryPageFitsItsWindowIsAccessibleAndValid(t *testing.T) {
	for _, afternoon := range []struct {
		at     *demo
		visits []visit
	}{{runDemo(t), visits}, {bankDebits.set(t), fates}} {
		reader := afternoon.at.tab(look{})
		for _, visit := range afternoon.visits {
			t.Run(visit.name, func(t *testing.T) {
				reader.TB = t
				reader.look(look{})
				visit.arrive(reader)
				reader.expectGoodInEveryLook("it")
				served.add(t, "as served", "html", reader.source())
			})
		}
		reader.TB = t
	}
}

// expectGoodInEveryLook holds the page at hand to what every page must be: on
// the smallest phone, a usual one and a desk, in light and in dark.
func (t *tab) expectGoodInEveryLook(page string) {
	t.Helper()
	accessible := t.expectAccessible
	for _, as := range []look{{width: 320, height: 740}, {width: 360, height: 740}, {width: 1280, height: 900}} {
		for _, as.dark = range []bool{false, true} {
			t.look(as)
			at := fmt.Sprintf("%s at %d, dark %t", page, as.width, as.dark)
			t.expectFits(at)
			accessible(at)
			accessible = t.expectAccessibleStill
		}
	}
}

// expectFits fails the test where a page scrolls sideways or a control is less
// than 44 px high. A link inside a sentence is as high as its line.
func (t *tab) expectFits(page string) {
	t.Helper()
	if over := ask[int](t, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("%s scrolls sideways by %d px, for %s", page, over, ask[string](t, `[...document.querySelectorAll("body *")]
			.filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll")).map((e) => e.outerHTML.slice(0, 200)).slice(0, 5).join("\n")`))
	}
	for _, control := range ask[[]string](t, `(() => {
		const inSentence = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline" &&
			e.parentElement.textContent.trim() !== e.textContent.trim();
		const height = (e) => Math.max(e.getBoundingClientRect().height,
			...[...(e.labels || [])].map((label) => label.getBoundingClientRect().height));
		return [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")]
			.filter((e) => e.checkVisibility() && !e.matches(".skip") && !inSentence(e) && height(e) < 43.5)
			.map((e) => height(e) + " px: " + e.outerHTML.slice(0, 160));
	})()`) {
		t.Errorf("%s: a control is too low for a finger: %s", page, control)
	}
}

func TestAPhoneShowsTrackerAndButtonAtOnce(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{width: 360, height: 740})
	for _, state := range []string{"without gifts", "with a gift"} {
		t.Run(state, func(t *testing.T) {
			reader.TB = t
			reader.open("/")
			if top := ask[float64](reader, "document.querySelector('#ticker').getBoundingClientRect().top"); top > 420 {
				t.Errorf("the tracker begins at %.0f px, below 420", top)
			}
			if bottom := ask[float64](reader, "document.querySelector('.givenow').getBoundingClientRect().bottom"); bottom > 600 {
				t.Errorf("“Give now” ends at %.0f px, below 600", bottom)
			}
		})
		reader.TB = t
		if state == "without gifts" {
			reader.give("50")
		}
	}
}
