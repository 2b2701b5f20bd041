package handlers

import (
	"strings"
	"time"
)

// previewView is what networks and search engines read in the head of the
// campaign page.
type previewView struct {
	Image, Alt string
	SiteName   string
	About      aboutPage
}

// The shapes of schema.org, as far as the campaign's folder fills them.
type (
	aboutPage struct {
		Context     string       `json:"@context"`
		Type        string       `json:"@type"`
		URL         string       `json:"url"`
		Name        string       `json:"name"`
		Description string       `json:"description,omitempty"`
		Language    string       `json:"inLanguage"`
		Publisher   aboutOrg     `json:"publisher"`
		Action      *aboutGiving `json:"potentialAction,omitempty"`
	}
	aboutOrg struct {
		Type      string `json:"@type"`
		Name      string `json:"name"`
		LegalName string `json:"legalName,omitempty"`
		URL       string `json:"url,omitempty"`
		Email     string `json:"email,omitempty"`
		Address   string `json:"address,omitempty"`
		EIN       string `json:"taxID,omitempty"`
		Nonprofit string `json:"nonprofitStatus,omitempty"`
	}
	aboutGiving struct {
		Type      string     `json:"@type"`
		Name      string     `json:"name"`
		Target    string     `json:"target"`
		Recipient aboutOrg   `json:"recipient"`
		Price     aboutPrice `json:"priceSpecification"`
	}
	aboutPrice struct {
		Type     string `json:"@type"`
		Least    string `json:"minPrice"`
		Most     string `json:"maxPrice"`
		Currency string `json:"priceCurrency"`
	}
)

// preview is made for the page that may be indexed. The image's address
// changes with the day and with the campaign's state, so that a network that
// keeps images by address fetches it again when its words have changed; within
// a day its "as of" stays true.
func (v *views) preview(t tickerView, now time.Time) *previewView {
	day := now.In(v.c.Zone).Format("2006-01-02")
	return &previewView{
		Image:    v.site.BaseURL + "/share.png?v=" + day + "-" + t.State,
		Alt:      v.picture(t, now).Alt,
		SiteName: v.c.Organisation.Name,
		About:    v.about(now),
	}
}

func (v *views) about(now time.Time) aboutPage {
	o := v.c.Organisation
	org := aboutOrg{
		Type: "NGO", Name: o.Name, LegalName: o.LegalName, URL: o.URL, Email: o.Help, Address: o.Address, EIN: o.EIN,
		Nonprofit: "https://schema.org/Nonprofit501c3",
	}
	if o.Legal != "" { // it is something else, in words that no vocabulary has
		org.Type, org.Nonprofit = "Organization", ""
	}
	about := aboutPage{
		Context: "https://schema.org", Type: "WebPage", URL: v.site.BaseURL + "/", Name: v.c.Headline,
		Description: v.c.Standfirst, Language: "en", Publisher: org,
	}
	if v.c.TakesGifts(now) == nil {
		about.Action = &aboutGiving{
			Type: "DonateAction", Name: "Give to " + v.theCampaign(), Target: v.site.BaseURL + "/#give",
			Recipient: aboutOrg{Type: org.Type, Name: org.Name, Nonprofit: org.Nonprofit},
			Price:     aboutPrice{"PriceSpecification", v.c.Least.Decimal(), v.c.Most.Decimal(), strings.ToUpper(string(v.c.Currency))},
		}
	}
	return about
}
