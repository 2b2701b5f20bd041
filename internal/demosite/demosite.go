// Package demosite is a newspaper's site with one article in it, so that
// appeal demo can show the appeal where readers meet it. It is served under
// /demo/article beside the product, under a policy as strict as a careful newsroom's.
//
// It refuses to be part of a real service, which the linters see to, and to
// name people who exist: whoever appears in it is a rule or a form.
package demosite

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed article.html
var articleSource string

//go:embed article.css
var style []byte

var article = template.Must(template.New("article").Parse(articleSource))

// Site is what the article knows of the campaign beside it.
type Site struct {
	Newsroom string // whose masthead it wears
	Campaign string // inside a sentence: "the Corruption Project"
	Address  string // of the campaign page, without a slash at its end
}

// choice is one way to see the appeal, as a link.
type choice struct {
	Label, Href string
	Chosen      bool
}

type row struct {
	Name    string
	Choices []choice
}

type page struct {
	Site
	How, Variant, Theme string
	Frame               string
	Rows                []row
}

// Handler serves /demo/article and its style.
func (s Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/article", s.article)
	mux.HandleFunc("GET /demo/article/style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(style) // a reader who has gone needs no answer
	})
	return mux
}

var (
	hows     = []string{"script", "frame", "badge"}
	variants = []string{"standard", "letter", "ticker"}
	themes   = []string{"light", "dark", "auto"}
)

func (s Site) article(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p := page{
		Site: s, How: oneOf(hows, query.Get("how")),
		Variant: oneOf(variants, query.Get("v")), Theme: oneOf(themes, query.Get("theme")),
	}
	p.Frame = s.Address + "/embed?" + url.Values{"v": {p.Variant}, "theme": {p.Theme}, "src": {"demo-article"}}.Encode()
	p.Rows = []row{
		p.row("Put in by", hows, p.How, func(to string) page { return page{How: to, Variant: p.Variant, Theme: p.Theme} }),
		p.row("Size", variants, p.Variant, func(to string) page { return page{How: p.How, Variant: to, Theme: p.Theme} }),
		p.row("Theme", themes, p.Theme, func(to string) page { return page{How: p.How, Variant: p.Variant, Theme: to} }),
	}
	var out bytes.Buffer
	if err := article.Execute(&out, p); err != nil {
		http.Error(w, "the article can't be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src "+s.Address+"; frame-src "+s.Address+
		"; img-src "+s.Address+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(out.Bytes()) // a reader who has gone needs no answer
}

// row is one line of choices, each leading to the article as it would be.
func (p page) row(name string, all []string, chosen string, with func(string) page) row {
	r := row{Name: name}
	for _, one := range all {
		to := with(one)
		query := url.Values{"how": {to.How}, "v": {to.Variant}, "theme": {to.Theme}}
		r.Choices = append(r.Choices, choice{
			Label: strings.ToUpper(one[:1]) + one[1:], Href: "/demo/article?" + query.Encode(), Chosen: one == chosen,
		})
	}
	return r
}

// oneOf is what was asked for, or the first there is.
func oneOf(all []string, asked string) string {
	for _, one := range all {
		if one == asked {
			return one
		}
	}
	return all[0]
}
