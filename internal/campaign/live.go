package campaign

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

// reservedDomain are the names that exist for examples alone.
var reservedDomain = regexp.MustCompile(`(^|\.)(example\.(com|net|org|edu)|example|test|invalid|localhost)$`)

// Live returns nil if a campaign may take real money, else Mistakes: a draft,
// and whatever would stand on a receipt and is not filled in, or is the
// built-in sample's. A service with a live Stripe key refuses to start then.
func Live(c models.Campaign) error {
	sample, err := BuiltIn()
	if err != nil {
		return fmt.Errorf("campaign: read the sample: %w", err)
	}
	var found notes
	refuse := func(key, format string, args ...any) { found.add(settingsFile, 0, key, format, args...) }
	if c.Draft {
		refuse("draft", "a live service asks for no money with words not approved yet; set it to false once they are")
	}
	org, of := c.Organisation, sample.Organisation
	for _, f := range []struct{ key, value, sample, what string }{
		{"legal_name", org.LegalName, of.LegalName, "the charity's name as the IRS has it"},
		{"address", org.Address, of.Address, "the charity's postal address"},
		{"ein", org.EIN, of.EIN, "the charity's EIN"},
		{"help", org.Help, of.Help, "an e-mail address that somebody reads"},
		{"privacy_url", org.Privacy, of.Privacy, "the address of the privacy policy"},
	} {
		switch {
		case strings.TrimSpace(f.value) == "":
			refuse("organisation."+f.key, "is not filled in; a live service needs %s", f.what)
		case strings.EqualFold(f.value, f.sample) || unreal(f.key, f.value):
			refuse("organisation."+f.key, "is a sample; a live service needs %s", f.what)
		}
	}
	return found.err()
}

// unreal knows a sample that is not the built-in one: an EIN of a kind never
// given out, a name that exists for examples.
func unreal(key, value string) bool {
	switch key {
	case "ein":
		return strings.HasPrefix(value, "00-")
	case "help":
		return reservedDomain.MatchString(strings.ToLower(value[strings.LastIndex(value, "@")+1:]))
	case "privacy_url":
		u, err := url.Parse(value)
		return err != nil || reservedDomain.MatchString(strings.ToLower(u.Hostname()))
	}
	return false
}
