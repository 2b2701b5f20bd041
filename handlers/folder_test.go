package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// rivertown is a campaign as unlike the built-in one as its folder can make it.
func rivertown(t *testing.T) models.Campaign {
	t.Helper()
	c, err := campaign.Load("../internal/campaign/testdata/rivertown")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// builtIn is what only the built-in campaign and the usual words say.
var builtIn = regexp.MustCompile(`(?i)corruption|mother jones|jeffery|\$500,000|50000000|july|giving@|example\.org|b3201b|ff8a80|501\(c\)|is tax-deductible|no goods or services|nonprofit|los_angeles|p\.m\. PT|a\.m\. PT`)

// usual is what readers would see of the words that this campaign replaces.
var usual = regexp.MustCompile(`\breaders?\b|Make a gift|Give now|What your money pays for|Tell someone|Questions\?|donor-advised`)

// TestAnotherFolderIsAnotherCampaign goes to every address, in every state of
// the campaign and of a gift, and finds nothing of the built-in campaign.
func TestAnotherFolderIsAnotherCampaign(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clock := rivertown(t), &storetest.Clock{}
			store := storetest.OpenFor(t, address(t), c.Slug, clock)
			s := newSite(t, store, clock, options{campaign: func(made *models.Campaign) { *made = c }})
			visit := func(when string) {
				for _, path := range []string{
					"/", "/?amount=20.50&frequency=yearly", "/?cancelled=nobody", "/api/progress", "/api/nowhere", "/nowhere", "/donate", "/thanks/nobody",
					"/progress.svg", "/progress.svg?w=600&theme=dark", "/robots.txt", "/.well-known/security.txt", "/favicon.ico",
					"/embed", "/embed?v=letter&theme=dark", "/embed?v=ticker&src=a", "/oembed?url=" + url.QueryEscape(s.address),
				} {
					foreign(t, when+": "+path, s.get(path))
				}
				foreign(t, when+": another host", s.get("/", "Host", "evil.test"))
				foreign(t, when+": another site", s.do(http.MethodPost, "/donate", "", "Content-Type", formType, "Sec-Fetch-Site", "cross-site"))
				foreign(t, when+": no form", s.do(http.MethodPost, "/donate", "{}"))
				foreign(t, when+": too much", s.do(http.MethodPost, "/donate", "comment="+strings.Repeat("x", 100_000), "Content-Type", formType))
				foreign(t, when+": nothing chosen", s.donate("frequency", "weekly"))
				foreign(t, when+": nothing chosen, for a program", s.donateJSON("frequency", "weekly"))
			}
			visit("not open yet")
			clock.Advance(c.Opens.Sub(clock.Now()) + 24*time.Hour)
			visit("open")
			for _, frequency := range []string{"once", "monthly", "yearly"} {
				made := s.start("frequency", frequency, "amount", "120")
				foreign(t, frequency+" started", s.get("/thanks/"+made.Donation))
				foreign(t, frequency+" cancelled", s.get("/?cancelled="+made.Donation))
				s.pay(made.CheckoutURL, "neighbor@rivertown-ledger.org", "succeeds")
				foreign(t, frequency+" received", s.get("/thanks/"+made.Donation))
			}
			s.down.Store(true)
			foreign(t, "Stripe is away", s.donate("frequency", "once", "amount", "20"))
			s.down.Store(false)
			visit("on the way")
			clock.Advance(c.Deadline.Sub(clock.Now()) + time.Hour)
			visit("after the deadline")
		})
	}
}

// foreign holds an answer to what it may not say.
func foreign(t *testing.T, what string, got answer) {
	t.Helper()
	if said := builtIn.FindString(got.body + fmt.Sprint(got.header)); said != "" {
		t.Errorf("%s (%d) says %q", what, got.status, said)
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	root, err := html.Parse(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			if said := usual.FindString(n.Data); said != "" {
				t.Errorf("%s (%d) says %q: %s", what, got.status, said, n.Data)
			}
		}
	}
}

func TestWhatTheFolderSaysStandsOnThePage(t *testing.T) {
	t.Parallel()
	c, clock := rivertown(t), &storetest.Clock{}
	store := storetest.OpenFor(t, storetest.Databases()["SQLite"](t), c.Slug, clock)
	s := newSite(t, store, clock, options{campaign: func(made *models.Campaign) { *made = c }})
	clock.Advance(c.Opens.Sub(clock.Now()) + 24*time.Hour)
	says := func(where, body string, all ...string) {
		t.Helper()
		text := strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))), " ")
		for _, want := range all {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", where, want, text)
			}
		}
	}
	says("the page", s.get("/").body, "The School Board & Café Desk", "Pull up a chair", "Where it goes", "By wire or in stock",
		"A jar at the café", "Be one of the first neighbors to give.", "Gifts are not tax-deductible.",
		"a public benefit corporation. EIN 98-7654321", "Members get the agenda", "Ask the desk at", "Drawing: Rivertown Ledger",
		"School Board & Café Desk: every meeting, every vote, in English y en español")
	made := s.start("frequency", "yearly", "amount", "120")
	s.pay(made.CheckoutURL, "neighbor@rivertown-ledger.org", "succeeds")
	says("the thanks", s.get("/thanks/"+made.Donation).body, "With your $120 a year, somebody is in the room.",
		"The next meeting is on the second Tuesday.", "Tell the neighbors", "1 neighbor")
	if body := html.UnescapeString(s.get("/thanks/" + made.Donation).body); !strings.Contains(body, "text=Someone+should+sit+through") {
		t.Error("the message to share is not the newsroom's")
	}
}

