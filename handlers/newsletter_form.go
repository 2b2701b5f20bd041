package handlers

import (
	"net/mail"
	"regexp"
	"strings"
)

// The longest address, and the longest part before its @, that mail knows
// (RFC 5321).
const (
	maxEmail = 254
	maxLocal = 64
)

var (
	printable = regexp.MustCompile(`^[!-~]+$`)
	hostName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

// newsletterForm is the form that asks for the newsletter, as it was filled in.
type newsletterForm struct{ Email string }

func (f newsletterForm) problem() problem { return addressProblem(f.Email) }

// addressProblem says what is wrong with an address, nothing if mail could be
// sent there. What could stand in a mail's header as anything but one address
// is refused: names, comments, quotes, line ends.
func addressProblem(email string) problem {
	wrong := func(message string) problem { return problem{Field: "email", Message: message} }
	if email == "" {
		return wrong("Enter your email address")
	}
	at := max(0, strings.LastIndex(email, "@"))
	local, domain := email[:at], strings.TrimPrefix(email[at:], "@")
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || !printable.MatchString(email) ||
		len(email) > maxEmail || len(local) > maxLocal || !hostName.MatchString(strings.ToLower(domain)) {
		return wrong("Enter an address like name@example.com")
	}
	return problem{}
}
