package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
)

// demoShows is what stands beside the site for whoever tries it.
var demoShows = []string{"/demo/mail", "/demo/mail/00000001", "/demo/mail/00000001/html", "/demo/article", "/demo/article/style.css"}

var anArticle = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// captured is a folder with letters in it, the last the newest.
func captured(t *testing.T, letters ...mail.Letter) *mail.Capture {
	t.Helper()
	c, err := mail.OpenCapture(t.TempDir(), func() time.Time { return time.Date(2027, 6, 18, 16, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, l := range letters {
		html, err := l.HTML()
		if err != nil {
			t.Fatal(err)
		}
		m := mail.Message{
			ID: "<one@give.example>", From: mail.Address{Email: "giving@give.example"}, To: mail.Address{Email: "reader@example.org"},
			Subject: l.Subject, Text: l.Text(), HTML: html,
		}
		if err := c.Send(t.Context(), []mail.Message{m})[0]; err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestNoServiceShowsWhatTheDemoShows(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for _, path := range demoShows {
			if got := s.get(path); got.status != http.StatusNotFound {
				t.Errorf("a service answers %s with %d", path, got.status)
			}
		}
	})
}

func TestTheDemosPagesAreGuardedAsAllAre(t *testing.T) {
	onBoth(t, options{demo: anArticle, captured: captured(t, mail.Letter{Subject: "Receipt", Opening: []string{"Thank you."}})}, func(t *testing.T, s *site) {
		if got := s.get("/demo/mail"); !strings.Contains(got.body, "To reader@example.org") {
			t.Errorf("the demo's mail: %d\n%s", got.status, got.body)
		}
		for _, path := range demoShows {
			if got := s.get(path); got.status != http.StatusOK || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the demo answers %s with %d, %v", path, got.status, got.header)
			}
			if got := s.get(path, "Host", "evil.example"); got.status != http.StatusMisdirectedRequest {
				t.Errorf("under another name the demo answers %s with %d", path, got.status)
			}
		}
	})
}

func TestACapturedMailCanBeReadAndItsLinksFollowed(t *testing.T) {
	hostile := mail.Letter{
		Subject: "Receipt for <b>you</b>", Opening: []string{"<script>alert(1)</script>"},
		Actions: []mail.Action{{Label: "View your receipt", URL: "https://give.example/receipts/A?b=1&c=2", Primary: true}, {Label: "Write", URL: "mailto:help@give.example"}},
	}
	folder := captured(t, mail.Letter{Subject: "The first", Opening: []string{"One."}}, hostile)
	onBoth(t, options{demo: anArticle, captured: folder}, func(t *testing.T, s *site) {
		list := s.get("/demo/mail").body
		newest, oldest := strings.Index(list, `<a href="/demo/mail/00000002">Receipt for &lt;b&gt;you&lt;/b&gt;</a>`), strings.Index(list, `<a href="/demo/mail/00000001">The first</a>`)
		if newest < 0 || oldest < newest {
			t.Errorf("the list is\n%s", list)
		}
		one := s.get("/demo/mail/00000002")
		for _, says := range []string{
			`<pre tabindex="0">&lt;script&gt;alert(1)&lt;/script&gt;`, `<a href="https://give.example/receipts/A?b=1&amp;c=2">View your receipt</a>`,
			"&lt;one@give.example&gt;", "Receipt for &lt;b&gt;you&lt;/b&gt;", `src="/demo/mail/00000002/html"`,
		} {
			if !strings.Contains(one.body, says) {
				t.Errorf("the page lacks %s:\n%s", says, one.body)
			}
		}
		if strings.Contains(one.body, "mailto:help@give.example\"") || !strings.HasSuffix(one.header.Get("Content-Security-Policy"), "; frame-src 'self'") {
			t.Errorf("the page is %v\n%s", one.header, one.body)
		}
		for _, missing := range []string{"/demo/mail/00000003", "/demo/mail/00000003/html", "/demo/mail/1", "/demo/mail/..%2f00000001", "/demo/mail/demo-keys.json"} {
			if got := s.get(missing); got.status != http.StatusNotFound {
				t.Errorf("%s is answered %d", missing, got.status)
			}
		}
	})
}

func TestACapturedMailsHTMLRunsNothingAndLoadsNothing(t *testing.T) {
	onBoth(t, options{demo: anArticle, captured: captured(t, mail.Letter{Subject: "Receipt", Opening: []string{"Thank you."}})}, func(t *testing.T, s *site) {
		got := s.get("/demo/mail/00000001/html")
		policy := got.header.Get("Content-Security-Policy")
		for _, says := range []string{"default-src 'none'; style-src 'unsafe-inline';", "frame-ancestors 'self'", "; sandbox "} {
			if !strings.Contains(policy, says) {
				t.Errorf("the policy lacks %s: %s", says, policy)
			}
		}
		for _, never := range []string{"script-src", "img-src", "allow-scripts", "allow-same-origin", "allow-forms"} {
			if strings.Contains(policy, never) {
				t.Errorf("the policy holds %s: %s", never, policy)
			}
		}
		if got.header.Get("X-Frame-Options") != "SAMEORIGIN" || got.header.Get("Cache-Control") == "" || !strings.Contains(got.body, `<head><base target="_top">`) {
			t.Errorf("it is answered %v\n%s", got.header, got.body)
		}
	})
}
