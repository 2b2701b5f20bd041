package snippet_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/snippet"
)

var site = snippet.Site{Base: "https://give.example.org", Name: "the Corruption Project"}

func TestTheDocumentationShowsWhatIsWritten(t *testing.T) {
	text, err := os.ReadFile("../../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	f := snippet.Frame{Variant: snippet.Standard, Theme: snippet.Light, Src: "article-123"}
	for name, written := range map[string]string{
		"script":  site.Script(f),
		"frame":   site.Frame(f, snippet.MostWidth, snippet.Sizes[f.Variant].Narrow),
		"picture": site.Picture(snippet.TrackerSVG(f.Theme), "newsletter-7"),
		"address": site.Address(snippet.Frame{Variant: snippet.Ticker, Theme: snippet.Light, Src: "article-123"}),
	} {
		if shown := strings.ReplaceAll(written, "\n", "\n    "); !strings.Contains(string(text), shown) {
			t.Errorf("the %s is not shown as it is written:\n    %s", name, shown)
		}
	}
}

func TestWhatStandsInASnippetStaysText(t *testing.T) {
	const evil = `"><script>alert(1)</script>'&amp;`
	hostile := snippet.Site{Base: site.Base, Name: evil}
	f := snippet.Frame{Variant: snippet.Letter, Theme: snippet.Dark, Src: evil}
	for name, written := range map[string]string{
		"frame": hostile.Frame(f, 620, 540), "script": hostile.Script(f), "picture": hostile.Picture(snippet.TrackerPNG(f.Theme), evil),
	} {
		tree, err := html.Parse(strings.NewReader(written))
		if err != nil {
			t.Fatal(err)
		}
		scripts, told := 0, false
		for n := range tree.Descendants() {
			if n.Type == html.ElementNode && n.Data == "script" {
				scripts++
			}
			for _, a := range n.Attr {
				told = told || a.Key == "data-src" && a.Val == evil || strings.Contains(a.Val, "src=%22%3E%3Cscript%3E")
			}
		}
		if want := map[string]int{"script": 1}[name]; scripts != want || !told {
			t.Errorf("the %s holds %d scripts:\n%s", name, scripts, written)
		}
	}
}
