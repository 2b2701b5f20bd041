package campaign

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	slugShape   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	einShape    = regexp.MustCompile(`^\d{2}-\d{7}$`)
	letterShape = regexp.MustCompile(`[A-Za-z]`)
	asciiShape  = regexp.MustCompile(`^[ -~]*$`)
	domainShape = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	// originShape takes what a Content-Security-Policy takes for one site, and
	// nothing that could end the directive it will stand in.
	originShape = regexp.MustCompile(`^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?$`)
)

const (
	slugMost       = 40
	descriptorMost = 22
)

// Each of these says what is wrong with a text and how to mend it, "" if
// nothing is.

func slugFault(slug string) string {
	if len(slug) > slugMost || !slugShape.MatchString(slug) {
		return fmt.Sprintf("%q is no slug; use lowercase letters, digits and dashes between them, at most %d", slug, slugMost)
	}
	return ""
}

// descriptorFault holds Stripe's rules for what stands on bank statements.
func descriptorFault(text string) string {
	var faults []string
	if n := utf8.RuneCountInString(text); n > descriptorMost {
		faults = append(faults, fmt.Sprintf("has %d characters, and Stripe takes at most %d", n, descriptorMost))
	}
	if strings.ContainsAny(text, `<>\'"*`) {
		faults = append(faults, `holds one of < > \ ' " *, which Stripe refuses`)
	}
	if !asciiShape.MatchString(text) {
		faults = append(faults, "holds a character that bank statements can't show; use plain letters and digits")
	}
	if !letterShape.MatchString(text) {
		faults = append(faults, "has no letter, and Stripe wants at least one")
	}
	return strings.Join(faults, "; ")
}

func emailFault(text string) string {
	address, err := mail.ParseAddress(text)
	if err == nil && address.Address == text && asciiShape.MatchString(text) {
		if at := strings.LastIndex(text, "@"); domainShape.MatchString(strings.ToLower(text[at+1:])) {
			return ""
		}
	}
	return fmt.Sprintf("%q is no e-mail address; write it like giving@newsroom.org", text)
}

func urlFault(text string) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || strings.Contains(text, " ") {
		return fmt.Sprintf("%q is no web address; write it whole, like https://newsroom.org/privacy", text)
	}
	return ""
}

func einFault(text string) string {
	if !einShape.MatchString(text) {
		return fmt.Sprintf("%q is no EIN; write two digits, a dash and seven digits, in quotes", text)
	}
	return ""
}

func originFault(text string) string {
	if text == "self" || text == "https:" || originShape.MatchString(text) && !strings.Contains(text, "..") {
		return ""
	}
	return fmt.Sprintf("%q is none of: self, https: (any https site), or one site like https://newsroom.org, without a path", text)
}
