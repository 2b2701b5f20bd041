package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
func (t *tab) expectAccessible(page string) {
	t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		t.Fatal(err)
	}
	ask[struct{}](t, string(source)+"; undefined")
	type violation struct{ Id, Help, Where string }
	found := ask[[]violation](t, `axe.run(document, {
		runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
		resultTypes: ["violations"],
	}).then(({ violations }) => violations.map((v) =>
		({ Id: v.id, Help: v.help, Where: v.nodes.map((n) => n.html.slice(0, 120) + " " + n.failureSummary).join("\n") })))`)
	for _, v := range found {
		t.Errorf("%s: axe %s: %s\n%s", page, v.Id, v.Help, v.Where)
	}
}
