package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/mail"
)

// newSender is how mails leave, nil if they stay queued.
func newSender(conf config.Config) mail.Sender {
	if conf.SMTP == nil {
		return nil
	}
	server := mail.SMTPConfig{
		Host: conf.SMTP.Host, Port: conf.SMTP.Port, User: conf.SMTP.User.Reveal(), Password: conf.SMTP.Password.Reveal(),
		Hello: conf.BaseURL.Hostname(), Now: clock,
	}
	switch {
	case conf.SMTP.ImplicitTLS:
		server.Security = mail.ImplicitTLS
	case conf.SMTP.NoTLS:
		server.Security = mail.NoTLS
	}
	return mail.NewSMTP(server)
}

// checkMail goes to the mail server as far as a mail would, and sends none.
func checkMail(ctx context.Context, conf config.Config, wrong error) finding {
	var mistakes config.Mistakes
	unread := errors.As(wrong, &mistakes) && slices.ContainsFunc(mistakes, func(m config.Mistake) bool {
		return strings.HasPrefix(m.Variable, "SMTP_URL") || m.Variable == "MAIL_FROM"
	})
	switch {
	case unread:
		return finding{err: errors.New("not tried: SMTP_URL and MAIL_FROM come first")}
	case conf.SMTP == nil:
		return finding{warn: "SMTP_URL is not set: receipts and all other mail stay queued, and nobody is sent any"}
	case conf.BaseURL == nil:
		return finding{err: errors.New("not tried: set an APPEAL_BASE_URL that can be read")}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	where := net.JoinHostPort(conf.SMTP.Host, strconv.Itoa(conf.SMTP.Port))
	err := newSender(conf).Check(ctx)
	var refused *mail.RefusedError
	const badPassword = 535 // RFC 4954 §6
	switch {
	case errors.As(err, &refused) && refused.Code == badPassword:
		return finding{err: fmt.Errorf("%s took neither user nor password: correct them in SMTP_URL", where)}
	case err != nil:
		return finding{err: fmt.Errorf("%s: %w: correct SMTP_URL, or mend the server; mail stays queued until then", where, err)}
	}
	return finding{note: where + "; whether mail arrives depends on SPF, DKIM and DMARC: docs/mail.md says how to check them"}
}
