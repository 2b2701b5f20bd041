package browser

import (
	"strings"
	"testing"
)

// The policy that pages are served under runs no inline script: what search
// engines are told is data, and a tab would report a violation.
func TestWhatIsWrittenForSearchEnginesBreaksNoPolicy(t *testing.T) {
	reader := runDemo(t).tab(look{})
	reader.open("/")
	const told = `JSON.parse(document.querySelector("script[type='application/ld+json']").textContent).potentialAction["@type"]`
	if got := ask[string](reader, told); got != "DonateAction" {
		t.Errorf("search engines are told of a %q", got)
	}
}

func TestTheTrackersPicturesShowInAPage(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	reader.give("100")
	for at, width := range map[string]int{
		"/progress.svg": 320, "/progress.svg?w=600&theme=dark": 600, "/progress.png?w=600&scale=2": 1200, "/share.png": 1200,
	} {
		loaded := `new Promise((done) => {
			const picture = new Image()
			picture.onload = () => done(picture.naturalWidth)
			picture.onerror = () => done(0)
			picture.src = ` + quoted(at) + `
		})`
		if got := ask[int](reader, loaded); got != width {
			t.Errorf("%s is %d pixels wide, want %d", at, got, width)
		}
	}
	// It is set in whatever serif this machine has.
	for _, at := range []string{"/progress.svg", "/progress.svg?w=600"} {
		reader.open(at)
		const outside = `[...document.querySelectorAll("text")].filter((line) => {
			const box = line.getBBox(), all = document.documentElement.viewBox.baseVal
			return box.x < 16 || box.x + box.width > all.width - 16 || box.y + box.height > all.height
		}).map((line) => line.textContent).join("; ")`
		if got := ask[string](reader, outside); got != "" {
			t.Errorf("%s: outside of the picture stands %q", at, got)
		}
		const called = "Corruption Project: $100 raised of $500,000 as of "
		if got := ask[string](reader, `document.querySelector("title").textContent`); !strings.HasPrefix(got, called) {
			t.Errorf("%s is called %q", at, got)
		}
	}
}
