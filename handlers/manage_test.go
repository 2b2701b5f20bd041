package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const linkSent = "If that address has gifts with us, a link is on its way. It works for 30 minutes."

// askLink asks for a donor's link.
func (s *site) askLink(email string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/manage", form("email", email), append([]string{"Content-Type", formType}, headers...)...)
}

// links are the tokens that were mailed to donors, the newest first.
func (s *site) links() []string {
	s.t.Helper()
	var tokens []string
	for _, m := range storetest.Queued(s.t, s.store, models.MailManageLink) {
		if m.To != "" {
			tokens = append(tokens, m.About.Token)
		}
	}
	return tokens
}

// donor is a browser that has opened a donor's link.
type donor struct {
	*site
	cookie string
}

// signIn asks for a link, opens it and keeps the cookie.
func (s *site) signIn(email string) donor {
	s.t.Helper()
	s.askLink(email)
	tokens := s.links()
	if len(tokens) == 0 {
		s.t.Fatalf("%s was mailed nothing", email)
	}
	opened := s.do(http.MethodPost, "/manage/"+tokens[0], "", "Origin", s.address)
	if opened.status != http.StatusSeeOther || opened.header.Get("Location") != "/manage" {
		s.t.Fatalf("the link is answered %d: %s", opened.status, opened.body)
	}
	cookie, _, _ := strings.Cut(opened.header.Get("Set-Cookie"), ";")
	return donor{s, cookie}
}

func (d donor) get(path string, headers ...string) answer {
	d.t.Helper()
	return d.site.get(path, append([]string{"Cookie", d.cookie}, headers...)...)
}

func (d donor) post(path string, fields ...string) answer {
	d.t.Helper()
	return d.do(http.MethodPost, path, form(fields...), "Content-Type", formType, "Cookie", d.cookie, "Origin", d.address)
}

// monthly begins a monthly gift of $15 and returns its reference.
func (s *site) monthly(email string, fields ...string) string {
	s.t.Helper()
	made := s.start(append([]string{"frequency", "monthly", "monthly_amount", "15"}, fields...)...)
	s.pay(made.CheckoutURL, email, "succeeds")
	s.settle()
	d, err := s.store.FindDonation(s.t.Context(), made.Donation)
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Reference
}

// expectSays fails the test where a page does not say something.
func (a answer) expectSays(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("answered %d, not %d: %s", a.status, status, a.body)
	}
	for _, said := range words {
		if !strings.Contains(strings.ReplaceAll(a.body, "\u00a0", " "), said) {
			t.Errorf("the page does not say %q:\n%s", said, a.body)
		}
	}
}

func TestADonorsLinkIsOpenedByAButtonAndNotByALook(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org", "cover_fees", "1")
		s.askLink(" Donor@Example.org ").expectSays(t, http.StatusOK, linkSent)
		link := "/manage/" + s.links()[0]
		for range 3 { // a scanner, a preview, and the donor
			page := s.get(link)
			page.expectSays(t, http.StatusOK, "Continue")
			if page.header.Get("Set-Cookie") != "" || strings.Contains(page.body, "donor@example.org") {
				t.Error("a look opens it, or tells whose it is")
			}
			if head := s.do(http.MethodHead, link, ""); head.status != http.StatusOK || head.header.Get("Set-Cookie") != "" {
				t.Errorf("HEAD is answered %d %v", head.status, head.header)
			}
			for header, want := range map[string]string{"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "strict-origin"} {
				if got := page.header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		}
		me := s.signIn("donor@example.org")
		page := me.get("/manage")
		page.expectSays(t, http.StatusOK, "$15.76 a month", "Next on December 24.", "$0.76 of it covers card fees.", "Visa ending 4242",
			"/manage/gifts/"+reference+"/cancel", "Year summary 2026", "Sign out")
		me.get("/manage/year/2026").expectSays(t, http.StatusOK, "Your gifts in 2026", "$15.76", "November 24, 2026", "provided no goods or services in exchange for these contributions.")
		if out := me.post("/manage/sign-out"); out.status != http.StatusSeeOther || !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("signing out is answered %d %v", out.status, out.header)
		}
		if again := me.get("/manage"); strings.Contains(again.body, reference) {
			t.Error("who has signed out sees the gifts all the same")
		}
	})
}

func TestTheAnswerIsTheSameWhetherAnAddressHasGivenOrNot(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.monthly("donor@example.org")
		bare := func(a answer) answer {
			a.header = a.header.Clone()
			a.header.Del("Date")
			return a
		}
		first := bare(s.askLink("donor@example.org"))
		first.expectSays(t, http.StatusOK, linkSent)
		for _, email := range []string{"nobody@example.org", "donor@example.org", "nobody@example.org", "donor@example.org", "donor@example.org"} {
			if diff := cmp.Diff(first, bare(s.askLink(email)), cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("%s:\n%s", email, diff)
			}
		}
		if got := len(s.links()); got != 3 {
			t.Errorf("the donor was mailed %d links within the hour", got)
		}
		for _, email := range []string{"donor@example.org", "other@example.org"} {
			if got := s.askLink(email, "Accept", "application/json"); got.status != http.StatusOK || got.body != fmt.Sprintf("{\"message\":%q}\n", linkSent) {
				t.Errorf("a program is answered %d %s", got.status, got.body)
			}
		}
		s.askLink("not an address").expectSays(t, http.StatusUnprocessableEntity, "There is a problem", `value="not an address"`)
		if got := s.askLink("donor@example.org", "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
			t.Errorf("another site's form is answered %d", got.status)
		}
	})
}

