package handlers

import (
	"cmp"
	"html/template"
	"net/http"
	"time"
)

// link is one way on from a page that can't help.
type link struct {
	Label string
	Href  string
}

type problemView struct {
	Heading, Sentence string
	Ways              []string // to give all the same
	Reference         string   // what to quote, and the log knows it by
	Links             []linkView
}

type linkView struct {
	Label string
	Href  template.URL
}

type words struct{ heading, sentence string }

// wording is what a refusal says unless its caller knows better. Each tells a
// reader who was about to pay whether money was taken.
var wording = map[int]words{
	http.StatusBadRequest:            {"That didn’t arrive whole", "Something was lost on the way to us. You have not been charged. Please try again."},
	http.StatusForbidden:             {"That request came from another site", "For your safety it was refused. You have not been charged."},
	http.StatusNotFound:              {"Page not found", "If you typed the address, check it. If you followed a link, it may be out of date."},
	http.StatusMethodNotAllowed:      {"That doesn’t work here", "This page can’t be used that way. You have not been charged."},
	http.StatusConflict:              {"Your choices changed", "The payment page was opened for other choices. You have not been charged for these."},
	http.StatusRequestEntityTooLarge: {"That was too much to send", "The form held more than we can take. You have not been charged."},
	http.StatusUnsupportedMediaType:  {"We couldn’t read that", "The form came in a way we don’t understand. You have not been charged."},
	http.StatusMisdirectedRequest:    {"This address isn’t ours", "You reached us under a name that we don’t answer to. You have not been charged."},
	http.StatusUnprocessableEntity:   {"That can’t be taken as it is", "Something in the form has to be changed first. You have not been charged."},
	http.StatusTooManyRequests:       {"Too many tries", "Wait a minute, then try again. You have not been charged."},
	http.StatusInternalServerError:   {"Something went wrong on our side", "If you were paying, look at your card or bank statement before you try again."},
	http.StatusServiceUnavailable:    {"Giving is paused", "We can’t take gifts for a moment. You have not been charged. Please try again in a few minutes."},
}

// usual is the words for a status; what is not foreseen went wrong on our side.
func usual(status int) words {
	if said, known := wording[status]; known {
		return said
	}
	return wording[http.StatusInternalServerError]
}

// problem draws a page for a refusal. An empty heading or sentence means the
// usual words for that status; without links there is one to the campaign.
// While giving is paused it names the ways that need no page.
func (v *views) problem(status int, heading, sentence string, links ...link) ([]byte, error) {
	said := usual(status)
	view := problemView{Heading: heading, Sentence: sentence}
	if heading == "" {
		view.Heading = said.heading
	}
	if sentence == "" {
		view.Sentence = said.sentence
		if status == http.StatusServiceUnavailable && v.c.Words.Paused != "" {
			view.Sentence = v.c.Words.Paused + " You have not been charged. Please try again in a few minutes."
		}
	}
	if status == http.StatusServiceUnavailable && heading == "" {
		view.Ways = v.otherWays()
	}
	if status == http.StatusMisdirectedRequest {
		links = []link{{"Go to " + v.theCampaign(), v.site.BaseURL + "/"}} // under our own name
	}
	return v.refusal(view, links)
}

// broken draws the page for what went wrong on our side, with what to quote.
func (v *views) broken(reference string) ([]byte, error) {
	said := usual(http.StatusInternalServerError)
	return v.refusal(problemView{Heading: said.heading, Sentence: said.sentence, Reference: reference}, nil)
}

func (v *views) refusal(view problemView, links []link) ([]byte, error) {
	if len(links) == 0 {
		links = []link{{"Go to " + v.theCampaign(), "/"}}
	}
	for _, l := range links {
		view.Links = append(view.Links, linkView{Label: l.Label, Href: template.URL(l.Href)}) //nolint:gosec // written in this program, or the newsroom's address
	}
	out := v.page(view.Heading, view)
	out.Private = true
	return v.site.Web.Render("problem", out)
}

// closed draws the page for a gift sent before the campaign opens or after it
// has ended.
func (v *views) closed(now time.Time) ([]byte, error) {
	if now.Before(v.c.Opens) {
		return v.problem(http.StatusConflict, "Not open yet",
			"You can give from "+v.day(v.c.Opens, now)+". You have not been charged.")
	}
	links := []link{{"See how " + v.theCampaign() + " ended", "/"}}
	if u := v.orgURL(); u != "/" {
		links = append(links, link{"Give to " + v.c.Organisation.Name, u})
	}
	why := cmp.Or(v.c.Words.Ended, "It closed "+v.day(v.c.Deadline, now)+" and takes no more gifts.")
	return v.problem(http.StatusConflict, "This campaign has ended", why+" You have not been charged.", links...)
}
