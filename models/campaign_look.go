package models

import "strings"

// Look is what a campaign's pages look like: the tones made of its accent
// colour, and the pictures in its folder.
type Look struct {
	Light, Dark Tones

	Signer   *Picture // whoever signs the letter; nil: initials
	Logo     *Picture // the newsroom's; nil: its name
	LogoDark *Picture // the same for a dark page; nil: Logo on a light ground
	Icon     *Picture // of the browser's tab; nil: the usual one in the accent
	Lead     *Picture // above the letter
}

// Tones are all that is drawn in the accent, as #rrggbb. None is empty in a
// campaign that was read from a folder.
type Tones struct{ Accent, Soft, Button, ButtonHover, OnButton, Bar string }

// Picture is one file of the folder, ready to be sent.
type Picture struct {
	Name          string // "signer.jpg"
	Kind          string // its Content-Type
	Body          []byte
	Width, Height int
	Alt           string // what it shows, for whoever doesn't see it
	Credit        string // who made it
}

// Pictures are all there are.
func (l Look) Pictures() []*Picture {
	var all []*Picture
	for _, p := range []*Picture{l.Signer, l.Logo, l.LogoDark, l.Icon, l.Lead} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Words are what a newsroom says in its own way. What is empty is said as
// handlers says it for everybody; {amount} in Thanks stands for the gift.
type Words struct {
	Campaign        string   // its name inside a sentence: "the Corruption Project"
	Reader, Readers string   // whoever gives, one and several
	GiveNow         string   // the button that leads to the form on a phone
	Give            string   // above the form
	GiveAfter       string   // above the form after the deadline
	PaysFor         string   // above what the money pays for
	OtherWays       []string // instead of the usual ways
	Counting        []string // said after the rules of counting
	Thanks          string   // after a gift's confirmation
	Next            string   // what happens next, after a gift
	Tell            string   // above the links for telling someone
	Share           string   // the message in them
	Paused          string   // why no gifts are taken for a moment
	Ended           string   // to whoever sends a gift after the end
	Help            string   // before the address for questions
}

// Named is the campaign's name inside a sentence. A title that brings its own
// article keeps it.
func (c Campaign) Named() string {
	switch title, hasArticle := strings.CutPrefix(c.Title, "The "); {
	case c.Words.Campaign != "":
		return c.Words.Campaign
	case hasArticle:
		return "the " + title
	default:
		return "the " + c.Title
	}
}
