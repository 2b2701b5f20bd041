package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/chromedp/cdproto/page"
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

// expectAccessible fails the test for everything that axe-core objects to.
func (t *tab) expectAccessible(where string) {
	t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		t.Fatal(err)
	}
	ask[struct{}](t, string(source)+"; undefined")
	type violation struct{ Id, Help, Where string }
	type report struct {
		Found  []violation
		Frames int // of the page; in one where no script may run axe can't either
		Seen   int // of them looked into
	}
	said := ask[report](t, `axe.run(document, {
		runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
		resultTypes: ["violations", "passes"],
	}).then(({ violations, passes }) => ({
		Found: violations.map((v) =>
			({ Id: v.id, Help: v.help, Where: v.nodes.map((n) => n.html.slice(0, 120) + " " + n.failureSummary).join("\n") })),
		Frames: document.querySelectorAll("iframe:not([sandbox]), iframe[sandbox~=allow-scripts]").length,
		Seen: new Set(passes.flatMap((p) => p.nodes).filter((n) => n.target.length > 1).map((n) => n.target[0])).size,
	}))`)
	for _, v := range said.Found {
		t.Errorf("%s: axe %s: %s\n%s", where, v.Id, v.Help, v.Where)
	}
	if said.Seen != said.Frames {
		t.Errorf("%s: axe looked into %d of %d frames", where, said.Seen, said.Frames)
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
