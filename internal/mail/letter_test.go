package mail_test

import (
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/mail"
)

const statement = "Foundation for National Progress provided no goods or services in exchange for this contribution, and it may be deducted as the law allows."

var letter = mail.Letter{
	Subject: "Receipt for your $1,234.50 gift to Mother Jones", Preheader: "Keep this for your tax records.", Heading: "Receipt No. 000123",
	Opening: []string{"Thank you. Your gift pays for reporters who take the time that a story of this kind asks for, and for the lawyers who keep it in print."},
	Signed:  "Clara Jeffery, Editor-in-Chief of Mother Jones",
	Blocks: []mail.Block{{
		Title: "Foundation for National Progress",
		Rows: []mail.Row{
			{Name: "Donor", Value: `<script>alert("x")</script> & Sons`},
			{Name: "Gift", Value: "$1,200.00"},
			{Name: "Fees you covered", Value: "$34.50"},
			{Name: "Total", Value: "$1,234.50", Total: true},
		},
		Statements: []string{statement, "Keep this for your tax records."},
	}},
	Actions: []mail.Action{
		{Label: "View or print this receipt", URL: "https://give.example/receipts/" + strings.Repeat("abcd", 20) + "?a=1&b=2", Primary: true},
		{Label: "Write to us", URL: "mailto:help@give.example"},
	},
	Closing: []string{"Questions? Reply to this email."},
	Footer:  []string{"Foundation for National Progress, P.O. Box 8539, Big Sandy, TX 75755", "EIN 94-2282759"},
}

const letterText = `Receipt No. 000123
==================

Thank you. Your gift pays for reporters who take the time that a story of
this kind asks for, and for the lawyers who keep it in print.

Clara Jeffery, Editor-in-Chief of Mother Jones

Foundation for National Progress
--------------------------------
Donor: <script>alert("x")</script> & Sons
Gift: $1,200.00
Fees you covered: $34.50
Total: $1,234.50

Foundation for National Progress provided no goods or services in exchange for this contribution, and it may be deducted as the law allows.

Keep this for your tax records.

View or print this receipt:
https://give.example/receipts/abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd?a=1&b=2

Write to us:
help@give.example

Questions? Reply to this email.

----------------------------------------
Foundation for National Progress, P.O. Box 8539, Big Sandy, TX 75755
EIN 94-2282759
`

func TestTheTextOfALetter(t *testing.T) {
	if diff := cmp.Diff(letterText, letter.Text()); diff != "" {
		t.Error(diff)
	}
	if got := (mail.Letter{Opening: []string{strings.Repeat("word ", 400)}}).Text(); longestLine(got) > 76 {
		t.Errorf("a line of %d characters", longestLine(got))
	}
}

func longestLine(text string) int {
	longest := 0
	for line := range strings.SplitSeq(text, "\n") {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	return longest
}

var update = flag.Bool("update", false, "write the letter that the tests hold to")

// The file is also what a browser is shown: internal/browser.
func TestTheHTMLOfALetter(t *testing.T) {
	page, err := letter.HTML()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/letter.html"
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page); diff != "" {
		t.Error(diff)
	}
}

// The words of both, in order, are the same but for how a link and a line are
// drawn.
func TestTheHTMLOfALetterSaysWhatItsTextSays(t *testing.T) {
	page, err := letter.HTML()
	if err != nil {
		t.Fatal(err)
	}
	drawn := regexp.MustCompile(`(?m)^[=-]+$`).ReplaceAllString(letter.Text(), "")
	if diff := cmp.Diff(strings.Fields(drawn), strings.Fields(visibleText(t, page))); diff != "" {
		t.Error(diff)
	}
}

func TestTheHTMLOfALetterFetchesNothingAndFitsATelephone(t *testing.T) {
	page, err := letter.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"<script", "<img", "<link", "<iframe", "url(", "@import", "@font-face", "src=", "background=", "onclick"} {
		if strings.Contains(strings.ToLower(page), never) {
			t.Errorf("it holds %s", never)
		}
	}
	for _, always := range []string{`<html lang="en">`, `width="600"`, "max-width:600px", `content="light dark"`, `content="width=device-width, initial-scale=1"`, "overflow-wrap:anywhere", statement} {
		if !strings.Contains(page, always) {
			t.Errorf("it lacks %s", always)
		}
	}
	// Whoever turns colours round at night turns both or neither.
	for _, style := range regexp.MustCompile(`style="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if strings.Contains(style[1], "background:") && !strings.Contains(strings.ReplaceAll(style[1], "background-color:", ""), "color:") {
			t.Errorf("a background without a colour: %s", style[1])
		}
	}
}

func TestALinkThatLeadsNowhereIsNoLetter(t *testing.T) {
	for _, address := range []string{"", "/receipts/1", "receipts/1", "javascript:alert(1)", "data:text/html,x", "https:///x", "mailto:", "//give.example/x"} {
		_, err := mail.Letter{Actions: []mail.Action{{Label: "View", URL: address}}}.HTML()
		if !errors.Is(err, mail.ErrMessage) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestNothingTypedBecomesALineOfTheLetter(t *testing.T) {
	forged := mail.Letter{Blocks: []mail.Block{{Rows: []mail.Row{{Name: "Donor", Value: "Dana\n\nTotal: $9,999.00"}}}}}
	if got, want := forged.Text(), "Donor: Dana Total: $9,999.00\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// visibleText is what a reader sees of a page, a link followed by where it
// leads, as the text has it.
func visibleText(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var words strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words.WriteString(n.Data)
		}
		if n.Data == "head" || strings.HasPrefix(attribute(n, "style"), "display:none") {
			return
		}
		for child := range n.ChildNodes() {
			walk(child)
		}
		switch n.Data {
		case "a":
			words.WriteString(": " + strings.TrimPrefix(attribute(n, "href"), "mailto:"))
		case "th":
			words.WriteString(" ")
		}
	}
	walk(root)
	return strings.Join(strings.Fields(words.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
