package config

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
)

// SMTP is a mail server.
type SMTP struct {
	Host        string
	Port        int
	User        Secret // a relay's token often serves as user too
	Password    Secret
	ImplicitTLS bool // smtps://: encrypted from the first byte
	NoTLS       bool // ?tls=none: not encrypted, and without a password but on this machine
}

const (
	submission    = 587 // RFC 6409
	submissionTLS = 465 // RFC 8314 §7.3
	smtpExample   = "write it like smtp://user:password@relay.newsroom.org:587, signs like @ : / in a password as %40 %3A %2F"
)

// mail reads where mails go and whom they are from: both, or neither.
func (e *environment) mail(c *Config) {
	const server, from = "SMTP_URL", "MAIL_FROM"
	address, ok := e.secret(server)
	sender := e.get(from, "")
	switch {
	case !ok: // said already
	case address != "" && sender == "":
		e.refuse(from, "is not set beside "+server+"; set it to whom mails are from, like Newsroom <giving@newsroom.org>")
	case address == "" && sender != "":
		e.refuse(server, "is not set beside "+from+"; set it (or "+server+"_FILE) to the mail server, or unset "+from)
	}
	if address != "" {
		c.SMTP = e.smtp(server, address)
	}
	if sender == "" {
		return
	}
	parsed, err := mail.ParseAddress(sender)
	if err != nil {
		e.refuse(from, "is no address; write it like Newsroom <giving@newsroom.org>, the name in quotes if it has commas")
		return
	}
	c.MailFrom = *parsed
}

// smtp reads a mail server's address. No error of the library's is passed on:
// it repeats the value.
func (e *environment) smtp(name, value string) *SMTP {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || !validHost(u) || !validPort(u.Port(), 1) && u.Port() != "" ||
		strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		e.refuse(name, "is no mail server's address; "+smtpExample)
		return nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	none := query.Get("tls") == "none"
	if err != nil || len(query) > 1 || len(query) == 1 && !none {
		e.refuse(name, "asks for something that is not known after its ?; the one thing that may stand there is ?tls=none")
		return nil
	}
	password, _ := u.User.Password()
	server := &SMTP{
		Host: strings.ToLower(u.Hostname()), Port: submission, User: NewSecret(u.User.Username()), Password: NewSecret(password),
		ImplicitTLS: u.Scheme == "smtps", NoTLS: none,
	}
	switch {
	case (u.User.Username() == "") != (password == ""):
		e.refuse(name, "holds a user or a password alone; a server that asks for one asks for both: "+smtpExample)
	case none && server.ImplicitTLS:
		e.refuse(name, "asks for TLS by smtps:// and for none by ?tls=none; take out one of them")
	case none && password != "" && !loopback(server.Host):
		e.refuse(name, "would send its password unencrypted over the network; take out ?tls=none, or the user and password")
	}
	if server.ImplicitTLS {
		server.Port = submissionTLS
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		server.Port = port
	}
	return server
}
