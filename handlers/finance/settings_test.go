package finance_test

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/snippet"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const settings = "/finance/settings"

func TestTheSettingsSayAllThatTheCampaignsFileCanSay(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	page := h.as(h.add("ada@example.org", models.Finance)).get(settings)
	page.says(t, "Corruption keeps records. Help us read them.", "Jun 30, 2027, 11:59\u00a0p.m.\u00a0PDT", "$500,000",
		"One time: $25, $50, $100, $250, $500; $50 is chosen at first", "2.90% and 30¢", "Clara Jeffery\nEditor-in-Chief of Mother Jones",
		"This site itself\nAny site that is reached by https", `<td class="num">4010</td>`, "#b3201b", "the built-in campaign’s")

	docs, err := os.ReadFile("../../docs/campaign.md")
	if err != nil {
		t.Fatal(err)
	}
	// The keys of its two tables. One that holds others is told by those.
	tables, keys := regexp.MustCompile("(?m)^\\| `[a-z_`, ]+ \\|"), regexp.MustCompile("[a-z_]+")
	known := 0
	for _, row := range tables.FindAllString(string(docs), -1) {
		for _, key := range keys.FindAllString(row, -1) {
			known++
			if !regexp.MustCompile(`<code>(words\.)?` + key + `(\.[a-z_]+)?</code>`).MatchString(page.body) {
				t.Errorf("nothing is said of %s", key)
			}
		}
	}
	if known < 40 {
		t.Errorf("docs/campaign.md names %d keys", known)
	}
}

func TestWhatIsPastedStandsBesideWhatReadersGet(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	ada := h.as(h.add("ada@example.org", models.Finance))
	page := ada.get(settings + "?v=ticker&theme=dark&src=%3Cscript%3E%22")
	f := snippet.Frame{Variant: snippet.Ticker, Theme: snippet.Dark, Src: `<script>"`}
	site := snippet.Site{Base: h.base, Name: "the Corruption Project"}
	for name, line := range map[string]string{
		"script": site.Script(f), "frame": site.Frame(f, 620, 190), "address": site.Address(f), "link": site.Page(f.Src),
		"picture": site.Picture(snippet.TrackerSVG(snippet.Dark), f.Src), "picture in mail": site.Picture(snippet.TrackerPNG(snippet.Dark), f.Src),
	} {
		if !strings.Contains(page.body, "readonly") || !strings.Contains(html.UnescapeString(page.body), ">\n"+line+"</textarea>") {
			t.Errorf("the %s can't be copied: %s", name, line)
		}
	}
	page.hides(t, "<script>\"")
	// A browser shows the frame only where both agree.
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "; frame-src 'self'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("its policy is %q", policy)
	}
	src := regexp.MustCompile(`<iframe class="ticker" src="([^"]+)"`).FindStringSubmatch(page.body)
	if src == nil {
		t.Fatal("there is no preview")
	}
	framed := ada.get(html.UnescapeString(src[1]))
	framed.expect(t, http.StatusOK, "", "<title>Support the Corruption Project</title>")
	if policy := framed.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self'") || framed.header.Get("X-Frame-Options") != "" {
		t.Errorf("the frame's policy is %q", policy)
	}
	for _, picture := range regexp.MustCompile(`<img class="drawn" src="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		ada.get(html.UnescapeString(picture[1])).expect(t, http.StatusOK, "", "")
	}
	if policy := ada.get("/finance/audit").header.Get("Content-Security-Policy"); strings.Contains(policy, "frame-src") {
		t.Errorf("every room may show frames: %q", policy)
	}
}

func TestNoPreviewIsShownThatTheCampaignForbids(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	h := openAs(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "", func(c *finance.Config) {
		c.Campaign.EmbedOrigins, c.Folder = []string{"https://newsroom.org"}, "/srv/spring-drive"
	})
	page := h.as(h.add("ada@example.org", models.Admin)).get(settings)
	page.says(t, "No preview", `<a href="/embed?`, "/srv/spring-drive")
	page.hides(t, "<iframe")
	if policy := page.header.Get("Content-Security-Policy"); strings.Contains(policy, "frame-src") {
		t.Errorf("its policy is %q", policy)
	}
}

