// Package web holds what readers' browsers are sent: the templates of the
// pages, the style sheet, the script, the fonts and the pictures, all inside
// the binary.
//
// It holds no knowledge: it does not know what a campaign or a donation is,
// formats no amount and no date, and imports nothing of this module. Handlers
// hand it finished words.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
)

//go:embed templates static
var embedded embed.FS

// Options say where the files come from, and in which colours.
type Options struct {
	// Dir, where set, is this package's folder on disk. Every page is then
	// parsed anew, so that a change shows on reload. For development only.
	Dir string
	// Light and Dark are the campaign's accent, in both schemes.
	Light, Dark Tones
}

// Web renders pages and serves the files they need. It is safe for use by
// many goroutines.
type Web struct {
	options Options

	mu  sync.RWMutex
	now edition
}

// edition is one reading of all files: the pages, and the assets they name.
type edition struct {
	pages  map[string]*template.Template
	assets assets
}

// New reads and parses everything, so that a broken template stops the start
// and not a reader.
func New(o Options) (*Web, error) {
	w := &Web{options: o}
	if err := w.reload(); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Web) reload() error {
	var files fs.FS = embedded
	if w.options.Dir != "" {
		files = os.DirFS(w.options.Dir)
	}
	a, err := readAssets(files, w.options)
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	pages, err := parsePages(files, a)
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = edition{pages: pages, assets: a}
	return nil
}

func (w *Web) edition() edition {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.now
}

// Render makes one page, "campaign" for templates/pages/campaign.html. Nothing
// is returned of a page that fails half way.
func (w *Web) Render(page string, data any) ([]byte, error) {
	if w.options.Dir != "" {
		if err := w.reload(); err != nil {
			return nil, err
		}
	}
	t, ok := w.edition().pages[page]
	if !ok {
		return nil, fmt.Errorf("web: no page %q", page)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "layout", data); err != nil {
		return nil, fmt.Errorf("web: render %s: %w", page, err)
	}
	return out.Bytes(), nil
}

// Path is the address of an asset by its plain name: "app.css" is served as
// /static/app.3f2a9c01d2.css. It panics on a name that does not exist, as only
// a template or a program can be wrong about it.
func (w *Web) Path(name string) string {
	p, err := w.edition().assets.path(name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return p
}

// parsePages gives every page its own set of layout, partials and itself, so
// that two pages may define the same block, and one a layout of its own.
func parsePages(files fs.FS, a assets) (map[string]*template.Template, error) {
	functions := template.FuncMap{
		"asset":  a.path,
		"style":  func(name string) (template.HTML, error) { return a.inline("style", name) },
		"script": func(name string) (template.HTML, error) { return a.inline("script", name) },
	}
	shared, err := template.New("").Funcs(functions).
		ParseFS(files, "templates/layout/*.html", "templates/partials/*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "templates/pages/*.html")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*template.Template, len(names))
	for _, name := range names {
		set, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := set.ParseFS(files, name); err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = set
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("no pages in templates/pages")
	}
	return pages, nil
}
