package campaign_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asked finds the settings where they are read: the code that reads a setting
// is the only place that names it.
var asked = regexp.MustCompile(`\b(?:find|need|within|needWithin|text|texts|lines|needText|amount|whole|flag|list|said|label|shaped|optional|readMoment|readColour)\((?:\w+, )*"([a-z_]+)"`)

func TestTheDocumentationNamesEverySettingAndEveryPlaceholder(t *testing.T) {
	said, err := os.ReadFile("../../docs/campaign.md")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]bool{}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range asked.FindAllStringSubmatch(string(source), -1) {
			settings[found[1]] = true
		}
		for _, found := range regexp.MustCompile(`"(\{[a-z_.]+\})"`).FindAllStringSubmatch(string(source), -1) {
			settings[found[1]] = true
		}
	}
	if len(settings) < 70 {
		t.Fatalf("only %d settings were found in the source", len(settings))
	}
	for name := range settings {
		if !strings.Contains(string(said), "`"+name+"`") {
			t.Errorf("docs/campaign.md does not name %s", name)
		}
	}
}
