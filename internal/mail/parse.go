package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Captured is a mail read back.
type Captured struct {
	ID                         string // among those of a folder; "" elsewhere
	MessageID                  string // "<…@host>"
	From, To, ReplyTo, Subject string // for the eye: "Dana Reed <dana@reader.example>"
	At                         time.Time
	Header                     []Field
	Text, HTML                 string // lines ended by \n
}

// Field is one header, decoded.
type Field struct{ Name, Value string }

// shown is the order in which a mail's headers are read about.
var shown = []string{"From", "To", "Reply-To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Mime-Version", "Content-Type"}

// Parse reads a mail as this package writes them: a text, or a text and its
// HTML. Anything else is an error.
func Parse(raw []byte) (Captured, error) {
	read, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Captured{}, fmt.Errorf("read a mail: %w", err)
	}
	var words mime.WordDecoder
	decoded := func(name string) string {
		value, err := words.DecodeHeader(read.Header.Get(name))
		if err != nil {
			return read.Header.Get(name)
		}
		return value
	}
	person := func(name string) string {
		a, err := netmail.ParseAddress(read.Header.Get(name))
		switch {
		case err != nil:
			return decoded(name)
		case a.Name == "":
			return a.Address
		}
		return a.Name + " <" + a.Address + ">"
	}
	m := Captured{
		From: person("From"), To: person("To"), ReplyTo: person("Reply-To"), Subject: decoded("Subject"), MessageID: read.Header.Get("Message-Id"),
	}
	if m.At, err = read.Header.Date(); err != nil {
		return Captured{}, fmt.Errorf("read a mail's date: %w", err)
	}
	m.At = m.At.UTC()
	for _, name := range shown {
		if value := decoded(name); value != "" {
			m.Header = append(m.Header, Field{Name: name, Value: value})
		}
	}
	if err := m.part(textproto.MIMEHeader(read.Header), read.Body); err != nil {
		return Captured{}, fmt.Errorf("read a mail's text: %w", err)
	}
	return m, nil
}

// part reads one part, or the parts in it.
func (m *Captured) part(header textproto.MIMEHeader, body io.Reader) error {
	kind, about, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if kind == "multipart/alternative" {
		parts := multipart.NewReader(body, about["boundary"])
		for {
			one, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.part(one.Header, one); err != nil {
				return err
			}
		}
	}
	if header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return errors.New("an encoding that no mail here has")
	}
	text, err := io.ReadAll(quotedprintable.NewReader(body))
	if err != nil {
		return err
	}
	lines := strings.ReplaceAll(string(text), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = lines
	case "text/html":
		m.HTML = lines
	default:
		return errors.New("a part that no mail here has: " + kind)
	}
	return nil
}
