package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var nuPath = filepath.Join("node_modules", "vnu-jar", "build", "dist", "vnu.jar")

// specimens are documents for the Nu HTML checker, each in a file named for
// the test and the page it comes from. Those of all tests are checked together
// once the tests have run: the checker takes seconds to start and no time for a
// page.
type specimens struct {
	folder string
	mu     sync.Mutex
	files  []string
}

// add keeps a document; kind is "html", "svg" or "css".
func (s *specimens) add(t testing.TB, name, kind, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		t.Errorf("%s is empty", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := filepath.Join(s.folder, fmt.Sprintf("%03d-%s.%s", len(s.files), fileName(t.Name()+" "+name), kind))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.files = append(s.files, path)
}

// valid is an error that tells of everything that the checker calls one.
func (s *specimens) valid() error {
	if len(s.files) == 0 {
		return nil // the tests that were asked for serve nothing to check
	}
	said, err := checkWithNu(s.files...)
	if err != nil || len(said) > 0 {
		objections := strings.ReplaceAll(said, "file:"+s.folder+string(filepath.Separator), "")
		return errors.Join(fmt.Errorf("the Nu HTML checker objects:\n%s", objections), err)
	}
	return nil
}

// checkWithNu says what the checker objects to in files. Its run is over before
// Java's second compiler would have earned what it costs.
func checkWithNu(files ...string) (said string, err error) {
	options := []string{"-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", nuPath, "--errors-only", "--also-check-css", "--also-check-svg", "--format", "gnu"}
	output, err := exec.Command("java", append(options, files...)...).CombinedOutput()
	return string(output), err
}

func TestTheNuCheckerSeesMistakes(t *testing.T) {
	folder := t.TempDir()
	var files []string
	for kind, wrong := range map[string]string{
		"html": "<!doctype html><html lang=en><title>Wrong</title><p id=a><p id=a><img src=/a>",
		"svg":  `<svg xmlns="http://www.w3.org/2000/svg"><circle radius="none" r="x"/></svg>`,
		"css":  "p { colour: red }",
	} {
		path := filepath.Join(folder, "wrong."+kind)
		if err := os.WriteFile(path, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	said, err := checkWithNu(files...)
	if err == nil {
		t.Error("wrong files pass")
	}
	for _, file := range files {
		if !regexp.MustCompile(`(?m)^"file:` + regexp.QuoteMeta(file) + `".* error: `).MatchString(said) {
			t.Errorf("%s passes: %s", filepath.Base(file), said)
		}
	}
}

func TestStyleSheetsAndPicturesAreValid(t *testing.T) {
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
			served.add(t, filepath.Base(file), strings.TrimPrefix(filepath.Ext(file), "."), string(text))
		}
	}
}
