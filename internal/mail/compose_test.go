package mail_test

import (
	"bytes"
	"errors"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
)

// typed is what somebody may write where a name belongs, and what a reader
// sees of it.
var typed = []struct{ typed, seen string }{
	{"Dana Reed", "Dana Reed"},
	{"Dana\r\nBcc: all@reader.example", "Dana Bcc: all@reader.example"},
	{"Dana\nBcc: all@reader.example", "Dana Bcc: all@reader.example"},
	{"Dana\rBcc: all@reader.example", "Dana Bcc: all@reader.example"},
	{"Dana\r\n\r\n<h1>Body</h1>", "Dana <h1>Body</h1>"},
	{"Dana\r\n\tfolded: yes", "Dana folded: yes"},
	{"Dana%0d%0aBcc: all@reader.example", "Dana%0d%0aBcc: all@reader.example"},
	{`Dana\r\nBcc: all@reader.example`, `Dana\r\nBcc: all@reader.example`},
	{"\x00Dana\x00", "Dana"},
	{"Dana\u0085Bcc: x", "Dana Bcc: x"},
	{"Dana\u2028Bcc: x\u2029y", "Dana Bcc: x y"},
	{"Dana\v\fReed", "Dana Reed"},
	{"\u202eanaD\u202c", "anaD"},
	{"\u2066Dana\u2069 \u200fReed\u200e", "Dana Reed"},
	{"D\u00adan\u200ba\ufeff", "Dana"},
	{"\U000e0041Dana\U000e007f", "Dana"},
	{"Dana\ue000\uffff", "Dana"},
	{"Dana\x1b[31mReed", "Dana[31mReed"},
	{"Dana\xff\xfeReed", "DanaReed"},
	{"=?utf-8?q?Bcc:_x?=", "?utf-8?q?Bcc:_x?="},
	{"==??utf-8?b?DQpCY2M6IHg=?=", "??utf-8?b?DQpCY2M6IHg?="},
	{`"Dana" <other@reader.example>`, `"Dana" <other@reader.example>`},
	{`Dana" <other@reader.example>, "`, `Dana" <other@reader.example>, "`},
	{`Dana\`, `Dana\`},
	{"Dana, Reed; Esq. (of) [here]", "Dana, Reed; Esq. (of) [here]"},
	{"Daña Réed", "Daña Réed"},
	{"דנה ריד", "דנה ריד"},
	{"دانا", "دانا"},
	{"田中 さくら", "田中 さくら"},
	{"👩‍👩‍👧 Reed", "👩‍👩‍👧 Reed"},
	{strings.Repeat("a\u0300", 5000), strings.Repeat("a\u0300", 5000)},
	{strings.Repeat("漢", 5000), strings.Repeat("漢", 5000)},
	{strings.Repeat("x", 100000), strings.Repeat("x", 100000)},
	{strings.Repeat(" ", 5000) + "Dana" + strings.Repeat(" \t", 5000) + "Reed", "Dana Reed"},
	{strings.Repeat("ab ", 3000), strings.TrimSpace(strings.Repeat("ab ", 3000))},
	{"\r\n.\r\nQUIT", ". QUIT"},
	{".", "."},
	{"", ""},
	{"\r\n", ""},
}

func TestWhatPeopleTypeAddsNoHeaderAndIsShownAsTyped(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	var all []mail.Message
	for i, one := range typed {
		m := message(i)
		letter := mail.Letter{Subject: one.typed, Opening: []string{"Thank you."}, Blocks: []mail.Block{{Rows: []mail.Row{{Name: "Donor", Value: one.typed}}}}}
		html, err := letter.HTML()
		if err != nil {
			t.Fatal(err)
		}
		m.To.Name, m.From.Name, m.ReplyTo.Name, m.Subject = one.typed, one.typed, one.typed, one.typed
		m.Text, m.HTML = letter.Text(), html
		all = append(all, m)
	}
	none(t, mail.NewSMTP(server.Config()).Send(t.Context(), all))
	got := server.Mails()
	if len(got) != len(typed) {
		t.Fatalf("%d mails came, want %d", len(got), len(typed))
	}
	for i, one := range typed {
		if got[i].To != all[i].To.Email {
			t.Errorf("%.40q was sent to %s", one.typed, got[i].To)
		}
		hasItsHeadersAlone(t, one.typed, got[i].Raw)
		isSeen(t, one.typed, one.seen, got[i].Raw)
	}
}

// hasItsHeadersAlone looks at the bytes, not at what a parser makes of them.
func hasItsHeadersAlone(t *testing.T, typed string, raw []byte) {
	t.Helper()
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var names []string
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if len(line) > 998 || strings.TrimSpace(line) == "" || strings.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsControl(r) }) {
			t.Errorf("%.40q: a header line is %.80q", typed, line)
		}
		if !strings.HasPrefix(line, " ") {
			name, _, _ := strings.Cut(line, ":")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Reply-To", "Subject", "To"}
	if !slices.Equal(names, want) {
		t.Errorf("%.40q: the headers are %v", typed, names)
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%.40q: %v", typed, err)
	}
	for _, field := range []string{"From", "To", "Reply-To"} {
		if list, err := parsed.Header.AddressList(field); err != nil || len(list) != 1 {
			t.Errorf("%.40q: %s reads as %v, %v", typed, field, list, err)
		}
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Errorf("%.40q: a line of %d bytes: %.80q", typed, len(line), line)
		}
	}
}

func isSeen(t *testing.T, typed, seen string, raw []byte) {
	t.Helper()
	m, err := mail.Parse(raw)
	if err != nil {
		t.Fatalf("%.40q: %v", typed, err)
	}
	shown := func(most int) string {
		if r := []rune(seen); len(r) > most {
			return strings.TrimSpace(string(r[:most-1])) + "…"
		}
		return seen
	}
	if m.Subject != shown(200) {
		t.Errorf("%.40q: the subject is %.80q", typed, m.Subject)
	}
	to, err := netmail.ParseAddress(headerOf(t, raw, "To"))
	if err != nil || to.Name != shown(100) {
		t.Errorf("%.40q: the name is %.80q (%v)", typed, to.Name, err)
	}
	body := shown(4000)
	if strings.HasPrefix(typed, "=") { // a header's own concern
		body = typed
	}
	if want := "Thank you.\n\nDonor: " + body + "\n"; strings.TrimRight(m.Text, " \n") != strings.TrimRight(want, " \n") {
		t.Errorf("%.40q: the text is %.80q", typed, m.Text)
	}
	if got := visibleText(t, m.HTML); !strings.HasSuffix(got, strings.TrimSpace("Donor: "+body)) {
		t.Errorf("%.40q: the HTML shows %.80q", typed, got)
	}
}

func headerOf(t *testing.T, raw []byte, name string) string {
	t.Helper()
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header.Get(name)
}

func TestAnAddressThatIsNoneSendsNothing(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	var all []mail.Message
	for i, email := range []string{
		"", "dana", "dana@", "@reader.example", "dana@reader.example, other@reader.example", "dana@reader.example\r\nRCPT TO:<other@reader.example>",
		"dana@reader.example>\nDATA", "Dana <dana@reader.example>", "dana@reader.example> SIZE=1", "dana\x00@reader.example", "\u202edana@reader.example",
		"dana@reader example", "=?utf-8?q?dana?=@reader.example", strings.Repeat("d", 300) + "@reader.example", "dana@-\u2028.example",
	} {
		m := message(i)
		m.To.Email = email
		all = append(all, m)
	}
	for _, id := range []string{"", "mail-1@give.example", "<mail 1@give.example>", "<a@b>\r\nBcc: x@y.example", "<a@b@c>", "<é@b>"} {
		m := message(0)
		m.ID = id
		all = append(all, m)
	}
	empty := message(0)
	empty.Text = " \n"
	all = append(all, empty)
	for i, err := range mail.NewSMTP(server.Config()).Send(t.Context(), all) {
		if !errors.Is(err, mail.ErrMessage) {
			t.Errorf("to %q with ID %q: %v, want that it can't be sent", all[i].To.Email, all[i].ID, err)
		}
		if err != nil && strings.Contains(err.Error(), "dana") {
			t.Errorf("the error names the address: %v", err)
		}
	}
	if server.Connections() != 0 {
		t.Error("it connected for nothing")
	}
}

func TestAMailSaysWhoItIsFromAndThatNobodyTypedIt(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	plain := message(2)
	plain.HTML, plain.Auto, plain.ReplyTo = "", false, mail.Address{}
	none(t, mail.NewSMTP(server.Config()).Send(t.Context(), []mail.Message{message(1), plain}))
	got := server.Mails()
	for name, want := range map[string]string{
		"From": `"Mother Jones" <giving@give.example>`, "To": `"Dana Reed" <dana1@reader.example>`, "Reply-To": "<help@give.example>",
		"Message-Id": "<mail-1@give.example>", "Auto-Submitted": "auto-generated", "User-Agent": "", "X-Mailer": "",
	} {
		if value := headerOf(t, got[0].Raw, name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	for _, name := range []string{"Auto-Submitted", "Reply-To"} {
		if value := headerOf(t, got[1].Raw, name); value != "" {
			t.Errorf("%s is %q where nothing was said", name, value)
		}
	}
	if kind := headerOf(t, got[1].Raw, "Content-Type"); kind != "text/plain; charset=UTF-8" {
		t.Errorf("a mail of text alone is %q", kind)
	}
}
