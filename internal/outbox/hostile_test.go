package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// giveTyping has two gifts made in which a text is typed wherever one can be:
// one by card, of which the newsroom is told, and a check.
func (o *office) giveTyping(text string, n int) {
	o.t.Helper()
	email := fmt.Sprintf("reader-%d@example.org", n)
	d := o.start(models.Choices{Frequency: models.Once, Amount: 5000, Comment: text, Tribute: models.InHonor, TributeName: text, Src: text})
	o.book(charged(d, fmt.Sprintf("ch_%d", n), text, email))
	o.clock.Advance(time.Second)
	_, err := o.Store.EnterOffline(o.t.Context(), models.NewOfflineGift{
		Amount: 10000, Method: models.Check, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		DonorName: text, DonorEmail: email, DonorAddress: text, Reference: text, Note: text, Zone: o.Campaign.Zone, EnteredBy: "a test",
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// newDesk is an office whose newsroom is told of gifts of so much.
func newDesk(t *testing.T, from money.Minor) *office {
	t.Helper()
	clock := &storetest.Clock{}
	notices := models.Notices{To: []string{desk}, From: from, Weekly: []string{desk}}
	o := newOffice(t, storetest.OpenWith(t, models.Options{
		URL: storetest.InMemory(t), Slug: "corruption-project", Now: clock.Now, Notices: notices,
	}), clock)
	o.Campaign.Notices = notices
	return o
}

const desk = "desk@example.org"

// mailsTyping are all the mails that come of it, by what they are: two receipts,
// the newsroom's notices of both gifts, and the year's statement.
func (o *office) mailsTyping(server *mailtest.Server, text string, n int) map[string]mail.Captured {
	o.t.Helper()
	before := len(server.Mails())
	o.giveTyping(text, n)
	o.once()
	if _, _, err := o.Store.QueueStatements(o.t.Context(), 2026, o.Campaign.Zone, "", 1000); err != nil {
		o.t.Fatal(err)
	}
	o.once()
	mails := map[string]mail.Captured{}
	for i, m := range readBack(o.t, server.Mails()[before:]) {
		mails[m.Subject] = m
		if to := server.Mails()[before+i].To; to != desk && to != fmt.Sprintf("reader-%d@example.org", n) {
			o.t.Errorf("%q goes to %s", m.Subject, to)
		}
	}
	return mails
}

// shape is a mail without its words: its headers' names, and the elements and
// attributes of its HTML.
func shape(t *testing.T, m mail.Captured) (shape []string) {
	t.Helper()
	for _, field := range m.Header {
		shape = append(shape, field.Name)
	}
	for n := range must(html.Parse(strings.NewReader(m.HTML)))(t).Descendants() {
		switch n.Type {
		case html.ElementNode:
			shape = append(shape, "<"+n.Data+">")
			for _, a := range n.Attr {
				shape = append(shape, n.Data+"."+a.Key)
			}
		case html.CommentNode:
			shape = append(shape, "<!-- -->")
		default:
		}
	}
	return shape
}

// words are what a reader of HTML sees.
func words(t *testing.T, page string) string {
	t.Helper()
	var all []string
	for n := range must(html.Parse(strings.NewReader(page)))(t).Descendants() {
		if n.Type == html.TextNode {
			all = append(all, n.Data)
		}
	}
	return strings.Join(all, "\n")
}

// seen is a text without what no reader sees or no mail carries: spaces and line
// breaks, and characters that are none.
func seen(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
}

func TestWhatIsTypedIsShownAsTypedAndAddsNothingToAMail(t *testing.T) {
	t.Parallel()
	o := newDesk(t, 1)
	server := o.atServer()
	harmless := o.mailsTyping(server, "Jordan Sample", 0)
	if len(harmless) != 5 {
		t.Fatalf("%d mails came: %v", len(harmless), o.states())
	}
	for i, p := range hostile.Payloads() {
		mails := o.mailsTyping(server, p.Text, i+1)
		for subject, like := range harmless {
			m, came := mails[subject]
			if !came || len(mails) != len(harmless) {
				t.Fatalf("%s: of %d mails none is called %q", p.Name, len(mails), subject)
			}
			if diff := cmp.Diff(shape(t, like), shape(t, m)); diff != "" {
				t.Errorf("%s: %s has another shape (−want +got):\n%s", p.Name, subject, diff)
			}
			for part, text := range map[string]string{"text": m.Text, "HTML": words(t, m.HTML)} {
				if !strings.Contains(seen(text), seen(p.Text)) {
					t.Errorf("%s: the %s of %q doesn't show it as typed:\n%s", p.Name, part, subject, text)
				}
			}
			if strings.Contains(addresses(t, m.HTML), hostile.Marker) {
				t.Errorf("%s: a link in %q leads elsewhere", p.Name, subject)
			}
		}
	}
	o.sound()
}

// addresses are all that a page's attributes hold.
func addresses(t *testing.T, page string) string {
	t.Helper()
	var all []string
	for n := range must(html.Parse(strings.NewReader(page)))(t).Descendants() {
		for _, a := range n.Attr {
			all = append(all, a.Val)
		}
	}
	return strings.Join(all, "\n")
}
