// Package mail is one mail: what it says, drawn once as text and as HTML, and
// how it reaches a mail server, or, in the demo, a folder.
//
// It refuses to let anything typed by a person become a header, an address or
// markup: names and subjects are made one line of ordinary letters, and an
// address that is none is an error. It sends no password over a line that
// somebody may listen on. It knows nothing of gifts, and keeps no queue: what
// is sent when, and again after an error, is for whoever calls it.
package mail

import (
	"context"
	"errors"
)

// Address is whom a mail is from or for.
type Address struct {
	Name  string // as people write it; may be ""
	Email string
}

// Message is one mail to one person.
type Message struct {
	ID      string // Message-ID, "<…@host>": the same when the same mail is sent again
	From    Address
	ReplyTo Address // with an empty Email: replies go to From
	To      Address
	Subject string
	Text    string
	HTML    string // says what Text says; "" is a mail of text alone
	Auto    bool   // nobody wrote it by hand (Auto-Submitted, RFC 3834 §5)
}

// Sender gives mails away.
type Sender interface {
	// Send tries each message once, in order, and returns an error for each,
	// nil where it was accepted. An error's text holds nobody's address and
	// fits into one line. ErrUnknown among them says that the message may have
	// been accepted all the same. It stops when ctx ends.
	Send(ctx context.Context, messages []Message) []error
	// Check tries all that comes before a message: connection, TLS, password.
	Check(ctx context.Context) error
}

var (
	// ErrUnknown is a connection lost between the end of a message and the
	// answer to it: it may have been accepted. The same Message-ID lets the
	// reader's side know a second copy.
	ErrUnknown = errors.New("it is unknown whether the mail was accepted")
	// ErrNotTried is a message that was kept back because the server failed
	// with the ones before it.
	ErrNotTried = errors.New("not tried after the mails before it failed")
	// ErrMessage is a message that can't be sent as it is: no address, no text,
	// or an ID that is none. Trying again mends nothing.
	ErrMessage = errors.New("the mail can't be sent as it is")
)
