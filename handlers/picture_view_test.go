package handlers

import (
	"encoding/xml"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/picture"
	"github.com/corruptionproject/appeal/models"
)

// inEveryState calls for each shape of the tracker, and for figures that could
// not be read anew.
func inEveryState(t *testing.T, look func(t *testing.T, state string, at moment)) {
	t.Helper()
	base := sampleCampaign(t)
	early, accept := base, base
	early.BarFrom, accept.AfterDeadline = 20, models.AcceptAfter
	day := june18(base)
	for name, at := range map[string]moment{
		"upcoming":             {base, base.Opens.Add(-time.Hour), time.Time{}, 0},
		"none":                 {base, day, time.Time{}, 0},
		"early":                {early, day, time.Time{}, 50_000_00},
		"way":                  {base, day, time.Time{}, 312_480_99},
		"near":                 {base, day, time.Time{}, 458_800_50},
		"reached":              {base, day, time.Time{}, 523_910_00},
		"last day":             {base, base.Deadline, time.Time{}, 312_480_00},
		"ended":                {base, base.Deadline.AddDate(0, 0, 2), time.Time{}, 471_300_00},
		"after, still open":    {accept, base.Deadline.AddDate(0, 0, 2), time.Time{}, 471_300_00},
		"stale":                {base, day, day.Add(-time.Hour), 312_480_00},
		"stale since days ago": {base, day, day.AddDate(0, 0, -2), 458_800_00},
	} {
		t.Run(name, func(t *testing.T) { look(t, name, at) })
	}
}

type moment struct {
	c      models.Campaign
	now    time.Time
	stale  time.Time
	raised money.Minor
}

func (m moment) progress() models.Progress {
	if m.raised == 0 {
		return models.Progress{}
	}
	return models.Progress{Raised: m.raised, Gifts: 4300, Donors: 4106}
}

func TestAPictureSaysWhatTheCampaignPageSays(t *testing.T) {
	inEveryState(t, func(t *testing.T, state string, at moment) {
		v := sampleViews(t, at.c)
		page, err := v.campaign(at.progress(), at.now, campaignState{StaleSince: at.stale})
		d := parse(t, page, err)
		badge, share := v.tracker(at.progress(), at.now, at.stale), v.shareImage(at.progress(), at.now, at.stale)
		number := "#ticker .number"
		if state == "ended" {
			number = "#ticker .banner" // one sentence tells how it ended
		}
		d.in(number, hasText(badge.Number))
		if badge.Number != share.Number {
			t.Errorf("the badge says %q, the image beside a link %q", badge.Number, share.Number)
		}
		if share.Headline != textOf(d.all("h1")[0]) || badge.Kicker != textOf(d.all("main .kicker")[0]) {
			t.Errorf("headline %q, kicker %q", share.Headline, badge.Kicker)
		}
		bars := d.all("#ticker .bar .fill")
		if (len(bars) == 1) != (badge.Bar != nil) || (badge.Bar == nil) != (share.Bar == nil) {
			t.Fatalf("the page has %d bars, the pictures %v and %v", len(bars), badge.Bar, share.Bar)
		}
		if badge.Bar != nil {
			d.in("#ticker .bar .fill", hasAttr("width", strconv.FormatInt(badge.Bar.Fill, 10)))
			if *badge.Bar != *share.Bar {
				t.Errorf("%v and %v", badge.Bar, share.Bar)
			}
		}
		for _, words := range []string{badge.Title, badge.Description, badge.Number, badge.Of, badge.Fact, badge.Foot, badge.AsOf, share.Of, share.Foot} {
			if strings.Contains(words, nbsp) || strings.Contains(words, "$0") || strings.Contains(words, "days left") || strings.Contains(words, "..") {
				t.Errorf("%s: %q", state, words)
			}
		}
	})
}

