// Package snippet writes what a newsroom pastes so that the appeal shows there:
// into an article, a mail, or a post.
//
// It refuses to know what stands behind the addresses, to fetch anything, and
// to write a line that needs more of a page than docs/embedding.md asks for.
package snippet

import (
	"fmt"
	"html"
	"net/url"
)

// The sizes in which the appeal is framed.
const (
	Letter   = "letter"
	Standard = "standard"
	Ticker   = "ticker"
)

// The themes of a frame. Auto follows the reader's system.
const (
	Light = "light"
	Dark  = "dark"
	Auto  = "auto"
)

// Frame is which frame an article asks for. Its size and theme are one of the
// few there are; Src, where it stands, may be anything.
type Frame struct{ Variant, Theme, Src string }

// Read falls back on what most articles want: a mistake in a CMS must not leave
// a hole in an article. Where it stands is for the caller to read.
func Read(query url.Values) Frame {
	f := Frame{Variant: Standard, Theme: Light}
	switch v := query.Get("v"); v {
	case Letter, Ticker:
		f.Variant = v
	}
	switch theme := query.Get("theme"); theme {
	case Dark, Auto:
		f.Theme = theme
	}
	return f
}

// Size is the room that a frame needs: as high as is reserved for it, on phones
// and where it is laid out wide. embed.js and finance.css hold the same numbers.
type Size struct{ Narrow, Wide int }

// How wide a frame is at most, and from which width on it is laid out wide.
const (
	MostWidth = 620
	WideFrom  = 480
)

// Sizes are the room of each frame.
var Sizes = map[string]Size{
	Letter:   {1120, 820},
	Standard: {540, 470},
	Ticker:   {190, 170},
}

// Fit finds the room for a frame within what a CMS has: a smaller frame where
// the one asked for is too high, and the smallest cut where even that is.
func (f Frame) Fit(mostWidth, mostHeight int) (fitting Frame, width, height int) {
	width = min(MostWidth, mostWidth)
	for {
		height = Sizes[f.Variant].Narrow
		if width >= WideFrom {
			height = Sizes[f.Variant].Wide
		}
		switch {
		case height <= mostHeight:
			return f, width, height
		case f.Variant == Letter:
			f.Variant = Standard
		case f.Variant == Standard:
			f.Variant = Ticker
		default:
			return f, width, mostHeight
		}
	}
}

// Path is the frame's address on its own site.
func (f Frame) Path() string {
	query := url.Values{"v": {f.Variant}, "theme": {f.Theme}}
	if f.Src != "" {
		query.Set("src", f.Src)
	}
	return "/embed?" + query.Encode()
}

// Site is whose appeal it is.
type Site struct {
	Base string // its public address, without a slash at its end
	Name string // the campaign's name inside a sentence: "the Corruption Project"
}

// Support is what frames and links to the page are called.
func (s Site) Support() string { return "Support " + s.Name }

// Page is the campaign page as it is linked from somewhere.
func (s Site) Page(src string) string {
	if src == "" {
		return s.Base + "/"
	}
	return s.Base + "/?" + url.Values{"src": {src}}.Encode()
}

// Address is the frame's, for a CMS that finds out by itself how to show it.
func (s Site) Address(f Frame) string { return s.Base + f.Path() }

// Frame is the frame as an article holds it.
func (s Site) Frame(f Frame, width, height int) string {
	return fmt.Sprintf(`<iframe src="%s" title="%s" width="%d" height="%d" style="border:0;width:100%%;max-width:%dpx" loading="lazy"></iframe>`,
		html.EscapeString(s.Address(f)), html.EscapeString(s.Support()), width, height, width)
}

// Script is the link that the script puts the frame in the place of.
func (s Site) Script(f Frame) string {
	about := fmt.Sprintf(`data-variant="%s" data-theme="%s"`, f.Variant, f.Theme)
	if f.Src != "" {
		about += fmt.Sprintf(` data-src="%s"`, html.EscapeString(f.Src))
	}
	return fmt.Sprintf("<div class=\"appeal\" %s>\n  <a href=\"%s\">%s</a>\n</div>\n<script async src=\"%s/embed.js\"></script>",
		about, html.EscapeString(s.Page(f.Src)), html.EscapeString(s.Support()), html.EscapeString(s.Base))
}

// Tracker is the picture of the tracker, and its size as handlers draws it.
type Tracker struct {
	Path          string
	Width, Height int
}

// TrackerSVG is for pages, TrackerPNG for mails, where it is drawn at twice its
// size for sharp screens. A picture has no theme that follows the reader's.
func TrackerSVG(theme string) Tracker {
	return Tracker{"/progress.svg?" + pictureQuery(theme, "320", ""), 320, 134}
}

// TrackerPNG is the same where no SVG is shown.
func TrackerPNG(theme string) Tracker {
	return Tracker{"/progress.png?" + pictureQuery(theme, "600", "2"), 600, 172}
}

func pictureQuery(theme, width, scale string) string {
	query := url.Values{"w": {width}, "theme": {Light}}
	if theme == Dark {
		query.Set("theme", Dark)
	}
	if scale != "" {
		query.Set("scale", scale)
	}
	return query.Encode()
}

// Picture is a link around the tracker. Its words stay true though the number
// moves on.
func (s Site) Picture(t Tracker, src string) string {
	return fmt.Sprintf("<a href=\"%s\"><img src=\"%s\"\n  width=\"%d\" height=\"%d\" style=\"max-width:100%%;height:auto\" alt=\"%s\"></a>",
		html.EscapeString(s.Page(src)), html.EscapeString(s.Base+t.Path), t.Width, t.Height, html.EscapeString("How far "+s.Name+" has come"))
}
