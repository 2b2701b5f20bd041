package handlers

import (
	"cmp"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/picture"
	"github.com/corruptionproject/appeal/models"
)

// pictureView is the tracker in the few words that a picture has room for. A
// picture is kept by others for as long as they like, so it counts no days,
// and says of which day its number is.
type pictureView struct {
	Number string // as the page's own: "$312,480", "$41,200 to go", "Opens November 1."
	Of     string // what follows on a badge: "of $500,000"
	Raised string // what follows in the image beside a link: "raised as of June 18"
	Fact   string // instead of a bar
	Foot   string // below a badge's bar
	Aim    string // below the bar in the image beside a link
	AsOf   string // "As of June 18"
	Alt    string // all of it in one sentence
	Long   string
	Bar    *barView
}

// picture says what the tracker says, out of the same words.
func (v *views) picture(t tickerView, now time.Time) pictureView {
	asOf := v.day(now, now)
	if t.Stale != "" {
		asOf = t.Stale
	}
	p := pictureView{
		Number: t.Raised, Of: "of " + t.Goal, Raised: "raised as of " + asOf, Bar: t.Bar, AsOf: "As of " + asOf,
		Foot: "Ends " + t.EndsOn,
		Alt:  t.Raised + " raised of " + t.Goal + " as of " + asOf,
	}
	by := " by " + t.EndsOn
	if now.After(v.c.Deadline) {
		p.Foot = "Closed " + t.EndsOn
		by = ". " + p.Foot + "."
	}
	p.Aim = "Goal: " + t.Goal + by
	switch t.State {
	case tickerUpcoming:
		p.Number, p.Of, p.Raised, p.AsOf = "Opens "+t.OpensOn+".", "", "", ""
		p.Fact = "Goal: " + t.Goal
		p.Alt = "opens " + t.OpensOn + ". Goal: " + t.Goal + " by " + t.EndsOn
	case tickerNone:
		p.Number, p.Of, p.Raised = "Goal: "+t.Goal, "", "by "+t.EndsOn
		p.Fact = t.First
		p.Aim = p.Fact
		p.Alt = "the goal is " + t.Goal + " by " + t.EndsOn
	case tickerEarly:
		p.Number, p.Of, p.Raised = t.Readers, t.Have+" given so far", t.Have+" given as of "+asOf
		p.Fact = "Goal: " + t.Goal + " by " + t.EndsOn + "."
		p.Alt = t.Readers + " " + t.Have + " given as of " + asOf
	case tickerNear:
		p.Number, p.Of, p.Raised = t.ToGo+" to go", "", "as of "+asOf
		p.Foot = t.Raised + " of " + t.Goal
		p.Aim = p.Foot + by
	case tickerReached:
		p.Number, p.Of = "Goal met: "+t.Raised, "raised"
	case tickerEnded:
		p.Foot = "Ended " + t.EndsOn + ". Thank you."
		p.Aim = "Goal: " + t.Goal + ". Ended " + t.EndsOn + ". Thank you."
	}
	p.Alt = v.c.Title + ": " + p.Alt
	p.Long = v.pictureInFull(t, p)
	return p.plain()
}

// pictureInFull is what there is to say beyond the picture's own words.
func (v *views) pictureInFull(t tickerView, p pictureView) string {
	said := []string{p.Alt + "."}
	if t.Bar != nil {
		said = append(said, t.Bar.Label+".")
	}
	switch t.State {
	case tickerUpcoming:
	case tickerNone, tickerEarly:
		said = append(said, p.Fact)
	case tickerNear:
		said = append(said, p.Number+".", t.Ends+".")
	case tickerEnded:
		said = append(said, "This campaign ended "+t.EndsOn+".", t.Readers+" gave.")
	default:
		said = append(said, t.Readers+".", t.Ends+".")
	}
	return strings.Join(said, " ")
}

// plain has no no-break spaces: in a picture nothing breaks, and outside of
// pages such a space may be drawn as anything.
func (p pictureView) plain() pictureView {
	for _, words := range []*string{&p.Number, &p.Of, &p.Raised, &p.Fact, &p.Foot, &p.Aim, &p.AsOf, &p.Alt, &p.Long} {
		*words = strings.ReplaceAll(*words, nbsp, " ")
	}
	return p
}

// tracker is the badge.
func (v *views) tracker(p models.Progress, now, staleSince time.Time) picture.Tracker {
	said := v.picture(v.ticker(p, now, staleSince), now)
	return picture.Tracker{
		Kicker: capital(v.theCampaign()), Number: said.Number, Of: said.Of, Fact: said.Fact, Foot: said.Foot, AsOf: said.AsOf,
		Bar: said.Bar.drawn(), Title: said.Alt, Description: said.Long,
	}
}

// shareImage is the image beside a link.
func (v *views) shareImage(p models.Progress, now, staleSince time.Time) picture.Share {
	said := v.picture(v.ticker(p, now, staleSince), now)
	return picture.Share{
		Newsroom: v.c.Organisation.Name, Kicker: capital(v.theCampaign()), Headline: v.c.Headline,
		Number: said.Number, Of: said.Raised, Foot: said.Aim, Bar: said.Bar.drawn(),
	}
}

// theme is the colours of the pages, with the bar in the campaign's accent.
func (v *views) theme(dark bool) picture.Theme {
	theme, bar := picture.Light, v.c.Look.Light.Bar
	if dark {
		theme, bar = picture.Dark, v.c.Look.Dark.Bar
	}
	theme.Bar = cmp.Or(bar, theme.Bar)
	return theme
}

func (b *barView) drawn() *picture.Bar {
	if b == nil {
		return nil
	}
	return &picture.Bar{Fill: b.Fill, Mark: b.Mark, Whole: barWidth}
}
