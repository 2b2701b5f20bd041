package handlers_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestEveryAnswerHasTheHeadersThatProtectReaders(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		token := s.start("amount", "50").Donation
		for path, want := range map[string]int{
			"/": 200, "/?amount=40&src=x": 200, "/?cancelled=" + token: 200, "/thanks/" + token: 200, "/thanks/" + token + "/status": 200,
			"/api/progress": 200, "/embed.js": 200, "/oembed?url=" + url.QueryEscape(s.address): 200, "/oembed": 404, "/robots.txt": 200, "/favicon.ico": 200, "/.well-known/security.txt": 200, "/healthz": 200, "/readyz": 200,
			"/nowhere": 404, "/api/nowhere": 404, "/static/nowhere.css": 404, "/thanks/AAAAAAAAAAAAAAAAAAAAAA": 404, "/thanks/%00": 404,
			"/?cancelled=nobody": 404, "/donate": 405, "/newsletter": 405, "/newsletter/confirm/AAAAAAAAAAAAAAAAAAAAAA": 404, "/webhooks/stripe": 405,
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				got := s.do(method, path, "")
				if got.status != want {
					t.Errorf("%s %s is answered %d, want %d", method, path, got.status, want)
				}
				policy := got.header.Get("Content-Security-Policy")
				if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
					t.Errorf("%s %s has the policy %q", method, path, policy)
				}
				if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Referrer-Policy") == "" {
					t.Errorf("%s %s lacks headers: %v", method, path, got.header)
				}
				if got.header.Get("Set-Cookie") != "" || got.header.Get("Server") != "" {
					t.Errorf("%s %s sets a cookie or names the server", method, path)
				}
				if method == http.MethodHead && got.body != "" {
					t.Errorf("HEAD %s has a body", path)
				}
			}
		}
	})
}

func TestWhatIsRefusedBeforeItIsRead(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		body := form("amount", "50")
		for name, c := range map[string]struct {
			want    int
			headers []string
		}{
			"another site, by Sec-Fetch-Site": {403, []string{"Content-Type", formType, "Sec-Fetch-Site", "cross-site"}},
			"a sister site":                   {403, []string{"Content-Type", formType, "Sec-Fetch-Site", "same-site"}},
			"another site, by Origin":         {403, []string{"Content-Type", formType, "Origin", "https://evil.example"}},
			"an origin that is null":          {403, []string{"Content-Type", formType, "Origin", "null"}},
			"another host":                    {421, []string{"Content-Type", formType, "Host", "evil.example"}},
			"no form":                         {415, []string{"Content-Type", "application/json"}},
			"no type":                         {415, nil},
		} {
			if got := s.do(http.MethodPost, "/donate", body, c.headers...); got.status != c.want {
				t.Errorf("%s is answered %d, want %d", name, got.status, c.want)
			}
		}
		if got := s.do(http.MethodPost, "/donate", "comment="+strings.Repeat("x", 100_000), "Content-Type", formType); got.status != 413 {
			t.Errorf("a form of 100 kB is answered %d", got.status)
		}
		for host, want := range map[string]int{"localhost": 200, "127.0.0.1:1": 200, "[::1]:80": 200, "evil.example": 421, "127.0.0.1.evil.example": 421} {
			if got := s.get("/", "Host", host); got.status != want {
				t.Errorf("the host %s is answered %d, want %d", host, got.status, want)
			}
			if got := s.get("/healthz", "Host", host); got.status != 200 {
				t.Errorf("the health check under %s is answered %d", host, got.status)
			}
		}
		if s.opened.Load() != 0 {
			t.Error("a session was opened")
		}
		own := s.do(http.MethodPost, "/donate", body, "Content-Type", formType, "Origin", s.address, "Sec-Fetch-Site", "same-origin")
		if own.status != http.StatusSeeOther {
			t.Errorf("our own form is answered %d", own.status)
		}
	})
}

