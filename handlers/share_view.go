package handlers

import (
	"html/template"
	"net/url"
	"strings"
)

// shareView is how a donor tells someone. The amount is in none of it.
type shareView struct {
	URL   string
	Shown string // the same without its scheme, as people write it
	Links []linkView
}

// share makes plain links: no counter, no script of a third party, and no
// amount.
func (v *views) share() *shareView {
	address := v.site.BaseURL + "/"
	shown := address
	if u, err := url.Parse(address); err == nil {
		shown = u.Host
	}
	words := v.c.Words.Share
	both := words + " " + address
	to := func(base string, pairs ...string) template.URL {
		query := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			query.Set(pairs[i], pairs[i+1])
		}
		return template.URL(base + query.Encode()) //nolint:gosec // base is written below, the query is encoded
	}
	return &shareView{URL: address, Shown: shown, Links: []linkView{
		{"Email", template.URL("mailto:?subject=" + escape(capital(v.theCampaign())) + "&body=" + escape(both))}, //nolint:gosec // html/template would refuse the scheme; the words are escaped
		{"Text message", template.URL("sms:?&body=" + escape(both))},                                             //nolint:gosec // likewise
		{"Facebook", to("https://www.facebook.com/sharer/sharer.php?", "u", address)},
		{"Bluesky", to("https://bsky.app/intent/compose?", "text", both)},
		{"X", to("https://x.com/intent/post?", "text", words, "url", address)},
	}}
}

// escape is for mailto: and sms:, where a plus sign is no space.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
