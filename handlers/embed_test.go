package handlers_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib" // a second way into the books
	"golang.org/x/net/html"
	_ "modernc.org/sqlite" // and into those of the other kind

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestOnlyTheFrameMayBeFramedAndOnlyByThoseTheNewsroomNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		origins []string
		want    string
	}{
		"as built in": {nil, "frame-ancestors 'self' https:"},
		"named sites": {[]string{"https://news.example.org", "http://localhost:3000"}, "frame-ancestors https://news.example.org http://localhost:3000"},
		"nobody":      {[]string{}, "frame-ancestors 'none'"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options{campaign: func(c *models.Campaign) {
				if test.origins != nil {
					c.EmbedOrigins = test.origins
				}
			}}
			onBoth(t, o, func(t *testing.T, s *site) {
				for _, path := range []string{"/embed", "/embed?v=letter&theme=dark&src=a", "/embed?v=ticker&theme=auto", "/embed?v=nonsense"} {
					got := s.get(path)
					policy := got.header.Get("Content-Security-Policy")
					if got.status != 200 || !strings.HasSuffix(policy, test.want) || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
						t.Errorf("%s answers %d under %q", path, got.status, policy)
					}
					if got.header.Get("X-Frame-Options") != "" || got.header.Get("Set-Cookie") != "" || got.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
						t.Errorf("%s is sent with %v", path, got.header)
					}
					if got.header.Get("Cache-Control") != "public, max-age=2, s-maxage=5, stale-while-revalidate=30" {
						t.Errorf("%s may be cached as %q", path, got.header.Get("Cache-Control"))
					}
					if again := s.get(path, "If-None-Match", got.header.Get("Etag")); again.status != http.StatusNotModified || again.body != "" {
						t.Errorf("%s asked for again answers %d", path, again.status)
					}
				}
				for _, path := range []string{"/", "/?src=a", "/nowhere", "/embed.js", "/oembed?url=" + url.QueryEscape(s.address+"/")} {
					got := s.get(path)
					if !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || got.header.Get("X-Frame-Options") != "DENY" {
						t.Errorf("%s may be framed: %v", path, got.header)
					}
				}
			})
		})
	}
}

func TestTheFrameShowsTheNumberThatThePageShows(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		made := s.start("amount", "1,234.50")
		s.pay(made.CheckoutURL, "reader@example.org", "succeeds")
		for _, path := range []string{"/", "/embed", "/embed?v=letter", "/embed?v=ticker&theme=dark", "/embed?src=a"} {
			if got := s.get(path); !strings.Contains(got.body, "<strong data-show=\"raised\">$1,234</strong>") && !strings.Contains(got.body, "<strong>$1,234</strong>") {
				t.Errorf("%s does not show $1,234:\n%s", path, got.body)
			}
		}
	})
}

func TestTheFrameIsAnsweredWhileTheFiguresCannotBeRead(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		got := s.get("/embed?src=a")
		if got.status != http.StatusServiceUnavailable || !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
			t.Errorf("answered %d, %q", got.status, got.header.Get("Cache-Control"))
		}
		if !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors 'self' https:") || !strings.Contains(got.body, "Support the Corruption Project") {
			t.Errorf("an article would show an empty box: %v\n%s", got.header, got.body)
		}
	})
}

// A name under which a page is kept is of this program's choosing, so a million
// articles leave nothing behind.
func TestWhereFramesStandFillsNoMemory(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		for i := range 100 {
			s.get(fmt.Sprintf("/embed?v=x%d&theme=y%d&src=article-%d&z=%d", i, i, i, i))
			s.get(fmt.Sprintf("/embed?v=x%d&theme=y%d&utm_source=%d", i, i, i))
		}
		for _, v := range []string{"letter", "standard", "ticker"} {
			for _, theme := range []string{"light", "dark", "auto"} {
				s.get("/embed?v=" + v + "&theme=" + theme)
			}
		}
		if kept := s.server.KeptPages(); kept != 9 {
			t.Errorf("%d pages are kept, want one for each size and theme", kept)
		}
	})
}

func TestWhereAFrameStoodIsKnownOfTheGiftAndOfEveryRenewal(t *testing.T) {
	t.Parallel()
	const asked = "article 123 & more "
	want := asked + strings.Repeat("x", 200-len(asked)) // of 300
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, books := &storetest.Clock{}, address(t)
			s := newSite(t, storetest.Open(t, books, clock), clock, options{})
			// As a browser sends the frame's form, and then the page's.
			fields := inputs(t, s.get("/embed?"+url.Values{"src": {asked + strings.Repeat("x", 300)}}.Encode()).body)
			form := inputs(t, s.get("/?"+fields.Encode()).body)
			if fields.Get("amount") != "50" || form.Get("once_amount") != "50" || form.Get("src") != want {
				t.Fatalf("the frame sends %v, and then the page %v", fields, form)
			}
			once := s.start("once_amount", form.Get("once_amount"), "src", form.Get("src"))
			s.pay(once.CheckoutURL, "reader@example.org", "succeeds")
			made := s.start("frequency", "monthly", "monthly_amount", form.Get("monthly_amount"), "src", form.Get("src"))
			s.pay(made.CheckoutURL, "reader@example.org", "succeeds")
			d, err := s.store.FindDonation(t.Context(), made.Donation)
			if err != nil || d.SubscriptionID == nil {
				t.Fatalf("%+v: %v", d, err)
			}
			if _, err := s.sim.Renew(t.Context(), *d.SubscriptionID); err != nil {
				t.Fatal(err)
			}
			s.settle()
			if diff := cmp.Diff([]string{want, want, want}, sources(t, books)); diff != "" {
				t.Errorf("a gift, a monthly one and its renewal came from: %s", diff)
			}
		})
	}
}