func TestThePageIsServedAsBytesAndRevalidated(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for _, path := range []string{"/", "/api/progress", "/?amount=40"} {
			first := s.get(path)
			tag := first.header.Get("ETag")
			if tag == "" || !strings.HasPrefix(first.header.Get("Cache-Control"), "public, max-age=2, s-maxage=5, stale-while-revalidate=30") {
				t.Errorf("%s: ETag %q, %q", path, tag, first.header.Get("Cache-Control"))
			}
			if again := s.get(path, "If-None-Match", tag); again.status != http.StatusNotModified || again.body != "" {
				t.Errorf("%s: revalidated with %d", path, again.status)
			}
		}
		packed := s.get("/", "Accept-Encoding", "gzip")
		unzip, err := gzip.NewReader(strings.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(unzip)
		if err != nil || string(plain) != s.get("/").body {
			t.Errorf("unpacked it is another page: %v", err)
		}
		before := s.get("/api/progress").header.Get("ETag")
		s.pay(s.start("amount", "50").CheckoutURL, "reader@example.org", "succeeds")
		if after := s.get("/api/progress", "If-None-Match", before); after.status != 200 {
			t.Errorf("after a gift the old tracker is still good: %d", after.status)
		}
	})
}

func TestWatchersSeeAGiftWithoutAsking(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/api/progress/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		}()
		if got := response.Header.Get("Content-Type"); got != "text/event-stream" || response.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the stream is %q", got)
		}
		lines := bufio.NewScanner(response.Body)
		event := func() map[string]string {
			fields := map[string]string{}
			for lines.Scan() {
				if name, value, ok := strings.Cut(lines.Text(), ": "); ok {
					fields[name] = value
				}
				if lines.Text() == "" && fields["data"] != "" {
					break
				}
			}
			return fields
		}
		first := event()
		if first["retry"] != "3000" || first["event"] != "progress" || !strings.Contains(first["data"], `"raised":0,`) {
			t.Fatalf("at once comes %v", first)
		}
		s.clock.Advance(time.Second)
		s.pay(s.start("amount", "50").CheckoutURL, "reader@example.org", "succeeds")
		second := event()
		if !strings.Contains(second["data"], `"raised":5000,`) || second["id"] != s.get("/api/progress").header.Get("ETag") {
			t.Errorf("then comes %v", second)
		}
	})
}

func TestTheThankYouPageFindsAGiftWhoseEventsNeverCome(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		made := s.start("amount", "50")
		if got := s.status(made.Donation); got != "started" {
			t.Fatalf("before paying it is %s", got)
		}
		s.pay(made.CheckoutURL, "canary@example.org", "never")
		if got := s.status(made.Donation); got != "started" {
			t.Errorf("Stripe was asked twice within 5 s: %s", got)
		}
		s.clock.Advance(5 * time.Second)
		page := s.get("/thanks/" + made.Donation)
		if !strings.Contains(page.body, "Thank you.") || strings.Contains(page.body, "canary") {
			t.Errorf("the page says:\n%s", page.body)
		}
		for header, want := range map[string]string{"Cache-Control": "private, no-store", "Referrer-Policy": "strict-origin", "X-Robots-Tag": "noindex"} {
			if got := page.header.Get(header); got != want {
				t.Errorf("%s is %q, want %q", header, got, want)
			}
		}
		if got := s.status(made.Donation); got != "received" {
			t.Errorf("it is %s", got)
		}
	})
}

func TestNotReadyOnceItIsToStop(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		if got := s.get("/readyz"); got.status != 200 {
			t.Fatalf("at first %d", got.status)
		}
		s.server.Drain()
		if got := s.get("/readyz"); got.status != 503 {
			t.Errorf("while stopping %d", got.status)
		}
		if got := s.get("/healthz"); got.status != 200 {
			t.Errorf("alive, it is answered %d", got.status)
		}
	})
}

func TestReadersWords(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		canary := `"><script>alert(1)</script>`
		page := s.donate("amount", canary, "src", canary, "comment", canary, "tribute_name", canary, "form_key", canary, "cancelled", canary)
		if page.status != 422 || strings.Contains(page.body, "<script>alert") {
			t.Errorf("answered %d with the script in it", page.status)
		}
	})
}