func TestOneNetworkCanAskForLinksSoOftenOnly(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 2, Every: time.Minute}}, func(t *testing.T, s *site) {
		for _, email := range []string{"a@example.org", "b@example.org"} {
			s.askLink(email).expectSays(t, http.StatusOK, linkSent)
		}
		limited := s.askLink("c@example.org")
		limited.expectSays(t, http.StatusTooManyRequests, "Too many tries.", `value="c@example.org"`)
		if limited.header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After is %q", limited.header.Get("Retry-After"))
		}
	})
}

func TestALinkThatWasUsedExpiredOrNeverWasIsAnsweredAlike(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.monthly("donor@example.org")
		s.signIn("donor@example.org")
		used := s.links()[0]
		s.clock.Advance(time.Minute)
		s.askLink("donor@example.org")
		expired := s.links()[0]
		s.clock.Advance(30 * time.Minute)
		var pages []string
		for _, token := range []string{used, expired, "AAAAAAAAAAAAAAAAAAAAAA", "x", "sign-out"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if token == "sign-out" && method == http.MethodPost {
					continue
				}
				got := s.do(method, "/manage/"+token, "", "Origin", s.address)
				got.expectSays(t, http.StatusNotFound, "This link has expired or was already used", "Send a new one")
				pages = append(pages, got.body)
			}
		}
		for _, page := range pages {
			if page != pages[0] {
				t.Errorf("another page:\n%s", cmp.Diff(pages[0], page))
			}
		}
		if program := s.get("/manage/"+expired, "Accept", "application/json"); program.refused(t).Error.Code != "not_found" {
			t.Errorf("a program is told %s", program.body)
		}
	})
}

func TestTheCookieIsForItsPathAloneAndOutlivesNoSession(t *testing.T) {
	log := &kept{}
	onBoth(t, options{log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, func(t *testing.T, s *site) {
		reference := s.monthly("donor@example.org")
		s.askLink("donor@example.org")
		token := s.links()[0]
		opened := s.do(http.MethodPost, "/manage/"+token, "", "Origin", s.address)
		set := opened.header.Get("Set-Cookie")
		if !regexp.MustCompile(`^manage=[A-Za-z0-9_-]{22}; Path=/manage; Max-Age=1800; HttpOnly; SameSite=Lax$`).MatchString(set) {
			t.Errorf("the cookie is %q", set)
		}
		cookie, _, _ := strings.Cut(set, ";")
		me := donor{s, cookie}
		me.get("/manage").expectSays(t, http.StatusOK, reference)
		s.clock.Advance(29 * time.Minute)
		me.get("/manage").expectSays(t, http.StatusOK, reference)
		s.clock.Advance(time.Minute)
		me.get("/manage").expectSays(t, http.StatusOK, "You are signed out", "Email me a link")
		for _, path := range []string{"/manage/year/2026", "/manage/gifts/" + reference + "/cancel", "/manage/gifts/" + reference + "/amount"} {
			if got := me.get(path); got.status != http.StatusSeeOther || got.header.Get("Location") != "/manage" {
				t.Errorf("%s is answered %d", path, got.status)
			}
		}
		if got := me.post("/manage/gifts/" + reference + "/cancel"); got.status != http.StatusSeeOther {
			t.Errorf("cancelling is answered %d", got.status)
		}
		for _, secret := range []string{token, strings.TrimPrefix(cookie, "manage="), "donor@example.org"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

func TestAnotherDonorsGiftIsNotFound(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		mine, theirs := s.monthly("me@example.org"), s.monthly("they@example.org")
		me := s.signIn("me@example.org")
		var pages []string
		for _, reference := range []string{theirs, "CP-00000000", "x"} {
			for path, methods := range map[string][]string{"cancel": {"GET", "POST"}, "amount": {"GET", "POST"}, "payment": {"POST"}, "reason": {"POST"}} {
				for _, method := range methods {
					got := me.do(method, "/manage/gifts/"+reference+"/"+path, form("amount", "20", "reason", "x"), "Content-Type", formType, "Cookie", me.cookie, "Origin", s.address)
					if got.status != http.StatusNotFound {
						t.Errorf("%s %s of %s is answered %d", method, path, reference, got.status)
					}
					pages = append(pages, got.body)
				}
			}
		}
		for _, page := range pages {
			if page != pages[0] {
				t.Errorf("another page:\n%s", cmp.Diff(pages[0], page))
			}
		}
		for _, year := range []string{"2025", "2027", "x", "02026", "-026"} {
			if got := me.get("/manage/year/" + year); got.status != http.StatusNotFound {
				t.Errorf("the year %s is answered %d", year, got.status)
			}
		}
		me.get("/manage").expectSays(t, http.StatusOK, mine)
		if strings.Contains(me.get("/manage").body, theirs) {
			t.Error("another donor's gift is shown")
		}
	})
}