// sources are where the gifts of some books came from.
func sources(t *testing.T, books string) (found []string) {
	t.Helper()
	driver := "pgx"
	if file, is := strings.CutPrefix(books, "sqlite:"); is {
		driver, books = "sqlite", file
	}
	db, err := sql.Open(driver, books)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it was read from, and no more
	rows, err := db.QueryContext(t.Context(), "SELECT src FROM donations WHERE status = 'received' ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // Err tells what went wrong
	for rows.Next() {
		var src string
		if err := rows.Scan(&src); err != nil {
			t.Fatal(err)
		}
		found = append(found, src)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// inputs are the fields that a page's form would send.
func inputs(t *testing.T, page string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	for n := range root.Descendants() {
		if n.Data != "input" {
			continue
		}
		of := map[string]string{}
		for _, a := range n.Attr {
			of[a.Key] = a.Val
		}
		if _, checked := of["checked"]; checked || of["type"] == "hidden" {
			values.Set(of["name"], of["value"])
		}
	}
	return values
}

func TestTheScriptIsForEveryArticle(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		got := s.get("/embed.js")
		if got.status != 200 || got.header.Get("Content-Type") != "text/javascript; charset=utf-8" || got.body == "" {
			t.Fatalf("answered %d: %v", got.status, got.header)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
			"Cache-Control": "public, max-age=300, stale-while-revalidate=3600", "X-Content-Type-Options": "nosniff",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s is %q", name, got.header.Get(name))
			}
		}
		if again := s.get("/embed.js", "If-None-Match", got.header.Get("Etag")); again.status != http.StatusNotModified {
			t.Errorf("asked for again it answers %d", again.status)
		}
		if found := regexp.MustCompile(`cookie|localStorage|sessionStorage|innerHTML|eval`).FindString(got.body); found != "" {
			t.Errorf("it speaks of %s", found)
		}
	})
}

func TestOEmbedSpeaksOfOurAddressesAlone(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		ask := func(address, more string) answer { return s.get("/oembed?url=" + url.QueryEscape(address) + more) }
		for name, test := range map[string]struct {
			address, more string
			width, height int
			src           string
		}{
			"the page":               {"/", "", 620, 470, "/embed?theme=light&v=standard"},
			"the page, and format":   {"", "&format=json", 620, 470, "/embed?theme=light&v=standard"},
			"from an article":        {"/?src=a&amount=40", "", 620, 470, "/embed?src=a&theme=light&v=standard"},
			"a frame":                {"/embed?v=letter&theme=dark", "", 620, 820, "/embed?theme=dark&v=letter"},
			"narrow":                 {"/embed?v=letter", "&maxwidth=400", 400, 1120, "/embed?theme=light&v=letter"},
			"low":                    {"/embed?v=letter", "&maxheight=600", 620, 470, "/embed?theme=light&v=standard"},
			"very low":               {"/", "&maxheight=200", 620, 170, "/embed?theme=light&v=ticker"},
			"lower than any":         {"/", "&maxwidth=300&maxheight=100", 300, 100, "/embed?theme=light&v=ticker"},
			"bounds that are absurd": {"/", "&maxwidth=-1&maxheight=many", 620, 470, "/embed?theme=light&v=standard"},
		} {
			got := ask(s.address+test.address, test.more)
			var said struct {
				Version, Type, Title, HTML string
				ProviderName               string `json:"provider_name"`
				Width, Height              int
			}
			if err := json.Unmarshal([]byte(got.body), &said); err != nil || got.status != 200 {
				t.Errorf("%s is answered %d: %s", name, got.status, got.body)
				continue
			}
			if said.Version != "1.0" || said.Type != "rich" || said.Title != "Support the Corruption Project" || said.ProviderName != "Mother Jones" {
				t.Errorf("%s: %+v", name, said)
			}
			if said.Width != test.width || said.Height != test.height || !strings.Contains(said.HTML, `src="`+html.EscapeString(s.address+test.src)+`"`) {
				t.Errorf("%s: %+v", name, said)
			}
			if got.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: an editor's script can't read it", name)
			}
		}
		for name, test := range map[string]struct {
			address, more string
			want          int
		}{
			"nothing":              {"", "", 404},
			"another site":         {"https://evil.example/", "", 404},
			"another site's path":  {"https://evil.example/" + s.address + "/", "", 404},
			"a name before ours":   {"http://x@evil.example/", "", 404},
			"another page of ours": {s.address + "/thanks/AAAAAAAAAAAAAAAAAAAAAA", "", 404},
			"no address":           {"::", "", 404},
			"another scheme":       {"javascript:alert(1)", "", 404},
			"xml":                  {s.address + "/", "&format=xml", 501},
		} {
			if got := ask(test.address, test.more); got.status != test.want {
				t.Errorf("%s is answered %d, want %d", name, got.status, test.want)
			}
		}
		link := regexp.MustCompile(`<link rel="alternate" type="application/json\+oembed" href="([^"]+)"`).FindStringSubmatch(s.get("/").body)
		if link == nil {
			t.Fatal("the page does not say where oEmbed is")
		}
		if got := s.get(html.UnescapeString(link[1])); got.status != 200 {
			t.Errorf("what the page names answers %d", got.status)
		}
	})
}
