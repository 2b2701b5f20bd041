package demosite

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheArticleHoldsTheAppealInEachWay(t *testing.T) {
	h := Site{Newsroom: "The Gazette", Campaign: "the <Project>", Address: "https://give.example.org"}.Handler()
	for query, want := range map[string]string{
		"":                               `<div class="appeal" data-variant="standard" data-theme="light" data-src="demo-article"><a href="https://give.example.org/?src=demo-article">Support the &lt;Project&gt;</a></div>`,
		"?v=ticker&theme=dark":           `data-variant="ticker" data-theme="dark"`,
		"?v=nonsense&theme=nonsense":     `data-variant="standard" data-theme="light"`,
		"?how=frame&v=letter":            `<iframe class="frame letter" src="https://give.example.org/embed?src=demo-article&amp;theme=light&amp;v=letter" title="Support the &lt;Project&gt;"`,
		"?how=badge&theme=dark":          `<img src="https://give.example.org/progress.svg?w=320&amp;theme=dark"`,
		"?how=frame&v=ticker&theme=auto": `aria-current="true">Frame</a>`,
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/demo/article"+query, nil))
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%q answers %d without %s", query, rec.Code, want)
		}
		if policy := rec.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-src https://give.example.org;") {
			t.Errorf("%q has the policy %s", query, policy)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	h := Site{}.Handler()
	for path, want := range map[string]int{"/demo/article/style.css": 200, "/demo/": 404, "/demo/article/more": 404, "/": 404} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != want {
			t.Errorf("%s answers %d, want %d", path, rec.Code, want)
		}
	}
}
