package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// paper is a newspaper's site, on an origin of its own: other people's pages,
// with the appeal inside.
type paper struct {
	testing.TB
	address string
	pages   *http.ServeMux
	printed int
}

func openPaper(t testing.TB) *paper {
	t.Helper()
	p := &paper{TB: t, pages: http.NewServeMux()}
	server := httptest.NewServer(p.pages)
	t.Cleanup(server.Close)
	p.address = server.URL
	return p
}

// article is how a page of a paper is made.
type article struct {
	policy string // Content-Security-Policy, where the paper has one
	style  string // a style sheet of the paper's, linked
	high   bool   // the appeal stands in the first screen, and not below it
	appeal string // the snippet
}

const paragraph = "<p>The clerk keeps the minutes, and the minutes keep the clerk. Whoever reads a year of them in one sitting learns more about a town than it meant to write down.</p>\n"

// prints puts an article on the paper's site, and says where.
func (p *paper) prints(a article) (address string) {
	p.printed++
	path := fmt.Sprintf("/article-%d", p.printed)
	above := 12
	if a.high {
		above = 1
	}
	body := `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<title>An article</title><link rel="icon" href="data:,"><link rel="stylesheet" href="` + path + `.css"></head><body><main><h1>An article</h1>` +
		strings.Repeat(paragraph, above) + a.appeal + `<div id="after">` + strings.Repeat(paragraph, 12) + `</div></main></body></html>`
	p.pages.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		if a.policy != "" {
			w.Header().Set("Content-Security-Policy", a.policy)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, body)
	})
	p.pages.HandleFunc("GET "+path+".css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = fmt.Fprint(w, "main{max-width:620px;margin:0 auto}"+a.style)
	})
	return p.address + path
}

// byScript is the snippet of docs/embedding.md, from a service at an address.
func byScript(service, attributes string) string {
	return `<div class="appeal" ` + attributes + ` data-src="article-123"><a href="` + service + `/?src=article-123">Support the Corruption Project</a></div>` +
		`<script async src="` + service + `/embed.js"></script>`
}

// byFrame is the other one.
func byFrame(service, attributes string) string {
	return `<iframe src="` + service + `/embed?v=standard&amp;src=article-123" title="Support the Corruption Project" width="620" height="470" ` + attributes + `></iframe>`
}

// runDemoFor runs a demo whose appeal a paper may frame: plain http is allowed
// to nobody who is not named.
func runDemoFor(p *paper) *demo {
	p.Helper()
	from, folder := filepath.Join("..", "campaign", "corruption-project"), p.TempDir()
	if err := os.CopyFS(folder, os.DirFS(from)); err != nil {
		p.Fatal(err)
	}
	file := filepath.Join(folder, "campaign.yaml")
	settings, err := os.ReadFile(file)
	if err != nil {
		p.Fatal(err)
	}
	named := strings.Replace(string(settings), `"https:"]`, `"https:", "`+p.address+`"]`, 1)
	if named == string(settings) {
		p.Fatal("campaign.yaml names no origins")
	}
	if err := os.WriteFile(file, []byte(named), 0o600); err != nil {
		p.Fatal(err)
	}
	return runDemoOf(p.TB, folder, filepath.Join(p.TempDir(), "data"))
}

// reads opens an article of a paper's.
func (t *tab) reads(p *paper, a article) {
	t.Helper()
	t.host = p.address
	address := p.prints(a)
	t.visit(address)
	t.await("the whole article", "location.href === "+quoted(address)+" && document.readyState === 'complete'")
}

// awaitAppeal waits until the frame is there and its link has gone, with the
// reader looking at it.
func (t *tab) awaitAppeal() {
	t.Helper()
	t.await("room for the frame", "document.querySelector('.appeal > iframe')") // a reader is not there before the script
	ask[chromedp.Void](t, "document.querySelector('.appeal').scrollIntoView({ block: 'center', behavior: 'instant' })")
	t.await("the frame in place of the link",
		"document.querySelector('.appeal > iframe') && !document.querySelector('.appeal a') && getComputedStyle(document.querySelector('.appeal iframe')).visibility === 'visible'")
}

