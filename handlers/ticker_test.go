package handlers

import (
	"net/url"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// campaignsThatDiffer are the sample campaign and what makes its tracker say
// other things: gifts after the end, no bar below a percentage, a stretch goal.
func campaignsThatDiffer(t *testing.T) (base, accept, hide, stretch models.Campaign) {
	t.Helper()
	base = sampleCampaign(t)
	accept, hide, stretch = base, base, base
	accept.AfterDeadline = models.AcceptAfter
	hide.BarFrom = 20
	stretch.Stretch = models.Stretch{Purpose: "a second year", Goal: 600_000_00}
	return base, accept, hide, stretch
}

func TestTheTrackerSaysWhereTheCampaignStands(t *testing.T) {
	base, accept, hide, stretch := campaignsThatDiffer(t)
	day := june18(base)
	for _, test := range []struct {
		name     string
		c        models.Campaign
		now      time.Time
		raised   money.Minor
		gifts    int64
		state    string
		number   string
		facts    string
		bar      string // its width of 100000, "" for no bar
		formless bool
	}{
		{"before it opens", base, base.Opens.Add(-time.Hour), 0, 0, "upcoming", "Opens November 1.", "Goal: $500,000 by June 30, 2027.", "", true},
		{"before the first gift", base, day, 0, 0, "none", "Goal: $500,000", "Be one of the first readers to give.", "", false},
		{"after the only gift was refunded", base, day, 0, 0, "none", "Goal: $500,000", "13 days left Ends June 30 at 11:59 p.m. PT", "", false},
		{"the first gift", base, day, 50_00, 1, "way", "$50 raised of $500,000", "1 reader · 13 days left", "10", false},
		{"below the newsroom's percentage", hide, day, 99_999_00, 1500, "early", "1,500 readers have given so far", "Goal: $500,000 by June 30.", "", false},
		{"at the newsroom's percentage", hide, day, 100_000_00, 1500, "way", "$100,000 raised of $500,000", "1,500 readers · 13 days left", "20000", false},
		{"on the way, cents cut", base, day, 312_480_99, 4106, "way", "$312,480 raised of $500,000", "Ends June 30 at 11:59 p.m. PT", "62496", false},
		{"a cent below 80 %", base, day, 399_999_99, 9, "way", "$399,999 raised", "9 readers", "79999", false},
		{"from 80 %", base, day, 458_800_50, 6000, "near", "$41,200 to go", "$458,800 of $500,000 · 13 days left", "91760", false},
		{"a cent to go", base, day, 499_999_99, 6000, "near", "$1 to go", "$499,999 of $500,000", "99999", false},
		{"the goal is met", base, day, 500_000_00, 6000, "reached", "Goal met: $500,000 raised", "Gifts above the goal pay for more of the same reporting.", "86956", false},
		{"the goal is met, and there is another", stretch, day, 523_910_00, 6000, "reached", "Goal met: $523,910 raised", "Gifts now go further: a second year. Next mark: $600,000.", "86956", false},
		{"the last day", base, base.Deadline.Add(-time.Hour), 312_480_00, 4106, "way", "$312,480", "Last day Ends tonight at 11:59 p.m. PT", "62496", false},
		{"the last second", base, base.Deadline, 312_480_00, 4106, "way", "$312,480", "Last day", "62496", false},
		{"ended", base, base.Deadline.Add(time.Second), 471_300_00, 6204, "ended", "", "This campaign ended June 30. 6,204 readers gave $471,300 toward $500,000. Thank you.", "94260", true},
		{"after the deadline, still taking gifts", accept, base.Deadline.Add(time.Hour), 312_480_00, 4106, "way", "$312,480", "4,106 readers The campaign closed June 30", "62496", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := models.Progress{Raised: test.raised, Gifts: test.gifts, Donors: test.gifts}
			page, err := sampleViews(t, test.c).campaign(p, test.now, campaignState{Form: prefilled(url.Values{}, test.c)})
			d := parse(t, page, err)
			d.in("#ticker", hasAttr("data-state", test.state), hasText(test.facts), lacksAttr("aria-live"), lacksAttr("role"))
			if test.number != "" {
				d.in("#ticker .number", hasText(test.number))
			}
			if test.bar == "" {
				d.none("#ticker .bar")
			} else {
				d.in("#ticker .bar .fill", hasAttr("width", test.bar))
			}
			if test.formless {
				d.none("[action=/donate]")
				d.none(".givenow")
			} else {
				d.in("form", hasAttr("action", "/donate"), hasAttr("method", "post"))
				d.in("a.givenow", hasAttr("href", "#give"))
			}
		})
	}
}

