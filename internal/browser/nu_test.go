package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var nuPath = filepath.Join("node_modules", "vnu-jar", "build", "dist", "vnu.jar")

// specimens are documents for the Nu HTML checker, each in a file named for
// where it comes from. They are checked together: the checker takes seconds to
// start and no time for a page.
type specimens struct {
	testing.TB
	folder string
	files  []string
}

func collect(t testing.TB) *specimens {
	t.Helper()
	return &specimens{TB: t, folder: t.TempDir()}
}

// add keeps a document; kind is "html", "svg" or "css".
func (s *specimens) add(name, kind, text string) {
	s.Helper()
	if strings.TrimSpace(text) == "" {
		s.Errorf("%s is empty", name)
	}
	path := filepath.Join(s.folder, fmt.Sprintf("%02d-%s.%s", len(s.files), fileName(name), kind))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	s.files = append(s.files, path)
}

// expectValid fails the test for everything that the checker calls an error.
func (s *specimens) expectValid() {
	s.Helper()
	if len(s.files) == 0 {
		s.Fatal("there is nothing to check")
	}
	check := exec.Command("java", append([]string{"-jar", nuPath, "--errors-only", "--also-check-css", "--also-check-svg", "--format", "gnu"}, s.files...)...)
	said, err := check.CombinedOutput()
	if err != nil || len(said) > 0 {
		s.Errorf("the Nu HTML checker objects (%v):\n%s", err, strings.ReplaceAll(string(said), "file:"+s.folder+string(filepath.Separator), ""))
	}
}

func TestTheNuCheckerSeesMistakes(t *testing.T) {
	for kind, wrong := range map[string]string{
		"html": "<!doctype html><html lang=en><title>Wrong</title><p id=a><p id=a><img src=/a>",
		"svg":  `<svg xmlns="http://www.w3.org/2000/svg"><circle radius="none" r="x"/></svg>`,
		"css":  "p { colour: red }",
	} {
		path := filepath.Join(t.TempDir(), "wrong."+kind)
		if err := os.WriteFile(path, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("java", "-jar", nuPath, "--errors-only", "--also-check-css", "--also-check-svg", path).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "error") {
			t.Errorf("a wrong %s passes: %v %s", kind, err, said)
		}
	}
}

func TestStyleSheetsAndPicturesAreValid(t *testing.T) {
	found := collect(t)
	root := filepath.Join("..", "..", "web", "static")
	for _, pattern := range []string{"css/*.css", "img/*.svg"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found.add(filepath.Base(file), strings.TrimPrefix(filepath.Ext(file), "."), string(text))
		}
	}
	found.expectValid()
}
