package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func open(t *testing.T, with ...Options) *Web {
	t.Helper()
	w, err := New(append(with, Options{})[0])
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func ask(h http.Handler, method, address string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

func TestAssetsMayBeKeptForEver(t *testing.T) {
	w := open(t)
	for name, kind := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml", "favicon.ico": "image/x-icon",
		"source-serif-4-400.woff2": "font/woff2", "source-serif-4-600.woff2": "font/woff2",
	} {
		address := w.Path(name)
		if !regexp.MustCompile(`^/static/.+\.[0-9a-f]{10}\.[a-z0-9]+$`).MatchString(address) {
			t.Errorf("%s is served as %s, which carries no hash", name, address)
		}
		got := ask(w.Handler(), "GET", address)
		if got.StatusCode != 200 || got.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %q, want 200 %q", name, got.StatusCode, got.Header.Get("Content-Type"), kind)
		}
		if cc := got.Header.Get("Cache-Control"); cc != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, cc)
		}
		again := ask(w.Handler(), "GET", address, "If-None-Match", got.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: asked again with its ETag answers %d", name, again.StatusCode)
		}
	}
}

func TestAssetsAreSentPackedToThoseWhoUnpack(t *testing.T) {
	w := open(t)
	address := w.Path("app.css")
	plain, err := io.ReadAll(ask(w.Handler(), "GET", address).Body)
	if err != nil {
		t.Fatal(err)
	}
	for header, packed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.8": true, "*": true, "": false, "br": false, "gzip;q=0": false, "gzip;q=0.0, *": false,
	} {
		got := ask(w.Handler(), "GET", address, "Accept-Encoding", header)
		if is := got.Header.Get("Content-Encoding") == "gzip"; is != packed {
			t.Errorf("Accept-Encoding %q: packed is %v", header, is)
			continue
		}
		if got.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is missing", header)
		}
		if !packed {
			continue
		}
		z, err := gzip.NewReader(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, plain) {
			t.Errorf("Accept-Encoding %q: unpacked is not the file: %v", header, err)
		}
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	w := open(t)
	for _, address := range []string{
		"/static/", "/static/app.css", "/static/app.0000000000.css", "/static/LICENSE", "/static/fonts/LICENSE",
		"/static/../web.go", "/static/templates/layout/layout.html",
	} {
		if got := ask(w.Handler(), "GET", address); got.StatusCode != 404 {
			t.Errorf("%s answers %d", address, got.StatusCode)
		}
	}
	if got := ask(w.Handler(), "POST", w.Path("app.css")); got.StatusCode != 405 {
		t.Errorf("POST answers %d", got.StatusCode)
	}
	head := ask(w.Handler(), "HEAD", w.Path("app.css"))
	if body, _ := io.ReadAll(head.Body); head.StatusCode != 200 || len(body) != 0 {
		t.Errorf("HEAD answers %d with %d bytes", head.StatusCode, len(body))
	}
	if got := ask(w.File("favicon.ico", "public, max-age=86400"), "GET", "/favicon.ico"); got.StatusCode != 200 {
		t.Errorf("/favicon.ico answers %d", got.StatusCode)
	}
}

func TestWhatIsBrokenStopsTheStart(t *testing.T) {
	page := func(body string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "templates/pages/campaign.html"), body)
		}
	}
	for name, breakIt := range map[string]func(*testing.T, string){
		"a template that does not parse":  page(`{{define "main"}}{{if}}{{end}}`),
		"a function that nobody has made": page(`{{define "main"}}{{dollars 3}}{{end}}`),
		"a style sheet with a lost font": func(t *testing.T, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, "static/fonts/source-serif-4-400.woff2"))
		},
		"two assets of one name": func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "static/fonts/app.js"), "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, embedded); err != nil {
				t.Fatal(err)
			}
			breakIt(t, dir)
			if _, err := New(Options{Dir: dir}); err == nil {
				t.Error("it starts")
			}
		})
	}
}