func TestBankPaymentsUnderWayAreDrawnApartAndNotCounted(t *testing.T) {
	base := sampleCampaign(t)
	banks, hide := base, base
	banks.BankDebits = true
	hide.BarFrom = 20
	for _, test := range []struct {
		name            string
		c               models.Campaign
		raised, pending money.Minor
		number, coming  string // coming: "" where nothing is said of it
		from, to        string // of the shaded part of the bar
	}{
		{"some", banks, 250_000_00, 50_000_99, "$250,000", "$50,000 in bank payments still to clear", "50000", "60000"},
		{"of a campaign that takes them no more", base, 250_000_00, 50_000_00, "$250,000", "$50,000 in bank payments", "50000", "60000"},
		{"none", banks, 250_000_00, 0, "$250,000", "", "50000", "50000"},
		{"more than there is room for", banks, 450_000_00, 90_000_00, "$50,000 to go", "$90,000 in bank payments", "90000", "100000"},
		{"beside a gift that was refunded", banks, -50_00, 100_00, "Goal: $500,000", "$100 in bank payments", "", ""},
		{"before the first gift", banks, 0, 50_00, "Goal: $500,000", "$50 in bank payments", "", ""},
		{"where no amount is told", hide, 50_000_00, 50_00, "9 readers have given so far", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := models.Progress{Raised: test.raised, Gifts: 9, Donors: 9, Pending: test.pending}
			d := parse(t, mustCampaign(t, test.c, p, campaignState{}), nil)
			d.in("#ticker .number", hasText(test.number))
			switch {
			case test.coming != "":
				d.in("#ticker p.coming", hasText(test.coming), lacksAttr("hidden"))
			case len(d.all("#ticker p.coming")) > 0:
				d.in("#ticker p.coming", hasAttr("hidden", ""))
			}
			if test.from == "" {
				d.none("#ticker .bar")
				return
			}
			d.in("#ticker .bar .coming", hasAttr("x1", test.from), hasAttr("x2", test.to))
		})
	}
}

func TestNoOneIsToldOfZeroDollars(t *testing.T) {
	c := sampleCampaign(t)
	for _, raised := range []money.Minor{0, -50_00} {
		d := parse(t, mustCampaign(t, c, models.Progress{Raised: raised}, campaignState{}), nil)
		for _, n := range d.all("#ticker") {
			if hasText("$0")(n) == "" || hasText("−")(n) == "" {
				t.Errorf("%d raised: %s", raised, textOf(n))
			}
		}
	}
}

func TestWhatIsRaisedAndWhatIsToGoMakeTheGoal(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	for raised := money.Minor(400_000_00); raised < c.Goal; raised += 1_234_567 {
		view := v.ticker(models.Progress{Raised: raised, Gifts: 1}, june18(c), time.Time{})
		toGo, err := money.Parse(view.ToGo)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := money.Parse(view.Raised)
		if err != nil || toGo+shown != c.Goal {
			t.Errorf("%s raised and %s to go", view.Raised, view.ToGo)
		}
	}
}

func TestTheLineUnderTheBarTellsTheLastGiftOrHowOldTheNumberIs(t *testing.T) {
	c := sampleCampaign(t)
	p := onTheWay(c)
	d := parse(t, mustCampaign(t, c, p, campaignState{}), nil)
	d.in("#ticker .meta", hasText("Last gift counted at 2:11 p.m. PT. How we count"))

	yesterday := june18(c).AddDate(0, 0, -1)
	p.LastGiftAt = &yesterday
	d = parse(t, mustCampaign(t, c, p, campaignState{}), nil)
	d.in("#ticker .meta", hasText("Last gift counted at 2:14 p.m. PT, June 17."))

	d = parse(t, mustCampaign(t, c, p, campaignState{StaleSince: june18(c).Add(-time.Hour)}), nil)
	d.in("#ticker .meta", hasText("As of 1:14 p.m. PT."))
	d.in("#ticker .number", hasText("$312,480"))
}

func TestDatesNameTheirZoneAsPeopleDo(t *testing.T) {
	for name, want := range map[string]string{
		"America/Los_Angeles": "PT", "America/New_York": "ET", "America/Chicago": "CT", "America/Denver": "MT",
		"America/Anchorage": "AKT", "UTC": "UTC", "Europe/Berlin": "CET", "America/Sao_Paulo": "GMT-03",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := zoneName(time.Date(2027, 1, 1, 12, 0, 0, 0, zone)); got != want {
			t.Errorf("%s is called %s, want %s", name, got, want)
		}
	}
}

func mustCampaign(t *testing.T, c models.Campaign, p models.Progress, s campaignState) []byte {
	t.Helper()
	page, err := sampleViews(t, c).campaign(p, june18(c), s)
	if err != nil {
		t.Fatal(err)
	}
	return page
}
