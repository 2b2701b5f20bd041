package handlers_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// small is a campaign that a few gifts bring on its way.
func small(c *models.Campaign) { c.Goal, c.BarFrom, c.BankDebits = 1000_00, 0, true }

// raised is what the tracker says in JSON.
func (s *site) raised() money.Minor {
	s.t.Helper()
	var p struct {
		Raised money.Minor `json:"raised"`
	}
	if got := s.get("/api/progress"); json.Unmarshal([]byte(got.body), &p) != nil {
		s.t.Fatalf("answered %d: %s", got.status, got.body)
	}
	return p.Raised
}

// streamed is the first event that a new watcher gets.
func (s *site) streamed() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/api/progress/stream", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // the stream is cut off in the middle
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return data
		}
	}
	s.t.Fatal("the stream ended without an event")
	return ""
}

func TestTheNumberIsOneAndTheSameEverywhere(t *testing.T) {
	onBoth(t, options{campaign: small}, func(t *testing.T, s *site) {
		seen := map[string]string{} // ETags of pictures, by what they show
		everywhere := func(what string, raised money.Minor) {
			t.Helper()
			s.clock.Advance(time.Second)
			if got := s.raised(); got != raised {
				t.Errorf("%s: JSON says %s, want %s", what, got, raised)
			}
			if data := s.streamed(); data != s.get("/api/progress").body {
				t.Errorf("%s: the stream says %s", what, data)
			}
			for _, at := range []string{"/", "/progress.svg", "/progress.svg?w=600&theme=dark"} {
				if body := s.get(at).body; !strings.Contains(body, ">"+raised.Whole()+"<") {
					t.Errorf("%s: %s does not show %s:\n%s", what, at, raised.Whole(), body)
				}
			}
			sentence := raised.Whole() + " raised of $1,000 as of November 24"
			for _, mark := range []string{"<title>Corruption Project: ", "<desc>Corruption Project: "} {
				if body := s.get("/progress.svg").body; !strings.Contains(body, mark+sentence) {
					t.Errorf("%s: %s%s is not in\n%s", what, mark, sentence, body)
				}
			}
			if !strings.Contains(s.get("/").body, sentence) {
				t.Errorf("%s: the page's image is not described by %s", what, sentence)
			}
			for _, at := range []string{"/progress.png", "/share.png"} {
				tag := s.get(at).header.Get("ETag")
				if shows, known := seen[at+tag]; known && shows != raised.Whole() {
					t.Errorf("%s: %s is the same picture for %s and %s", what, at, shows, raised.Whole())
				}
				seen[at+tag] = raised.Whole()
			}
		}
		charge := func(amount, email, outcome string) string {
			t.Helper()
			made := s.start("amount", amount)
			s.pay(made.CheckoutURL, email, outcome)
			id, err := s.sim.ChargeOf(t.Context(), path.Base(made.CheckoutURL))
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		must := func(_ string, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			s.settle()
		}

		first := charge("300.75", "one@example.org", "succeeds")
		everywhere("after a gift", 300_75)
		second := charge("200", "two@example.org", "succeeds")
		everywhere("after two gifts", 500_75)
		charge("150", "three@example.org", "debit")
		everywhere("with a bank debit under way", 500_75)
		must(s.sim.RefundCharge(t.Context(), first, stripesim.RefundOptions{Amount: 100_00}))
		everywhere("after a refund in part", 400_75)
		must(s.sim.OpenDispute(t.Context(), second, stripesim.DisputeOptions{}))
		everywhere("after a dispute", 200_75)
	})
}

func TestPicturesMayBeShownAnywhereAndKeptForAMinute(t *testing.T) {
	onBoth(t, options{campaign: small}, func(t *testing.T, s *site) {
		s.pay(s.start("amount", "300").CheckoutURL, "one@example.org", "succeeds")
		for at, kind := range map[string]string{"/progress.svg": "image/svg+xml", "/progress.png": "image/png", "/share.png": "image/png", "/share.png?v=2026-11-24-way": "image/png"} {
			got := s.get(at, "Accept-Encoding", "gzip")
			for name, want := range map[string]string{
				"Content-Type": kind, "Cache-Control": "public, max-age=60, s-maxage=5, stale-while-revalidate=30",
				"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff",
			} {
				if got.status != 200 || got.header.Get(name) != want {
					t.Errorf("%s is answered %d with %s: %q", at, got.status, name, got.header.Get(name))
				}
			}
			packed, varies := got.header.Get("Content-Encoding") == "gzip", got.header.Get("Vary") != ""
			if svg := kind == "image/svg+xml"; packed != svg || varies != svg {
				t.Errorf("%s: packed %v, varies %v", at, packed, varies)
			}
			tag := got.header.Get("ETag")
			if again := s.get(at, "If-None-Match", tag); tag == "" || again.status != http.StatusNotModified || again.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: asked again with %s it is answered %d", at, tag, again.status)
			}
			if head := s.do(http.MethodHead, at, ""); head.status != 200 || head.body != "" || head.header.Get("Content-Type") != kind {
				t.Errorf("HEAD %s is answered %d", at, head.status)
			}
		}
	})
}

func TestAPictureThatIsNotOfferedIsAnsweredWithTheSmallLightOne(t *testing.T) {
	onBoth(t, options{campaign: small}, func(t *testing.T, s *site) {
		s.pay(s.start("amount", "300").CheckoutURL, "one@example.org", "succeeds")
		for _, at := range []string{"/progress.svg", "/progress.png"} {
			usual := s.get(at)
			for _, query := range []string{"?w=320&theme=light&scale=1", "?w=0", "?w=-1", "?w=9999999999", "?theme=red", "?scale=100", "?w=320&w=600", "?w=%zz", "?theme=%00"} {
				if got := s.get(at + query); got.status != 200 || got.body != usual.body {
					t.Errorf("%s%s is another picture, with %d", at, query, got.status)
				}
			}
		}
		for query, want := range map[string][2]int{"": {320, 134}, "?scale=2": {640, 268}, "?w=600": {600, 172}, "?w=600&scale=2&theme=dark": {1200, 344}} {
			m, err := png.Decode(bytes.NewReader([]byte(s.get("/progress.png" + query).body)))
			if err != nil || m.Bounds().Dx() != want[0] || m.Bounds().Dy() != want[1] {
				t.Errorf("%s: %v, want %v: %v", query, m.Bounds(), want, err)
			}
		}
	})
}
