package handlers_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// signUp posts the newsletter's form.
func (s *site) signUp(email string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/newsletter", form("email", email), append([]string{"Content-Type", formType}, headers...)...)
}

// mail is what waits to be sent, the newest first.
func (s *site) mail() []models.Mail {
	s.t.Helper()
	return storetest.Queued(s.t, s.store, models.MailConfirmNewsletter)
}

func (s *site) onList() (emails []string) {
	s.t.Helper()
	signups, err := storetest.All(s.store.ConfirmedSignups(s.t.Context(), models.Span{}))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, signup := range signups {
		emails = append(emails, signup.Email)
	}
	return emails
}

func TestASignupIsConfirmedByAButtonAndNotByALook(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		asked := s.signUp(" Reader@Example.org ")
		if asked.status != http.StatusOK || !strings.Contains(asked.body, "Check your inbox to confirm.") {
			t.Fatalf("answered %d: %s", asked.status, asked.body)
		}
		link := "/newsletter/confirm/" + s.mail()[0].About.Token
		for range 3 { // a scanner, a preview, and the reader
			page := s.get(link)
			if page.status != http.StatusOK || strings.Count(page.body, "<button") != 1 || len(s.onList()) != 0 {
				t.Fatalf("looked at, it is answered %d, on the list are %v", page.status, s.onList())
			}
			if s.do(http.MethodHead, link, "").status != http.StatusOK {
				t.Error("HEAD is not answered")
			}
		}
		var last answer
		for range 2 {
			again := s.do(http.MethodPost, link, "", "Content-Type", formType, "Origin", s.address)
			if again.status != http.StatusOK || !strings.Contains(again.body, "You’re on the list.") || last.body != "" && last.body != again.body {
				t.Errorf("pressed, it is answered %d: %s", again.status, again.body)
			}
			last = again
			s.clock.Advance(time.Hour)
		}
		if diff := cmp.Diff([]string{"reader@example.org"}, s.onList()); diff != "" {
			t.Error(diff)
		}
		for _, page := range []answer{asked, s.get(link), last} {
			for header, want := range map[string]string{"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"} {
				if got := page.header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
			if strings.Contains(strings.ToLower(page.body), "reader@example.org") {
				t.Error("a page shows the address")
			}
		}
		if got := s.get(link).header.Get("Referrer-Policy"); got != "strict-origin" {
			t.Errorf("the token may leave in a referrer: %q", got)
		}
	})
}

func TestTheAnswerIsTheSameWhetherAnAddressIsKnownOrNot(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		comparable := func(a answer) answer {
			a.header = a.header.Clone()
			a.header.Del("Date")
			return a
		}
		first := comparable(s.signUp("known@example.org"))
		if confirmed := s.do(http.MethodPost, "/newsletter/confirm/"+s.mail()[0].About.Token, ""); confirmed.status != http.StatusOK {
			t.Fatalf("answered %d", confirmed.status)
		}
		s.signUp("asked@example.org")
		for name, email := range map[string]string{"on the list": "known@example.org", "asked a moment ago": "asked@example.org", "never heard of": "new@example.org"} {
			if diff := cmp.Diff(first, comparable(s.signUp(email)), cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
		}
		for _, email := range []string{"known@example.org", "other@example.org"} {
			got := s.signUp(email, "Accept", "application/json")
			if got.status != http.StatusOK || got.body != "{\"message\":\"Check your inbox to confirm.\"}\n" {
				t.Errorf("a program is answered %d %s", got.status, got.body)
			}
		}
	})
}

func TestALinkThatNeverWasAndOneThatIsTooOldAreAnsweredAlike(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		s.signUp("reader@example.org")
		old := s.mail()[0].About.Token
		s.clock.Advance(8 * 24 * time.Hour)
		var pages []string
		for _, token := range []string{old, "AAAAAAAAAAAAAAAAAAAAAA", "x"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				got := s.do(method, "/newsletter/confirm/"+token, "")
				if got.status != http.StatusNotFound || !strings.Contains(got.body, `action="/newsletter"`) {
					t.Errorf("%s of %s is answered %d", method, token, got.status)
				}
				pages = append(pages, got.body)
			}
		}
		for _, page := range pages {
			if page != pages[0] {
				t.Errorf("another page:\n%s", cmp.Diff(pages[0], page))
			}
		}
		if program := s.get("/newsletter/confirm/"+old, "Accept", "application/json"); program.refused(t).Error.Code != "not_found" {
			t.Errorf("a program is told %s", program.body)
		}
		if len(s.onList()) != 0 {
			t.Error("it was confirmed all the same")
		}
	})
}

func TestWhatIsNoAddressIsRefusedAndKept(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for _, typed := range []string{
			"", "reader", "reader@", "@example.org", "reader@localhost", "a b@example.org", "a@example.org, b@example.org", "reader@example.org.",
			"Reader <reader@example.org>", "reader@example.org (me)", `"a b"@example.org`, "reader@[127.0.0.1]", "reader@-x.org", "reader@x..org",
			"reader@example.org\r\nBcc: all@example.org", "reader\x00@example.org", "r\u00e9ader@example.org", "reader@ex\u00e4mple.org",
			strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("a.", 130) + "org", "\xff@example.org",
		} {
			got := s.signUp(typed)
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "There is a problem") ||
				!strings.Contains(got.body, `aria-invalid="true"`) || !strings.Contains(got.body, "<title>Error: ") {
				t.Errorf("%q is answered %d", typed, got.status)
			}
			if program := s.signUp(typed, "Accept", "application/json"); program.refused(t).Error.Fields["email"] == "" {
				t.Errorf("%q: a program is told %s", typed, program.body)
			}
		}
		if got := s.signUp("not an address"); !strings.Contains(got.body, `value="not an address"`) {
			t.Error("what was typed is lost")
		}
		for _, typed := range []string{"reader@example.org", "o'neil+news@mail.example.co.uk", "a.b-c_d@x-y.museum", "READER@EXAMPLE.ORG"} {
			if got := s.signUp(typed); got.status != http.StatusOK {
				t.Errorf("%q is answered %d", typed, got.status)
			}
		}
		for kind, want := range map[string]int{"application/json": 415, "multipart/form-data; boundary=x": 415, "": 415} {
			if got := s.do(http.MethodPost, "/newsletter", "email=reader@example.org", "Content-Type", kind); got.status != want {
				t.Errorf("%q is answered %d", kind, got.status)
			}
		}
		if got := s.signUp("reader@example.org", "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
			t.Errorf("from another site it is answered %d", got.status)
		}
	})
}

