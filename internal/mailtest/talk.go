package mailtest

import (
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"unicode"
)

// talk is one conversation.
type talk struct {
	server *Server
	conn   net.Conn
	text   *textproto.Conn
	tls    bool
	user   string
	known  bool // the password was right, or none is asked for
	from   string
	to     string
	wide   bool // the mail was announced with SMTPUTF8
	mode   Mode // of the mail under way
}

func (s *Server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the other side may have been first
	switch s.now() {
	case Refuse:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // reset, not merely closed
		}
		return
	case Busy:
		_, _ = conn.Write([]byte("421 relay.test too busy, come back later\r\n"))
		return
	case OK, Reject, Tarpit, CutAfterData, SlowToTake:
	}
	t := &talk{server: s, conn: conn, known: s.options.User == ""}
	if s.options.ImplicitTLS && !t.encrypt() {
		return
	}
	t.text = textproto.NewConn(t.conn)
	if !t.say("220 relay.test ESMTP") {
		return
	}
	for {
		line, err := t.text.ReadLine()
		if err != nil || !t.answer(line) {
			return
		}
	}
}

// now is the mode for whatever is no mail.
func (s *Server) now() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// next is the mode for one mail.
func (s *Server) next() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.once) == 0 {
		return s.mode
	}
	mode := s.once[0]
	s.once = s.once[1:]
	return mode
}

// say gives an answer, in a Tarpit once it is released. False ends the talk.
func (t *talk) say(lines ...string) bool {
	t.server.mu.Lock()
	slow, gate := t.server.mode == Tarpit || t.mode == Tarpit, t.server.gate
	t.server.mu.Unlock()
	if slow {
		t.server.waiting <- struct{}{}
		select {
		case <-gate:
		case <-t.server.closing:
			return false
		}
	}
	return t.text.PrintfLine("%s", strings.Join(lines, "\r\n")) == nil
}

func (t *talk) encrypt() bool {
	secure := tls.Server(t.conn, t.server.secure)
	if secure.HandshakeContext(t.server.t.Context()) != nil {
		return false
	}
	t.conn, t.tls = secure, true
	return true
}

// answer says what is to be said to one command. False ends the talk.
func (t *talk) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return t.say(t.hello()...)
	case "STARTTLS":
		if !t.say("220 go ahead") || !t.encrypt() {
			return false
		}
		t.text = textproto.NewConn(t.conn)
		return true
	case "AUTH":
		return t.auth(rest)
	case "MAIL":
		if !t.known {
			return t.say("530 5.7.0 authentication required")
		}
		t.mode, t.from = t.server.next(), inBrackets(rest)
		t.wide = strings.HasSuffix(rest, " SMTPUTF8")
		return t.say("250 2.1.0 fine")
	case "RCPT":
		return t.recipient(inBrackets(rest))
	case "DATA":
		return t.data()
	case "RSET", "NOOP":
		return t.say("250 2.0.0 fine")
	case "QUIT":
		t.say("221 2.0.0 bye")
		return false
	}
	return t.say("500 5.5.2 what?")
}

func (t *talk) recipient(address string) bool {
	plain := !strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII })
	switch t.to = address; {
	case t.mode == Reject:
		return t.say("550 5.1.1 <" + address + ">: nobody of this name here, nor for https://give.example/manage/0123456789-canary_0123")
	case plain == t.wide: // RFC 6531 §3.6, and no more often than that
		return t.say("553 5.6.7 SMTPUTF8 is for addresses beyond ASCII")
	}
	return t.say("250 2.1.5 fine")
}

func (t *talk) hello() []string {
	offers := []string{"relay.test", "8BITMIME", "ENHANCEDSTATUSCODES"}
	if !t.server.options.Narrow {
		offers = append(offers, "SMTPUTF8")
	}
	if !t.tls && !t.server.options.NoStartTLS {
		offers = append(offers, "STARTTLS")
	}
	if t.server.options.User != "" {
		offers = append(offers, "AUTH PLAIN LOGIN")
	}
	for i := range offers {
		offers[i] = "250-" + offers[i]
	}
	last := len(offers) - 1
	offers[last] = strings.Replace(offers[last], "-", " ", 1)
	return offers
}

// auth knows the two mechanisms that every relay does.
func (t *talk) auth(rest string) bool {
	mechanism, first, _ := strings.Cut(rest, " ")
	var user, password string
	switch mechanism {
	case "PLAIN":
		said := strings.Split(decode(first), "\x00")
		if len(said) == 3 {
			user, password = said[1], said[2]
		}
	case "LOGIN":
		if !t.say("334 "+base64.StdEncoding.EncodeToString([]byte("Username:"))) || !t.read(&user) ||
			!t.say("334 "+base64.StdEncoding.EncodeToString([]byte("Password:"))) || !t.read(&password) {
			return false
		}
	default:
		return t.say("504 5.5.4 not that way")
	}
	if user != t.server.options.User || password != t.server.options.Password {
		return t.say("535 5.7.8 authentication failed")
	}
	t.user, t.known = user, true
	return t.say("235 2.7.0 welcome")
}

func (t *talk) read(into *string) bool {
	line, err := t.text.ReadLine()
	*into = decode(line)
	return err == nil
}

func decode(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

func (t *talk) data() bool {
	if !t.say("354 go on") {
		return false
	}
	raw, err := t.text.ReadDotBytes()
	if err != nil {
		return false
	}
	s := t.server
	s.mu.Lock()
	// ReadDotBytes leaves \n alone at the ends of lines.
	crlf := []byte(strings.ReplaceAll(string(raw), "\n", "\r\n"))
	s.mails = append(s.mails, Received{From: t.from, To: t.to, TLS: t.tls, User: t.user, Raw: slices.Clip(crlf)})
	s.mu.Unlock()
	if t.mode == SlowToTake {
		t.mode = Tarpit
	}
	return t.mode != CutAfterData && t.say("250 2.0.0 taken")
}

// inBrackets is the address of "FROM:<a@b> SIZE=1".
func inBrackets(s string) string {
	_, s, _ = strings.Cut(s, "<")
	if at := strings.LastIndexByte(s, '>'); at >= 0 {
		return s[:at]
	}
	return s
}
