package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// session is one connection to a mail server.
type session struct {
	client  *smtp.Client
	conn    net.Conn
	ctx     context.Context // ends it
	release func() bool     // stops watching ctx
	timeout time.Duration
	broken  bool // nothing more can be said over it

	handing sync.Mutex // held while a mail's text is on its way
}

// on takes the connection that ends with ctx.
func (s *session) on(ctx context.Context, conn net.Conn) {
	s.conn, s.ctx = conn, ctx
	s.release = context.AfterFunc(ctx, func() {
		// A mail that is cut between its last line and the server's answer may
		// have been taken, and would come twice.
		late := time.AfterFunc(farewell, func() { _ = conn.Close() })
		s.handing.Lock()
		defer s.handing.Unlock()
		late.Stop()
		_ = conn.Close()
	})
}

// farewell is how long a server may take to answer when its answer is not waited
// for any more: to QUIT, which matters to nobody, and to the mail that is under
// way when the service stops.
const farewell = 5 * time.Second

func (s *session) close() {
	if s == nil || s.conn == nil {
		return
	}
	if !s.broken {
		_ = s.step("QUIT", min(farewell, s.timeout), s.client.Quit)
	}
	s.release()
	_ = s.conn.Close()
}

// deliver hands over one mail. What the server answered after its end is what
// counts: nothing said before makes it accepted.
func (s *session) deliver(e envelope) error {
	// Announced only where it is needed: a mail that claims it may not be
	// passed on to servers that don't know it (RFC 6531 §3.6).
	s.client.SkipSMTPUTF8(!e.wide)
	if known, _ := s.client.Extension("SMTPUTF8"); e.wide && !known {
		return fmt.Errorf("%w: the mail server takes no address with letters beyond ASCII", ErrMessage)
	}
	var body io.WriteCloser
	steps := []struct {
		name string
		say  func() error
	}{
		{"MAIL", func() error { return s.client.Mail(e.from) }},
		{"RCPT", func() error { return s.client.Rcpt(e.to) }},
		{"DATA", func() (err error) { body, err = s.client.Data(); return err }},
	}
	for _, one := range steps {
		if err := s.step(one.name, s.timeout, one.say); err != nil {
			s.reset()
			return err
		}
	}
	s.handing.Lock()
	defer s.handing.Unlock()
	if err := s.step("the mail", s.timeout, func() error { _, err := body.Write(e.raw); return err }); err != nil {
		s.broken = true // whatever was said, its end was not
		return err
	}
	// A client that gives up here sends the mail twice: RFC 5321 §4.5.3.2.6
	// asks for more time than elsewhere.
	err := s.step("the end of the mail", 5*s.timeout, body.Close)
	if s.broken && !refused(err) {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return err
}

// step says one command, and waits for its answer no longer than timeout.
func (s *session) step(name string, timeout time.Duration, say func() error) error {
	err := s.client.UpdateDeadline(timeout)
	if err == nil {
		err = say()
	}
	if err == nil {
		return nil
	}
	if s.ctx.Err() != nil {
		err = s.ctx.Err() // it closed the connection
	}
	err = plain(name, err)
	var said *RefusedError
	// 421 says that the server hangs up.
	s.broken = s.broken || !errors.As(err, &said) || said.Code == 421
	return err
}

// reset forgets a mail that was refused half-way.
func (s *session) reset() {
	if !s.broken {
		_ = s.step("RSET", s.timeout, s.client.Reset)
	}
}

// RefusedError is a server's own answer.
type RefusedError struct {
	Step string // what it answered to
	Code int    // 4xx: try again; 5xx: it will say the same again
	Text string // one line, addresses and what may be a link's token taken out
}

// Error is the answer as the server gave it.
func (r *RefusedError) Error() string {
	return fmt.Sprintf("the mail server refused %s: %d %s", r.Step, r.Code, r.Text)
}

func refused(err error) bool {
	var said *RefusedError
	return errors.As(err, &said)
}

// anyToken is what a filter quotes of a mail's links: whoever has it can use them.
var anyToken = regexp.MustCompile(`[A-Za-z0-9_-]{22,}`)

var anyAddress = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// longestAnswer is how much of a server's answer is kept, in characters.
const longestAnswer = 200

// plain tells what went wrong at a step, without anybody's address.
func plain(step string, err error) error {
	var said *textproto.Error
	switch {
	case errors.As(err, &said):
		text := anyToken.ReplaceAllString(anyAddress.ReplaceAllString(said.Msg, "[address]"), "[token]")
		return &RefusedError{Step: step, Code: said.Code, Text: oneLine(text, longestAnswer)}
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the mail server hung up", step)
	default:
		return fmt.Errorf("%s: %w", step, err)
	}
}
