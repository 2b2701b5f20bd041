package mail

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// envelope is a mail as it goes over the line.
type envelope struct {
	from, to string // "<…>"
	wide     bool   // an address has letters beyond ASCII
	raw      []byte
}

const (
	longestName    = 100 // characters
	longestSubject = 200
	longestAddress = 254 // octets: RFC 5321 §4.5.3.1.3, less the brackets
)

var messageID = regexp.MustCompile(`^<[A-Za-z0-9._+=-]{1,120}@[A-Za-z0-9.:\[\]-]{1,120}>$`)

// compose writes a message as RFC 5322 asks. Its Date is at.
func compose(m Message, at time.Time) (envelope, error) {
	if !messageID.MatchString(m.ID) {
		return envelope{}, fmt.Errorf("%w: its Message-ID is none", ErrMessage)
	}
	if strings.TrimSpace(m.Text) == "" {
		return envelope{}, fmt.Errorf("%w: it has no text", ErrMessage)
	}
	from, err := address(m.From, "From")
	if err != nil {
		return envelope{}, err
	}
	to, err := address(m.To, "To")
	if err != nil {
		return envelope{}, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if m.ReplyTo.Email != "" {
		reply, err := address(m.ReplyTo, "Reply-To")
		if err != nil {
			return envelope{}, err
		}
		msg.ReplyToMailAddress(reply)
	}
	msg.SetDateWithValue(at.UTC())
	msg.SetMessageIDWithValue(strings.Trim(m.ID, "<>"))
	msg.Subject(header(m.Subject, longestSubject))
	if m.Auto {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	msg.SetBodyString(gomail.TypeTextPlain, body(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, body(m.HTML))
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return envelope{}, fmt.Errorf("write a mail: %w", err)
	}
	e := envelope{from: bare(from), to: bare(to), raw: raw.Bytes()}
	e.wide = !ascii(e.from) || !ascii(e.to)
	return e, nil
}

// address reads one address for a header and the envelope. Its error does not
// repeat it.
func address(a Address, field string) (*netmail.Address, error) {
	wrong := fmt.Errorf("%w: the address in %s is none", ErrMessage, field)
	if len(a.Email) > longestAddress || a.Email != header(a.Email, longestAddress) {
		return nil, wrong
	}
	parsed, err := netmail.ParseAddress("<" + a.Email + ">")
	if err != nil {
		return nil, wrong
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	if !ascii(domain) {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return nil, wrong
		}
	}
	return &netmail.Address{Name: header(a.Name, longestName), Address: local + "@" + domain}, nil
}

func bare(a *netmail.Address) string { return (&netmail.Address{Address: a.Address}).String() }

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// header makes of anything the words of a header: oneLine, in which nothing
// begins as an encoded word does (RFC 2047). The reader's side would decode
// that, to letters that were never looked at here.
func header(s string, most int) string {
	line := oneLine(s, most)
	for strings.Contains(line, "=?") {
		line = strings.ReplaceAll(line, "=?", "?")
	}
	return line
}

// oneLine makes of anything one line of letters that can be seen, most
// characters long at most. A line break or tab becomes a space; what is
// invisible, turns the direction of reading, or is no character goes.
func oneLine(s string, most int) string {
	line := strings.Join(strings.Fields(visible(s)), " ")
	if utf8.RuneCountInString(line) > most {
		line = strings.TrimSpace(string([]rune(line)[:most-1])) + "…"
	}
	return line
}

// visible takes out the characters that no reader sees, line breaks and tabs
// excepted.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			return '\n'
		case r == '\u200d' || r == '\u200c': // they join letters, and emoji
			return r
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point):
			return -1
		}
		return r
	}, s)
}

// body is a part's text: UTF-8, with lines ended in one way.
func body(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(strings.ToValidUTF8(s, "\uFFFD"))
}
