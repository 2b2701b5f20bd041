package browser

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var axePath = filepath.Join("node_modules", "axe-core", "axe.min.js")

// installChecks installs what package-lock.json names, if it is not there yet.
func installChecks() error {
	_, axe := os.Stat(axePath)
	_, nu := os.Stat(nuPath)
	if axe == nil && nu == nil {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("axe-core and the Nu HTML checker come from npm, which is not installed: apt-get install npm")
	}
	install := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if said, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, said)
	}
	return nil
}

// askingAxe is an expression: what axe-core says of the page in its present look.
//
//go:embed testdata/look.js
var askingAxe string

// axeReport is what axe-core says of a page.
type axeReport struct {
	Found  []struct{ Id, Help, Where string }
	Frames int // of the page; in one where no script may run axe can't either
	Seen   int // of them looked into
}

// bringAxe has axe-core in the page, with nothing answered so far.
func (t *tab) bringAxe() {
	t.Helper()
	if !ask[bool](t, "Boolean(window.axe)") {
		source, err := os.ReadFile(axePath)
		if err != nil {
			t.Fatal(err)
		}
		ask[struct{}](t, string(source)+"; undefined")
	}
	ask[struct{}](t, "void delete axe.answered")
}

// expectAccessible fails the test for everything that axe-core objects to.
func (t *tab) expectAccessible(where string) {
	t.Helper()
	t.bringAxe()
	t.expectAccessibleStill(where)
}

// expectAccessibleStill is expectAccessible where nothing but the look of a page
// has changed since it was asked last.
func (t *tab) expectAccessibleStill(where string) {
	t.Helper()
	said := ask[axeReport](t, askingAxe)
	for _, v := range said.Found {
		t.Errorf("%s: axe %s: %s\n%s", where, v.Id, v.Help, v.Where)
	}
	if said.Seen != said.Frames {
		t.Errorf("%s: axe looked into %d of %d frames", where, said.Seen, said.Frames)
	}
}

func TestAxeFindsWhatIsWrongInOneLookAlone(t *testing.T) {
	reader := (&demo{TB: t}).tab(look{})
	light, dark := look{width: 320, height: 740}, look{width: 320, height: 740, dark: true}
	larger, wide := look{width: 360, height: 740}, look{width: 1280, height: 900}
	for _, test := range []struct {
		rule, page string
		in         look
	}{
		{"color-contrast", `<p class="a">Words</p><style>@media (prefers-color-scheme: dark) { .a { color: #444; background: #222 } }</style>`, dark},
		{"color-contrast", `<p class="a">Words</p><style>@media (min-width: 800px) { .a { color: #aaa; background: #fff } }</style>`, wide},
		{"image-alt", `<img class="a" src="data:,"><style>@media (max-width: 800px) { .a { display: none } }</style>`, wide},
		{"target-size", `<nav><a class="a" href="/a">a</a><a class="a" href="/b">b</a></nav><style>.a { display: inline-block; width: 40px; font-size: 10px } @media (min-width: 350px) and (max-width: 400px) { .a { width: 20px } }</style>`, larger},
	} {
		reader.visit("about:blank")
		ask[chromedp.Void](reader, "document.open(), document.write("+quoted(`<!doctype html><html lang="en"><title>Wrong</title><main><h1>Wrong</h1>`+test.page+`</main></html>`)+"), document.close()")
		reader.look(light)
		reader.bringAxe()
		for _, as := range []look{light, dark, larger, wide} {
			reader.look(as)
			var found []string
			for _, v := range ask[axeReport](reader, askingAxe).Found {
				found = append(found, v.Id)
			}
			if wrong := slices.Contains(found, test.rule); wrong != (as == test.in) {
				t.Errorf("%s at %d, dark %t: found are %v", test.page, as.width, as.dark, found)
			}
		}
	}
}

// axeInFrames has axe-core in every frame of the pages to come: it looks into
// a frame only where it is there too.
func (t *tab) axeInFrames() {
	t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		t.Fatal(err)
	}
	send(t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(source)})
}