func TestSignupsAndCheckoutsAreLimitedApart(t *testing.T) {
	onBoth(t, options{rate: handlers.Rate{Burst: 2, Every: time.Minute}}, func(t *testing.T, s *site) {
		for _, want := range []int{200, 200, 429} {
			if got := s.signUp("reader@example.org"); got.status != want {
				t.Errorf("answered %d, want %d", got.status, want)
			}
		}
		late := s.signUp("reader@example.org")
		if late.header.Get("Retry-After") != "60" || !strings.Contains(late.body, `value="reader@example.org"`) || !strings.Contains(late.body, "Too many tries.") {
			t.Errorf("too often: %v %s", late.header, late.body)
		}
		if got := s.signUp("x@example.org", "Accept", "application/json"); got.refused(t).Error.Code != "rate_limited" {
			t.Errorf("a program is told %s", got.body)
		}
		s.start("amount", "50")
		s.clock.Advance(time.Minute)
		if got := s.signUp("reader@example.org"); got.status != 200 {
			t.Errorf("a minute later: %d", got.status)
		}
	})
}

func TestATickedBoxIsConfirmedByMailOnceTheGiftIsPaid(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		ticked, unticked := s.start("amount", "50", "newsletter", "1"), s.start("amount", "60")
		if len(s.mail()) != 0 {
			t.Error("mail is queued before the gift is paid")
		}
		s.pay(unticked.CheckoutURL, "no@example.org", "succeeds")
		s.pay(ticked.CheckoutURL, "yes@example.org", "twice")
		if sent := s.mail(); len(sent) != 1 || sent[0].To != "yes@example.org" || len(s.onList()) != 0 {
			t.Errorf("queued are %+v, on the list %v", sent, s.onList())
		}
		for token, offered := range map[string]bool{ticked.Donation: false, unticked.Donation: true} {
			page := s.get("/thanks/" + token)
			if got := strings.Contains(page.body, `action="/newsletter"`); got != offered {
				t.Errorf("the thank-you page offers the newsletter: %t", got)
			}
			if strings.Contains(page.body, "yes@") || strings.Contains(page.body, "no@") {
				t.Error("the page shows the donor's address")
			}
		}
	})
}

func TestWithoutANewsletterNothingOffersOne(t *testing.T) {
	none := func(c *models.Campaign) { c.Newsletter = models.Newsletter{} }
	onBoth(t, options{campaign: none}, func(t *testing.T, s *site) {
		if got := s.signUp("reader@example.org"); got.status != http.StatusNotFound {
			t.Errorf("answered %d", got.status)
		}
		made := s.start("amount", "50", "newsletter", "1")
		s.pay(made.CheckoutURL, "reader@example.org", "succeeds")
		for _, path := range []string{"/", "/thanks/" + made.Donation} {
			if page := s.get(path); strings.Contains(strings.ToLower(page.body), "newsletter\"") {
				t.Errorf("%s offers one", path)
			}
		}
		if len(s.mail()) != 0 {
			t.Error("mail is queued")
		}
	})
}

func TestTheNewsletterIsOfferedBeforeAndAfterTheCampaign(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for when, by := range map[string]time.Duration{"while it is open": 0, "before": -60 * 24 * time.Hour, "after": 400 * 24 * time.Hour} {
			s.clock.Advance(by)
			page := s.get("/")
			if !strings.Contains(page.body, `action="/newsletter"`) || strings.Contains(page.body, `action="/donate"`) != (by == 0) {
				t.Errorf("%s the page is:\n%s", when, page.body)
			}
			if got := s.signUp("reader@example.org"); got.status != http.StatusOK {
				t.Errorf("%s a signup is answered %d", when, got.status)
			}
			s.clock.Advance(-by)
		}
	})
}

func TestNoAddressAndNoTokenIsPublicOrLogged(t *testing.T) {
	logged := &kept{}
	onBoth(t, options{log: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}, func(t *testing.T, s *site) {
		s.signUp("canary@example.org")
		token := s.mail()[0].About.Token
		s.do(http.MethodPost, "/newsletter/confirm/"+token, "")
		s.get("/newsletter/confirm/" + token + "x")
		for _, path := range []string{"/", "/?amount=40", "/api/progress", "/robots.txt", "/newsletter/confirm/" + token} {
			if page := s.get(path); strings.Contains(page.body, "canary") || strings.Contains(page.body, token) {
				t.Errorf("%s tells the address or the token", path)
			}
		}
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		if got := s.signUp("canary@example.org"); got.status < 500 || strings.Contains(got.body, "canary") {
			t.Errorf("with the books closed it is answered %d: %s", got.status, got.body)
		}
		s.get("/newsletter/confirm/" + token)
		s.do(http.MethodPost, "/newsletter/confirm/"+token, "")
		if said := logged.String(); strings.Contains(said, "canary") || strings.Contains(said, token) {
			t.Errorf("the log says:\n%s", said)
		}
	})
}