func TestWhatEachPictureSays(t *testing.T) {
	for state, want := range map[string][4]string{ // number and what follows, foot, date; the image beside a link
		"upcoming":             {"Opens November 1.", "Ends June 30, 2027", "", "Goal: $500,000 by June 30, 2027"},
		"none":                 {"Goal: $500,000", "Ends June 30", "As of June 18", "by June 30 Be one of the first readers to give."},
		"early":                {"4,106 readers have given so far", "Ends June 30", "As of June 18", "have given as of June 18 Goal: $500,000 by June 30"},
		"way":                  {"$312,480 of $500,000", "Ends June 30", "As of June 18", "raised as of June 18 Goal: $500,000 by June 30"},
		"near":                 {"$41,200 to go", "$458,800 of $500,000", "As of June 18", "as of June 18 $458,800 of $500,000 by June 30"},
		"reached":              {"Goal met: $523,910 raised", "Ends June 30", "As of June 18", "raised as of June 18 Goal: $500,000 by June 30"},
		"last day":             {"$312,480 of $500,000", "Ends June 30", "As of June 30", "raised as of June 30 Goal: $500,000 by June 30"},
		"ended":                {"$471,300 of $500,000", "Ended June 30. Thank you.", "As of July 2", "raised as of July 2 Goal: $500,000. Ended June 30. Thank you."},
		"after, still open":    {"$28,700 to go", "$471,300 of $500,000", "As of July 2", "as of July 2 $471,300 of $500,000. Closed June 30."},
		"stale":                {"$312,480 of $500,000", "Ends June 30", "As of 1:14 p.m. PT", "raised as of 1:14 p.m. PT Goal: $500,000 by June 30"},
		"stale since days ago": {"$41,200 to go", "$458,800 of $500,000", "As of 2:14 p.m. PT, June 16", "as of 2:14 p.m. PT, June 16 $458,800 of $500,000 by June 30"},
	} {
		inEveryState(t, func(t *testing.T, name string, at moment) {
			if name != state {
				return
			}
			v := sampleViews(t, at.c)
			b, s := v.tracker(at.progress(), at.now, at.stale), v.shareImage(at.progress(), at.now, at.stale)
			got := [4]string{strings.TrimSpace(b.Number + " " + b.Of), b.Foot, b.AsOf, strings.TrimSpace(s.Of + " " + s.Foot)}
			if got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		})
	}
}

func TestEveryPictureCanBeDrawnInEveryState(t *testing.T) {
	inEveryState(t, func(t *testing.T, _ string, at moment) {
		at.c.Title = `Bread & "Roses" <1912> 🗞️ مشروع`
		at.c.Headline = strings.Repeat("Who owns the river & who pays for it? ", 20)
		v := sampleViews(t, at.c)
		badge := v.tracker(at.progress(), at.now, at.stale)
		for _, theme := range []picture.Theme{picture.Light, picture.Dark} {
			for _, width := range []int{320, 600} {
				drawn := badge.SVG(width, theme)
				var read struct {
					Title string `xml:"title"`
					Desc  string `xml:"desc"`
				}
				if err := xml.Unmarshal(drawn, &read); err != nil || read.Title != badge.Title || read.Desc != badge.Description {
					t.Errorf("%v: read as %+v of\n%s", err, read, drawn)
				}
				if len(drawn) > 6<<10 {
					t.Errorf("%d bytes", len(drawn))
				}
			}
		}
		if body, err := badge.PNG(600, 2, picture.Dark); err != nil || len(body) > 20<<10 {
			t.Errorf("%d bytes: %v", len(body), err)
		}
		if body, err := v.shareImage(at.progress(), at.now, at.stale).PNG(picture.Light); err != nil || len(body) > 200<<10 {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	})
}

func TestAnAltTextIsOneSentenceWithTheNumberAndItsDay(t *testing.T) {
	c := sampleCampaign(t)
	got := sampleViews(t, c).tracker(models.Progress{Raised: 312_480_00, Gifts: 2, Donors: 2}, june18(c), time.Time{})
	if want := "Corruption Project: $312,480 raised of $500,000 as of June 18"; got.Title != want {
		t.Errorf("the title is %q, want %q", got.Title, want)
	}
	if want := got.Title + ". 62% of the goal. 2 readers. Ends June 30 at 11:59 p.m. PT."; got.Description != want {
		t.Errorf("the description is %q, want %q", got.Description, want)
	}
}