var asset = regexp.MustCompile(`(?:src|srcset|href)="(/(?:campaign|static)/[^"]+)"`)

func TestTheFoldersPicturesAreServedForEverAndShutOff(t *testing.T) {
	t.Parallel()
	c, clock := rivertown(t), &storetest.Clock{}
	store := storetest.OpenFor(t, storetest.Databases()["SQLite"](t), c.Slug, clock)
	s := newSite(t, store, clock, options{campaign: func(made *models.Campaign) { *made = c }})
	page := s.get("/").body
	served := map[string]bool{}
	weight := 0
	for _, found := range asset.FindAllStringSubmatch(page, -1) {
		got := s.get(found[1])
		foreign(t, found[1], got)
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d, %q", found[1], got.status, got.header.Get("Cache-Control"))
		}
		if !strings.HasPrefix(found[1], "/campaign/") {
			continue
		}
		served[got.header.Get("Content-Type")+" "+regexp.MustCompile(`\.[0-9a-f]{10}\.`).ReplaceAllString(found[1], ".")] = true
		weight += len(got.body)
		if policy := got.header.Get("Content-Security-Policy"); policy != "default-src 'none'; frame-ancestors 'none'; sandbox" {
			t.Errorf("%s may do %q", found[1], policy)
		}
		if again := s.get(found[1], "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
			t.Errorf("%s is sent again: %d", found[1], again.status)
		}
	}
	for _, want := range []string{
		"image/png /campaign/signer.png", "image/svg+xml /campaign/logo.svg", "image/svg+xml /campaign/logo-dark.svg",
		"image/svg+xml /campaign/icon.svg", "image/png /campaign/lead.png",
	} {
		if !served[want] {
			t.Errorf("%s is not on the page: %v", want, served)
		}
	}
	if weight > 25<<10 {
		t.Errorf("the pictures weigh %d bytes", weight)
	}
	for _, want := range []string{
		`alt="Rivertown Ledger"`, `width="180" height="28"`, `alt="Drawing of a town hall at night, one of its windows lit"`, `width="800" height="400"`, `width="64" height="64" alt=""`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if got := s.get("/favicon.ico"); got.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("/favicon.ico is %s", got.header.Get("Content-Type"))
	}
	for _, path := range []string{"/campaign/signer.png", "/campaign/campaign.yaml", "/campaign/..%2fcampaign.yaml", "/campaign/"} {
		if got := s.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, got.status)
		}
	}
}

func TestTheAccentIsInTheStyleSheetAndThePicturesOfBothSchemes(t *testing.T) {
	t.Parallel()
	c, clock := rivertown(t), &storetest.Clock{}
	store := storetest.OpenFor(t, storetest.Databases()["SQLite"](t), c.Slug, clock)
	s := newSite(t, store, clock, options{campaign: func(made *models.Campaign) { *made = c }})
	clock.Advance(c.Opens.Sub(clock.Now()) + 24*time.Hour)
	s.pay(s.start("frequency", "once", "amount", "5000").CheckoutURL, "neighbor@rivertown-ledger.org", "succeeds")
	for theme, tones := range map[string]models.Tones{"light": c.Look.Light, "dark": c.Look.Dark} {
		if drawn := s.get("/progress.svg?theme=" + theme).body; !strings.Contains(drawn, tones.Bar) {
			t.Errorf("the %s picture has no %s:\n%s", theme, tones.Bar, drawn)
		}
	}
	sheet := s.get(regexp.MustCompile(`/static/app\.[0-9a-f]+\.css`).FindString(s.get("/").body)).body
	light, dark, _ := strings.Cut(sheet, "prefers-color-scheme:dark")
	for token, half := range map[string]string{
		"--btn:" + c.Look.Light.Button: light, "--bar:" + c.Look.Light.Bar: light, "--accent-soft:" + c.Look.Light.Soft: light,
		"--bar:" + c.Look.Dark.Bar: dark, "--btn:" + c.Look.Dark.Button: dark,
	} {
		if !strings.Contains(half, token) {
			t.Errorf("%s is not where it should be", token)
		}
	}
}
