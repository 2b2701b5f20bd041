package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// prefix is where assets are served.
const prefix = "/static/"

// types are the kinds of file that are served. Others, such as the fonts'
// licence, stay in the source alone.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
}

// asset is one file, ready to be sent.
type asset struct {
	name    string // as templates call it: "app.css"
	kind    string // its Content-Type
	hash    string // of its bytes
	digest  string // likewise, as a Content-Security-Policy writes it
	body    []byte
	gzipped []byte // nil where it would not be smaller
}

// assets are all files, under their plain and their hashed names.
type assets struct {
	byName   map[string]asset
	byHashed map[string]asset
}

// inStyle finds the addresses in a style sheet, which are written as plain
// names there: url("source-serif-4-400.woff2").
var inStyle = regexp.MustCompile(`url\("([^"/:]+)"\)`)

// readAssets reads the static folder. Style sheets come last, because their
// own name depends on the hashed names of the fonts in them.
func readAssets(files fs.FS, o Options) (assets, error) {
	a := assets{byName: map[string]asset{}, byHashed: map[string]asset{}}
	var styles []string
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path.Ext(name) == ".css" {
			styles = append(styles, name)
			return nil
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if path.Base(name) == "icon.svg" {
			body = o.colouredIcon(body)
		}
		return a.add(path.Base(name), body)
	})
	if err != nil {
		return a, err
	}
	for _, name := range styles {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return a, err
		}
		if body, err = a.resolve(o.coloured(body)); err != nil {
			return a, fmt.Errorf("%s: %w", name, err)
		}
		if err := a.add(path.Base(name), body); err != nil {
			return a, err
		}
	}
	return a, nil
}

// resolve puts hashed addresses into a style sheet.
func (a assets) resolve(style []byte) ([]byte, error) {
	var missing error
	out := inStyle.ReplaceAllFunc(style, func(match []byte) []byte {
		p, err := a.path(string(inStyle.FindSubmatch(match)[1]))
		if err != nil {
			missing = err
		}
		return []byte(`url("` + p + `")`)
	})
	return out, missing
}

func (a assets) add(name string, body []byte) error {
	ext := path.Ext(name)
	kind, served := types[ext]
	if !served {
		return nil
	}
	if _, taken := a.byName[name]; taken {
		return fmt.Errorf("two assets are called %s", name)
	}
	sum := sha256.Sum256(body)
	f := asset{name: name, kind: kind, hash: hex.EncodeToString(sum[:5]), digest: "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", body: body}
	packed, err := pack(body)
	if err != nil {
		return err
	}
	if len(packed) < len(body)*9/10 {
		f.gzipped = packed
	}
	a.byName[name] = f
	a.byHashed[strings.TrimSuffix(name, ext)+"."+f.hash+ext] = f
	return nil
}

func pack(body []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// inline is an asset as part of a page, between tags of its kind.
func (a assets) inline(tag, name string) (template.HTML, error) {
	f, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return template.HTML("<" + tag + ">" + string(f.body) + "</" + tag + ">"), nil //nolint:gosec // a file of this package
}

func (a assets) path(name string) (string, error) {
	f, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	ext := path.Ext(name)
	return prefix + strings.TrimSuffix(name, ext) + "." + f.hash + ext, nil
}

// Digest is how a Content-Security-Policy names an asset that stands inline in
// a page: 'sha256-…', quotes and all. Like Path, it panics on an unknown name.
func (w *Web) Digest(name string) string {
	f, ok := w.edition().assets.byName[name]
	if !ok {
		panic("web: no asset " + name)
	}
	return f.digest
}

// Handler serves /static/. Names carry a hash of the bytes, so whatever is
// found there may be kept for ever; any other name is 404.
func (w *Web) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		f, ok := w.edition().assets.byHashed[strings.TrimPrefix(r.URL.Path, prefix)]
		if !ok {
			http.NotFound(rw, r)
			return
		}
		f.send(rw, r, "public, max-age=31536000, immutable")
	})
}

// File serves one asset under an address that carries no hash, such as
// /favicon.ico, and so for as long as caching says and no longer.
func (w *Web) File(name, caching string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		f, ok := w.edition().assets.byName[name]
		if !ok {
			http.NotFound(rw, r)
			return
		}
		f.send(rw, r, caching)
	})
}

func (f asset) send(rw http.ResponseWriter, r *http.Request, caching string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Allow", "GET, HEAD")
		http.Error(rw, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := rw.Header()
	h.Set("Cache-Control", caching)
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	if path.Ext(f.name) == ".woff2" {
		// Browsers ask for a font as of another origin's where the page that
		// needs it stands in a sandbox.
		h.Set("Access-Control-Allow-Origin", "*")
	}
	body, tag := f.body, `"`+f.hash+`"`
	if f.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, tag = f.gzipped, `"`+f.hash+`-gz"`
		}
	}
	h.Set("ETag", tag)
	if KnownAs(r.Header.Get("If-None-Match"), tag) {
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = rw.Write(body) // a reader who has gone needs no answer
}