func TestADeveloperSeesChangesOnReload(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, embedded); err != nil {
		t.Fatal(err)
	}
	w, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "templates/layout/layout.html"), `{{define "layout"}}changed{{end}}`)
	if out, err := w.Render("campaign", nil); err != nil || string(out) != "changed" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestAnUnknownPageIsAnError(t *testing.T) {
	if _, err := open(t).Render("nowhere", nil); err == nil {
		t.Error("no error")
	}
}

// The budgets of a cold visit, in bytes as sent: of the pages, and of what an
// article loads for the appeal inside it.
func TestAssetsKeepWithinTheirBudgets(t *testing.T) {
	pictures := []string{}
	assets := open(t).now.assets.byName
	for name, f := range assets {
		if strings.HasPrefix(f.kind, "image/") {
			pictures = append(pictures, name)
		}
	}
	for what, budget := range map[string]struct {
		most  int
		names []string
	}{
		"style":              {10 << 10, []string{"app.css"}},
		"script":             {5 << 10, []string{"app.js"}},
		"fonts":              {45 << 10, []string{"source-serif-4-400.woff2", "source-serif-4-600.woff2"}},
		"pictures":           {25 << 10, pictures},
		"the frame's style":  {5 << 10, []string{"embed.css"}},
		"the frame's script": {2 << 10, []string{"frame.js"}},
		"the rooms' script":  {1 << 10, []string{"session.js"}},
		"the frame's fonts":  {22 << 10, []string{"appeal-serif-400.woff2", "appeal-serif-600.woff2"}},
		"the article's":      {3 << 10, []string{"embed.js"}},
	} {
		spent := 0
		for _, name := range budget.names {
			f := assets[name]
			if spent += len(f.body); f.gzipped != nil {
				spent += len(f.gzipped) - len(f.body)
			}
		}
		t.Logf("%s: %d of %d bytes", what, spent, budget.most)
		if spent == 0 || spent > budget.most {
			t.Errorf("%s: %d bytes of %d", what, spent, budget.most)
		}
	}
}

func TestAFontMayBeUsedInASandbox(t *testing.T) {
	w := open(t)
	if got := ask(w.Handler(), "GET", w.Path("appeal-serif-400.woff2"), "Origin", "null"); got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a font is sent with %v", got.Header)
	}
	if got := ask(w.Handler(), "GET", w.Path("app.js"), "Origin", "null"); got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a script may be read by every page")
	}
}

func TestWhatStandsInlineIsNamedByItsDigest(t *testing.T) {
	w := open(t)
	body := w.now.assets.byName["frame.js"].body
	inline, err := w.now.assets.inline("script", "frame.js")
	if err != nil || string(inline) != "<script>"+string(body)+"</script>" {
		t.Errorf("%v: %s", err, inline)
	}
	sum := sha256.Sum256(body)
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; w.Digest("frame.js") != want {
		t.Errorf("its digest is %s, want %s", w.Digest("frame.js"), want)
	}
	for _, name := range []string{"frame.js", "embed.css"} {
		if bytes.Contains(w.now.assets.byName[name].body, []byte("</")) {
			t.Errorf("%s could end the tag it stands in", name)
		}
	}
}

func TestStylesAndScriptsLoadNothingFromElsewhere(t *testing.T) {
	elsewhere := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]|@import|data:`)
	for _, name := range []string{"app.css", "app.js", "embed.css", "embed.js", "frame.js"} {
		body := open(t).now.assets.byName[name].body
		if found := elsewhere.Find(body); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestFontsComeWithTheirLicence(t *testing.T) {
	licence, err := embedded.ReadFile("static/fonts/LICENSE")
	if err != nil || !strings.Contains(string(licence), "SIL OPEN FONT LICENSE Version 1.1") {
		t.Errorf("the licence of the fonts is missing: %v", err)
	}
}

func write(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}
