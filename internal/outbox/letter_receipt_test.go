package outbox

import (
	"net/url"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/receipttest"
)

// The mail of every kind of gift says all that its page and its PDF say, in
// both of its parts.
func TestTheMailOfAReceiptSaysAllThatItsDocumentSays(t *testing.T) {
	for _, e := range receipttest.Cases() {
		t.Run(e.Name, func(t *testing.T) {
			w := &Worker{Campaign: e.Campaign, Links: links.New(make([]byte, 32)), BaseURL: &url.URL{Scheme: "https", Host: "give.example"}}
			said := e.Document()
			letter := w.bringing(e.Of, said)
			html, err := letter.HTML()
			if err != nil {
				t.Fatal(err)
			}
			text := oneLine(letter.Text())
			inHTML := oneLine(words(t, html))
			for _, word := range append(receipttest.Words(said), said.Number) {
				if word == said.Date {
					continue // the mail has one of its own
				}
				if !strings.Contains(text, oneLine(word)) {
					t.Errorf("the text does not say %q:\n%s", word, letter.Text())
				}
				if !strings.Contains(inHTML, oneLine(word)) {
					t.Errorf("the HTML does not say %q", word)
				}
			}
			for _, never := range []string{"jordan@example.org", "don_1", "sub_1", "staff alone", "finance@"} {
				if strings.Contains(text+html, never) {
					t.Errorf("the mail tells %s", never)
				}
			}
		})
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
