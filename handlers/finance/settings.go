package finance

import (
	"errors"
	"net/http"
	"slices"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

const (
	settingsPath = "/finance/settings"
	samplePath   = settingsPath + "/sample"
	samplePDF    = samplePath + ".pdf"
)

// settingsView is what the campaign's folder says. Nothing of it is changed
// here: the file is the one source, and the operator's.
type settingsView struct {
	Said, Problem string
	Source        string // which folder was read
	Groups        []settingGroup
	Accounts      []accountCode
	Snippets      snippetsView
	Sample        sampleOffer
}

// sampleOffer is what can be had of a sample.
type sampleOffer struct {
	Page, PDF string
	To        string // who is signed in
	Mailed    bool   // mail is set up
	Most      int    // that one person is mailed in an hour
}

func (r *Rooms) getSettings(v *visit) error {
	said := map[string]string{
		"sample": "A sample is on its way to " + v.who.Email + ". Should it not come within a few minutes, look under Status.",
	}[v.QueryParam("said")]
	return r.settings(v, http.StatusOK, settingsView{Said: said})
}

func (r *Rooms) settings(v *visit, status int, view settingsView) error {
	view.Source = r.Folder
	view.Groups = r.settingGroups()
	for _, account := range models.Accounts() {
		view.Accounts = append(view.Accounts, accountCode{string(account), r.Campaign.Accounts[account]})
	}
	view.Snippets = r.snippets(v.QueryParams())
	view.Sample = sampleOffer{Page: samplePath, PDF: samplePDF, To: v.who.Email, Mailed: r.Mailed, Most: models.MostSamples}
	if view.Snippets.Framed {
		v.Response().Header().Set("Content-Security-Policy", r.policy()+"; frame-src 'self'")
	}
	return r.render(v, status, "finance-settings", "Settings", view)
}

// framesItself reports whether the campaign lets its own site frame the appeal:
// the settings show it so.
func (r *Rooms) framesItself() bool {
	own := r.BaseURL.Scheme + "://" + r.BaseURL.Host
	return slices.ContainsFunc(r.Campaign.EmbedOrigins, func(origin string) bool {
		return origin == "self" || origin == own || origin == r.BaseURL.Scheme+":"
	})
}

// postSample mails a sample of a receipt to who is signed in, and to nobody else.
func (r *Rooms) postSample(v *visit) error {
	if !r.Mailed {
		return errNoMail
	}
	err := r.Store.MailSample(v.ctx(), v.who)
	var wait models.TooMany
	switch {
	case errors.As(err, &wait):
		return r.settings(v, http.StatusTooManyRequests, settingsView{Problem: tooMany(v, wait.Wait)})
	case err != nil:
		return err
	}
	return back(v, settingsPath, "sample")
}

// sampleView is the sample as its donor would see it.
type sampleView struct {
	receipt.Document
	PDF string
}

func (r *Rooms) getSample(v *visit) error {
	return r.render(v, http.StatusOK, "finance-sample", "Sample receipt", sampleView{receipt.Sample(r.Campaign, r.Now()), samplePDF})
}

// getSamplePDF draws one at a time: each takes more of the machine than any
// page, and a gift must not wait for it.
func (r *Rooms) getSamplePDF(v *visit) error {
	select {
	case r.drawing <- struct{}{}:
		defer func() { <-r.drawing }()
	case <-v.ctx().Done():
		return v.ctx().Err()
	}
	v.Response().Header().Set("Content-Type", "application/pdf")
	v.Response().Header().Set("Content-Disposition", `attachment; filename="receipt-sample.pdf"`)
	return receipt.Sample(r.Campaign, r.Now()).PDF(v.Response())
}
