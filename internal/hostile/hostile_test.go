package hostile_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/internal/hostile"
)

func TestThereAreSixtyPayloadsAndNoTwoAreTheSame(t *testing.T) {
	t.Parallel()
	names, texts := map[string]bool{}, map[string]bool{}
	for _, p := range hostile.Payloads() {
		names[p.Name], texts[p.Text] = true, true
		if !utf8.ValidString(p.Text) || utf8.RuneCountInString(p.Text) > 80 && !strings.Contains(p.Name, "long") {
			t.Errorf("%s: %q", p.Name, p.Text)
		}
	}
	if len(names) != 60 || len(texts) != 60 {
		t.Errorf("there are %d names and %d texts", len(names), len(texts))
	}
}
