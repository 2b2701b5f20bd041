package finance

import (
	"net/url"

	"github.com/corruptionproject/appeal/internal/snippet"
)

// snippetsView is what a newsroom pastes, and what readers get of it.
type snippetsView struct {
	Variants, Themes []choice
	Src              string
	Lines            []snippetView
	Framed           bool   // the campaign lets this site show the frame
	Frame            string // its address
	FrameTitle       string
	Variant          string
	Tracker, Share   pictureView
}

// snippetView is one thing to paste, in a field that it is copied from.
type snippetView struct {
	ID, Name, Where string
	Text            string
	Rows            int
}

type pictureView struct {
	Src           string
	Width, Height int
	Alt           string
}

var (
	variantChoices = []choice{
		{Value: snippet.Standard, Label: "Standard"}, {Value: snippet.Letter, Label: "With the letter"}, {Value: snippet.Ticker, Label: "One line"},
	}
	themeChoices = []choice{
		{Value: snippet.Light, Label: "Light"}, {Value: snippet.Dark, Label: "Dark"}, {Value: snippet.Auto, Label: "As the reader’s system"},
	}
)

// snippets are those of the frame that was asked for.
func (r *Rooms) snippets(asked url.Values) snippetsView {
	f := snippet.Read(asked)
	if src := oneLine(asked.Get("src")); !tooLong(src, maxLine) {
		f.Src = src
	}
	site := snippet.Site{Base: r.BaseURL.Scheme + "://" + r.BaseURL.Host, Name: r.Campaign.Named()}
	tracker := snippet.TrackerSVG(f.Theme)
	alt := "How far " + site.Name + " has come"
	return snippetsView{
		Variants: choices(variantChoices, f.Variant),
		Themes:   choices(themeChoices, f.Theme),
		Src:      f.Src,
		Lines: []snippetView{
			{"by-script", "By script", "The best one: it makes room as it needs it, and where anything fails readers see the link.", site.Script(f), 7},
			{"by-frame", "As a frame", "For a CMS that takes no scripts.", site.Frame(f, snippet.MostWidth, snippet.Sizes[f.Variant].Narrow), 6},
			{"by-address", "By its address alone", "For a CMS that speaks oEmbed: paste it on a line of its own.", site.Address(f), 2},
			{"picture", "As a picture", "For a page that takes neither.", site.Picture(tracker, f.Src), 7},
			{"mail-picture", "As a picture in mail", "Where no SVG is shown. The number is as old as the picture.", site.Picture(snippet.TrackerPNG(f.Theme), f.Src), 7},
			{"link", "As a link", "For posts and messages. Networks show the image below beside it.", site.Page(f.Src), 1},
		},
		Framed: r.framesItself(), Frame: f.Path(), FrameTitle: "Preview: " + site.Support(), Variant: f.Variant,
		Tracker: pictureView{tracker.Path, tracker.Width, tracker.Height, alt},
		Share:   pictureView{"/share.png", 1200, 630, "What networks show beside a link to the campaign"},
	}
}