// expectPlainLink waits until the appeal is the link it began as, in no more
// room than it needs.
func (t *tab) expectPlainLink() {
	t.Helper()
	t.await("the plain link", `(() => {
		const box = document.querySelector(".appeal");
		const link = box.querySelector("a");
		return link && link.checkVisibility() && !box.querySelector("iframe") && !box.style.cssText &&
			box.getBoundingClientRect().height < 60;
	})()`)
}

// inFrame evaluates an expression inside the first frame of the page, whichever
// origin it is of, once the appeal is there whole.
func inFrame[T any](t *tab, expression string) T {
	t.Helper()
	ctx, done := t.limited()
	defer done()
	const whole = "location.pathname === '/embed' && document.readyState === 'complete'"
	for pause := shortestPause; ; pause = min(pause+pause/4, longestPause) {
		if ready, err := chromedp.Run(ctx, inFirstFrame[bool](t, whole)); err == nil && ready {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			t.Fatal("waited in vain for the appeal to be in the first frame")
		}
	}
	value, err := chromedp.Run(ctx, inFirstFrame[T](t, expression))
	if err != nil {
		t.Fatalf("in the frame: %s: %v", expression, err)
	}
	return value
}

func inFirstFrame[T any](t *tab, expression string) chromedp.Action[T] {
	t.Helper()
	tree := send(t, page.GetFrameTree, cdp.Empty{})
	if len(tree.FrameTree.ChildFrames) == 0 {
		return chromedp.Evaluate[T]("throw new Error('there is no frame on the page')")
	}
	world := send(t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
	return chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID })
}

// giveInSandbox chooses the third amount in a sandboxed frame and presses its
// button. Such a frame is a process of its own, of which nothing can be asked:
// things are pressed where they stand in the same page alone, in a window as
// large, again and again until the frame has been painted and takes it.
func (t *tab) giveInSandbox() {
	t.Helper()
	type box struct {
		X, Y, Width, Height float64
		Src                 string
	}
	frame := ask[box](t, `(() => {
		const e = document.querySelector("iframe");
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const { x, y, width, height } = e.getBoundingClientRect();
		return { X: x, Y: y, Width: width, Height: height, Src: e.getAttribute("src") };
	})()`)
	alone := t.demo.tab(look{width: int64(frame.Width), height: int64(frame.Height)})
	alone.visit(frame.Src)
	middle := func(selector string) box {
		return ask[box](alone, `(() => {
			const { x, y, width, height } = document.querySelector(`+quoted(selector)+`).getBoundingClientRect();
			return { X: x + width / 2, Y: y + height / 2 };
		})()`)
	}
	amount, button := middle("label[for=amount-3]"), middle("button")
	t.settle()
	article := t.at()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for range 30 {
		t.do(chromedp.MouseClickXY(frame.X+amount.X, frame.Y+amount.Y))
		t.do(chromedp.MouseClickXY(frame.X+button.X, frame.Y+button.Y))
		<-again.C
		if t.at() != article {
			return
		}
	}
	t.Fatal("the button in the sandbox leads nowhere")
}

// clickInFrame presses the mouse on what a selector names inside the first
// frame.
func (t *tab) clickInFrame(selector string) {
	t.Helper()
	type point struct{ X, Y float64 }
	frame := ask[point](t, `(() => {
		const e = document.querySelector("iframe");
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getBoundingClientRect();
		return { X: box.x, Y: box.y };
	})()`)
	inside := inFrame[point](t, `(() => {
		const box = document.querySelector(`+quoted(selector)+`).getBoundingClientRect();
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	})()`)
	t.settle()
	t.do(chromedp.MouseClickXY(frame.X+inside.X, frame.Y+inside.Y))
}
