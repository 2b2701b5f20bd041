package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Security is how the line to a mail server is protected.
type Security int

const (
	// StartTLS begins in the clear and goes on encrypted, or not at all. On
	// this machine itself (a loopback host) TLS is used if it is offered.
	StartTLS Security = iota
	// ImplicitTLS is encrypted from the first byte.
	ImplicitTLS
	// NoTLS stays in the clear. No password is sent then but to this machine.
	NoTLS
)

// SMTPConfig is a mail server and how to speak with it.
type SMTPConfig struct {
	Host           string
	Port           int
	User, Password string // "" "": without
	Security       Security
	Hello          string         // what this side calls itself; "": localhost
	Timeout        time.Duration  // for connecting and for each command; 0: a minute
	Roots          *x509.CertPool // who signs certificates; nil: whom the system trusts

	Dial func(ctx context.Context, network, address string) (net.Conn, error) // nil: over the network
	Now  func() time.Time                                                     // for the Date of mails; nil: the machine's clock
}

// patience is how many connections in a row may be lost before the rest of a
// batch is kept back: a server that cuts every line, or answers nothing, would
// else be tried with each mail.
const patience = 2

// NewSMTP gives mails to a mail server, over one connection for each batch.
//
// The server's certificate must be good for its name, with TLS 1.2 at least.
// It alone is not asked of a loopback host: nobody stands between.
func NewSMTP(conf SMTPConfig) Sender {
	if conf.Timeout == 0 {
		conf.Timeout = time.Minute
	}
	if conf.Now == nil {
		conf.Now = time.Now //nolint:forbidigo // the clock's default, for the one caller that is the program
	}
	if _, err := netip.ParseAddr(conf.Hello); err == nil || conf.Hello == "" { // a number is no name: RFC 5321 §4.1.4
		conf.Hello = "localhost"
	}
	if conf.Dial == nil {
		conf.Dial = (&net.Dialer{}).DialContext
	}
	return &smtpSender{conf}
}

type smtpSender struct{ conf SMTPConfig }

// Send tries each message once. Give ctx a deadline: a slow server may take a
// minute for each command.
func (s *smtpSender) Send(ctx context.Context, messages []Message) []error {
	errs := make([]error, len(messages))
	var line *session
	defer func() { line.close() }()
	lost := 0
	var why error // the last connection was lost
	for i, m := range messages {
		e, err := compose(m, s.conf.Now())
		if err != nil {
			errs[i] = err
			continue
		}
		if why == nil {
			why = ctx.Err()
		}
		if lost >= patience || ctx.Err() != nil {
			errs[i] = fmt.Errorf("%w: %w", ErrNotTried, why)
			continue
		}
		if line == nil {
			if line, err = s.connect(ctx); err != nil {
				errs[i], why, lost = err, err, patience
				continue
			}
		}
		errs[i] = line.deliver(e)
		if line.broken {
			line.close()
			line, why = nil, errs[i]
			lost++
		} else if errs[i] == nil {
			lost = 0
		}
	}
	return errs
}

// Check connects, and says nothing but that it is there.
func (s *smtpSender) Check(ctx context.Context) error {
	line, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer line.close()
	return line.step("NOOP", s.conf.Timeout, line.client.Noop)
}

// connect does all that comes before the first mail.
func (s *smtpSender) connect(ctx context.Context) (*session, error) {
	near := loopback(s.conf.Host)
	if s.conf.User != "" && s.conf.Security == NoTLS && !near {
		return nil, errors.New("a password is not sent in the clear: use TLS")
	}
	line := &session{timeout: s.conf.Timeout}
	secure := s.secure(near)
	dial := func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := s.conf.Dial(dialling, network, address)
		if err != nil {
			return nil, err
		}
		conn = &bounded{Conn: conn, left: mostHeard}
		line.on(ctx, conn) // it lives longer than the dialling
		if s.conf.Security != ImplicitTLS {
			return conn, nil
		}
		hidden := tls.Client(conn, secure)
		return hidden, hidden.HandshakeContext(dialling)
	}
	options := append(s.options(near), gomail.WithTLSConfig(secure), gomail.WithDialContextFunc(dial))
	client, err := gomail.NewClient(s.conf.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	line.client, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		line.broken = true
		line.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, plain("connecting", err)
	}
	return line, nil
}

// secure is how the server's certificate is looked at. On this machine nobody
// stands between, and a relay there has at best one that it signed itself.
func (s *smtpSender) secure(near bool) *tls.Config {
	return &tls.Config{ServerName: s.conf.Host, RootCAs: s.conf.Roots, MinVersion: tls.VersionTLS12, InsecureSkipVerify: near} //nolint:gosec // for loopback alone
}

func (s *smtpSender) options(near bool) []gomail.Option {
	policy := gomail.TLSMandatory
	switch {
	case s.conf.Security != StartTLS:
		policy = gomail.NoTLS // ImplicitTLS begins when dialling
	case near:
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{
		gomail.WithPort(s.conf.Port), gomail.WithTimeout(s.conf.Timeout), gomail.WithHELO(s.conf.Hello), gomail.WithTLSPolicy(policy),
	}
	if s.conf.User == "" {
		return options
	}
	ways := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
	if near {
		ways = []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return append(options, gomail.WithUsername(s.conf.User), gomail.WithPassword(s.conf.Password), gomail.WithOpportunisticSMTPAuth(ways...))
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}
