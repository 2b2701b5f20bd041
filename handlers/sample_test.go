package handlers

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// sampleCampaign is a campaign as a newsroom might write it, with every
// optional part filled in.
func sampleCampaign(t testing.TB) models.Campaign {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return models.Campaign{
		Slug: "corruption-project", Currency: "usd",
		Title:      "Corruption Project",
		Headline:   "Corruption is a system. Help us cover it like one.",
		Standfirst: "We’re raising $500,000 from readers by July for a reporting team with a single job: show how corruption works, and for whom.",
		PaysFor: []string{
			"Reporters and an editor who work on nothing else.",
			"Public records: requests, fees and, where an agency refuses, lawyers.",
			"Time to check every fact before it is published.",
		},
		Goal:        500_000_00,
		Opens:       time.Date(2026, 11, 1, 0, 0, 0, 0, zone),
		Deadline:    time.Date(2027, 6, 30, 23, 59, 59, 0, zone),
		Zone:        zone,
		Frequencies: []models.Frequency{models.Once},
		Presets: map[models.Frequency]models.Presets{
			models.Once:    {Amounts: []money.Minor{2500, 5000, 10000, 25000, 50000}, Default: 5000},
			models.Monthly: {Amounts: []money.Minor{500, 1000, 1500, 2500, 5000}, Default: 1500},
		},
		Least: 300, Most: 25_000_00,
		AfterDeadline: models.CloseAtDeadline,
		Fee:           money.FeeRate{BasisPoints: 290, Fixed: 30},
		Signer:        models.Signer{Title: "The Editor-in-Chief"},
		Organisation: models.Organisation{
			Name: "Mother Jones", LegalName: "Example News Foundation", Address: "123 Example Street, San Francisco, CA 94000",
			EIN: "00-0000000", Help: "giving@example.org", URL: "https://news.example.org", Privacy: "https://news.example.org/privacy",
		},
		OverGoal:       "Gifts above the goal pay for more of the same reporting.",
		UnderGoal:      "If we fall short, the team starts smaller.",
		RefundPolicy:   "Write to us within 30 days and we send your gift back.",
		PaymentMethods: []string{"card", "Apple Pay", "Google Pay"},
		Newsletter:     models.Newsletter{Name: "weekly newsletter", Promise: "One email a week. Unsubscribe any time."},
		SeedFunding:    "Seed funding is no part of this number.",
		Letter: models.Letter{
			Opening: "<p>Dear reader,</p><p>A story about corruption mostly has a villain and an end. Somebody took the money, somebody was caught, and the news went elsewhere.</p><p>What is seldom told is what made it easy: the rule that was rewritten, the inspector nobody replaced, the contract that a single company could win. That is paperwork, and paperwork takes patience.</p><p>So we want a team of reporters who do nothing else.</p>",
			Rest:    "<p>It is no column, and it will not chase the day’s outrage. It is a small group that stays with one question for as long as the answer takes.</p><p>Seed funding is in hand, so the work can start. The $500,000 is what we ask of readers, because a team that reports on power should owe nothing to it.</p><p>If you can pitch in, please do. If you can’t, keep reading, and tell us what you see where you live. The work is yours either way.</p>",
		},
	}
}

// june18 is a day in the middle of things: 12 days left.
func june18(c models.Campaign) time.Time { return time.Date(2027, 6, 18, 14, 14, 0, 0, c.Zone) }

// onTheWay is the tracker of that day.
func onTheWay(c models.Campaign) models.Progress {
	last := june18(c).Add(-3 * time.Minute)
	return models.Progress{Raised: 312_480_50, Gifts: 4475, Donors: 4106, UpdatedAt: last, LastGiftAt: &last}
}

func sampleViews(t testing.TB, c models.Campaign) *views {
	t.Helper()
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newViews(c, siteInfo{BaseURL: "https://give.example.org", Web: w})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
