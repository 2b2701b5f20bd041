package handlers

import (
	"errors"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// siteInfo is what pages need to know of the service they are served by.
type siteInfo struct {
	BaseURL  string   // the public address, without a slash at its end
	TestMode bool     // no real money: said at the top of every page
	Web      *web.Web // templates and assets
}

// views turns figures and choices into finished pages. It decides words and
// nothing else: it reads no database, no clock and no request.
type views struct {
	c       models.Campaign
	site    siteInfo
	excerpt []string // how the letter begins, for where there is room for no more
}

func newViews(c models.Campaign, site siteInfo) (*views, error) {
	if site.Web == nil {
		return nil, errors.New("views need web's templates")
	}
	if c.Zone == nil || c.Goal <= 0 {
		return nil, errors.New("views need a campaign with a zone and a goal")
	}
	base, err := url.Parse(site.BaseURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("views need the site's full public address")
	}
	site.BaseURL = strings.TrimRight(site.BaseURL, "/")
	begins, err := excerpt(c.Letter.Opening, mostWords)
	if err != nil {
		return nil, err
	}
	return &views{c: spoken(c), site: site, excerpt: begins}, nil
}

// page is what the layout draws around every screen.
type page struct {
	Title       string
	Description string // of a page that search engines may show
	Canonical   string
	Embeds      string // where a CMS learns how to embed the page
	Preview     *previewView
	Private     bool // noindex
	Compact     bool // on a phone the form comes at once: something is to be mended
	TestMode    bool
	Kicker      string // "The Corruption Project"
	Campaign    string
	Org         models.Organisation
	OrgURL      template.URL
	Logo        *logoView  // nil: the newsroom's name
	Icon        *imageView // nil: the usual one
	Words       models.Words
	Legal       legalView
	View        any // the screen itself
}

// page fills in the frame for one screen.
func (v *views) page(screen string, view any) page {
	title := []string{v.c.Title, v.c.Organisation.Name}
	if screen != "" {
		title = append([]string{screen}, title...)
	}
	return page{
		Title:    strings.Join(nonEmpty(title), " — "),
		TestMode: v.site.TestMode,
		Kicker:   capital(v.theCampaign()),
		Campaign: v.c.Title,
		Org:      v.c.Organisation,
		OrgURL:   template.URL(v.orgURL()), //nolint:gosec // from the newsroom's campaign file
		Logo:     logo(v.c.Look, v.c.Organisation.Name),
		Icon:     imageOf(v.c.Look.Icon),
		Words:    v.c.Words,
		Legal:    v.legal(),
		View:     view,
	}
}

// theCampaign is the campaign's name inside a sentence: "the Corruption
// Project".
func (v *views) theCampaign() string { return v.c.Named() }

// orgURL leads to the newsroom; without an address of its own, to the page.
func (v *views) orgURL() string {
	if u, err := url.Parse(v.c.Organisation.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		return u.String()
	}
	return "/"
}

// legalView says who publishes this, under which number the IRS knows it, and
// what a donor may deduct and gets in return.
type legalView struct{ Text, EIN, Deductible, InReturn string }

// legal names the charity, as far as the campaign's folder does.
func (v *views) legal() legalView {
	o := v.c.Organisation
	said := legalView{
		Text: unbroken(o.Name) + " is a 501(c)(3) nonprofit.", EIN: o.EIN,
		Deductible: v.deductible(), InReturn: o.InReturn,
	}
	switch {
	case o.Legal != "":
		said.Text = o.Legal
	case o.LegalName != "" && o.LegalName != o.Name:
		said.Text = unbroken(o.Name) + " is published by " + o.LegalName + ", a 501(c)(3) nonprofit."
	}
	return said
}

// deadline is the campaign's last moment: "June 30 at 11:59 p.m. PT".
func (v *views) deadline(now time.Time) string {
	return v.day(v.c.Deadline, now) + " at " + v.clock(v.c.Deadline)
}

// unbroken keeps a short name on one line.
func unbroken(name string) string {
	if utf8.RuneCountInString(name) > 20 {
		return name
	}
	return strings.ReplaceAll(name, " ", nbsp)
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

func nonEmpty(words []string) []string {
	var kept []string
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// listed joins words as a sentence does: "card, Apple Pay or Google Pay".
func listed(words []string, and string) string {
	words = nonEmpty(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}