// The heights that are reserved for a preview are those of the frames.
func TestAPreviewHasTheRoomThatItsFrameNeeds(t *testing.T) {
	style, err := os.ReadFile("../../web/static/css/finance.css")
	if err != nil {
		t.Fatal(err)
	}
	// A preview is as wide as the window, less 16 px on either side.
	from := regexp.MustCompile(`@media \(min-width:(\d+)px\)\{\n\.previewed `).FindStringSubmatch(string(style))
	if from == nil {
		t.Fatal("no height follows from the width")
	}
	if window, err := strconv.Atoi(from[1]); err != nil || window < snippet.WideFrom+2*16 {
		t.Errorf("a preview in a window of %s px is narrower than %d: %v", from[1], snippet.WideFrom, err)
	}
	narrow, wide, _ := strings.Cut(string(style), from[0])
	wide = ".previewed " + wide
	for variant, size := range snippet.Sizes {
		if !strings.Contains(narrow, ".previewed ."+variant+"{height:"+strconv.Itoa(size.Narrow)+"px}") ||
			!strings.Contains(wide, ".previewed ."+variant+"{height:"+strconv.Itoa(size.Wide)+"px}") {
			t.Errorf("the %s has another height", variant)
		}
	}
}

func TestASampleIsMailedToWhoAsksAndIsInNoBooks(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "Ruth Castillo")
		h.sendAll()
		before := h.counted()
		who, other := h.add("ada@example.org", models.Finance), h.add("bob@example.org", models.Admin)
		ada := h.as(who)
		for range models.MostSamples {
			ada.post(settings+"/sample").expect(t, http.StatusSeeOther, settings+"?said=sample", "")
		}
		sent := h.sendAll()
		if len(sent) != models.MostSamples || sent[0].To != "ada@example.org" || sent[0].Kind != models.MailSampleReceipt {
			t.Errorf("mailed are %+v", sent)
		}
		h.clock.Advance(59 * time.Minute)
		ada, bob := h.as(who), h.as(other) // nobody is signed in for so long without a page
		enough := ada.post(settings + "/sample")
		enough.expect(t, http.StatusTooManyRequests, "", "Too many tries. Wait a minute, then try again.")
		if enough.header.Get("Retry-After") != "60" {
			t.Errorf("come again in %q", enough.header.Get("Retry-After"))
		}
		bob.post(settings+"/sample").expect(t, http.StatusSeeOther, settings+"?said=sample", "") // has an allowance of his own
		h.clock.Advance(2 * time.Minute)
		ada.post(settings+"/sample").expect(t, http.StatusSeeOther, settings+"?said=sample", "")
		ada.get(settings+"?said=sample").says(t, "A sample is on its way to ada@example.org.")
		if diff := cmp.Diff(before, h.counted()); diff != "" {
			t.Errorf("(-before +after)\n%s", diff)
		}
		bob.get("/finance/audit").says(t, "Sample receipt mailed", "ada@example.org")
		h.as(h.add("vera@example.org", models.Viewer)).post(settings+"/sample").expect(t, http.StatusForbidden, "", "needs another role")
	})
}

// sendAll takes what is due out of the outbox, as if it had been sent.
func (h *house) sendAll() []models.Mail {
	h.t.Helper()
	mails, err := h.store.ClaimMail(h.t.Context(), 100, time.Hour)
	for _, m := range mails {
		err = errors.Join(err, h.store.MailSent(h.t.Context(), m.Key))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return mails
}

// counted is all that the books count, and whether they are right.
func (h *house) counted() map[string]string {
	h.t.Helper()
	totals, err := h.store.Totals(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	overview, err := h.store.Overview(h.t.Context(), models.Period{}, models.Filter{})
	if err != nil {
		h.t.Fatal(err)
	}
	failures, err := h.store.Verify(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	all := map[string]string{}
	for name, value := range map[string]any{"totals": totals, "overview": overview.DayFigures, "failures": failures} {
		text, err := json.Marshal(value)
		if err != nil {
			h.t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

func TestTheSampleIsShownAsReceiptsAre(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	ada := h.as(h.add("ada@example.org", models.Finance))
	ada.get(settings+"/sample").says(t, "This is a sample; no gift was made.", "No. SAMPLE", "Jordan Sample", "$51.80",
		"provided no goods or services in exchange for this contribution.", `href="/finance/settings/sample.pdf"`)
	pdf := ada.get(settings + "/sample.pdf")
	pdf.expect(t, http.StatusOK, "", "%PDF-")
	if kind := pdf.header.Get("Content-Type"); kind != "application/pdf" {
		t.Errorf("the PDF is %q", kind)
	}
}

func TestWithoutMailASampleIsSeenAndNotSent(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	h := openAs(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "", func(c *finance.Config) { c.Mailed = false })
	ada := h.as(h.add("ada@example.org", models.Finance))
	page := ada.get(settings)
	page.says(t, "Mail is not set up", "<code>SMTP_URL</code>", "<code>MAIL_FROM</code>", "See the page")
	page.hides(t, "Mail one to me")
	ada.post(settings+"/sample").expect(t, http.StatusConflict, "", "Mail is not set up")
	if queue, err := h.store.MailQueue(t.Context()); err != nil || len(queue) > 0 {
		t.Errorf("queued are %v, %v", queue, err)
	}
}
